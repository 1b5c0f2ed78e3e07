"""`voice-agent replay`: the same decisions again, or other ones under other settings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voice_agent.cli.start import begin, note
from voice_agent.cli.stored import Log, looks_like_id, stored_log
from voice_agent.core.errors import (
    MalformedEventError,
    SchemaError,
    StillHereError,
    UsageError,
)

if TYPE_CHECKING:
    from voice_agent.library import Library
    from voice_agent.research.replay import Replayed
    from voice_agent.settings import Settings

MOST_SHOWN = 12
"""Changes shown of one log; the rest is counted, and all stand in --json."""

Changes = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a log comes from: how it is called, and how it is opened."""

    name: str
    open: Callable[[], Log]


def replay(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Logs, folders of logs (*.jsonl), or ids of stored sessions (`sessions list`)."
        ),
    ],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Exit 0 when every decision is identical, 1 when not."),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another value for a setting, as ladder.offer_s=20; may be given several times.",
        ),
    ] = None,
    json_: Annotated[
        Path | None,
        typer.Option("--json", metavar="OUT", help="Write every difference as JSON."),
    ] = None,
) -> None:
    """Feed the inputs of a log to the core again and say what it decides otherwise.

    What was heard, tapped and played stays as the log has it; only what is decided is new.
    """
    from voice_agent.core.config import CoreSettings
    from voice_agent.library import load_library
    from voice_agent.settings import apply

    changes = [_change(each) for each in set_ or ()]
    for key, value in changes:
        apply(CoreSettings(), key, value)
    settings = begin()
    library = load_library(settings.scripts_dir)
    rows: list[dict[str, Any]] = []
    code = 0
    with ExitStack() as stack:
        sources = list(_sources(paths, settings, stack))
        for source in sources:
            try:
                row = _replay(source, library, changes, verify=verify)
            except StillHereError as error:
                if len(sources) == 1:
                    raise
                # One bad log among many must not hide what the others say.
                note(str(error))
                code = max(code, error.exit_code)
                row = {"path": source.name, "error": str(error)}
            rows.append(row)
            if verify and not row.get("identical", True):
                code = max(code, 1)
    if len(rows) > 1:
        typer.echo(_summary(rows))
    if json_ is not None:
        _write(json_, {"set": dict(changes), "replayed": rows})
    raise typer.Exit(code)


def _replay(
    source: _Source, library: "Library", changes: Changes, *, verify: bool
) -> dict[str, Any]:
    """Replay one log, say what came of it, and return that as a JSON object."""
    from voice_agent.research.replay import replay as run
    from voice_agent.settings import LogSettingError, apply, settings_of

    name = source.name
    try:
        header, lines = source.open()
        settings = settings_of(header)
        for key, value in changes:
            settings = apply(settings, key, value)
        done = run(header, lines, library, settings)
    except SchemaError as error:
        raise UsageError(f"{name}: {error}") from None
    except (LogSettingError, MalformedEventError) as error:
        raise UsageError(f"{name}, line {lines.number}: {error}") from None
    if header.get("scripts") != library.digest:
        note(f"{name}: the practices have changed since; decisions may differ.")
    if lines.truncated:
        note(f"{name}: the last line was cut off and is left out.")
    for sentence in _account(name, done, first=verify or not changes):
        typer.echo(sentence)
    return {
        "path": name,
        "identical": done.difference is None,
        "inputs": done.inputs,
        "decisions": done.outputs,
        "session_s": done.session_s,
        "scripts_changed": header.get("scripts") != library.digest,
        "truncated": lines.truncated,
        "changes": [change.as_json() for change in done.changes],
    }


def _account(name: str, done: "Replayed", *, first: bool) -> Iterator[str]:
    """Yield what came of one replay, line by line; `first` shows the first difference whole."""
    same = done.difference is None
    yield (
        f"{name}: {'identical' if same else 'different'}; {done.inputs} inputs, "
        f"{done.outputs} decisions, {done.session_s:.1f} s."
    )
    if same:
        return
    if first:
        yield str(done.difference)
    for change in done.changes[:MOST_SHOWN]:
        yield f"  {change}"
    left = len(done.changes) - MOST_SHOWN
    if left > 0:
        yield f"  … and {left} more (--json OUT has them all)"


def _summary(rows: list[dict[str, Any]]) -> str:
    kinds = {
        "identical": sum(row.get("identical") is True for row in rows),
        "different": sum(row.get("identical") is False for row in rows),
        "not readable": sum("error" in row for row in rows),
    }
    return f"{len(rows)} logs: {', '.join(f'{n} {kind}' for kind, n in kinds.items() if n)}."


def _change(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' sets nothing; write e.g. ladder.offer_s=20.")
    return key.strip(), value.strip()


def _sources(paths: list[str], settings: "Settings", stack: ExitStack) -> Iterator[_Source]:
    for text in paths:
        path = Path(text)
        if path.is_dir():
            inside = sorted(path.glob("**/*.jsonl"))
            if not inside:
                raise UsageError(f"There is no log in {path}; give a folder with *.jsonl files.")
            yield from map(_file, inside)
        elif path.exists():
            yield _file(path)
        elif looks_like_id(text):
            session_id, opened = stored_log(settings, text, stack)
            yield _Source(session_id, opened)
        else:
            raise UsageError(f"There is no log {path}; check the path.")


def _file(path: Path) -> _Source:
    from voice_agent.store.logfile import read_log

    return _Source(str(path), lambda: read_log(path))


def _write(path: Path, result: dict[str, Any]) -> None:
    import json

    try:
        path.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}); name a file in a folder that can."
        ) from None
