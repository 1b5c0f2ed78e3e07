"""The command `voice-agent`: each group of commands in a module of its own."""

import sys

from voice_agent.core.errors import StillHereError

__all__ = ["main"]

INTERRUPTED = 130
"""What shells give for a command that was ended by Ctrl-C."""


def main() -> None:
    """Run the command line; a fault a person can act on is one sentence, never a traceback."""
    try:
        code = _run(_with_values(sys.argv[1:]))
        sys.stdout.flush()
    except StillHereError as error:
        print(f"voice-agent: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        _say_no_more()
        code = 0
    except OSError as error:
        if error.strerror is None:
            raise
        about = f"{error.filename}: " if error.filename else ""
        print(f"voice-agent: {about}{error.strerror}; check the disk.", file=sys.stderr)
        code = 1
    raise SystemExit(code)


def _run(args: list[str]) -> int:
    from voice_agent.cli.app import app

    try:
        code = app(args=args, prog_name="voice-agent", standalone_mode=False)
    except Exception as error:
        # By what they are asked, not by their class, which moves between typer's versions.
        told = getattr(error, "format_message", None)
        if told is not None:
            return _misused(error, str(told()))
        if type(error).__name__ == "Abort":
            print("voice-agent: Nothing was done.", file=sys.stderr)
            return 1
        raise
    return code if isinstance(code, int) else 0


def _misused(error: Exception, sentence: str) -> int:
    """Say in one sentence what was wrong with the call; without a command, show the help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(sentence, file=sys.stderr)
    else:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "voice-agent"
        print(
            f"voice-agent: {sentence.rstrip('.')}; `{command} --help` shows what there is.",
            file=sys.stderr,
        )
    return int(getattr(error, "exit_code", 2))


def _say_no_more() -> None:
    import os

    # Python flushes stdout once more at its end; without a reader that would be a traceback.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _with_values(args: list[str]) -> list[str]:
    """Give a bare `--sip` its empty value: its address may be left out."""
    out: list[str] = []
    for place, arg in enumerate(args):
        following = args[place + 1] if place + 1 < len(args) else "-"
        out.append("--sip=" if arg == "--sip" and following.startswith("-") else arg)
    return out
