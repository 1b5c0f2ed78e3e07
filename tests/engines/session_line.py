"""A line for a real `AgentSession` without any server: a recording in, the agent's voice out."""

import asyncio
import time

import numpy as np
from livekit import rtc
from livekit.agents.voice import io
from numpy.typing import NDArray

RATE = 16_000
BLOCK_S = 0.02


class Microphone(io.AudioInput):
    """Gives a recording in real time, then silence for as long as somebody listens."""

    def __init__(self, samples: NDArray[np.int16]) -> None:
        super().__init__(label="recording")
        self._samples = samples
        self._at = 0
        self._begun_s = 0.0

    @property
    def heard_s(self) -> float:
        """Seconds given so far."""
        return self._at / RATE

    async def __anext__(self) -> rtc.AudioFrame:
        if not self._at:
            self._begun_s = time.monotonic()
        size = round(BLOCK_S * RATE)
        part = self._samples[self._at : self._at + size]
        self._at += size
        await asyncio.sleep(max(0.0, self._begun_s + self.heard_s - time.monotonic()))
        whole = np.concatenate([part, np.zeros(size - len(part), np.int16)])
        return rtc.AudioFrame(whole.tobytes(), RATE, 1, size)


class Loudspeaker(io.AudioOutput):
    """Plays in real time into a list; every segment is finished exactly once (NOTES 8)."""

    def __init__(self, sample_rate: int = 24_000) -> None:
        super().__init__(
            label="list",
            capabilities=io.AudioOutputCapabilities(pause=False),
            sample_rate=sample_rate,
        )
        self.played: list[NDArray[np.int16]] = []
        self.finished: list[io.PlaybackFinishedEvent] = []
        self.on("playback_finished", self.finished.append)
        self._begun_s: float | None = None
        self._pushed_s = 0.0
        self._segment: list[NDArray[np.int16]] = []
        self._ending: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._begun_s is None:
            self._begun_s = time.monotonic()
            self._pushed_s = 0.0
            self._segment = []
            self.on_playback_started(created_at=time.time())
        self._segment.append(np.frombuffer(frame.data, np.int16))
        self._pushed_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._begun_s is not None and self._ending is None:
            left_s = max(0.0, self._begun_s + self._pushed_s - time.monotonic())
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(left_s, self._end, False)

    def clear_buffer(self) -> None:
        if self._begun_s is not None:
            self._end(True)

    def _end(self, interrupted: bool) -> None:
        assert self._begun_s is not None
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        position_s = min(self._pushed_s, time.monotonic() - self._begun_s)
        self._begun_s = None
        whole = np.concatenate(self._segment)
        self.played.append(whole[: round(position_s * (self.sample_rate or 0))])
        self.on_playback_finished(playback_position=position_s, interrupted=interrupted)
