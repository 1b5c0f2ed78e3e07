"""The way of a record through structlog; imported with the first record, as it takes .05 s."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor

from voice_agent.log.masking import fault_of, scrub

OURS = "voice_agent"
"""Loggers below this name are ours."""


def _shorten_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and where it was raised: its message may hold words."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = sys.exc_info()[1] if info is True else info
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = fault_of(error)
    return event


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


_FIRST: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
]
_LAST: list[Processor] = [
    _shorten_exception,
    scrub,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def bound(name: str) -> structlog.stdlib.BoundLogger:
    """Return structlog's logger of the module `name`."""
    if not structlog.is_configured():  # otherwise it prints to stdout, which belongs to results
        _configure_structlog()
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def formatter(*, as_json: bool, colours: bool) -> logging.Formatter:
    """Return what makes one clean line of every record, ours or a library's."""
    rendering: list[Processor] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [_flatten_exception, structlog.dev.ConsoleRenderer(colors=colours)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            _only_facts_of_others,
            *_FIRST,
            *_LAST,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


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
