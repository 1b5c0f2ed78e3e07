"""What is heard: detector edges as inputs, utterances' audio, and when it is decoded."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_agent.agent.recogniser import Heard, Recogniser
from voice_agent.core import inputs as i
from voice_agent.core.times import to_seconds
from voice_agent.cues import Grammar, is_open_ended
from voice_agent.engines.stt.partials import PartialSchedule
from voice_agent.engines.vad.detector import SpeechDetector
from voice_agent.engines.vad.edges import Ended, Hum, Started, Suspected, Withdrawn

FRAME = 160
RATE = 16_000
PREROLL_FRAMES = 30
"""Audio kept before an onset: soft beginnings of words lie before the suspicion."""
LONGEST_S = 24.0
"""An utterance that grows past this is closed, so that memory and decoding stay bounded."""
_SAMPLES_PER_TICK = RATE // 100


@dataclass(slots=True)
class _Utterance:
    number: int
    frames: list[NDArray[np.int16]]
    end_tick: int = 0
    rev: int = 0
    candidate: int = -1
    """Revision of the decode that is final if nothing more is said."""
    ended: bool = False
    closed: bool = False
    dropped: bool = False
    """It was a hum, or was cut off: what was decoded of it is dropped."""


@dataclass(frozen=True, slots=True)
class _Result:
    due: int
    utterance: _Utterance
    rev: int
    end_tick: int
    heard: Heard | Exception


class Hearing:
    """One person's ear and its short memory; everything here runs in the loop's thread.

    Only what it gives the recogniser as `done` is called from another thread: it puts a result
    into a deque.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        recogniser: Recogniser,
        grammar: Grammar,
        *,
        keeps_text: Callable[[], bool],
        hears_tone: Callable[[], bool] = lambda: False,
        attending: Callable[[], bool],
        latency_ticks: int = 0,
        lag_ticks: int = 300,
        utterances: int = 0,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._grammar = grammar
        self._keeps_text = keeps_text
        self._hears_tone = hears_tone
        self._attending = attending
        self._latency = latency_ticks
        self._lag = lag_ticks
        self._recent: deque[NDArray[np.int16]] = deque(maxlen=PREROLL_FRAMES)
        self._utterance: _Utterance | None = None
        self._schedule = PartialSchedule()
        self._numbers = utterances
        self._results: deque[_Result] = deque()
        self._failed = False
        self._wanted: dict[tuple[int, int], int] = {}
        self._hummed = False
        self._goes_on = False
        self._unkept = 0

    def hear(
        self, frame: NDArray[np.int16], now: int, playout_dbfs: float | None = None
    ) -> list[i.Input]:
        """Take 10 ms of sound (int16, shape (160,), 16 kHz) that ended at tick `now`."""
        detector = self._detector
        edges = detector.process(frame, playout_dbfs)
        self._recent.append(frame)
        self._unkept += 1
        out: list[i.Input] = []
        for edge in edges:
            out += self._edge(edge, now)
        said = self._utterance
        if said is not None and detector.speaking:
            if not edges:
                said.frames.append(frame)
                self._unkept = 0
            said.end_tick = now
            self._decode_when_due(said, now)
        return out

    def _tick_of(self, sample: int, now: int) -> int:
        """Return the session's tick at a sample of the detector's, which counts audio alone."""
        return max(0, now - (self._detector.samples - sample) // _SAMPLES_PER_TICK)

    def _edge(self, edge: object, now: int) -> list[i.Input]:
        t = to_seconds(now)
        match edge:
            case Suspected(onset):
                # Asked before the core hears of it: from then on a suspicion alone keeps it busy.
                self._goes_on = self._attending()
                return [i.SpeechSuspected(t=t, onset_s=to_seconds(self._tick_of(onset, now)))]
            case Withdrawn(onset):
                return [i.SpeechWithdrawn(t=t, onset_s=to_seconds(self._tick_of(onset, now)))]
            case Started(onset):
                self._open(now)
                return [i.SpeechStarted(t=t, onset_s=to_seconds(self._tick_of(onset, now)))]
            case Hum():
                self._hummed = True
                return []
            case Ended(onset, last):
                return self._over(onset, last, now)
            case _:
                return []

    def _open(self, now: int) -> None:
        """Begin an utterance, or go on with the one that is not taken yet."""
        said = self._utterance
        new = min(self._unkept, len(self._recent))
        self._unkept = 0
        if said is not None and not said.closed and self._goes_on:
            said.frames.extend(list(self._recent)[-new:] if new else [])
            said.ended = False
            said.candidate = -1
        else:
            self._numbers += 1
            self._utterance = _Utterance(self._numbers, list(self._recent))
            self._schedule = PartialSchedule()
        assert self._utterance is not None
        self._utterance.end_tick = now

    def _over(self, onset: int, last: int, now: int) -> list[i.Input]:
        said = self._utterance
        t = to_seconds(now)
        onset_tick, last_tick = self._tick_of(onset, now), self._tick_of(last, now)
        out: list[i.Input] = [
            i.SpeechEnded(t=t, onset_s=to_seconds(onset_tick), last_s=to_seconds(last_tick))
        ]
        if self._hummed:
            self._hummed = False
            if said is not None:
                self._drop(said)
            self._utterance = None
            return [*out, i.Hummed(t=t, length_s=to_seconds(last_tick - onset_tick))]
        if said is not None:
            if said.candidate < 0:
                self._decode(said, now, final=True)
            said.ended = True
            if len(said.frames) * FRAME > LONGEST_S * RATE:
                said.closed = True
        return out

    def _drop(self, said: _Utterance) -> None:
        said.dropped = True
        self._wanted = {k: v for k, v in self._wanted.items() if k[0] != said.number}
        self._recogniser.forget(self, said.number)

    def _decode_when_due(self, said: _Utterance, now: int) -> None:
        if self._detector.may_be_over:
            if said.candidate < 0:
                self._decode(said, now, final=True)
            return
        said.candidate = -1
        samples = len(said.frames) * FRAME
        if samples > LONGEST_S * RATE:
            self._decode(said, now, final=True)
            said.closed = said.ended = True
            self._open(now)
        elif self._schedule.due(samples / RATE):
            self._schedule.taken(samples / RATE)
            self._decode(said, now, final=False)

    def _decode(self, said: _Utterance, now: int, *, final: bool) -> None:
        said.rev += 1
        if final:
            said.candidate = said.rev
        rev, end_tick = said.rev, now
        if final:
            self._wanted[said.number, rev] = now

        def done(heard: Heard | Exception) -> None:
            self._results.append(_Result(end_tick + self._latency, said, rev, end_tick, heard))

        self._recogniser.submit(
            self, np.concatenate(said.frames), final=final, done=done, utterance=said.number
        )

    def results(self, now: int) -> list[i.Input]:
        """Return the transcripts that are due; a candidate waits until its segment is over."""
        out: list[i.Input] = []
        held: list[_Result] = []
        while self._results:
            result = self._results.popleft()
            said = result.utterance
            if said.dropped:
                continue
            candidate = result.rev == said.candidate
            # A newer result has the words of those before it, which the recogniser may leave out.
            for key in [k for k in self._wanted if k[0] == said.number and k[1] <= result.rev]:
                del self._wanted[key]
            if now < result.due or (candidate and not said.ended and not said.closed):
                held.append(result)
            elif isinstance(result.heard, Heard):
                out += self._words(result, now, final=candidate)
            else:
                out += self._failure(now)
        self._results.extend(held)
        if self._wanted and now - min(self._wanted.values()) > self._lag:
            self._wanted.clear()
            out += self._failure(now, "lags")
        return out

    def _words(self, result: _Result, now: int, *, final: bool) -> list[i.Input]:
        assert isinstance(result.heard, Heard)
        text = result.heard.text.strip()
        out: list[i.Input] = []
        if self._failed:
            self._failed = False
            out.append(i.EngineRecovered(t=to_seconds(now), engine="stt"))
        out.append(
            i.Transcript(
                t=to_seconds(now),
                utterance=result.utterance.number,
                rev=result.rev,
                audio_end_s=to_seconds(result.end_tick),
                final=final,
                cues=self._grammar.cues(text) if text else (),
                words=len(text.split()),
                open_ended=bool(text) and is_open_ended(text),
                text=text if self._keeps_text() else None,
            )
        )
        return out

    def _failure(self, now: int, reason: str = "failed") -> list[i.Input]:
        if self._failed:
            return []
        self._failed = True
        return [i.EngineFailed(t=to_seconds(now), engine="stt", reason=reason)]

    def features(self, now: int) -> i.Features:
        """Return the measures of the last tenth of a second; pitch only with the tone consent."""
        detector = self._detector
        level_dbfs, noise_dbfs, voiced = detector.take_features()
        detector.keeps_pitch = self._hears_tone()
        return i.Features(
            t=to_seconds(now),
            level_dbfs=level_dbfs,
            noise_dbfs=noise_dbfs,
            voiced=voiced,
            pitch_cents=detector.take_pitch_cents() if detector.keeps_pitch else None,
        )

    def reset(self) -> None:
        """Forget what was under way: the line was lost. What was said to its end is still heard."""
        self._detector.reset()
        said = self._utterance
        if said is not None and not (said.ended or said.closed):
            self._drop(said)
        self._utterance = None
        self._schedule = PartialSchedule()
        self._recent.clear()
        self._hummed = self._goes_on = False
        self._unkept = 0

    def close(self) -> None:
        """Let go of the recogniser: the session is over, or somebody else goes on with it."""
        self._recogniser.forget(self)
