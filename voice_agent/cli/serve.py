"""`voice-agent serve`: the embedded service, for the web and the phone."""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.start import begin, note
from voice_agent.core.errors import StillHereError, UsageError

if TYPE_CHECKING:
    from voice_agent.agent.decoders import Decoders
    from voice_agent.settings import Settings


_ONE_OF_TWO = "VOICE_AGENT_TLS: give both cert and key, or neither."


def serve(
    host: Annotated[str | None, typer.Option(help="Address of the page [127.0.0.1].")] = None,
    port: Annotated[
        str | None, typer.Option(metavar="PORT", help="Its port [8080]; 0 takes a free one.")
    ] = None,
    sip: Annotated[
        str | None,
        typer.Option(metavar="[HOST:PORT]", help="Also answer phone calls [127.0.0.1:5060]."),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Certificate (PEM). A phone's browser gives no microphone without it.",
        ),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")
    ] = None,
) -> None:
    """Serve the page on 127.0.0.1:8080 and, with --sip, answer phone calls.

    Without HTTPS (--tls-cert, --tls-key) the page works on this machine alone: another device's
    browser gives no microphone to a page that came without it.
    """
    given: dict[str, object] = {"host": host, "port": port}
    if sip:
        given["sip"] = _listen(sip)
    if tls_cert is not None or tls_key is not None:
        given["tls"] = {"cert": tls_cert, "key": tls_key}
    options = {
        variable: option
        for value, variable, option in (
            (host, "VOICE_AGENT_HOST", "--host"),
            (port, "VOICE_AGENT_PORT", "--port"),
            (sip, "VOICE_AGENT_SIP__HOST", "--sip"),
            (sip, "VOICE_AGENT_SIP__PORT", "the port of --sip"),
            (tls_cert, _ONE_OF_TWO, "HTTPS needs both --tls-cert and --tls-key; give both."),
            (tls_key, _ONE_OF_TWO, "HTTPS needs both --tls-cert and --tls-key; give both."),
        )
        if value is not None
    }
    settings = begin(options, **given)
    check_tls(settings.tls.cert, settings.tls.key)
    # Ctrl-C is how a service is ended: sessions under way are kept, and nothing went wrong.
    with _bound(settings.host, settings.port) as bound, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, bound, phone=sip is not None))


def _listen(text: str) -> dict[str, object]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not host:
        raise UsageError(f"'{text}' is no address for calls; give HOST:PORT, as 127.0.0.1:5060.")
    return {"host": host.strip("[]"), "port": port}


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


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there already, so that a taken port is told before all else."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except (OSError, UnicodeError) as error:
        bound.close()
        raise _unusable(error, host, port) from None
    return bound


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


async def _serve(settings: "Settings", bound: socket.socket, *, phone: bool) -> None:
    import threading

    from voice_agent.agent.decoders import Decoders

    # The models load while the rest is imported: together they would take twice as long.
    decoders = Decoders(settings)
    # Not a daemon: a thread that is inside a native library at exit crashes the process.
    threading.Thread(target=_load, args=(decoders,)).start()
    import uvicorn

    from voice_agent.web.app import make_app
    from voice_agent.web.service import Service

    service = Service(settings, phone=phone, decoders=decoders)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(service),
            log_config=None,
            access_log=False,
            server_header=False,
            ssl_certfile=settings.tls.cert,
            ssl_keyfile=settings.tls.key,
            timeout_graceful_shutdown=2,
            ws="none",
        )
    )
    try:
        await service.start(_progress)
        host, port = bound.getsockname()[:2]
        scheme = "https" if settings.tls.cert else "http"
        shown = f"[{host}]" if ":" in host else host
        if scheme == "http" and not ipaddress.ip_address(host).is_loopback:
            note(
                "Another device's browser gives no microphone to a page without HTTPS; "
                "give --tls-cert and --tls-key."
            )
        print(f"Ready: open {scheme}://{shown}:{port}", flush=True)
        if service.sip is not None:
            print(f"Ready: call sip:here@{settings.sip.host}:{service.sip.port}", flush=True)
        await server.serve(sockets=[bound])
    finally:
        await service.close()


def _load(decoders: "Decoders") -> None:
    """Begin to load; a fault is met again, and told, when the service starts."""
    with contextlib.suppress(StillHereError):
        decoders.load()


def _progress(done: int, of: int) -> None:
    """Say on a terminal how far the first rendering has come."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\rPreparing the voice: {done} of {of} lines", end=end, file=sys.stderr, flush=True)
