"""Prints docs/settings.md: `python -m voice_agent.settings > docs/settings.md`."""

import sys

from voice_agent.settings.table import settings_page

sys.stdout.write(settings_page())
