"""`eval stt`: what is compared, what a core's queue does to latency, and the metrics of DESIGN."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_agent.core.config import PatienceSettings
from voice_agent.engines.stt.decoding import Decoding
from voice_agent.engines.stt.queue import Kind
from voice_agent.research.evaluate import stt
from voice_agent.research.evaluate.onecore import RATE, OneCore, listen
from voice_agent.settings import Settings

METRICS = {
    "wer", "rtf", "cpu_s_per_audio_s", "final_latency_p50_s", "final_latency_p95_s",
    "partial_latency_p50_s", "words_per_h_of_non_speech",
}  # fmt: skip


class Clock:
    """Time that passes only when somebody decodes."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def voice(seconds: float) -> np.ndarray:
    """A vowel-like pulse train at about -23 dBFS whose pitch and loudness move as in speech."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 2 * t)) / RATE
    sound = sum(np.sin(k * phase) / (1 + abs(120 * k - 700) / 150) for k in range(1, 25))
    sound *= 0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)
    return (sound / np.abs(sound).max() * 0.25 * 32767).astype(np.int16)


def quiet(seconds: float) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 10, round(seconds * RATE)).astype(np.int16)


def test_what_is_compared_has_no_case_no_punctuation_and_no_hyphens() -> None:
    """Apostrophes stay, of either kind; a hyphen parts two words."""
    assert stt.normal("Well-known, ISN\u2019T it?  Yes!") == "well known isn't it yes"


@pytest.mark.parametrize(("cost_s", "least", "most"), [(0.01, 0.15, 0.3), (0.5, 0.5, 0.8)])
def test_a_finals_latency_is_the_time_of_its_decode_on_one_core(
    cost_s: float, least: float, most: float
) -> None:
    """A quick decode is there when speech is over; a slow one half a second later."""
    clock = Clock()

    def decode(_samples: np.ndarray, *, final: bool) -> str:
        clock.now_s += cost_s if final else 0.01
        return "yes"

    sound = np.concatenate([quiet(1), voice(1.2), quiet(1)])
    heard = listen(sound, decode, PatienceSettings(), cost_s=clock)
    assert heard.text == "yes"
    (over_s, there_s), *_ = heard.ends
    assert least <= there_s - over_s <= most


def test_a_core_that_is_busy_makes_the_next_wait() -> None:
    """Two finals of .3 s asked at once are there after .3 s and .6 s."""
    clock = Clock()

    def decode(_samples: np.ndarray, *, final: bool) -> str:
        clock.now_s += 0.3
        return "yes"

    core = OneCore(decode, clock)
    there: list[float] = []
    now = [0.0]
    for who in "ab":
        core.submit(who, quiet(1), final=True, done=lambda _heard: there.append(now[0]))
    for tick in range(100):
        now[0] = tick / 100
        core.advance(now[0])
    assert there == pytest.approx([0.3, 0.6], abs=0.011)
    assert [each.kind for each in core.decoded] == [Kind.FINAL, Kind.FINAL]


class Decoder:
    """Hears the same words in everything."""

    def __init__(self, text: str) -> None:
        self.text = text

    def decode(self, samples: np.ndarray, *, final: bool) -> Decoding:
        words = tuple(self.text.split())
        return Decoding(self.text, words, -0.1, 0.1, looped=False, seconds=len(samples) / RATE)


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    soundfile.write(tmp_path / "a.wav", np.concatenate([quiet(1), voice(1.5), quiet(1)]), RATE)
    soundfile.write(tmp_path / "b.wav", quiet(3), RATE)
    return [
        {"audio": str(tmp_path / "a.wav"), "text": "One two, four!"},
        {"audio": str(tmp_path / "b.wav"), "text": ""},
    ]


def test_the_metrics_are_those_of_the_design(
    rows: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One word of three is wrong; nothing is heard where nobody speaks; names are DESIGN's."""
    monkeypatch.setattr(stt, "_decoder", lambda *_of: Decoder("one two three"))
    monkeypatch.setattr(stt, "_word_latency", lambda *_of: {"partial_latency_s": [0.3]})
    result = stt.evaluate(rows, settings=Settings())
    assert result.metrics.keys() >= METRICS
    assert result.metrics["wer"] == pytest.approx(1 / 3, abs=0.001)
    assert result.metrics["words_per_h_of_non_speech"] == 0.0
    assert result.metrics["partial_latency_p50_s"] == 0.3
    assert [row["audio"] for row in result.rows] == ["a.wav", "b.wav"]
    assert not any("text" in row for row in result.rows)


def test_real_speech_is_measured_as_it_comes(eval_data: Path, tmp_path: Path) -> None:
    """A read sentence: most words right, each within a second of its end, none taken back."""
    path = eval_data / "read" / "austen_0880.flac"
    row = {"audio": str(path), "text": path.with_suffix(".txt").read_text()}
    result = stt.evaluate([row], settings=Settings())
    wer, late = result.metrics["wer"], result.metrics["partial_latency_p50_s"]
    assert wer is not None
    assert wer <= 0.25
    assert late is not None
    assert late < 1.0
    assert result.metrics["committed_words_taken_back"] == 0
    stt.plot(result, tmp_path / "stt.png")
    assert (tmp_path / "stt.png").stat().st_size > 5000
