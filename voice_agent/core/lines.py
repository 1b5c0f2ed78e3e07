"""Which line of which frame is said when; the sentences themselves stand in `scripts_audio/`."""

Key = tuple[str, str]

LADDER = "ladder"
SOFT: tuple[Key, ...] = tuple(("ladder", f"soft-{n}") for n in range(1, 5))
OFFER: Key = ("ladder", "offer")
OFFER_FEET: Key = ("ladder", "offer-feet")
"""The offer where only the first practice fits."""
DECLINED: Key = ("ladder", "stay")
NO_NEED: Key = ("ladder", "no-need")
KEPT: Key = ("ladder", "kept")
ANNOUNCE: Key = ("ladder", "end-first")
ANNOUNCE_AGAIN: Key = ("ladder", "end-second")
ANNOUNCEMENTS = frozenset({ANNOUNCE, ANNOUNCE_AGAIN})
THANKS: Key = ("conversation", "thanks")
LISTENING: Key = ("conversation", "listening")
SORRY: Key = ("conversation", "sorry")
CANNOT_HEAR: Key = ("conversation", "cannot-hear")
HEAR_AGAIN: Key = ("conversation", "hear-again")
NOT_CAUGHT: Key = ("conversation", "not-caught")
SLOWER: Key = ("conversation", "slower")
LOUDER: Key = ("conversation", "louder")
HEARD: Key = ("conversation", "heard")
HERE: Key = ("conversation", "here")
AUTOMATED: Key = ("conversation", "automated")
NOTHING_FOUND: Key = ("conversation", "nothing-found")
NOTHING_TO_REPEAT: Key = ("conversation", "nothing-to-repeat")
PERSON: Key = ("conversation", "person")
NUMBERS: Key = ("crisis", "numbers")
ATTACKED: Key = ("crisis", "attacked-phone")
KEYS: Key = ("keys", "yes-no")
CHECK_BEFORE: Key = ("check-in", "before")
CHECK_IN: Key = ("check-in", "after")
AFTER: Key = ("goodbye", "after")
JUST_STAY: tuple[Key, str] = (OFFER, "stay")
"""Where the words on a button stand that may be shown at any time: its line, and its id there."""
ENOUGH: tuple[Key, str] = (AFTER, "enough")
BYE: Key = ("goodbye", "bye")
PASSING = frozenset(
    {*SOFT, DECLINED, KEPT, THANKS, LISTENING, HEARD, SLOWER, LOUDER, NOTHING_TO_REPEAT,
     HEAR_AGAIN, NOT_CAUGHT, HERE}
)  # fmt: skip
"""Lines that are left, not taken up again, where the person begins to talk."""

COMPANY = "wait-with-me"
WAIT_WITH_ME: Key = (COMPANY, "begin")

CRISIS = {"emergency": "emergency", "harm_other": "harm-other", "ask": "ask", "check": "check"}
"""From the kind of crisis to the line of `crisis` that begins its answer."""

ASK: Key = ("crisis", "ask")
"""The plain question whether somebody thinks about ending their life."""

CHECK: Key = ("crisis", "check")
"""The gentle question; a "yes" to it makes it one about a life."""

BELIEVED = frozenset({("crisis", "believed"), ("crisis", "checked")})
"""Where an answer to a question of safety is believed, and the conversation goes on."""

RATINGS = frozenset({CHECK_BEFORE, CHECK_IN})
SAFETY = frozenset({"crisis"})
"""Scripts of which no line is left for an answer to what was asked before it."""

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


def plain(key: Key) -> Key:
    """Return which line this is, whatever the variant for the kind of line."""
    script, line = key
    for variant in ("-phone", "-taps"):
        line = line.removesuffix(variant)
    return script, line
