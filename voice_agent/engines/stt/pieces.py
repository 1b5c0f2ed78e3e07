"""What is known of an utterance while it is decoded piece by piece, and what is told of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines.stt.partials import Agreement, PartialSchedule
from voice_agent.engines.stt.queue import Heard

TICKS_PER_S = 100

Samples = NDArray[np.int16]


@dataclass(slots=True, eq=False)
class Piece:
    """A part of an utterance that is decoded by itself."""

    before: int = 0
    """Frames before the speech."""
    frames: list[Samples] = field(default_factory=list)
    voiced: int = 0
    candidate: int = -1
    """Revision of the decode that is final if nothing more is said."""
    candidate_s: float = 0.0
    """Seconds of speech in that decode."""
    agreement: Agreement = field(default_factory=Agreement)
    schedule: PartialSchedule = field(default_factory=PartialSchedule)
    text: str | None = None
    """What stands, once the decode of the whole piece is there."""
    newest: int = -1
    """Revision of the newest decode that was taken in."""

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it."""
        return (len(self.frames) - self.before) / TICKS_PER_S

    def settle(self, text: str) -> None:
        """Take the words of the whole piece: they stand if it is not gone on with."""
        self.text = text
        self.agreement.settle(text.split())

    @property
    def best(self) -> str:
        """What is heard in it by now."""
        return self.agreement.text if self.text is None else self.text


@dataclass(slots=True, eq=False)
class Said:
    """One utterance, from its onset to the words that are told of it last."""

    number: int
    pieces: list[Piece]
    length: int = 0
    """Frames in all pieces but the last."""
    rev: int = 0
    ended: bool = False
    ended_at: int = 0
    closed: bool = False
    told: tuple[str, str] = ("", "")
    """What was told of it last."""
    dropped: bool = False
    """It was a hum, or was cut off: what was decoded of it is dropped."""

    @property
    def last(self) -> Piece:
        """The piece that is being gathered, or was last."""
        return self.pieces[-1]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came of one decode, and when it is due."""

    due: int
    utterance: Said
    piece: int
    rev: int
    end_tick: int
    heard: Heard | Exception


@dataclass(frozen=True, slots=True)
class Words:
    """What is heard of an utterance now.

    Attributes:
        utterance: its number.
        rev: counts the decodes of the utterance.
        end_tick: where the audio ends in which it was heard.
        final: whether the utterance is over; a pause may be followed by more of it.
        text: all words of the utterance so far. Those committed stand until the final.
        raw: all words, with the newest piece as the newest decode has it: not yet confirmed,
            for what must not be missed.
        committed: how many words of `text` stand.
        spent_s: seconds the decode took.
    """

    utterance: int
    rev: int
    end_tick: int
    final: bool
    text: str
    raw: str
    committed: int
    spent_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Recognition failed or lags; told once until it is well again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """Recognition is well again."""


def quietest(frames: list[Samples], start: int) -> int:
    """Return the middle of the quietest .2 s among `frames` from `start` on."""
    power = [float(np.dot(f.astype(np.float32), f.astype(np.float32))) for f in frames[start:]]
    smooth = np.convolve(power, np.ones(20), mode="valid")
    return start + int(np.argmin(smooth)) + 10


def committed_words(pieces: list[Piece]) -> int:
    """Return how many words stand: those of settled pieces, and the next one's that agreed."""
    count = 0
    for piece in pieces:
        count += len(piece.agreement.committed)
        if piece.text is None:
            break
    return count


def joined(texts: list[str]) -> str:
    """Return the texts that are not empty, in a row."""
    return " ".join(text for text in texts if text)
