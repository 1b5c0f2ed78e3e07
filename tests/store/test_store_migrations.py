"""What happens to databases of other versions, of others, and to damaged ones."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.store import SessionState, Store, StoreError, hash_token
from voice_agent.store.engine import WRITE, connect, parse_url
from voice_agent.store.migrate import FOLDER, HEAD, REVISIONS, _upgrade
from voice_agent.store.tables import METADATA

NOW = 1_700_000_000.0

_SESSION = (
    "INSERT INTO sessions VALUES "
    "('s1', ?, 'solo', 'webrtc', 'DE', ?, ?, NULL, 'live', 0, NULL, ?, 'run')"
)
SAMPLES = {
    "0001": [
        (
            _SESSION,
            (hash_token("token"), NOW, NOW, json.dumps({"type": "session", "schema": 1})),
        ),
        ("INSERT INTO lines VALUES ('s1', 0, ?)", ('{"type":"ticked","t":0.1}',)),
        ("INSERT INTO lines VALUES ('s1', 1, ?)", ('{"type":"ticked","t":0.2}',)),
    ]
}
"""What the version that shipped each schema wrote: one session, live, with two lines."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "still-here.sqlite3"


def _store(file: Path) -> Store:
    return Store(f"sqlite:///{file}")


def _make(file: Path, revision: str) -> None:
    engine = connect(parse_url(f"sqlite:///{file}"), 1)
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement, values in SAMPLES[revision]:
            connection.exec_driver_sql(statement, values)
    engine.dispose()


def _refused(file: Path, match: str) -> None:
    before = _digest(file.parent)
    with pytest.raises(StoreError, match=match) as caught:
        _store(file).open(NOW)
    assert "nothing was changed" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert _digest(file.parent) == before


@pytest.mark.parametrize("revision", REVISIONS)
def test_database_of_every_schema_ever_shipped_opens(file: Path, revision: str) -> None:
    """What an earlier version left is read by this one, whole."""
    _make(file, revision)
    store = _store(file)
    store.open(NOW + 1)
    (found,) = store.list()
    assert (found.id, found.country, found.state) == ("s1", "DE", SessionState.INTERRUPTED)
    assert found.header == {"type": "session", "schema": 1}
    assert store.verify_token("s1", "token")
    assert [json.loads(line)["t"] for line in store.lines("s1")] == [0.1, 0.2]
    store.close()


def test_list_of_revisions_is_the_folders() -> None:
    """The start may skip alembic because HEAD and REVISIONS say the same as its scripts."""
    scripts = ScriptDirectory.from_config(_config())
    assert scripts.get_current_head() == HEAD == REVISIONS[-1]
    assert tuple(s.revision for s in scripts.walk_revisions())[::-1] == REVISIONS
    assert set(SAMPLES) == set(REVISIONS)


def test_migrations_lead_to_the_tables_of_the_code(file: Path) -> None:
    """The schema the revisions make is the one the code describes."""
    _make(file, HEAD)
    engine = connect(parse_url(f"sqlite:///{file}"), 1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_new_database_is_as_the_revisions_would_make_it(tmp_path: Path) -> None:
    """What a first start makes without alembic differs in nothing from what alembic makes."""
    made, migrated = tmp_path / "made.sqlite3", tmp_path / "migrated.sqlite3"
    _store_once(made)
    _make(migrated, HEAD)
    assert _schema(made) == _schema(migrated)
    with closing(sqlite3.connect(made)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [(HEAD,)]


def _schema(file: Path) -> dict[str, list[object]]:
    """Return every table's columns, keys and indices, and its statement without its spacing."""
    with closing(sqlite3.connect(file)) as connection:
        named = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
        return {
            name: [
                "".join(sql.split()).replace('"', ""),
                *(
                    connection.execute(f"PRAGMA {pragma}({name})").fetchall()
                    for pragma in ("table_info", "foreign_key_list", "index_list")
                ),
            ]
            for name, sql in named
        }


def test_no_start_of_this_version_needs_alembic(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new database, and one at HEAD, are opened without alembic."""
    monkeypatch.setattr(
        "voice_agent.store.migrate._upgrade", lambda _engine: pytest.fail("migrated")
    )
    _store_once(file)
    _store_once(file)


def _store_once(file: Path) -> None:
    store = _store(file)
    store.open(NOW)
    store.close()


def test_failed_migration_leaves_the_database_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All revisions are one transaction: a crash half way leaves no half schema."""

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("killed")

    monkeypatch.setattr("alembic.op.create_index", fail)
    engine = connect(parse_url(f"sqlite:///{file}"), 1)
    with pytest.raises(sqlite3.OperationalError):
        _upgrade(engine)
    engine.dispose()
    monkeypatch.undo()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    _store_once(file)


def test_first_start_that_fails_leaves_no_half_schema(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new database is made in one transaction too."""
    monkeypatch.setattr("voice_agent.store.migrate._VERSION_TABLE", "CREATE nonsense")
    with pytest.raises(StoreError):
        _store(file).open(NOW)
    monkeypatch.undo()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    _store_once(file)


def test_database_of_a_newer_version_is_left_untouched(file: Path) -> None:
    """A revision this version does not know is refused in one sentence."""
    _make(file, HEAD)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    _refused(file, "newer version")


def test_database_of_another_program_is_left_untouched(file: Path) -> None:
    """A database without our mark is not ours to migrate."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    _refused(file, "belongs to another program")


@pytest.mark.parametrize("damage", ["text", "truncated", "torn", "header"])
def test_damaged_database_is_left_untouched(file: Path, damage: str) -> None:
    """A file that is no database, or no whole one, is refused in one sentence."""
    _make(file, HEAD)
    whole = file.read_bytes()
    if damage == "text":
        file.write_text("this is not a database, however long it may be\n" * 100)
    elif damage == "truncated":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "torn":
        file.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    else:
        file.write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
    _refused(file, "damaged or not a database")


def test_empty_file_is_a_new_database(file: Path) -> None:
    """A file of no bytes (a start that died at once) is simply begun."""
    file.touch()
    _store_once(file)
    assert file.stat().st_size > 0


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A file in the folder's place names the variable that helps."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="VOICE_AGENT_DATA_DIR"):
        Store(f"sqlite:///{tmp_path}/file/below/x.sqlite3").open(NOW)


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "sqlite:///:memory:", "nosuch://u:hunter2@h/d", ":hunter2@:"]
)
def test_wrong_url_is_one_sentence_without_its_password(url: str) -> None:
    """A URL that cannot work is refused, and never shown."""
    with pytest.raises(StillHereError) as caught:
        Store(url).open(NOW)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
