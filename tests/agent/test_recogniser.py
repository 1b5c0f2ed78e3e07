"""One decoder for all: who is decoded next, what is thinned out, and faults as results."""

import threading

import numpy as np
import pytest

from voice_agent.agent.recogniser import Heard, InlineRecogniser, SharedRecogniser

SOUND = np.zeros(1600, np.int16)


class Gate:
    """A decoder that waits until it is let go, and remembers what it was given."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Event()
        self.decoded: list[int] = []

    def __call__(self, samples: np.ndarray, *, final: bool) -> str:
        self.begun.set()
        self.open.wait(10)
        self.decoded.append(int(samples[0]))
        return "words"


def mark(number: int) -> np.ndarray:
    return np.full(1600, number, np.int16)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_finals_go_before_partials_that_wait(gate: Gate) -> None:
    """What is over is decoded before what is still being said."""
    shared = SharedRecogniser(gate)
    done = threading.Semaphore(0)

    def tell(_heard: object) -> None:
        done.release()

    shared.submit("first", mark(1), final=False, done=tell)
    gate.begun.wait(10)
    shared.submit("second", mark(2), final=False, done=tell)
    shared.submit("third", mark(3), final=True, done=tell)
    gate.open.set()
    for _ in range(3):
        assert done.acquire(timeout=10)
    shared.close()
    assert gate.decoded == [1, 3, 2]


def test_a_newer_partial_takes_the_place_of_one_that_waits(gate: Gate) -> None:
    """Under load a session's partials thin out, and the newest is never lost."""
    shared = SharedRecogniser(gate)
    done = threading.Semaphore(0)
    tell = lambda _heard: done.release()  # noqa: E731 - a callback
    who = object()
    shared.submit("other", mark(1), final=True, done=tell)
    gate.begun.wait(10)
    for number in (2, 3, 4):
        shared.submit(who, mark(number), final=False, done=tell)
    gate.open.set()
    for _ in range(2):
        assert done.acquire(timeout=10)
    shared.close()
    assert gate.decoded == [1, 4]
    assert shared.thinned == 2


def test_a_final_that_waits_is_never_dropped(gate: Gate) -> None:
    """A session's next utterance does not push out the words of the one before."""
    shared = SharedRecogniser(gate)
    done = threading.Semaphore(0)
    tell = lambda _heard: done.release()  # noqa: E731 - a callback
    who = object()
    shared.submit("other", mark(1), final=True, done=tell)
    gate.begun.wait(10)
    shared.submit(who, mark(2), final=True, done=tell)
    shared.submit(who, mark(3), final=False, done=tell)
    gate.open.set()
    for _ in range(3):
        assert done.acquire(timeout=10)
    shared.close()
    assert gate.decoded == [1, 2, 3]


def test_a_final_gives_way_to_a_newer_one_of_the_same_utterance(gate: Gate) -> None:
    """Speech that went on after a pause is decoded once, whole; the utterance before it stays."""
    shared = SharedRecogniser(gate)
    done = threading.Semaphore(0)
    tell = lambda _heard: done.release()  # noqa: E731 - a callback
    who = object()
    shared.submit("other", mark(1), final=True, done=tell)
    gate.begun.wait(10)
    for number, utterance in ((2, 1), (3, 2), (4, 2)):
        shared.submit(who, mark(number), final=True, done=tell, utterance=utterance)
    gate.open.set()
    for _ in range(3):
        assert done.acquire(timeout=10)
    shared.close()
    assert gate.decoded == [1, 2, 4]


def test_nothing_waits_of_a_session_that_is_forgotten(gate: Gate) -> None:
    """Who has left holds up nobody; one utterance can be forgotten alone."""
    shared = SharedRecogniser(gate)
    done = threading.Semaphore(0)
    tell = lambda _heard: done.release()  # noqa: E731 - a callback
    gone, here = object(), object()
    shared.submit("other", mark(1), final=True, done=tell)
    gate.begun.wait(10)
    shared.submit(gone, mark(2), final=True, done=tell, utterance=1)
    shared.submit(gone, mark(3), final=False, done=tell, utterance=2)
    shared.submit(here, mark(4), final=True, done=tell, utterance=1)
    shared.submit(here, mark(5), final=True, done=tell, utterance=2)
    shared.forget(gone)
    shared.forget(here, 2)
    assert shared.queued == 1
    gate.open.set()
    for _ in range(2):
        assert done.acquire(timeout=10)
    shared.close()
    assert gate.decoded == [1, 4]


def test_a_fault_of_the_decoder_is_a_result_and_the_worker_goes_on() -> None:
    """One failed decode is told to whom it belongs; the next is decoded."""
    answers = iter([RuntimeError("broken"), None])

    def decode(_samples: np.ndarray, *, final: bool) -> str:
        error = next(answers)
        if error:
            raise error
        return "words"

    shared = SharedRecogniser(decode)
    results: list[Heard | Exception] = []
    done = threading.Semaphore(0)

    def tell(heard: Heard | Exception) -> None:
        results.append(heard)
        done.release()

    shared.submit("a", SOUND, final=True, done=tell)
    shared.submit("a", SOUND, final=True, done=tell)
    for _ in range(2):
        assert done.acquire(timeout=10)
    shared.close()
    assert isinstance(results[0], RuntimeError)
    assert isinstance(results[1], Heard)


def test_inline_decodes_before_it_returns() -> None:
    """Over a recording time waits for the recogniser."""
    results: list[Heard | Exception] = []
    InlineRecogniser(lambda _samples, *, final: f"final {final}").submit(
        "a", SOUND, final=True, done=results.append
    )
    assert isinstance(results[0], Heard)
    assert results[0].text == "final True"
