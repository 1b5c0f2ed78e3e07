"""One decoder for all sessions: who is decoded next, and when a result is delivered."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Heard:
    """What a decoder made of a stretch of audio."""

    text: str
    spent_s: float


class Decode(Protocol):
    """The blocking call that turns audio (int16, shape (n,), 16 kHz) into words."""

    def __call__(self, samples: NDArray[np.int16], *, final: bool) -> str:
        """Return the words, or an empty string where there are none."""
        ...


Done = Callable[[Heard | Exception], None]


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
    ) -> None:
        """Have `samples` decoded and give the result to `done`."""
        ...

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Drop what waits of `who`, or of that utterance of theirs alone."""
        ...


class InlineRecogniser:
    """Decodes at once, in the caller's thread: for recordings, where time waits."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode

    def submit(
        self,
        who: object,
        samples: NDArray[np.int16],
        *,
        final: bool,
        done: Done,
        utterance: int | None = None,
    ) -> None:
        """Decode now and call `done` before returning."""
        done(_run(self._decode, samples, final=final))

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Do nothing: nothing ever waits."""


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    order: int
    who: object = field(compare=False)
    samples: NDArray[np.int16] = field(compare=False)
    final: bool = field(compare=False)
    done: Done = field(compare=False)
    utterance: int | None = field(compare=False)
    dropped: bool = field(default=False, compare=False)


class SharedRecogniser:
    """A worker thread that decodes for every session of the process.

    Finals go before partials, each kind in the order it came; a session's newer partial (or
    its final) takes the place of its older one that still waits, so that under load partials
    thin out but never cease. A final gives way only to a newer final of the same utterance,
    which has all its words. `done` is called in the worker thread.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._jobs: list[_Job] = []
        self._waiting: dict[object, list[_Job]] = {}
        self._order = itertools.count()
        self._some = threading.Condition()
        self._closed = False
        self.decoded = 0
        self.thinned = 0
        self.spent_s = 0.0
        self._thread = threading.Thread(target=self._work, name="recogniser", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """Jobs that wait."""
        return len(self._jobs)

    def submit(
        self,
        who: object,
        samples: NDArray[np.int16],
        *,
        final: bool,
        done: Done,
        utterance: int | None = None,
    ) -> None:
        """Queue `samples` for decoding; `who` is any object that can be a key."""
        job = _Job(0 if final else 1, next(self._order), who, samples, final, done, utterance)
        with self._some:
            older = [j for j in self._waiting.get(who, ()) if _gives_way(j, job)]
            self._drop(older)
            self.thinned += len(older)
            self._waiting.setdefault(who, []).append(job)
            heapq.heappush(self._jobs, job)
            self._some.notify()

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Drop what waits of `who`, or of that utterance of theirs alone; what runs runs on."""
        with self._some:
            waiting = self._waiting.get(who, ())
            self._drop([j for j in waiting if utterance in (None, j.utterance)])

    def _drop(self, jobs: list[_Job]) -> None:
        """Take `jobs` from the queue (the lock is held)."""
        for job in jobs:
            job.dropped = True
            self._no_longer_waits(job)
        if jobs:
            self._jobs = [job for job in self._jobs if not job.dropped]
            heapq.heapify(self._jobs)

    def _no_longer_waits(self, job: _Job) -> None:
        waiting = self._waiting[job.who]
        waiting.remove(job)
        if not waiting:
            del self._waiting[job.who]

    def close(self) -> None:
        """End the worker; what still waits is dropped."""
        with self._some:
            self._closed = True
            self._some.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._some:
                while not self._jobs and not self._closed:
                    self._some.wait()
                if self._closed:
                    return
                job = heapq.heappop(self._jobs)
                self._no_longer_waits(job)
            heard = _run(self._decode, job.samples, final=job.final)
            self.decoded += 1
            if isinstance(heard, Heard):
                self.spent_s += heard.spent_s
            job.done(heard)


def _gives_way(older: _Job, newer: _Job) -> bool:
    if not older.final:
        return True
    same = older.utterance is not None and older.utterance == newer.utterance
    return newer.final and same


def _run(decode: Decode, samples: NDArray[np.int16], *, final: bool) -> Heard | Exception:
    begun_s = time.perf_counter()
    try:
        text = decode(samples, final=final)
    except Exception as error:  # noqa: BLE001 - any fault of a decoder becomes engine_failed
        return error
    return Heard(text, time.perf_counter() - begun_s)
