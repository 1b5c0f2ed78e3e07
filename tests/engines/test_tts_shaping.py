"""Promises of shaping: level, trimming, fades, silences and resampling, on made-up sound."""

import numpy as np
import pytest

from voice_agent.engines.tts.line import GUIDING, RenderedLine
from voice_agent.engines.tts.shaping import (
    LEAD_S,
    TAIL_S,
    gaps_s,
    join,
    level,
    resample,
    speech_level_dbfs,
    trim,
)

RATE = 22_050


def tone(seconds: float, amplitude: float = 0.3, rate: int = RATE) -> np.ndarray:
    at = np.arange(round(seconds * rate))
    return (amplitude * np.sin(2 * np.pi * 200 * at / rate)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def test_level_counts_speech_and_not_silence():
    """The same speech has the same level however much silence lies around it."""
    alone = speech_level_dbfs(tone(1.0), RATE)
    among = speech_level_dbfs(np.concatenate([quiet(3.0), tone(1.0), quiet(2.0)]), RATE)
    assert among == pytest.approx(alone, abs=0.1)


@pytest.mark.parametrize("amplitude", [0.003, 0.05, 0.9])
def test_every_phrase_comes_out_at_the_same_level(amplitude: float):
    """Soft and loud phrases are both brought to -23 dBFS."""
    shaped = level(tone(1.0, amplitude), RATE, -23.0)
    assert speech_level_dbfs(shaped, RATE) == pytest.approx(-23.0, abs=0.1)


def test_a_sharp_peak_keeps_the_phrase_below_the_limit():
    """No peak passes -3 dBFS, even if the phrase stays softer for it."""
    sound = tone(1.0, 0.01)
    sound[5000] = 0.9
    assert np.abs(level(sound, RATE, -23.0)).max() <= 10 ** (-3 / 20) + 1e-6


def test_silence_stays_silence():
    """Sound without any speech is not blown up to speech."""
    assert not level(quiet(1.0), RATE, -23.0).any()
    assert len(trim(quiet(1.0), RATE)) == 0


@pytest.mark.parametrize(("before_s", "after_s"), [(0.0, 0.0), (0.005, 0.01), (0.7, 1.3)])
def test_trim_leaves_the_same_silence_at_both_ends(before_s: float, after_s: float):
    """However the voice begins and ends, the phrase does so after 20 ms and before 50 ms."""
    kept = trim(np.concatenate([quiet(before_s), tone(1.0), quiet(after_s)]), RATE)
    loud = np.flatnonzero(np.abs(kept) > 0.01)
    assert loud[0] / RATE == pytest.approx(LEAD_S, abs=0.006)
    assert (len(kept) - loud[-1]) / RATE == pytest.approx(TAIL_S, abs=0.006)


def test_trim_keeps_soft_consonants():
    """A sound 35 dB below the vowel, as an ending s or f may be, is not cut."""
    soft = tone(0.1, 0.3 * 10 ** (-35 / 20))
    kept = trim(level(np.concatenate([tone(0.5), soft, quiet(0.2)]), RATE, -23.0), RATE)
    assert len(kept) / RATE == pytest.approx(0.6 + LEAD_S + TAIL_S, abs=0.006)


def test_ends_fade_so_that_nothing_clicks():
    """A phrase cut out of running sound starts and ends at zero without a jump."""
    kept = trim(tone(1.0) + np.float32(0.1), RATE)
    assert abs(kept[0]) < 1e-3
    assert abs(kept[-1]) < 1e-3
    noisy = trim(np.concatenate([np.full(4000, 5e-4, np.float32), tone(0.5)]), RATE)
    assert noisy[0] == 0.0


def test_silences_between_phrases_bring_the_line_to_its_pace():
    """Twelve words in four seconds of speech get what is missing at the wanted pace."""
    phrases = ("Let your eyes rest here.", "Nothing has to change.", "Stay with it.")
    gaps = gaps_s(phrases, 4.0, GUIDING)
    assert 60 * 12 / (4.0 + sum(gaps)) == pytest.approx(GUIDING.pace_wpm, rel=0.01)


def test_silences_stay_within_their_bounds():
    """Neither a rushed nor a stretched line gets a silence that sounds wrong."""
    phrases = ("If you like to,", "let your eyes rest.", "Nothing has to change.")
    assert gaps_s(phrases, 60.0, GUIDING) == pytest.approx(
        (GUIDING.clause_gap_s[0], GUIDING.sentence_gap_s[0])
    )
    assert gaps_s(phrases, 0.5, GUIDING) == pytest.approx(
        (GUIDING.clause_gap_s[1], GUIDING.sentence_gap_s[1])
    )


def test_phrases_begin_where_their_sound_begins():
    """Each offset is the first sample of its phrase, right after a silence."""
    sounds = [trim(tone(0.5), RATE), trim(tone(0.7), RATE)]
    line = join(("Notice your feet.", "There is no hurry."), sounds, RATE, GUIDING)
    first, second = line.phrases
    assert first == 0
    assert not line.samples[len(sounds[0]) : second].any()
    assert line.samples[second:].any()
    assert len(line.samples) - second == len(sounds[1])


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 48_000])
def test_resampling_keeps_length_level_and_offsets(rate: int):
    """At every transport's rate the line lasts as long and its phrases begin at the same time."""
    sounds = [trim(tone(0.5), RATE), trim(tone(0.7), RATE)]
    line = join(("Notice your feet.", "There is no hurry."), sounds, RATE, GUIDING)
    there = resample(line, rate)
    assert there.sample_rate == rate
    assert there.samples.dtype == np.int16
    assert there.duration_s == pytest.approx(line.duration_s, abs=1 / rate)
    assert there.phrases[1] / rate == pytest.approx(line.phrases[1] / RATE, abs=1 / rate)
    spoken = (there.samples[: there.phrases[1]] / 32767).astype(np.float32)
    expected = (line.samples[: line.phrases[1]] / 32767).astype(np.float32)
    assert speech_level_dbfs(spoken, rate) == pytest.approx(
        speech_level_dbfs(expected, RATE), abs=0.2
    )


def test_resampling_to_the_same_rate_copies_nothing():
    """A line that fits is given as it is."""
    line = RenderedLine(np.ones(10, dtype=np.int16), RATE, (0,))
    assert resample(line, RATE) is line


def test_resampling_adds_no_noise_of_its_own():
    """Without dither a line has the same samples in every process: the same run, to the byte."""
    line = RenderedLine(np.full(RATE, 1000, dtype=np.int16), RATE, (0,))
    middle = resample(line, 24_000).samples[4000:20_000]
    assert (middle == 1000).all()
