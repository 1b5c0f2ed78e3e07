"""The commands and their help, gathered; what each does is imported when it is called."""

from typing import Annotated

import typer

from voice_agent import __version__
from voice_agent.cli import evaluate, models, replay, scripts, serve, sessions, talk

app = typer.Typer(
    name="voice-agent",
    help="Still Here: a voice that notices silence, offers to stay, and guides paced practices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"voice-agent {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Still Here: a voice that notices silence, offers to stay, and guides paced practices."""


app.command("serve", rich_help_panel="Run")(serve.serve)
app.command("talk", rich_help_panel="Run")(talk.talk)
app.command("replay", rich_help_panel="Look")(replay.replay)
app.command("eval", rich_help_panel="Look")(evaluate.evaluate)
app.add_typer(scripts.app, name="scripts", rich_help_panel="Look")
app.add_typer(sessions.app, name="sessions", rich_help_panel="Look")
app.add_typer(models.app, name="models", rich_help_panel="Look")
