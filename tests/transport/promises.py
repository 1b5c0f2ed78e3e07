"""The promises of `transport/base.py`, written once: each transport's test hands in connected pairs.

    @pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
    async def test_promise(promise):
        async with my_pair() as (transport, peer):
            await promise(transport, peer)

The pair is connected, and the peer is as silent as its line allows.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import numpy as np
import pytest

from voice_agent.transport.base import HEARING_RATE, LineState, Samples, Transport

FRAME_S = 0.01
LOUD = 1_000.0
"""RMS, of 32768, above which a frame counts as a tone: -30 dBFS."""


class Peer(Protocol):
    """The person's end of a line in a test."""

    has_page: bool
    """Whether messages go both ways; a telephone has none."""

    async def speak(self, samples: Samples) -> None:
        """Send mono int16 at 16 kHz, at the pace at which it sounds."""

    def heard(self) -> Samples:
        """All that was heard so far, mono int16 at 16 kHz."""

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message to the service."""

    def told(self) -> list[dict[str, Any]]:
        """All messages that came from the service so far."""

    async def leave(self) -> None:
        """Hang up as a person does: the other side is told."""


def tone(hz: float, seconds: float, rate: int = HEARING_RATE, level: float = 8_000.0) -> Samples:
    """A sine of `seconds`, int16, shape (rate * seconds,)."""
    at = np.arange(round(rate * seconds)) / rate
    return (level * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def rms(samples: Samples) -> float:
    """Root mean square, 0 for nothing."""
    return float(np.sqrt(np.mean(samples.astype(float) ** 2))) if len(samples) else 0.0


def pitch_hz(samples: Samples, rate: int = HEARING_RATE) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


async def until(fulfilled: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for something another thread or process does; fail when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not fulfilled():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)


class Pump:
    """A tiny pump: every 10 ms one frame out, and all that came in."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.frames: list[Samples] = []
        self.messages: list[Mapping[str, Any]] = []
        self._voice = np.zeros(0, np.int16)

    def say(self, samples: Samples) -> None:
        self._voice = np.concatenate((self._voice, samples))

    def heard(self) -> Samples:
        return np.concatenate(self.frames) if self.frames else np.zeros(0, np.int16)

    def step(self) -> None:
        size = self.transport.playout_rate // 100
        frame = np.zeros(size, np.int16)
        taken = self._voice[:size]
        frame[: len(taken)] = taken
        self._voice = self._voice[size:]
        self.transport.write(frame)
        while (heard := self.transport.read()) is not None:
            self.frames.append(heard)
        self.messages.extend(self.transport.received())

    async def run(self) -> None:
        due = time.monotonic()
        while True:
            self.step()
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))


@asynccontextmanager
async def pumping(transport: Transport) -> AsyncIterator[Pump]:
    """Run a pump over the transport for the length of the block."""
    pump = Pump(transport)
    task = asyncio.create_task(pump.run())
    try:
        yield pump
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()):
            raise error


async def is_connected(transport: Transport, peer: Peer) -> None:
    """A connected pair says so, and its words are of the known kinds."""
    assert transport.state is LineState.CONNECTED
    assert transport.via in ("web", "phone", "file", "console")
    assert transport.playout_rate % 100 == 0


async def hears_in_order_in_exact_frames(transport: Transport, peer: Peer) -> None:
    """Three tones come as three tones in order, in frames of 160 int16 samples."""
    tones = (400, 900, 1_600)
    async with pumping(transport) as pump:
        for hz in tones:
            await peer.speak(tone(hz, 0.4))
        await until(lambda: pitches(pump.heard()) == list(tones))
    assert all(frame.shape == (160,) for frame in pump.frames)
    assert all(frame.dtype == np.int16 for frame in pump.frames)


