"""How long one person's pauses usually last: what the ladder's rungs move with."""

from bisect import bisect_left, insort
from collections import deque
from enum import StrEnum

from voice_agent.core.config import LadderSettings
from voice_agent.core.times import to_seconds, to_ticks


class After(StrEnum):
    """What a silence comes after, for a silence after each is another habit."""

    QUESTION = "our question"
    SENTENCE = "their own sentence"
    OTHER = "a tap, a key, a hum, or the line itself"
    """Nothing is learned from it, and nothing moves."""


ORDINARY = (
    1, 2, 4, 6, 8, 10, 12, 13, 16, 18, 20, 22, 24, 27, 29, 32, 35, 37, 40, 43,
    47, 50, 54, 58, 62, 66, 71, 76, 81, 87, 93, 101, 109, 118, 129, 142, 158, 180, 213, 285,
)  # fmt: skip
"""Forty pauses of ordinary talk in hundredths of a second: an exponential distribution of mean
.65 s at (k + .5) / 40, of which 99 % lie under 3 s and 99.9 % under 5 s (PRACTICES, "When it
goes quiet"). They stand for a person of whom nothing is known yet."""

QUANTILE = 0.9
"""High enough to tell the long pauses, low enough to be learned from a few dozen."""
REMEMBERED = 60
"""The newest pauses count; a habit of an hour ago does not hold a person to it."""
ENOUGH = 20
"""Rungs come later from the first long pauses on, but earlier only after so many."""


class Habit:
    """Running quantiles of one person's pauses and answer latencies, with a prior.

    A silence in which an offer had to be made teaches nothing: it may be what we look for.
    """

    def __init__(self, settings: LadderSettings) -> None:
        self.settings = settings
        self._kept = {after: _Kept() for after in (After.QUESTION, After.SENTENCE)}

    def observe(self, after: After, pause: int) -> None:
        """Take one pause of `pause` ticks that the person ended."""
        if after is not After.OTHER and pause > 0:
            self._kept[after].add(pause)

    def usual(self, after: After) -> int:
        """Return what nine of ten pauses stay under, in ticks; ordinary talk's where unknown."""
        return _USUAL if after is After.OTHER else self._kept[after].usual

    def shift(self, after: After) -> int:
        """Return by how many ticks the gentle rungs come later (or, below 0, earlier)."""
        if after is After.OTHER:
            return 0
        s = self.settings
        usual = self.usual(after)
        beyond = max(0, usual - _LONG) or min(0, usual - _USUAL)
        least = to_ticks(-s.habit_earlier_s) if self._kept[after].count >= ENOUGH else 0
        return max(least, min(to_ticks(s.habit_later_s), round(s.habit_gain * beyond)))

    def told(self, after: After) -> str:
        """Return the habit's part of a rung's reason; empty where it moved nothing."""
        shift = self.shift(after)
        if not shift:
            return ""
        when = "later" if shift > 0 else "earlier"
        kind = "answers to questions" if after is After.QUESTION else "own pauses"
        return (
            f"; {to_seconds(abs(shift)):g} s {when}, because your {kind} usually take up to "
            f"{to_seconds(self.usual(after)):g} s (most people's: {to_seconds(_USUAL):g} s)"
        )


class _Kept:
    """The newest pauses in the order they came and in the order of their length."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._sorted = list(ORDINARY)
        self.usual = _USUAL

    @property
    def count(self) -> int:
        return len(self._order)

    def add(self, pause: int) -> None:
        if len(self._order) == REMEMBERED:
            del self._sorted[bisect_left(self._sorted, self._order.popleft())]
        self._order.append(pause)
        insort(self._sorted, pause)
        self.usual = _quantile(self._sorted)


def _quantile(values: list[int]) -> int:
    return values[min(len(values) - 1, int(QUANTILE * len(values)))]


_USUAL = _quantile(list(ORDINARY))
_LONG = 200
"""Nine of ten pauses under two seconds is still ordinary: nothing comes later for it."""
