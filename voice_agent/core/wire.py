"""Events as JSON objects and back: the form of logs and of the page's data channel."""

import dataclasses
import json
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from voice_agent.core import commands, findings, inputs
from voice_agent.core.errors import MalformedEventError

SCHEMA = 1
"""The version of the log's form; an unknown one is refused (DESIGN, "Words")."""

Event = inputs.Input | findings.Finding | commands.Command


def _type_name(cls: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def _concrete(module: types.ModuleType, base: type) -> dict[str, type]:
    return {
        _type_name(cls): cls
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, base) and cls is not base
    }


INPUTS = _concrete(inputs, inputs.Input)
FINDINGS = _concrete(findings, findings.Finding)
COMMANDS = _concrete(commands, commands.Command)
TYPES: dict[str, type] = {**INPUTS, **FINDINGS, **COMMANDS}
NAMES = {cls: name for name, cls in TYPES.items()}
_HINTS = {cls: typing.get_type_hints(cls) for cls in TYPES.values()}
_FIELDS = {cls: dataclasses.fields(cls) for cls in TYPES.values()}


def encode(event: Event) -> dict[str, Any]:
    """Return `event` as a JSON object with `type` first and `t` second; nulls are left out.

    Example:
        >>> encode(inputs.KeyPressed(t=1.5, digit="1"))
        {'type': 'key_pressed', 't': 1.5, 'digit': '1'}
    """
    out: dict[str, Any] = {"type": NAMES[type(event)]}
    for field in _FIELDS[type(event)]:
        value = getattr(event, field.name)
        if value is not None:
            out[field.name] = _plain(value)
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def decode(obj: Mapping[str, Any]) -> Event:
    """Return the event a JSON object stands for; unknown fields are ignored.

    Raises:
        MalformedEventError: not an object, an unknown `type`, a missing field or a wrong value.
    """
    name = obj.get("type") if isinstance(obj, Mapping) else None
    cls = TYPES.get(name) if isinstance(name, str) else None
    if cls is None:
        raise MalformedEventError(f"{name!r} is not the type of an event.")
    values: dict[str, Any] = {}
    for field in _FIELDS[cls]:
        if field.name in obj:
            values[field.name] = _typed(obj[field.name], _HINTS[cls][field.name], name, field.name)
        elif type(None) in typing.get_args(_HINTS[cls][field.name]):
            values[field.name] = None  # nulls are left out by `encode`
        elif field.default is dataclasses.MISSING:
            raise MalformedEventError(f"An event '{name}' needs the field '{field.name}'.")
    event: Event = cls(**values)
    return event


def _typed(value: Any, hint: Any, name: object, field: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        for option in typing.get_args(hint):
            try:
                return _typed(value, option, name, field)
            except MalformedEventError:
                continue
    elif origin is tuple:
        if isinstance(value, (list, tuple)):
            item = typing.get_args(hint)[0]
            return tuple(_typed(v, item, name, field) for v in value)
    elif hint is type(None):
        if value is None:
            return None
    elif hint is bool:
        if isinstance(value, bool):
            return value
    elif hint is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and _fits(value):
            return float(value)
    elif hint is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif hint is str:
        if isinstance(value, str):
            return value
    elif dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        hints = typing.get_type_hints(hint)
        try:
            return hint(
                **{k: _typed(v, hints[k], name, field) for k, v in value.items() if k in hints}
            )
        except TypeError as error:
            raise MalformedEventError(f"'{field}' of '{name}' is incomplete.") from error
    raise MalformedEventError(f"{value!r} does not fit the field '{field}' of an event '{name}'.")


def _fits(value: float) -> bool:
    """Whether a number can be a measure or a time: no NaN, no infinity, no endless integer."""
    return abs(value) <= _LARGEST


_LARGEST = 1e15


def dumps(obj: Mapping[str, Any]) -> str:
    """Return one line of JSON, the same bytes for the same object, on any machine."""
    return json.dumps(obj, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
