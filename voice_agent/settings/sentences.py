"""What is wrong with a setting, in one sentence: its name, its value and what would work."""

import difflib
from collections.abc import Callable, Iterable
from textwrap import shorten
from typing import Any

import annotated_types
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from voice_agent.settings.fields import NESTED, PREFIX


def variable(place: Iterable[str]) -> str:
    """Return the variable of the field at `place`: VOICE_AGENT_LADDER__OFFER_S."""
    return PREFIX + NESTED.join(place).upper()


def dotted(place: Iterable[str]) -> str:
    """Return the key of the field at `place`: ladder.offer_s."""
    return ".".join(place)


def first_field(model: type[BaseModel], group: str) -> str:
    """Return a field of `group`, as an example."""
    return next(iter(group_fields(model.model_fields[group].annotation)), "name")


def group_fields(kind: Any) -> dict[str, FieldInfo]:
    """Return the fields of a group by name; none when `kind` is not a group."""
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def sentence(
    error: ValidationError, model: type[BaseModel], named: Callable[[Iterable[str]], str]
) -> str:
    """One sentence for the first fault; the value is shown only where it cannot be a secret."""
    fault = error.errors(include_url=False, include_context=False)[0]
    place = [str(part) for part in fault["loc"] if isinstance(part, str)]
    field, known = _find(model, place)
    name = named(place)
    if fault["type"] == "value_error":
        return f"{name}: {fault['msg'].removeprefix('Value error, ')}."
    if field is None:
        return f"There is no setting {name}{nearest(name, [named(k) for k in known])}."
    wanted = _wanted(field)
    if place[-1] in _SECRET or group_fields(field.annotation):
        return f"{name} cannot be used as it is; give {wanted}."
    return f"{name} is {shorten(repr(fault['input']), 60)}; give {wanted}."


_SECRET = {"password", "database_url"}


def _find(
    model: type[BaseModel], place: list[str]
) -> tuple[FieldInfo | None, list[tuple[str, ...]]]:
    """The field at `place`, cut to where the fault's location leaves the fields, and its kin."""
    fields: dict[str, FieldInfo] = dict(model.model_fields)
    found: FieldInfo | None = None
    prefix: tuple[str, ...] = ()
    for depth, part in enumerate(place):
        if part not in fields:
            if found is not None and not fields:
                del place[depth:]
                return found, []
            return None, [(*prefix, name) for name in fields]
        found, prefix = fields[part], (*prefix, part)
        fields = dict(group_fields(found.annotation))
    return found, []


def nearest(name: str, known: list[str]) -> str:
    """Return the end of a sentence that names the nearest known name, or all of them."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"; the nearest is {near[0]}"
    return f"; there are {', '.join(known)}" if known else ""


def _wanted(field: FieldInfo) -> str:
    """What a field takes, in words, from its type and bounds."""
    kind = field.annotation
    text = str(kind)
    if group_fields(kind):
        return "its fields one by one, each in its own variable"
    if "Literal" in text:
        choices = [repr(c) for c in getattr(kind, "__args__", ())]
        return "one of " + ", ".join(choices)
    if kind is bool or "bool" in text:
        return "true or false"
    if any(getattr(m, "pattern", None) for m in field.metadata):
        return "two letters, such as US"
    noun = "a whole number" if kind is int else "a number" if kind is float else "a text"
    if "Path" in text:
        noun = "a path"
    return noun + _bounds(field) if noun.endswith("number") else noun


def _bounds(field: FieldInfo) -> str:
    low = high = ""
    for mark in field.metadata:
        match mark:
            case annotated_types.Ge(ge=value):
                low = f"{value} or more"
            case annotated_types.Gt(gt=value):
                low = f"more than {value}"
            case annotated_types.Le(le=value):
                high = f"at most {value}"
            case _:
                continue
    return f", {' and '.join(part for part in (low, high) if part)}" if low or high else ""
