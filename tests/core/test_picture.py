"""What the page is shown, whole and only when it changed."""

import itertools
from dataclasses import replace

from core_driver import Driver

from voice_agent.core import commands as c
from voice_agent.core.stages import Stage


def test_picture_is_whole_and_only_shown_when_it_changed() -> None:
    """Each show differs from the one before in more than its time."""
    d = Driver().guided()
    d.wait(200)
    shows = [replace(o, t=0) for o in d.outputs if isinstance(o, c.Show)]
    assert all(a != b for a, b in itertools.pairwise(shows))
    feet = next(s for s in shows if s.hint == "feet")
    assert (feet.state, feet.breath) == ("guiding", "none")
    assert feet.remaining_s is not None


def test_gentle_check_is_no_alarm_on_the_page() -> None:
    """Words about somebody else ask on the page without the large number."""
    d = Driver().listening()
    d.says("crisis_check")
    assert d.session.stage is Stage.CRISIS
    assert d.state != "crisis"
    assert {choice.id for choice in d.session.shown.choices} == {"yes", "no"}
