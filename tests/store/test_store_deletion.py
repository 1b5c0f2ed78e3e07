"""What is deleted, or too old, is gone from every file."""

from dataclasses import replace
from pathlib import Path

from kept_sessions import NOW, Opened, raw, record


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
    assert planted.encode() in raw(tmp_path)
    store.append("gone", [planted])  # still waits when the deletion comes
    assert store.delete("gone")
    assert planted.encode() not in raw(tmp_path)
    assert b"gone" not in raw(tmp_path)
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
    assert b"planted" not in raw(tmp_path)
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
    assert b"planted" not in raw(tmp_path)


def test_time_in_the_future_counts_from_now(opened: Opened) -> None:
    """A clock that was wrong does not keep a session for years."""
    store = opened()
    store.create(record("s1", NOW + 1e8))
    store.create(record("s2"))
    assert store.sweep(NOW) == 0
    assert store.sweep(NOW + 1800) == 2
