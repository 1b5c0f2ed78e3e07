"""Replay: feed a log's inputs to the core again and compare what it decides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from voice_agent.core import wire
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import MalformedEventError
from voice_agent.core.inputs import Input, SettingChanged
from voice_agent.core.journal import check_schema, expand
from voice_agent.core.script import Script
from voice_agent.core.session import Session
from voice_agent.settings import settings_of


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


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    inputs: int
    outputs: int
    session_s: float
    difference: Difference | None


def _turns(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Input, list[wire.Event]]]:
    """Yield each input with the findings and commands that followed it in the log."""
    turn: tuple[Input, list[wire.Event]] | None = None
    for line in lines:
        for event in expand(line):
            if isinstance(event, Input):
                if turn is not None:
                    yield turn
                turn = (event, [])
            elif turn is not None:
                turn[1].append(event)
    if turn is not None:
        yield turn


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
    session = Session(library, settings or settings_of(header))
    inputs = outputs = 0
    t = 0.0
    first: Difference | None = None
    for event, logged in _turns(lines):
        inputs += 1
        t = event.t
        if isinstance(event, SettingChanged):
            _check(session.settings, event)
        decided = session.handle(event)
        outputs += len(decided)
        if first is None and decided != logged:
            first = _difference(event, logged, decided)
    return Replayed(inputs, outputs, t, first)


def _check(settings: CoreSettings, event: SettingChanged) -> None:
    try:
        with_setting(settings, event.key, event.value)
    except (KeyError, ValueError) as error:
        raise MalformedEventError(
            f"The setting {event.key} cannot be {event.value!r} in this version."
        ) from error


def _difference(event: Input, logged: list[wire.Event], decided: list[Any]) -> Difference:
    for place in range(max(len(logged), len(decided))):
        theirs = logged[place] if place < len(logged) else None
        ours = decided[place] if place < len(decided) else None
        if theirs != ours:
            break
    return Difference(
        _line(event),
        None if theirs is None else _line(theirs),
        None if ours is None else _line(ours),
    )


def _line(event: wire.Event) -> str:
    return wire.dumps(wire.encode(event))
