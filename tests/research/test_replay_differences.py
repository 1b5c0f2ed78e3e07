"""What differs between two runs of decisions, in words that can be read."""

import pytest

from voice_agent.core import commands as c
from voice_agent.core import findings as f
from voice_agent.core.session import Output
from voice_agent.research.replay import changes


def say(t: float, line: str, pause_s: float = 0.0) -> c.Say:
    return c.Say(t=t, script="ladder", line=line, pause_s=pause_s)


def offer(t: float, why: str = "quiet") -> c.Offer:
    return c.Offer(t=t, practices=("feet-and-room",), why=why)


def told(logged: list[Output], decided: list[Output]) -> list[str]:
    return [str(change) for change in changes(logged, decided)]


def test_same_decisions_have_no_change() -> None:
    """Two equal runs differ in nothing."""
    same: list[Output] = [say(1.0, "soft-1"), offer(2.0)]
    assert told(same, list(same)) == []


@pytest.mark.parametrize(
    ("logged", "decided", "says"),
    [
        ([offer(42.0)], [offer(36.4)], "the offer: 36.4 s instead of 42.0 s"),
        ([], [offer(36.45)], "the offer: at 36.45 s, not there before"),
        ([offer(42.0)], [], "the offer: not there any more, was at 42.0 s"),
        (
            [say(5.0, "soft-1")],
            [say(5.0, "soft-1", 1.5)],
            "the line ladder.soft-1: at 5.0 s as before; pause_s 1.5 instead of 0.0",
        ),
        (
            [f.SilenceReached(t=30.0, rung="offer", after_s=30.0, why="quiet")],
            [f.SilenceReached(t=20.0, rung="offer", after_s=20.0, why="quiet")],
            "the silence (offer): 20.0 s instead of 30.0 s; after_s 20.0 instead of 30.0",
        ),
        ([c.End(t=9.0, why="silence")], [], "the end (silence): not there any more, was at 9.0 s"),
    ],
)
def test_each_kind_of_change_has_its_sentence(
    logged: list[Output], decided: list[Output], says: str
) -> None:
    """Moved, appeared, vanished or otherwise, each with its times."""
    assert told(logged, decided) == [says]


def test_what_changed_places_is_moved_and_not_lost() -> None:
    """A decision that is now before another one is the same decision at another time."""
    logged: list[Output] = [say(1.0, "a"), offer(5.0), say(9.0, "b")]
    decided: list[Output] = [say(1.0, "a"), say(9.0, "b"), offer(12.0)]
    assert told(logged, decided) == ["the offer: 12.0 s instead of 5.0 s"]


def test_changes_stand_in_the_order_of_time() -> None:
    """The earliest comes first, whichever run it belongs to."""
    logged: list[Output] = [say(3.0, "a"), say(8.0, "b")]
    decided: list[Output] = [say(1.0, "c"), say(8.5, "b"), offer(20.0)]
    assert [change.kind for change in changes(logged, decided)] == [
        "appeared", "vanished", "moved", "appeared",
    ]  # fmt: skip


def test_long_values_are_shortened() -> None:
    """A change stays one line that can be read."""
    (change,) = told([offer(1.0, "x" * 200)], [offer(1.0, "y" * 200)])
    assert len(change) < 180
    assert "…" in change
