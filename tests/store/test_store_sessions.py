"""What the store promises of sessions and their lines while all goes well."""

import sqlite3
import threading
import time
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from kept_sessions import NOW, TOKEN, Opened, raw, record

from voice_agent.store import (
    SessionRecord,
    SessionState,
    Store,
    StoreError,
    hash_token,
    new_id,
    new_token,
)


def test_session_comes_back_as_a_plain_object(opened: Opened) -> None:
    """What was created is found again, equal but for its owner, and not a row."""
    store = opened()
    store.create(record())
    found = store.get("s1")
    assert found == replace(record(), owner=store.run_id)
    assert type(found) is SessionRecord
    with pytest.raises(FrozenInstanceError):
        found.mode = "couple"  # type: ignore[misc]
    assert store.get("s2") is None
    assert store.list() == [found]


def test_lines_come_back_in_order_across_batches_and_starts(opened: Opened) -> None:
    """Appended lines are read in order, those that wait included, also after another start."""
    store = opened()
    store.create(record())
    store.append("s1", ["one", "two"])
    store.append("s1", [])
    store.append("s1", ["three"])
    assert list(store.lines("s1")) == ["one", "two", "three"]
    store.close()
    again = opened()
    again.append("s1", ['{"text":"ü \u2028"}'])
    assert list(again.lines("s1")) == ["one", "two", "three", '{"text":"ü \u2028"}']
    assert list(again.lines("nobody")) == []


def test_many_lines_are_read_in_pieces(opened: Opened) -> None:
    """More lines than one read takes come back complete."""
    store = opened()
    store.create(record())
    expected = [f"line {n}" for n in range(1234)]
    store.append("s1", expected)
    assert list(store.lines("s1")) == expected


def test_append_from_many_threads_loses_and_mixes_nothing(opened: Opened) -> None:
    """Each session keeps all its lines, in its own order, whoever else writes meanwhile."""
    store = opened()
    names = [f"s{n}" for n in range(8)]
    for name in names:
        store.create(record(name))

    def write(name: str) -> None:
        for n in range(200):
            store.append(name, [f"{name} {n} a", f"{name} {n} b"])

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        assert list(store.lines(name)) == [f"{name} {n} {x}" for n in range(200) for x in "ab"]


def test_append_does_not_wait_for_the_disk(opened: Opened, url: str) -> None:
    """While another program holds the database, lines are taken, and written afterwards."""
    store = opened()
    store.create(record())
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for number in range(1000):
        store.append("s1", [str(number)])
    assert other.in_transaction  # all were taken although nothing could be written
    other.execute("ROLLBACK")
    other.close()
    assert list(store.lines("s1")) == [str(number) for number in range(1000)]


def test_line_is_on_disk_within_a_quarter_of_a_second(url: str) -> None:
    """With the default batch a line is committed at most 250 ms old."""
    writing, reading = Store(url), Store(url)
    writing.open(NOW)
    reading.open(NOW, serving=False)
    try:
        writing.create(record())
        ages = []
        for _ in range(3):
            count = len(list(reading.lines("s1")))
            began = time.monotonic()
            writing.append("s1", ["x"])
            while len(list(reading.lines("s1"))) == count and time.monotonic() - began < 5:
                time.sleep(0.005)
            ages.append(time.monotonic() - began)
        assert min(ages) <= 0.25  # the least: a busy machine is not what is measured
    finally:
        reading.close()
        writing.close()


def test_changes_are_seen_before_they_are_on_disk(url: str) -> None:
    """A reader sees what it has just changed, although the writer comes later."""
    store = Store(url, batch_s=30)
    store.open(NOW)
    try:
        store.create(record())
        store.touch("s1", NOW + 5, anchor_unix_s=NOW - 1)
        found = store.get("s1")
        assert found is not None
        assert (found.touched_unix, found.anchor_unix_s) == (NOW + 5, NOW - 1)
        store.close_session("s1", "interrupted", NOW + 6)
        (found,) = store.list()
        assert (found.state, found.closed_unix) == (SessionState.INTERRUPTED, NOW + 6)
        assert store.flush()
        assert store.get("s1") == found
        store.touch("nobody", NOW)
        store.close_session("nobody", "ended", NOW)
        assert store.get("nobody") is None
        assert store.flush()
    finally:
        store.close()


def test_token_opens_its_own_session_only(opened: Opened) -> None:
    """The right token opens; another, none, another session's or a deleted one's does not."""
    store = opened()
    store.create(record("s1"))
    store.create(replace(record("s2"), token_hash=hash_token("other")))
    assert store.verify_token("s1", TOKEN)
    assert not store.verify_token("s1", "other")
    assert not store.verify_token("s1", "")
    assert not store.verify_token("s1", hash_token(TOKEN))
    assert not store.verify_token("s2", TOKEN)
    assert not store.verify_token("nobody", TOKEN)
    assert not store.verify_token("nobody", "")
    assert not store.verify_token("s1", "ä\ud800")
    store.delete("s1")
    assert not store.verify_token("s1", TOKEN)


def test_ids_and_tokens_are_long_and_new_each_time() -> None:
    """Neither can be guessed: 128 and 256 bits from the system's source."""
    assert len({new_id() for _ in range(100)}) == 100
    assert len(bytes.fromhex(new_id())) == 16
    assert len(new_token()) >= 43
    assert hash_token("a") != hash_token("b")


def test_token_itself_is_not_stored(opened: Opened, tmp_path: Path) -> None:
    """Only the token's hash is in the files."""
    store = opened()
    store.create(record())
    store.close()
    assert TOKEN.encode() not in raw(tmp_path)


def test_second_session_with_the_same_id_is_refused(opened: Opened) -> None:
    """An id is used once; the first session stays as it was."""
    store = opened()
    store.create(record())
    store.append("s1", ["x"])
    with pytest.raises(StoreError, match="exists already"):
        store.create(replace(record(), mode="couple"))
    found = store.get("s1")
    assert found is not None
    assert found.mode == "solo"
    assert list(store.lines("s1")) == ["x"]
