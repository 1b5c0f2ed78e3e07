"""A session's log as a file: one JSON object a line, the first one says what wrote it."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from voice_agent.core.errors import SchemaError, StillHereError, UsageError
from voice_agent.core.wire import SCHEMA, dumps


class LogWriter:
    """Writes a log as it goes: each line is in the file when `write` returns.

    The file appears, in place of an older one, with its first line already in it.

    Args:
        path: the file.
        header: fields of the first line besides `type` and `schema`.

    Raises:
        UsageError: the file cannot be written there.
        StillHereError: the disk is full; an older log is still there.
    """

    def __init__(self, path: Path | str, header: Mapping[str, Any]) -> None:
        self._path = Path(path)
        self._file = self._start(dumps({"type": "session", "schema": SCHEMA, **header}))

    def _start(self, first: str) -> IO[str]:
        beside: Path | None = None
        try:
            if self._path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            target = self._path.resolve()  # behind a link stands the file, not the link
            if not target.exists() or target.is_file():
                beside = target.with_name(f".{target.name}.{os.getpid()}.new")
            # A device or a pipe is written to, never replaced.
            file = (beside or target).open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(_unwritable(self._path, error)) from None
        try:
            file.write(first + "\n")
            file.flush()
            if beside is not None:
                beside.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):  # it cannot be written to its end
                file.close()
            if beside is not None:
                beside.unlink(missing_ok=True)
            raise StillHereError(_unwritable(self._path, error)) from None
        return file

    def write(self, line: Mapping[str, Any] | str) -> None:
        """Add an object, or a line that is one already (without its end).

        Raises:
            StillHereError: the disk is full or gone.
        """
        text = line if isinstance(line, str) else dumps(line)
        try:
            self._file.write(text + "\n")
            self._file.flush()
        except OSError as error:
            raise StillHereError(
                f"The log {self._path} could not be continued ({error.strerror}); what was "
                "written before can be read."
            ) from None

    def close(self) -> None:
        """Finish the file; a second call does nothing."""
        # What could not be written was told by `write`; closing would try, and fail, again.
        with contextlib.suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path} cannot be written ({error.strerror}); name a file in a folder that can."


class LogLines(Iterator[dict[str, Any]]):
    """The lines after the first, read as they are asked for.

    Attributes:
        truncated: the last line was cut off, as a killed process leaves it, and left out; known
            when all have been read.
        number: of the line read last, from 1.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.truncated = False
        self._path = path
        self._file = file
        self.number = 0

    def __next__(self) -> dict[str, Any]:
        """Return the next line.

        Raises:
            UsageError: a line, named by its number, is not a JSON object.
        """
        for line in self._file:
            self.number += 1
            value = self._parse(line)
            if value is not None:
                return value
        self._file.close()
        raise StopIteration

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        if not line.strip():
            return None
        try:
            value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        except ValueError:  # JSON's and UTF-8's
            if not line.endswith(b"\n"):
                self.truncated = True
                return None
            value = None
        if not isinstance(value, dict):
            raise UsageError(
                f"{self._path}, line {self.number}: not a JSON object; a log has one on each line."
            )
        return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def read_log(path: Path | str) -> tuple[dict[str, Any], LogLines]:
    """Return a log's first line and an iterator over the others.

    Raises:
        UsageError: no such file, or not a log.
        SchemaError: written by a version whose schema this one does not know.
    """
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from None
    lines = LogLines(path, file)
    try:
        return _header(path, lines), lines
    except UsageError:
        file.close()
        raise


def _header(path: Path, lines: LogLines) -> dict[str, Any]:
    header = next(lines, None)
    if header is None or header.get("type") != "session":
        raise UsageError(
            f'{path}, line 1: not a log; a log begins with {{"type":"session","schema":{SCHEMA}, …}}.'
        )
    if header.get("schema") != SCHEMA:
        raise SchemaError(header.get("schema"), SCHEMA)
    return header
