"""What is usual for one speaker: running medians and how far things usually lie from them."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

TO_SIGMA = 1.4826
"""A median absolute deviation times this is a normal distribution's standard deviation."""


@dataclass(frozen=True, slots=True)
class Usual:
    """One measure's habit."""

    median: float
    spread: float
    """Median absolute deviation, scaled to a standard deviation."""
    n: int


class _Window:
    """The last values of one measure, also in order."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._values: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, value: float) -> None:
        self._values.append(value)
        insort(self._sorted, value)
        if len(self._values) > self._longest:
            oldest = self._values.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]

    def usual(self) -> Usual | None:
        if not self._sorted:
            return None
        median = _middle(self._sorted)
        away = sorted(abs(value - median) for value in self._sorted)
        return Usual(median, TO_SIGMA * _middle(away), len(self._sorted))


def _middle(ordered: list[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Baseline:
    """One speaker's own measures. Median and MAD: one shout, or one word, moves neither."""

    LONGEST = 200
    """Utterances remembered: half an hour of talk."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self.voiced_s = 0.0
        """Seconds of voiced speech that went into it, all in all."""

    def add(self, measures: Mapping[str, float | None], voiced_s: float) -> None:
        """Take an utterance's measures by name; None where something was not measured."""
        self.voiced_s += voiced_s
        for name, value in measures.items():
            if value is not None:
                self._windows.setdefault(name, _Window(self.LONGEST)).add(value)

    def usual(self, name: str) -> Usual | None:
        """Return what is usual of a measure; None where it was never measured."""
        window = self._windows.get(name)
        return window.usual() if window else None
