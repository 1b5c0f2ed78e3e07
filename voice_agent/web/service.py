"""The running service: models, store, host and both edges, started and stopped in order."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from voice_agent import log
from voice_agent.agent.decoders import Decoders
from voice_agent.agent.host import Host
from voice_agent.agent.parts import FIRST_SCRIPTS, Parts, RenderQueue, prepare
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.speaking import spoken
from voice_agent.settings import Settings
from voice_agent.store import Store
from voice_agent.transport.base import Transport
from voice_agent.transport.sip import Registration, SipEndpoint
from voice_agent.transport.sip_call import SipTransport
from voice_agent.transport.webrtc import WebRtcEndpoint, WebRtcTransport

WEB_RATE = 48_000
RENDER_THREADS = 2
"""Before "ready" nobody is listening yet: both cores may work."""

_log = log.get_logger(__name__)


class Service:
    """Everything `serve` runs. `start` returns when it is warm; `close` keeps what is under way."""

    def __init__(
        self, settings: Settings, *, phone: bool = False, decoders: Decoders | None = None
    ) -> None:
        self.settings = settings
        self._decoders = decoders or Decoders(settings)
        self.parts: Parts = prepare(settings, self._decoders)
        self.store = Store(settings.database_url, on_fault=lambda s: _log.error("store", note=s))
        self.ready = False
        self._phone = phone
        self._tasks: list[asyncio.Task[None]] = []
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
        keep_s = self.settings.keep_minutes * 60
        await asyncio.to_thread(self.store.open, time.time(), keep_s=keep_s)
        loading = asyncio.to_thread(self._decoders.load)
        rendering = asyncio.to_thread(self._render_first, progress)
        self.webrtc = WebRtcEndpoint()
        await asyncio.gather(loading, rendering)
        if self._phone:
            await self._start_phone()
        self.renders.keep_ahead((*self.parts.numbers(), *self.parts.lines()), WEB_RATE)
        self._tasks.append(asyncio.create_task(self.host.run(), name="pump"))
        self.ready = True

    def _render_first(self, progress: Callable[[int, int], None]) -> None:
        """Render what must never wait for the synthesiser: safety, and the first words."""
        parts = self.parts
        values = parts.values(None)
        keys = [
            (name, line.id)
            for name in FIRST_SCRIPTS
            for line in parts.library[name].lines
            if self._phone or not (name == "opening-phone" or line.id.endswith("-phone"))
        ]
        keys.append(("conversation", "no-capacity"))
        progress(0, len(keys))

        def render(key: tuple[str, str]) -> None:
            parts.renderer.render(spoken(parts.library, key, values), WEB_RATE)

        with ThreadPoolExecutor(RENDER_THREADS) as pool:
            for done, _ in enumerate(pool.map(render, keys), 1):
                progress(done, len(keys))

    async def _start_phone(self) -> None:
        sip = self.settings.sip
        registration = None
        if sip.user is not None and sip.domain is not None:
            password = sip.password.get_secret_value() if sip.password else ""
            registration = Registration(sip.domain, sip.user, password)

        def on_call(transport: SipTransport) -> None:
            line: Transport = transport
            self.host.answer_call(line, refused=transport.refused)

        self.sip = SipEndpoint(
            host=sip.host,
            port=sip.port,
            max_calls=sip.max_calls,
            on_call=on_call,
            registration=registration,
        )
        await self.sip.start()

    async def answer(self, offer_sdp: str) -> tuple[str, WebRtcTransport]:
        """Answer a page's offer."""
        assert self.webrtc is not None
        return await self.webrtc.answer(offer_sdp)

    async def close(self) -> None:
        """Stop: lines are closed, sessions under way stay in the store to be gone on with."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.sip is not None:
            await self.sip.close()
        await self.host.close()
        await asyncio.to_thread(self.recogniser.close)
        await asyncio.to_thread(self.renders.close)
        await asyncio.to_thread(self.store.close)
