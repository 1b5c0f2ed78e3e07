"""The command reference, made from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from voice_agent.cli.app import app


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, by its whole name, in the order of the help."""
    yield from _below("voice-agent", typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", None)
    if inside is None:
        yield path, command
        return
    for name, each in inside.items():
        yield from _below(f"{path} {name}", each)


def options(command: Any) -> Iterator[tuple[str, str]]:
    """Yield how each argument and option of a command is written, and its help."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = parameter.name.upper() + ("…" if parameter.nargs != 1 else "")
            yield (name if parameter.required else f"[{name}]"), parameter.help or ""
        else:
            name = ", ".join(parameter.opts)
            value = "" if parameter.is_flag else f" {_value(parameter)}"
            yield f"{name}{value}", parameter.help or ""


def _value(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.strip("_").upper())


_BEGINNING = (
    "Errors go to stderr, one sentence each; the exit code is 2 when the call was wrong, 1 when "
    "something failed, 130 after Ctrl-C. Settings come from the environment "
    "([settings](settings.md)). This page is made from the commands "
    "(`python -m voice_agent.cli > docs/cli.md`); a test fails when it is stale."
)


def cli_page() -> str:
    """Return docs/cli.md: `python -m voice_agent.cli > docs/cli.md`."""
    parts = [
        "# Commands",
        _BEGINNING,
    ]
    for path, command in commands():
        paragraphs = command.help.strip().split("\n\n")
        parts += [f"## {path}", *(" ".join(each.split()) for each in paragraphs)]
        rows = [
            f"| `{name.replace('|', chr(92) + '|')}` | {about} |"
            for name, about in options(command)
        ]
        if rows:
            parts.append("\n".join(["| argument or option | means |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"
