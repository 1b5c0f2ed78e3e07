"""A caller in the test's own process: a steady microphone, keys, an echo, and what it heard when."""

import asyncio
import contextlib
import struct
import time
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sip_peer import Telephone, from_ulaw, to_ulaw

RATE = 8_000
PACKET = 160
LOUD = 1_000
"""A packet with a larger sample is the voice (-30 dBFS); the line's noise is far below."""
_KEYS = "0123456789*#"
_PRESS_PACKETS = 5
_ROOM_S = 120


@dataclass(frozen=True, slots=True)
class Packet:
    """20 ms that were heard: when, the place on the line's own clock in samples, how loud."""

    at: float
    stamp: int
    peak: int
    sound: NDArray[np.int16]


class Handset(Telephone):
    """Sends a packet every 20 ms from the call's beginning to its end, as telephones do.

    Args:
        port: where the service answers.
        caller: the From header.
        echo_db: how much quieter what is heard comes back; None: not at all.
        echo_s: how much later it comes back.
    """

    def __init__(
        self,
        port: int,
        *,
        caller: str | None = None,
        echo_db: float | None = None,
        echo_s: float = 0.2,
    ) -> None:
        super().__init__(port)
        if caller is not None:
            self.caller = caller
        self.packets: list[Packet] = []
        self.dialled_at = 0.0
        self.answered_at = 0.0
        self._echo = None if echo_db is None else 10 ** (echo_db / 20)
        self._echo_samples = round(echo_s * RATE)
        self._echo_from: int | None = None
        self._line = np.zeros(_ROOM_S * RATE, np.float32)
        self._pressed: tuple[str, int] | None = None
        self._released = asyncio.Event()
        self._microphone: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.dialled_at = time.monotonic()
        await self.call()
        self.answered_at = time.monotonic()
        self._microphone = asyncio.create_task(self._send_all())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._microphone is not None:
            self._microphone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._microphone
        if self._to_tag and not self.hung_up:
            with contextlib.suppress(TimeoutError):
                await self.leave()
        self.close()

    @property
    def hung_up(self) -> bool:
        """Whether a BYE went either way."""
        return "BYE" in self.requests

    async def leave(self) -> None:
        self.requests.append("BYE")
        await super().leave()

    # The microphone

    async def _send_all(self) -> None:
        due = time.monotonic()
        while not self.hung_up:
            self._send_one()
            due += 0.02
            late = time.monotonic() - due
            if late > 0.1:  # the test was held up: what was not sent in time is lost, as on a line
                self._sent += round(late / 0.02)
                due += 0.02 * round(late / 0.02)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _send_one(self) -> None:
        stamp = self._sent * PACKET
        if self._pressed is None:
            sound = self._line[stamp : stamp + PACKET]
            sound = np.clip(sound, -32768, 32767).astype(np.int16)
            self._packet(0, stamp, to_ulaw(sound))
        else:  # RFC 4733: an event takes the place of the sound, its end is told three times
            key, since = self._pressed
            number = self._sent - since + 1
            ended = number >= _PRESS_PACKETS
            body = struct.pack(
                "!BBH",
                _KEYS.index(key),
                0x80 * ended + 10,
                min(number, _PRESS_PACKETS) * PACKET,
            )
            self._packet(101 | 0x80 * (number == 1), since * PACKET, body)
            if number >= _PRESS_PACKETS + 2:
                self._pressed = None
                self._released.set()
        self._sent += 1

    def _packet(self, kind: int, stamp: int, body: bytes) -> None:
        head = struct.pack("!BBHII", 0x80, kind, self._sent & 0xFFFF, stamp, 1)
        self._rtp.sendto(head + body, self._media)

    async def press(self, key: str) -> float:
        """Press a key for 100 ms; return when it went down, by the monotonic clock."""
        down = time.monotonic()
        self._released.clear()
        self._pressed = (key, self._sent)
        with contextlib.suppress(TimeoutError):  # a call may end at its beginning
            await asyncio.wait_for(self._released.wait(), 2)
        await asyncio.sleep(0.06)  # no finger is quicker (ITU-T Q.24)
        return down

    def speak_up(self, sound: NDArray[np.int16], after_s: float = 0.0) -> float:
        """Say something (mono int16, 8 kHz) from now on; return when its first sample goes out."""
        self._mix(self._sent * PACKET + round(after_s * RATE), sound.astype(np.float32))
        return time.monotonic() + after_s

    def _mix(self, start: int, sound: NDArray[np.float32]) -> None:
        if start < 0 or start + len(sound) > len(self._line):
            return
        self._line[start : start + len(sound)] += sound

    # The earpiece

    def _on_rtp(self) -> None:
        packet, at = self._rtp.recv(2_048), time.monotonic()
        if packet[1] & 127 != 0:
            return
        stamp = struct.unpack("!I", packet[4:8])[0]
        sound = from_ulaw(packet[12:]).astype(np.int16)
        self.packets.append(Packet(at, stamp, int(np.abs(sound.astype(int)).max(initial=0)), sound))
        if self._echo is not None:
            if self._echo_from is None:
                self._echo_from = self._sent * PACKET + self._echo_samples - stamp
            self._mix(self._echo_from + stamp, sound.astype(np.float32) * self._echo)

    def loud(self, since: float = 0.0, until: float = float("inf")) -> list[Packet]:
        """Return the packets with the voice in them that came in that time."""
        return [p for p in self.packets if p.peak > LOUD and since <= p.at < until]

    def heard_on(self, at: float) -> float:
        """Return how long the voice was still heard after `at`, in seconds of the line's sound."""
        before = [p.stamp for p in self.packets if p.at < at]
        after = [p.stamp for p in self.loud(at)]
        return (after[-1] - before[-1]) / RATE if before and after else 0.0

    def heard_sound(self, since: float = 0.0) -> NDArray[np.int16]:
        """Return what came since then, without regard to gaps."""
        parts = [p.sound for p in self.packets if p.at >= since]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    async def quiet_for(self, seconds: float, limit_s: float = 20.0) -> float:
        """Wait until nothing was heard for so long; return when the last voice came."""
        end = time.monotonic() + limit_s
        last = time.monotonic()
        while time.monotonic() < end:
            newest = self.packets[-1] if self.packets else None
            for packet in reversed(self.packets):
                if packet.at <= last:
                    break
                if packet.peak > LOUD:
                    last = packet.at
                    break
            if newest is not None and time.monotonic() - last >= seconds:
                return last
            await asyncio.sleep(0.02)
        raise AssertionError(f"the line was never quiet for {seconds} s")

    async def sound(self, limit_s: float = 20.0) -> float:
        """Wait until the voice is heard, counted from now; return when it came."""
        since = time.monotonic()
        while time.monotonic() < since + limit_s:
            if (loud := self.loud(since)) != []:
                return loud[0].at
            await asyncio.sleep(0.02)
        raise AssertionError(f"nothing was heard for {limit_s} s")

    async def is_hung_up(self, limit_s: float = 10.0) -> float:
        """Wait until the service hung up; return when."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if self.hung_up:
                return time.monotonic()
            await asyncio.sleep(0.02)
        raise AssertionError(f"the service did not hang up within {limit_s} s")
