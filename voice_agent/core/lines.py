"""Which line of which frame is said when; the sentences themselves stand in `scripts_audio/`."""

from collections.abc import Mapping

from voice_agent.core.script import Script

Key = tuple[str, str]

LADDER = "ladder"
SOFT: tuple[Key, ...] = tuple(("ladder", f"soft-{n}") for n in range(1, 5))
OFFER: Key = ("ladder", "offer")
DECLINED: Key = ("ladder", "stay")
KEPT: Key = ("ladder", "kept")
ANNOUNCE: Key = ("ladder", "end-first")
ANNOUNCE_AGAIN: Key = ("ladder", "end-second")
ANNOUNCEMENTS = frozenset(
    ("ladder", line) for line in ("end-first", "end-first-phone", "end-second", "end-second-phone")
)
THANKS: Key = ("conversation", "thanks")
LISTENING: Key = ("conversation", "listening")
SORRY: Key = ("conversation", "sorry")
CANNOT_HEAR: Key = ("conversation", "cannot-hear")
SLOWER: Key = ("conversation", "slower")
LOUDER: Key = ("conversation", "louder")
HEARD: Key = ("conversation", "heard")
AUTOMATED: Key = ("conversation", "automated")
NOTHING_FOUND: Key = ("conversation", "nothing-found")
NOTHING_TO_REPEAT: Key = ("conversation", "nothing-to-repeat")
PERSON: Key = ("conversation", "person")
NUMBERS: Key = ("crisis", "numbers")
ATTACKED: Key = ("crisis", "attacked-phone")
KEYS: Key = ("keys", "yes-no")
CHECK_IN: Key = ("check-in", "after")
AFTER: Key = ("goodbye", "after")
BYE: Key = ("goodbye", "bye")
PASSING = frozenset(
    {*SOFT, DECLINED, KEPT, THANKS, LISTENING, HEARD, SLOWER, LOUDER, NOTHING_TO_REPEAT}
)
"""Lines that are left, not taken up again, where the person begins to talk."""

COMPANY = "wait-with-me"
WAIT_WITH_ME: Key = (COMPANY, "begin")

CRISIS = {"emergency": "emergency", "harm_other": "harm-other", "ask": "ask", "check": "check"}
"""From the kind of crisis to the line of `crisis` that begins its answer."""

CHECK: Key = ("crisis", "check")
"""The gentle question; a "yes" to it makes it one about a life."""

BELIEVED = frozenset({("crisis", "believed"), ("crisis", "checked")})
"""Where an answer to a question of safety is believed, and the conversation goes on."""

RATINGS = frozenset(
    ("check-in", line) for line in ("before", "before-phone", "after", "after-phone")
)
NO_HUM = frozenset({"crisis", "consent"})
"""Scripts whose questions a hum never answers (PRACTICES: consent, safety, crisis, research)."""

OFFERED = ("feet-and-room", "name-it")
"""The practices that `ladder.offer` names, in its order."""

REQUIRED = frozenset(
    {"opening", "opening-phone", "ladder", "conversation", "crisis", "check-in", "goodbye",
     "wait-with-me", "keys"}
)  # fmt: skip
"""Scripts without which no conversation can be held."""


def opening(via: str) -> str:
    """Return the script that begins a conversation over this kind of line."""
    return "opening-phone" if via == "phone" else "opening"


def said_on(via: str, key: Key, library: Mapping[str, Script]) -> Key:
    """Return the variant of a line for this kind of line: on a phone, `<id>-phone` if there."""
    script, line = key
    variant = f"{line}-phone"
    if via == "phone" and any(each.id == variant for each in library[script].lines):
        return script, variant
    return key
