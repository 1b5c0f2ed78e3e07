"""What a crash needs is kept here, and only as long as it is needed; also logs as files."""

from voice_agent.store.errors import StoreError
from voice_agent.store.logfile import LogLines, LogWriter, read_log
from voice_agent.store.record import SessionRecord, SessionState, hash_token, new_id, new_token
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
