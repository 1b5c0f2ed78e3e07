"""LiveKit plugin: the local voice as `tts.TTS`, for anybody's AgentSession."""

import asyncio
import threading

from livekit.agents import APIError, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from voice_agent.core.errors import StillHereError
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import GUIDING, Line, RenderSettings, count_words
from voice_agent.engines.tts.renderer import Renderer


class TTS(tts.TTS[None]):
    """Speaks with the bundled Piper voice, on this machine.

    Lines that are in the renderer's memory or on its disk sound at once. Other text is spoken
    in a thread and, unless `keep` is set, kept nowhere: what a language model says may be
    personal. Long answers begin sooner with LiveKit's `StreamAdapter` around this, which
    `AgentSession` adds by itself.
    """

    def __init__(
        self,
        renderer: Renderer,
        *,
        sample_rate: int = 24_000,
        settings: RenderSettings = GUIDING,
        keep: bool = False,
    ) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=sample_rate,
            num_channels=1,
        )
        self._renderer = renderer
        self._settings = settings
        self._keep = keep

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
        line = None
        if count_words(text):
            line = Line(phrases_of(text), self._settings, private=not self._keep)
        return ChunkedStream(self, self._renderer, line, text, conn_options)


class ChunkedStream(tts.ChunkedStream):
    """The frames of one line."""

    def __init__(
        self,
        plugin: TTS,
        renderer: Renderer,
        line: Line | None,
        text: str,
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(tts=plugin, input_text=text, conn_options=conn_options)
        self._renderer = renderer
        self._line = line
        self._rate = plugin.sample_rate

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=self._rate,
            num_channels=1,
            mime_type="audio/pcm",
        )
        if self._line is None:
            # Text without words ("...") is a moment of silence: no frames count as a fault.
            output_emitter.push(bytes(2 * self._rate // 10))
            return
        try:
            rendered = self._renderer.ready(self._line, self._rate)
            if rendered is None:
                rendered = await asyncio.to_thread(self._renderer.render, self._line, self._rate)
        except StillHereError as error:
            raise APIError(str(error), retryable=False) from error
        # No flush: with one, the emitter adds 10 ms of silence to mark the end.
        output_emitter.push(rendered.samples.tobytes())
