"""`voice-agent sessions`: what is stored, shown and deleted."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.start import begin
from voice_agent.core.errors import UsageError

if TYPE_CHECKING:
    from voice_agent.store import Store

app = typer.Typer(no_args_is_help=True, help="What is stored of sessions: list, show, delete.")

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Id = Annotated[str, typer.Argument(help="The session's id, or its first letters.")]


def _open() -> "Store":
    from voice_agent.store import Store

    store = Store(begin().database_url)
    store.open(time.time(), serving=False)
    return store


def _find(store: "Store", start: str) -> str:
    found = [record.id for record in store.list() if record.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    what = "There is no session" if not found else "There is more than one session"
    raise UsageError(f"{what} '{start}'; `voice-agent sessions list` shows them.")


def _when(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the stored sessions, the oldest first."""
    store = _open()
    try:
        records = store.list()
    finally:
        store.close()
    if as_json:
        rows = [
            {"id": r.id, "state": str(r.state), "mode": r.mode, "via": r.via,
             "created": datetime.fromtimestamp(r.created_unix, UTC).isoformat(timespec="seconds")}
            for r in records
        ]  # fmt: skip
        typer.echo(json.dumps(rows, indent=2))
        return
    if not records:
        typer.echo("Nothing is stored.")
    for r in records:
        typer.echo(f"{r.id}  {_when(r.created_unix)}  {r.via:6} {r.mode:6} {r.state}")


@app.command()
def show(session: Id) -> None:
    """Print a session's log, one JSON object a line, as `replay` reads it."""
    from voice_agent.core.wire import dumps

    store = _open()
    try:
        session_id = _find(store, session)
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
        wanted = [r.id for r in store.list()] if session == "all" else [_find(store, session)]
        if session == "all" and wanted and not yes:
            typer.confirm(f"Delete all {len(wanted)} sessions?", abort=True)
        gone = sum(map(store.delete, wanted)) == len(wanted)
    finally:
        store.close()
    typer.echo(f"Deleted: {len(wanted)}." + ("" if gone else " The files are cleaned when free."))
