"""Replay: feed what happened to the core again and compare what it decides, to the bit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from voice_agent.core import wire
from voice_agent.core.blocks import Block, block_of
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import MalformedEventError
from voice_agent.core.inputs import Input, SettingChanged
from voice_agent.core.journal import check_schema
from voice_agent.core.script import Script
from voice_agent.core.session import Output, Session
from voice_agent.research.replay.differences import Change, changes
from voice_agent.settings import settings_of

Step = Block | wire.Event
"""What a log holds, in its order: features and ticks in arrays, other inputs, and outputs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the decisions part: after which input, and what stands where."""

    after: str
    logged: str | None
    decided: str | None

    def __str__(self) -> str:
        logged = self.logged or "nothing"
        decided = self.decided or "nothing"
        return f"After {self.after}\n  the log has  {logged}\n  replay gives {decided}"


@dataclass(frozen=True)
class Replayed:
    """What a replay came to."""

    inputs: int
    session_s: float
    difference: Difference | None
    logged: list[Output]
    """What the log says was decided."""
    decided: list[Output]
    """What the core decided now."""

    @property
    def outputs(self) -> int:
        """How many decisions there were."""
        return len(self.decided)

    @cached_property
    def changes(self) -> list[Change]:
        """What moved, appeared, vanished or reads otherwise, in the order of time."""
        return [] if self.difference is None else changes(self.logged, self.decided)


def steps(lines: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    """Read the lines of a log after its first.

    Raises:
        MalformedEventError: a line is neither an event nor a block.
    """
    for line in lines:
        yield block_of(line) if line.get("type") == "block" else wire.decode(line)


def replay(
    header: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
    library: Mapping[str, Script],
    settings: CoreSettings | None = None,
) -> Replayed:
    """Feed the inputs of a log to the core and compare its decisions with the logged ones.

    Raises:
        SchemaError: the log was written by another version of the schema.
        MalformedEventError: a line is no event.
        LogSettingError: a logged setting does not fit this version.
    """
    check_schema(header)
    return replay_steps(steps(lines), library, settings or settings_of(header))


def replay_steps(
    recorded: Iterable[Step], library: Mapping[str, Script], settings: CoreSettings
) -> Replayed:
    """Do the same with what was read before: from arrays it is ten times as fast.

    Raises:
        MalformedEventError: a setting was changed to what this version does not know.
    """
    run = _Run(Session(library, settings))
    for step in recorded:
        run.take(step)
    return run.over()


class _Run:
    """One replay: turns of an input and what followed it, there and here."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._inputs = 0
        self._t = 0.0
        self._logged: list[Output] = []
        self._decided: list[Output] = []
        self._turn: tuple[int, int] = (0, 0)
        self._after: Input | tuple[Block, int] | None = None
        self._first: Difference | None = None

    def take(self, step: Step) -> None:
        """Take the next step of the log."""
        if isinstance(step, Block):
            self._block(step)
        elif isinstance(step, Input):
            self._open(step)
            self._inputs += 1
            self._t = step.t
            if isinstance(step, SettingChanged):
                _check(self._session.settings, step)
            self._decided += self._session.handle(step)
        elif self._after is not None:
            self._logged.append(step)

    def _block(self, block: Block) -> None:
        if not len(block):
            return
        last = len(block) - 1
        row = -1
        for row, outputs in self._session.handle_block(block):
            self._open((block, row))
            self._decided += outputs
        if row != last:
            self._open((block, last))
        self._inputs += len(block)
        self._t = float(block.t[last])

    def _open(self, after: Input | tuple[Block, int]) -> None:
        self._close()
        self._after = after

    def _close(self) -> None:
        """Compare what followed the last input with what follows it now."""
        logged, decided = self._turn
        self._turn = len(self._logged), len(self._decided)
        if self._first is not None or self._after is None:
            return
        theirs = [_line(event) for event in self._logged[logged:]]
        ours = [_line(event) for event in self._decided[decided:]]
        if theirs != ours:
            self._first = _difference(self._after, theirs, ours)

    def over(self) -> Replayed:
        """Return what came of it."""
        self._close()
        return Replayed(self._inputs, self._t, self._first, self._logged, self._decided)


def _check(settings: CoreSettings, event: SettingChanged) -> None:
    try:
        with_setting(settings, event.key, event.value)
    except (KeyError, ValueError) as error:
        raise MalformedEventError(
            f"The setting {event.key} cannot be {event.value!r} in this version."
        ) from error


def _difference(after: Input | tuple[Block, int], theirs: list[str], ours: list[str]) -> Difference:
    for place in range(max(len(theirs), len(ours))):
        logged = theirs[place] if place < len(theirs) else None
        decided = ours[place] if place < len(ours) else None
        if logged != decided:
            break
    event = after if isinstance(after, Input) else after[0].row(after[1])
    return Difference(_line(event), logged, decided)


def _line(event: wire.Event) -> str:
    return wire.dumps(wire.encode(event))
