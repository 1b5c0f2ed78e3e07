"""One serving process a database: the lock that says so, and goes with the process."""

import os
import sys

from voice_agent.core.errors import UsageError


def lock(path: str) -> int:
    """Hold the lock of the one serving process; the system lets go of it when that dies.

    Returns:
        The open file, to be closed when serving ends.

    Raises:
        UsageError: another process holds it.
    """
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    if sys.platform == "win32":  # no such locks there: one process is the person's to keep
        return file
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise UsageError(
            f"Another voice-agent serves the database {path.removesuffix('.lock')}; stop it, or "
            "set VOICE_AGENT_DATABASE_URL to another file."
        ) from None
    return file
