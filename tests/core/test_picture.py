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


def test_breath_is_shown_for_as_long_as_it_lasts_and_keeps_its_rhythm() -> None:
    """The circle takes the time of each breath, and eleven rounds take their time to the tick."""
    d = Driver().listening()
    d.taps("choice", "longer-out")
    d.until(line="longer-out.in-1", at_most_s=120)
    began = d.now
    assert breath_shown(d) == ("in", 4)
    d.until(line="longer-out.out-1", at_most_s=10)
    assert breath_shown(d) == ("out", 6)
    assert d.now - began == 400
    d.until(line="longer-out.in-12", at_most_s=120)
    assert d.now - began == 11 * 1000


def breath_shown(d: Driver) -> tuple[str | None, float | None]:
    shown = d.session.shown
    assert shown is not None
    return shown.breath, shown.countdown_s


def test_from_the_first_question_on_there_is_something_to_tap_for_whoever_is_silent() -> None:
    """Also with a microphone: two practices, and to just stay."""
    d = Driver()
    d.until(line="opening.need", at_most_s=60)
    for _ in range(20):
        shown = d.session.shown
        assert [each.id for each in shown.choices] == ["feet-and-room", "name-it", "stay"]
        d.wait(1)
    assert d.state in ("listening", "speaking")


def test_no_practice_is_shown_beside_a_large_number() -> None:
    """Nothing stands in the way of it."""
    d = Driver().listening()
    d.says("crisis")
    d.until(state="waiting", at_most_s=200)
    assert d.session.shown.choices == ()
