"""Forty sessions on one slow core: nobody waits for ever, and who finished speaking goes first."""

import itertools
import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent.engines.stt.queue import BEHIND_S, OVERDUE_S, Congestion, DecodeQueue, Job, Kind

PARTIAL_S, FINAL_S = 0.05, 0.15
SESSIONS = 40


class Core:
    """A made core: who asks when, what one decode takes, and when each was done."""

    def __init__(self, *, partial_s: float = PARTIAL_S, final_s: float = FINAL_S) -> None:
        self.queue = DecodeQueue()
        self.congestion = Congestion()
        self.served: dict[object, list[float]] = defaultdict(list)
        self.finals: list[tuple[float, float]] = []
        self._cost_s = {Kind.PARTIAL: partial_s, Kind.EARLY: final_s, Kind.FINAL: final_s}
        self._free_s = 0.0

    def run_to(self, now_s: float) -> None:
        while self._free_s <= now_s:
            job = self.queue.take(self._free_s)
            if job is None:
                self._free_s = now_s + 0.01
                return
            self.congestion.began(job, self._free_s)
            self._free_s += self._cost_s[job.kind]
            if job.kind is Kind.PARTIAL:
                self.served[job.who].append(self._free_s)
            else:
                self.finals.append((job.since_s, self._free_s))

    def ask(self, who: object, kind: Kind, now_s: float, utterance: int = 0) -> None:
        self.queue.put(Job(who, kind, None, None, utterance), now_s)


def longest_gap_s(times: list[float], begin_s: float, end_s: float) -> float:
    marks = [begin_s, *times, end_s]
    return max(b - a for a, b in itertools.pairwise(marks))


def forty_talk(core: Core, seconds: int, *, finals_every_s: float) -> None:
    """Let forty sessions ask for a partial every .4 s, and for finals in turn."""
    random_ = random.Random(1)
    offsets = [random_.uniform(0, 0.4) for _ in range(SESSIONS)]
    final_due = 0.0
    for tick in range(seconds * 100):
        now_s = tick / 100
        core.run_to(now_s)
        for who in range(SESSIONS):
            if int((now_s - offsets[who]) / 0.4) != int((now_s - 0.01 - offsets[who]) / 0.4):
                core.ask(who, Kind.PARTIAL, now_s)
        if now_s >= final_due:
            core.ask(f"over {tick}", Kind.FINAL, now_s, tick)
            final_due = now_s + finals_every_s


def test_forty_who_talk_at_once_are_heard_in_turn() -> None:
    """Partials thin out to one round of the core, the same for all, and never cease."""
    core = Core()
    forty_talk(core, 60, finals_every_s=1.0)
    gaps = [longest_gap_s(core.served[who], 0.0, 60.0) for who in range(SESSIONS)]
    counts = [len(core.served[who]) for who in range(SESSIONS)]
    a_round_s = SESSIONS * PARTIAL_S / (1 - FINAL_S)
    assert max(gaps) < 2 * a_round_s
    assert max(counts) - min(counts) <= 2
    assert core.queue.thinned > 1000


def test_finals_go_first_where_partials_alone_would_fill_the_core() -> None:
    """A final waits for the decode under way and at most one overdue partial before it."""
    core = Core()
    forty_talk(core, 60, finals_every_s=1.0)
    waits = [done_s - asked_s - FINAL_S for asked_s, done_s in core.finals]
    assert len(waits) >= 58
    assert max(waits) <= 2 * PARTIAL_S + 0.02


def test_partials_never_cease_where_finals_alone_would_fill_the_core() -> None:
    """More finals than the core can do: overdue partials still get every second turn."""
    core = Core()
    forty_talk(core, 60, finals_every_s=0.1)
    heard = [longest_gap_s(core.served[who], 0.0, 60.0) for who in range(SESSIONS)]
    assert max(heard) < SESSIONS * (PARTIAL_S + FINAL_S) + 2 * OVERDUE_S
    assert len(core.finals) > 200


