"""`python -m voice_agent.cli` prints the command reference, docs/cli.md."""

import sys

from voice_agent.cli.reference import cli_page

if __name__ == "__main__":
    sys.stdout.write(cli_page())
