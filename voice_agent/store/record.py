"""A session as the store knows it, and the secrets that open it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SessionState(StrEnum):
    """Where a stored session stands."""

    LIVE = "live"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session: nothing in it names a person. Times are seconds since 1970 (Unix)."""

    id: str
    token_hash: str
    mode: str
    via: str
    country: str
    created_unix: float
    touched_unix: float
    closed_unix: float | None = None
    state: SessionState = SessionState.LIVE
    research_kept: bool = False
    anchor_unix_s: float | None = None
    """Unix time at session time 0, of the newest `clock_anchored`."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """The first line of the session's log."""
    owner: str = ""
    """The run of the process that serves it; set by the store."""


def new_id() -> str:
    """Return an unguessable session id: 128 bits, hexadecimal."""
    return secrets.token_hex(16)


def new_token() -> str:
    """Return the token that only one page holds: 256 bits, safe in a header."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored of `token`.

    SHA-256 without salt or stretching is enough for 256 random bits.
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
