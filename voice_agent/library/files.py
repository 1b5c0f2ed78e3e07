"""The practices on disk: read, refused with a sentence where wrong, and found by id."""

import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError
from ruamel.yaml.comments import CommentedMap

from voice_agent.core.errors import ScriptError
from voice_agent.core.script import END, Line, Script, Shown, ShownChoice
from voice_agent.library.located import line_of, name_one, plain, read_yaml, refusal
from voice_agent.library.resources import RESOURCES_FILE

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

    def line_at(self, line: Line, field: str | None = None) -> int | None:
        """Return the number of the file's line where what `line` says, or its `field`, stands."""
        said = "ask" if line.is_question else "text"
        return self.line_of("lines", self.script.lines.index(line), field or said)


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
    scripts = {name: _without_missing(source.script, sources) for name, source in sources.items()}
    return Library(scripts, tuple(refused))


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
    there = {*sources, *(Path(error.path).stem for error in refused)}
    for source in list(sources.values()):
        if (lost := _astray(source, there)) is not None:
            refused.append(lost)
            del sources[source.script.id]
    return sources, sorted(refused, key=lambda error: error.path)


def _astray(source: Source, there: set[str]) -> ScriptError | None:
    """Return what is wrong where a script leads to something for which there is no file."""
    ids = {END, *there, *(line.id for line in source.script.lines)}
    for index, line in enumerate(source.script.lines):
        named: dict[tuple[str | int, ...], str] = {
            ("lines", index, "answers", answer): target for answer, target in line.answers.items()
        }
        if line.then:
            named["lines", index, "then"] = line.then
        for place, target in named.items():
            if target not in ids:
                hint = name_one(target, ids)
                sentence = f"'{target}' is no line and no script; {hint}."
                return ScriptError(source.path, source.line_of(*place), sentence)
    return None


def _without_missing(script: Script, scripts: Container[str]) -> Script:
    """Return a script whose ways to scripts that were refused are closed."""
    gone = {target for target in script.elsewhere if target not in scripts}
    if not gone:
        return script
    return script.model_copy(update={"lines": tuple(_closed(line, gone) for line in script.lines)})


def _closed(line: Line, gone: set[str]) -> Line:
    answers = {
        answer: END if target in gone else target
        for answer, target in line.answers.items()
        if target not in gone or answer == "silence"
    }
    show = line.show and line.show.model_copy(
        update={
            "choices": tuple(
                choice
                for choice in line.show.choices
                if choice.id in answers or choice.id not in line.answers
            )
        }
    )
    then = END if line.then in gone else line.then
    return line.model_copy(update={"answers": answers, "show": show, "then": then})


def read_script(path: Path) -> Source:
    """Read one file.

    Raises:
        ScriptError: it cannot be read, is no YAML, or says something a script may not say.
    """
    tree = read_yaml(path)
    try:
        script = Script.model_validate(plain(tree))
    except ValidationError as error:
        raise refusal(path.name, tree, error, _MODELS) from error
    if script.id != path.stem:
        raise ScriptError(
            path.name,
            line_of(tree, ("id",)),
            f"id is '{script.id}'; give '{path.stem}', as the file is named.",
        )
    return Source(path.name, tree, script)
