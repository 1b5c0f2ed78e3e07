"""Features and ticks in a row as arrays: what a session can take at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.core.errors import MalformedEventError
from voice_agent.core.inputs import Features, Ticked
from voice_agent.core.times import TICKS_PER_S

FEATURES, TICK = "f", "k"
"""How a log's block names its rows."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Features and ticks in the order they happened, `n` rows, `m` of them features."""

    t: Floats
    """Session time of each row in seconds, shape (n,)."""
    ticks: NDArray[np.int64]
    """The rows that are ticks, shape (n - m,)."""
    features: NDArray[np.int64]
    """The rows that are features, shape (m,)."""
    level_dbfs: Floats
    """Shape (m,), as are the following."""
    noise_dbfs: Floats
    voiced: Floats
    pitch_cents: Floats | None = None
    """Not a number where nothing was measured; None where nothing was in the whole block."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.t)

    def row(self, row: int) -> Features | Ticked:
        """Return one row as the input it stands for."""
        before = int(self.ticks.searchsorted(row))
        t = float(self.t[row])
        if before < len(self.ticks) and self.ticks[before] == row:
            return Ticked(t=t)
        place = row - before
        cents = None if self.pitch_cents is None else self.pitch_cents[place]
        return Features(
            t=t,
            level_dbfs=float(self.level_dbfs[place]),
            noise_dbfs=float(self.noise_dbfs[place]),
            voiced=float(self.voiced[place]),
            pitch_cents=None if cents is None or np.isnan(cents) else int(cents),
        )

    @property
    def end_s(self) -> float:
        """Session time of the last row in seconds."""
        return float(self.t[-1])

    def levels(self, start: int) -> Iterator[tuple[int, float, float]]:
        """Yield row, time in seconds and level_dbfs of the features from row `start` on."""
        at = int(self.features.searchsorted(start))
        rows = self.features[at:]
        yield from zip(
            rows.tolist(), self.t[rows].tolist(), self.level_dbfs[at:].tolist(), strict=True
        )

    def first_tick(self, start: int, due: Callable[[int], bool]) -> int | None:
        """Return the first row from `start` on that is a tick at which `due`, or None.

        Args:
            start: a row.
            due: told a time in hundredths; once true it stays true, so that the last tick says
                whether there is any, and halving finds the first.
        """
        low = int(self.ticks.searchsorted(start)) if start else 0
        high = len(self.ticks) - 1
        if low > high or not due(self._tick(high)):
            return None
        while low < high:
            middle = (low + high) // 2
            if due(self._tick(middle)):
                high = middle
            else:
                low = middle + 1
        return int(self.ticks[low])

    def _tick(self, place: int) -> int:
        return round(float(self.t[self.ticks[place]]) * TICKS_PER_S)


def block_of(obj: Mapping[str, Any]) -> Block:
    """Return the arrays of a block as it stands in a log.

    Raises:
        MalformedEventError: its columns do not fit.
    """
    try:
        return _block(obj)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedEventError("A block of features has columns that do not fit.") from error


def _block(obj: Mapping[str, Any]) -> Block:
    kinds = np.frombuffer(obj["kinds"].encode("ascii"), np.uint8)
    ticks = np.flatnonzero(kinds == ord(TICK))
    features = np.flatnonzero(kinds == ord(FEATURES))
    t = _numbers(obj["times"], len(kinds))
    if len(ticks) + len(features) != len(kinds) or (t[1:] < t[:-1]).any():
        raise ValueError(obj["kinds"])
    level_dbfs, noise_dbfs, voiced = (
        _numbers(obj[name], len(features)) for name in ("level_dbfs", "noise_dbfs", "voiced")
    )
    cents = _cents(obj.get("pitch_cents"), len(features))
    return Block(t, ticks, features, level_dbfs, noise_dbfs, voiced, cents)


def _numbers(column: Any, length: int) -> Floats:
    """Return a column of finite numbers; words, nulls and truths are none."""
    if not isinstance(column, list) or not _ONLY_NUMBERS.issuperset(map(type, column)):
        raise ValueError(column)
    numbers = np.array(column, np.float64)
    if numbers.shape != (length,) or not np.isfinite(numbers).all():
        raise ValueError(column)
    return numbers


def _cents(column: Any, length: int) -> Floats | None:
    if not column:
        return None
    if not isinstance(column, list) or len(column) != length:
        raise ValueError(column)
    if not _CENTS.issuperset(map(type, column)):
        raise ValueError(column)
    return np.array([np.nan if cents is None else cents for cents in column], np.float64)


_ONLY_NUMBERS = {int, float}
_CENTS = {int, type(None)}
