"""A page's end of a WebRTC line without a browser: the same library as the offering side."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from voice_agent.transport.base import Samples
from voice_agent.transport.resample import HearingResampler
from voice_agent.transport.sdp import with_candidates
from voice_agent.transport.webrtc import WebRtcEndpoint, WebRtcTransport
from voice_agent.transport.webrtc_native import Held, library


class PagePeer:
    """Stands in for the page: offers one audio line and the channel "events"."""

    has_page = True

    def __init__(self, microphone: bool = True) -> None:
        self._rtc, factory = library()
        self._loop = asyncio.get_running_loop()
        self._gathered = asyncio.Event()
        self._candidates: list[str] = []
        self._heard: list[bytes] = []
        self._told: list[bytes] = []
        self._held = held = Held(self._rtc.PeerConnectionObserver())
        held.observer.on_ice_candidate = lambda found: self._candidates.append(found.candidate)
        held.observer.on_ice_gathering_change = self._on_gathering
        held.observer.on_track = self._on_track
        config = self._rtc.RtcConfiguration(bundle_policy=self._rtc.BundlePolicy.MaxBundle)
        held.connection = factory.create_peer_connection(config, held.observer)
        held.voice = factory.create_audio_track_with_local_source("microphone")
        if microphone:
            held.connection.add_track(held.voice)
        else:
            held.connection.add_transceiver(
                self._rtc.MediaKind.Audio, self._rtc.TransceiverDirection.RecvOnly
            )
        held.channel = held.connection.create_data_channel("events")
        self._open = asyncio.Event()
        held.channel.on_open(lambda: self._loop.call_soon_threadsafe(self._open.set))
        held.channel.on_message(lambda data, _binary: self._told.append(data))

    def _on_gathering(self, state: Any) -> None:
        if state == self._rtc.IceGatheringState.Complete:
            self._loop.call_soon_threadsafe(self._gathered.set)

    def _on_track(self, _kind: Any, track: Any) -> None:
        self._held.heard.append(track)
        track.on_audio_frame(lambda pcm, _rate, _channels, _frames: self._heard.append(pcm))

    async def offer(self) -> str:
        description = await self._held.connection.create_offer()
        await self._held.connection.set_local_description(description)
        await self._gathered.wait()
        return with_candidates(description.sdp, self._candidates)

    async def accept(self, answer: str) -> None:
        description = self._rtc.SessionDescription("answer", answer)
        await self._held.connection.set_remote_description(description)

    async def opened(self) -> None:
        await self._open.wait()

    async def speak(self, samples: Samples) -> None:
        due = time.monotonic()
        for start in range(0, len(samples), 160):
            self._held.voice.push_pcm(samples[start : start + 160].tobytes(), 16_000, 1)
            due += 0.01
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def heard(self) -> Samples:
        resampler = HearingResampler(48_000)
        frames = [frame for pcm in list(self._heard) for frame in resampler.push(pcm)]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)

    async def tell(self, message: Mapping[str, Any]) -> None:
        self.tell_raw(json.dumps(message).encode())

    def tell_raw(self, data: bytes) -> None:
        self._held.channel.send(data, False)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(data) for data in list(self._told)]

    async def leave(self) -> None:
        await asyncio.to_thread(self._held.let_go)


@asynccontextmanager
async def connected_pair(
    microphone: bool = True,
) -> AsyncIterator[tuple[WebRtcTransport, PagePeer]]:
    """A line and its page, connected, the channel open; both let go at the end."""
    peer = PagePeer(microphone)
    try:
        answer, transport = await WebRtcEndpoint().answer(await peer.offer())
        try:
            await peer.accept(answer)
            assert await transport.until_connected(10.0)
            await asyncio.wait_for(peer.opened(), 10.0)
            yield transport, peer
        finally:
            await transport.close()
    finally:
        await peer.leave()


async def _page_in_its_own_process() -> None:
    """Print an offer as a JSON line, read the answer as one, and stay, silent."""
    peer = PagePeer(microphone="--microphone" in sys.argv)
    print(json.dumps(await peer.offer()), flush=True)
    await peer.accept(json.loads(await asyncio.to_thread(sys.stdin.readline)))
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_page_in_its_own_process())
