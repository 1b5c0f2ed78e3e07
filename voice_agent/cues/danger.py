"""Whether words tell of danger plainly: what must reach the core however badly it was heard."""

from voice_agent.core.intents import DANGER
from voice_agent.cues.matcher import default_grammar

_PLAIN = frozenset(cue for cue, (_, kind) in DANGER.items() if kind != "check")


def says_danger(text: str) -> bool:
    """Whether `text` tells of a crisis or of violence, and not only possibly.

    Example:
        >>> says_danger("I want to die."), says_danger("Thank you for watching.")
        (True, False)
    """
    return not _PLAIN.isdisjoint(default_grammar().cues(text))
