"""The LiveKit plugin: local streaming Whisper for anybody's `AgentSession`."""

import asyncio
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectionError,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    stt,
    utils,
)

from voice_agent.engines.stt.decoder import quietest
from voice_agent.engines.stt.decoding import Decoding
from voice_agent.engines.stt.features import SAMPLE_RATE
from voice_agent.engines.stt.guards import guarded
from voice_agent.engines.stt.partials import Agreement, PartialSchedule
from voice_agent.engines.stt.segmentation import BLOCK, Edge, Segmenter, SegmenterSettings
from voice_agent.engines.stt.shared import SharedDecoder, shared_decoder


class STT(stt.STT[None]):
    """Speech to text by Whisper on this machine, with partials while the person speaks.

    Make it with `STT.load` in prewarm; every instance of a process shares one model.
    """

    def __init__(
        self, decoder: SharedDecoder, *, segmenter: SegmenterSettings | None = None
    ) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, manual_flush=True
            )
        )
        self._decoder = decoder
        self._segmenter = segmenter or SegmenterSettings()

    @classmethod
    def load(
        cls,
        model: str = "base",
        *,
        cache_dir: Path,
        language: str = "en",
        cpu_threads: int = 1,
        segmenter: SegmenterSettings | None = None,
    ) -> "STT":
        """Load the model, the first time in this process, and return a plugin on it (blocking).

        Raises:
            ModelError: if the model is missing, damaged or cannot be loaded.
            UsageError: if the model or the language is not known.
        """
        shared = shared_decoder(
            model, cache_dir=cache_dir, language=language, cpu_threads=cpu_threads
        )
        return cls(shared, segmenter=segmenter)

    @property
    def model(self) -> str:
        """Name of the model, for metrics."""
        return f"whisper-{self._decoder.decoder.model}"

    @property
    def provider(self) -> str:
        """Who runs it, for metrics."""
        return "local"

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> "RecognizeStream":
        """Return a stream that holds only its own call's state; the language is the model's."""
        return RecognizeStream(self, self._decoder, self._segmenter, conn_options)

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        samples = _mono_16k(rtc.combine_audio_frames(buffer))
        decoding = guarded(await _decode(self._decoder, samples, final=True))
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            request_id=utils.shortuuid(),
            alternatives=[_data(decoding, decoding.text, self._decoder, 0.0, decoding.seconds)],
        )


