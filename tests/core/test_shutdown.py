"""Possible shutdown: two families, three turns, one's own baseline, and never twice at once."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import voice_agent.core as core
from voice_agent.core.config import ShutdownSettings
from voice_agent.core.findings import ShutdownSuspected
from voice_agent.core.inputs import Transcript, UtteranceMeasured
from voice_agent.core.shutdown import Shutdown

LIVELY = UtteranceMeasured(
    t=0.0, utterance=0, latency_s=1.0, length_s=5.0, rate_per_s=4.0, pitch_movement=2500,
    pitch_high_cents=1600, brightness_db=-6.0, voiced_share=0.6,
)  # fmt: skip
LATE_AND_SHORT = replace(LIVELY, latency_s=4.0, length_s=1.0)
DULL_AND_LEVEL = replace(LIVELY, brightness_db=-14.0, pitch_movement=900, pitch_high_cents=1200)
LATE = replace(LIVELY, latency_s=4.0)


class Person:
    """Somebody whose utterances come every ten seconds."""

    def __init__(self, *, used_to: bool = True, **settings: float) -> None:
        self.shutdown = Shutdown(ShutdownSettings(**settings))
        self.n = 0
        if used_to:
            self.say(LIVELY, times=21)

    def say(self, like: UtteranceMeasured, *cues: str, times: int = 1) -> list[ShutdownSuspected]:
        found = []
        for _ in range(times):
            self.n += 1
            t = 10.0 * self.n
            self.shutdown.hear(
                Transcript(t=t, utterance=self.n, rev=1, audio_end_s=t, final=True, cues=cues)
            )
            found.append(self.shutdown.measured(replace(like, t=t, utterance=self.n)))
        return [each for each in found if each is not None]


@pytest.mark.parametrize("flat", [LATE_AND_SHORT, DULL_AND_LEVEL], ids=["answers", "voice"])
def test_three_flat_turns_are_noticed_and_two_are_not(flat: UtteranceMeasured) -> None:
    """It takes three turns, and is said once."""
    person = Person()
    assert person.say(flat, times=2) == []
    assert len(person.say(flat)) == 1
    assert person.say(flat, times=10) == []


def test_one_family_is_never_enough() -> None:
    """Late answers alone, for as long as one likes, are no finding."""
    assert Person().say(LATE, times=25) == []


def test_one_far_turn_does_not_count_for_three() -> None:
    """A turn as usual in between begins it anew, however far the others were."""
    person = Person()
    very = replace(LATE_AND_SHORT, latency_s=30.0, length_s=0.1, brightness_db=-40.0)
    for _ in range(6):
        assert person.say(very, times=2) == []
        assert person.say(LIVELY) == []


def test_nothing_is_noticed_before_it_is_known_what_is_usual() -> None:
    """A minute of voiced speech comes first; who comes in flat is measured against that."""
    person = Person(used_to=False)
    assert person.say(LIVELY, times=19) == []
    assert not person.shutdown.live
    assert person.say(LATE_AND_SHORT, times=5) == []
    person = Person(used_to=False)
    person.say(LIVELY, times=20)
    assert person.shutdown.live


def test_it_is_noticed_again_only_after_three_turns_as_usual() -> None:
    """Hysteresis: in and out at the line is one finding."""
    person = Person()
    assert len(person.say(LATE_AND_SHORT, times=4)) == 1
    person.say(LIVELY, times=2)
    assert person.say(LATE_AND_SHORT, times=4) == []
    person.say(LIVELY, times=3)
    assert len(person.say(LATE_AND_SHORT, times=4)) == 1


def test_flat_turns_do_not_become_usual_while_they_are_noticed() -> None:
    """What is usual is learned from what is not flat; only what lasts thirty turns is usual."""
    person = Person()
    before = person.shutdown.baseline.usual("latency_s")
    person.say(LATE_AND_SHORT, times=20)
    after = person.shutdown.baseline.usual("latency_s")
    assert before is not None
    assert after is not None
    assert after.median == before.median
    assert after.n <= before.n + 2
    person.say(LATE_AND_SHORT, times=60)
    latest = person.shutdown.baseline.usual("latency_s")
    assert latest is not None
    assert latest.median == LATE_AND_SHORT.latency_s


def test_a_voice_that_cannot_be_measured_leaves_latency_and_length() -> None:
    """In noise the answers still tell; the voice says nothing either way."""
    person = Person()
    noisy = UtteranceMeasured(
        t=0.0, utterance=0, latency_s=4.0, length_s=1.0, not_measurable="noise"
    )
    (found,) = person.say(noisy, times=3)
    assert [reason.family for reason in found.reasons] == ["latency", "length"]


def test_strong_words_count_and_weak_ones_only_as_a_change() -> None:
    """The word "numb" is a sign; "I don't know" is one where it is not how this person talks anyway."""
    assert len(Person().say(LATE, "numb", times=3)) == 1
    assert len(Person().say(LATE, "dont_know", times=4)) == 1
    always = Person(used_to=False)
    always.say(LIVELY, "dont_know", times=21)
    assert always.say(LATE, "dont_know", times=6) == []
    assert Person().say(LIVELY, "numb", "dont_know", times=6) == []


def test_an_mhm_while_somebody_else_speaks_is_no_turn() -> None:
    """It neither counts nor breaks what goes on."""
    person = Person()
    mhm = UtteranceMeasured(t=0.0, utterance=0, length_s=0.4, not_measurable="short")
    person.say(LATE_AND_SHORT, times=2)
    assert person.say(mhm, times=5) == []
    assert len(person.say(LATE_AND_SHORT)) == 1


def test_the_finding_carries_its_reasons() -> None:
    """Each family past its line, the farthest first, with a score that rises with them."""
    (few,) = Person().say(replace(LIVELY, latency_s=2.1, length_s=2.4), times=3)
    (more,) = Person().say(LATE_AND_SHORT, times=3)
    everything = replace(DULL_AND_LEVEL, latency_s=9.0, length_s=0.9)
    (most,) = Person().say(everything, "numb", times=3)
    assert 0.5 <= few.score < more.score < most.score == 1.0
    assert [reason.family for reason in more.reasons] == ["latency", "length"]
    assert {reason.family for reason in most.reasons} >= {"words", "latency", "pitch", "effort"}
    for reason in most.reasons:
        assert reason.sentence


def test_the_settings_are_the_lines() -> None:
    """One family and one turn are noticed at once where somebody sets it so."""
    assert len(Person(turns=1, families=1).say(LATE)) == 1
    assert Person(latency_s=5.0).say(LATE_AND_SHORT, times=6) == []


_measures = st.builds(
    UtteranceMeasured,
    t=st.just(0.0),
    utterance=st.just(0),
    latency_s=st.none() | st.floats(0, 20),
    length_s=st.none() | st.floats(0, 24),
    rate_per_s=st.none() | st.floats(0, 9),
    pitch_movement=st.none() | st.integers(0, 9000),
    pitch_high_cents=st.none() | st.integers(-500, 4200),
    brightness_db=st.none() | st.floats(-60, 30),
    voiced_share=st.none() | st.floats(0, 1),
)
_turns = st.lists(
    st.tuples(_measures, st.sampled_from([(), ("numb",), ("dont_know",), ("yes",)])), max_size=60
)


@given(_turns)
def test_the_same_turns_give_the_same_findings(
    turns: list[tuple[UtteranceMeasured, tuple[str, ...]]],
) -> None:
    """Pure, to the bit, whatever is measured; and a finding always has two reasons."""
    one, other = Person(used_to=False, baseline_s=10.0), Person(used_to=False, baseline_s=10.0)
    for measures, cues in turns:
        found = one.say(measures, *cues)
        assert found == other.say(measures, *cues)
        for each in found:
            assert len(each.reasons) >= 2
            assert 0.5 <= each.score <= 1.0


@pytest.mark.parametrize("module", ["baseline", "prosody", "shutdown", "noticing"])
def test_no_feeling_is_named(module: str) -> None:
    """No sentence, name or comment names an emotion; and no log, exp or trigonometry is used."""
    text = (Path(core.__file__).parent / f"{module}.py").read_text().lower()
    assert not re.search(r"\b(sad|angry|happy|depress\w*|anxi\w*|emotion\w*|mood|afraid)\b", text)
    assert not re.search(r"\bmath\b|\bnp\b|\b(log|exp|sin|cos|tan)\(", text)
