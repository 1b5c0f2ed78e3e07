"""Rendered lines on disk: checked when read, written atomically, bounded, never in the way."""

import contextlib
import errno
import hashlib
import json
import os
import struct
import time
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from voice_agent.engines.tts.line import RenderedLine

_MAGIC = b"STILLHERE LINE 1\n"
_HEADER_LENGTH = struct.Struct("<I")
_DIGEST_BYTES = hashlib.sha256().digest_size
_SUFFIX = ".line"
_ABANDONED_S = 3600.0
"""A temporary file older than this belongs to a process that died."""


class FaultKind(StrEnum):
    """What was wrong with the cache."""

    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    UNWRITABLE = "unwritable"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class CacheFault:
    """Something that did not stop the line from being spoken, in one sentence for the log."""

    kind: FaultKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the cache has under a key: the line, or None; and a fault that is told once."""

    line: RenderedLine | None = None
    fault: CacheFault | None = None


class LineCache:
    """A folder of rendered lines named by their content's SHA-256, shared by processes.

    Nothing here raises for a bad disk: a line that cannot be read is absent, one that cannot be
    written is not kept, and each such fault is given to the caller once.
    """

    def __init__(self, folder: Path, max_bytes: int = 512 * 1024 * 1024) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._told: set[tuple[FaultKind, str]] = set()

    def has(self, key: str) -> bool:
        """Whether a file is kept under `key`; it is checked only when it is loaded."""
        return self._path(key).is_file()

    def load(self, key: str) -> Found:
        """Return the line kept under `key`; a damaged or foreign file counts as absent."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return Found()
        except OSError as error:
            return Found(fault=self._once(FaultKind.UNREADABLE, "", self._why("read", error)))
        try:
            line = decode(content, key)
        except ValueError as error:
            sentence = f"The kept line {path.name} is damaged ({error}); it is rendered again."
            return Found(fault=self._once(FaultKind.DAMAGED, key, sentence))
        with contextlib.suppress(OSError):  # a folder that is only read keeps its order
            os.utime(path)  # its last use, for `_make_room`: mounts rarely record reads
        return Found(line)

    def store(self, key: str, line: RenderedLine) -> Found:
        """Keep `line` under `key`, unless another process was faster: its line holds for both.

        Synthesis is not repeatable to the sample, so that two of one line would differ.

        Returns:
            The line that is kept now; None, and what was wrong, where it could not be.
        """
        temporary = self.folder / f".{uuid.uuid4().hex}.tmp"
        path = self._path(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(encode(line, key))
            if not _put(temporary, path):
                theirs = self.load(key)
                if theirs.line is not None:
                    return theirs
                temporary.replace(path)  # theirs is damaged
            self._make_room()
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            kind = FaultKind.FULL if full else FaultKind.UNWRITABLE
            return Found(fault=self._once(kind, "", self._why("written", error)))
        finally:
            with contextlib.suppress(OSError):  # the folder itself may be out of reach
                temporary.unlink(missing_ok=True)
        return Found(line)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _why(self, what: str, error: OSError) -> str:
        return (
            f"Lines cannot be {what} in {self.folder} ({error.strerror or error}): they are "
            "rendered anew; give a folder that can be written to and has room."
        )

    def _once(self, kind: FaultKind, about: str, sentence: str) -> CacheFault | None:
        if (kind, about) in self._told:
            return None
        self._told.add((kind, about))
        return CacheFault(kind, sentence)

    def _make_room(self) -> None:
        """Remove what was used longest ago until the folder is within `max_bytes`."""
        lines: list[tuple[float, int, Path]] = []
        now_s = time.time()
        for entry in os.scandir(self.folder):
            try:
                stat = entry.stat()
                if entry.name.endswith(_SUFFIX):
                    lines.append((stat.st_mtime, stat.st_size, Path(entry.path)))
                elif entry.name.endswith(".tmp") and now_s - stat.st_mtime > _ABANDONED_S:
                    Path(entry.path).unlink()
            except FileNotFoundError:
                continue  # another process was faster
        total = sum(size for _, size, _ in lines)
        for _, size, path in sorted(lines):
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size


def _put(temporary: Path, path: Path) -> bool:
    """Put a whole file in place; False where there is one already, which stays."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        temporary.replace(path)  # a file system without links: the last one wins
    return True


def encode(line: RenderedLine, key: str) -> bytes:
    """Return `line` as a file: magic, SHA-256 of the rest, header length, JSON header, PCM."""
    header = json.dumps(
        {
            "key": key,
            "sample_rate": line.sample_rate,
            "samples": len(line.samples),
            "phrases": line.phrases,
        }
    ).encode()
    body = _HEADER_LENGTH.pack(len(header)) + header + line.samples.astype("<i2").tobytes()
    return _MAGIC + hashlib.sha256(body).digest() + body


def decode(content: bytes, key: str) -> RenderedLine:
    """Return the line in a file's `content`.

    Raises:
        ValueError: it is no kept line, is damaged or truncated, or belongs to another key.
    """
    if not content.startswith(_MAGIC):
        raise ValueError("not a rendered line")
    body = content[len(_MAGIC) + _DIGEST_BYTES :]
    if hashlib.sha256(body).digest() != content[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES]:
        raise ValueError("wrong checksum")
    start = _HEADER_LENGTH.size
    if len(body) < start:
        raise ValueError("no header")
    (length,) = _HEADER_LENGTH.unpack_from(body)
    header = json.loads(body[start : start + length])
    if header["key"] != key:
        raise ValueError("kept under another line's name")
    samples = np.frombuffer(body, dtype="<i2", offset=start + length).astype(np.int16)
    if len(samples) != header["samples"]:
        raise ValueError("wrong length")
    return RenderedLine(samples, header["sample_rate"], tuple(header["phrases"]))