def pitches(samples: Samples) -> list[int]:
    """The tones in a recording in order, to 100 Hz: each that lasts at least 0.1 s."""
    found: list[int] = []
    last, count = 0, 0
    for start in range(0, len(samples) - 799, 800):
        piece = samples[start : start + 800]
        now = round(pitch_hz(piece) / 100) * 100 if rms(piece) > LOUD else 0
        count = count + 1 if now == last else 1
        last = now
        if now and count == 2 and now not in found[-1:]:
            found.append(now)
    return found


async def voice_reaches_the_peer(transport: Transport, peer: Peer) -> None:
    """What is written is what the peer hears."""
    async with pumping(transport) as pump:
        pump.say(tone(700, 1.0, transport.playout_rate))
        await until(lambda: pitches(peer.heard()) == [700])


async def voice_goes_on_when_the_peer_falls_silent(transport: Transport, peer: Peer) -> None:
    """A peer that has stopped speaking, for good or not, still hears us (half-close)."""
    async with pumping(transport) as pump:
        await peer.speak(tone(500, 0.3))
        await peer.speak(np.zeros(8_000, np.int16))
        pump.say(tone(700, 0.6, transport.playout_rate))
        await until(lambda: pitches(peer.heard()) == [700])
    assert transport.state is LineState.CONNECTED


async def messages_keep_their_order_both_ways(transport: Transport, peer: Peer) -> None:
    """Messages come whole and in order; a line without a page takes ours and drops them."""
    ours = [{"type": "show", "number": number, "word": "für dich"} for number in range(20)]
    async with pumping(transport) as pump:
        for message in ours:
            transport.send(message)
        if not peer.has_page:
            return
        theirs = [{"type": "tapped", "control": "dot", "number": number} for number in range(20)]
        for message in theirs:
            await peer.tell(message)
        await until(lambda: peer.told() == ours and pump.messages == theirs)


async def a_peer_that_hangs_up_is_closed(transport: Transport, peer: Peer) -> None:
    """When the person hangs up the state becomes CLOSED and nothing we still do fails."""
    async with pumping(transport) as pump:
        await peer.speak(tone(500, 0.2))
        await peer.leave()
        await until(lambda: transport.state is LineState.CLOSED)
        transport.send({"type": "end"})
        pump.step()
    await transport.close()
    after_close_nothing_happens_to(transport)


async def nothing_happens_after_close(transport: Transport, peer: Peer) -> None:
    """After close, while the peer still speaks, the state is CLOSED and nothing comes or goes."""
    async with pumping(transport):
        speaking = asyncio.create_task(peer.speak(tone(500, 0.6)))
        await asyncio.sleep(0.2)
        await transport.close()
        after_close_nothing_happens_to(transport)
        await speaking
        after_close_nothing_happens_to(transport)


async def close_twice_is_fine(transport: Transport, peer: Peer) -> None:
    """A second close, also at the same time, does nothing."""
    await asyncio.gather(transport.close(), transport.close())
    await transport.close()
    after_close_nothing_happens_to(transport)


def after_close_nothing_happens_to(transport: Transport) -> None:
    assert transport.state is LineState.CLOSED
    transport.write(np.zeros(transport.playout_rate // 100, np.int16))
    transport.send({"type": "show"})
    assert transport.read() is None
    assert not transport.received()


async def fault_is_ours_when_a_frame_has_another_size(transport: Transport, peer: Peer) -> None:
    """`write` takes exactly 10 ms; anything else is refused, not sent askew."""
    with pytest.raises(ValueError, match="give"):
        transport.write(np.zeros(transport.playout_rate // 100 + 1, np.int16))


Promise = Callable[[Any, Any], Awaitable[None]]

PROMISES: tuple[Promise, ...] = (
    is_connected,
    hears_in_order_in_exact_frames,
    voice_reaches_the_peer,
    voice_goes_on_when_the_peer_falls_silent,
    messages_keep_their_order_both_ways,
    a_peer_that_hangs_up_is_closed,
    nothing_happens_after_close,
    close_twice_is_fine,
    fault_is_ours_when_a_frame_has_another_size,
)