def test_the_core_that_falls_behind_says_so_and_recovers() -> None:
    """New sessions are refused while decodes wait long, and no longer once they do not."""
    core = Core()
    forty_talk(core, 30, finals_every_s=0.5)
    assert core.congestion.behind_s(core.queue, 30.0) > BEHIND_S
    core.run_to(40.0)
    for tick in range(4000, 7000, 40):
        core.run_to(tick / 100)
        core.ask("alone", Kind.PARTIAL, tick / 100)
    assert core.congestion.behind_s(core.queue, 70.0) < 0.1


def test_a_decode_that_is_stuck_counts_at_once() -> None:
    """One job that waits for seconds is enough to refuse further sessions."""
    core = Core()
    core.ask("a", Kind.FINAL, 0.0)
    assert core.congestion.behind_s(core.queue, 1.0) == 0.0
    assert core.congestion.behind_s(core.queue, 3.0) == 3.0


def test_an_early_final_is_dropped_when_the_person_goes_on() -> None:
    """What was begun in a pause and waits is not decoded for nothing."""
    queue = DecodeQueue()
    queue.put(Job("a", Kind.EARLY, None, None, 1), 0.0)
    assert queue.withdraw("a", 1)
    assert queue.take(0.1) is None
    assert queue.withdrawn == 1


def test_partials_do_not_cease_for_somebody_who_pauses_after_every_word() -> None:
    """Each pause begins a final early, each word withdraws it: the partial keeps its turn."""
    core = Core()
    for tick in range(2000):
        now_s = tick / 100
        core.run_to(now_s)
        if tick % 10 == 0:
            core.ask(f"other {tick}", Kind.FINAL, now_s)
        if tick % 40 == 0:
            core.queue.withdraw("halting", 1)
            core.ask("halting", Kind.PARTIAL, now_s, 1)
        elif tick % 40 == 30:
            core.ask("halting", Kind.EARLY, now_s, 1)
    assert longest_gap_s(core.served["halting"], 0.0, 20.0) < 2 * OVERDUE_S


def test_an_early_final_becomes_one_when_speech_was_over() -> None:
    """It then goes before what others began early, though it came later."""
    queue = DecodeQueue()
    queue.put(Job("a", Kind.EARLY, None, None, 1), 0.0)
    queue.put(Job("b", Kind.EARLY, None, None, 1), 0.1)
    queue.settle("b", 1)
    first = queue.take(0.2)
    assert first is not None
    assert first.who == "b"
    assert not queue.withdraw("b", 1)


jobs = st.tuples(
    st.sampled_from("abc"), st.sampled_from(list(Kind)), st.integers(0, 2), st.integers(0, 1)
)


@given(st.lists(st.one_of(jobs, st.none()), max_size=60))
def test_whatever_is_asked_the_queue_stays_small_and_no_final_is_lost(asked: list) -> None:
    """At most one partial a session waits; each utterance's piece keeps its newest final."""
    queue = DecodeQueue()
    wanted: set[tuple[str, int, int]] = set()
    for tick, each in enumerate(asked):
        if each is None:
            job = queue.take(float(tick))
            if job is not None and job.kind is not Kind.PARTIAL:
                wanted.discard((job.who, job.utterance, job.piece))
            continue
        who, kind, utterance, piece = each
        queue.put(Job(who, kind, None, None, utterance, piece), float(tick))
        if kind is not Kind.PARTIAL:
            wanted.add((who, utterance, piece))
        partials = [job for job in queue if job.kind is Kind.PARTIAL]
        assert len(partials) == len({job.who for job in partials})
    waiting = {(j.who, j.utterance, j.piece) for j in queue if j.kind is not Kind.PARTIAL}
    assert waiting == wanted


@pytest.mark.parametrize("utterance", [None, 1])
def test_nothing_waits_of_who_has_gone(utterance: int | None) -> None:
    """All of a session is forgotten, or one utterance of it."""
    queue = DecodeQueue()
    queue.put(Job("a", Kind.FINAL, None, None, 1), 0.0)
    queue.put(Job("a", Kind.FINAL, None, None, 2), 0.0)
    queue.put(Job("b", Kind.FINAL, None, None, 1), 0.0)
    queue.forget("a", utterance)
    assert len(queue) == (1 if utterance is None else 2)
