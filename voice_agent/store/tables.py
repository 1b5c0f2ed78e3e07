"""The tables; how they came to be stands in migrations/."""

from typing import Any, cast

from sqlalchemy import JSON, CheckConstraint, Double, ForeignKey, Index, Row, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from voice_agent.store.record import SessionRecord, SessionState


class Base(DeclarativeBase):
    """What the migrations are compared with."""


class SessionRow(Base):
    """One session; see `SessionRecord`."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("state IN ('live', 'interrupted', 'ended')", name="known_state"),
        Index("sessions_by_touch", "touched_unix"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(16))
    via: Mapped[str] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(2))
    created_unix: Mapped[float] = mapped_column(Double)
    touched_unix: Mapped[float] = mapped_column(Double)
    closed_unix: Mapped[float | None] = mapped_column(Double)
    state: Mapped[str] = mapped_column(String(16))
    research_kept: Mapped[bool]
    anchor_unix_s: Mapped[float | None] = mapped_column(Double)
    header: Mapped[dict[str, Any]] = mapped_column(JSON)
    owner: Mapped[str] = mapped_column(String(32))


class LineRow(Base):
    """One line of a session's log."""

    __tablename__ = "lines"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", name="line_of_session", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)


SESSIONS = cast("Table", SessionRow.__table__)
LINES = cast("Table", LineRow.__table__)


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
