"""Print one of README's two commands, so that what people are told is what is tested."""

import re
import sys
from pathlib import Path

COMMANDS = ("serve", "tests")


def main() -> None:
    """Print the first (`serve`) or second (`tests`) fenced block of README.md."""
    text = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    command = blocks[COMMANDS.index(sys.argv[1])].strip()
    if "\n" in command:
        raise SystemExit("README's commands are one line each; this one is not.")
    sys.stdout.write(command + "\n")


if __name__ == "__main__":
    main()
