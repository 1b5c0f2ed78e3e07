"""Measures of how somebody speaks reach the core only with their yes, and at a fixed time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from voice_agent.agent.hearing import Hearing
from voice_agent.agent.measuring import Measuring
from voice_agent.core import inputs as i
from voice_agent.cues import default_grammar
from voice_agent.engines.pitch.gathering import Gathered
from voice_agent.engines.pitch.queue import Done
from voice_agent.engines.pitch.utterance import Measures
from voice_agent.engines.vad.edges import Edge, Ended, Hum, Started, Suspected

FRAME = np.ones(160, np.int16)


class Measurer:
    """Keeps what it is given; answers at once, or when told."""

    def __init__(self, *, at_once: bool = True, fault: Exception | None = None) -> None:
        self.at_once = at_once
        self.fault = fault
        self.given: list[tuple[Gathered, Done]] = []

    def submit(self, said: Gathered, done: Done) -> None:
        self.given.append((said, done))
        if self.at_once:
            done(self.fault or Measures(length_s=1.0, voiced_s=0.6, pitch_median_cents=1200))


class Never:
    """Fails whoever measures anything."""

    def submit(self, _said: Gathered, _done: Done) -> None:
        pytest.fail("measured without consent")


class Silent:
    """A recogniser that hears nothing."""

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        return lambda *_args, **_how: False


class Detector:
    """Gives written edges: speech in these spans of frames, each a hum or not."""

    noise_dbfs = -60.0
    keeps_pitch = False
    frame_voicing = type("Voicing", (), {"peak": 0.5})()
    voiced_now = True
    may_be_over = False

    def __init__(self, *spans: tuple[int, int], hums: bool = False) -> None:
        self._spans = spans
        self._hums = hums
        self._frame = 0
        self.speaking = False

    def __getattr__(self, _name: str) -> Any:
        return False

    @property
    def samples(self) -> int:
        return self._frame * 160

    def process(self, _frame: object, _playout_dbfs: float | None = None) -> tuple[Edge, ...]:
        self._frame += 1
        for start, end in self._spans:
            if self._frame == start + 6:
                return (Suspected(start * 160),)
            if self._frame == start + 10:
                self.speaking = True
                return (Started(start * 160),)
            if self._frame == end:
                self.speaking = False
                ended = Ended(start * 160, (end - 20) * 160)
                return (Hum(start * 160, (end - 20) * 160), ended) if self._hums else (ended,)
        return ()

    def reset(self) -> None:
        self.speaking = False


def listen(
    detector: Detector,
    measurer: Any,
    frames: int,
    *,
    tone: Callable[[int], bool] = lambda _tick: True,
    pending: Callable[[int], bool] = lambda _tick: False,
    sounds: range = range(0),
    latency_ticks: int = 0,
) -> list[i.UtteranceMeasured]:
    now = 0
    hearing = Hearing(
        detector,  # type: ignore[arg-type]
        Silent(),  # type: ignore[arg-type]
        default_grammar(),
        keeps_text=lambda: False,
        hears_tone=lambda: tone(now),
        attending=lambda: pending(now),
        measurer=measurer,
        latency_ticks=latency_ticks,
    )
    out: list[i.Input] = []
    for now in range(frames):
        out += hearing.results(now)
        out += hearing.hear(FRAME, now)
        if now in sounds:
            hearing.sounded(now)
    return [each for each in out if isinstance(each, i.UtteranceMeasured)]


def test_without_the_tone_consent_nothing_is_measured() -> None:
    """No sound is given to be measured, and no measure comes."""
    assert listen(Detector((100, 200)), Never(), 400, tone=lambda _t: False) == []


def test_an_utterance_is_measured_once() -> None:
    """One utterance, one input, with its number and its measures."""
    (found,) = listen(Detector((100, 200)), Measurer(), 400)
    assert (found.utterance, found.length_s, found.pitch_median_cents) == (1, 1.0, 1200)


def test_measures_come_a_fixed_time_after_their_utterance() -> None:
    """Over a recording the delay alone says when, however fast the machine is."""
    over = listen(Detector((100, 200)), Measurer(), 400)[0].t
    later = listen(Detector((100, 200)), Measurer(), 400, latency_ticks=40)[0].t
    assert later == pytest.approx(over + 0.4)
    assert over == pytest.approx(2.0, abs=0.02)


def test_what_may_go_on_is_not_measured_yet() -> None:
    """As long as the core has not taken the utterance, more may belong to it."""
    measurer = Measurer()
    found = listen(Detector((100, 200)), measurer, 400, pending=lambda t: 195 < t < 300)
    assert found[0].t == pytest.approx(3.0, abs=0.02)
    assert len(measurer.given) == 1


def test_what_began_before_the_yes_is_not_measured() -> None:
    """Consent is for what is said from then on."""
    assert listen(Detector((100, 200)), Never(), 400, tone=lambda t: t > 150) == []


def test_a_no_drops_what_is_under_way_and_what_comes_late() -> None:
    """Nothing said before a no is told after it, nor after another yes."""
    assert listen(Detector((100, 200)), Never(), 400, tone=lambda t: t < 150) == []
    held = Measurer(at_once=False)
    measuring = Measuring(held, allowed=lambda: allowed, pending=lambda: False)
    allowed = True
    for now in range(60):
        measuring.hear(FRAME, -60.0)
        if now == 10:
            measuring.started(1, 5)
    measuring.ended(58)
    assert measuring.results(60) == []
    allowed = False
    assert measuring.results(61) == []
    allowed = True
    measuring.hear(FRAME, -60.0)
    held.given[0][1](Measures(length_s=0.5))
    assert measuring.results(62) == []


def test_a_hum_is_not_measured() -> None:
    """It is an answer, not speech."""
    assert listen(Detector((100, 200), hums=True), Never(), 400) == []


def test_latency_counts_from_the_end_of_the_agents_voice() -> None:
    """The silence after a line is the person's time already."""
    (found,) = listen(Detector((100, 200)), Measurer(), 400, sounds=range(20, 61))
    assert found.latency_s == pytest.approx(0.4, abs=0.015)


def test_a_fault_leaves_latency_and_length() -> None:
    """A model that fails takes the voice away, not the rest."""
    measurer = Measurer(fault=RuntimeError("no model"))
    (found,) = listen(Detector((100, 200)), measurer, 400, sounds=range(20, 61))
    assert found.not_measurable == "failed"
    assert found.pitch_median_cents is None
    assert found.length_s == pytest.approx(0.8, abs=0.02)
    assert found.latency_s == pytest.approx(0.4, abs=0.015)
