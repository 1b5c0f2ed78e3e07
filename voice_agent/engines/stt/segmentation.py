"""Cut a stream into utterances by level and webrtcvad, so that the plugin works on its own (pure).

Small on purpose: in our own loop the VAD engine decides who speaks, with more care.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from voice_agent.engines.stt.features import SAMPLE_RATE

BLOCK = SAMPLE_RATE // 50
"""Samples of one 20 ms block, webrtcvad's own unit."""
_BLOCK_S = BLOCK / SAMPLE_RATE
_QUIETEST_DBFS = -55.0
_ABOVE_NOISE_DB = 8.0
_NOISE_RISE_DB_PER_S = 3.0


class Edge(StrEnum):
    """What a block changed."""

    STARTED = "started"
    ENDED = "ended"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Times in seconds: sound that begins an utterance, silence that ends it, what is kept before.

    An utterance longer than `longest_s` is cut, so that memory is bounded.
    """

    onset_s: float = 0.1
    hangover_s: float = 0.5
    before_s: float = 0.3
    longest_s: float = 27.0


class Segmenter:
    """Takes blocks of 20 ms and gathers one utterance at a time in `samples`."""

    def __init__(self, settings: SegmenterSettings) -> None:
        import webrtcvad

        self._vad = webrtcvad.Vad(2)
        self._settings = settings
        self._noise_dbfs = _QUIETEST_DBFS
        self._run = 0
        self._before: deque[npt.NDArray[np.int16]] = deque(
            maxlen=round((settings.before_s + settings.onset_s) / _BLOCK_S)
        )
        self._blocks: list[npt.NDArray[np.int16]] = []
        self.speaking = False

    @property
    def samples(self) -> npt.NDArray[np.int16]:
        """The utterance so far, shape (n,)."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)

    @property
    def length_s(self) -> float:
        """Length of the utterance so far in seconds."""
        return len(self._blocks) * _BLOCK_S

    def push(self, block: npt.NDArray[np.int16]) -> Edge | None:
        """Take one block, shape (320,); return what it changed.

        After `ENDED` and `FULL` the utterance stays in `samples` until `drop`.
        """
        speech = self._is_speech(block)
        if not self.speaking:
            self._before.append(block)
            self._run = self._run + 1 if speech else 0
            if self._run * _BLOCK_S < self._settings.onset_s - 1e-9:
                return None
            self.speaking, self._run = True, 0
            self._blocks = list(self._before)
            self._before.clear()
            return Edge.STARTED
        self._blocks.append(block)
        self._run = 0 if speech else self._run + 1
        if self._run * _BLOCK_S >= self._settings.hangover_s - 1e-9:
            self.speaking, self._run = False, 0
            return Edge.ENDED
        return Edge.FULL if self.length_s >= self._settings.longest_s else None

    def drop(self, samples: int | None = None) -> None:
        """Forget the first `samples` of the utterance (in whole blocks), or all of it."""
        self._blocks = [] if samples is None else self._blocks[samples // BLOCK :]

    def stop(self) -> None:
        """End the utterance now, as at a flush."""
        self.speaking, self._run, self._blocks = False, 0, []

    def _is_speech(self, block: npt.NDArray[np.int16]) -> bool:
        power = float(np.mean(np.square(block.astype(np.float64)))) / 32768.0**2
        level_dbfs = 10 * math.log10(power) if power > 1e-10 else -100.0
        floor = max(self._noise_dbfs, _QUIETEST_DBFS)
        # The floor falls at once and rises slowly: a sentence does not become its own noise.
        self._noise_dbfs = min(level_dbfs, self._noise_dbfs + _NOISE_RISE_DB_PER_S * _BLOCK_S)
        if level_dbfs < floor + _ABOVE_NOISE_DB and level_dbfs < _QUIETEST_DBFS + 20:
            return False
        return bool(self._vad.is_speech(block.tobytes(), SAMPLE_RATE))
