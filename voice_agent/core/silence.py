"""The silence ladder: from a person's quiet to a soft word, an offer, company, and an end."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from voice_agent.core.config import LadderSettings
from voice_agent.core.habit import After, Habit
from voice_agent.core.times import to_seconds, to_ticks


class Rung(StrEnum):
    """What a silence has come to, from the first to the last."""

    SOFT = "soft"
    OFFER = "offer"
    WAIT = "wait"
    ANNOUNCE = "announce"
    ANNOUNCE_AGAIN = "announce_again"
    END = "end"


GENTLE = (Rung.SOFT, Rung.OFFER, Rung.WAIT)
"""Rungs of which a later one stands for an earlier one that was missed."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A rung, how long the silence had lasted, and what it is counted from."""

    rung: Rung
    after_s: float
    why: str


class Ladder:
    """Counts one person's silence and says which rung is due; at most one at a time.

    The count begins where the person last did something, or where the floor was handed to
    them. The gentle rungs move with the person's own habit after our questions and after their
    own sentences; in a silence they asked for, and on hold, there are none. What the ladder
    itself says does not begin it anew (PRACTICES, "When it goes quiet").
    """

    def __init__(self, settings: LadderSettings) -> None:
        self.habit = Habit(settings)
        self._anchor = 0
        self._since = "the beginning"
        self._after = After.OTHER
        self._last: Rung | None = None
        self._last_at = 0

    @property
    def settings(self) -> LadderSettings:
        """The settings in force."""
        return self.habit.settings

    @settings.setter
    def settings(self, settings: LadderSettings) -> None:
        self.habit.settings = settings

    @property
    def announced(self) -> bool:
        """Whether an end has been announced in this silence."""
        return self._last in (Rung.ANNOUNCE, Rung.ANNOUNCE_AGAIN)

    def anchor(self, at: int, since: str) -> None:
        """Begin to count at `at` (ticks); `since` says from what, for the reasons.

        Something older than the last rung, or than what is counted from, counts from there:
        words that are understood late never make a rung come twice at once.
        """
        self._anchor = self._last_at = max(at, self._anchor, self._last_at)
        self._since = since
        self._after = _AFTER.get(since, After.OTHER)
        self._last = None

    def quiet_for(self, now: int) -> int:
        """Return how many ticks of silence were counted by `now`."""
        return now - self._anchor

    def spoken(self, onset: int) -> None:
        """Take that the person spoke on their own from `onset` (ticks): it shows their habit."""
        if self._last in (None, Rung.SOFT):
            self.habit.observe(self._after, onset - self._anchor)

    def offered(self, now: int) -> None:
        """Take that an offer was made in this silence: the ladder makes no second one in it."""
        if self._last in (None, Rung.SOFT):
            self._last = Rung.OFFER
            self._last_at = now

    def climb(self, now: int, allowed: Container[Rung]) -> Reached | None:
        """Return the rung that is due at `now` and is `allowed`, and remember it.

        A gentle rung that could not be said in its time is passed over for a later one that
        is due; of the announcements none is ever passed over, and each keeps its distance
        from the one before it.
        """
        due = self.due(now, allowed)
        if due is None:
            return None
        self._last = due
        self._last_at = now
        told = self.habit.told(self._after) if due in GENTLE else ""
        return Reached(due, to_seconds(now - self._anchor), f"quiet since {self._since}{told}")

    def due(self, now: int, allowed: Container[Rung]) -> Rung | None:
        """Return the rung `climb` would reach at `now`; changes nothing.

        What is due stays due while nothing happens: `core.blocks` skips time by it.
        """
        due: Rung | None = None
        for rung in Rung:
            if self._last is not None and _ORDER[rung] <= _ORDER[self._last]:
                continue
            if now < self._due_at(rung) or (rung not in allowed and rung in GENTLE):
                continue
            if rung in GENTLE:
                due = rung
                continue
            if due is None and rung in allowed:
                due = rung
            break
        return due

    def _due_at(self, rung: Rung) -> int:
        s = self.settings
        match rung:
            case Rung.SOFT:
                return self._moved(s.soft_s)
            case Rung.OFFER:
                return self._moved(s.offer_s)
            case Rung.WAIT:
                return self._moved(s.wait_s)
            case Rung.ANNOUNCE:
                return self._anchor + to_ticks(s.announce_s)
            case Rung.ANNOUNCE_AGAIN if self._last is Rung.ANNOUNCE:
                return self._last_at + to_ticks(s.announce_again_s)
            case Rung.END if self._last is Rung.ANNOUNCE_AGAIN:
                return self._last_at + to_ticks(s.end_s)
            case _:
                return _NEVER

    def _moved(self, after_s: float) -> int:
        return self._anchor + max(1, to_ticks(after_s) + self.habit.shift(self._after))


_NEVER = 1 << 62
_AFTER = {
    "the question": After.QUESTION,
    "your words": After.SENTENCE,
    "your voice": After.SENTENCE,
}
_ORDER = {rung: place for place, rung in enumerate(Rung)}
