"""When each word of a known text ends in a recording, from Whisper's own attention."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines import models
from voice_agent.engines.stt.features import SAMPLE_RATE, Samples, log_mel

LONGEST_S = 30.0
_STEP_S = 0.02


class WordTimes:
    """Aligns known words with the sound; to about a tenth of a second.

    Source: dynamic time warping of cross-attention, as `whisper.timing` and faster-whisper do it;
    the heads are those the model's own configuration names.
    """

    def __init__(self, model: str, cache_dir: Path) -> None:
        import ctranslate2
        import tokenizers

        folder = models.locate(model, cache_dir)
        self._storage = ctranslate2.StorageView.from_array
        self._whisper: Any = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=1
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))

    def ends_s(self, samples: Samples, words: list[str]) -> list[float]:
        """Return where each word ends, in seconds from the beginning.

        Args:
            samples: Shape (n,), 16 kHz, full scale 1.0; at most 30 s of it are looked at.
            words: What is said in it, in order.
        """
        if not words:
            return []
        clip = samples[: int(LONGEST_S * SAMPLE_RATE)]
        padded = np.pad(clip, (0, int(LONGEST_S * SAMPLE_RATE) - len(clip)))
        tokens = [
            self._tokenizer.encode(f" {word}", add_special_tokens=False).ids for word in words
        ]
        found = self._whisper.align(
            self._storage(np.ascontiguousarray(log_mel(padded)[None])),
            self._start(),
            [[token for word in tokens for token in word]],
            [len(clip) * 100 // SAMPLE_RATE],
        )[0].alignments
        return _ends(found, [len(word) for word in tokens])

    def _start(self) -> list[int]:
        names = ["<|startoftranscript|>"]
        if self._whisper.is_multilingual:
            names += ["<|en|>", "<|transcribe|>"]
        return [int(self._tokenizer.token_to_id(name) or 0) for name in names]


def _ends(pairs: list[tuple[int, int]], lengths: list[int]) -> list[float]:
    """Return the last step of each word's last token, in seconds."""
    last: dict[int, int] = {}
    for token, step in pairs:
        last[token] = max(last.get(token, 0), step)
    ends, at, newest = [], 0, 0
    for length in lengths:
        at += length
        newest = max(newest, last.get(at - 1, newest))
        ends.append(round((newest + 1) * _STEP_S, 2))
    return ends


@cache
def word_times(model: str, cache_dir: Path) -> WordTimes:
    """Return this process's aligner."""
    return WordTimes(model, cache_dir)


def as_float(samples: NDArray[np.int16]) -> Samples:
    """Return int16 as float32 of full scale 1.0."""
    return samples.astype(np.float32) / np.float32(32768)
