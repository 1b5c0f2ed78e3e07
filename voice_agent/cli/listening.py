"""What must hold before `serve` listens: a certificate with its key, and a port that is free."""

import errno
import socket
from pathlib import Path

from voice_agent.core.errors import StillHereError, UsageError


def check_tls(cert: Path | None, key: Path | None) -> None:
    """Check that the certificate and its key can be served with.

    Raises:
        UsageError: one is missing, is none, is locked by a password, or they do not fit.
    """
    if cert is None or key is None:
        return
    import ssl

    for path, what in ((cert, "certificate"), (key, "private key")):
        try:
            text = path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"The {what} {path} cannot be read ({error.strerror}); check its path and rights."
            ) from None
        if b"-----BEGIN " not in text:
            raise UsageError(f"{path} is no {what}; give a PEM file, with its BEGIN and END lines.")
        if what == "private key" and b"ENCRYPTED" in text:
            raise UsageError(
                f"The private key {path} is locked by a password; "
                f"unlock it: openssl pkey -in {path} -out unlocked.pem."
            )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, lambda: b"")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"The private key {key} does not belong to the certificate {cert}; "
                "give the two that were made together."
            ) from None
        raise UsageError(
            f"{cert} and {key} are no certificate with its private key; give two PEM files."
        ) from None


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there already, so that a taken port is told before all else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, UnicodeError) as error:
        listening.close()
        raise _unusable(error, host, port) from None
    return listening


def _unusable(error: OSError | UnicodeError, host: str, port: int) -> StillHereError:
    if isinstance(error, (UnicodeError, socket.gaierror)):
        return UsageError(f"'{host}' is no address; give one of this machine, as 127.0.0.1.")
    if error.errno == errno.EADDRINUSE:
        return StillHereError(
            f"Port {port} on {host} is in use; end the program that uses it, "
            "or give another with --port (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        return StillHereError(f"Port {port} is reserved for the system; give one above 1023.")
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(
            f"This machine has no address {host}; give one of its own with --host, as 127.0.0.1."
        )
    return StillHereError(
        f"The address {host}:{port} cannot be used ({error.strerror}); "
        "give another with --host and --port."
    )
