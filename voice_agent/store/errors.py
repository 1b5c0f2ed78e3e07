"""What can be wrong with a database, in sentences without its password."""

from voice_agent.core.errors import StillHereError


class StoreError(StillHereError):
    """The database cannot be used as it is; nothing in it was changed."""


def fault_sentence(error: BaseException, place: str) -> str:
    """Return what keeps the database `place` from being written, and what would help."""
    text = str(getattr(error, "orig", None) or error)
    if "disk is full" in text or "No space left" in text:
        return f"The disk that holds {place} is full: free some space; sessions go on meanwhile."
    if "locked" in text or "busy" in text:
        return f"Another program holds {place}: close it; sessions go on meanwhile."
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return (
            f"T{place[1:]} cannot be written: check its owner and rights; sessions go on meanwhile."
        )
    kind = type(error).__name__
    return (
        f"T{place[1:]} cannot be written ({kind}): sessions go on, but would not survive a crash."
    )
