"""The live path of speech recognition over a recording: one core, one queue, measured decoding.

The detector, the utterances, the queue and the floor are those of a live session; only the clock is
made. Decoding takes the time it was measured to take, on a core that does nothing else, so the
figures are those of a machine with a core to spare, whatever else this one does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from voice_agent.core import inputs as i
from voice_agent.core.config import PatienceSettings
from voice_agent.core.floor import Floor
from voice_agent.core.times import to_seconds
from voice_agent.cues import is_open_ended
from voice_agent.engines.stt.pieces import Words
from voice_agent.engines.stt.queue import Decode, DecodeQueue, Done, Heard, Job, Kind
from voice_agent.engines.stt.utterances import FRAME, VOICED_LOG_ODDS, Utterances
from voice_agent.engines.vad.detector import SpeechDetector
from voice_agent.engines.vad.edges import Ended, Hum, Started, Suspected, Withdrawn

RATE = 16_000
AFTER_S = 4.0
"""Silence after a recording, so that its last words are over."""


@dataclass(slots=True)
class Decoded:
    """One decode that was done."""

    kind: Kind
    audio_s: float
    spent_s: float
    of: tuple[int | None, int]
    """Which utterance, and which piece of it."""
    used: bool = False
    """Whether a final came of it, or a piece of one."""


class OneCore:
    """A recogniser that decodes for real, and gives the result when one core would have it."""

    def __init__(self, decode: Decode, cost_s: Callable[[], float] = time.process_time) -> None:
        self._decode = decode
        self._clock_s = cost_s
        self._queue = DecodeQueue()
        self._now_s = 0.0
        self._free_s = 0.0
        self._running: tuple[Done, Heard | Exception] | None = None
        self.decoded: list[Decoded] = []

    def advance(self, now_s: float) -> None:
        """Do what is done by `now_s`, and tell it."""
        while True:
            if self._running is not None:
                if self._free_s > now_s:
                    break
                done, heard = self._running
                self._running = None
                self._now_s = self._free_s
                done(heard)
            begin_s = max(self._free_s, self._now_s)
            job = self._queue.take(begin_s)
            if job is None:
                break
            self._run(job, begin_s)
        self._now_s = now_s

    def _run(self, job: Job, begin_s: float) -> None:
        begun_s = self._clock_s()
        text = self._decode(job.samples, final=job.kind is not Kind.PARTIAL)
        spent_s = self._clock_s() - begun_s
        of = (job.utterance, job.piece)
        self.decoded.append(Decoded(job.kind, len(job.samples) / RATE, spent_s, of))
        self._running = (job.done, Heard(text, spent_s))
        self._free_s = begin_s + spent_s

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
        """Queue a decode at the time that was advanced to."""
        kind = Kind.PARTIAL if not final else Kind.EARLY if early else Kind.FINAL
        self._queue.put(Job(who, kind, samples, done, utterance, piece), self._now_s)

    def settle(self, who: object, utterance: int, piece: int = 0) -> None:
        """See `DecodeQueue`."""
        self._queue.settle(who, utterance, piece)

    def withdraw(self, who: object, utterance: int, piece: int = 0) -> bool:
        """See `DecodeQueue`."""
        return self._queue.withdraw(who, utterance, piece)

    def forget(self, who: object, utterance: int | None = None) -> None:
        """See `DecodeQueue`."""
        self._queue.forget(who, utterance)


@dataclass(frozen=True, slots=True)
class Told:
    """Words as the core is given them."""

    t: float
    words: Words


@dataclass(slots=True)
class Listened:
    """What came of a recording.

    Attributes:
        told: transcripts in their order.
        ends: for each stretch of speech that was over: when it ended, and when its words were
            there, both in seconds.
        turns: when an utterance counted as over, and when its speech had ended, in seconds.
        decoded: what was decoded.
    """

    told: list[Told] = field(default_factory=list)
    ends: list[tuple[float, float]] = field(default_factory=list)
    turns: list[tuple[float, float]] = field(default_factory=list)
    decoded: list[Decoded] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was understood, the newest final of each utterance."""
        finals = {each.words.utterance: each.words for each in self.told if each.words.final}
        return " ".join(words.text for _, words in sorted(finals.items()) if words.text)


