"""What a running service keeps of its calls, read from outside while they go on."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

Event = dict[str, Any]
Want = Callable[[Event], bool]


def is_event(type_: str, **fields: object) -> Want:
    """Return a test for an event of that type with these fields."""
    return lambda e: (
        e["type"] == type_ and all(e.get(name) == value for name, value in fields.items())
    )


def begins(script: str, line: str) -> Want:
    """Return a test for a line that begins to sound."""
    return is_event("playout_started", script=script, line=line)


class Kept:
    """The sessions in a service's database; reading takes no lock for longer than a moment."""

    def __init__(self, data_dir: Path) -> None:
        self.database = data_dir / "still-here.sqlite3"

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            return db.execute(query, values).fetchall()

    def sessions(self) -> list[str]:
        """Return the ids of the sessions that are kept, the oldest first."""
        return [row[0] for row in self._rows("SELECT id FROM sessions ORDER BY created_unix")]

    def lines(self) -> int:
        """Return how many lines are kept of all sessions."""
        return int(self._rows("SELECT count(*) FROM lines")[0][0])

    def events(self, session: str) -> list[Event]:
        """Return what was kept of a session so far."""
        query = "SELECT body FROM lines WHERE session_id = ? ORDER BY seq"
        return [json.loads(body) for (body,) in self._rows(query, session)]

    async def new(self, before: list[str], limit_s: float = 10.0) -> "Call":
        """Wait for the session of a call that was just made."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            for session in self.sessions():
                if session not in before:
                    return Call(self, session)
            await asyncio.sleep(0.05)
        raise AssertionError("no session began")

    async def nothing(self, limit_s: float) -> float:
        """Wait until nothing is kept of anybody; return how long it took, in seconds."""
        since = time.monotonic()
        while self.sessions() or self.lines():
            if time.monotonic() > since + limit_s:
                raise AssertionError(f"after {limit_s} s something was still kept")
            await asyncio.sleep(0.05)
        return time.monotonic() - since


class Call:
    """One call's events as they come; what was seen stays known after it is deleted."""

    def __init__(self, kept: Kept, session: str) -> None:
        self.session = session
        self.events: list[Event] = []
        self._kept = kept

    def look(self) -> list[Event]:
        """Return all that has come so far."""
        newest = self._kept.events(self.session)
        if len(newest) >= len(self.events):
            self.events = newest
        return self.events

    async def until(self, want: Want, limit_s: float = 40.0, *, after_t: float = -1.0) -> Event:
        """Wait for the first wanted event later than `after_t` (session time)."""
        end = time.monotonic() + limit_s
        while True:
            for event in self.look():
                if event.get("t", -1.0) > after_t and want(event):
                    return event
            if time.monotonic() > end:
                raise AssertionError(f"it did not happen within {limit_s} s:\n{self.told()}")
            await asyncio.sleep(0.05)

    def told(self) -> str:
        """Return what happened, without measures, a line each, for a failing test."""
        left_out = ("block", "session", "show", "line_rendered")
        return "\n".join(json.dumps(e) for e in self.events if e["type"] not in left_out)

    def said(self, after_t: float = -1.0) -> list[tuple[str, str]]:
        """Return the lines that were to be said after that session time."""
        return [
            (e["script"], e["line"]) for e in self.look() if e["type"] == "say" and e["t"] > after_t
        ]
