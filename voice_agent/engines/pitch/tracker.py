"""Pitch over time: SwiftF0 behind the one call the measures need, loaded when first used."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
HOP = 256
"""Samples between two values (16 ms)."""
LOWEST_HZ, HIGHEST_HZ = 55.0, 600.0
"""Speech: a creak lies lower and a scream higher, and neither is anybody's usual voice."""
CONFIDENCE = 0.5
"""SwiftF0's own line between voiced and not. At .9 the spread shrinks by half a semitone, which
would manufacture flatness."""

_LOUD_SHARE, _LOUD = 0.995, 0.25
_MOST_GAIN = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """Pitch every 16 ms.

    Attributes:
        semitones: pitch above 55 Hz, shape (n,); meaningless where not voiced.
        voiced: whether there is a pitch, shape (n,).
    """

    semitones: NDArray[np.float64]
    voiced: NDArray[np.bool_]


def _brought_up(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return samples as -1 to 1, the loud ones at a quarter: the model hears quiet speech badly."""
    audio = samples.astype(np.float32) / np.float32(32768)
    loud = float(np.quantile(np.abs(audio), _LOUD_SHARE))
    return audio * np.float32(min(_LOUD / max(loud, 1e-9), _MOST_GAIN))


class PitchTracker:
    """SwiftF0 (MIT), one model for all sessions; `track` may be called from several threads.

    The weights (135 kB) come inside the package `swift-f0`; loading takes about 30 ms.
    """

    def __init__(self) -> None:
        self._model: Any = None
        self._loading = threading.Lock()

    def track(self, samples: NDArray[np.int16]) -> PitchTrack:
        """Find the pitch of `samples` (int16, shape (n,), 16 kHz), the whole of it in one batch."""
        if len(samples) < HOP:
            return PitchTrack(np.zeros(0), np.zeros(0, bool))
        found = self._loaded().detect(_brought_up(samples), SAMPLE_RATE, LOWEST_HZ, HIGHEST_HZ)
        semitones = 12.0 * np.log2(np.maximum(found.pitch_hz, 1.0) / LOWEST_HZ)
        return PitchTrack(semitones, found.confidence >= CONFIDENCE)

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from swift_f0 import SwiftF0

                self._model = SwiftF0(threads=1, spin=False)
            return self._model
