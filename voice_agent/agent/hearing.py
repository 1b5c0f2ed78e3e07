"""What is heard: detector edges as inputs, utterances' audio, and when it is decoded."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voice_agent.agent.measuring import Measuring
from voice_agent.agent.recogniser import Recogniser
from voice_agent.core import inputs as i
from voice_agent.core.times import to_seconds
from voice_agent.cues import Grammar, is_open_ended
from voice_agent.engines.pitch.queue import InlineMeasurer, Measurer
from voice_agent.engines.stt.pieces import Failed, Recovered, Words
from voice_agent.engines.stt.utterances import VOICED_LOG_ODDS, Utterances
from voice_agent.engines.vad.detector import SpeechDetector
from voice_agent.engines.vad.edges import Ended, Hum, Started, Suspected, Withdrawn

_SAMPLES_PER_TICK = 160


class Hearing:
    """One person's ear: the detector and the recogniser's words as inputs of the core."""

    def __init__(
        self,
        detector: SpeechDetector,
        recogniser: Recogniser,
        grammar: Grammar,
        *,
        keeps_text: Callable[[], bool],
        hears_tone: Callable[[], bool] = lambda: False,
        attending: Callable[[], bool],
        measurer: Measurer | None = None,
        latency_ticks: int = 0,
        lag_ticks: int = 300,
        utterances: int = 0,
    ) -> None:
        self._detector = detector
        self._utterances = Utterances(
            recogniser, latency=latency_ticks, lag=lag_ticks, first=utterances
        )
        self._grammar = grammar
        self._keeps_text = keeps_text
        self._hears_tone = hears_tone
        self._attending = attending
        self._measuring = Measuring(
            measurer or InlineMeasurer(),
            allowed=hears_tone,
            pending=attending,
            latency=latency_ticks,
        )
        self._hummed = False
        self._goes_on = False
        self._joined = False

    def sounded(self, now: int) -> None:
        """Take that the agent's voice sounds at this tick: what is said next may answer it."""
        self._measuring.sounded(now)

    def hear(
        self, frame: NDArray[np.int16], now: int, playout_dbfs: float | None = None
    ) -> list[i.Input]:
        """Take 10 ms of sound (int16, shape (160,), 16 kHz) that ended at tick `now`."""
        detector = self._detector
        edges = detector.process(frame, playout_dbfs)
        self._utterances.hear(frame, voiced=detector.log_odds >= VOICED_LOG_ODDS)
        if self._hears_tone():
            self._measuring.hear(frame, detector.noise_dbfs)
        out: list[i.Input] = []
        for edge in edges:
            out += self._edge(edge, now)
        if detector.speaking:
            self._utterances.speech(now, may_be_over=detector.may_be_over)
            self._measuring.speech(self._utterances.number, now)
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
                onset_tick = self._tick_of(onset, now)
                # Where others talk too, the last utterance may have been taken since the suspicion.
                self._joined = self._goes_on and self._attending()
                self._utterances.started(now, onset_tick, goes_on=self._joined)
                self._measuring.started(self._utterances.number, onset_tick)
                return [i.SpeechStarted(t=t, onset_s=to_seconds(onset_tick))]
            case Hum():
                self._hummed = True
                return []
            case Ended(onset, last):
                return self._over(onset, last, now)
            case _:
                return []

    def _over(self, onset: int, last: int, now: int) -> list[i.Input]:
        t = to_seconds(now)
        onset_tick, last_tick = self._tick_of(onset, now), self._tick_of(last, now)
        out: list[i.Input] = [
            i.SpeechEnded(t=t, onset_s=to_seconds(onset_tick), last_s=to_seconds(last_tick))
        ]
        hummed, self._hummed = self._hummed, False
        if hummed and not self._joined:  # "No. Mm." is a no: a hum does not undo words before it
            self._utterances.dropped()
            self._measuring.dropped()
            return [*out, i.Hummed(t=t, length_s=to_seconds(last_tick - onset_tick))]
        self._utterances.ended(now)
        self._measuring.ended(last_tick)
        return out

    def results(self, now: int) -> list[i.Input]:
        """Return the transcripts and measures that are due, in this order."""
        out: list[i.Input] = []
        for result in self._utterances.results(now):
            match result:
                case Words():
                    out.append(self._transcript(result, now))
                case Failed(reason):
                    out.append(i.EngineFailed(t=to_seconds(now), engine="stt", reason=reason))
                case Recovered():
                    out.append(i.EngineRecovered(t=to_seconds(now), engine="stt"))
        return [*out, *self._measuring.results(now)]

    def _transcript(self, words: Words, now: int) -> i.Transcript:
        # What is not yet confirmed counts too: a stop or a cry for help must not be missed.
        texts = dict.fromkeys(text for text in (words.text, words.raw) if text)
        cues = dict.fromkeys(cue for text in texts for cue in self._grammar.cues(text))
        return i.Transcript(
            t=to_seconds(now),
            utterance=words.utterance,
            rev=words.rev,
            audio_end_s=to_seconds(words.end_tick),
            final=words.final,
            cues=tuple(cues),
            words=len(words.text.split()),
            open_ended=bool(words.text) and is_open_ended(words.text),
            text=words.text if self._keeps_text() else None,
        )

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
        self._utterances.reset()
        self._measuring.dropped()
        self._hummed = self._goes_on = self._joined = False

    def close(self) -> None:
        """Let go of the recogniser: the session is over, or somebody else goes on with it."""
        self._utterances.close()
