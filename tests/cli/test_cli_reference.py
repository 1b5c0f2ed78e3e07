"""The commands explain themselves, and docs/cli.md says the same."""

from pathlib import Path
from typing import Any

import pytest
from calling import Command
from typer.testing import CliRunner

from voice_agent import __version__
from voice_agent.cli.app import app
from voice_agent.cli.reference import cli_page, commands, options

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
ALL = list(commands())


def test_reference_is_as_the_commands_are() -> None:
    """docs/cli.md is made from the commands; run `python -m voice_agent.cli > docs/cli.md`."""
    assert DOCS.read_text("utf-8") == cli_page()


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_every_command_and_option_has_help(path: str, command: Any) -> None:
    """No command, argument or option is left without a sentence."""
    assert command.help
    for name, about in options(command):
        assert about.endswith("."), name


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_help_of_a_command_mentions_each_option(path: str, command: Any) -> None:
    """`--help` shows all that can be given, and ends well."""
    shown = CliRunner().invoke(app, [*path.split()[1:], "--help"])
    assert shown.exit_code == 0
    for parameter in command.params:
        for option in parameter.opts:
            assert option in shown.output


def test_commands_are_those_of_the_design() -> None:
    """Each command that is promised for this version is there."""
    assert [path.removeprefix("voice-agent ") for path, _ in ALL] == [
        "serve",
        "talk",
        "replay",
        "eval",
        "scripts list",
        "scripts check",
        "scripts preview",
        "sessions list",
        "sessions show",
        "sessions delete",
        "models list",
        "models check",
    ]


def test_version_is_said(command: Command) -> None:
    """`--version` says name and version on stdout."""
    called = command.real("--version")
    assert (called.code, called.out, called.err) == (0, f"voice-agent {__version__}\n", "")


def test_call_without_a_command_shows_the_help(command: Command) -> None:
    """Nothing asked: the commands are shown, as wrong use."""
    called = command.real()
    assert called.code == 2
    assert "voice-agent [OPTIONS] COMMAND" in called.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("nope",), "No such command 'nope'"),
        (("talk", "--nope"), "No such option: --nope"),
        (("talk", "--input"), "'--input' requires an argument"),
        (("replay",), "Missing argument 'paths'"),
        (("scripts", "preview"), "Missing argument 'script'"),
        (("sessions", "show", "a", "b"), "unexpected extra argument"),
    ],
)
def test_wrong_call_is_one_sentence(command: Command, args: tuple[str, ...], says: str) -> None:
    """What cannot be given is named, with where to look; no usage block, no traceback."""
    sentence = command.refused(*args, real=args[0] == "nope")
    assert says in sentence
    assert "--help` shows what there is" in sentence