class RecognizeStream(stt.RecognizeStream):
    """One call's audio: utterances found by level and webrtcvad, decoded as they grow."""

    def __init__(
        self,
        owner: STT,
        decoder: SharedDecoder,
        segmenter: SegmenterSettings,
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        self._decoder = decoder
        self._segments = Segmenter(segmenter)
        self._before_s = segmenter.before_s
        self._schedule = PartialSchedule()
        self._agreement = Agreement()
        self._partial: asyncio.Task[None] | None = None
        self._heard = 0  # samples of the stream so far
        self._unbilled = 0  # samples since the last RECOGNITION_USAGE
        self._request = ""

    async def _run(self) -> None:
        rest = np.zeros(0, np.int16)
        try:
            async for item in self._input_ch:
                if isinstance(item, rtc.AudioFrame):
                    rest = np.concatenate([rest, _mono(item)])
                    while len(rest) >= BLOCK:
                        await self._take(rest[:BLOCK])
                        rest = rest[BLOCK:]
                elif self._segments.speaking:
                    await self._finish(self._segments.samples, ended=True)
                    self._segments.stop()
        finally:
            if self._partial:
                await utils.aio.cancel_and_wait(self._partial)

    async def _take(self, block: npt.NDArray[np.int16]) -> None:
        self._heard += len(block)
        self._unbilled += len(block)
        edge = self._segments.push(block)
        if edge is Edge.STARTED:
            self._request = utils.shortuuid()
            self._send(stt.SpeechEventType.START_OF_SPEECH)
        elif edge is Edge.ENDED:
            await self._finish(self._segments.samples, ended=True)
            self._segments.drop()
        elif edge is Edge.FULL:
            samples = self._segments.samples
            cut = quietest(samples)
            await self._finish(samples[:cut], ended=False)
            self._segments.drop(cut)
        elif self._segments.speaking:
            self._maybe_partial()

    def _maybe_partial(self) -> None:
        busy = self._partial is not None and not self._partial.done()
        speech_s = self._segments.length_s - self._before_s
        if busy or not self._schedule.due(speech_s):
            return
        self._raise_failed_partial()
        self._schedule.taken(speech_s)
        self._partial = asyncio.create_task(
            self._decode_partial(self._segments.samples), name="whisper partial"
        )

    async def _decode_partial(self, samples: npt.NDArray[np.int16]) -> None:
        start_s = self._start_s()
        decoding = guarded(await _decode(self._decoder, samples, final=False))
        before = self._agreement.text
        self._agreement.update(decoding.words)
        # An unchanged guess is not sent again: AgentSession keeps every event it is given.
        if self._agreement.text != before:
            data = _data(
                decoding, self._agreement.text, self._decoder, start_s, start_s + decoding.seconds
            )
            self._send(stt.SpeechEventType.INTERIM_TRANSCRIPT, data)

    async def _finish(self, samples: npt.NDArray[np.int16], *, ended: bool) -> None:
        if self._partial:
            await asyncio.wait([self._partial])
            self._raise_failed_partial()
            self._partial = None
        start_s = self._start_s()
        decoding = guarded(await _decode(self._decoder, samples, final=True))
        self._schedule.reset()
        self._agreement.reset()
        if decoding.text:
            data = _data(
                decoding, decoding.text, self._decoder, start_s, start_s + decoding.seconds
            )
            self._send(stt.SpeechEventType.FINAL_TRANSCRIPT, data)
        if ended:
            self._send(stt.SpeechEventType.END_OF_SPEECH)
        usage = stt.RecognitionUsage(audio_duration=self._unbilled / SAMPLE_RATE)
        self._unbilled = 0
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=stt.SpeechEventType.RECOGNITION_USAGE,
                request_id=self._request,
                recognition_usage=usage,
            )
        )

    def _raise_failed_partial(self) -> None:
        if self._partial and self._partial.done() and not self._partial.cancelled():
            self._partial.result()

    def _start_s(self) -> float:
        return self.start_time_offset + self._heard / SAMPLE_RATE - self._segments.length_s

    def _send(self, kind: stt.SpeechEventType, data: stt.SpeechData | None = None) -> None:
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=kind, request_id=self._request, alternatives=[data] if data else []
            )
        )


async def _decode(
    decoder: SharedDecoder, samples: npt.NDArray[np.int16], *, final: bool
) -> Decoding:
    """Decode in the worker; a failure becomes one that LiveKit tries again (NOTES 15)."""
    try:
        return await decoder.decode(samples, final=final)
    except RuntimeError as error:
        raise APIConnectionError(f"Recognition failed: {error}") from error


def _data(
    decoding: Decoding, text: str, decoder: SharedDecoder, start_s: float, end_s: float
) -> stt.SpeechData:
    return stt.SpeechData(
        language=LanguageCode(decoder.decoder.language),
        text=text,
        start_time=start_s,
        end_time=end_s,
        confidence=math.exp(min(0.0, decoding.avg_logprob)) if text else 0.0,
    )


def _mono(frame: rtc.AudioFrame) -> npt.NDArray[np.int16]:
    samples = np.frombuffer(frame.data, dtype=np.int16)
    if frame.num_channels > 1:
        samples = samples.reshape(-1, frame.num_channels).mean(axis=1).astype(np.int16)
    return samples


def _mono_16k(frame: rtc.AudioFrame) -> npt.NDArray[np.int16]:
    if frame.sample_rate == SAMPLE_RATE:
        return _mono(frame)
    resampler = rtc.AudioResampler(
        frame.sample_rate,
        SAMPLE_RATE,
        num_channels=frame.num_channels,
        quality=rtc.AudioResamplerQuality.HIGH,
    )
    pieces: list[npt.NDArray[Any]] = [_mono(one) for one in resampler.push(frame)]
    pieces += [_mono(one) for one in resampler.flush()]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
