"""The detector as a LiveKit VAD, for our own loop's peers and anybody's `AgentSession`."""

import time
from collections import deque
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import vad
from numpy.typing import NDArray

from voice_agent.core.errors import UsageError
from voice_agent.engines.vad.analysis import FRAME, SAMPLE_RATE
from voice_agent.engines.vad.detector import DetectorSettings, SpeechDetector
from voice_agent.engines.vad.edges import Ended, Started

_FRAME_S = FRAME / SAMPLE_RATE
_LONGEST_FRAMES = 6_000  # a minute: what END_OF_SPEECH carries at most, the newest
_BEFORE_FRAMES = 40  # a suspicion's look-back and the time to confirm it


class VAD(vad.VAD):
    """Voice activity by webrtcvad, level and voicing; a stream holds one call's state."""

    def __init__(self, settings: DetectorSettings = DetectorSettings()) -> None:  # noqa: B008 - frozen
        super().__init__(capabilities=vad.VADCapabilities(update_interval=_FRAME_S))
        self._settings = settings

    @property
    def model(self) -> str:
        """Return the name under which metrics are counted."""
        return "webrtcvad+score"

    @property
    def provider(self) -> str:
        """Return who runs it: this process."""
        return "local"

    def stream(self) -> "VADStream":
        """Return a new stream, with a detector of its own."""
        return VADStream(self, self._settings)


class VADStream(vad.VADStream):
    """Takes frames of any rate and length, one rate a stream; events count 16 kHz samples."""

    def __init__(self, owner: VAD, settings: DetectorSettings) -> None:
        self._settings = settings
        self._detector = SpeechDetector(settings)
        self._rate = 0
        self._resampler: Any = None
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._kept: deque[NDArray[np.int16]] = deque(maxlen=_BEFORE_FRAMES)
        self._kept_end = 0
        super().__init__(owner)

    async def _main_task(self) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                for frame in self._cut(self._at_16_khz(item)):
                    self._take(frame)
            else:
                self._boundary()

    def _at_16_khz(self, frame: rtc.AudioFrame) -> NDArray[np.int16]:
        samples = np.frombuffer(frame.data, np.int16)
        if frame.num_channels > 1:
            mixed = samples.reshape(-1, frame.num_channels).mean(axis=1)
            samples = mixed.round().astype(np.int16)
        if self._rate == 0:
            self._rate = frame.sample_rate
            if self._rate != SAMPLE_RATE:
                self._resampler = self._new_resampler()
        elif frame.sample_rate != self._rate:
            raise UsageError(
                f"A VAD stream takes one sample rate: it began with {self._rate} Hz and got "
                f"{frame.sample_rate} Hz; open a new stream for the new rate."
            )
        if self._resampler is None:
            return samples
        # In floats: soxr dithers what it rounds itself, and two runs would differ.
        resampled = self._resampler.resample_chunk(samples.astype(np.float32))
        whole: NDArray[np.int16] = np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)
        return whole

    def _new_resampler(self) -> Any:
        import soxr

        return soxr.ResampleStream(self._rate, SAMPLE_RATE, 1, dtype="float32", quality="LQ")

    def _cut(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(joined) // FRAME * FRAME
        self._rest = joined[whole:].copy()
        return joined[:whole].reshape(-1, FRAME)

    def _take(self, frame: NDArray[np.int16]) -> None:
        detector = self._detector
        began = time.perf_counter()
        edges = detector.process(frame)
        took_s = time.perf_counter() - began
        self._kept.append(frame)
        for edge in edges:
            if isinstance(edge, Started):
                self._kept = deque(self._from(edge.onset), maxlen=_LONGEST_FRAMES)
                self._send(
                    vad.VADEventType.START_OF_SPEECH,
                    speech_s=(detector.samples - edge.onset) / SAMPLE_RATE,
                    frames=self._kept_frames(),
                )
        speaking = detector.speaking
        onset = detector.onset
        silent_s = detector.silence_in_segment / SAMPLE_RATE
        speech_s = (detector.samples - onset) / SAMPLE_RATE - silent_s if speaking else 0.0
        self._send(
            vad.VADEventType.INFERENCE_DONE,
            speech_s=speech_s,
            silence_s=silent_s if speaking else detector.silence / SAMPLE_RATE,
            frames=[_audio(frame)],
            took_s=took_s,
        )
        for edge in edges:
            if isinstance(edge, Ended):
                self._send(
                    vad.VADEventType.END_OF_SPEECH,
                    speech_s=(edge.last - edge.onset) / SAMPLE_RATE,
                    silence_s=(detector.samples - edge.last) / SAMPLE_RATE,
                    frames=self._kept_frames(),
                )
                self._kept = deque(self._from(edge.last), maxlen=_BEFORE_FRAMES)

    def _boundary(self) -> None:
        """End the segment here: what is heard next stands for itself.

        No END_OF_SPEECH is sent, as with LiveKit's own VADs: whoever flushes knows already.
        """
        self._detector.reset()
        self._rest = self._rest[:0]
        self._kept = deque(maxlen=_BEFORE_FRAMES)
        if self._resampler is not None:
            self._resampler = self._new_resampler()

    def _from(self, sample: int) -> list[NDArray[np.int16]]:
        """Return the kept frames from `sample` on."""
        wanted = (self._detector.samples - sample) // FRAME
        return list(self._kept)[max(0, len(self._kept) - wanted) :] if wanted else []

    def _kept_frames(self) -> list[rtc.AudioFrame]:
        return [_audio(np.concatenate(self._kept))] if self._kept else []

    def _send(
        self,
        kind: vad.VADEventType,
        *,
        speech_s: float,
        silence_s: float = 0.0,
        frames: list[rtc.AudioFrame],
        took_s: float = 0.0,
    ) -> None:
        detector = self._detector
        ended = kind is vad.VADEventType.END_OF_SPEECH
        self._event_ch.send_nowait(
            vad.VADEvent(
                type=kind,
                samples_index=detector.samples,
                timestamp=detector.samples / SAMPLE_RATE,
                speech_duration=speech_s,
                silence_duration=silence_s,
                frames=frames,
                probability=detector.probability,
                inference_duration=took_s,
                speaking=detector.speaking and not ended,
                raw_accumulated_silence=silence_s,
                raw_accumulated_speech=0.0 if silence_s else speech_s,
            )
        )


def _audio(samples: NDArray[np.int16]) -> rtc.AudioFrame:
    return rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples))
