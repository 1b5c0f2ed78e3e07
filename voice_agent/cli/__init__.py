"""The command `voice-agent`: each group of commands in a module of its own."""

import sys

from voice_agent.core.errors import StillHereError

__all__ = ["main"]


def main() -> None:
    """Run the command line; a fault a person can act on is one sentence, never a traceback."""
    from voice_agent.cli.app import app

    try:
        app(args=_with_values(sys.argv[1:]))
    except StillHereError as error:
        print(f"voice-agent: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        sys.stderr.close()
        raise SystemExit(0) from None


def _with_values(args: list[str]) -> list[str]:
    """Give a bare `--sip` its empty value: its address may be left out."""
    out: list[str] = []
    for place, arg in enumerate(args):
        following = args[place + 1] if place + 1 < len(args) else "-"
        out.append("--sip=" if arg == "--sip" and following.startswith("-") else arg)
    return out
