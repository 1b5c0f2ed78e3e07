"""What the store promises while all goes well."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.store import (
    SessionRecord,
    SessionState,
    Store,
    StoreError,
    hash_token,
    new_id,
    new_token,
)

NOW = 1_700_000_000.0
TOKEN = "a-token-of-one-page"


def record(session_id: str = "s1", now_unix: float = NOW) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        token_hash=hash_token(TOKEN),
        mode="solo",
        via="webrtc",
        country="US",
        created_unix=now_unix,
        touched_unix=now_unix,
        header={"type": "session", "schema": 1},
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/still-here.sqlite3"


Opened = Callable[..., Store]


@pytest.fixture
def opened(url: str) -> Iterator[Opened]:
    stores: list[Store] = []

    def make(now_unix: float = NOW, *, serving: bool = True) -> Store:
        store = Store(url, batch_s=0.01)
        stores.append(store)
        store.open(now_unix, serving=serving)
        return store

    yield make
    for store in stores:
        store.close()


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
    assert TOKEN.encode() not in _raw(tmp_path)


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


def _raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_deleted_session_is_in_no_file_anymore(opened: Opened, tmp_path: Path) -> None:
    """After `delete` returns True nothing of the session is found in the raw files."""
    store = opened()
    planted = "a sentence planted to be searched for"
    store.create(record("gone"))
    store.create(record("stays"))
    for n in range(300):
        store.append("gone", [f'{{"seq":{n},"text":"{planted} {n}"}}' + " " * (n * 37 % 900)])
        store.append("stays", [f'{{"seq":{n}}}'])
    store.append("gone", [planted * 3000])
    store.flush()
    assert planted.encode() in _raw(tmp_path)
    store.append("gone", [planted])  # still waits when the deletion comes
    assert store.delete("gone")
    assert planted.encode() not in _raw(tmp_path)
    assert b"gone" not in _raw(tmp_path)
    assert store.get("gone") is None
    assert list(store.lines("gone")) == []
    assert len(list(store.lines("stays"))) == 300


def test_lines_after_a_deletion_are_dropped(opened: Opened, tmp_path: Path) -> None:
    """What a session still says after "Leave now" is not written, and hurts nobody else."""
    store = opened()
    store.create(record("gone"))
    store.create(record("stays"))
    assert store.delete("gone")
    store.append("gone", ["planted"])
    store.append("stays", ["kept"])
    assert store.flush()
    assert list(store.lines("stays")) == ["kept"]
    assert b"planted" not in _raw(tmp_path)
    assert store.delete("gone")


def test_sweep_deletes_what_was_closed_or_silent_for_too_long(opened: Opened) -> None:
    """One second before its time a session stays, at its time it goes; research stays."""
    store = opened()
    store.create(record("closed"))
    store.close_session("closed", "interrupted", NOW)
    store.create(record("untouched"))
    store.create(record("touched"))
    store.touch("touched", NOW + 100)
    store.create(replace(record("research"), research_kept=True))
    store.append("closed", ["x"])
    assert store.sweep(NOW + 1799) == 0
    assert store.sweep(NOW + 1800) == 2
    assert [r.id for r in store.list()] == ["research", "touched"]
    assert list(store.lines("closed")) == []
    assert store.sweep(NOW + 1900) == 1
    assert store.sweep(NOW + 10_000_000) == 0


def test_sweep_leaves_nothing_in_the_files(opened: Opened, tmp_path: Path) -> None:
    """What is swept is gone from the raw files too."""
    store = opened()
    store.create(record("gone"))
    store.append("gone", ["planted " * 50] * 50)
    assert store.flush()
    assert store.sweep(NOW + 1800) == 1
    assert b"planted" not in _raw(tmp_path)


def test_time_in_the_future_counts_from_now(opened: Opened) -> None:
    """A clock that was wrong does not keep a session for years."""
    store = opened()
    store.create(record("s1", NOW + 1e8))
    store.create(record("s2"))
    assert store.sweep(NOW) == 0
    assert store.sweep(NOW + 1800) == 2


def test_start_sweeps_and_interrupts_what_a_dead_process_left(opened: Opened) -> None:
    """At open a live session of another run is interrupted, closed when last seen, or swept."""
    first = opened()
    first.create(record("young"))
    first.touch("young", NOW + 60)
    first.create(record("ended"))
    first.close_session("ended", "ended", NOW + 50)
    first.create(record("old"))
    first.touch("old", NOW - 1750)
    first.close()
    second = opened(NOW + 100)
    states = {r.id: (r.state, r.closed_unix) for r in second.list()}
    assert states == {
        "young": (SessionState.INTERRUPTED, NOW + 60),
        "ended": (SessionState.ENDED, NOW + 50),
    }


def test_interrupted_session_is_taken_over_once(opened: Opened) -> None:
    """Going on makes it live and this run's; one that is live or gone cannot be taken over."""
    first = opened()
    first.create(record())
    first.append("s1", ["one"])
    assert first.resume_session("s1", NOW) is None
    first.close()
    second = opened(NOW + 10)
    taken = second.resume_session("s1", NOW + 20)
    assert taken is not None
    assert (taken.state, taken.closed_unix) == (SessionState.LIVE, None)
    assert (taken.touched_unix, taken.owner) == (NOW + 20, second.run_id)
    assert second.resume_session("s1", NOW + 21) is None
    assert second.resume_session("nobody", NOW) is None
    second.append("s1", ["two"])
    assert list(second.lines("s1")) == ["one", "two"]


