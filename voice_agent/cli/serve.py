"""`voice-agent serve`: the embedded service, for the web and the phone."""

import asyncio
import contextlib
import gc
import ipaddress
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent.cli.listening import bound, check_tls
from voice_agent.cli.start import begin, note
from voice_agent.core.errors import StillHereError, UsageError

if TYPE_CHECKING:
    from voice_agent.agent.decoders import Decoders
    from voice_agent.settings import Settings
    from voice_agent.transport.sip import SipEndpoint


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
    gc.disable()  # what is imported now is never garbage: looking for some takes a tenth longer
    settings = begin(options, **given)
    check_tls(settings.tls.cert, settings.tls.key)
    # Ctrl-C is how a service is ended: sessions under way are kept, and nothing went wrong.
    listening = bound(settings.host, settings.port)
    with listening, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, listening, phone=sip is not None))


def _listen(text: str) -> dict[str, object]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not host:
        raise UsageError(f"'{text}' is no address for calls; give HOST:PORT, as 127.0.0.1:5060.")
    return {"host": host.strip("[]"), "port": port}


async def _serve(settings: "Settings", listening: socket.socket, *, phone: bool) -> None:
    import threading

    from voice_agent.agent.decoders import Decoders

    # The models load while the rest is imported: one after the other would take twice as long.
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
            log_level="warning",
            access_log=False,
            server_header=False,
            ssl_certfile=settings.tls.cert,
            ssl_keyfile=settings.tls.key,
            timeout_graceful_shutdown=2,
            ws="none",
        )
    )
    # SIGTERM is how a supervisor ends a service. The server takes it, closes everything, and
    # raises it once more, which would end the process as if it had been killed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    # The page and /readyz answer while the models load; sessions begin when all is there.
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    starting = asyncio.create_task(service.start(_progress))
    try:
        await asyncio.wait((answering, starting), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            # What is there now stays; looking through it again and again would only take time.
            gc.freeze()
            gc.enable()
            _say_ready(settings, listening, service.sip)
            await answering
    finally:
        server.should_exit = True
        service.end()
        await asyncio.wait((answering, starting))
        await service.close()


def _say_ready(settings: "Settings", listening: socket.socket, sip: "SipEndpoint | None") -> None:
    from voice_agent.web.addresses import is_wildcard, urls

    host, port = listening.getsockname()[:2]
    here, *elsewhere = urls(settings, host, port)
    if settings.tls.cert is None and (is_wildcard(host) or not _is_loopback(host)):
        note(
            "Another device's browser gives no microphone to a page without HTTPS; "
            "give --tls-cert and --tls-key."
        )
    print(f"Ready: open {here}", flush=True)
    if elsewhere:
        print(f"From other devices: {', '.join(elsewhere)}", flush=True)
    if sip is not None:
        print(f"Ready: call sip:here@{sip.address}", flush=True)


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def _load(decoders: "Decoders") -> None:
    """Begin to load; a fault is met again, and told, when the service starts."""
    with contextlib.suppress(StillHereError):
        decoders.load()


def _progress(done: int, of: int) -> None:
    """Say on a terminal how far the first rendering has come."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\rPreparing the voice: {done} of {of} lines", end=end, file=sys.stderr, flush=True)
