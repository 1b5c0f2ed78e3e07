"""Bringing a database to this version's schema, and refusing those that are not ours to touch."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from voice_agent.store.engine import WRITE, place, sqlite_file
from voice_agent.store.errors import StoreError, fault_sentence
from voice_agent.store.tables import METADATA

HEAD = "0001"
"""The newest revision; alembic (.1 s to import) is needed only to get there from an older one."""

REVISIONS = ("0001",)
"""All revisions ever shipped, the oldest first."""

FOLDER = Path(__file__).parent / "migrations"

_VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
"""As alembic makes it."""


def found_revision(url: URL) -> str | None:
    """Return the revision of the SQLite file at `url`, read-only; None when there is nothing yet.

    Raises:
        StoreError: newer than this version, damaged, or somebody else's database.
    """
    file = sqlite_file(url)
    if file is None or not file.exists() or file.stat().st_size == 0:
        return None
    try:
        with closing(_look(file)) as connection:
            tables = {
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                )
            }
            if not tables:
                return None
            _refuse_foreign(tables, url)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        raise StoreError(fault_sentence(error, place(url))) from None
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        raise StoreError(_damaged(url)) from None
    if verdict != "ok":
        raise StoreError(_damaged(url))
    return _known(None if row is None else str(row[0]), url)


def _look(file: Path) -> sqlite3.Connection:
    """Open read-only; without side files that nobody has written yet, make none either."""
    log = file.with_name(file.name + "-wal")
    in_use = log.exists() and log.stat().st_size > 0
    mode = "mode=ro" if in_use else "mode=ro&immutable=1"
    return sqlite3.connect(f"{file.as_uri()}?{mode}", uri=True)


def _refuse_foreign(tables: set[str], url: URL) -> None:
    if "alembic_version" not in tables:
        raise StoreError(
            f"T{place(url)[1:]} belongs to "
            "another program; nothing was changed: set VOICE_AGENT_DATABASE_URL to another file."
        )


def _damaged(url: URL) -> str:
    return (
        f"T{place(url)[1:]} is damaged or not a database; nothing was changed: move it "
        "away, or set VOICE_AGENT_DATABASE_URL to another file."
    )


def _known(revision: str | None, url: URL) -> str | None:
    if revision is not None and revision not in REVISIONS:
        raise StoreError(
            f"T{place(url)[1:]} was written by a newer version (its schema is {revision}, "
            f"this one's {HEAD}); nothing was changed: get the newer version, or set "
            "VOICE_AGENT_DATABASE_URL to another file."
        )
    return revision


def migrate(engine: Engine) -> None:
    """Bring the database to `HEAD` in one transaction; nothing is done when it is there.

    Raises:
        StoreError: it cannot be written, or holds what this version does not know.
    """
    revision = found_revision(engine.url)
    if revision == HEAD:
        return
    try:
        if sqlite_file(engine.url) is None:
            revision = _revision_of_server(engine)
        if revision is None:
            _make(engine)
        elif revision != HEAD:
            _upgrade(engine)
    except SQLAlchemyError as error:
        raise StoreError(fault_sentence(error, place(engine.url))) from None


def _revision_of_server(engine: Engine) -> str | None:
    tables = set(inspect(engine).get_table_names())
    if not tables:
        return None
    _refuse_foreign(tables, engine.url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return _known(found, engine.url)


def _make(engine: Engine) -> None:
    """Make a new database at `HEAD`, in one transaction, as all revisions would have."""
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        METADATA.create_all(connection)
        connection.execute(text(_VERSION_TABLE))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
