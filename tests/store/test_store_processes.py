"""One process serves a database at a time; what it leaves, however it ends, the next one finds."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kept_sessions import NOW, Opened, record

from voice_agent.core.errors import UsageError
from voice_agent.store import (
    SessionState,
    Store,
    StoreError,
)


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
from kept_sessions import NOW, record
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
