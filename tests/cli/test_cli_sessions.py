"""`sessions`: what is stored, shown and deleted; what is stored survives every refusal."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from calling import Command, quiet

from voice_agent.settings import load_settings
from voice_agent.store import SessionRecord, Store, hash_token


@pytest.fixture
def stored(command: Command, tmp_path: Path) -> list[str]:
    """Two stored sessions, `a…` and `b…`; the first with the log of a real run."""
    log = tmp_path / "run.jsonl"
    assert command("talk", "--input", quiet(tmp_path / "q.wav", 3), "--events", log).code == 0
    header, *lines = log.read_text("utf-8").splitlines()
    url = load_settings(data_dir=command.data_dir).database_url
    store = Store(url)
    store.open(time.time())
    ids = ["a" * 32, "b" * 32]
    for name in ids:
        now = time.time()
        store.create(
            SessionRecord(
                id=name,
                token_hash=hash_token("t"),
                mode="solo",
                via="web",
                country="US",
                created_unix=now,
                touched_unix=now,
                header={**json.loads(header), "session": name},
            )
        )
    store.append(ids[0], lines)
    store.flush()
    store.close()
    return ids


def test_nothing_stored_is_said(command: Command) -> None:
    """A machine without sessions has an empty list, in words and in JSON."""
    assert command("sessions", "list").out == "Nothing is stored.\n"
    assert json.loads(command("sessions", "list", "--json").out) == []


def test_folder_that_is_not_there_is_said(command: Command, tmp_path: Path) -> None:
    """A database in a missing folder is refused, and the folder is not made by looking for it."""
    folder = tmp_path / "missing"
    url = f"sqlite:///{folder / 'kept.sqlite3'}"
    for words in (["list"], ["list", "--json"], ["show", "abcd"], ["delete", "all", "--yes"]):
        ran = command("sessions", *words, database_url=url)
        assert ran.code == 2
        assert ran.out == ""
        assert f"There is no folder {folder}; check VOICE_AGENT_DATABASE_URL." in ran.err
    assert not folder.exists()


def test_data_folder_that_no_service_has_made_yet_is_said(command: Command) -> None:
    """Nothing is stored there, and that the folder is missing is told beside it."""
    ran = command("sessions", "list")
    assert ran.code == 0
    assert f"There was no folder {command.data_dir} yet." in ran.err


def test_list_shows_what_is_stored_without_what_was_said(
    command: Command, stored: list[str]
) -> None:
    """Each session is a line with id, time, way and state; no token stands in it."""
    lines = command("sessions", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == stored
    rows = json.loads(command("sessions", "list", "--json").out)
    assert [row["id"] for row in rows] == stored
    assert all(set(row) == {"id", "state", "mode", "via", "created"} for row in rows)


def test_shown_session_can_be_replayed(command: Command, stored: list[str], tmp_path: Path) -> None:
    """`show` prints a log; its decisions verify, and the first letters are enough to name it."""
    shown = command("sessions", "show", stored[0][:4])
    assert shown.code == 0
    log = tmp_path / "shown.jsonl"
    log.write_text(shown.out, "utf-8")
    assert command("replay", log, "--verify").code == 0


def test_stored_session_is_replayed_by_its_id(command: Command, stored: list[str]) -> None:
    """`replay` takes an id, or its first letters, where it takes a path."""
    called = command("replay", stored[0][:6], "--verify")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith(f"{stored[0]}: identical; ")
    assert command.refused("replay", "cccc") == (
        "There is no session 'cccc'; `voice-agent sessions list` shows them."
    )


def test_session_that_nobody_serves_is_interrupted(command: Command, stored: list[str]) -> None:
    """What a dead service left is not called live; what one serves just now is."""
    rows = json.loads(command("sessions", "list", "--json").out)
    assert [row["state"] for row in rows] == ["interrupted", "interrupted"]
    assert all(
        line.endswith("interrupted") for line in command("sessions", "list").out.splitlines()
    )
    store = Store(load_settings(data_dir=command.data_dir).database_url)
    store.open(time.time())
    try:
        assert store.resume_session(stored[0], time.time()) is not None
        store.flush()
        rows = json.loads(command("sessions", "list", "--json").out)
        assert [row["state"] for row in rows] == ["live", "interrupted"]
        store.touch(stored[0], time.time() - 120)
        store.flush()
        rows = json.loads(command("sessions", "list", "--json").out)
        assert [row["state"] for row in rows] == ["interrupted", "interrupted"]
    finally:
        store.close()


def test_deleted_session_is_gone_and_the_other_stays(command: Command, stored: list[str]) -> None:
    """`delete` takes one session, completely."""
    called = command("sessions", "delete", stored[0])
    assert (called.code, called.out) == (0, "Deleted: 1.\n")
    rows = json.loads(command("sessions", "list", "--json").out)
    assert [row["id"] for row in rows] == stored[1:]
    assert command.refused("sessions", "show", stored[0]).startswith("There is no session")
    for file in command.data_dir.iterdir():
        assert stored[0].encode() not in file.read_bytes()


def test_all_are_deleted_only_when_meant(command: Command, stored: list[str]) -> None:
    """Without an answer nothing is deleted; with --yes everything is."""
    called = command.real("sessions", "delete", "all")
    assert called.code == 1
    assert called.err.endswith("voice-agent: Nothing was done.\n")
    assert len(json.loads(command("sessions", "list", "--json").out)) == len(stored)
    assert command("sessions", "delete", "all", "--yes").out == "Deleted: 2.\n"
    assert command("sessions", "list").out == "Nothing is stored.\n"


@pytest.mark.parametrize("what", ["show", "delete"])
@pytest.mark.parametrize("name", ["nope", "%", "a' OR 1=1 --"])
def test_unknown_session_is_one_sentence(
    command: Command, stored: list[str], what: str, name: str
) -> None:
    """What is not there is named, with where to look; nothing is lost."""
    sentence = command.refused("sessions", what, name)
    assert sentence == f"There is no session '{name}'; `voice-agent sessions list` shows them."
    assert len(json.loads(command("sessions", "list", "--json").out)) == len(stored)


def test_first_letters_of_two_are_refused(command: Command, stored: list[str]) -> None:
    """A beginning that fits several names none of them."""
    sentence = command.refused("sessions", "delete", "")
    assert sentence.startswith("There is more than one session ''")
    assert len(json.loads(command("sessions", "list", "--json").out)) == len(stored)


def test_newer_database_is_refused_and_left_as_it_is(command: Command, stored: list[str]) -> None:
    """A database of a later version is named with what to do; not a byte is changed."""
    file = command.data_dir / "still-here.sqlite3"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.read_bytes()
    for args in (("sessions", "list"), ("serve", "--port", "0")):
        sentence = command.refused(*args, code=1, real=args[0] == "serve")
        assert "was written by a newer version" in sentence
        assert "nothing was changed" in sentence
    assert file.read_bytes() == before


def test_what_is_no_database_is_refused(command: Command, tmp_path: Path) -> None:
    """Another file, a wrong URL and a folder that cannot be made are each one sentence."""
    other = tmp_path / "other.sqlite3"
    other.write_bytes(b"not a database" * 100)
    url = f"sqlite:///{other}"
    assert "is damaged or not a database" in command.refused(
        "sessions", "list", code=1, database_url=url
    )
    assert other.read_bytes() == b"not a database" * 100
    sentence = command.refused("sessions", "list", database_url="secret-nonsense")
    assert sentence.startswith("VOICE_AGENT_DATABASE_URL is not a database URL; give one such as")
    assert "secret" not in sentence
    sentence = command.refused("sessions", "list", data_dir=str(other / "x"))
    assert "cannot be written" in sentence
    assert "VOICE_AGENT_DATA_DIR" in sentence
