"""`voice-agent replay`: the same decisions again, or other ones under other settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.start import begin, note
from voice_agent.core.errors import (
    MalformedEventError,
    SchemaError,
    StillHereError,
    UsageError,
)

if TYPE_CHECKING:
    from voice_agent.library import Library


def replay(
    paths: Annotated[list[Path], typer.Argument(help="Logs, or folders of logs (*.jsonl).")],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Exit 0 when every decision is identical, 1 when not."),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Another value for a setting, as ladder.offer_s=20."
        ),
    ] = None,
) -> None:
    """Feed the inputs of a log to the core again and compare what it decides."""
    from voice_agent.core.config import CoreSettings
    from voice_agent.library import load_library
    from voice_agent.settings import apply

    changes = [_change(each) for each in set_ or ()]
    for key, value in changes:
        apply(CoreSettings(), key, value)
    library = load_library(begin().scripts_dir)
    logs = list(_logs(paths))
    code = 0
    for path in logs:
        try:
            if not _replay(path, library, changes) and verify:
                code = max(code, 1)
        except StillHereError as error:
            if len(logs) == 1:
                raise
            # One bad log among many must not hide what the others say.
            note(str(error))
            code = max(code, error.exit_code)
    raise typer.Exit(code)


def _replay(path: Path, library: "Library", changes: list[tuple[str, str]]) -> bool:
    """Replay one log and say what came of it; whether the decisions were the same."""
    from voice_agent.research.replay import replay as run
    from voice_agent.settings import LogSettingError, apply, settings_of
    from voice_agent.store.logfile import read_log

    try:
        header, lines = read_log(path)
        settings = settings_of(header)
        for key, value in changes:
            settings = apply(settings, key, value)
        done = run(header, lines, library, settings)
    except SchemaError as error:
        raise UsageError(f"{path}: {error}") from None
    except (LogSettingError, MalformedEventError) as error:
        raise UsageError(f"{path}, line {lines.number}: {error}") from None
    if header.get("scripts") != library.digest:
        note(f"{path}: the practices have changed since; decisions may differ.")
    if lines.truncated:
        note(f"{path}: the last line was cut off and is left out.")
    same = done.difference is None
    typer.echo(
        f"{path}: {'identical' if same else 'different'}; {done.inputs} inputs, "
        f"{done.outputs} decisions, {done.session_s:.1f} s."
    )
    if not same:
        typer.echo(str(done.difference))
    return same


def _change(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"'{text}' sets nothing; write e.g. ladder.offer_s=20.")
    return key.strip(), value.strip()


def _logs(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("**/*.jsonl"))
            if not inside:
                raise UsageError(f"There is no log in {path}; give a folder with *.jsonl files.")
            yield from inside
        elif path.exists():
            yield path
        else:
            raise UsageError(f"There is no log {path}; check the path.")
