"""One person's utterances as whole pieces of sound, while they agreed to have them measured."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FRAME = 160
PREROLL = 30
"""Frames kept before an onset: the consonants before the voice, and the room."""
LONGEST = 2400
"""More frames of an utterance are not kept: 24 s tell enough of how somebody speaks."""

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """An utterance that is over.

    Attributes:
        number: the recogniser's number for it.
        samples: int16, shape (n,), 16 kHz.
        onset, last: ticks (.01 s) at which it began and ended.
        cut: ticks of silence inside it that are not in `samples`.
        latency: ticks from the end of what it answers to its onset; None where it answers nothing.
        noise_dbfs: the floor tracked before it.
    """

    number: int
    samples: Samples
    onset: int
    last: int
    cut: int
    latency: int | None
    noise_dbfs: float


@dataclass(slots=True)
class _Open:
    number: int
    onset: int
    latency: int | None
    noise_dbfs: float
    frames: list[Samples] = field(default_factory=list)
    last: int = 0
    cut: int = 0
    ended: bool = False


class Gathering:
    """Keeps the sound of the utterance under way, in one thread; nothing is written anywhere.

    The caller says for each 10 ms frame what its speech detector knows; times are ticks.
    """

    def __init__(self) -> None:
        self._recent: deque[Samples] = deque(maxlen=PREROLL)
        self._unkept = 0
        self._open: _Open | None = None
        self._over: list[Gathered] = []
        self._noise_dbfs = -90.0
        self._sounded = -1
        self._said = -1

    def hear(self, frame: Samples, noise_dbfs: float) -> None:
        """Take a frame (int16, shape (160,)) into the short memory; before anything else of it."""
        self._recent.append(frame)
        self._noise_dbfs = noise_dbfs
        self._unkept += 1

    def sounded(self, now: int) -> None:
        """Take that the agent's voice sounds at this tick: what is said next may answer it."""
        self._sounded = now

    def started(self, number: int, onset: int) -> None:
        """Begin utterance `number`, or go on with it after a pause."""
        said = self._open
        new = list(self._recent)[-self._unkept :] if self._unkept else []
        if said is None or said.number != number:
            self.settle()
            answers = self._said < self._sounded < onset
            latency = onset - self._sounded if answers else None
            said = self._open = _Open(number, onset, latency, self._noise_dbfs)
        else:
            said.cut += self._unkept - len(new)
        said.ended = False
        self._keep(said, new)

    def speech(self, number: int, now: int) -> None:
        """Take the newest frame as one of open speech of utterance `number`."""
        said = self._open
        if said is None:
            return
        if said.number != number:  # a very long one was divided
            said.last, said.ended = now, True
            self.settle()
            said = self._open = _Open(number, now, None, said.noise_dbfs)
        if self._unkept:
            self._keep(said, [self._recent[-1]])

    def _keep(self, said: _Open, frames: list[Samples]) -> None:
        said.frames.extend(frames[: max(0, LONGEST - len(said.frames))])
        self._unkept = 0

    def ended(self, last: int) -> None:
        """Take that speech ended at tick `last`; more of the same utterance may follow."""
        if self._open is not None:
            self._open.last, self._open.ended = last, True
        self._said = max(self._said, last)

    def settle(self) -> None:
        """Take that the utterance which ended is over: nothing more belongs to it."""
        said = self._open
        if said is None or not said.ended:
            return
        self._open = None
        self._over.append(
            Gathered(
                said.number,
                np.concatenate(said.frames),
                said.onset,
                said.last,
                said.cut,
                said.latency,
                said.noise_dbfs,
            )
        )

    def take(self) -> list[Gathered]:
        """Return what is over and was not taken yet."""
        over, self._over = self._over, []
        return over

    def forget(self) -> None:
        """Drop the utterance under way and the short memory."""
        self._recent.clear()
        self._unkept = 0
        self._open = None
        self._over.clear()
