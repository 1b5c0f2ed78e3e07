"""A block of features and ticks at once decides what each of its rows alone would."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pytest
from core_driver import STEADY, Driver
from hypothesis import given, settings
from hypothesis import strategies as st
from test_core_properties import DOES, LIBRARY, STARTS, STEPS, do

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.blocks import Block, block_of
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import MalformedEventError
from voice_agent.core.findings import SilenceReached
from voice_agent.core.journal import Journal
from voice_agent.core.session import Output, Session
from voice_agent.core.stages import Stage

SIZES = st.sampled_from([1, 2, 7, 40, 200, 5000])
Decided = list[tuple[int, list[Output]]]


class Listening(Driver):
    """A driver whose line also brings features, as a microphone does."""

    def give(self, event: i.Input) -> list[Output]:
        told: list[Output] = []
        if isinstance(event, i.Ticked):
            told += super().give(measured(event.t))
        return told + super().give(event)


def measured(t: float) -> i.Features:
    share = (t * 10 % 7) / 7
    return i.Features(
        t=t,
        level_dbfs=round(-70 + 40 * share, 1),
        noise_dbfs=-70.0,
        voiced=round(share, 2),
        pitch_cents=round(1000 * share) if share > 0.5 else None,
    )


def blocks(inputs: Sequence[i.Input], size: int) -> Iterator[Block | i.Input]:
    """Gather rows as a log does, in blocks of at most `size`, by way of JSON."""
    for is_row, run in groupby(inputs, lambda e: isinstance(e, (i.Features, i.Ticked))):
        rows = list(run)
        if not is_row:
            yield from rows
            continue
        for start in range(0, len(rows), size):
            journal = Journal()
            lines = [line for row in rows[start : start + size] for line in journal.add(row)]
            for line in [*lines, *journal.close()]:
                yield block_of(json.loads(wire.dumps(line)))


def singly(session: Session, inputs: Sequence[i.Input]) -> Decided:
    decided = [(place, session.handle(event)) for place, event in enumerate(inputs)]
    return [(place, outputs) for place, outputs in decided if outputs]


def at_once(session: Session, inputs: Sequence[i.Input], size: int) -> Decided:
    decided: Decided = []
    place = 0
    for each in blocks(inputs, size):
        if isinstance(each, Block):
            decided += [(place + row, out) for row, out in session.handle_block(each)]
            place += len(each)
        else:
            outputs = session.handle(each)
            decided += [(place, outputs)] if outputs else []
            place += 1
    return decided


def assert_same(inputs: Sequence[i.Input], size: int, settings: CoreSettings | None = None) -> None:
    one, other = Session(LIBRARY, settings), Session(LIBRARY, settings)
    assert at_once(other, inputs, size) == singly(one, inputs)
    assert other.shown == one.shown
    assert other.stage == one.stage
    assert other.position == one.position


@pytest.mark.parametrize("start", STARTS)
@settings(STEADY, max_examples=5)
@given(
    via=st.sampled_from(["web", "phone"]),
    doings=st.lists(DOES, min_size=3, max_size=12),
    size=SIZES,
)
def test_blocks_decide_what_their_rows_do(
    start: Callable[[Driver], None], via: str, doings: list[tuple[str, Any]], size: int
) -> None:
    """From the opening, a practice, the ladder, a crisis or a stop, whatever follows."""
    d = Listening(via=via)
    with contextlib.suppress(AssertionError):  # on a phone some lines have other names
        start(d)
    for what, how in [*doings, ("waits", 40.0)]:
        do(d, what, how)
    assert_same(d.inputs, size)


@settings(STEADY, max_examples=60)
@given(STEPS, SIZES)
def test_blocks_decide_the_same_among_any_inputs(
    steps: list[tuple[Mapping[str, Any], int]], size: int
) -> None:
    """Inputs that make no sense, in any order, with ticks and features between them."""
    session = Session(LIBRARY)
    now = 0
    playing: c.Say | None = None
    inputs: list[i.Input] = []

    def give(event: i.Input) -> None:
        nonlocal playing
        inputs.append(event)
        for output in session.handle(event):
            playing = output if isinstance(output, c.Say) else playing

    for obj, gone in steps:
        for later in range(now + 10, now + min(gone, 9000) + 1, 10):
            give(measured(later / 100))
            give(i.Ticked(t=later / 100))
        now += gone
        if obj["type"] == "finish":
            if playing is None:
                continue
            obj = {"type": "playout_finished", "script": playing.script, "line": playing.line,
                   "sample": 1}  # fmt: skip
        event = wire.decode({**obj, "t": now / 100})
        assert isinstance(event, i.Input)
        give(event)
    assert_same(inputs, size)


@settings(STEADY, max_examples=10)
@given(st.sampled_from([0.5, 3.0, 17.3]), st.sampled_from([0.0, 2.0, 45.0]), SIZES)
def test_blocks_go_by_the_settings_in_force(soft_s: float, no_s: float, size: int) -> None:
    """Other thresholds and the quiet after a "no" move the moments that are not skipped."""
    other = with_setting(CoreSettings(), "ladder.soft_s", soft_s)
    other = with_setting(other, "offers.quiet_after_no_s", no_s)
    d = Listening(settings=other)
    d.offered().presses("2")
    d.wait(100)
    assert_same(d.inputs, size, other)


def test_whole_ladder_is_found_inside_blocks() -> None:
    """Fifteen minutes of nothing: every rung at the very tick, in blocks of a whole minute."""
    d = Listening()
    d.wait(900)
    rungs = [f.rung for f in d.findings if isinstance(f, SilenceReached)]
    assert rungs == ["soft", "offer", "wait", "announce", "announce_again", "end"]
    assert d.session.stage is Stage.ENDED
    assert_same(d.inputs, 1200)


def test_asking_whether_something_is_due_changes_nothing() -> None:
    """However far ahead one looks, what is decided afterwards is the same."""
    d, asked = Listening(), Session(LIBRARY)
    d.listening().says("flat", words=3)
    d.wait(50)
    outputs: list[Output] = []
    for event in d.inputs:
        for ahead in (0, 30, 5000, 100_000):
            asked.due(round(event.t * 100) + ahead)
        outputs += asked.handle(event)
    assert outputs == d.outputs


def row(**changes: Any) -> dict[str, Any]:
    return {
        "type": "block", "t": 1.0, "seq": 3, "rows": 3, "kinds": "kfk", "times": [1.0, 1.0, 1.1],
        "level_dbfs": [-60.5], "noise_dbfs": [-70], "voiced": [0.5], "pitch_cents": [1200],
        **changes,
    }  # fmt: skip


def test_rows_of_a_block_are_the_inputs_that_were_written() -> None:
    """Each row comes back as the input it was."""
    block = block_of(row())
    assert [block.row(place) for place in range(len(block))] == [
        i.Ticked(t=1.0),
        i.Features(t=1.0, level_dbfs=-60.5, noise_dbfs=-70.0, voiced=0.5, pitch_cents=1200),
        i.Ticked(t=1.1),
    ]
    no_pitch = block_of(row(pitch_cents=[None])).row(1)
    assert isinstance(no_pitch, i.Features)
    assert no_pitch.pitch_cents is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": "kxk"}, {"kinds": "kk"}, {"kinds": "kéf"}, {"kinds": None}, {"times": [1, 1]},
        {"times": [2, 1, 1]}, {"times": [1, "1", 1]}, {"times": [1, True, 1]}, {"times": "111"},
        {"level_dbfs": []}, {"voiced": [None]}, {"noise_dbfs": [float("nan")]},
        {"pitch_cents": [1.5]}, {"pitch_cents": [1, 2]}, {"pitch_cents": "x"},
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    """Nothing is read out of a block that cannot be one, and time never goes back in it."""
    with pytest.raises(MalformedEventError):
        block_of(row(**wrong))
