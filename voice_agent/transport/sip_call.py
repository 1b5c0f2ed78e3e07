"""One phone call as a transport: its sound in 10 ms frames, its keys, hold and hang-up."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_agent.log import get_logger
from voice_agent.transport.base import FRAMES_PER_S, LineState, Samples
from voice_agent.transport.resample import HearingResampler

if TYPE_CHECKING:
    from baresip import Call, StackEvent

_log = get_logger(__name__)

KEYS = "0123456789*#"
_ONE_PRESS_S = 0.15
_SHORTEST_PAUSE_S = 0.04
"""The same key so soon after it went down, or after its release (no phone pauses less: ITU-T
Q.24), is the same press told a second way: INFO beside RTP."""

_PLAYOUT_RATE = 8000
_FRAME = _PLAYOUT_RATE // FRAMES_PER_S
_BYTES = 2
_CUSHION_FRAMES = 3
"""Queued when playout begins: a pump up to 20 ms late makes no gap."""
_TRIM_FRAMES = 5
"""Above this, frames without speech are left out until the queue is short again."""
_LIMIT_FRAMES = 8
"""Never more than 80 ms ahead: a stop is heard within 100 ms."""
_QUIET = 32
"""Largest sample of a frame that may be left out (-60 dBFS)."""

LOST_AFTER_S = 10.0
"""Longer than a phone that sends nothing in silence takes between two reports (RFC 3550: 5 s)."""


class SipTransport:
    """One answered call (see `base.Transport` for the promises).

    `refused` is True for a call beyond the endpoint's `max_calls`: say one line and close.
    The voice goes out at 8 kHz on every line, so that one cache of lines serves them all;
    where the caller's codec is G.722, what is heard has the full 8 kHz band.
    All of it runs on the event loop; the library hands its events over to the loop itself.
    """

    via = "phone"
    playout_rate = _PLAYOUT_RATE
    cancels_echo = False

    def __init__(
        self,
        call: "Call",
        *,
        refused: bool = False,
        lost_after_s: float = LOST_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from baresip import BaresipError, CallState, Event

        self._call = call
        self._gone = BaresipError
        self._closed_state = CallState.CLOSED
        self._events = Event
        self.refused = refused
        self._clock = clock
        self._lost_after_s = lost_after_s
        self._closed = call.state is CallState.CLOSED
        self._held = bool(call.remote_on_hold)
        self._heard_at = clock()
        self._heard: deque[Samples] = deque()
        self._to_hearing: HearingResampler | None = None
        self._to_line: HearingResampler | None = None
        self._messages: list[Mapping[str, Any]] = []
        self._pressed: tuple[str, float] | None = None
        """The last key, and until when the same one is no other press."""
        self.dropped_frames = 0
        """Frames left out because the pump wrote faster than the line sends."""
        call.on(self._on_event)

    @property
    def state(self) -> LineState:
        """How the line is; LOST when neither sound nor a report has come for `lost_after_s`."""
        if self._closed:
            return LineState.CLOSED
        if self._held:
            return LineState.HELD
        if self._clock() - self._heard_at > self._lost_after_s:
            return LineState.LOST
        return LineState.CONNECTED

    def read(self) -> Samples | None:
        """Return the next 160 samples at 16 kHz, or None; nothing is heard while on hold."""
        if self._closed:
            return None
        self._take()
        return self._heard.popleft() if self._heard else None

    def _take(self) -> None:
        try:
            info = self._call.audio.info()
            if not info.rx_ready:
                return
            pcm = self._call.audio.read(info.rx_buffered) if info.rx_buffered else b""
        except self._gone:
            self._notice_end()
            return
        if not pcm:
            return
        self._heard_at = self._clock()
        if self._held:  # what comes now is the music of a switchboard
            return
        sound = np.frombuffer(pcm, np.int16)
        if info.rx_channels > 1:
            sound = sound.reshape(-1, info.rx_channels)[:, 0]
        if self._to_hearing is None or self._to_hearing.rate_in != info.rx_sample_rate:
            self._to_hearing = HearingResampler(info.rx_sample_rate)
        self._heard.extend(self._to_hearing.push(sound))

    def write(self, frame: Samples) -> None:
        """Queue 10 ms (80 samples at 8 kHz) for the line, at most 80 ms ahead.

        Raises:
            ValueError: the frame has another length.
        """
        if len(frame) != _FRAME:
            raise ValueError(
                f"A frame for a phone cannot have {len(frame)} samples: give {_FRAME}."
            )
        if self._closed or self._held:
            return
        try:
            info = self._call.audio.info()
            if not info.tx_ready:
                return
            line_frame = info.tx_sample_rate // FRAMES_PER_S * info.tx_channels * _BYTES
            queued = info.tx_buffered / line_frame
            if queued >= _LIMIT_FRAMES or (queued >= _TRIM_FRAMES and _is_quiet(frame)):
                self.dropped_frames += 1
                return
            pcm = self._for_line(frame, info.tx_sample_rate, info.tx_channels)
            if info.tx_buffered == 0:
                pcm = bytes(_CUSHION_FRAMES * line_frame) + pcm
            self._call.audio.write(pcm)
        except self._gone:
            self._notice_end()

    def _for_line(self, frame: Samples, rate: int, channels: int) -> bytes:
        if rate != _PLAYOUT_RATE:  # G.722: 16 kHz
            if self._to_line is None:
                self._to_line = HearingResampler(_PLAYOUT_RATE)
            frames = self._to_line.push(frame)
            frame = np.concatenate(frames) if frames else np.empty(0, np.int16)
        return (np.repeat(frame, channels) if channels > 1 else frame).astype(np.int16).tobytes()

    def flush(self) -> None:
        """Throw away what is queued and not yet sent (up to 80 ms): the line is silent at once."""
        if self._closed:
            return
        try:
            self._call.audio.flush_tx()
        except self._gone:
            self._notice_end()

    def received(self) -> Sequence[Mapping[str, Any]]:
        """Return the keys pressed since the last call, as `key_pressed` messages."""
        messages, self._messages = self._messages, []
        return messages

    def send(self, message: Mapping[str, Any]) -> None:
        """Do nothing: a phone has no page."""

    async def close(self) -> None:
        """Hang up; a second time, or after the caller did, nothing happens."""
        if self._closed:
            return
        self._end()
        try:
            await self._call.hangup()
        except self._gone:
            _log.debug("the call was over before it was hung up")

    def line_died(self) -> None:
        """Take the line as closed: the stack under it is gone and will not say so."""
        self._end()

    def _notice_end(self) -> None:
        # Media may be away for a moment in mid-call; only a closed call is the end.
        if self._call.state is self._closed_state:
            self._end()

    def _end(self) -> None:
        self._closed = True
        self._heard.clear()

    def _on_event(self, event: "StackEvent") -> None:
        kinds = self._events
        if event.event is kinds.CALL_CLOSED:
            self._end()
        elif event.event is kinds.CALL_HOLD:
            self._held = True
            self._heard.clear()
        elif event.event is kinds.CALL_RESUME:
            self._held = False
            self._heard_at = self._clock()
        elif event.event is kinds.CALL_RTCP:
            self._heard_at = self._clock()
        elif event.event is kinds.CALL_DTMF_START and event.text:
            self._press(event.text)
        elif event.event is kinds.CALL_DTMF_END and self._pressed:
            self._pressed = (self._pressed[0], self._clock() + _SHORTEST_PAUSE_S)

    def _press(self, key: str) -> None:
        # Taken when the key goes down, not when it is released: a stop must not wait for a finger.
        now = self._clock()
        if self._pressed is not None and self._pressed[0] == key and now < self._pressed[1]:
            return
        self._pressed = (key, now + _ONE_PRESS_S)
        if key in KEYS:
            self._messages.append({"type": "key_pressed", "digit": key})


def _is_quiet(frame: Samples) -> bool:
    return int(np.abs(frame.astype(np.int32)).max(initial=0)) < _QUIET
