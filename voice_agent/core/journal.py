"""A session as lines of a log: one event a line, features and ticks gathered in blocks."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from voice_agent.core import wire
from voice_agent.core.errors import MalformedEventError, SchemaError
from voice_agent.core.inputs import Features, Input, Ticked

BLOCK_ROWS = 200
"""Rows after which a block is closed: ten seconds of features and ticks."""

_FEATURES, _TICK = "f", "k"


class Journal:
    """Numbers events and turns them into JSON objects, in the order they happened.

    Features and ticks wait in a block, which is closed before any other event, when it is
    full, and by `close`. Its `seq` is its first row's; each row counts (DESIGN, "Words").
    """

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self._rows: list[Features | Ticked] = []

    def header(self, **fields: Any) -> dict[str, Any]:
        """Return the first line of a log."""
        self.seq += 1
        return {"type": "session", "t": 0.0, "seq": self.seq - 1, "schema": wire.SCHEMA, **fields}

    def add(self, event: wire.Event) -> list[dict[str, Any]]:
        """Take an event and return the objects that can be written now, in order."""
        if isinstance(event, (Features, Ticked)):
            self._rows.append(event)
            return self.close() if len(self._rows) >= BLOCK_ROWS else []
        lines = self.close()
        obj = wire.encode(event)
        lines.append({"type": obj.pop("type"), "t": obj.pop("t"), "seq": self.seq, **obj})
        self.seq += 1
        return lines

    def close(self) -> list[dict[str, Any]]:
        """Close the block that is open and return it; without one, nothing."""
        rows, self._rows = self._rows, []
        if not rows:
            return []
        features = [row for row in rows if isinstance(row, Features)]
        block: dict[str, Any] = {
            "type": "block",
            "t": rows[0].t,
            "seq": self.seq,
            "rows": len(rows),
            "kinds": "".join(_FEATURES if isinstance(row, Features) else _TICK for row in rows),
            "times": [row.t for row in rows],
            "level_dbfs": [row.level_dbfs for row in features],
            "noise_dbfs": [row.noise_dbfs for row in features],
            "voiced": [row.voiced for row in features],
        }
        if any(row.pitch_cents is not None for row in features):
            block["pitch_cents"] = [row.pitch_cents for row in features]
        self.seq += len(rows)
        return [block]


def expand(obj: Mapping[str, Any]) -> Iterator[wire.Event]:
    """Return the events a line of a log stands for: one, or the rows of a block.

    Raises:
        MalformedEventError: the line is no event, or a block whose columns do not fit.
    """
    if obj.get("type") != "block":
        yield wire.decode(obj)
        return
    try:
        yield from _rows(obj)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedEventError("A block of features has columns that do not fit.") from error


def _rows(block: Mapping[str, Any]) -> Iterator[Features | Ticked]:
    kinds, times = block["kinds"], _numbers(block["times"])
    columns = [_numbers(block[name]) for name in ("level_dbfs", "noise_dbfs", "voiced")]
    pitch = block.get("pitch_cents") or [None] * len(columns[0])
    features = list(zip(*columns, pitch, strict=True))
    if not set(kinds) <= {_FEATURES, _TICK} or kinds.count(_FEATURES) != len(features):
        raise ValueError(kinds)
    if not all(cents is None or type(cents) is int for cents in pitch):
        raise ValueError(pitch)
    rows = iter(features)
    for kind, t in zip(kinds, times, strict=True):
        if kind == _TICK:
            yield Ticked(t=t)
            continue
        level_dbfs, noise_dbfs, voiced, cents = next(rows)
        yield Features(
            t=t, level_dbfs=level_dbfs, noise_dbfs=noise_dbfs, voiced=voiced, pitch_cents=cents
        )


def _numbers(column: Any) -> list[float]:
    """Return a column as it is, if it holds finite numbers alone."""
    if not isinstance(column, list) or not all(map(_finite, column)):
        raise ValueError(column)
    return column


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def check_schema(header: Mapping[str, Any]) -> None:
    """Refuse a log whose first line this version cannot read.

    Raises:
        MalformedEventError: the first line is not that of a session.
        SchemaError: it was written by another version.
    """
    if header.get("type") != "session":
        raise MalformedEventError("The first line is not that of a session's log.")
    if header.get("schema") != wire.SCHEMA:
        raise SchemaError(header.get("schema"), wire.SCHEMA)


def inputs_of(lines: Iterable[Mapping[str, Any]]) -> Iterator[Input]:
    """Return only what happened, not what was decided: what a replay feeds the core."""
    for obj in lines:
        for event in expand(obj):
            if isinstance(event, Input):
                yield event
