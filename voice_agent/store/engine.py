"""The engine: SQLite in WAL mode whose deletions leave nothing behind, or another by its URL."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from voice_agent.core.errors import UsageError

WRITE = {"writes": True}
"""Execution option of a transaction that writes: it takes SQLite's write lock at its begin."""


def parse_url(url: str) -> URL:
    """Return `url` parsed.

    Raises:
        UsageError: not a database URL, or SQLite without a file; the URL itself is not shown.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(
            "VOICE_AGENT_DATABASE_URL is not a database URL; give one such as "
            "sqlite:////var/lib/still-here/still-here.sqlite3."
        ) from None
    if sqlite_file(parsed) is None and parsed.get_backend_name() == "sqlite":
        raise UsageError(
            "VOICE_AGENT_DATABASE_URL is SQLite in memory; give a file, such as "
            "sqlite:////var/lib/still-here/still-here.sqlite3."
        )
    return parsed


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite URL; None for another database."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database)).absolute()


def place(url: URL) -> str:
    """Return what the database is called in a sentence: its file, or its URL without password."""
    file = sqlite_file(url)
    return f"the database {file}" if file else f"the database {url.host or ''}/{url.database}"


def make_private(file: Path) -> None:
    """Make the folder and the file, readable by their owner alone.

    Raises:
        UsageError: the folder cannot be made or written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its -wal and -shm files the rights of this one.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UsageError(
            f"The database {file} cannot be written ({error.strerror}); set "
            "VOICE_AGENT_DATA_DIR to a folder that can."
        ) from None


def connect(url: URL, busy_s: float) -> Engine:
    """Return an engine; an error it raises shows no values (`hide_parameters`).

    Raises:
        UsageError: the database's driver is not installed.
    """
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=sqlite_file(url) is None)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise UsageError(
            f"The driver for {url.drivername} is not installed; install it, or use SQLite."
        ) from None
    if sqlite_file(url) is not None:
        _configure_sqlite(engine, busy_s)
    return engine


def _configure_sqlite(engine: Engine, busy_s: float) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # Transactions are begun below, so that DDL is in them too (sqlite3 leaves it out).
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={int(busy_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def rebuild(engine: Engine) -> None:
    """Write the database anew without the remains of deleted rows (SQLite's VACUUM).

    `secure_delete` alone does not do it: when rows move between pages, copies stay in the pages'
    unused parts (tests/store/test_store_deletion.py finds them). Memory: about the file's size.
    """
    if engine.dialect.name == "sqlite":
        _run(engine, "VACUUM")


def truncate_wal(engine: Engine) -> bool:
    """Bring all of the write-ahead log into the database and empty it; False when in use.

    Until then pages of deleted rows stand in the log's file.
    """
    if engine.dialect.name != "sqlite":
        return True
    (busy, *_), *_ = _run(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    return not busy


def _run(engine: Engine, statement: str) -> list[Any]:
    """Run what may not stand in a transaction."""
    raw: Any = engine.raw_connection()
    try:
        rows: list[Any] = raw.driver_connection.execute(statement).fetchall()
    finally:
        raw.close()
    return rows
