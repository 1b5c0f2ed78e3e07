"""`voice-agent models`: the models on disk, their checksums and licences."""

import json
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The models: list, check.")


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list of objects.")] = False,
) -> None:
    """List the models: what each is for, its licence, and where it comes from."""
    from voice_agent.engines.manifest import manifest

    rows = [
        {
            "name": model.name,
            "kind": model.kind,
            "used_for": model.used_for,
            "licence": model.licence,
            "publisher": model.publisher,
            "hub": model.hub.id if model.hub else None,
            "revision": model.hub.revision if model.hub else None,
            "packages": [f"{package.name}=={package.version}" for package in model.packages],
        }
        for model in manifest()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['name']:18} {row['licence']:8} {row['used_for']}")
        typer.echo(f"{'':27} from {row['publisher']} ({row['hub'] or 'PyPI'})")


@app.command()
def check() -> None:
    """Verify every file of every model against the manifest."""
    from voice_agent.engines.manifest import manifest
    from voice_agent.engines.models import check as files_of
    from voice_agent.settings import load_settings

    cache_dir = load_settings().cache_dir
    wrong = 0
    for model in manifest():
        # A file that came in pieces is there twice: as its pieces, and joined.
        found: dict[str, list[bool]] = {}
        for file in files_of(model.name, cache_dir):
            found.setdefault(file.path.name, []).append(file.ok)
        for name, oks in found.items():
            wrong += not all(oks)
            typer.echo(f"{'ok   ' if all(oks) else 'wrong'} {model.name:18} {name}")
    if wrong:
        typer.echo(
            f"voice-agent: {wrong} files are missing or damaged; install the packages anew.",
            err=True,
        )
        raise typer.Exit(1)
