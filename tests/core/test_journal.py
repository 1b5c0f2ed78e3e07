"""A session as lines of a log: order, numbers, and blocks that give back what they took."""

import json
from typing import Any

import pytest
from core_driver import STEADY
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.core import wire
from voice_agent.core.commands import Stop
from voice_agent.core.errors import MalformedEventError, SchemaError
from voice_agent.core.inputs import Features, Input, KeyPressed, Ticked
from voice_agent.core.journal import BLOCK_ROWS, Journal, check_schema, expand, inputs_of


def features(t: float, cents: int | None = None) -> Features:
    return Features(t=t, level_dbfs=-30.5, noise_dbfs=-60.0, voiced=0.5, pitch_cents=cents)


TIMES = st.integers(0, 10**6).map(lambda ticks: ticks / 100)
EVENTS: st.SearchStrategy[Any] = st.one_of(
    TIMES.map(lambda t: Ticked(t=t)),
    st.builds(features, TIMES, st.none() | st.integers(0, 5000)),
    TIMES.map(lambda t: KeyPressed(t=t, digit="1")),
    TIMES.map(lambda t: Stop(t=t)),
)


@settings(STEADY, max_examples=60)
@given(st.lists(EVENTS, max_size=300))
def test_log_gives_back_every_event_in_order_and_counts_each(events: list[Any]) -> None:
    """Blocks are closed before any other line; `seq` runs on by the rows of each."""
    journal = Journal()
    lines = [journal.header(version="1")]
    for event in events:
        lines += journal.add(event)
    lines += journal.close()
    lines = [json.loads(wire.dumps(line)) for line in lines]
    assert [e for line in lines[1:] for e in expand(line)] == events
    seq = 0
    for line in lines:
        assert line["seq"] == seq
        seq += line.get("rows", 1)
    assert journal.seq == seq
    assert list(inputs_of(lines[1:])) == [e for e in events if isinstance(e, Input)]


def test_block_is_written_when_it_is_full() -> None:
    """A crash never loses more than a block's rows."""
    journal = Journal()
    written = [journal.add(Ticked(t=n / 10)) for n in range(BLOCK_ROWS)]
    assert [len(lines) for lines in written] == [0] * (BLOCK_ROWS - 1) + [1]
    assert journal.close() == []


def test_pitch_stands_in_a_block_only_where_there_is_some() -> None:
    """Without the consent there is not even an empty column."""
    journal = Journal()
    journal.add(features(0.1))
    assert "pitch_cents" not in journal.close()[0]
    journal.add(features(0.1, 500))
    journal.add(features(0.2))
    assert journal.close()[0]["pitch_cents"] == [500, None]


def test_numbers_go_on_where_a_crash_cut_them() -> None:
    """A session taken up again writes on in the same count."""
    assert Journal(41).add(Stop(t=1.0))[0]["seq"] == 41


def block(**changes: Any) -> dict[str, Any]:
    journal = Journal()
    for event in (Ticked(t=0.1), features(0.1, 5), Ticked(t=0.2)):
        journal.add(event)
    return {**journal.close()[0], **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"times": [0.1, 0.1]},
        {"times": [0.1, 0.1, "x"]},
        {"times": [0.1, 0.1, None]},
        {"times": [0.1, 0.1, float("nan")]},
        {"times": "0.1"},
        {"kinds": "kfx"},
        {"kinds": "kkk"},
        {"kinds": "kff"},
        {"kinds": None},
        {"level_dbfs": []},
        {"level_dbfs": ["loud"]},
        {"voiced": [True]},
        {"noise_dbfs": None},
        {"pitch_cents": [1, 2]},
        {"pitch_cents": ["a"]},
    ],
)
def test_block_whose_columns_do_not_fit_is_refused(changes: dict[str, Any]) -> None:
    """A torn or edited block is an error with a sentence, not other events."""
    with pytest.raises(MalformedEventError, match="columns that do not fit"):
        list(expand(block(**changes)))


def test_block_without_a_column_is_refused() -> None:
    """A missing column is as wrong as one of another length."""
    torn = block()
    del torn["times"]
    with pytest.raises(MalformedEventError):
        list(expand(torn))


def test_log_of_another_schema_is_refused() -> None:
    """The sentence says which schema was found and what to do."""
    check_schema(Journal().header())
    with pytest.raises(SchemaError, match="schema 2; this version reads schema 1"):
        check_schema({"type": "session", "schema": 2})
    with pytest.raises(MalformedEventError):
        check_schema({"type": "say"})
