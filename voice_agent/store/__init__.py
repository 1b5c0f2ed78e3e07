"""What a crash needs is kept here, and only as long as it is needed; also logs as files."""

from typing import TYPE_CHECKING, Any

from voice_agent.store.errors import StoreError
from voice_agent.store.logfile import LogLines, LogWriter, read_log
from voice_agent.store.record import SessionRecord, SessionState, hash_token, new_id, new_token

if TYPE_CHECKING:
    from voice_agent.store.store import Store

__all__ = [
    "LogLines",
    "LogWriter",
    "SessionRecord",
    "SessionState",
    "Store",
    "StoreError",
    "hash_token",
    "new_id",
    "new_token",
    "read_log",
]


def __getattr__(name: str) -> Any:
    """Load `Store` when it is first asked for: SQLAlchemy takes .6 s, which files do not need."""
    if name != "Store":
        raise AttributeError(name)
    from voice_agent.store.store import Store

    return Store
