"""What the store promises while the disk is full or the database is locked: sessions go on."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from voice_agent.store import SessionRecord, SessionState, Store, StoreError, hash_token

NOW = 1_700_000_000.0


def record(session_id: str) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        token_hash=hash_token("token"),
        mode="solo",
        via="sip",
        country="US",
        created_unix=NOW,
        touched_unix=NOW,
    )


@dataclass
class Broken:
    """A store whose writes fail while `error` is set, and what it said about it."""

    store: Store
    path: Path
    error: str | None = None
    faults: list[str] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)
    tries: int = 0

    def on_fault(self, sentence: str) -> None:
        self.faults.append(sentence)
        self.heard.set()

    def inject(self, engine: Engine) -> None:
        @event.listens_for(engine, "before_cursor_execute")
        def _fail(_c: Any, _cur: Any, statement: str, params: Any, *_: Any) -> None:
            if self.error and statement.startswith(("INSERT", "UPDATE", "DELETE")):
                self.tries += 1
                raise OperationalError(statement, params, sqlite3.OperationalError(self.error))


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Broken]:
    path = tmp_path / "still-here.sqlite3"
    made = Broken(Store(f"sqlite:///{path}"), path)
    made.store = Store(
        f"sqlite:///{path}",
        on_fault=made.on_fault,
        batch_s=0.01,
        retry_s=0.02,
        busy_s=0.02,
        most_waiting_lines=100,
    )
    made.store.open(NOW)
    assert made.store._engine is not None
    made.inject(made.store._engine)
    made.store.create(record("s1"))
    yield made
    made.error = None
    made.store.close()


def _until(promise: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not promise():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("database or disk is full", "is full: free some space"),
        ("database is locked", "Another program holds"),
        ("attempt to write a readonly database", "check its owner and rights"),
        ("disk I/O error", "would not survive a crash"),
    ],
)
def test_outage_is_said_once_and_caught_up_with(broken: Broken, error: str, says: str) -> None:
    """One sentence an outage; calls return, nothing is lost, the order stays, it can come again."""
    for outage in (1, 2):
        broken.error = error
        broken.heard.clear()
        broken.store.append("s1", [f"{outage} during a"])
        assert broken.heard.wait(10)
        tries = broken.tries
        broken.store.append("s1", [f"{outage} during b"])
        _until(lambda tries=tries: broken.tries >= tries + 2)  # type: ignore[misc]
        assert not broken.store.flush()
        assert len(broken.faults) == outage
        assert says in broken.faults[-1]
        assert "during" not in broken.faults[-1]
        broken.error = None
        assert broken.store.flush()
    assert list(broken.store.lines("s1")) == [
        f"{outage} during {part}" for outage in (1, 2) for part in "ab"
    ]


def test_session_made_during_an_outage_lives(broken: Broken) -> None:
    """It can be created, found, opened by its token, changed and listed; then it is on disk."""
    broken.error = "database or disk is full"
    broken.store.create(record("s2"))
    broken.store.touch("s2", NOW + 5)
    assert broken.store.verify_token("s2", "token")
    assert not broken.store.verify_token("s2", "other")
    found = broken.store.get("s2")
    assert found is not None
    assert found.touched_unix == NOW + 5
    assert [r.id for r in broken.store.list()] == ["s1", "s2"]
    broken.error = None
    assert broken.store.flush()
    assert broken.store.get("s2") == found


def test_deletion_during_an_outage_revokes_at_once_and_is_done_later(broken: Broken) -> None:
    """Leaving now closes the door although the disk will not; the rows go when it will."""
    broken.store.append("s1", ["planted"])
    assert broken.store.flush()
    broken.error = "database is locked"
    assert broken.store.delete("s1", timeout_s=0.1) is False
    assert broken.store.get("s1") is None
    assert not broken.store.verify_token("s1", "token")
    broken.error = None
    assert broken.store.flush()
    broken.store.close()
    assert b"planted" not in broken.path.read_bytes()


def test_whoever_waits_for_a_deletion_hears_of_it_also_after_another_asked(broken: Broken) -> None:
    """A second deletion of the same session does not leave the first waiting for ever."""
    broken.error = "database is locked"
    told: list[bool] = []
    first = threading.Thread(target=lambda: told.append(broken.store.delete("s1", timeout_s=60)))
    first.start()
    _until(lambda: broken.store.get("s1") is None)
    assert broken.store.delete("s1", timeout_s=0.05) is False
    broken.error = None
    first.join(10)
    assert told == [True]


def test_memory_is_bounded_and_what_is_stored_has_no_gap(broken: Broken) -> None:
    """Beyond the bound a session's further lines are left out; others' wait on."""
    broken.store.create(record("s2"))
    broken.error = "database or disk is full"
    broken.store.append("s2", ["kept"])
    for n in range(200):
        broken.store.append("s1", [f"line {n}"])
    broken.error = None
    assert broken.store.flush()
    broken.store.append("s1", ["after the gap"])
    broken.store.append("s2", ["kept too"])
    assert list(broken.store.lines("s1")) == [f"line {n}" for n in range(99)]
    assert list(broken.store.lines("s2")) == ["kept", "kept too"]


def test_real_lock_of_another_program_is_waited_for(broken: Broken) -> None:
    """While another connection holds the write lock lines wait, and are written after it."""
    with closing(sqlite3.connect(broken.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        broken.store.append("s1", ["waits"])
        assert broken.heard.wait(10)
        assert "Another program holds" in broken.faults[0]
        assert broken.store.get("s1") is not None
        other.execute("ROLLBACK")
    assert broken.store.flush()
    assert list(broken.store.lines("s1")) == ["waits"]


def test_real_full_disk_is_waited_for(broken: Broken) -> None:
    """SQLite's own "full" (its page limit) keeps lines in memory until there is room."""
    engine = broken.store._engine
    assert engine is not None
    limit = {"pages": 1}

    @event.listens_for(engine, "checkout")
    def _limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    broken.store.append("s1", ["x" * 100_000])
    assert broken.heard.wait(10)
    assert "is full" in broken.faults[0]
    limit["pages"] = 100_000
    assert broken.store.flush()
    assert [len(line) for line in broken.store.lines("s1")] == [100_000]


