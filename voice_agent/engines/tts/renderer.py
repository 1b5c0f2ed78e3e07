"""Gives rendered lines to all sessions: from memory, from disk, or from the voice, in turn."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from voice_agent.engines.tts.cache import CacheFault, LineCache
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.engines.tts.shaping import resample
from voice_agent.engines.tts.voice import Voice

_Place = tuple[str, int | None]
"""A line's key and its rate in Hz; None is the line as the voice spoke it."""


@dataclass(frozen=True, slots=True)
class RenderFigures:
    """What rendering has cost so far."""

    lines: int
    """Lines that the voice spoke (neither from memory nor from disk)."""
    spent_s: float
    """Seconds it took for them."""


class Renderer:
    """One for all sessions of a process; every method may be called from any thread.

    `load_voice` is called once, when a line is first missing: a warm start loads no voice.
    `voice_digest` is the model's SHA-256 from the manifest, known without loading it.
    `on_fault` is told of the cache's faults, in the thread that met them.
    """

    def __init__(
        self,
        load_voice: Callable[[], Voice],
        cache: LineCache | None,
        *,
        voice_digest: str,
        memory_bytes: int = 128 * 1024 * 1024,
        on_fault: Callable[[CacheFault], None] | None = None,
    ) -> None:
        self._load_voice = load_voice
        self._cache = cache
        self._digest = voice_digest
        self._memory = _SharedLines(memory_bytes)
        self._on_fault = on_fault
        self._voice: Voice | None = None
        self._voice_lock = threading.Lock()
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[RenderedLine]] = {}
        self._lines = 0
        self._spent_s = 0.0
        self.failing = False
        """Whether the voice could not speak the last line it was asked for."""

    @property
    def figures(self) -> RenderFigures:
        """What rendering has cost so far."""
        with self._lock:
            return RenderFigures(self._lines, self._spent_s)

    def ready(self, line: Line, sample_rate: int) -> RenderedLine | None:
        """Return `line` at `sample_rate` Hz if memory has it just so; takes microseconds.

        Neither the disk nor the voice is asked: an event loop may call this.
        """
        return self._memory.get((line.key(self._digest), sample_rate))

    def recall(self, line: Line, sample_rate: int) -> RenderedLine | None:
        """Return `line` at `sample_rate` Hz if memory or disk has it; the voice is not asked.

        Blocks for some milliseconds: use a thread.
        """
        return self._recall(line.key(self._digest), sample_rate)

    def kept(self, line: Line) -> bool:
        """Whether `line` lies on disk, so that the voice will not be needed for it."""
        return self._cache is not None and self._cache.has(line.key(self._digest))

    def render(self, line: Line, sample_rate: int) -> RenderedLine:
        """Return `line` at `sample_rate` Hz, spoken anew if it must be. Blocks: use a thread.

        Sessions that want the same line at once wait for one rendering and share its array.

        Raises:
            StillHereError: the voice cannot be loaded or cannot speak the line.
        """
        key = line.key(self._digest)
        kept = self._recall(key, sample_rate)
        if kept is not None:
            return kept
        if line.private:
            return resample(self._speak(line), sample_rate)
        with self._lock:
            theirs = self._under_way.get(key)
            if theirs is None:
                mine = self._under_way[key] = Future()
        if theirs is not None:
            return self._at_rate(key, theirs.result(), sample_rate)
        try:
            # Whoever held the turn before may have finished between our look and our turn.
            spoken = self._memory.get((key, None)) or self._keep(line, key)
            mine.set_result(spoken)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]
        return self._at_rate(key, spoken, sample_rate)

    def load(self) -> None:
        """Load the voice now (in a worker thread), so that the first new line need not wait."""
        self._loaded()

    def _recall(self, key: str, sample_rate: int) -> RenderedLine | None:
        line = self._memory.get((key, sample_rate))
        if line is not None:
            return line
        spoken = self._memory.get((key, None))
        if spoken is None and self._cache is not None:
            found = self._cache.load(key)
            self._tell(found.fault)
            spoken = found.line
        return None if spoken is None else self._at_rate(key, spoken, sample_rate)

    def _at_rate(self, key: str, spoken: RenderedLine, sample_rate: int) -> RenderedLine:
        """Return the one array of this line at this rate that all sessions share."""
        kept = self._memory.get((key, sample_rate))
        return kept or self._memory.put((key, sample_rate), resample(spoken, sample_rate))

    def _keep(self, line: Line, key: str) -> RenderedLine:
        """Speak `line` and keep it, in memory too: its other rates must come from the same."""
        spoken = self._speak(line)
        if self._cache is not None:
            stored = self._cache.store(key, spoken)
            self._tell(stored.fault)
            spoken = stored.line or spoken
        return self._memory.put((key, None), spoken)

    def _speak(self, line: Line) -> RenderedLine:
        begun_s = time.perf_counter()
        try:
            spoken = self._loaded().render(line.phrases, line.settings)
        except BaseException:
            self.failing = True
            raise
        self.failing = False
        with self._lock:
            self._lines += 1
            self._spent_s += time.perf_counter() - begun_s
        return spoken

    def _loaded(self) -> Voice:
        with self._voice_lock:
            if self._voice is None:
                self._voice = self._load_voice()
            return self._voice

    def _tell(self, fault: CacheFault | None) -> None:
        if fault is not None and self._on_fault is not None:
            self._on_fault(fault)


class _SharedLines:
    """The lines in memory, the one used longest ago leaving first; for many threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lines: OrderedDict[_Place, RenderedLine] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, where: _Place) -> RenderedLine | None:
        with self._lock:
            line = self._lines.get(where)
            if line is not None:
                self._lines.move_to_end(where)
            return line

    def put(self, where: _Place, line: RenderedLine) -> RenderedLine:
        """Keep `line`, or the one that another thread put first, and return what is kept."""
        with self._lock:
            kept = self._lines.setdefault(where, line)
            self._lines.move_to_end(where)
            if kept is line:
                self._bytes += line.samples.nbytes
            while self._bytes > self._max_bytes and len(self._lines) > 1:
                _, oldest = self._lines.popitem(last=False)
                self._bytes -= oldest.samples.nbytes
            return kept
