"""The line between us: lost, on hold, back, after a crash, and after the end."""

from dataclasses import replace

import pytest
from core_driver import Driver, said

from voice_agent.core import commands as c
from voice_agent.core import inputs as i


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        (i.ConnectionLost(t=0), i.ConnectionRestored(t=0)),
        (i.Held(t=0), i.Unheld(t=0)),
    ],
)
def test_lost_line_pauses_and_goes_on_when_it_is_back(gone: i.Input, back: i.Input) -> None:
    """Nothing is said to nobody, no time counts, and the line goes on at its phrase."""
    d = Driver().guided()
    d.wait(1)
    assert [type(o) for o in d.give(replace(gone, t=d.t))] == [c.Pause]
    assert d.wait(100) == []
    assert [type(o) for o in d.give(replace(back, t=d.t))] == [c.Resume]


def test_line_on_hold_and_lost_needs_both_back() -> None:
    """A connection that is back does not speak into a call on hold."""
    d = Driver().guided()
    d.wait(1)
    d.give(i.Held(t=d.t))
    d.give(i.ConnectionLost(t=d.t))
    assert d.give(i.ConnectionRestored(t=d.t)) == []
    assert [type(o) for o in d.give(i.Unheld(t=d.t))] == [c.Resume]


def test_question_waits_its_whole_time_after_the_line_came_back() -> None:
    """Nobody is taken to have been silent while the line was gone."""
    d = Driver().invited()
    d.wait(4)
    d.give(i.ConnectionLost(t=d.t))
    d.wait(20)
    d.give(i.ConnectionRestored(t=d.t))
    assert said(d.wait(7.5)) == []
    assert said(d.wait(1)) == ["feet-and-room.feet"]


def test_restart_says_sorry_once_and_then_the_same_line() -> None:
    """What was put in between is forgotten, the line we were at is said again."""
    d = Driver().guided()
    d.wait(2)
    d.taps("say_again")
    for _ in range(2):
        d.player.stop()
        assert said(d.give(i.ConnectionRestored(t=d.t, after="restart"))) == ["conversation.sorry"]
        d.wait(1)
    assert d.session.position == ("feet-and-room", "feet")
    d.until(line="feet-and-room.feet", at_most_s=20)


def test_restart_after_a_stop_stays_silent() -> None:
    """A stop outlives the process."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.give(i.ConnectionRestored(t=d.t, after="restart"))) == []
    assert said(d.wait(100)) == []


def test_nothing_happens_after_the_end() -> None:
    """Inputs that come after the end come to nothing."""
    d = Driver().guided()
    d.give(i.ParticipantLeft(t=d.t))
    assert d.ended == "left"
    d.says("crisis")
    d.taps("go_on")
    assert d.outputs[-2:] == d.wait(5) + d.outputs[-2:]
    assert isinstance(d.outputs[-1], c.Show)


@pytest.mark.parametrize(
    ("key", "value"), [("colour", 1), ("ladder.colour", 1), ("ladder.soft_s", -1), ("", None)]
)
def test_setting_that_is_not_ours_changes_nothing(key: str, value: float | None) -> None:
    """An unknown key or a wrong value is kept in the log and does no harm."""
    d = Driver()
    before = d.session.settings
    d.give(i.SettingChanged(t=d.t, key=key, value=value))
    assert d.session.settings == before
