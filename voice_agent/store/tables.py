"""The tables; how they came to be stands in migrations/. Without the ORM, which takes .1 s more."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
)

from voice_agent.store.record import SessionRecord, SessionState

METADATA = MetaData()
"""What the migrations are compared with, and what a new database is made from."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("via", String(16), nullable=False),
    Column("country", String(2), nullable=False),
    Column("created_unix", Double, nullable=False),
    Column("touched_unix", Double, nullable=False),
    Column("closed_unix", Double),
    Column("state", String(16), nullable=False),
    Column("research_kept", Boolean, nullable=False),
    Column("anchor_unix_s", Double),
    Column("header", JSON, nullable=False),
    Column("owner", String(32), nullable=False),
    CheckConstraint("state IN ('live', 'interrupted', 'ended')", name="known_state"),
    Index("sessions_by_touch", "touched_unix"),
)
"""One row a session; see `SessionRecord`."""

LINES = Table(
    "lines",
    METADATA,
    Column(
        "session_id",
        String(64),
        ForeignKey("sessions.id", name="line_of_session", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
"""One row a line of a session's log."""


def to_record(row: Row[Any]) -> SessionRecord:
    """Return a row of `sessions` as the plain object that leaves the store."""
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    values["state"] = SessionState(values["state"])
    return SessionRecord(**values)


def to_values(record: SessionRecord) -> dict[str, Any]:
    """Return `record` as the values of its row."""
    values = {name: getattr(record, name) for name in SessionRecord.__slots__}
    values["state"] = str(record.state)
    values["header"] = dict(record.header)
    return values
