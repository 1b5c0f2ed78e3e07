"""One utterance against its speaker's own: what the score hears, and what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent.core.baseline import Usual
from voice_agent.core.config import ShutdownSettings
from voice_agent.core.inputs import UtteranceMeasured
from voice_agent.core.prosody import flatness, past

USUAL = {
    "latency_s": 1.2, "length_s": 4.0, "rate_per_s": 4.0, "pitch_movement": 2000.0,
    "pitch_high_cents": 1500.0, "brightness_db": -8.0,
}  # fmt: skip
AS_USUAL = UtteranceMeasured(
    t=1.0, utterance=1, latency_s=1.2, length_s=4.0, rate_per_s=4.0, level_dbfs=-25.0,
    above_noise_db=30.0, pitch_median_cents=1300, pitch_high_cents=1500, pitch_spread_cents=250,
    pitch_movement=2000, brightness_db=-8.0, voiced_share=0.6, pause_share=0.1,
)  # fmt: skip
SETTINGS = ShutdownSettings()


def habit(name: str) -> Usual | None:
    return Usual(USUAL[name], 0.0, 20) if name in USUAL else None


def test_as_usual_is_zero() -> None:
    """The own median scores 0."""
    assert flatness(AS_USUAL, habit) == 0.0


@given(
    brightness=st.floats(-30, 20), movement=st.integers(0, 8000), height=st.integers(0, 4000),
    step=st.integers(1, 500),
)  # fmt: skip
def test_less_of_anything_is_never_livelier(
    brightness: float, movement: int, height: int, step: int
) -> None:
    """The score rises, or stays, as brightness, movement or height fall; and it is bounded."""
    here = replace(
        AS_USUAL, brightness_db=brightness, pitch_movement=movement, pitch_high_cents=height
    )
    score = flatness(here, habit)
    assert score is not None
    assert -3.0 - 1e-9 <= score <= 3.0 + 1e-9
    for lower in (
        replace(here, brightness_db=brightness - step / 100),
        replace(here, pitch_movement=movement - step),
        replace(here, pitch_high_cents=height - step),
    ):
        less = flatness(lower, habit)
        assert less is not None
        assert less >= score


def test_level_has_no_weight() -> None:
    """Automatic gain decides the level, so it decides nothing."""
    quiet = replace(AS_USUAL, level_dbfs=-60.0, above_noise_db=16.0)
    assert flatness(quiet, habit) == 0.0
    assert past(quiet, habit, SETTINGS) == past(AS_USUAL, habit, SETTINGS)


def test_what_was_not_measured_has_no_score() -> None:
    """Without a voice, or without a baseline, there is none."""
    assert flatness(UtteranceMeasured(t=1.0, utterance=1, not_measurable="noise"), habit) is None
    assert flatness(AS_USUAL, lambda _name: None) is None
    assert past(AS_USUAL, lambda _name: None, SETTINGS) == {}


def test_a_speaker_who_varies_must_fall_farther() -> None:
    """A step is never less than the speaker's own spread."""
    low = replace(AS_USUAL, brightness_db=-16.0)
    varies = lambda name: Usual(USUAL[name], 16.0, 20) if name in USUAL else None  # noqa: E731
    steady, varied = flatness(low, habit), flatness(low, varies)
    assert steady is not None
    assert varied is not None
    assert varied < steady


@pytest.mark.parametrize(
    ("family", "change"),
    [
        ("latency", {"latency_s": 4.1}),
        ("length", {"length_s": 1.0}),
        ("pitch", {"pitch_movement": 900, "pitch_high_cents": 1200}),
        ("effort", {"brightness_db": -13.0}),
        ("pace", {"rate_per_s": 2.0}),
    ],
)
def test_each_family_says_measure_baseline_and_line(family: str, change: dict[str, float]) -> None:
    """A reason names what was measured, what is usual and from where on it counts."""
    found = past(replace(AS_USUAL, **change), habit, SETTINGS)
    others = {name for name, each in found.items() if each.size >= 1.0}
    assert others == {family}
    reason = found[family].reason
    assert reason.measured != reason.baseline
    low, high = sorted((reason.measured, reason.baseline))
    assert low <= reason.threshold <= high
    assert "usual" in reason.sentence
    assert "noted" in reason.sentence


def test_the_sentence_reads_as_a_person_says_it() -> None:
    """Such as: answers in 4.1 s, usually 1.2 s (DESIGN)."""
    reason = past(replace(AS_USUAL, latency_s=4.1), habit, SETTINGS)["latency"].reason
    assert reason.sentence.startswith("answers in 4.1 s, usually 1.2 s")
    assert (reason.measured, reason.baseline, reason.threshold) == (4.1, 1.2, 2.4)


def test_at_its_line_a_family_has_size_one() -> None:
    """The line is where the size is 1, neither more nor less."""
    assert past(replace(AS_USUAL, latency_s=2.4), habit, SETTINGS)["latency"].size == 1.0
    assert past(replace(AS_USUAL, length_s=2.0), habit, SETTINGS)["length"].size == 1.0
    assert past(replace(AS_USUAL, latency_s=2.39), habit, SETTINGS)["latency"].size < 1.0


def test_who_always_says_little_is_not_short() -> None:
    """Where answers are usually a word, a word is no sign."""
    terse = lambda name: Usual(0.8, 0.0, 20) if name == "length_s" else habit(name)  # noqa: E731
    assert "length" not in past(replace(AS_USUAL, length_s=0.2), terse, SETTINGS)
