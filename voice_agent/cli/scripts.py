"""`voice-agent scripts`: the practices, listed, checked and heard."""

import json
from pathlib import Path
from typing import Annotated

import typer

from voice_agent.cli.start import begin, note
from voice_agent.core.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="The practices: list, check, hear.")

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of practices; without it, those in the settings.")
]


def _folder(folder: Path | None) -> Path:
    chosen = folder or begin().scripts_dir
    if not chosen.is_dir():
        raise UsageError(f"There is no folder {chosen}; name one with practices (*.yaml) in it.")
    return chosen


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list of objects.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the lines around the practices.")
    ] = False,
) -> None:
    """List the practices: id, source, title, for whom, and minutes."""
    from voice_agent.library import load_library

    library = load_library(_folder(None))
    for refused in library.refused:
        note(f"{refused} It is left out.")
    chosen = [library[name] for name in library] if everything else list(library.practices)
    rows = [
        {
            "id": script.id,
            "source": script.source,
            "title": script.title,
            "for": list(script.audience),
            "minutes": script.minutes,
        }
        for script in sorted(chosen, key=lambda script: (script.source, script.id))
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        who = ", ".join(library[str(row["id"])].audience)
        typer.echo(
            f"{row['source']:6} {row['id']:18} {row['minutes']:4g} min  {row['title']}  ({who})"
        )


@app.command()
def check(
    folder: Folder = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="First write practice.schema.json anew, by which editors check a file."
        ),
    ] = False,
) -> None:
    """Check the practices; every finding names file, line and what to write instead."""
    from voice_agent.library import check as findings_in
    from voice_agent.library.resources import RESOURCES_FILE

    chosen = _folder(folder)
    if not any(path.name != RESOURCES_FILE for path in chosen.glob("*.yaml")):
        raise UsageError(f"There is no practice in {chosen}; name a folder with *.yaml files.")
    if write:
        _write_schema(chosen)
    findings = list(findings_in(chosen))
    for finding in findings:
        typer.echo(str(finding))
    if findings:
        raise typer.Exit(1)
    typer.echo("Every practice is as it should be.")


def _write_schema(folder: Path) -> None:
    from voice_agent.library import schema_text
    from voice_agent.library.files import SCHEMA_FILE

    path = folder / SCHEMA_FILE
    text = schema_text()
    try:
        if path.exists() and path.read_text("utf-8") == text:
            return
        path.write_text(text, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{path} cannot be written ({why}); name a folder that can.") from None
    typer.echo(f"{path}: written.")


@app.command()
def preview(
    script: Annotated[str, typer.Argument(help="The practice, by its id.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a WAV here instead of playing it.")
    ] = None,
) -> None:
    """Hear a practice as somebody does who says nothing, with its real pauses."""
    from voice_agent.agent.parts import prepare
    from voice_agent.agent.preview import preview as frames_of
    from voice_agent.cli.progress import Progress
    from voice_agent.transport.file import OUTPUT_RATE, Output

    parts = prepare(begin())
    frames = frames_of(parts, script)
    if output is None:
        from voice_agent.cli.console import play

        play(frames, OUTPUT_RATE)
        return
    expected_s = parts.library[script].minutes * 60
    length = 0
    with Output(output) as sink, Progress("Rendering", expected_s, unit="s") as bar:
        for frame in frames:
            sink.write(frame)
            length += 1
            if length % 100 == 0:
                bar.update(length / 100)
    for fault in parts.faults:
        note(fault)
    typer.echo(f"{output}: {length / 100:.1f} s.")
