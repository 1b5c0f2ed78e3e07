"""Stored sessions for the command line: opened, found by the beginning of an id, and read."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from voice_agent.core.errors import UsageError

if TYPE_CHECKING:
    from voice_agent.settings import Settings
    from voice_agent.store import SessionRecord, Store


class Lines(Protocol):
    """The lines of a log after its first, wherever it is kept."""

    @property
    def truncated(self) -> bool:
        """Whether the last line was cut off."""
        ...

    @property
    def number(self) -> int:
        """The line read last, from 1."""
        ...

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Return the lines, one JSON object each."""
        ...


Log = tuple[Mapping[str, Any], Lines]
"""A log's first line, and the others."""


class StoredLines:
    """A stored session's lines; one is whole or not there, so that none is ever cut off."""

    truncated = False

    def __init__(self, bodies: Iterator[str]) -> None:
        self.number = 1
        self._bodies = bodies

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Return the lines, one JSON object each."""
        for body in self._bodies:
            self.number += 1
            yield json.loads(body)


_ID = re.compile(r"[0-9a-f]{4,32}")


def looks_like_id(text: str) -> bool:
    """Whether `text` can be a stored session's id, or its first letters."""
    return _ID.fullmatch(text) is not None


def missing_folder(settings: "Settings") -> Path | None:
    """Return the folder of the database if it is not there; None where it is, or is no file."""
    from voice_agent.store.engine import parse_url, sqlite_file

    file = sqlite_file(parse_url(settings.database_url))
    return None if file is None or file.parent.is_dir() else file.parent


def open_store(settings: "Settings") -> "Store":
    """Open the database to look into it; whoever serves it goes on.

    Raises:
        UsageError: its URL was given, and leads to a folder that is not there.
    """
    from voice_agent.store import Store

    folder = missing_folder(settings)
    if folder is not None and "database_url" in settings.model_fields_set:
        raise UsageError(f"There is no folder {folder}; check VOICE_AGENT_DATABASE_URL.")
    store = Store(settings.database_url)
    store.open(time.time(), serving=False)
    return store


def find(store: "Store", start: str) -> str:
    """Return the id that begins with `start`.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = [record.id for record in store.list() if record.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    what = "There is no session" if not found else "There is more than one session"
    raise UsageError(f"{what} '{start}'; `voice-agent sessions list` shows them.")


def state_of(record: "SessionRecord", *, served: bool, now_unix: float) -> str:
    """Return how a session stands: one that nobody serves any more is interrupted.

    Its row says "live" until the next start looks after it; the command line does not write.
    """
    from voice_agent.store import SessionState

    left = not served or now_unix - record.touched_unix > UNTOUCHED_S
    if record.state is SessionState.LIVE and left:
        return str(SessionState.INTERRUPTED)
    return str(record.state)


UNTOUCHED_S = 90.0
"""A service that is alive says so of each of its sessions at least once a minute."""


def is_served(settings: "Settings") -> bool:
    """Whether a process serves the database just now; where that cannot be told, true."""
    from voice_agent.store.engine import parse_url, sqlite_file

    file = sqlite_file(parse_url(settings.database_url))
    if file is None or sys.platform == "win32":
        return True
    import fcntl

    try:
        with Path(f"{file}.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def stored_log(settings: "Settings", start: str, stack: ExitStack) -> tuple[str, Callable[[], Log]]:
    """Return a stored session's id and how its log is opened, until `stack` is left.

    Raises:
        UsageError: there is no such session, or more than one.
    """
    from voice_agent.core.journal import check_schema

    store = open_store(settings)
    stack.callback(store.close)
    session_id = find(store, start)

    def opened() -> Log:
        record = store.get(session_id)
        if record is None:
            raise UsageError(f"The session {session_id} was deleted just now.")
        check_schema(record.header)
        return record.header, StoredLines(store.lines(session_id))

    return session_id, opened
