"""`voice-agent replay`: the same decisions again, or other ones under other settings."""

from pathlib import Path
from typing import Annotated

import typer

from voice_agent.core.errors import UsageError


def replay(
    paths: Annotated[list[Path], typer.Argument(help="Logs, or folders of logs (*.jsonl).")],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Exit 0 when every decision is identical, 1 when not."),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value for a setting, as ladder.offer_s=20."),
    ] = None,
) -> None:
    """Feed the inputs of a log to the core again and compare what it decides."""
    from voice_agent.library import load_library
    from voice_agent.research.replay import replay as run
    from voice_agent.research.replay import settings_of
    from voice_agent.settings import apply, load_settings
    from voice_agent.store.logfile import read_log

    library = load_library(load_settings().scripts_dir)
    different = 0
    for path in _logs(paths):
        header, lines = read_log(path)
        settings = settings_of(header)
        for each in set_ or ():
            key, equals, value = each.partition("=")
            if not equals:
                raise UsageError(f"'{each}' sets nothing; write e.g. ladder.offer_s=20.")
            settings = apply(settings, key, value)
        if header.get("scripts") != library.digest:
            typer.echo(f"{path}: the practices have changed since; decisions may differ.", err=True)
        done = run(header, lines, library, settings)
        same = "identical" if done.difference is None else "different"
        typer.echo(
            f"{path}: {same}; {done.inputs} inputs, {done.outputs} decisions, "
            f"{done.session_s:.1f} s."
        )
        if done.difference is not None:
            different += 1
            typer.echo(str(done.difference))
    if verify and different:
        raise typer.Exit(1)


def _logs(paths: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("**/*.jsonl"))
            if not inside:
                raise UsageError(f"There is no log in {path}; give a folder with *.jsonl files.")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"There is no log {path}; check the path.")
    return found
