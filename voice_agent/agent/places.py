"""Why a session cannot begin, or go on, for who asks just now."""

from voice_agent.core.errors import StillHereError

OVER = "This conversation is over; start a new one."


class FullError(StillHereError):
    """No more sessions fit; the helplines of `country` are given instead."""

    def __init__(self, country: str) -> None:
        self.country = country
        super().__init__("Every place is taken right now; please try again in a few minutes.")


class GoneError(StillHereError):
    """The session is over, and nothing of it can be gone on with."""


class HeldElsewhereError(StillHereError):
    """Another page holds this session."""
