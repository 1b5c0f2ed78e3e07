"""Promises of what a line is: its key, its offsets, its pace."""

import numpy as np
import pytest

from voice_agent.core.errors import UsageError
from voice_agent.engines.tts import GUIDING, TALKING, Line, RenderedLine, measure_pace


def silence(samples: int) -> np.ndarray:
    return np.zeros(samples, dtype=np.int16)


def test_same_content_has_same_key_whether_private_or_not():
    """A line is known by what is heard alone."""
    assert Line(("You can stop.",)).key("v") == Line(("You can stop.",), private=True).key("v")


@pytest.mark.parametrize(
    ("other", "voice"),
    [
        (Line(("You can pause.",)), "v"),
        (Line(("You can", "stop.")), "v"),
        (Line(("You can stop.",), TALKING), "v"),
        (Line(("You can stop.",)), "another voice"),
    ],
)
def test_other_content_has_another_key(other: Line, voice: str):
    """Words, their division, settings and voice each change what is heard, so the key too."""
    assert other.key(voice) != Line(("You can stop.",)).key("v")


@pytest.mark.parametrize("phrases", [(), ("Stay here.", "..."), ("",)])
def test_line_without_words_is_refused(phrases: tuple[str, ...]):
    """A phrase that cannot be spoken is an error where the line is made."""
    with pytest.raises(UsageError, match="at least one"):
        Line(phrases)


@pytest.mark.parametrize("offsets", [(), (5,), (0, 30, 20), (0, 20, 20), (0, 100)])
def test_offsets_that_do_not_rise_within_the_samples_are_refused(offsets: tuple[int, ...]):
    """Playout never gets a phrase that lies nowhere."""
    with pytest.raises(ValueError, match="phrase"):
        RenderedLine(silence(100), 8000, offsets)


def test_samples_cannot_be_changed():
    """Sessions share the arrays, so nobody can write to them."""
    line = RenderedLine(silence(100), 8000, (0,))
    with pytest.raises(ValueError, match="read-only"):
        line.samples[0] = 1


def test_pace_counts_words_over_the_whole_length():
    """Six words in three seconds are 120 words a minute; "that's" is one word."""
    line = RenderedLine(silence(24_000), 8000, (0,))
    assert measure_pace(line, "That's fine. We can also stay.") == pytest.approx(120.0)


def test_slower_settings_are_slower_in_voice_and_pace():
    """A tenth slower means longer sounds and longer silences."""
    slower = GUIDING.slower(0.9)
    assert slower.length_scale > GUIDING.length_scale
    assert slower.pace_wpm == pytest.approx(0.9 * GUIDING.pace_wpm)
