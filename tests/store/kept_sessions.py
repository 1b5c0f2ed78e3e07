"""What tests of the store share: a session, as it is made, and the time."""

from collections.abc import Callable
from pathlib import Path

from voice_agent.store import SessionRecord, Store, hash_token

NOW = 1_700_000_000.0
TOKEN = "a-token-of-one-page"
Opened = Callable[..., Store]
"""Opens the test's database, at a time."""


def record(session_id: str = "s1", now_unix: float = NOW) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        token_hash=hash_token(TOKEN),
        mode="solo",
        via="webrtc",
        country="US",
        created_unix=now_unix,
        touched_unix=now_unix,
        header={"type": "session", "schema": 1},
    )


def raw(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
