"""One session, 10 ms at a time: sound and messages in, sound and messages out, all in order."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.agent.hearing import Hearing
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import Recogniser
from voice_agent.agent.said import from_page
from voice_agent.agent.speaking import Speaking, Want, written
from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.errors import MalformedEventError
from voice_agent.core.journal import Journal
from voice_agent.core.session import Session
from voice_agent.core.times import to_seconds, to_ticks
from voice_agent.engines.pitch.queue import Measurer
from voice_agent.engines.vad.detector import SpeechDetector

TICK_FRAMES = 10

Samples = NDArray[np.int16]
Send = Callable[[Mapping[str, Any]], None]


class SessionLoop:
    """Joins one person's ear, the core and the voice. The caller owns time and the transport.

    `step` is 10 ms: inputs are handled one after another, each with all its consequences,
    before the next; every event goes to `write` in that order. The same steps with the same
    sound, messages and rendered lines give the same events, to the byte.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        recogniser: Recogniser,
        measurer: Measurer | None = None,
        want: Want,
        write: Callable[[str], None],
        send: Send,
        sample_rate: int,
        country: str | None = None,
        latency_ticks: int = 0,
        hears_itself: bool = False,
        session: Session | None = None,
        journal: Journal | None = None,
        tick: int = 0,
        utterances: int = 0,
    ) -> None:
        self.core = session or Session(parts.library, parts.settings.core)
        self.journal = journal or Journal()
        self.tick = tick
        self.ended: str | None = None
        self._library = parts.library
        self._values = parts.values(country)
        self._write = write
        self._send = send
        self._hears_itself = hears_itself
        self._playout_dbfs = _QUIET_DBFS
        self.hearing = Hearing(
            SpeechDetector(),
            recogniser,
            parts.grammar,
            keeps_text=lambda: self.core.consented("transcript"),
            hears_tone=lambda: self.core.consented("tone"),
            attending=lambda: self.core.attending,
            measurer=measurer or parts.measurer,
            latency_ticks=latency_ticks,
            lag_ticks=to_ticks(parts.settings.patience.lag_s),
            utterances=utterances,
        )
        self.speaking = Speaking(parts.library, self._values, parts.renderer, want, sample_rate)
        self._queue: deque[i.Input] = deque()
        self._working = False
        self._captioned: dict[str, Any] | None = None

    @property
    def t(self) -> float:
        """Session time in seconds."""
        return to_seconds(self.tick)

    def handle(self, event: i.Input) -> None:
        """Give the core one input, write it and what came of it, and do what it commands."""
        self._queue.append(event)
        if self._working:
            return
        self._working = True
        try:
            while self._queue:
                self._one(self._queue.popleft())
        finally:
            self._working = False

    def _one(self, event: i.Input) -> None:
        if self.ended is not None:
            return
        self._record(event)
        if isinstance(event, i.PlayoutStarted):
            self._caption(event)
        for output in self.core.handle(event):
            self._record(output)
            if isinstance(output, c.Command):
                self._do(output)

    def _record(self, event: wire.Event) -> None:
        for line in self.journal.add(event):
            self._write(wire.dumps(line))

    def flush(self) -> None:
        """Write what waits in a block."""
        for line in self.journal.close():
            self._write(wire.dumps(line))

    def _do(self, command: c.Command) -> None:
        match command:
            case c.Say():
                self._queue.extend(self.speaking.say(command, self.tick))
            case c.Pause():
                self._queue.extend(self.speaking.pause(self.tick))
            case c.Resume():
                self.speaking.resume()
            case c.Stop():
                self._queue.extend(self.speaking.stop(self.tick))
            case c.End(why=why):
                self.ended = why
            case _:
                pass
        self._send(wire.encode(command))

    def _caption(self, event: i.PlayoutStarted) -> None:
        text = written(self._library, (event.script, event.line), self._values)
        self._captioned = {
            "type": "caption", "t": event.t, "script": event.script, "line": event.line,
            "text": text,
        }  # fmt: skip
        self._send(self._captioned)

    def show_again(self) -> None:
        """Send the newest line and picture once more: a page that came back has missed them."""
        if self._captioned is not None:
            self._send(self._captioned)
        shown = self.core.shown
        if shown is not None:
            self._send(wire.encode(shown))

    def message(self, obj: Mapping[str, Any]) -> bool:
        """Take a message of the page or the phone; whether it was one of theirs."""
        try:
            event = wire.decode({**obj, "t": self.t})
        except MalformedEventError:
            return False
        if not from_page(event):
            return False
        self.handle(event)
        return True

    def step(self, heard: Sequence[Samples]) -> Samples:
        """Live through 10 ms: what was heard of it (no, one or several frames) goes in.

        Args:
            heard: frames of int16, shape (160,), 16 kHz.

        Returns:
            10 ms of the agent's voice, int16, shape (sample_rate / 100,).
        """
        for result in self.hearing.results(self.tick):
            self.handle(result)
        for rendered in self.speaking.arrived(self.tick):
            self.handle(rendered)
        playout_dbfs = self._playout_dbfs if self._hears_itself else None
        for frame in heard:
            for event in self.hearing.hear(frame, self.tick, playout_dbfs):
                self.handle(event)
        if self.tick % TICK_FRAMES == 0:
            if heard:
                self.handle(self.hearing.features(self.tick))
            self.handle(i.Ticked(t=self.t))
        sound = self.speaking.fill(self.tick, self.handle)
        if sound.max() > _AUDIBLE:
            self.hearing.sounded(self.tick)
        if self._hears_itself:
            self._playout_dbfs = _level_dbfs(sound)
        self.tick += 1
        return sound


_QUIET_DBFS = -120.0
_AUDIBLE = 100
"""Samples louder than this are the voice itself, not the hiss after it (-50 dBFS)."""


def _level_dbfs(sound: Samples) -> float:
    if not sound.any():
        return _QUIET_DBFS
    samples = sound.astype(np.float32)
    power = float(np.dot(samples, samples)) / len(samples) / 32768.0**2
    return 10 * math.log10(power) if power > 0 else _QUIET_DBFS
