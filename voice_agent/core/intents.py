"""One meaning for a word, a key, a tap and a hum: what the person wants."""

from enum import StrEnum


class Intent(StrEnum):
    """What a person may want at any time, however they say it."""

    STOP = "stop"
    PAUSE = "pause"
    BREAK = "break"
    GO_ON = "go_on"
    TOGGLE = "toggle"
    REPEAT = "repeat"
    AGAIN = "again"
    STAY = "stay"
    SKIP = "skip"
    BACK = "back"
    SLOWER = "slower"
    LOUDER = "louder"
    SOFTER = "softer"
    PERSON = "person"
    AUTOMATED = "automated"
    GOODBYE = "goodbye"
    YES = "yes"
    NO = "no"
    FIRST = "first"
    SECOND = "second"
    ON = "on"
    HELP = "help"
    SOMETHING_ELSE = "something_else"
    NUMB = "numb"
    KEYS = "keys"
    THERE = "there"


DANGER = {
    "crisis_emergency": ("crisis", "emergency"),
    "violence_now": ("violence", "now"),
    "harm_other": ("crisis", "harm_other"),
    "crisis": ("crisis", "ask"),
    "crisis_check": ("crisis", "check"),
    "violence": ("violence", "words"),
}
"""Cue to which danger it may be and of what kind, the most urgent first. An attack comes before
questions: a voice that asks about death may be heard by the attacker."""

DOUBT = frozenset({"dont_know", "whatever", "im_fine", "nothing"})
"""Cues of somebody who does not know, or does not want to say: neither a yes nor a word of theirs."""

AT_ONCE = {Intent.STOP, Intent.PAUSE}
"""Taken from a partial transcript, without patience."""

_CUES = {
    "stop": Intent.STOP,
    "automated": Intent.AUTOMATED,
    "person": Intent.PERSON,
    "pause": Intent.PAUSE,
    "break": Intent.BREAK,
    "resume": Intent.GO_ON,
    "again": Intent.AGAIN,
    "repeat": Intent.REPEAT,
    "stay": Intent.STAY,
    "skip": Intent.SKIP,
    "back": Intent.BACK,
    "slower": Intent.SLOWER,
    "louder": Intent.LOUDER,
    "softer": Intent.SOFTER,
    "keys": Intent.KEYS,
    "goodbye": Intent.GOODBYE,
    "first": Intent.FIRST,
    "second": Intent.SECOND,
    "yes": Intent.YES,
    "no": Intent.NO,
    "hum": Intent.ON,
    "something-else": Intent.SOMETHING_ELSE,
    "help": Intent.HELP,
    "numb": Intent.NUMB,
    "there": Intent.THERE,
}

KEYS = {
    "1": Intent.FIRST,
    "2": Intent.SECOND,
    "3": Intent.TOGGLE,
    "4": Intent.SLOWER,
    "5": Intent.LOUDER,
    "7": Intent.STAY,
    "9": Intent.KEYS,
    "0": Intent.PERSON,
    "#": Intent.REPEAT,
    "*": Intent.STOP,
}
"""The phone's keys (PAGE.md, "The same order by keys"); 1 is also yes, 2 also no."""

RATING_KEYS = frozenset("123456789#")
"""The keys that are a number, or leave it out, while one is asked for."""

_TAPS = {
    "stop": Intent.STOP,
    "pause": Intent.PAUSE,
    "go_on": Intent.GO_ON,
    "say_again": Intent.REPEAT,
    "just_stay": Intent.STAY,
    "skip": Intent.SKIP,
    "slower": Intent.SLOWER,
    "louder": Intent.LOUDER,
    "dot": Intent.ON,
}


def from_cues(cues: tuple[str, ...]) -> tuple[Intent, ...]:
    """Return what the cues mean, the most urgent first, each once."""
    heard = {_CUES[cue] for cue in cues if cue in _CUES}
    return tuple(intent for intent in dict.fromkeys(_CUES.values()) if intent in heard)


def from_tap(control: str) -> Intent | None:
    """Return what a control of the page means, or None for one that is not known."""
    return _TAPS.get(control)


def answer_keys(intent: Intent, *, gives_consent: bool) -> tuple[str, ...]:
    """Return the answers of a question that this intent may stand for, the likeliest first.

    A hum chooses or goes on, but never answers where `gives_consent` (PRACTICES: consent,
    safety, crisis, research).
    """
    match intent:
        case Intent.YES:
            return ("yes", "first")
        case Intent.FIRST:
            return ("first", "yes")
        case Intent.SECOND:
            return ("second", "no")
        case Intent.NO:
            return ("no",)
        case Intent.GO_ON:
            return () if gives_consent else ("yes", "first")
        case Intent.ON:
            return () if gives_consent else ("hum", "yes", "first", "other")
        case Intent.STAY:
            return ("stay",)
        case Intent.GOODBYE:
            return ("enough",)
        case Intent.SKIP:
            return ("skip",)
        case Intent.AGAIN:
            return ("again",)
        case Intent.SOMETHING_ELSE:
            return ("something-else",)
        case _:
            return ()


def rating_from(cues: tuple[str, ...]) -> int | None:
    """Return the number from 0 to 10 that was said, or None."""
    for cue in cues:
        kind, _, number = cue.partition("rate_")
        if not kind and number in _RATINGS:
            return int(number)
    return None


_RATINGS = frozenset(str(number) for number in range(11))
