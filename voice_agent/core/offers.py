"""Which practices are offered, and how rarely."""

from collections.abc import Iterable, Mapping

from voice_agent.core.config import OfferSettings
from voice_agent.core.script import Script
from voice_agent.core.times import to_ticks

AT_MOST = 2

_TOLD = {
    "break": "flooded",
    "flooded": "flooded",
    "panic": "panic",
    "violence": "violence",
    "violence_now": "violence",
    "crisis": "crisis",
    "crisis_emergency": "crisis",
}
"""From a cue to what it tells of, in the words of `not_for`."""


class Offers:
    """What may be offered to one person; remembers each "no" (PRACTICES: offers are rare)."""

    def __init__(self, library: Mapping[str, Script], settings: OfferSettings) -> None:
        self._library = library
        self.settings = settings
        self._quiet_until = 0
        self._refusals = 0
        self._done: list[str] = []
        self._told: set[str] = set()

    def may(self, now: int) -> bool:
        """Whether an offer that nobody asked for may be made now."""
        return now >= self._quiet_until

    def refused(self, now: int) -> None:
        """Take a "no": a long quiet, which grows with each."""
        s = self.settings
        quiet_s = s.quiet_after_no_s * s.quiet_factor**self._refusals
        self._quiet_until = now + to_ticks(quiet_s)
        self._refusals += 1

    def heard(self, cues: Iterable[str]) -> None:
        """Remember what was told: a practice that is not for it is not offered any more."""
        self._told.update(_TOLD[cue] for cue in cues if cue in _TOLD)

    def done(self, practice: str) -> None:
        """Remember that a practice was chosen, so that another one comes first next time."""
        if practice in self._done:
            self._done.remove(practice)
        self._done.append(practice)

    def choose(self, noticed: str, among: tuple[str, ...]) -> tuple[str, ...]:
        """Return at most two practices for what was noticed: those that fit and are new first.

        They come in the order of `among`, because the line that names them has that order.
        """

        def rank(practice: str) -> tuple[bool, int, int]:
            script = self._library[practice]
            tried = self._done.index(practice) + 1 if practice in self._done else 0
            return noticed not in script.fits, tried, among.index(practice)

        known = [p for p in among if p in self._library and self._suits(p, noticed)]
        return tuple(sorted(sorted(known, key=rank)[:AT_MOST], key=among.index))

    def _suits(self, practice: str, noticed: str) -> bool:
        """Whether nothing speaks against a practice, and what it comes after was done before."""
        script = self._library[practice]
        ready = not script.only_after or any(each in self._done for each in script.only_after)
        return ready and {noticed, *self._told}.isdisjoint(script.not_for)
