"""`voice-agent sessions`: what is stored, shown and deleted."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.start import begin, note
from voice_agent.cli.stored import find, is_served, missing_folder, open_store, state_of

if TYPE_CHECKING:
    from voice_agent.store import Store

app = typer.Typer(no_args_is_help=True, help="What is stored of sessions: list, show, delete.")

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Id = Annotated[str, typer.Argument(help="The session's id, or its first letters.")]


def _open() -> "Store":
    return open_store(begin())


def _when(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the stored sessions, the oldest first: live, interrupted or ended."""
    settings = begin()
    served = is_served(settings)
    folder = missing_folder(settings)
    store = open_store(settings)
    try:
        records = store.list()
    finally:
        store.close()
    if folder is not None:
        note(f"There was no folder {folder} yet.")
    now = time.time()
    states = {r.id: state_of(r, served=served, now_unix=now) for r in records}
    if as_json:
        rows = [
            {"id": r.id, "state": states[r.id], "mode": r.mode, "via": r.via,
             "created": datetime.fromtimestamp(r.created_unix, UTC).isoformat(timespec="seconds")}
            for r in records
        ]  # fmt: skip
        typer.echo(json.dumps(rows, indent=2))
        return
    if not records:
        typer.echo("Nothing is stored.")
    for r in records:
        typer.echo(f"{r.id}  {_when(r.created_unix)}  {r.via:6} {r.mode:6} {states[r.id]}")


@app.command()
def show(session: Id) -> None:
    """Print a session's log, one JSON object a line, as `replay` reads it."""
    from voice_agent.core.wire import dumps

    store = _open()
    try:
        session_id = find(store, session)
        record = store.get(session_id)
        if record is not None:
            typer.echo(dumps(dict(record.header)))
        for line in store.lines(session_id):
            typer.echo(line)
    finally:
        store.close()


@app.command()
def delete(
    session: Annotated[str, typer.Argument(help="The session's id, or 'all'.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a session completely, or all of them."""
    store = _open()
    try:
        wanted = [r.id for r in store.list()] if session == "all" else [find(store, session)]
        if session == "all" and wanted and not yes:
            typer.confirm(f"Delete all {len(wanted)} sessions?", abort=True)
        gone = sum(map(store.delete, wanted)) == len(wanted)
    finally:
        store.close()
    typer.echo(f"Deleted: {len(wanted)}." + ("" if gone else " The files are cleaned when free."))
