"""A telephone made of two UDP sockets: the other end of a call, packet by packet."""

import asyncio
import re
import secrets
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

_PACKET = 160
_BIAS = 132


def to_ulaw(sound: np.ndarray) -> bytes:
    """Encode int16 as G.711 mu-law."""
    size = np.minimum(np.abs(sound.astype(np.int32)), 32_635) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    code = ((sound < 0).astype(np.int32) << 7) | (exponent << 4) | ((size >> (exponent + 3)) & 15)
    return (~code & 255).astype(np.uint8).tobytes()


def from_ulaw(code: bytes) -> np.ndarray:
    """Decode G.711 mu-law to int16."""
    bits = ~np.frombuffer(code, np.uint8).astype(np.int32) & 255
    size = (((bits & 15) << 3) + _BIAS) << ((bits >> 4) & 7)
    return np.where(bits & 128, _BIAS - size, size - _BIAS).astype(np.int16)


class Telephone:
    """Calls `port` on this machine; offers PCMU and keys in RTP. A `promises.Peer`."""

    has_page = False

    def __init__(self, port: int) -> None:
        self._service = ("127.0.0.1", port)
        self._sip, self._rtp = (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            for _ in range(2)
        )
        self._sip.bind(("127.0.0.1", 0))
        self._rtp.bind(("127.0.0.1", 0))
        self._me = f"127.0.0.1:{self._sip.getsockname()[1]}"
        self._id, self._tag, self._to_tag = secrets.token_hex(8), secrets.token_hex(4), ""
        self._cseq = 0
        self._sent = 0
        self._media: tuple[str, int] | None = None
        self._heard: list[np.ndarray] = []
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self.caller = f"<sip:+15551234567@{self._me}>"
        """What the service is told of who calls: the From header without its tag."""
        self.requests: list[str] = []
        self.heard_at: list[float] = []
        """When each loud packet came, by the machine's monotonic clock."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._sip, self._on_sip)
        loop.add_reader(self._rtp, self._on_rtp)

    def _on_sip(self) -> None:
        message = self._sip.recv(65_535).decode()
        if message.startswith("SIP/2.0"):
            self._answers.put_nowait(message)
            return
        self.requests.append(message.split(" ", 1)[0])
        kept = [
            line
            for line in message.split("\r\n")
            if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.IGNORECASE)
        ]
        reply = "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""])
        if not message.startswith("ACK"):
            self._sip.sendto(reply.encode(), self._service)

    def _on_rtp(self) -> None:
        packet = self._rtp.recv(2_048)
        if packet[1] & 127 == 0:
            sound = from_ulaw(packet[12:])
            self._heard.append(sound)
            if int(np.abs(sound.astype(int)).max(initial=0)) > 1000:
                self.heard_at.append(time.monotonic())

    def _send(self, method: str, body: str = "", more: str = "", cseq: int | None = None) -> None:
        target = f"sip:anyone@127.0.0.1:{self._service[1]}"
        self._sip.sendto(
            (
                f"{method} {target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self._me};branch=z9hG4bK{secrets.token_hex(6)}\r\n"
                f"Max-Forwards: 70\r\nFrom: {self.caller};tag={self._tag}\r\n"
                f"To: <{target}>{self._to_tag}\r\nCall-ID: {self._id}\r\n"
                f"CSeq: {cseq or self._cseq} {method}\r\nContact: <sip:caller@{self._me}>\r\n"
                f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode(),
            self._service,
        )

    async def ask(self, method: str, body: str = "", more: str = "") -> str:
        """Send a request; return the final answer."""
        self._cseq += 1
        self._send(method, body, more)
        while True:
            answer = await asyncio.wait_for(self._answers.get(), 5)
            if f"{self._cseq} {method}" in answer and not answer.startswith("SIP/2.0 1"):
                return answer

    async def call(self) -> None:
        """Dial and wait until somebody answered."""
        body = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._rtp.getsockname()[1]} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        )
        answer = await self.ask("INVITE", body, "Content-Type: application/sdp\r\n")
        tag, port = re.search(r"\nTo:.*(;tag=\S+)", answer), re.search(r"m=audio (\d+)", answer)
        assert tag, answer
        assert port, answer
        self._to_tag = tag[1].rstrip()
        self._media = ("127.0.0.1", int(port[1]))
        self._send("ACK")

    async def speak(self, samples: np.ndarray) -> None:
        """Send mono int16 at 16 kHz, 20 ms a packet, at its own pace."""
        sound = samples[::2]
        sound = np.concatenate((sound, np.zeros(-len(sound) % _PACKET, np.int16)))
        due = time.monotonic()
        for packet in sound.reshape(-1, _PACKET):
            head = struct.pack("!BBHII", 0x80, 0, self._sent & 0xFFFF, self._sent * _PACKET, 1)
            self._rtp.sendto(head + to_ulaw(packet), self._media)
            self._sent += 1
            due += 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def heard(self) -> np.ndarray:
        """All that was heard, at 16 kHz."""
        return np.repeat(np.concatenate(self._heard), 2) if self._heard else np.zeros(0, np.int16)

    async def tell(self, message: Mapping[str, Any]) -> None:
        raise AssertionError("a telephone has no page")

    def told(self) -> list[dict[str, Any]]:
        return []

    async def leave(self) -> None:
        """Hang up."""
        await self.ask("BYE")

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for end in (self._sip, self._rtp):
            with suppress(ValueError):
                loop.remove_reader(end)
            end.close()
