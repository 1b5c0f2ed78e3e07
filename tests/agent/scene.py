"""Recordings made for a test: the bundled voice says things at given times, in silence or noise."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from voice_agent.agent.parts import Parts
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line, RenderSettings

RATE = 16_000
NATURAL = RenderSettings(
    length_scale=1.0, pace_wpm=190.0, clause_gap_s=(0.05, 0.2), sentence_gap_s=(0.1, 0.3)
)


class Scene:
    """A quiet room of `length_s` in which things are said at their times."""

    def __init__(self, parts: Parts, length_s: float, *, room_dbfs: float = -70.0) -> None:
        self._parts = parts
        rng = np.random.default_rng(7)
        self.samples = rng.normal(0, 10 ** (room_dbfs / 20), round(length_s * RATE))
        self.said: list[tuple[float, float, str]] = []

    def voice(self, text: str) -> NDArray[np.float64]:
        line = Line(phrases_of(text), NATURAL)
        return self._parts.renderer.render(line, RATE).samples.astype(np.float64) / 32768

    def say(self, at_s: float, text: str) -> "Scene":
        sound = self.voice(text)
        self.add(at_s, sound)
        self.said.append((at_s, at_s + len(sound) / RATE, text))
        return self

    def add(self, at_s: float, sound: NDArray[np.float64]) -> "Scene":
        start = round(at_s * RATE)
        end = min(start + len(sound), len(self.samples))
        self.samples[start:end] += sound[: end - start]
        return self

    def cough(self, at_s: float) -> "Scene":
        """Add a burst of noise, .25 s, as loud as speech."""
        rng = np.random.default_rng(11)
        n = round(0.25 * RATE)
        shape = np.exp(-np.linspace(0, 6, n))
        return self.add(at_s, rng.normal(0, 0.15, n) * shape)

    def hum(self, at_s: float, length_s: float = 0.8, pitch_hz: float = 130.0) -> "Scene":
        """Add a hum: a low tone with a few weak harmonics."""
        t = np.arange(round(length_s * RATE)) / RATE
        tone = sum(np.sin(2 * np.pi * pitch_hz * k * t) / k**2 for k in (1, 2, 3))
        fade = np.minimum(1, np.minimum(t, length_s - t) / 0.05)
        return self.add(at_s, 0.08 * tone * fade)

    def write(self, path: Path) -> Path:
        soundfile.write(path, np.clip(self.samples, -1, 1), RATE, subtype="PCM_16")
        return path
