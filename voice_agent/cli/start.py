"""What every command begins with: settings, logs, and remarks for who is at the terminal."""

import sys
from typing import TYPE_CHECKING, Any

from voice_agent.core.errors import UsageError

if TYPE_CHECKING:
    from voice_agent.settings import Settings


def note(sentence: str) -> None:
    """Say on stderr what somebody should know, though the work goes on."""
    print(f"voice-agent: {sentence}", file=sys.stderr)


def begin(options: dict[str, str] | None = None, **overrides: Any) -> "Settings":
    """Return the settings, with logs set up; a variable that is no setting is remarked on.

    Args:
        options: by variable, the option that gave it, to be named instead in a refusal.
        overrides: what was given on the command line.

    Raises:
        UsageError: one sentence with the variable or option, what is wrong and what would work.
    """
    from voice_agent import log
    from voice_agent.settings import load_settings, unknown_variables

    for sentence in unknown_variables():
        note(sentence)
    try:
        settings = load_settings(**overrides)
    except UsageError as error:
        sentence = str(error)
        for variable, option in (options or {}).items():
            sentence = sentence.replace(variable, option)
        raise UsageError(sentence) from None
    log.configure(settings.log_level, settings.log_json)
    return settings
