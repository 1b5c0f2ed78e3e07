"""YAML with places: what stands at which line, and a fault there as one plain sentence."""

import difflib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from voice_agent.core.errors import ScriptError

_LISTED_AT_MOST = 12


def read_yaml(path: Path) -> CommentedMap:
    """Read a YAML 1.2 file whose top is a mapping; only plain data is made of it.

    Raises:
        ScriptError: it cannot be read, is no YAML, or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ScriptError(path.name, None, f"cannot be read ({why}).") from error
    try:
        tree = YAML(typ="rt").load(StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        why = (error.problem or "unreadable").split("\n")[0]
        raise ScriptError(path.name, line, f"is no YAML here: {why}.") from error
    except YAMLError as error:
        raise ScriptError(path.name, None, "is no YAML; write keys and values.") from error
    if not isinstance(tree, CommentedMap):
        raise ScriptError(path.name, 1, "holds no mapping; begin with 'id: ...'.")
    return tree


def plain(value: Any) -> Any:
    """Return what was read as plain dicts, lists and values."""
    if isinstance(value, CommentedMap):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        return [plain(item) for item in value]
    return value


def line_of(tree: Any, place: tuple[str | int, ...]) -> int | None:
    """Return the number of the line, from 1, at which `place` (or what holds it) stands."""
    found: int | None = None
    for step in place:
        try:
            if isinstance(tree, CommentedMap):
                found = tree.lc.key(step)[0] + 1
            elif isinstance(tree, CommentedSeq):
                found = tree.lc.item(step)[0] + 1
            else:
                return found
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return found
    return found if found is not None else 1


def refusal(
    name: str, tree: CommentedMap, error: ValidationError, models: Mapping[str, type[BaseModel]]
) -> ScriptError:
    """Return the first fault of the file `name` as one sentence that says what to write instead."""
    fault = min(error.errors(include_url=False), key=lambda e: line_of(tree, tuple(e["loc"])) or 1)
    at = cast("tuple[str | int, ...]", fault.get("ctx", {}).get("at", ()))
    place = (*fault["loc"], *at)
    return ScriptError(name, line_of(tree, place), _sentence(fault, place, models))


def _sentence(
    fault: Mapping[str, Any], place: tuple[str | int, ...], models: Mapping[str, type[BaseModel]]
) -> str:
    kind, value, limits = fault["type"], fault["input"], fault.get("ctx", {})
    keys = [step for step in place if isinstance(step, str) and step != "[key]"]
    field = keys[-1] if keys else "the file"
    shown = f"'{value}'" if isinstance(value, str) else value
    if kind == "script":
        return str(limits["sentence"])
    if kind == "missing":
        return f"{field} is missing; add '{field}: ...'."
    if kind == "extra_forbidden":
        within = models.get(keys[-2] if len(keys) > 1 else "")
        known = {f.alias or n for n, f in within.model_fields.items()} if within else set()
        return f"'{field}' is no field here; {name_one(field, known)}."
    if kind == "greater_than_equal":
        return f"{field} is {shown}; give {limits['ge']:g} or more."
    if kind == "greater_than":
        return f"{field} is {shown}; give more than {limits['gt']:g}."
    if kind == "less_than_equal":
        return f"{field} is {shown}; give {limits['le']:g} or less."
    if kind == "literal_error":
        return f"{field} is {shown}; give {limits['expected']}."
    if kind == "string_pattern_mismatch":
        return f"{field} is {shown}; give small letters, digits and single hyphens."
    if kind.startswith(("float", "int")):
        return f"{field} is {shown}; give a number."
    if kind in ("too_short", "string_too_short"):
        return f"{field} is empty; give at least one."
    return f"{field} is {shown if not isinstance(value, (dict, list)) else 'not right'}; {_reword(fault['msg'])}."


def _reword(message: str) -> str:
    return message.replace("Input should be", "give").lower()


def name_one(wrong: str, known: set[str]) -> str:
    """Return a hint at the known name that was meant, or at all of them."""
    if near := difflib.get_close_matches(wrong, sorted(known), n=1):
        return f"write '{near[0]}'"
    if len(known) <= _LISTED_AT_MOST:
        return "give one of " + ", ".join(sorted(known))
    return "check its name"