def test_second_serving_process_is_refused_and_a_look_is_not(opened: Opened) -> None:
    """Two services on one database would interrupt each other's sessions: the second is refused."""
    serving = opened()
    serving.create(record())
    with pytest.raises(UsageError, match="VOICE_AGENT_DATABASE_URL"):
        opened()
    looking = opened(NOW + 10_000, serving=False)
    (seen,) = looking.list()
    assert seen.state is SessionState.LIVE
    assert looking.delete("s1")
    assert serving.get("s1") is None


def test_files_are_readable_by_their_owner_alone(opened: Opened, tmp_path: Path) -> None:
    """Folder, database and its side files give others no rights."""
    store = opened()
    store.create(record())
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    files = list((tmp_path / "data").iterdir())
    assert len(files) >= 3
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_closing_writes_all_and_leaves_one_file(opened: Opened, tmp_path: Path) -> None:
    """`close` commits what waits and removes the side files; a second one does nothing."""
    store = opened()
    store.create(record())
    store.append("s1", ["last"])
    store.close()
    store.close()
    left = {path.name for path in (tmp_path / "data").iterdir()}
    assert left == {"still-here.sqlite3", "still-here.sqlite3.lock"}
    assert list(opened().lines("s1")) == ["last"]
    assert not [t for t in threading.enumerate() if t.name == "store-writer" and not t.is_alive()]


@pytest.mark.parametrize("call", ["get", "lines", "delete"])
def test_closed_store_says_so(url: str, call: str) -> None:
    """A store that is not open answers with one sentence."""
    store = Store(url)
    with pytest.raises(StoreError, match="not open"):
        list(getattr(store, call)("s1") or ())


DIES = """
import sys, time
from voice_agent.store import Store
sys.path.insert(0, sys.argv[2])
from test_store_sessions import NOW, record
store = Store(sys.argv[1])
store.open(NOW)
store.create(record())
n = 0
while True:
    store.append("s1", [f"line {n}"])
    n += 1
    if n == 50:
        store.flush()
        print("flushed", flush=True)
    time.sleep(.002)
"""


def test_killed_process_leaves_its_lines_and_no_lock(opened: Opened, url: str) -> None:
    """After kill -9 the next start finds a gapless beginning, interrupted, and may serve."""
    root = Path(__file__).parent.parent.parent
    child = subprocess.Popen(
        [sys.executable, "-c", DIES, url, str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"flushed\n"
    child.kill()
    child.wait()
    child.stdout.close()
    store = opened(NOW + 1)
    (left,) = store.list()
    assert left.state is SessionState.INTERRUPTED
    lines = list(store.lines("s1"))
    assert len(lines) >= 50
    assert lines == [f"line {n}" for n in range(len(lines))]
