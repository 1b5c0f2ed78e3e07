"""Logging to stderr: readable on a terminal, JSON otherwise, and never anything personal."""

import contextlib
import logging
import sys
import threading
from typing import Any, TextIO

from voice_agent.log.masking import FORBIDDEN, mask

__all__ = ["FORBIDDEN", "Logger", "configure", "get_logger", "mask"]

_OURS = "voice_agent"
_QUIET = ("uvicorn.access", "sqlalchemy", "alembic", "httpx", "httpcore", "faster_whisper", "piper")
_ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "livekit", "livekit.agents", "alembic")


class Logger:
    """Ours of one module: `log.info("session started", mode="solo")`.

    structlog is imported with the first record that is written: a start without a word is sooner.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, *args: object, **fields: Any) -> None:
        """Log what helps to find a fault."""
        self._log(logging.DEBUG, event, args, fields)

    def info(self, event: str, *args: object, **fields: Any) -> None:
        """Log what happened."""
        self._log(logging.INFO, event, args, fields)

    def warning(self, event: str, *args: object, **fields: Any) -> None:
        """Log what somebody may want to look at."""
        self._log(logging.WARNING, event, args, fields)

    def error(self, event: str, *args: object, **fields: Any) -> None:
        """Log what did not work."""
        self._log(logging.ERROR, event, args, fields)

    def critical(self, event: str, *args: object, **fields: Any) -> None:
        """Log what ends the work."""
        self._log(logging.CRITICAL, event, args, fields)

    def exception(self, event: str, *args: object, **fields: Any) -> None:
        """Log, in an `except`, what did not work, with the error's type and place."""
        self._log(logging.ERROR, event, args, {"exc_info": True, **fields})

    def _log(self, level: int, event: str, args: tuple[object, ...], fields: Any) -> None:
        if logging.getLogger(self._name).isEnabledFor(level):
            from voice_agent.log.pipeline import bound

            bound(self._name).log(level, event, *args, **fields)


class _Formatter(logging.Formatter):
    """Becomes structlog's with the first record."""

    def __init__(self, *, as_json: bool, colours: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._colours = colours
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        if self._made is None:
            from voice_agent.log.pipeline import formatter

            self._made = formatter(as_json=self._as_json, colours=self._colours)
        return self._made.format(record)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes records; one that cannot be written is reported without its values."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's own name
        with contextlib.suppress(OSError, ValueError):  # the stream itself is gone
            self.stream.write(f"a log record of {record.name} could not be written\n")


def get_logger(name: str) -> Logger:
    """Return our logger of the module `name`: `get_logger(__name__)`."""
    return Logger(name)


def configure(
    level: str = "info", json: bool | None = None, *, stream: TextIO | None = None
) -> None:
    """Send all records of this process, ours and the libraries', through one clean handler.

    Args:
        level: the least of ours that is logged; libraries never log below "info".
        json: one JSON object a line; None means JSON unless `stream` is a terminal.
        stream: stderr unless given.
    """
    out = sys.stderr if stream is None else stream
    terminal = out.isatty()
    as_json = not terminal if json is None else json
    handler = _Handler(out)
    handler.setFormatter(_Formatter(as_json=as_json, colours=terminal))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    chosen = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(chosen, logging.INFO))
    logging.getLogger(_OURS).setLevel(chosen)
    for name in _ROUTED:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(chosen, logging.WARNING))
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_fault


def _log_thread_fault(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        get_logger(_OURS).error("a thread ended by a fault", exc_info=args.exc_value)
