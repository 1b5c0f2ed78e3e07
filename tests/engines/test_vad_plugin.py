"""The LiveKit plugin's promises, on real streams."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

from voice_agent.core.errors import UsageError
from voice_agent.engines.vad import VAD, VADStream

rtc = pytest.importorskip("livekit.rtc")
vad = pytest.importorskip("livekit.agents.vad")

START = vad.VADEventType.START_OF_SPEECH
DONE = vad.VADEventType.INFERENCE_DONE
END = vad.VADEventType.END_OF_SPEECH


def voice(seconds: float, rate: int) -> np.ndarray:
    """Return a vowel-like pulse train at about -23 dBFS, int16."""
    t = np.arange(round(seconds * rate)) / rate
    sound = sum(
        np.sin(2 * np.pi * 120 * k * t) / (1 + abs(120 * k - 700) / 150) for k in range(1, 25)
    )
    return (sound / np.abs(sound).max() * 0.25 * 32767).astype(np.int16)


def talk(rate: int) -> np.ndarray:
    """Return .5 s silence, .6 s voice, .6 s silence."""
    return np.concatenate(
        [np.zeros(rate // 2, np.int16), voice(0.6, rate), np.zeros(round(0.6 * rate), np.int16)]
    )


def push(stream: "VADStream", sound: np.ndarray, rate: int, length: int, channels: int = 1) -> None:
    """Push a sound in frames of `length` samples."""
    for at in range(0, len(sound), length):
        part = np.repeat(sound[at : at + length], channels)
        stream.push_frame(rtc.AudioFrame(part.tobytes(), rate, channels, len(part) // channels))


async def events(stream: "VADStream") -> list:
    """End the input and return all events."""
    stream.end_input()
    async with asyncio.timeout(10):
        found = [event async for event in stream]
    await stream.aclose()
    return found


@pytest.mark.parametrize(
    ("rate", "length", "channels"),
    [(16_000, 160, 1), (48_000, 480, 2), (8_000, 160, 1), (24_000, 777, 1), (44_100, 441, 1)],
)
async def test_speech_is_started_and_ended_at_any_rate(
    rate: int, length: int, channels: int
) -> None:
    """One start and one end, at the right time, whatever the rate, frame and channels are."""
    stream = VAD().stream()
    push(stream, talk(rate), rate, length, channels)
    found = await events(stream)
    start, end = [event for event in found if event.type is not DONE]
    assert (start.type, end.type) == (START, END)
    assert start.timestamp - start.speech_duration == pytest.approx(0.5, abs=0.05)
    assert end.timestamp - end.silence_duration == pytest.approx(1.1, abs=0.05)
    assert end.silence_duration == pytest.approx(0.2)


async def test_the_end_carries_the_whole_speech() -> None:
    """The frames of END_OF_SPEECH hold the sound from the onset on, those of START its head."""
    stream = VAD().stream()
    sound = talk(16_000)
    push(stream, sound, 16_000, 160)
    start, end = [event for event in await events(stream) if event.type is not DONE]
    head = np.frombuffer(start.frames[0].data, np.int16)
    whole = np.frombuffer(end.frames[0].data, np.int16)
    onset = round((start.timestamp - start.speech_duration) * 16_000)
    assert np.array_equal(whole, sound[onset : onset + len(whole)])
    assert np.array_equal(head, whole[: len(head)])
    assert len(whole) / 16_000 == pytest.approx(end.speech_duration + end.silence_duration)


async def test_every_inference_tells_speech_silence_and_whether_speaking() -> None:
    """INFERENCE_DONE fills what an AgentSession reads, and comes once every 10 ms."""
    stream = VAD().stream()
    push(stream, talk(16_000), 16_000, 160)
    done = [event for event in await events(stream) if event.type is DONE]
    assert len(done) == 170
    before, during, pause = done[40], done[90], done[120]
    assert (before.speaking, before.speech_duration) == (False, 0.0)
    assert before.raw_accumulated_silence == pytest.approx(0.41)
    assert during.speaking
    assert during.raw_accumulated_silence == 0.0
    assert during.speech_duration == pytest.approx(0.41, abs=0.05)
    assert during.raw_accumulated_speech == during.speech_duration
    assert pause.speaking
    assert pause.raw_accumulated_silence == pytest.approx(0.11, abs=0.05)
    assert not done[-1].speaking


async def test_flush_is_a_hard_boundary() -> None:
    """After a flush in mid-speech the next frame begins a new segment."""
    stream = VAD().stream()
    push(stream, voice(0.5, 16_000), 16_000, 160)
    stream.flush()
    push(stream, voice(0.5, 16_000), 16_000, 160)
    found = await events(stream)
    starts = [event for event in found if event.type is START]
    assert len(starts) == 2
    assert starts[1].timestamp - starts[1].speech_duration >= 0.5 - 1e-9
    first_after = [event for event in found if event.type is DONE][50]
    assert (first_after.speaking, first_after.speech_duration) == (False, 0.0)


async def test_two_streams_do_not_share_state() -> None:
    """One call's speech is not another's."""
    plugin = VAD()
    loud, quiet = plugin.stream(), plugin.stream()
    push(loud, talk(16_000), 16_000, 160)
    push(quiet, np.zeros(16_000, np.int16), 16_000, 160)
    assert any(event.type is START for event in await events(loud))
    assert all(event.type is DONE for event in await events(quiet))


async def test_a_second_rate_is_refused_in_a_sentence() -> None:
    """A stream that changes its rate raises; it does not hear wrong."""
    stream = VAD().stream()
    push(stream, talk(16_000), 16_000, 160)
    push(stream, talk(8_000), 8_000, 80)
    with pytest.raises(UsageError, match="began with 16000 Hz and got 8000 Hz"):
        await events(stream)
    await stream.aclose()


def test_the_package_imports_without_livekit() -> None:
    """The detector costs no import of livekit."""
    code = (
        "import sys, voice_agent.engines.vad as v; v.SpeechDetector();"
        "sys.exit('livekit' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
