"""Who is decoded next on one core that all sessions share; time is an argument (pure)."""

import itertools
import statistics
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

OVERDUE_S = 1.0
"""A partial that its session waited for so long goes before finals, every second time."""
WINDOW_S = 20.0
"""What `Congestion` remembers."""
FEW = 8
"""Fewer waits than this in the window say nothing."""
BEHIND_S = 0.5
"""Half of all decodes waiting longer than this: no further session is taken."""
STUCK_S = 2.0
"""One that waits so long means that the core is stuck."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a decoder made of a stretch of audio, and the seconds it took."""

    text: str
    spent_s: float


Done = Callable[[Heard | Exception], None]


class Decode(Protocol):
    """The blocking call that turns audio (int16, shape (n,), 16 kHz) into words."""

    def __call__(self, samples: NDArray[np.int16], *, final: bool) -> str:
        """Return the words, or an empty string where there are none."""
        ...


class Recogniser(Protocol):
    """Where a session sends audio to be recognised."""

    def submit(
        self,
        who: object,
        samples: NDArray[np.int16],
        *,
        final: bool,
        done: Done,
        utterance: int | None = None,
        piece: int = 0,
        early: bool = False,
    ) -> None:
        """Have `samples` decoded and give the result to `done`; see `Kind` for `early`."""
        ...

    def settle(self, who: object, utterance: int, piece: int = 0) -> None:
        """Say that what was decoded early is wanted: the speech is over."""
        ...

    def withdraw(self, who: object, utterance: int, piece: int = 0) -> bool:
        """Drop what waits to be decoded early: speech went on. Whether it was dropped."""
        ...

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Drop what waits of `who`, or of that utterance of theirs alone."""
        ...


class Kind(IntEnum):
    """What a decode is for; a lower one goes first."""

    FINAL = 0
    """The words of speech that is over: somebody waits for an answer."""
    EARLY = 1
    """The same, begun in a pause that may be the end; dropped when the person goes on."""
    PARTIAL = 2
    """Words while the person speaks: stop and crisis are heard on these."""


@dataclass(slots=True, eq=False)
class Job:
    """One decode that waits."""

    who: object
    kind: Kind
    samples: Any
    done: Any
    utterance: int | None = None
    piece: int = 0
    since_s: float = 0.0
    """Since when its session waits for a decode of this kind."""
    partial_since_s: float | None = None
    """Since when its session waits for the partial whose place it took; None where it took none."""
    order: int = 0


class DecodeQueue:
    """Finals in the order they came, then early finals, then the session served longest ago.

    A session has one partial waiting at most: a newer one, which holds its words, takes its
    place and its waiting time, and so does any decode of the same speech for a final. So under
    load partials thin out. They never cease: one that is overdue goes before a final, though
    never two in a row, so that finals keep at least half of the core.
    """

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._served: dict[object, float] = {}
        self._orders = itertools.count()
        self._overdue_taken = False
        self.thinned = 0
        """Partials whose place a newer decode took."""
        self.withdrawn = 0
        """Early finals that were not needed."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._waiting)

    def put(self, job: Job, now_s: float) -> None:
        """Queue a job; what it makes needless is dropped."""
        job.order = next(self._orders)
        job.since_s = now_s
        older = [each for each in self._waiting if _gives_way(each, job)]
        waited = [each.partial_since_s for each in older if each.partial_since_s is not None]
        waited += [each.since_s for each in older if each.kind is Kind.PARTIAL]
        if job.kind is Kind.PARTIAL:
            job.since_s = min([now_s, *waited])
        elif waited:
            job.partial_since_s = min(waited)
        self.thinned += len(older)
        self._remove(older)
        self._waiting.append(job)
        self._served.setdefault(job.who, now_s)

    def take(self, now_s: float) -> Job | None:
        """Return the next job, which is no longer waiting; None where nothing waits."""
        if not self._waiting:
            return None
        partials = [job for job in self._waiting if job.kind is Kind.PARTIAL]
        overdue = [job for job in partials if now_s - job.since_s >= OVERDUE_S]
        urgent = min(
            (job for job in self._waiting if job.kind is not Kind.PARTIAL),
            key=lambda job: (job.kind, job.order),
            default=None,
        )
        if urgent is not None and not (overdue and not self._overdue_taken):
            job = urgent
            self._overdue_taken = False
        else:
            job = min(overdue or partials, key=lambda job: (self._served[job.who], job.order))
            self._overdue_taken = urgent is not None
        self._waiting.remove(job)
        self._served[job.who] = now_s
        return job

    def settle(self, who: object, utterance: int, piece: int = 0) -> None:
        """Make an early final that waits a final; its place among finals is by when it came."""
        for job in self._waiting:
            if _is(job, who, utterance, piece) and job.kind is Kind.EARLY:
                job.kind = Kind.FINAL

    def withdraw(self, who: object, utterance: int, piece: int = 0) -> bool:
        """Drop an early final that waits; whether there was one.

        One that took the place of a partial becomes that partial: whoever pauses after every
        word would otherwise have none decoded while the core is full of finals.
        """
        early = [
            job
            for job in self._waiting
            if _is(job, who, utterance, piece) and job.kind is Kind.EARLY
        ]
        self.withdrawn += len(early)
        for job in early:
            if job.partial_since_s is None:
                self._waiting.remove(job)
            else:
                job.kind, job.since_s = Kind.PARTIAL, job.partial_since_s
                job.partial_since_s = None
        return bool(early)

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Drop what waits of `who`, or of one utterance of theirs alone."""
        self._remove(
            [j for j in self._waiting if j.who == who and utterance in (None, j.utterance)]
        )
        if utterance is None:
            self._served.pop(who, None)

    def _remove(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._waiting.remove(job)


class Congestion:
    """Whether the core keeps up, from how long decodes waited before they were begun."""

    def __init__(self) -> None:
        self._waits: deque[tuple[float, float]] = deque(maxlen=256)

    def began(self, job: Job, now_s: float) -> None:
        """Take in that a job was begun."""
        self._waits.append((now_s, now_s - job.since_s))

    def behind_s(self, queue: DecodeQueue, now_s: float) -> float:
        """Return the median wait of the last 20 s, or the longest now where that is stuck."""
        longest = max((now_s - job.since_s for job in queue), default=0.0)
        if longest > STUCK_S:
            return longest
        recent = [wait_s for at_s, wait_s in self._waits if now_s - at_s <= WINDOW_S]
        return statistics.median(recent) if len(recent) >= FEW else 0.0


def _is(job: Job, who: object, utterance: int, piece: int) -> bool:
    return job.who == who and job.utterance == utterance and job.piece == piece


def _gives_way(older: Job, newer: Job) -> bool:
    """Whether the newer job has all that the older one would have told."""
    if older.who != newer.who:
        return False
    if older.kind is Kind.PARTIAL:
        return True
    same = older.utterance is not None and (older.utterance, older.piece) == (
        newer.utterance,
        newer.piece,
    )
    return same and newer.kind is not Kind.PARTIAL
