"""What must hold before a phone may listen: an address of ours, and logs without callers."""

import ctypes
import errno
import functools
import logging
import platform
import socket

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.log import get_logger

_log = get_logger(__name__)


class PhoneError(StillHereError):
    """The phone part cannot work; the sentence says what to do."""


def joined(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_address(host: str, port: int) -> tuple[str, int]:
    """Return `host` as an address and `port` (0: a free one), or say why they cannot be used.

    The stack itself starts without a word where the address is not one of this machine.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"{port} is not a port: give one from 1 to 65535, such as 5060.")
    try:
        family, _, _, _, sockaddr = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError:
        raise UsageError(
            f"'{host}' is not an address of this machine: give one, such as 127.0.0.1, "
            "with --sip HOST:PORT."
        ) from None
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.bind(sockaddr)
            port = udp.getsockname()[1]
            with socket.socket(family, socket.SOCK_STREAM) as tcp:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind((sockaddr[0], port))
    except OSError as error:
        raise PhoneError(_why_not(error, host, port)) from None
    return str(sockaddr[0]), port


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use: end the program that uses it, "
            "or give another port with --sip HOST:PORT."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"This machine has no address {host}: give one of its own, such as 127.0.0.1, "
            "with --sip HOST:PORT."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system: give one above 1023 with --sip HOST:PORT."
    return f"The phone cannot listen on {host}:{port} ({error.strerror}): give another address."


class _Faults(logging.Handler):
    """Passes on that the phone library reported a fault, not what: it may name the caller."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one sentence without the record's words."""
        _log.error("the phone library reported a fault (%s)", record.name)


def keep_callers_out_of_logs() -> None:
    """Stop the library's own records, which carry numbers, addresses, Call-IDs and keys."""
    library = logging.getLogger("baresip")
    library.propagate = False
    library.setLevel(logging.ERROR)
    library.handlers[:] = [_Faults()]
    _mute_native_stderr()


@functools.cache
def _mute_native_stderr() -> None:
    """Send what C code prints on its own `stderr` nowhere.

    The stack prints the address and request line of what it does not understand there, past
    its own log. Python's stderr, faulthandler and C++ streams do not go this way and stay.
    """
    if platform.libc_ver()[0] != "glibc":
        return  # elsewhere the variable may not be set
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    nowhere = libc.fopen(b"/dev/null", b"we")
    if nowhere:
        ctypes.c_void_p.in_dll(libc, "stderr").value = nowhere
