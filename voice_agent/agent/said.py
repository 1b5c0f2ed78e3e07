"""What a person may say with a page or a phone's keys: one list for live lines and for files."""

import re
from typing import TypeGuard

from voice_agent.core import inputs as i
from voice_agent.core.errors import MalformedEventError

FROM_PAGE = (i.Tapped, i.KeyPressed, i.ConsentChanged, i.DistressRated)
"""What a person's page or phone may send; anything else is not theirs to say."""

CONTROLS = ("stop", "pause", "go_on", "say_again", "just_stay", "skip", "choice", "dot", "louder",
            "slower")  # fmt: skip
CONSENTS = ("tone", "transcript", "research")
DIGITS = tuple("0123456789*#")
WHEN = ("before", "after")
MOST_DISTRESS = 10
_CHOICE = re.compile(r"[a-z0-9_-]{1,40}")


def check(event: i.Input) -> None:
    """Check that an input of `FROM_PAGE` says only what it may: it is kept in the log.

    Raises:
        MalformedEventError: a value means nothing, or could be somebody's words.
    """
    match event:
        case i.Tapped(control=control) if control not in CONTROLS:
            raise _no_such("control", control, CONTROLS)
        case i.Tapped(control="choice", choice=None):
            raise MalformedEventError("A tapped choice needs the field 'choice', such as 'stay'.")
        case i.Tapped(choice=str(choice)) if not _CHOICE.fullmatch(choice):
            raise MalformedEventError("A choice is named by small letters, digits, '-' and '_'.")
        case i.KeyPressed(digit=digit) if digit not in DIGITS:
            raise _no_such("digit", digit, DIGITS)
        case i.ConsentChanged(consent=consent) if consent not in CONSENTS:
            raise _no_such("consent", consent, CONSENTS)
        case i.DistressRated(when=when) if when not in WHEN:
            raise _no_such("when", when, WHEN)
        case i.DistressRated(rating=int(rating)) if not 0 <= rating <= MOST_DISTRESS:
            raise MalformedEventError(f"rating is {rating}; give 0 to {MOST_DISTRESS}.")


def from_page(event: object) -> TypeGuard[i.Input]:
    """Whether a page or phone may send this event, and it says what it may."""
    if not isinstance(event, FROM_PAGE) or event.speaker is not None:
        return False
    try:
        check(event)
    except MalformedEventError:
        return False
    return True


def _no_such(field: str, value: str, known: tuple[str, ...]) -> MalformedEventError:
    return MalformedEventError(f"{field} is '{value}'; give one of {', '.join(known)}.")
