"""How each utterance sounds, as inputs of the core: only while the person agreed to it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_agent.core.inputs import UtteranceMeasured
from voice_agent.core.times import to_seconds
from voice_agent.engines.pitch.gathering import Gathered, Gathering
from voice_agent.engines.pitch.queue import Measurer
from voice_agent.engines.pitch.utterance import Measures


@dataclass(frozen=True, slots=True)
class _Result:
    due: int
    given: int
    said: Gathered
    measures: Measures


class Measuring:
    """Gathers one person's utterances and has each measured once it is over.

    Without consent it keeps no sound and measures nothing; an utterance that began before the
    yes is not measured either, and what is under way at a no is dropped. Everything runs in the
    session's thread but what the measurer calls: it puts a result into a deque.

    Args:
        measurer: who measures.
        allowed: whether the person agreed, now.
        pending: whether the core has not taken the utterance yet, so that more may belong to it.
        latency: ticks after which a result is delivered at the earliest: over a recording,
            where measuring takes no time, this alone says when.
    """

    def __init__(
        self,
        measurer: Measurer,
        *,
        allowed: Callable[[], bool],
        pending: Callable[[], bool],
        latency: int = 0,
    ) -> None:
        self._measurer = measurer
        self._allowed = allowed
        self._pending = pending
        self._latency = latency
        self._gathering: Gathering | None = None
        self._results: deque[_Result] = deque()
        self._given = 0
        """Counts each yes: what was measured under an older one is not delivered."""

    def hear(self, frame: NDArray[np.int16], noise_dbfs: float) -> None:
        """Take 10 ms of sound (int16, shape (160,)) and the noise floor; before anything of it.

        Not called without the consent.
        """
        if self._gathering is None:
            self._gathering = Gathering()
        self._gathering.hear(frame, noise_dbfs)

    def sounded(self, now: int) -> None:
        """Take that the agent's voice sounds at this tick."""
        if self._gathering is not None:
            self._gathering.sounded(now)

    def started(self, number: int, onset: int) -> None:
        """Take that speech of utterance `number` began at tick `onset`."""
        if self._gathering is not None:
            self._gathering.started(number, onset)

    def speech(self, number: int, now: int) -> None:
        """Take the newest frame as speech of utterance `number`."""
        if self._gathering is not None:
            self._gathering.speech(number, now)

    def ended(self, last: int) -> None:
        """Take that speech ended at tick `last`."""
        if self._gathering is not None:
            self._gathering.ended(last)

    def dropped(self) -> None:
        """Forget what is under way: it was a hum, or the line was lost."""
        if self._gathering is not None:
            self._gathering.forget()

    def results(self, now: int) -> list[UtteranceMeasured]:
        """Have measured what is over, and return what is measured and due."""
        if self._gathering is None:
            return []
        if not self._allowed():
            self._gathering = None
            self._given += 1
            self._results.clear()
            return []
        if not self._pending():
            self._gathering.settle()
        for said in self._gathering.take():
            self._submit(said, now)
        due = [each for each in self._results if each.due <= now]
        for each in due:
            self._results.remove(each)
        return [_input(each, now) for each in due if each.given == self._given]

    def _submit(self, said: Gathered, now: int) -> None:
        given = self._given

        def done(measures: Measures | Exception) -> None:
            # A fault leaves the voice unmeasured; latency and length are known without it.
            if isinstance(measures, Exception):
                measures = Measures(
                    length_s=to_seconds(said.last - said.onset), not_measurable="failed"
                )
            self._results.append(_Result(now + self._latency, given, said, measures))

        self._measurer.submit(said, done)


def _input(result: _Result, now: int) -> UtteranceMeasured:
    said, measures = result.said, result.measures
    return UtteranceMeasured(
        t=to_seconds(now),
        utterance=said.number,
        latency_s=None if said.latency is None else to_seconds(said.latency),
        length_s=measures.length_s,
        rate_per_s=measures.rate_per_s,
        level_dbfs=measures.level_dbfs,
        above_noise_db=measures.above_noise_db,
        pitch_median_cents=measures.pitch_median_cents,
        pitch_high_cents=measures.pitch_high_cents,
        pitch_spread_cents=measures.pitch_spread_cents,
        pitch_movement=measures.pitch_movement,
        brightness_db=measures.brightness_db,
        voiced_share=measures.voiced_share,
        pause_share=measures.pause_share,
        not_measurable=measures.not_measurable,
    )
