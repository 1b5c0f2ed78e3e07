"""A stop: silent at once, final, and asking nothing."""

import pytest
from core_driver import Driver, said

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage


def test_stop_on_a_partial_silences_at_once_and_asks_nothing() -> None:
    """Stop needs no patience, is final, and nothing is said in the ten minutes after."""
    d = Driver().guided()
    d.wait(1)
    d.utterances += 1
    d.starts()
    out = d.partial("stop")
    assert [type(o) for o in out] == [c.Stop, c.Show]
    d.ends()
    assert said(d.wait(600)) == []
    assert d.session.stage is Stage.STOPPED
    assert d.ended is None


def test_stop_while_a_question_waits_lets_its_time_pass_in_silence() -> None:
    """The answer of silence is not taken after a stop."""
    d = Driver().invited()
    d.wait(2)
    d.taps("stop")
    assert said(d.wait(60)) == []


@pytest.mark.parametrize(("after_s", "ended"), [(4.99, None), (5.0, "stopped"), (5.01, "stopped")])
def test_second_stop_ends_from_five_seconds_on(after_s: float, ended: str | None) -> None:
    """One hundredth before five seconds it is the same stop; from there on it ends."""
    d = Driver().guided()
    d.taps("stop")
    d.wait(after_s)
    d.taps("stop")
    assert d.ended == ended


def test_late_final_of_a_stop_is_not_a_second_stop() -> None:
    """Words understood twice act once, however late the second time is."""
    d = Driver().guided()
    d.utterances += 1
    d.starts()
    d.partial("stop")
    d.ends()
    d.wait(7)
    d._understood(("stop",), 1, final=True)
    assert d.ended is None


def test_go_on_after_a_stop_says_the_line_again() -> None:
    """The line that was stopped is said once more from its beginning."""
    d = Driver().guided()
    d.wait(1)
    d.taps("stop")
    d.wait(30)
    assert said(d.says("resume")) == ["feet-and-room.feet"]
    assert d.session.stage is Stage.GUIDING


def test_crisis_words_are_heard_after_a_stop() -> None:
    """A stop does not make deaf to danger."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.says("crisis")) == ["crisis.ask"]


def test_numbers_after_a_stop_are_read_and_then_it_is_silent() -> None:
    """Zero after a stop reads the numbers to their end; the practice stays stopped."""
    d = Driver(via="phone").guided()
    d.presses("*")
    d.wait(10)
    before = len(d.lines)
    d.presses("0")
    d.wait(300)
    assert d.lines[before:] == ["crisis.numbers", "crisis.numbers-again", "crisis.numbers-stay"]
    assert d.session.stage is Stage.STOPPED


def test_stop_while_numbers_are_read_silences_them_and_does_not_end() -> None:
    """What sounds after a stop is stopped again; that stop is a first one."""
    d = Driver(via="phone").guided()
    d.presses("*")
    d.wait(10)
    d.presses("0")
    d.wait(2)
    d.presses("*")
    assert d.quiet()
    assert d.ended is None


@pytest.mark.parametrize(
    "does",
    ["just_stay", "skip", "say_again", "slower", "pause", "dot"],
)
def test_nothing_else_is_heard_after_a_stop(does: str) -> None:
    """Only stop, go on, a person and crisis words are heard after a stop."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.taps(does)) == []
    assert d.session.stage is Stage.STOPPED


def test_failing_recognition_after_a_stop_says_nothing() -> None:
    """A fault is no reason to break the silence that was asked for."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.give(i.EngineFailed(t=d.t, engine="stt"))) == []


def finish_shown(d: Driver) -> bool:
    shown = d.session.shown
    return shown is not None and shown.may_end


def test_the_page_learns_when_a_second_stop_would_end() -> None:
    """Somebody stops and wants to leave: the way out stands there once it works, not before."""
    d = Driver().guided()
    d.taps("stop")
    d.wait(4.9)
    assert not finish_shown(d)
    d.wait(0.1)
    assert finish_shown(d)
    d.taps("stop")
    assert d.ended == "stopped"
    assert not finish_shown(d)


def test_the_way_out_goes_when_something_sounds_or_goes_on() -> None:
    """Numbers that are read after a stop must be stopped first; going on is no stop."""
    d = Driver(via="phone").guided()
    d.presses("*")
    d.wait(6)
    d.presses("0")
    assert not finish_shown(d)
    d.until(line="crisis.numbers-stay", at_most_s=200)
    d.wait(30)
    assert finish_shown(d)
    d.presses("3")
    assert not finish_shown(d)


def test_what_is_asked_for_after_a_stop_shows_as_speech() -> None:
    """As long as the numbers sound there is something to stop, and the page offers it."""
    d = Driver().guided()
    d.taps("stop")
    d.says("person")
    assert d.lines[-1] == "conversation.person"
    assert d.state == "speaking"
    d.until(state="stopped", at_most_s=20)


def test_no_way_out_is_shown_after_a_crisis() -> None:
    """There a second stop ends nothing, and so nothing says that it would."""
    d = Driver().listening()
    d.says("crisis")
    d.taps("stop")
    d.wait(60)
    assert not finish_shown(d)
