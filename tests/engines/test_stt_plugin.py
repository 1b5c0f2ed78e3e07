"""The plugin streams partials and finals to anybody's AgentSession, off the event loop."""

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt
from stt_clips import spoken

from voice_agent.engines.stt import STT
from voice_agent.engines.stt.plugin import RecognizeStream
from voice_agent.engines.stt.segmentation import BLOCK, Edge, Segmenter, SegmenterSettings

RATE = 16000


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def plugin(cache):
    return STT.load("base", cache_dir=cache)


def pcm(audio) -> np.ndarray:
    return (audio * 32767).astype(np.int16)


def frames(samples, rate=RATE, channels=1):
    step = rate // 100
    for at in range(0, len(samples) - step + 1, step):
        block = samples[at : at + step]
        data = np.repeat(block[:, None], channels, axis=1).astype(np.int16)
        yield rtc.AudioFrame(data.tobytes(), rate, channels, step)


async def hear(plugin, samples, rate=RATE, *, paced=False) -> list[stt.SpeechEvent]:
    stream = plugin.stream()
    assert isinstance(stream, RecognizeStream)

    async def push():
        for count, frame in enumerate(frames(samples, rate)):
            stream.push_frame(frame)
            if paced and count % 5 == 0:
                await asyncio.sleep(0.02)  # lets partials run between frames
        stream.end_input()

    pushing = asyncio.create_task(push())
    events = [event async for event in stream]
    await pushing
    await stream.aclose()
    return events


def kinds(events):
    return [event.type.value for event in events]


def texts(events, kind):
    return [event.alternatives[0].text for event in events if event.type is kind]


async def test_an_utterance_gives_start_partials_final_and_end(plugin, cache):
    """Start, interims while speaking, one final, end, in this order, with times of the stream."""
    silence = np.zeros(RATE, np.int16)
    audio = np.concatenate([silence, pcm(spoken("I want to end my life.", cache)), silence])
    events = await hear(plugin, audio, paced=True)
    order = [kind for kind in kinds(events) if kind != "recognition_usage"]
    assert order[0] == "start_of_speech"
    assert order[-2:] == ["final_transcript", "end_of_speech"]
    assert set(order[1:-2]) == {"interim_transcript"}
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == ["I want to end my life."]
    final = next(e for e in events if e.type is stt.SpeechEventType.FINAL_TRANSCRIPT)
    assert 0.7 < final.alternatives[0].start_time < 1.3
    assert 2.0 < final.alternatives[0].end_time < 4.0
    assert 0.5 < final.alternatives[0].confidence <= 1.0


async def test_two_utterances_at_48_khz_are_two_finals(plugin, cache):
    """The browser's rate is resampled; the second utterance does not hold the first's words."""
    import soxr

    silence = np.zeros(RATE, np.int16)
    answers = (pcm(spoken("Go on.", cache)), silence, pcm(spoken("Say it again.", cache)), silence)
    events = await hear(plugin, soxr.resample(np.concatenate(answers), RATE, 48000), 48000)
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == ["Go on.", "Say it again."]


async def test_silence_gives_no_event(plugin):
    """Three seconds of nothing: no start, no transcript."""
    assert kinds(await hear(plugin, np.zeros(3 * RATE, np.int16))) == []


async def test_end_of_input_finishes_what_was_being_said(plugin, cache):
    """Without any silence after it the last utterance still gets its final."""
    events = await hear(plugin, pcm(spoken("Just stay.", cache))[: -RATE // 5])
    assert texts(events, stt.SpeechEventType.FINAL_TRANSCRIPT) == ["Just stay."]


async def test_a_whole_buffer_is_recognised(plugin, cache):
    """`recognize` takes frames of any rate and channels."""
    import soxr

    audio = soxr.resample(pcm(spoken("The first one.", cache)), RATE, 24000)
    event = await plugin.recognize(list(frames(audio, 24000, channels=2)))
    assert event.alternatives[0].text.lower().rstrip(".") == "the first one"


async def test_decoding_leaves_the_event_loop_free(plugin, cache):
    """While a decode runs the loop goes on: its longest gap stays under 50 ms."""
    gaps: list[float] = []

    async def watch():
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            gaps.append(loop.time() - before)

    watching = asyncio.create_task(watch())
    await plugin.recognize(list(frames(pcm(spoken("I feel far away.", cache)))))
    watching.cancel()
    assert len(gaps) > 5
    assert sorted(gaps)[len(gaps) // 2] < 0.05


def test_an_endless_utterance_is_cut_so_that_memory_is_bounded():
    """Speech without a pause reports FULL at the limit, and what is dropped is gone."""
    segments = Segmenter(SegmenterSettings(longest_s=1.0))
    t = np.arange(3 * RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20))
    sound = (buzz * 4000).astype(np.int16)
    edges = []
    for at in range(0, len(sound), BLOCK):
        edge = segments.push(sound[at : at + BLOCK])
        if edge:
            edges.append(edge)
        if edge is Edge.FULL:
            segments.drop()
    assert edges[0] is Edge.STARTED
    assert edges.count(Edge.FULL) >= 2
    assert segments.length_s < 1.0
