"""The practices on disk: read, refused with a sentence where wrong, and found by id."""

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from voice_agent.core.errors import ScriptError
from voice_agent.core.script import END, Line, Script, Shown, ShownChoice

RESOURCES_FILE = "resources.yaml"
SCHEMA_FILE = "practice.schema.json"
REQUIRED = ("opening", "ladder", "wait-with-me", "conversation", "crisis", "goodbye")
"""Scripts without which no session may start."""

_MODELS: dict[str, type[BaseModel]] = {
    "": Script,
    "lines": Line,
    "show": Shown,
    "choices": ShownChoice,
}


@dataclass(frozen=True)
class Source:
    """A script as it stands in its file, with the line each part begins at."""

    path: str
    tree: CommentedMap
    script: Script

    def line_of(self, *place: str | int) -> int | None:
        """Return the number of the file's line where `place` (keys and indices) stands."""
        return line_of(self.tree, place)


class Library(Mapping[str, Script]):
    """The scripts by id, in the order of their ids."""

    def __init__(self, scripts: Mapping[str, Script], refused: tuple[ScriptError, ...]) -> None:
        self._scripts = {script_id: scripts[script_id] for script_id in sorted(scripts)}
        self.refused = refused
        """What was wrong in files that were left out, in the order of their names."""
        contents = [s.model_dump(mode="json", by_alias=True) for s in self._scripts.values()]
        self.digest = hashlib.sha256(
            json.dumps(contents, ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest()
        """SHA-256 over what the scripts say, in hexadecimal; comments do not count."""

    def __getitem__(self, script_id: str) -> Script:
        return self._scripts[script_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scripts)

    def __len__(self) -> int:
        return len(self._scripts)

    @property
    def practices(self) -> tuple[Script, ...]:
        """The scripts that are practices, without the frames around them."""
        return tuple(s for s in self.values() if s.kind == "practice")


def load_library(folder: Path) -> Library:
    """Read every script in `folder`; a wrong one is left out and named in `refused`.

    Raises:
        ScriptError: the folder has no scripts, or one that no session can do without is wrong.
    """
    sources, refused = read_folder(folder)
    if not sources and not refused:
        raise ScriptError(str(folder), None, "there are no scripts here; name a folder with some.")
    for name in REQUIRED:
        if name not in sources:
            wrong = [error for error in refused if Path(error.path).stem == name]
            raise (
                wrong[0]
                if wrong
                else ScriptError(
                    f"{name}.yaml", None, "is missing; no session can start without it."
                )
            )
    return Library({name: source.script for name, source in sources.items()}, tuple(refused))


def read_folder(folder: Path) -> tuple[dict[str, Source], list[ScriptError]]:
    """Return the scripts of `folder` that are right by id, and what is wrong with the others."""
    sources: dict[str, Source] = {}
    refused: list[ScriptError] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name == RESOURCES_FILE:
            continue
        try:
            sources[path.stem] = read_script(path)
        except ScriptError as error:
            refused.append(error)
    # A script that leads to one that was refused is refused too, until all targets exist.
    while astray := [error for source in sources.values() for error in _astray(source, sources)]:
        refused.extend(astray)
        for lost in astray:
            sources.pop(Path(lost.path).stem, None)
    return sources, refused


def _astray(source: Source, known: Mapping[str, Source]) -> Iterator[ScriptError]:
    ids = {END, *known, *(line.id for line in source.script.lines)}
    for index, line in enumerate(source.script.lines):
        for name, target in (*line.answers.items(), ("then", line.then)):
            if target is None or target in ids:
                continue
            place: tuple[str | int, ...] = ("lines", index, "answers", name)
            if name not in line.answers:
                place = ("lines", index, "then")
            yield ScriptError(
                source.path,
                source.line_of(*place),
                f"'{target}' is no line and no script; {_name_one(target, ids)}.",
            )
            return


def read_script(path: Path) -> Source:
    """Read one file.

    Raises:
        ScriptError: it cannot be read, is no YAML, or says something a script may not say.
    """
    tree = read_yaml(path)
    try:
        script = Script.model_validate(_plain(tree))
    except ValidationError as error:
        raise refusal(path.name, tree, error, _MODELS) from error
    if script.id != path.stem:
        raise ScriptError(
            path.name,
            line_of(tree, ("id",)),
            f"id is '{script.id}'; give '{path.stem}', as the file is named.",
        )
    return Source(path.name, tree, script)


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


def _plain(value: Any) -> Any:
    if isinstance(value, CommentedMap):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(item) for item in value]
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
        return f"'{field}' is no field here; {_name_one(field, known)}."
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


def _name_one(wrong: str, known: set[str]) -> str:
    near = difflib.get_close_matches(wrong, sorted(known), n=1)
    if near:
        return f"did you mean '{near[0]}'?".rstrip("?")
    return "give one of " + ", ".join(sorted(known)) if len(known) <= 12 else "check its name"
