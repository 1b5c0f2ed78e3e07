"""The bundled Piper voice: one phrase of text in, shaped speech out, from any thread."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.engines.tts.line import RenderedLine, RenderSettings
from voice_agent.engines.tts.shaping import Sound, join, level, trim

_BETWEEN_SENTENCES_S = 0.35
"""Silence between two short sentences that share a phrase."""


class Voice:
    """A loaded voice. Loading blocks and takes about a second: do it off the event loop.

    One voice serves all sessions: the ONNX session may run in several threads at once and
    piper locks its phonemizer itself.
    """

    def __init__(self, piper: Any, load_s: float) -> None:
        self._piper = piper
        self.load_s = load_s
        """How long loading took, in seconds."""
        self.sample_rate: int = piper.config.sample_rate

    @classmethod
    def load(cls, onnx_path: Path, threads: int = 1) -> "Voice":
        """Load the voice at `onnx_path`, with its `.json` beside it, to run on `threads` cores.

        Raises:
            UsageError: one of the two files is missing or is no voice.
        """
        config_path = onnx_path.with_name(f"{onnx_path.name}.json")
        for path in (onnx_path, config_path):
            if not path.is_file():
                raise UsageError(
                    f"The voice file {path.name} is missing; "
                    "`voice-agent models check` says how to get it."
                )
        begun_s = time.perf_counter()
        import json

        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Lines differ in length, so kept arenas only ever grow.
        options.enable_cpu_mem_arena = False
        try:
            config = PiperConfig.from_dict(json.loads(config_path.read_text("utf-8")))
            session = onnxruntime.InferenceSession(
                str(onnx_path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise UsageError(
                f"{onnx_path.name} is not a Piper voice that can be read; "
                "`voice-agent models check` finds damaged files."
            ) from error
        piper = PiperVoice(session=session, config=config)
        return cls(piper, time.perf_counter() - begun_s)

    def say(self, phrase: str, settings: RenderSettings) -> Sound:
        """Return `phrase` spoken: levelled, trimmed and faded; float32 at `sample_rate`.

        Raises:
            StillHereError: the voice made no sound of it.
        """
        from piper.config import SynthesisConfig

        how = SynthesisConfig(
            length_scale=settings.length_scale,
            noise_scale=settings.noise_scale,
            noise_w_scale=settings.noise_w_scale,
            normalize_audio=False,
        )
        silence = np.zeros(round(_BETWEEN_SENTENCES_S * self.sample_rate), dtype=np.float32)
        parts: list[Sound] = []
        for chunk in self._piper.synthesize(phrase, how):
            raw: Sound = np.nan_to_num(chunk.audio_float_array)
            spoken = trim(level(raw, self.sample_rate, settings.level_dbfs), self.sample_rate)
            if len(spoken):
                parts += [silence, spoken] if parts else [spoken]
        if not parts:
            raise StillHereError(
                "The voice made no sound of a line; write it with words it can speak."
            )
        return np.concatenate(parts)

    def render(self, phrases: Sequence[str], settings: RenderSettings) -> RenderedLine:
        """Return the line of `phrases` as int16 at the voice's rate."""
        sounds = [self.say(phrase, settings) for phrase in phrases]
        return join(phrases, sounds, self.sample_rate, settings)
