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

    def submit(self, who: object, samples: NDArray[np.int16], *, final: bool, done: Done) -> None:
        """Have `samples` decoded and give the result to `done`."""
        ...


class InlineRecogniser:
    """Decodes at once, in the caller's thread: for recordings, where time waits."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode

    def submit(self, who: object, samples: NDArray[np.int16], *, final: bool, done: Done) -> None:
        """Decode now and call `done` before returning."""
        done(_run(self._decode, samples, final=final))


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    order: int
    who: object = field(compare=False)
    samples: NDArray[np.int16] = field(compare=False)
    final: bool = field(compare=False)
    done: Done = field(compare=False)
    dropped: bool = field(default=False, compare=False)


class SharedRecogniser:
    """A worker thread that decodes for every session of the process.

    Finals go before partials, each kind in the order it came; a session's newer partial (or
    its final) takes the place of its older one that still waits, so that under load partials
    thin out but never cease. `done` is called in the worker thread.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._jobs: list[_Job] = []
        self._waiting: dict[int, _Job] = {}
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
        return sum(not job.dropped for job in self._jobs)

    def submit(self, who: object, samples: NDArray[np.int16], *, final: bool, done: Done) -> None:
        """Queue `samples` for decoding."""
        job = _Job(0 if final else 1, next(self._order), who, samples, final, done)
        with self._some:
            older = self._waiting.get(id(who))
            if older is not None and not older.final:
                older.dropped = True
                self.thinned += 1
            self._waiting[id(who)] = job
            heapq.heappush(self._jobs, job)
            self._some.notify()

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
                if self._waiting.get(id(job.who)) is job:
                    del self._waiting[id(job.who)]
            if job.dropped:
                continue
            heard = _run(self._decode, job.samples, final=job.final)
            self.decoded += 1
            if isinstance(heard, Heard):
                self.spent_s += heard.spent_s
            job.done(heard)


def _run(decode: Decode, samples: NDArray[np.int16], *, final: bool) -> Heard | Exception:
    begun_s = time.perf_counter()
    try:
        text = decode(samples, final=final)
    except Exception as error:  # noqa: BLE001 - any fault of a decoder becomes engine_failed
        return error
    return Heard(text, time.perf_counter() - begun_s)
