"""One person's conversation over the shipped practices: what they do, and what must follow."""

import pytest
from core_driver import Driver, said

from voice_agent.core import commands as c
from voice_agent.core import inputs as i


def test_person_who_says_nothing_hears_the_opening_then_the_ladder_then_two_announcements() -> None:
    """Silence alone leads through the whole ladder to an end that was announced twice."""
    d = Driver()
    d.wait(1000)
    assert d.lines[5:] == [
        "ladder.soft-1", "ladder.offer", "wait-with-me.begin", "wait-with-me.still",
        "wait-with-me.room", "ladder.end-first", "ladder.end-second",
    ]  # fmt: skip
    assert d.ended == "silence"


def test_speech_suspected_pauses_at_once_and_withdrawn_goes_on() -> None:
    """A cough pauses playout in the same instant; it goes on when it was none."""
    d = Driver().guided()
    d.wait(1)
    assert [type(o) for o in d.give(i.SpeechSuspected(t=d.t, onset_s=d.t))] == [c.Pause]
    assert [type(o) for o in d.give(i.SpeechWithdrawn(t=d.t, onset_s=d.t))] == [c.Resume]


def test_aside_during_a_line_goes_on_at_the_phrase() -> None:
    """Words that mean nothing here pause a line and let it go on."""
    d = Driver().guided()
    d.wait(1)
    out = d.says("flat", words=3)
    assert [type(o) for o in out if isinstance(o, (c.Pause, c.Resume))] == [c.Pause, c.Resume]
    assert said(out) == []


def test_withdrawn_suspicion_after_speech_waits_for_the_words() -> None:
    """A click after a sentence does not set the voice going before the sentence was understood."""
    d = Driver().guided()
    d.wait(1)
    d.starts()
    d.wait(1)
    d.ends()
    d.give(i.SpeechSuspected(t=d.t, onset_s=d.t))
    assert d.give(i.SpeechWithdrawn(t=d.t, onset_s=d.t)) == []


def test_answer_over_an_invitation_is_taken_before_the_question() -> None:
    """A yes over the invitation is an answer: the practice begins."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.wait(2)
    assert said(d.says("yes")) == ["check-in.before"]


def test_unrecognised_answer_in_a_practice_is_asked_on() -> None:
    """Nothing is lost by an answer that is not understood: the wait begins anew."""
    d = Driver().invited()
    d.wait(5)
    assert said(d.says(words=9)) == []
    d.wait(6)
    assert d.lines[-1] == "feet-and-room.ready"
    assert said(d.says("yes")) == ["check-in.before"]


@pytest.mark.parametrize("cues", [("resume",), ("yes", "resume"), ("yes",), ("hum",)])
def test_go_on_said_to_a_question_is_a_yes(cues: tuple[str, ...]) -> None:
    """Saying "go ahead" answers "Shall we?" as yes does."""
    d = Driver().invited()
    d.wait(2)
    assert said(d.says(*cues)) == ["check-in.before"]
