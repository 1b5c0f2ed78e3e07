"""What may stand in a log and what may not: nothing that tells who somebody is or what they said."""

import ipaddress
import re
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import PurePath
from typing import Any

from voice_agent.core.errors import StillHereError

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
        return fault_of(value)["type"]
    return mask(str(value))[:_LONGEST]


def scrub(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop forbidden fields and mask what looks personal in all others (a structlog processor)."""
    clean: dict[str, Any] = {}
    for key, value in event.items():
        if key in ("_record", "_from_structlog"):
            clean[key] = value
        elif key in _KEPT_KEYS or not _is_forbidden(key):
            clean[key] = value if key == "exception" else _clean(key, value)
    return clean


def fault_of(error: BaseException) -> dict[str, Any]:
    """Return an error's type and where it was raised: its message may hold words."""
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
