"""How long a practice says that it takes: "about two minutes" as minutes."""

import re

_VALUES = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
_PROMISE = re.compile(
    rf"\b(takes |takes about |about |under |less than )({'|'.join(_VALUES)}|\d+)"
    r"( and a half)? minutes?( and a half)?\b"
)


def promised_minutes(text: str) -> float | None:
    """Return the minutes that `text` promises, or None where it names no length.

    Example:
        >>> promised_minutes("It takes about four and a half minutes.")
        4.5
    """
    found = _PROMISE.search(" ".join(text.lower().split()))
    if found is None:
        return None
    number = found.group(2)
    whole = _VALUES[number] if number in _VALUES else float(number)
    return whole + (0.5 if found.group(3) or found.group(4) else 0.0)
