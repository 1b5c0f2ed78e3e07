"""One decoder a process and one thread that decodes, shared by all sessions."""

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy.typing as npt

from voice_agent.engines.stt.decoder import WhisperDecoder
from voice_agent.engines.stt.decoding import Decoding

_lock = threading.Lock()
_loaded: dict[tuple[str, Path, str, int], "SharedDecoder"] = {}


class SharedDecoder:
    """A decoder and its worker thread; decodes are taken in the order they come."""

    def __init__(self, decoder: WhisperDecoder) -> None:
        self.decoder = decoder
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="whisper")

    def submit(self, samples: npt.NDArray[Any], *, final: bool) -> "Future[Decoding]":
        """Queue one decode; see `WhisperDecoder.decode`. `cancel()` works until it has begun."""
        return self._worker.submit(self.decoder.decode, samples, final=final)

    async def decode(self, samples: npt.NDArray[Any], *, final: bool) -> Decoding:
        """Decode off the event loop; see `WhisperDecoder.decode`."""
        return await asyncio.wrap_future(self.submit(samples, final=final))


def shared_decoder(
    model: str = "base", *, cache_dir: Path, language: str = "en", cpu_threads: int = 1
) -> SharedDecoder:
    """Return this process's decoder, loading it the first time (blocking: call it in prewarm).

    Raises:
        ModelError: if the model is missing, damaged or cannot be loaded.
        UsageError: if the model or the language is not known.
    """
    key = (model, cache_dir.resolve(), language, cpu_threads)
    with _lock:
        if key not in _loaded:
            _loaded[key] = SharedDecoder(
                WhisperDecoder(
                    model, cache_dir=cache_dir, language=language, cpu_threads=cpu_threads
                )
            )
        return _loaded[key]