class Ear:
    """Detector, utterances and floor, joined as in a live session."""

    def __init__(self, core: OneCore, patience: PatienceSettings) -> None:
        self._core = core
        self._detector = SpeechDetector()
        self._utterances = Utterances(core)
        self._floor = Floor(patience)
        self._goes_on = False
        self._hummed = False
        self._last = 0.0
        self._waits: list[tuple[float, int]] = []
        self.listened = Listened()

    def hear(self, frame: NDArray[np.int16], now: int) -> None:
        """Take 10 ms of sound (int16, shape (160,))."""
        self._core.advance(now / 100)
        for result in self._utterances.results(now):
            if isinstance(result, Words):
                self._told(result, now)
        detector = self._detector
        edges = detector.process(frame)
        self._utterances.hear(frame, voiced=detector.log_odds >= VOICED_LOG_ODDS)
        for edge in edges:
            self._edge(edge, now)
        if detector.speaking:
            self._utterances.speech(now, may_be_over=detector.may_be_over)
        said = self._floor.over(now, wants_word=False)
        if said is not None:
            self.listened.turns.append((now / 100, said.last / 100))

    def _tick(self, sample: int, now: int) -> int:
        return max(0, now - (self._detector.samples - sample) // FRAME)

    def _edge(self, edge: object, now: int) -> None:
        t = to_seconds(now)
        match edge:
            case Suspected(onset):
                self._goes_on = self._floor.pending
                self._floor.take(i.SpeechSuspected(t=t, onset_s=self._tick(onset, now) / 100))
            case Withdrawn(onset):
                self._floor.take(i.SpeechWithdrawn(t=t, onset_s=self._tick(onset, now) / 100))
            case Started(onset):
                onset_tick = self._tick(onset, now)
                self._utterances.started(now, onset_tick, goes_on=self._goes_on)
                self._floor.take(i.SpeechStarted(t=t, onset_s=onset_tick / 100))
            case Hum():
                self._hummed = True
            case Ended(onset, last):
                last_s = self._tick(last, now) / 100
                self._floor.take(
                    i.SpeechEnded(t=t, onset_s=self._tick(onset, now) / 100, last_s=last_s)
                )
                if self._hummed:
                    self._hummed = False
                    self._utterances.dropped()
                    self._floor.take(i.Hummed(t=t, length_s=last_s - onset / RATE))
                else:
                    self._utterances.ended(now)
                    self._last = last_s
            case _:
                pass

    def _told(self, words: Words, now: int) -> None:
        self.listened.told.append(Told(now / 100, words))
        if words.final and self._last:
            self.listened.ends.append((self._last, now / 100))
            self._last = 0.0
        self._floor.take(
            i.Transcript(
                t=to_seconds(now),
                utterance=words.utterance,
                rev=words.rev,
                audio_end_s=to_seconds(words.end_tick),
                final=words.final,
                cues=(),
                words=len(words.text.split()),
                open_ended=bool(words.text) and is_open_ended(words.text),
            )
        )


def listen(
    samples: NDArray[np.int16],
    decode: Decode,
    patience: PatienceSettings,
    *,
    cost_s: Callable[[], float] = time.process_time,
) -> Listened:
    """Hear a recording as a live session would.

    Args:
        samples: int16, shape (n,), 16 kHz.
        decode: what turns audio into words, for real.
        patience: how long is waited before an utterance is over.
        cost_s: a clock that decoding moves on: of the process, so that other processes that
            want the core do not count.
    """
    core = OneCore(decode, cost_s)
    ear = Ear(core, patience)
    silence = np.zeros(int(AFTER_S * RATE), np.int16)
    sound = np.concatenate([samples, silence])
    for now, at in enumerate(range(0, len(sound) - FRAME + 1, FRAME)):
        ear.hear(sound[at : at + FRAME], now)
    last = {each.of: each for each in core.decoded if each.kind is not Kind.PARTIAL}
    for each in last.values():
        each.used = True
    ear.listened.decoded = core.decoded
    return ear.listened
