"""The linter of the practices: every fault named with its file, its line and what to write."""

import functools
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from voice_agent.core.errors import ScriptError
from voice_agent.core.script import Script
from voice_agent.library.care import CARE, breath_before_orienting
from voice_agent.library.catalogue import missing_rows, unstated_contraindications
from voice_agent.library.files import REQUIRED, SCHEMA_FILE, Source, read_folder
from voice_agent.library.finding import Finding
from voice_agent.library.resources import RESOURCES_FILE, load_resources
from voice_agent.library.sound import SOUND
from voice_agent.library.spelling import misspelt
from voice_agent.library.written import written

_FORBIDDEN = Path(__file__).with_name("forbidden.toml")

_RULES = (*SOUND, *CARE, unstated_contraindications, misspelt)


def check(folder: Path) -> list[Finding]:
    """Return everything that is wrong with the scripts of `folder`, by file and line."""
    sources, refused = read_folder(folder)
    found = [Finding(error.path, error.line, error.sentence) for error in refused]
    gone = set(REQUIRED) - set(sources) - {Path(error.path).stem for error in refused}
    found += [Finding(f"{name}.yaml", None, "is missing; write it.") for name in gone]
    try:
        resources = load_resources(folder / RESOURCES_FILE)
    except ScriptError as error:
        found.append(Finding(error.path, error.line, error.sentence))
        known: set[str] = set()
    else:
        known = set(resources.for_country(None).variables())
    for source in sources.values():
        found += _forbidden_words(source)
        found += _unknown_variables(source, known)
        found += breath_before_orienting(source, sources)
        for rule in _RULES:
            found += rule(source)
    if not refused:  # a row whose file is wrong is written, and named above
        found += missing_rows(sources)
    found += _stale_schema(folder)
    return sorted(found, key=lambda f: (f.path, f.line or 0, f.sentence))


@functools.cache
def _forbidden() -> tuple[tuple[re.Pattern[str], str], ...]:
    listed = tomllib.loads(_FORBIDDEN.read_text(encoding="utf-8"))["forbidden"]
    return tuple((re.compile(rf"\b(?:{f['words']})(?!\w)"), f["instead"]) for f in listed)


def forbidden_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield what `text` says that is never said, and what to do instead."""
    small = " ".join(text.lower().replace("\u2019", "'").split())
    for words, instead in _forbidden():
        if match := words.search(small):
            yield match.group().strip(), instead


def _forbidden_words(source: Source) -> Iterator[Finding]:
    for place, text in written(source.script):
        for words, instead in forbidden_in(text):
            yield Finding(
                source.path, source.line_of(*place), f"it says '{words}'; {instead} instead."
            )


def _unknown_variables(source: Source, known: set[str]) -> Iterator[Finding]:
    for index, line in enumerate(source.script.lines):
        for name in line.variables:
            if known and name not in known:
                yield Finding(
                    source.path,
                    source.line_of("lines", index, "ask" if line.is_question else "text"),
                    f"nothing fills {{{name}}}; give one of {', '.join(sorted(known))}.",
                )


def schema_text() -> str:
    """Return the JSON Schema of a practice file as it stands in `practice.schema.json`."""
    return json.dumps(Script.json_schema(), indent=2, ensure_ascii=False) + "\n"


def _stale_schema(folder: Path) -> Iterator[Finding]:
    path = folder / SCHEMA_FILE
    if path.exists() and path.read_text(encoding="utf-8") != schema_text():
        yield Finding(
            path.name, None, "is older than the model; write it anew with `scripts check --write`."
        )
