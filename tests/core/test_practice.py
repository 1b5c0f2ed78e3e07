"""Where we are in what is being said: forward, back, in between, elsewhere."""

from core_driver import small

from voice_agent.core.practice import Guide

LIBRARY = {
    "one": small(
        "one",
        {"id": "a", "text": "First.", "on_speech": "answer"},
        {"id": "b", "ask": "Shall we?", "answers": {"yes": "c", "no": "two", "silence": "end"}},
        {"id": "c", "text": "Last.", "then": "end"},
    ),
    "two": small("two", {"id": "x", "text": "Other."}, {"id": "y", "text": "More."}),
}


def guide() -> Guide:
    fresh = Guide(LIBRARY)
    fresh.begin("one")
    return fresh


def here(g: Guide) -> tuple[str, str] | None:
    return g.place.key if g.place else None


def test_script_is_followed_line_by_line_to_its_end() -> None:
    """At the end nothing is left."""
    g = guide()
    g.onward()
    assert here(g) == ("one", "b")
    g.go("c")
    assert g.onward() is None
    assert (here(g), g.left) == (None, ("one", "c"))


def test_answer_may_lead_into_another_script() -> None:
    """A target that is no line here is a script's first line."""
    g = guide()
    g.go("two")
    assert here(g) == ("two", "x")


def test_what_is_put_in_between_gives_back_the_place_below() -> None:
    """With its question still waiting."""
    g = guide()
    g.onward()
    g.ask(100)
    g.put_between("two", "x")
    assert (g.depth, g.base.key if g.base else None) == (2, ("one", "b"))
    below = g.onward()
    assert below is not None
    assert (below.key, below.deadline) == (("one", "b"), 900)


def test_line_alone_is_not_followed_by_the_next() -> None:
    """And a script put in between is said to its end."""
    g = guide()
    g.put_between("two", "x", alone=False)
    g.onward()
    assert here(g) == ("two", "y")
    g.onward()
    assert here(g) == ("one", "a")


def test_all_that_was_put_in_between_can_be_left_at_once() -> None:
    """The place below stays."""
    g = guide()
    g.put_between("two", "x")
    g.put_between("two", "y")
    g.leave_between()
    assert here(g) == ("one", "a")


def test_back_goes_one_line_back_and_stays_at_the_first() -> None:
    """There is always a line."""
    g = guide()
    g.onward()
    g.ask(0)
    assert [g.back().deadline, here(g)] == [None, ("one", "a")]
    g.back()
    assert here(g) == ("one", "a")


def test_question_is_the_one_asked_or_the_one_that_follows_an_invitation() -> None:
    """An answer may come before its question is asked."""
    g = guide()
    asked = g.asked()
    assert asked is not None
    assert asked[1].id == "b"
    g.begin("two")
    assert g.asked() is None


def test_only_questions_wait() -> None:
    """A text has no deadline."""
    g = guide()
    assert not g.ask(0)
    g.onward()
    assert g.ask(0)
