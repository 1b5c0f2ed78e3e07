"""Session time: seconds on the wire, whole hundredths inside, so that sums stay exact."""

TICKS_PER_S = 100
"""Hundredths of a second, the grid of session time and of the 10 ms frame."""


def to_ticks(seconds: float) -> int:
    """Return `seconds` as whole hundredths, rounded to the nearest.

    Example:
        >>> to_ticks(5.0), to_ticks(0.07)
        (500, 7)
    """
    return round(seconds * TICKS_PER_S)


def to_seconds(ticks: int) -> float:
    """Return whole hundredths as seconds with exactly two decimals.

    Example:
        >>> to_seconds(507)
        5.07
    """
    return round(ticks / TICKS_PER_S, 2)
