"""One page's line over WebRTC: its sound both ways, its messages, and whether it is still there.

What reactor-webrtc asks of its users and where it is met here:
tracks, callbacks and channels live only as long as somebody holds them (`Held`); a connection is
closed by dropping all of that, which blocks a few milliseconds and so happens in a thread;
callbacks come on the library's own threads, so they only append to a deque or set a plain
attribute; frames that are all zero never arrive, so time comes from the pump; digital silence
costs more to send than faint noise, so noise is sent.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from voice_agent.transport.base import FRAMES_PER_S, LineState, Samples
from voice_agent.transport.page_messages import Inbox, Outbox
from voice_agent.transport.resample import HearingResampler
from voice_agent.transport.webrtc_native import Held, tell

CHANNEL_LABEL = "events"
PLAYOUT_RATE = 48_000
PLAYOUT_FRAME = PLAYOUT_RATE // FRAMES_PER_S
MAX_FRAMES_WAITING = 100
"""A second of sound; a pump that stood still longer hears on from there."""
MAX_BUFFERED_BYTES = 262_144
"""Above this our messages wait here, where the oldest can be dropped."""
WATCH_EVERY_S = 0.5
LOST_AFTER_S = 2.0
"""So long without one packet, after a steady flow of them, is a lost line (ICE takes 7.5 s)."""
_STEADY_PACKETS = 4
"""Packets in two watches that make a flow: a page that hears us reports about 20 a second."""

_LINE_OF = {
    "Connected": LineState.CONNECTED,
    "Disconnected": LineState.LOST,
    "Failed": LineState.LOST,
    "Closed": LineState.CLOSED,
}


def _dither(frames: int = 32, level: float = 3.3) -> tuple[bytes, ...]:
    """Faint white noise at -80 dBFS (3.3 of 32768 rms), frame by frame, always the same."""
    noise = np.random.default_rng(80).normal(0.0, level, (frames, PLAYOUT_FRAME))
    return tuple(frame.tobytes() for frame in np.rint(noise).astype("<i2"))


_DITHER = _dither()


class WebRtcTransport:
    """One page's line: see `Transport` in `transport/base.py` for what it promises.

    Made by `WebRtcEndpoint.answer`. Before the page has connected, `state` is LOST; await
    `until_connected` before handing it to a session.
    """

    via = "web"
    playout_rate = PLAYOUT_RATE
    cancels_echo = True

    def __init__(self) -> None:
        self.frames_in = 0
        """Frames of 10 ms that `read` returned."""
        self.frames_out = 0
        """Frames of 10 ms that `write` sent, silent ones included."""
        self._inbox = Inbox()
        self._outbox = Outbox()
        self._incoming: deque[tuple[bytes, int, int]] = deque(maxlen=MAX_FRAMES_WAITING)
        self._ready: deque[Samples] = deque()
        self._resampler: HearingResampler | None = None
        self._line = LineState.LOST
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._held: Held | None = None
        self._frames_came = 0
        self._gone_quiet = False
        self._watching: asyncio.Task[None] | None = None

    def adopt(self, held: Held) -> None:
        """Take over a connection that is being made: hear its callbacks, and end it on `close`."""
        self._held = held
        observer = held.observer
        observer.on_connection_state_change = self._on_state
        observer.on_track = self._on_track
        observer.on_data_channel = self._on_data_channel

    # -- what the session calls ------------------------------------------------------------

    @property
    def state(self) -> LineState:
        """CONNECTED; LOST while nothing comes from the page; CLOSED once either side closed."""
        if self._closed:
            return LineState.CLOSED
        if self._gone_quiet and self._line is LineState.CONNECTED:
            return LineState.LOST
        return self._line

    @property
    def dropped_messages(self) -> int:
        """Messages, either way, that were refused or found no room."""
        return self._inbox.dropped + self._outbox.dropped

    async def until_connected(self, timeout_s: float) -> bool:
        """Wait for the page's first connection; False when it did not come in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.state is LineState.LOST:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return self.state is LineState.CONNECTED

    def read(self) -> Samples | None:
        """Return the next 10 ms that were heard, or None when nothing more has come."""
        if self._closed:
            return None
        while not self._ready:
            try:
                pcm, rate, channels = self._incoming.popleft()
            except IndexError:
                return None
            samples: Samples = np.frombuffer(pcm, np.dtype("<i2"))
            if channels > 1:
                samples = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
            if self._resampler is None or self._resampler.rate_in != rate:
                self._resampler = HearingResampler(rate)
            self._ready.extend(self._resampler.push(samples))
        self.frames_in += 1
        return self._ready.popleft()

    def write(self, frame: Samples) -> None:
        """Send 10 ms of the agent's voice: 480 samples, int16.

        Raises:
            ValueError: The frame has another shape or type (a fault of ours).
        """
        if frame.shape != (PLAYOUT_FRAME,) or frame.dtype != np.int16:
            raise ValueError(f"{frame.shape} {frame.dtype}: give ({PLAYOUT_FRAME},) int16")
        held = self._held
        if self._closed or held is None:
            return
        self._send_waiting(held)
        pcm = frame.tobytes() if frame.any() else _DITHER[self.frames_out % len(_DITHER)]
        held.voice.push_pcm(pcm, PLAYOUT_RATE, 1)
        self.frames_out += 1

    def flush(self) -> None:
        """Do nothing: the library takes each frame at once."""

    def received(self) -> Sequence[Mapping[str, Any]]:
        """Return the page's messages since the last call: JSON objects with a `type`."""
        return [] if self._closed else self._inbox.take()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a JSON object to the page, at once or when its channel has opened."""
        held = self._held
        if self._closed or held is None:
            return
        self._outbox.put(message)
        self._send_waiting(held)

    async def close(self) -> None:
        """Hang up and free everything native; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._changed.set()
        self._incoming.clear()
        self._ready.clear()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        held, self._held = self._held, None
        if held is not None:
            if held.channel is not None:
                held.channel.close()  # tells the page at once
            await asyncio.shield(asyncio.to_thread(held.let_go))

    def _send_waiting(self, held: Held) -> None:
        waiting = self._outbox.waiting
        if not waiting or held.channel is None:
            return
        import reactor_webrtc

        if held.channel.state() != reactor_webrtc.DataChannelState.Open:
            return
        while waiting and held.channel.buffered_amount() < MAX_BUFFERED_BYTES:
            try:
                held.channel.send(waiting[0], False)
            except RuntimeError:  # the channel closed meanwhile; the state will say so
                return
            waiting.popleft()

    # -- whether the page is still there -----------------------------------------------------

    async def _watch(self) -> None:
        """Notice within about 3 s that nothing comes any more, be it sound or reports.

        While sound comes nothing is asked; otherwise the connection's packets are counted. A flow
        must have been steady before its end means anything: a browser that sends next to nothing
        while its person is silent is left to ICE.
        """
        frames = 0
        packets: int | None = 0
        grown = (0, 0)
        quiet_s = 0.0
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self._frames_came != frames:
                frames, packets, quiet_s = self._frames_came, None, 0.0
                grown = (0, _STEADY_PACKETS)
            else:
                now = await self._packets_received()
                if packets is not None and now == packets:
                    quiet_s += WATCH_EVERY_S
                elif packets is not None:
                    grown, quiet_s = (grown[1], now - packets), 0.0
                packets = now
            self._gone_quiet = sum(grown) >= _STEADY_PACKETS and quiet_s >= LOST_AFTER_S

    async def _packets_received(self) -> int:
        held = self._held
        if held is None or held.connection is None:
            return 0
        report = await held.connection.get_stats()
        return sum(pair.packets_received for pair in report.candidate_pairs)

    # -- what the library's threads call ----------------------------------------------------

    def _set_line(self, line: LineState) -> None:
        if self._line is LineState.CLOSED:
            return
        self._line = line
        tell(self._loop, self._line_changed)

    def _line_changed(self) -> None:
        self._changed.set()
        if self.state is LineState.CONNECTED and self._watching is None:
            self._watching = self._loop.create_task(self._watch())

    def _on_frame(self, pcm: bytes, rate: int, channels: int, _frames: int) -> None:
        self._incoming.append((pcm, rate, channels))
        self._frames_came += 1

    def _on_message(self, data: bytes, _binary: bool) -> None:
        self._inbox.put(data)

    def _on_channel_closed(self) -> None:
        self._set_line(LineState.CLOSED)

    def _on_state(self, state: Any) -> None:
        line = _LINE_OF.get(str(state).rpartition(".")[2])
        if line is not None:
            self._set_line(line)

    def _on_track(self, _kind: Any, track: Any) -> None:
        held = self._held
        if held is not None:
            held.heard.append(track)
            track.on_audio_frame(self._on_frame)

    def _on_data_channel(self, channel: Any) -> None:
        held = self._held
        if held is None or channel.label() != CHANNEL_LABEL or held.channel is not None:
            return
        channel.on_message(self._on_message)
        channel.on_close(self._on_channel_closed)
        held.channel = channel
