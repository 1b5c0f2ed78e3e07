"""The running service: models, store, host and both edges, started and stopped in order."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from voice_agent import log
from voice_agent.agent.decoders import Decoders
from voice_agent.agent.host import Host
from voice_agent.agent.parts import FIRST_SCRIPTS, Parts, prepare
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.renders import RenderQueue
from voice_agent.agent.speaking import spoken
from voice_agent.core.errors import StillHereError
from voice_agent.engines.tts.line import Line
from voice_agent.settings import Settings
from voice_agent.store import Store
from voice_agent.transport.base import Transport
from voice_agent.transport.sip import Registration, SipEndpoint
from voice_agent.transport.sip_call import SipTransport
from voice_agent.transport.webrtc import WebRtcEndpoint, WebRtcTransport

WEB_RATE = 48_000
PHONE_RATE = 8_000
RENDER_THREADS = 2
"""Before "ready" nobody is listening yet: both cores may work."""

_STOPPED = "A part of the service has stopped working; start it again."

_log = log.get_logger(__name__)


class Service:
    """Everything `serve` runs. `start` returns when it is warm; `close` keeps what is under way."""

    def __init__(
        self, settings: Settings, *, phone: bool = False, decoders: Decoders | None = None
    ) -> None:
        self.settings = settings
        self._decoders = decoders or Decoders(settings)
        self.parts: Parts = prepare(settings, self._decoders, on_fault=_line_cache_fault)
        self.store = Store(settings.database_url, on_fault=lambda s: _log.error("store", note=s))
        self.ready = False
        self._phone = phone
        self._ending = False
        self._progress = (0, 0)
        self._pump: asyncio.Task[None] | None = None
        self.recogniser = SharedRecogniser(self.parts.decode)
        self.renders = RenderQueue(self.parts.renderer)
        self.host = Host(self.parts, self.store, self.recogniser, self.renders)
        self.webrtc: WebRtcEndpoint | None = None
        self.sip: SipEndpoint | None = None

    async def start(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Open the store, warm the models and the first lines, and begin to answer.

        Raises:
            StillHereError: a part without which nothing works is missing or taken.
        """
        for fault in self.parts.faults:
            _log.warning("practice_refused", note=fault)
        # First what may be refused, before anything native runs that would have to be ended.
        keep_s = self.settings.keep_minutes * 60
        if self._phone:
            self.sip = self._phone_endpoint()
            self.sip.check()
        await asyncio.to_thread(self.store.open, time.time(), keep_s=keep_s)
        await _all(
            asyncio.to_thread(self._decoders.load),
            asyncio.to_thread(self._render_first, progress),
        )
        rtc = self.settings.webrtc
        self.webrtc = WebRtcEndpoint(rtc.servers, rtc.addresses, rtc.ports)
        if self._ending:
            return
        if self.sip is not None:
            await self.sip.start()
        self._warm()
        self._pump = asyncio.create_task(self.host.run(), name="pump")
        self.ready = True

    def trouble(self) -> str | None:
        """Why it cannot serve as it should just now, in one sentence; None when it can.

        To be full is no trouble: who is served already must go on being led here.
        """
        done, of = self._progress
        if not self.ready:
            if done < of:
                return f"The service is preparing its voice: {done} of {of} lines."
            return "The service is still starting."
        if self._pump is None or self._pump.done():
            return _STOPPED
        return self.store.fault

    def check_ready(self) -> None:
        """Check that sessions can begin.

        Raises:
            StillHereError: the service is still starting, or ending.
        """
        if not self.ready:
            raise StillHereError("The service is still starting; try again in a moment.")

    def _first(self) -> Iterator[Line]:
        """Yield what must never wait for the synthesiser: safety, and the first words."""
        parts = self.parts
        values = parts.values(None)
        for name in FIRST_SCRIPTS:
            for line in parts.library[name].lines:
                if self._phone or not (name == "opening-phone" or line.id.endswith("-phone")):
                    yield spoken(parts.library, (name, line.id), values)
        yield spoken(parts.library, ("conversation", "no-capacity"), values)

    def _render_first(self, progress: Callable[[int, int], None]) -> None:
        """Have the voice speak what is missing of the first lines."""
        missing = [line for line in self._first() if not self.parts.renderer.kept(line)]

        def told(done: int) -> None:
            self._progress = (done, len(missing))
            progress(done, len(missing))

        def render(line: Line) -> None:
            if not self._ending:
                self.parts.renderer.render(line, WEB_RATE)

        if missing:
            told(0)
        with ThreadPoolExecutor(RENDER_THREADS) as pool:
            for done, _ in enumerate(pool.map(render, missing), 1):
                told(done)

    def _warm(self) -> None:
        """Bring near what is heard first, and have all else on disk; nobody waits for it."""
        self.renders.keep_near(self._first(), WEB_RATE)
        if self._phone:
            self.renders.keep_near(self._first(), PHONE_RATE)
        self.renders.keep_ahead((*self.parts.numbers(), *self.parts.soon()), WEB_RATE)

    def _phone_endpoint(self) -> SipEndpoint:
        sip = self.settings.sip
        registration = None
        if sip.user is not None and sip.domain is not None:
            password = sip.password.get_secret_value() if sip.password else ""
            registration = Registration(sip.domain, sip.user, password)

        def on_call(transport: SipTransport) -> None:
            line: Transport = transport
            self.host.answer_call(line, refused=transport.refused)

        return SipEndpoint(
            host=sip.host,
            port=sip.port,
            max_calls=sip.max_calls,
            on_call=on_call,
            registration=registration,
        )

    async def answer(self, offer_sdp: str) -> tuple[str, WebRtcTransport]:
        """Answer a page's offer.

        Raises:
            StillHereError: the service is not ready yet, or the offer cannot be used.
        """
        self.check_ready()
        assert self.webrtc is not None
        return await self.webrtc.answer(offer_sdp)

    def end(self) -> None:
        """Let a start that is under way come to its end soon: nothing more is rendered."""
        self._ending = True

    async def close(self) -> None:
        """Stop: lines are closed, sessions under way stay in the store to be gone on with."""
        self.ready = False
        self.end()
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        if self.sip is not None:
            await self.sip.close()
        await self.host.close()
        await asyncio.to_thread(self.recogniser.close)
        await asyncio.to_thread(self.renders.close)
        await asyncio.to_thread(self.store.close)


async def _all(*work: Coroutine[Any, Any, None]) -> None:
    """Wait for all, also where one fails: a thread inside a native library must not be left."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def _line_cache_fault(sentence: str) -> None:
    _log.warning("line_cache", note=sentence)
