"""Both speech models of a process, loaded once; imports little, so that loading begins early."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.settings import Settings


class Decoders:
    """Both speech models, each loaded when it is first needed, or by `load`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[str, Any] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load both models now (blocking: in a worker thread).

        Raises:
            StillHereError: a model is missing or damaged.
        """
        for name in (self._settings.stt.partial_model, self._settings.stt.final_model):
            self._get(name)

    def _get(self, name: str) -> Any:
        with self._lock:
            if name not in self._loaded:
                from voice_agent.engines.stt.decoder import WhisperDecoder

                self._loaded[name] = WhisperDecoder(
                    name,
                    cache_dir=self._settings.cache_dir,
                    cpu_threads=self._settings.stt.threads,
                )
            return self._loaded[name]

    def __call__(self, samples: NDArray[np.int16], *, final: bool) -> str:
        """Return the words in `samples` (int16, shape (n,), 16 kHz), or an empty string."""
        stt = self._settings.stt
        decoder = self._get(stt.final_model if final else stt.partial_model)
        from voice_agent.cues.danger import says_danger
        from voice_agent.engines.stt.guards import guarded

        return str(guarded(decoder.decode(samples, final=final), keeps=says_danger).text)
