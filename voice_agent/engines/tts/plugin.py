"""LiveKit plugin: the local voice as `tts.TTS`, for anybody's AgentSession."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from livekit.agents import APIError, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, TimedString

from voice_agent.core.errors import StillHereError
from voice_agent.core.script import phrases_of
from voice_agent.engines import models
from voice_agent.engines.manifest import entry
from voice_agent.engines.tts.cache import LineCache
from voice_agent.engines.tts.line import TALKING, Line, RenderSettings, count_words
from voice_agent.engines.tts.renderer import Renderer
from voice_agent.engines.tts.voice import Voice

MORE_WITHIN_S = 0.05
"""Text that is not there all at once pauses longer than this: what is whole of it is spoken."""

_SENTENCES = re.compile(r".*[.!?…][\"'”\u2019)\]]*(?=\s)", re.DOTALL)


class TTS(tts.TTS[None]):
    """Speaks with the bundled Piper voice, on this machine.

    Lines that are in the renderer's memory or on its disk sound at once. Other text is spoken
    in a thread and, unless `keep` is set, kept nowhere: what a language model says may be
    personal. Text that comes bit by bit, as from a language model, begins with its first whole
    sentence; text that is there at once, as with `say`, is one line, with the pauses in it.
    """

    def __init__(
        self,
        renderer: Renderer,
        *,
        sample_rate: int = 24_000,
        settings: RenderSettings = TALKING,
        keep: bool = False,
    ) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=True),
            sample_rate=sample_rate,
            num_channels=1,
        )
        self._renderer = renderer
        self._settings = settings
        self._keep = keep

    @classmethod
    def load(
        cls,
        voice: str = "en_US-joe-medium",
        *,
        cache_dir: Path,
        threads: int = 1,
        sample_rate: int = 24_000,
        settings: RenderSettings = TALKING,
        keep: bool = False,
    ) -> "TTS":
        """Load the voice and return a plugin on it (blocking: in prewarm).

        Raises:
            StillHereError: the voice is not known, missing or damaged.
        """
        path = models.locate(voice, cache_dir)
        renderer = Renderer(
            lambda: Voice.load(path, threads),
            LineCache(cache_dir / "lines"),
            voice_digest=entry(voice).digest,
        )
        renderer.load()
        return cls(renderer, sample_rate=sample_rate, settings=settings, keep=keep)

    @property
    def model(self) -> str:
        """The voice's name, for metrics."""
        return "piper"

    @property
    def provider(self) -> str:
        """Who serves it, for metrics: this machine."""
        return "local"

    def prewarm(self) -> None:
        """Load the voice in the background, so that the first new text need not wait."""
        threading.Thread(target=self._renderer.load, name="voice-load", daemon=True).start()

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> "ChunkedStream":
        """Return the stream of frames that says `text`."""
        return ChunkedStream(self, text, conn_options)

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> "SynthesizeStream":
        """Return a stream that says what is pushed to it."""
        return SynthesizeStream(self, conn_options)

    async def spoken(self, text: str) -> bytes:
        """Return `text` as PCM: int16, mono, at the plugin's rate.

        Text without words ("...") is a moment of silence: no frames count as a fault.

        Raises:
            APIError: it cannot be spoken; LiveKit does not try again.
        """
        if not count_words(text):
            return bytes(2 * self.sample_rate // 10)
        line = Line(phrases_of(text), self._settings, private=not self._keep)
        try:
            rendered = self._renderer.ready(line, self.sample_rate)
            if rendered is None:
                rendered = await asyncio.to_thread(self._renderer.render, line, self.sample_rate)
        except StillHereError as error:
            raise APIError(str(error), retryable=False) from error
        return rendered.samples.tobytes()

    @property
    def gap(self) -> bytes:
        """The silence between sentences that are spoken one by one, as PCM."""
        return bytes(2 * round(self._settings.sentence_gap_s[0] * self.sample_rate))


class ChunkedStream(tts.ChunkedStream):
    """The frames of one line."""

    def __init__(self, plugin: TTS, text: str, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=plugin, input_text=text, conn_options=conn_options)
        self._plugin = plugin

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=self._plugin.sample_rate,
            num_channels=1,
            mime_type="audio/pcm",
        )
        # No flush: with one, the emitter adds 10 ms of silence to mark the end.
        output_emitter.push(await self._plugin.spoken(self.input_text))


class SynthesizeStream(tts.SynthesizeStream):
    """Says what is pushed: all of it as one line, or sentence by sentence where it is slow to come.

    LiveKit's `StreamAdapter` would part even a text that is there at once, and lose its pauses.
    """

    def __init__(self, plugin: TTS, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=plugin, conn_options=conn_options)
        self._plugin = plugin

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=self._plugin.sample_rate,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id=utils.shortuuid())
        said_s = 0.0
        async for text, last in self._pieces():
            self._mark_started()
            output_emitter.push_timed_transcript(TimedString(text, start_time=said_s))
            sound = await self._plugin.spoken(text)
            output_emitter.push(sound)
            said_s += len(sound) / 2 / self._plugin.sample_rate
            if not last:
                # Flushed, or the end of a word would wait for the next sentence.
                output_emitter.push(self._plugin.gap)
                output_emitter.flush()
                said_s += len(self._plugin.gap) / 2 / self._plugin.sample_rate

    async def _pieces(self) -> AsyncIterator[tuple[str, bool]]:
        """Yield what is to be said together, and whether it is the last of it."""
        waiting = ""
        coming: asyncio.Task[object] | None = None
        try:
            while True:
                coming = coming or asyncio.create_task(self._next())
                done, _ = await asyncio.wait([coming], timeout=MORE_WITHIN_S)
                if not done:
                    found = _SENTENCES.match(waiting)
                    if found and found[0].strip():
                        yield found[0], False
                        waiting = waiting[found.end() :]
                        continue
                    await asyncio.wait([coming])
                item, coming = coming.result(), None
                if item is None:
                    break
                if isinstance(item, str):
                    waiting += item
        finally:
            if coming is not None:
                await utils.aio.cancel_and_wait(coming)
        if waiting.strip():
            yield waiting, True

    async def _next(self) -> object:
        """Return what was pushed next: text, a mark to flush, or None at the end."""
        try:
            return await self._input_ch.recv()
        except utils.aio.ChanClosed:
            return None
