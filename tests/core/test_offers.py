"""Which practices are offered, and how rarely."""

import pytest
from core_driver import Driver, said, small

from voice_agent.core.config import OfferSettings
from voice_agent.core.offers import Offers

LINE = {"id": "x", "text": "Here."}
LIBRARY = {
    "a": small("a", LINE, fits=("numb",)),
    "b": small("b", LINE, fits=("numb",)),
    "c": small("c", LINE),
    "d": small("d", LINE, fits=("numb",), not_for=("numb",)),
}


def offers() -> Offers:
    return Offers(LIBRARY, OfferSettings(quiet_after_no_s=600, quiet_factor=2))


@pytest.mark.parametrize(("noes", "quiet_s"), [(1, 600), (2, 1200), (3, 2400)])
def test_each_no_doubles_the_quiet(noes: int, quiet_s: int) -> None:
    """One tick before nothing may be offered; at its end it may."""
    o = offers()
    for _ in range(noes):
        o.refused(1000)
    assert [o.may(1000 + quiet_s * 100 - 1), o.may(1000 + quiet_s * 100)] == [False, True]


def test_what_fits_comes_before_what_does_not_and_what_hurts_never() -> None:
    """At most two, and none that is not for this."""
    assert offers().choose("numb", ("c", "d", "b", "a")) == ("b", "a")


def test_what_was_done_makes_room_for_what_is_new_in_the_order_of_the_line() -> None:
    """A practice that was done comes after the others, but keys keep the line's order."""
    o = offers()
    o.done("a")
    assert o.choose("numb", ("a", "b")) == ("a", "b")
    o.done("b")
    assert Offers(LIBRARY, OfferSettings()).choose("odd", ("a", "b", "c")) == ("a", "b")


def test_unknown_practices_are_left_out() -> None:
    """A library that has none of them offers nothing."""
    assert offers().choose("numb", ("x", "y")) == ()


def test_what_comes_after_another_is_offered_once_one_of_those_was_chosen() -> None:
    """A breath is only offered after orienting (PRACTICES, G2)."""
    breath = small("breath", LINE, only_after=("a", "b"))
    o = Offers({**LIBRARY, "breath": breath}, OfferSettings())
    assert o.choose("odd", ("breath", "c")) == ("c",)
    o.done("c")
    assert o.choose("odd", ("breath", "c")) == ("c",)
    o.done("b")
    assert o.choose("odd", ("breath", "c")) == ("breath", "c")


def test_what_was_told_keeps_away_what_is_not_for_it() -> None:
    """Looking for a word is not for somebody who is flooded; feet and room is."""
    library = {
        "feet": small("feet", LINE, fits=("numb",)),
        "name": small("name", LINE, fits=("numb",), not_for=("flooded",)),
    }
    o = Offers(library, OfferSettings())
    assert o.choose("numb", ("feet", "name")) == ("feet", "name")
    o.heard(("break", "yes"))
    assert o.choose("numb", ("feet", "name")) == ("feet",)


@pytest.mark.parametrize(
    ("via", "line"), [("web", "ladder.offer-feet"), ("phone", "ladder.offer-feet-phone")]
)
def test_somebody_who_is_flooded_is_offered_feet_and_room_alone(via: str, line: str) -> None:
    """The line names what can be chosen; "the second" is nothing then, so it stays."""
    d = Driver(via=via).listening()
    d.says("break", words=9)
    d.until(state="offering", at_most_s=90)
    assert d.lines[-1] == line
    assert [each.id for each in d.session.shown.choices] == ["feet-and-room"]
    assert said(d.says("second")) == ["ladder.stay"]
