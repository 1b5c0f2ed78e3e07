"""Promises of the folder of rendered lines: whole or absent, bounded, never in the way."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from voice_agent.engines.tts import FaultKind, LineCache, RenderedLine

KEY = "a" * 64
OTHER = "b" * 64


def a_line(value: int = 7, samples: int = 1000) -> RenderedLine:
    return RenderedLine(np.full(samples, value, dtype=np.int16), 22_050, (0, samples // 2))


def kept_file(cache: LineCache, key: str = KEY) -> Path:
    return cache.folder / f"{key}.line"


@pytest.fixture
def cache(tmp_path: Path) -> LineCache:
    return LineCache(tmp_path / "lines")


def test_another_process_finds_what_was_stored(cache: LineCache):
    """What one cache stores, another on the same folder gives back to the sample."""
    assert cache.store(KEY, a_line()).fault is None
    found = LineCache(cache.folder).load(KEY)
    assert found.fault is None
    assert found.line is not None
    np.testing.assert_array_equal(found.line.samples, a_line().samples)
    assert (found.line.sample_rate, found.line.phrases) == (22_050, (0, 500))


def test_missing_line_is_absent_without_a_fault(cache: LineCache):
    """A line that was never stored is nothing to report, nor is a missing folder."""
    found = cache.load(KEY)
    assert (found.line, found.fault) == (None, None)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.5, 0.999])
def test_truncated_file_is_absent(cache: LineCache, share: float):
    """A file that lost its end counts as absent and says so."""
    cache.store(KEY, a_line())
    content = kept_file(cache).read_bytes()
    kept_file(cache).write_bytes(content[: int(len(content) * share)])
    found = cache.load(KEY)
    assert found.line is None
    assert found.fault is not None
    assert found.fault.kind is FaultKind.DAMAGED


@pytest.mark.parametrize("at", [0, 20, 60, 70, 100, 500, -1])
def test_one_changed_byte_makes_the_file_absent(cache: LineCache, at: int):
    """The checksum covers header and sound."""
    cache.store(KEY, a_line())
    content = bytearray(kept_file(cache).read_bytes())
    content[at] ^= 0x10
    kept_file(cache).write_bytes(content)
    assert cache.load(KEY).line is None


def test_foreign_file_is_absent(cache: LineCache):
    """A file of something else under a line's name is not played."""
    cache.folder.mkdir()
    kept_file(cache).write_bytes(b"RIFF" + bytes(5000))
    assert cache.load(KEY).line is None


def test_line_under_another_name_is_absent(cache: LineCache):
    """A sound file copied to another line's name does not say the wrong words."""
    cache.store(KEY, a_line())
    kept_file(cache).rename(kept_file(cache, OTHER))
    assert cache.load(OTHER).line is None


def test_damaged_file_is_replaced_by_the_next_store(cache: LineCache):
    """After the line is rendered again the folder is whole."""
    cache.folder.mkdir()
    kept_file(cache).write_bytes(b"")
    assert cache.load(KEY).fault is not None
    cache.store(KEY, a_line())
    assert cache.load(KEY).line is not None


def test_nothing_but_lines_is_left_in_the_folder(cache: LineCache):
    """Temporary files become lines or go."""
    cache.store(KEY, a_line())
    cache.store(KEY, a_line(8))
    assert [path.name for path in cache.folder.iterdir()] == [f"{KEY}.line"]


def test_line_used_longest_ago_makes_room(tmp_path: Path):
    """When the folder is over its bound, the line not used for longest goes first."""
    cache = LineCache(tmp_path, max_bytes=5000)
    cache.store(KEY, a_line())
    cache.store(OTHER, a_line())
    os.utime(kept_file(cache), (1, 1))
    os.utime(kept_file(cache, OTHER), (2, 2))
    assert cache.load(KEY).line is not None, "used now, so it is the newer one"
    cache.store("c" * 64, a_line())
    assert {path.stem[0] for path in tmp_path.iterdir()} == {"a", "c"}


def test_abandoned_temporary_files_are_swept(cache: LineCache):
    """What a killed process left behind goes at a later store; a fresh one stays."""
    cache.folder.mkdir()
    old, fresh = cache.folder / ".old.tmp", cache.folder / ".fresh.tmp"
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    os.utime(old, (1, 1))
    cache.store(KEY, a_line())
    assert not old.exists()
    assert fresh.exists()


def test_folder_that_cannot_be_written_is_told_once(tmp_path: Path):
    """A folder that cannot be made is reported with the first line only, and never raises."""
    (tmp_path / "file").write_bytes(b"")
    cache = LineCache(tmp_path / "file" / "lines")
    fault = cache.store(KEY, a_line()).fault
    assert fault is not None
    assert fault.kind is FaultKind.UNWRITABLE
    assert "lines" in fault.sentence
    assert cache.store(OTHER, a_line()).fault is None
    assert cache.load(KEY).line is None


def test_full_disk_is_told_once_and_leaves_nothing(
    cache: LineCache, monkeypatch: pytest.MonkeyPatch
):
    """A disk that fills while a line is written leaves no half file behind."""
    write = Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        write(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    fault = cache.store(KEY, a_line()).fault
    assert fault is not None
    assert fault.kind is FaultKind.FULL
    assert cache.store(KEY, a_line()).fault is None
    assert list(cache.folder.iterdir()) == []
