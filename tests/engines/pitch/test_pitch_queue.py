"""Who measures: in order, in one thread that is there only while there is work."""

import threading

import numpy as np
import pytest

from voice_agent.engines.pitch import queue
from voice_agent.engines.pitch.gathering import Gathered
from voice_agent.engines.pitch.queue import InlineMeasurer, SharedMeasurer
from voice_agent.engines.pitch.tracker import PitchTracker
from voice_agent.engines.pitch.utterance import Measures


class Broken(PitchTracker):
    def track(self, samples: np.ndarray) -> None:  # type: ignore[override]
        raise RuntimeError("no model")


def said(number: int) -> Gathered:
    return Gathered(number, np.zeros(1600, np.int16), 0, 10, 0, None, -60.0)


def test_a_recording_is_measured_at_once() -> None:
    """`done` was called when `submit` returns."""
    got: list[Measures | Exception] = []
    InlineMeasurer().submit(said(1), got.append)
    assert [type(each) for each in got] == [Measures]


def test_a_fault_reaches_the_caller() -> None:
    """What cannot be measured is told as what went wrong; the next one is measured."""
    got: list[Measures | Exception] = []
    InlineMeasurer(Broken()).submit(said(1), got.append)
    assert isinstance(got[0], RuntimeError)


def test_utterances_are_measured_in_order_and_the_thread_ends() -> None:
    """After the last one nobody waits in a thread: silence costs nothing."""
    measurer, numbers, over = SharedMeasurer(), [], threading.Event()
    for number in range(5):
        measurer.submit(
            said(number), lambda _m, n=number: (numbers.append(n), n == 4 and over.set())
        )
    assert over.wait(30)
    for thread in threading.enumerate():
        if thread.name == "measurer":
            thread.join(30)
    assert numbers == [0, 1, 2, 3, 4]
    assert not any(thread.name == "measurer" for thread in threading.enumerate())
    assert measurer.measured == 5
    assert measurer.queued == 0


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load the oldest is left out and counted."""
    gate, began, over = threading.Event(), threading.Event(), threading.Event()
    most = SharedMeasurer.MOST_WAITING

    def slow(_said: Gathered, _tracker: PitchTracker) -> Measures:
        began.set()
        gate.wait(30)
        return Measures(length_s=0.1)

    monkeypatch.setattr(queue, "measured", slow)
    measurer, numbers = SharedMeasurer(), []
    measurer.submit(said(0), lambda _m: None)
    assert began.wait(30)
    for number in range(1, most + 4):
        measurer.submit(
            said(number),
            lambda _m, n=number: (numbers.append(n), n == most + 3 and over.set()),
        )
    gate.set()
    assert over.wait(30)
    assert measurer.left_out == 3
    assert numbers == list(range(4, most + 4))
