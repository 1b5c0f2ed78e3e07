"""Answer pages' WebRTC offers without a server, by libwebrtc (reactor-webrtc)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.sdp import checked_offer, plays_to_page, with_candidates
from voice_agent.transport.webrtc_line import WebRtcTransport
from voice_agent.transport.webrtc_native import Held, library, tell

__all__ = ["WebRtcEndpoint", "WebRtcTransport"]


class WebRtcEndpoint:
    """Answers pages' offers. Without arguments it needs no server and no network but its own.

    Args:
        ice_servers: STUN or TURN URLs, for a service behind a NAT that pages reach from outside.
        announced: IP addresses to name besides this machine's own (a container's host).
        ports: Lowest and highest UDP port to use; (0, 0) leaves it to the system.

    Raises:
        StillHereError: The WebRTC library is missing.
    """

    def __init__(
        self,
        ice_servers: Sequence[str] = (),
        announced: Sequence[str] = (),
        ports: tuple[int, int] = (0, 0),
    ) -> None:
        self._rtc, self._factory = library()
        self._announced = tuple(announced)
        self._ports = ports
        self._ice_servers = tuple(ice_servers)

    async def answer(
        self, offer_sdp: str, *, timeout_s: float = 5.0
    ) -> tuple[str, WebRtcTransport]:
        """Answer a page's offer with everything in one: no candidates are sent later.

        Args:
            offer_sdp: The page's local description after its gathering was complete.
            timeout_s: How long to look for our own addresses.

        Returns:
            Our answer's SDP, and the line, which connects once the page has the answer.

        Raises:
            UsageError: The offer cannot be used; nothing is left behind.
            StillHereError: This machine has no address a page could reach.
        """
        offer = checked_offer(offer_sdp)
        transport = WebRtcTransport()
        try:
            return await self._answer(offer, transport, timeout_s), transport
        except BaseException:
            await transport.close()
            raise

    async def _answer(self, offer: str, transport: WebRtcTransport, timeout_s: float) -> str:
        rtc = self._rtc
        loop = asyncio.get_running_loop()
        gathered = asyncio.Event()
        candidates: list[str] = []

        def on_gathering(state: Any) -> None:
            if state == rtc.IceGatheringState.Complete:
                tell(loop, gathered.set)

        observer = rtc.PeerConnectionObserver()
        observer.on_ice_gathering_change = on_gathering
        observer.on_ice_candidate = lambda found: candidates.append(found.candidate)
        held = Held(observer)
        transport.adopt(held)
        config = rtc.RtcConfiguration(
            ice_servers=[rtc.IceServer(urls=[url]) for url in self._ice_servers],
            bundle_policy=rtc.BundlePolicy.MaxBundle,
            min_port=self._ports[0],
            max_port=self._ports[1],
            frame_metadata=False,
        )
        # No local name for the connection: a kept traceback would keep it alive after `close`.
        held.connection = self._factory.create_peer_connection(config, observer)
        try:
            await held.connection.set_remote_description(rtc.SessionDescription("offer", offer))
            held.voice = self._factory.create_audio_track_with_local_source("voice")
            held.connection.add_track(held.voice)
            answer = await held.connection.create_answer()
            if not plays_to_page(answer.sdp):
                raise UsageError(
                    "The offer takes no sound from us; make its audio sendrecv or recvonly."
                )
            await held.connection.set_local_description(answer)
        except RuntimeError as error:
            raise UsageError(
                f"The offer cannot be used ({error}); send localDescription.sdp as it is."
            ) from error
        try:
            async with asyncio.timeout(timeout_s):
                await gathered.wait()
        except TimeoutError:  # some servers never answered: what was found must do
            pass
        if not candidates:
            raise StillHereError(
                "No network address was found for the page to connect to; join a network "
                "(one without internet will do)."
            )
        return with_candidates(answer.sdp, candidates, self._announced)