def test_reader_of_another_program_delays_a_deletion_but_not_for_ever(broken: Broken) -> None:
    """`delete` says False while remains must stand, and they go by themselves afterwards."""
    broken.store.append("s1", ["planted"])
    assert broken.store.flush()
    with closing(sqlite3.connect(broken.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM lines").fetchone()
        assert broken.store.delete("s1", timeout_s=2) is False
        other.execute("ROLLBACK")
    _until(lambda: not broken.store._running.remains)
    for path in broken.path.parent.iterdir():
        assert b"planted" not in path.read_bytes()


def test_close_during_an_outage_ends_after_one_try(broken: Broken) -> None:
    """A full disk does not keep the process from ending."""
    broken.error = "database or disk is full"
    broken.store.append("s1", ["lost"])
    began = time.monotonic()
    broken.store.close()
    assert time.monotonic() - began < 3
    assert broken.faults[-1].endswith("cannot be written: what came last of its sessions is lost.")
    assert not [t for t in threading.enumerate() if t.name == "store-writer"]


def test_close_without_room_to_tidy_is_one_sentence_and_loses_nothing(
    broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver's own error, when the log's pages find no room, is told and not raised."""

    def full(_engine: Engine) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    broken.store.append("s1", ["kept"])
    with monkeypatch.context() as while_full:
        while_full.setattr("voice_agent.store.store.truncate_wal", full)
        broken.store.close()
    (said,) = broken.faults
    assert "the next start does it" in said
    broken.store.open(NOW)
    assert list(broken.store.lines("s1")) == ["kept"]


def test_fault_in_on_fault_does_not_end_the_writing(broken: Broken) -> None:
    """A caller's own error in the callback costs nothing but its record."""

    def fail(_sentence: str) -> None:
        broken.heard.set()
        raise RuntimeError("of the caller")

    broken.store._running._on_fault = fail
    broken.error = "database is locked"
    broken.store.append("s1", ["x"])
    assert broken.heard.wait(10)
    broken.error = None
    assert broken.store.flush()
    assert list(broken.store.lines("s1")) == ["x"]


def test_line_the_database_refuses_does_not_hold_up_others(broken: Broken) -> None:
    """A faulty job is dropped alone; those beside it in the batch are written."""
    broken.store.append("s1", ["before"])
    broken.store.append("s1", ["\ud800 cannot be written as UTF-8"])
    broken.store.append("s1", ["after"])
    assert broken.store.flush()
    assert list(broken.store.lines("s1")) == ["before", "after"]
    assert broken.faults == []


def test_unreadable_database_is_one_sentence(broken: Broken) -> None:
    """A failing read is a sentence of ours, without SQL."""
    engine = broken.store._engine
    assert engine is not None

    @event.listens_for(engine, "before_cursor_execute")
    def _fail(_c: Any, _cur: Any, statement: str, params: Any, *_: Any) -> None:
        raise OperationalError(statement, params, sqlite3.OperationalError("disk I/O error"))

    try:
        with pytest.raises(StoreError, match="cannot be read"):
            broken.store.get("s1")
    finally:
        event.remove(engine, "before_cursor_execute", _fail)
    found = broken.store.get("s1")
    assert found is not None
    assert found.state is SessionState.LIVE
