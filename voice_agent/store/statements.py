"""What is written and read, each within a transaction of the caller's."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, or_, select, update

from voice_agent.store.record import SessionRecord, SessionState
from voice_agent.store.tables import LINES, SESSIONS, to_record, to_values


def insert_session(connection: Connection, record: SessionRecord) -> None:
    """Add a session."""
    connection.execute(insert(SESSIONS).values(to_values(record)))


def update_session(connection: Connection, session_id: str, values: Mapping[str, Any]) -> None:
    """Change fields of a session, if there still is one."""
    plain = {k: str(v) if isinstance(v, SessionState) else v for k, v in values.items()}
    connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(plain))


def select_session(connection: Connection, session_id: str) -> SessionRecord | None:
    """Return a session, or None."""
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == session_id)).first()
    return None if row is None else to_record(row)


def select_sessions(connection: Connection) -> list[SessionRecord]:
    """Return all sessions, in no order."""
    return [to_record(row) for row in connection.execute(select(SESSIONS))]


def insert_lines(connection: Connection, session_id: str, bodies: Sequence[str]) -> None:
    """Add lines after a session's last one; a deleted session gets none."""
    if connection.scalar(select(SESSIONS.c.id).where(SESSIONS.c.id == session_id)) is None:
        return
    last = connection.scalar(select(func.max(LINES.c.seq)).where(LINES.c.session_id == session_id))
    first = 0 if last is None else last + 1
    connection.execute(
        insert(LINES),
        [
            {"session_id": session_id, "seq": seq, "body": body}
            for seq, body in enumerate(bodies, first)
        ],
    )


def select_lines(connection: Connection, session_id: str, first: int, most: int) -> list[str]:
    """Return at most `most` lines of a session from its line `first` (0-based)."""
    return list(
        connection.scalars(
            select(LINES.c.body)
            .where(LINES.c.session_id == session_id, LINES.c.seq >= first)
            .order_by(LINES.c.seq)
            .limit(most)
        )
    )


def delete_sessions(connection: Connection, ids: Sequence[str]) -> None:
    """Delete sessions with their lines."""
    for session_id in ids:
        connection.execute(delete(LINES).where(LINES.c.session_id == session_id))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.id == session_id))


def delete_old(connection: Connection, now_unix: float, keep_s: float) -> list[str]:
    """Delete sessions closed, or else not touched, for `keep_s`, and return their ids.

    Those kept for research stay. A time in the future (the clock was wrong) counts from now.
    """
    connection.execute(
        update(SESSIONS)
        .where(or_(SESSIONS.c.touched_unix > now_unix, SESSIONS.c.closed_unix > now_unix))
        .values(
            touched_unix=case(
                (SESSIONS.c.touched_unix > now_unix, now_unix), else_=SESSIONS.c.touched_unix
            ),
            closed_unix=case(
                (SESSIONS.c.closed_unix > now_unix, now_unix), else_=SESSIONS.c.closed_unix
            ),
        )
    )
    seen = func.coalesce(SESSIONS.c.closed_unix, SESSIONS.c.touched_unix)
    old = connection.scalars(
        select(SESSIONS.c.id).where(seen <= now_unix - keep_s, SESSIONS.c.research_kept.is_(False))
    ).all()
    delete_sessions(connection, old)
    return list(old)


def interrupt_orphans(connection: Connection, owner: str) -> None:
    """Make interrupted what another owner left live: closed when it was last seen alive."""
    connection.execute(
        update(SESSIONS)
        .where(SESSIONS.c.state == str(SessionState.LIVE), SESSIONS.c.owner != owner)
        .values(state=str(SessionState.INTERRUPTED), closed_unix=SESSIONS.c.touched_unix)
    )
