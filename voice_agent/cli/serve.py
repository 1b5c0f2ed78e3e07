"""`voice-agent serve`: the embedded service, for the web and the phone."""

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.core.errors import StillHereError, UsageError

if TYPE_CHECKING:
    from voice_agent.agent.decoders import Decoders
    from voice_agent.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address of the page [127.0.0.1].")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Its port [8080]; 0 takes a free one.")
    ] = None,
    sip: Annotated[
        str | None,
        typer.Option(metavar="[HOST:PORT]", help="Also answer phone calls [127.0.0.1:5060]."),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(help="Certificate (PEM). A phone's browser gives no microphone without it."),
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Serve the page on 127.0.0.1:8080 and, with --sip, answer phone calls.

    Without HTTPS (--tls-cert, --tls-key) the page works on this machine alone: another device's
    browser gives no microphone to a page that came without it.
    """
    from voice_agent import log
    from voice_agent.settings import load_settings

    given: dict[str, object] = {}
    if host is not None:
        given["host"] = host
    if port is not None:
        given["port"] = port
    if sip:
        given["sip"] = _listen(sip)
    if tls_cert is not None or tls_key is not None:
        given["tls"] = {"cert": tls_cert, "key": tls_key}
    settings = load_settings(**given)
    log.configure(settings.log_level, settings.log_json)
    with _bound(settings.host, settings.port) as bound:
        asyncio.run(_serve(settings, bound, phone=sip is not None))


def _listen(text: str) -> dict[str, object]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise UsageError(f"'{text}' is no address for calls; give HOST:PORT, as 127.0.0.1:5060.")
    return {"host": host.strip("[]"), "port": int(port)}


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, so that a taken port is one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise UsageError(
            f"The address {host}:{port} cannot be used ({error.strerror}); "
            "give another with --host and --port."
        ) from None
    return bound


async def _serve(settings: "Settings", bound: socket.socket, *, phone: bool) -> None:
    import threading

    from voice_agent.agent.decoders import Decoders

    # The models load while the rest is imported: together they would take twice as long.
    decoders = Decoders(settings)
    threading.Thread(target=_load, args=(decoders,), daemon=True).start()
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
        bound.listen()  # who comes between "Ready" and the server's first breath waits, not fails
        host, port = bound.getsockname()[:2]
        scheme = "https" if settings.tls.cert else "http"
        shown = f"[{host}]" if ":" in host else host
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
