"""One decoder for all sessions of a process: its thread, and what is counted of it."""

import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines.stt.queue import (
    BEHIND_S,
    Congestion,
    Decode,
    DecodeQueue,
    Done,
    Heard,
    Job,
    Kind,
    Recogniser,
)

__all__ = [
    "Counted",
    "Decode",
    "Done",
    "Heard",
    "InlineRecogniser",
    "Recogniser",
    "SharedRecogniser",
]


@dataclass(slots=True)
class Counted:
    """What was decoded since the start, by kind; counts and seconds, nothing of anybody."""

    decodes: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    waited_s: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(Kind, 0.0))
    spent_s: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(Kind, 0.0))
    audio_s: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(Kind, 0.0))
    failed: int = 0


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
        piece: int = 0,
        early: bool = False,
    ) -> None:
        """Decode now and call `done` before returning."""
        done(_run(self._decode, samples, final=final))

    def settle(self, who: object, utterance: int, piece: int = 0) -> None:
        """Do nothing: nothing ever waits."""

    def withdraw(self, who: object, utterance: int, piece: int = 0) -> bool:
        """Return that nothing was dropped: nothing ever waits."""
        return False

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Do nothing: nothing ever waits."""


class SharedRecogniser:
    """A worker thread that decodes for every session of the process, in `DecodeQueue`'s order.

    `done` is called in the worker thread.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._queue = DecodeQueue()
        self._congestion = Congestion()
        self._some = threading.Condition()
        self._closed = False
        self.counted = Counted()
        self._thread = threading.Thread(target=self._work, name="recogniser", daemon=True)
        self._thread.start()

    @property
    def queued(self) -> int:
        """Jobs that wait."""
        return len(self._queue)

    @property
    def thinned(self) -> int:
        """Decodes whose place a newer one took."""
        return self._queue.thinned

    @property
    def withdrawn(self) -> int:
        """Finals that were to be decoded early and were not needed."""
        return self._queue.withdrawn

    @property
    def decoded(self) -> int:
        """Decodes that were done."""
        return sum(self.counted.decodes.values())

    @property
    def spent_s(self) -> float:
        """Seconds spent decoding."""
        return sum(self.counted.spent_s.values())

    @property
    def behind_s(self) -> float:
        """How far the decoder is behind: the usual wait before a decode, in seconds."""
        with self._some:
            return self._congestion.behind_s(self._queue, time.monotonic())

    @property
    def overloaded(self) -> bool:
        """Whether those who are here would be heard too late if one more came."""
        return self.behind_s > BEHIND_S

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
        """Queue `samples` for decoding; `who` is any object that can be a key."""
        kind = Kind.PARTIAL if not final else Kind.EARLY if early else Kind.FINAL
        with self._some:
            self._queue.put(Job(who, kind, samples, done, utterance, piece), time.monotonic())
            self._some.notify()

    def settle(self, who: object, utterance: int, piece: int = 0) -> None:
        """Say that what was to be decoded early is wanted now."""
        with self._some:
            self._queue.settle(who, utterance, piece)

    def withdraw(self, who: object, utterance: int, piece: int = 0) -> bool:
        """Drop what waits to be decoded early; whether there was something."""
        with self._some:
            return self._queue.withdraw(who, utterance, piece)

    def forget(self, who: object, utterance: int | None = None) -> None:
        """Drop what waits of `who`, or of that utterance of theirs alone; what runs runs on."""
        with self._some:
            self._queue.forget(who, utterance)

    def close(self) -> None:
        """End the worker; what still waits is dropped."""
        with self._some:
            self._closed = True
            self._some.notify()
        self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._some:
                while not len(self._queue) and not self._closed:
                    self._some.wait()
                if self._closed:
                    return
                now_s = time.monotonic()
                job = self._queue.take(now_s)
                assert job is not None
                self._congestion.began(job, now_s)
            heard = _run(self._decode, job.samples, final=job.kind is not Kind.PARTIAL)
            self._count(job, now_s, heard)
            job.done(heard)

    def _count(self, job: Job, begun_s: float, heard: Heard | Exception) -> None:
        counted, kind = self.counted, job.kind
        counted.decodes[kind] += 1
        counted.waited_s[kind] += begun_s - job.since_s
        counted.audio_s[kind] += len(job.samples) / 16_000
        if isinstance(heard, Heard):
            counted.spent_s[kind] += heard.spent_s
        else:
            counted.failed += 1


def _run(decode: Decode, samples: NDArray[np.int16], *, final: bool) -> Heard | Exception:
    begun_s = time.perf_counter()
    try:
        text = decode(samples, final=final)
    except Exception as error:  # noqa: BLE001 - any fault of a decoder becomes engine_failed
        return error
    return Heard(text, time.perf_counter() - begun_s)
