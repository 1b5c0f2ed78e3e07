"""Sessions on disk: enough that a crash loses nothing, gone when they end."""

import contextlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from voice_agent.store import statements
from voice_agent.store.engine import (
    connect,
    make_private,
    parse_url,
    place,
    sqlite_file,
    truncate_wal,
)
from voice_agent.store.errors import StoreError
from voice_agent.store.lock import lock
from voice_agent.store.migrate import found_revision, migrate
from voice_agent.store.record import SessionRecord, SessionState, hash_token
from voice_agent.store.writer import Job, Writer

KEEP_S = 1800.0
"""How long what an interrupted session left is kept (PRACTICES, "What is kept")."""

_CHUNK = 500
_WAIT_S = 5.0


class Store:
    """The sessions of one database; safe to call from several threads.

    Args:
        url: an SQLAlchemy URL; a SQLite file is made when it is not there.
        on_fault: hears, from the writer's thread, one sentence when the database cannot be
            written; sessions go on, lines wait in memory and are written when it can again.
        batch_s: how long a line may wait for others before its batch is begun.
        retry_s: the first pause before another try; it doubles up to 5 s.
        busy_s: how long SQLite waits for another program's lock at each try.
        most_waiting_lines: what memory may hold; beyond it a session's further lines are left
            out, so that what is stored of it stays a gapless beginning.
    """

    def __init__(
        self,
        url: str,
        *,
        on_fault: Callable[[str], None] | None = None,
        batch_s: float = 0.15,
        retry_s: float = 0.25,
        busy_s: float = 2.0,
        most_waiting_lines: int = 100_000,
    ) -> None:
        self._url = parse_url(url)
        self._on_fault = on_fault
        self._batch_s = batch_s
        self._retry_s = retry_s
        self._busy_s = busy_s
        self._most_waiting_lines = most_waiting_lines
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._lock_file: int | None = None
        self._cut_short: set[str] = set()
        self.run_id = secrets.token_hex(8)
        """This run of the process; the owner of the sessions it serves."""

    def open(self, now_unix: float, *, serving: bool = True, keep_s: float = KEEP_S) -> None:
        """Open the database, made or brought to this version's schema first.

        Args:
            now_unix: the time, seconds since 1970.
            serving: this process serves sessions, and alone: what a dead process left live
                becomes interrupted, and what is too old is swept. The command line's looks
                into a served database pass False.
            keep_s: how long what an interrupted session left is kept.

        Raises:
            UsageError: the folder cannot be written, or another process serves this database.
            StoreError: from a newer version, damaged or somebody else's; it is left untouched.
        """
        found_revision(self._url)  # read-only, before anything is made or set
        file = sqlite_file(self._url)
        if file is not None:
            make_private(file)
            if serving:
                self._lock_file = lock(f"{file}.lock")
        try:
            self._engine = connect(self._url, self._busy_s)
            migrate(self._engine)
            self._writer = Writer(
                self._engine,
                batch_s=self._batch_s,
                retry_s=self._retry_s,
                on_fault=self._on_fault,
            )
            if serving:
                run_id = self.run_id
                # A process that died in a deletion may have left remains: they are cleared too.
                self._writer.submit(
                    Job(None, lambda c: statements.interrupt_orphans(c, run_id), deletes=True)
                )
                with contextlib.suppress(StoreError):  # said through on_fault; done when it can
                    self.sweep(now_unix, keep_s)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Write what waits, empty the write-ahead log and let go; a second call does nothing."""
        whole = True
        if self._writer is not None:
            whole = self._writer.close(_WAIT_S)
            self._writer = None
        if self._engine is not None:
            engine, self._engine = self._engine, None
            name = f"T{place(self._url)[1:]}"
            if not whole:
                self._tell(f"{name} cannot be written: what came last of its sessions is lost.")
            try:
                truncate_wal(engine)
            except (SQLAlchemyError, sqlite3.Error):
                if whole:
                    self._tell(
                        f"{name} cannot be put in order now, the next start does it; "
                        "check whether its disk is full."
                    )
            engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _tell(self, sentence: str) -> None:
        if self._on_fault is not None:
            with contextlib.suppress(Exception):  # the caller's fault must not keep it from ending
                self._on_fault(sentence)

    @property
    def fault(self) -> str | None:
        """What keeps the database from being written now, in one sentence; None when nothing."""
        return None if self._writer is None else self._writer.fault

    def create(self, record: SessionRecord) -> None:
        """Store a new session as this process's; returns when it is on disk, or cannot be yet.

        Raises:
            StoreError: a session with this id exists.
        """
        mine = replace(record, owner=self.run_id)
        done = self._running.submit(
            Job(mine.id, lambda c: statements.insert_session(c, mine), change=lambda _old: mine)
        )
        self._running.flush(self._busy_s)
        if done.done() and isinstance(done.exception(), IntegrityError):
            raise StoreError("A session with this id exists already; make another id.")

    def append(self, session_id: str, lines: Sequence[str]) -> None:
        """Add lines of JSON to a session's log; never waits. Those of a deleted one are dropped."""
        if not lines or session_id in self._cut_short:
            return
        if self._running.waiting_lines + len(lines) > self._most_waiting_lines:
            self._cut_short.add(session_id)
            return
        bodies = tuple(lines)
        self._running.submit(
            Job(
                session_id,
                lambda c: statements.insert_lines(c, session_id, bodies),
                lines=len(bodies),
            )
        )

    def flush(self, timeout_s: float = _WAIT_S) -> bool:
        """Write all that waits; False when the database could not take it."""
        return self._running.flush(timeout_s)

    def lines(self, session_id: str) -> Iterator[str]:
        """Yield a session's lines in the order they were appended, those that wait included.

        Read in short transactions, so that a long look does not hold up a deletion.
        """
        self.flush()
        first = 0
        while True:
            with self._reading() as connection:
                bodies = statements.select_lines(connection, session_id, first, _CHUNK)
            yield from bodies
            first += len(bodies)
            if len(bodies) < _CHUNK:
                return

    def get(self, session_id: str) -> SessionRecord | None:
        """Return a session as it will be when all that waits is written; None when there is none.

        Raises:
            StoreError: the database cannot be read.
        """
        changes = self._running.changes(session_id)  # before reading: made twice is made once
        with self._reading() as connection:
            record = statements.select_session(connection, session_id)
        for change in changes:
            record = change(record)
        return record

    def list(self) -> list[SessionRecord]:
        """Return all sessions, the oldest first."""
        waiting = self._running.changed_ids()
        with self._reading() as connection:
            records = {r.id: r for r in statements.select_sessions(connection)}
        for session_id in waiting:
            record = self.get(session_id)
            records.pop(session_id, None)
            if record is not None:
                records[session_id] = record
        return sorted(records.values(), key=lambda r: (r.created_unix, r.id))

    def verify_token(self, session_id: str, token: str) -> bool:
        """Whether `token` opens the session; a deleted session's opens nothing."""
        record = self.get(session_id)
        stored = hash_token("") if record is None else record.token_hash
        return hmac.compare_digest(hash_token(token), stored) and record is not None

    def touch(self, session_id: str, now_unix: float, anchor_unix_s: float | None = None) -> None:
        """Note that the session lives (at least once a minute), and its newest clock anchor."""
        values = {"touched_unix": now_unix}
        if anchor_unix_s is not None:
            values["anchor_unix_s"] = anchor_unix_s
        self._change(session_id, values)

    def close_session(self, session_id: str, state: SessionState | str, now_unix: float) -> None:
        """Note that the connection closed; what is left is swept `KEEP_S` later."""
        self._change(session_id, {"state": SessionState(state), "closed_unix": now_unix})

    def resume_session(self, session_id: str, now_unix: float) -> SessionRecord | None:
        """Take over an interrupted session: live again and ours; None when there is none such."""
        record = self.get(session_id)
        if record is None or record.state is not SessionState.INTERRUPTED:
            return None
        self._change(
            session_id,
            {
                "state": SessionState.LIVE,
                "closed_unix": None,
                "touched_unix": now_unix,
                "owner": self.run_id,
            },
        )
        return self.get(session_id)

    def delete(self, session_id: str, timeout_s: float = _WAIT_S) -> bool:
        """Delete a session: gone for readers at once, and from the files when this returns True.

        False means that the disk would not, or another program was reading: it is tried again
        until it is done, at the latest at the next start.
        """
        self._running.forget(session_id)
        self._cut_short.discard(session_id)
        done = self._running.submit(
            Job(
                session_id,
                lambda c: statements.delete_sessions(c, [session_id]),
                change=lambda _old: None,
                deletes=True,
            )
        )
        try:
            done.result(timeout_s)
        except FutureTimeoutError:
            return False
        return not self._running.remains

    def sweep(self, now_unix: float, keep_s: float = KEEP_S) -> int:
        """Delete sessions closed, or not touched, for `keep_s`; return how many.

        Those kept for research stay. A time in the future (the clock was wrong) counts from now.

        Raises:
            StoreError: the database could not be written now; it is done when it can.
        """
        done = self._running.submit(
            Job(None, lambda c: statements.delete_old(c, now_unix, keep_s), deletes=True)
        )
        try:
            return len(done.result(_WAIT_S))
        except FutureTimeoutError:
            raise StoreError(
                f"T{place(self._url)[1:]} cannot be written just now; old sessions are deleted "
                "when it can."
            ) from None

    def _change(self, session_id: str, values: Mapping[str, Any]) -> None:
        def change(record: SessionRecord | None) -> SessionRecord | None:
            return None if record is None else replace(record, **values)

        self._running.submit(
            Job(
                session_id,
                lambda c: statements.update_session(c, session_id, values),
                change=change,
            )
        )

    @property
    def _running(self) -> Writer:
        if self._writer is None:
            raise StoreError("The store is not open; call open() first.")
        return self._writer

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._engine is None:
            raise StoreError("The store is not open; call open() first.")
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError:
            raise StoreError(
                f"T{place(self._url)[1:]} cannot be read; check its disk and its rights."
            ) from None
