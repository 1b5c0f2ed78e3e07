"""What is to be said and how (Line), what became of it (RenderedLine), and its pace."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from voice_agent.core.errors import UsageError

Pcm = NDArray[np.int16]
"""Mono 16-bit PCM, shape (n,)."""

RENDER_VERSION = 1
"""Raised whenever the same text and settings should sound different from before."""

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How a line is spoken. The defaults are the guiding voice: 95-115 words a minute.

    The pace comes from two things: the voice's own `length_scale` (1 is its natural speed,
    larger is slower), and the silences between phrases, which are chosen for each line within
    their bounds so that the whole line meets `pace_wpm`. A line of one phrase has no inner
    silence and so keeps the voice's speed; the pause after it belongs to the script.
    """

    length_scale: float = 1.85
    pace_wpm: float = 98.0
    """Words a minute that the silences between phrases aim at: below the pace of a whole practice,
    because its lines of one phrase are faster."""
    clause_gap_s: tuple[float, float] = (0.4, 1.1)
    """Least and most silence after a comma, colon or dash, in seconds."""
    sentence_gap_s: tuple[float, float] = (0.7, 1.9)
    """Least and most silence after a full stop, in seconds."""
    level_dbfs: float = -23.0
    """RMS level of the speech itself, silences left out."""
    noise_scale: float | None = None
    """Variation of the sound; None is the voice's own. 0 is repeatable and duller."""
    noise_w_scale: float | None = None
    """Variation of the durations; None is the voice's own."""

    def slower(self, share: float = 0.9) -> "RenderSettings":
        """Return these settings at `share` of the speed (0.9: a tenth slower)."""
        return replace(self, length_scale=self.length_scale / share, pace_wpm=self.pace_wpm * share)


GUIDING = RenderSettings()
"""The slow voice of a practice."""

TALKING = RenderSettings(
    length_scale=1.14, pace_wpm=168.0, clause_gap_s=(0.12, 0.3), sentence_gap_s=(0.25, 0.5)
)
"""The quieter everyday pace of the opening and of short answers."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be spoken, as the phrases at whose beginnings playout may resume.

    Raises:
        UsageError: there is no phrase, or one without a word.
    """

    phrases: tuple[str, ...]
    settings: RenderSettings = GUIDING
    private: bool = False
    """Holds something personal (a name): rendered for the caller alone and kept nowhere."""

    def __post_init__(self) -> None:
        if not self.phrases:
            raise UsageError("A line needs at least one phrase to be spoken.")
        for phrase in self.phrases:
            if not _WORD.search(phrase):
                raise UsageError("Every phrase of a line needs at least one word to be spoken.")

    def key(self, voice_digest: str) -> str:
        """Return the SHA-256 (hex) of everything that decides how the line sounds."""
        content = {
            "version": RENDER_VERSION,
            "voice": voice_digest,
            "phrases": self.phrases,
            "settings": asdict(self.settings),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class RenderedLine:
    """A spoken line: data, because the voice never speaks a line twice alike.

    Raises:
        ValueError: the offsets do not rise from 0 within the samples.
    """

    samples: Pcm
    """Shape (n,), int16, read-only: sessions share it."""
    sample_rate: int
    """Hz."""
    phrases: tuple[int, ...]
    """Where each phrase begins, in samples; the first is 0."""

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.phrases, self.phrases[1:], strict=False))
        if not self.phrases or self.phrases[0] != 0 or not rising:
            raise ValueError(f"phrase offsets must rise from 0: {self.phrases}")
        if self.phrases[-1] >= len(self.samples):
            raise ValueError(f"phrase at {self.phrases[-1]} of {len(self.samples)} samples")
        self.samples.setflags(write=False)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def count_words(text: str | Sequence[str]) -> int:
    """Return how many words `text` (or its phrases together) has.

    Example:
        >>> count_words("That's fine. We can also stay.")
        6
    """
    return len(_WORD.findall(text if isinstance(text, str) else " ".join(text)))


def measure_pace(rendered: RenderedLine, text: str) -> float:
    """Return the pace of `rendered`, which says `text`, in words a minute, silences included."""
    return 60.0 * count_words(text) / rendered.duration_s
