"""Who measures, and when: at once over a recording, in one thread for all sessions live."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from voice_agent.engines.pitch.gathering import Gathered
from voice_agent.engines.pitch.tracker import PitchTracker
from voice_agent.engines.pitch.utterance import Measures, measure

Done = Callable[[Measures | Exception], None]


class Measurer(Protocol):
    """Where a session sends an utterance to be measured."""

    def submit(self, said: Gathered, done: Done) -> None:
        """Have `said` measured and give the measures, or what went wrong, to `done`."""
        ...


def measured(said: Gathered, tracker: PitchTracker) -> Measures:
    """Measure an utterance that was gathered."""
    return measure(said.samples, tracker, noise_dbfs=said.noise_dbfs, cut_s=said.cut / 100)


class InlineMeasurer:
    """Measures in the caller's thread, before `submit` returns: for recordings."""

    def __init__(self, tracker: PitchTracker | None = None) -> None:
        self._tracker = tracker or PitchTracker()

    def submit(self, said: Gathered, done: Done) -> None:
        """Measure now and call `done` before returning."""
        done(_run(said, self._tracker))


class SharedMeasurer:
    """A thread that measures for every session of the process, in the order they came.

    It lives while there is work: silence costs nothing, and the process waits at its end for
    the utterance under way alone. `done` is called in that thread.
    """

    MOST_WAITING = 64
    """Beyond, the oldest is left out: a measure that comes minutes late tells nothing."""

    def __init__(self, tracker: PitchTracker | None = None) -> None:
        self._tracker = tracker or PitchTracker()
        self._waiting: deque[tuple[Gathered, Done]] = deque()
        self._lock = threading.Lock()
        self._working = False
        self.measured = 0
        self.left_out = 0
        self.spent_s = 0.0
        self.audio_s = 0.0

    @property
    def queued(self) -> int:
        """Utterances that wait."""
        return len(self._waiting)

    def submit(self, said: Gathered, done: Done) -> None:
        """Queue `said`; begin working if nobody does."""
        with self._lock:
            self._waiting.append((said, done))
            if len(self._waiting) > self.MOST_WAITING:
                self._waiting.popleft()
                self.left_out += 1
            if self._working:
                return
            self._working = True
        threading.Thread(target=self._work, name="measurer").start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working = False
                    return
                said, done = self._waiting.popleft()
            begun_s = time.perf_counter()
            result = _run(said, self._tracker)
            self.measured += 1
            self.spent_s += time.perf_counter() - begun_s
            self.audio_s += len(said.samples) / 16_000
            done(result)


def _run(said: Gathered, tracker: PitchTracker) -> Measures | Exception:
    try:
        return measured(said, tracker)
    except Exception as error:  # noqa: BLE001 - a voice that cannot be measured is left unmeasured
        return error
