"""Logging to stderr: readable on a terminal, JSON otherwise, and never anything personal."""

import contextlib
import ipaddress
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from voice_agent.core.errors import StillHereError

OURS = "voice_agent"
"""Loggers below this name are ours: `get_logger(__name__)`."""

FORBIDDEN = frozenset(
    [
        "address",
        "addr",
        "answer",
        "asr",
        "audio",
        "auth",
        "authorization",
        "body",
        "callee",
        "caller",
        "caption",
        "contact",
        "content",
        "cookie",
        "credential",
        "credentials",
        "from",
        "header",
        "headers",
        "hint",
        "host_name",
        "hypothesis",
        "input",
        "instructions",
        "name",
        "names",
        "number",
        "params",
        "password",
        "payload",
        "person",
        "phone",
        "prompt",
        "query",
        "sdp",
        "secret",
        "sentence",
        "speech_text",
        "spoken",
        "text",
        "to",
        "token",
        "tokens",
        "transcript",
        "transcription",
        "transcripts",
        "uri",
        "url",
        "user",
        "username",
        "utterance_text",
        "words",
    ]
)
"""A field is dropped when its name, or a part of it between underscores, is one of these."""

_QUIET = ("uvicorn.access", "sqlalchemy", "alembic", "httpx", "httpcore", "faster_whisper", "piper")
_ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "livekit", "livekit.agents", "alembic")
_KEPT_KEYS = frozenset({"event", "level", "logger", "exception"})
_COUNTS = ("_unix", "_unix_s", "_ms", "_ns", "_bytes", "_samples", "_count", "samples", "frames")
_LONGEST = 500

_SIP = re.compile(r"(?i)\b(?:sips?|tel)(?::|%3a)[^\s\"'<>;,]+")
_ADDRESS = re.compile(r"[^\s@\"'<>,;:/()=]+(?:@|%40)[\w.\-\[\]:]*\w")
_PHONE = re.compile(
    r"(?:(?<![0-9A-Za-z_])|(?<=%2B)|(?<=%2b)|(?<=%20))"
    r"(?:\+|00)?\(?\d(?:[\s().\-/\u00a0\u2010-\u2015]{0,3}\d){6,}(?![0-9A-Za-z_])"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)?")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")


def mask(text: str) -> str:
    """Return `text` without phone numbers, SIP URIs, mail addresses and addresses of machines.

    Figures of seven digits or more go too when they could be dialled: better one count lost
    than one number kept. Dates, times and the machine's own addresses stay.

    Example:
        >>> mask("call from +1 (415) 555-0134 at sip:ada@example.org")
        'call from [number] at [sip]'
    """
    text = _SIP.sub("[sip]", text)
    text = _ADDRESS.sub("[address]", text)
    # Days and own addresses have digits enough to be numbers: they are kept aside meanwhile.
    parts: list[str] = []
    end = 0
    for kept in _kept(text):
        parts += [_PHONE.sub("[number]", text[end : kept.start()]), _machine(kept[0])]
        end = kept.end()
    return "".join([*parts, _PHONE.sub("[number]", text[end:])])


def _kept(text: str) -> Iterable[re.Match[str]]:
    found = [m for pattern in (_DAY, _IPV4, _IPV6) for m in pattern.finditer(text)]
    end = 0
    for match in sorted(found, key=lambda m: m.start()):
        if match.start() >= end:
            end = match.end()
            yield match


def _machine(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text if _DAY.fullmatch(text) or ":" in text else "[number]"
    return text if address.is_loopback or address.is_unspecified else "[host]"


def _is_forbidden(key: str) -> bool:
    lowered = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
    return lowered in FORBIDDEN or not FORBIDDEN.isdisjoint(re.split(r"[^a-z]+", lowered))


def _clean(key: str, value: object) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        dialled = len(str(abs(value))) >= 10 and not key.endswith(_COUNTS)
        return "[number]" if dialled else value
    if isinstance(value, Mapping):
        return {
            mask(str(k)): _clean(str(k), v) for k, v in value.items() if not _is_forbidden(str(k))
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, BaseException):
        return _fault(value)["type"]
    return mask(str(value))[:_LONGEST]


def scrub(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Drop forbidden fields and mask what looks personal in all others (a structlog processor)."""
    clean: EventDict = {}
    for key, value in event.items():
        if key in ("_record", "_from_structlog"):
            clean[key] = value
        elif key in _KEPT_KEYS or not _is_forbidden(key):
            clean[key] = value if key == "exception" else _clean(key, value)
    return clean


def _shorten_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and where it was raised: its message may hold words."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = _fault(error)
    return event


def _fault(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    fault: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if isinstance(error, StillHereError):
        fault["sentence"] = mask(str(error))[:_LONGEST]
    frames = [*traceback.walk_tb(error.__traceback__)]
    fault["stack"] = " > ".join(
        f"{'/'.join(PurePath(f.f_code.co_filename).parts[-2:])}:{line} {f.f_code.co_name}"
        for f, line in frames[-12:]
    )
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        fault["cause"] = type(cause).__qualname__
    return fault


def _only_facts_of_others(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Of a library's record keep its first line and its figures: its texts may be a transcript."""
    record: logging.LogRecord = event["_record"]
    if record.name.split(".")[0] == OURS:
        return event
    event["event"] = next(iter(str(event["event"]).splitlines()), "")
    known = {"event", "_record", "_from_structlog", "exc_info", "stack_info", "level", "logger"}
    return {
        key: value
        for key, value in event.items()
        if key in known or isinstance(value, bool | int | float)
    }


def _flatten_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Put an exception on the terminal's one line."""
    fault = event.pop("exception", None)
    if isinstance(fault, dict):
        event["fault"] = "; ".join(str(part) for part in fault.values() if part)
    return event


class _Handler(logging.StreamHandler[TextIO]):
    """Writes records; one that cannot be written is reported without its values."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's own name
        with contextlib.suppress(OSError, ValueError):  # the stream itself is gone
            self.stream.write(f"a log record of {record.name} could not be written\n")


_FIRST: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
]
_LAST: list[Processor] = [
    _shorten_exception,
    scrub,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_FIRST,
            *_LAST,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return our logger of the module `name`: `log.info("session started", mode="solo")`."""
    if not structlog.is_configured():
        _configure_structlog()  # otherwise structlog prints to stdout, which belongs to results
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


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
    rendering: list[Processor] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [_flatten_exception, structlog.dev.ConsoleRenderer(colors=terminal)]
    )
    _configure_structlog()
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.ExtraAdder(),
                _only_facts_of_others,
                *_FIRST,
                *_LAST,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    chosen = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(chosen, logging.INFO))
    logging.getLogger(OURS).setLevel(chosen)
    for name in _ROUTED:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(chosen, logging.WARNING))
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_fault


def _log_thread_fault(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        get_logger(OURS).error("a thread ended by a fault", exc_info=args.exc_value)
