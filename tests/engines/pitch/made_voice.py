"""Voices made of harmonics, with a pitch that is known at every sample."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Samples = NDArray[np.int16]
Floats = NDArray[np.float64]


def voice(
    semitones: Callable[[Floats], Floats],
    seconds: float = 3.0,
    *,
    dbfs: float = -20.0,
    syllables_per_s: float = 0.0,
    margin_s: float = 0.4,
) -> Floats:
    """A buzz with the pitch `semitones` above 55 Hz, and a quiet room (-75 dBFS) around it."""
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 55.0 * 2.0 ** (semitones(t) / 12.0)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sound = np.zeros(len(t))
    for k in range(1, 21):
        sound += np.where(k * hz < 4_000, np.sin(k * phase) / k, 0.0)
    if syllables_per_s:
        sound *= 0.55 - 0.45 * np.cos(2 * np.pi * syllables_per_s * t)
    sound *= 10 ** (dbfs / 20) / np.sqrt(np.square(sound).mean())
    still = np.zeros(round(margin_s * RATE))
    return np.concatenate((still, sound, still)) + noise(len(t) + 2 * len(still), -75.0)


def noise(length: int, dbfs: float, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).standard_normal(length) * 10 ** (dbfs / 20)


def steady(level: float) -> Callable[[Floats], Floats]:
    return lambda t: np.full_like(t, level)


def pcm(sound: Floats) -> Samples:
    return np.clip(np.round(sound * 32767), -32768, 32767).astype(np.int16)
