"""Lines for the live sessions of a process, fetched and rendered off the event loop."""

import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from voice_agent import log
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.engines.tts.renderer import Renderer

Told = Callable[[RenderedLine | Exception], None]

_log = log.get_logger(__name__)

_URGENT, _NEAR, _AHEAD = 0, 1, 2


class RenderQueue:
    """Two threads: one fetches lines from disk, one has missing ones spoken, each in turn.

    What somebody waits for comes before what is kept ahead, and a line that lies on disk never
    waits behind one that is being spoken.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._fetches = _Turns("line-fetcher")
        self._speaking = _Turns("renderer")

    def want(self, line: Line, sample_rate: int, done: Told) -> None:
        """Have `line` as soon as possible and tell `done`, in a thread of ours."""
        self._fetches.put(_URGENT, partial(self._fetch, line, sample_rate, done))

    def keep_near(self, lines: Iterable[Line], sample_rate: int) -> None:
        """Bring these lines into memory as they will be heard, when nobody waits for another."""
        for line in lines:
            self._fetches.put(_NEAR, partial(self._fetch, line, sample_rate, _nobody))

    def keep_ahead(self, lines: Iterable[Line], sample_rate: int) -> None:
        """Have what is missing of these lines on disk, when nothing else is to be done."""
        for line in lines:
            self._speaking.put(_AHEAD, partial(self._speak_missing, line, sample_rate))

    @property
    def waiting(self) -> int:
        """Lines that are still to be fetched or rendered."""
        return self._fetches.waiting + self._speaking.waiting

    def close(self) -> None:
        """End the threads after what they are at; one alive at exit would crash the process."""
        self._fetches.close()
        self._speaking.close()

    def _fetch(self, line: Line, sample_rate: int, done: Told) -> None:
        found = self._renderer.recall(line, sample_rate)
        if found is not None:
            done(found)
        else:
            self._speaking.put(_URGENT, partial(self._speak, line, sample_rate, done))

    def _speak(self, line: Line, sample_rate: int, done: Told) -> None:
        try:
            result: RenderedLine | Exception = self._renderer.render(line, sample_rate)
        except Exception as error:  # noqa: BLE001 - a line that cannot be spoken is shown instead
            result = error
        done(result)

    def _speak_missing(self, line: Line, sample_rate: int) -> None:
        if not self._renderer.kept(line):  # it is resampled when somebody is to hear it
            self._speak(line, sample_rate, _nobody)


def _nobody(_result: RenderedLine | Exception) -> None:
    """Nobody waits for it."""


class _Turns:
    """A thread that does what it is given, the lowest rank first, each rank in its order."""

    def __init__(self, name: str) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Any]] = queue.PriorityQueue()
        self._count = 0
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def put(self, rank: int, work: Callable[[], None]) -> None:
        with self._lock:
            self._count += 1
            self._queue.put((rank, self._count, work))

    def close(self) -> None:
        self._closed = True
        self.put(-1, lambda: None)
        self._thread.join(timeout=30)

    def _work(self) -> None:
        while True:
            _, _, work = self._queue.get()
            if self._closed:
                return
            try:
                work()
            except Exception as error:  # noqa: BLE001 - without this thread nobody hears a new line
                _log.exception("line_not_given", kind=type(error).__name__)
