"""Events as JSON and back: every one of them, and a sentence for what is none."""

import dataclasses
import json
import types
import typing
from typing import Any

import pytest
from core_driver import STEADY
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.core import wire
from voice_agent.core.commands import Choice, Show
from voice_agent.core.errors import MalformedEventError
from voice_agent.core.findings import Reason, ShutdownSuspected
from voice_agent.core.inputs import KeyPressed, SettingChanged, Tapped

_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    int: st.integers(-(10**9), 10**9),
    float: st.floats(-1e6, 1e6),
    bool: st.booleans(),
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if typing.get_origin(hint) is types.UnionType:
        return st.one_of([values(option) for option in typing.get_args(hint)])
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    return events(hint)


def events(cls: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{f.name: values(hints[f.name]) for f in dataclasses.fields(cls)})


@pytest.mark.parametrize("cls", wire.TYPES.values(), ids=lambda cls: cls.__name__)
@settings(STEADY, max_examples=30)
@given(data=st.data())
def test_event_comes_back_as_it_went(cls: type, data: st.DataObject) -> None:
    """Every type of event survives JSON."""
    event = data.draw(events(cls))
    assert wire.decode(json.loads(wire.dumps(wire.encode(event)))) == event


def test_names_are_the_ones_of_the_tables() -> None:
    """A class's name in lower case with underscores is its type."""
    assert wire.NAMES[Tapped] == "tapped"
    assert {"speech_suspected", "utterance_measured", "silence_reached", "say"} <= set(wire.TYPES)


def test_nulls_are_left_out_and_type_and_time_come_first() -> None:
    """A line of a log is as short as it can be."""
    assert list(wire.encode(Tapped(t=1.5, control="stop"))) == ["type", "t", "control"]


def test_null_that_was_left_out_is_null_again() -> None:
    """A setting without a value is written without the field, and read as it was."""
    changed = SettingChanged(t=1.0, key="stt.language", value=None)
    assert wire.decode(wire.encode(changed)) == changed


def test_unknown_fields_are_ignored() -> None:
    """A newer version may say more, in nested objects too."""
    assert wire.decode({"type": "key_pressed", "t": 1, "digit": "1", "colour": "red"}) == (
        KeyPressed(t=1.0, digit="1")
    )
    shown = wire.decode(
        {"type": "show", "t": 1, "state": "x", "choices": [{"id": "a", "label": "A", "b": 2}]}
    )
    assert shown == Show(t=1.0, state="x", choices=(Choice(id="a", label="A"),))


@pytest.mark.parametrize(
    ("obj", "sentence"),
    [
        ({"type": "dance", "t": 1}, "'dance' is not the type of an event."),
        ({"t": 1}, "None is not the type of an event."),
        ({"type": ["say"], "t": 1}, "is not the type of an event."),
        ([], "None is not the type of an event."),
        ({"type": "key_pressed", "t": 1}, "needs the field 'digit'."),
        ({"type": "key_pressed", "digit": "1"}, "needs the field 't'."),
        ({"type": "key_pressed", "t": 1, "digit": 1}, "1 does not fit the field 'digit'"),
        ({"type": "ticked", "t": True}, "True does not fit the field 't'"),
        ({"type": "ticked", "t": "1"}, "'1' does not fit the field 't'"),
        ({"type": "ticked", "t": None}, "None does not fit the field 't'"),
        ({"type": "ticked", "t": float("nan")}, "nan does not fit the field 't'"),
        ({"type": "ticked", "t": float("inf")}, "inf does not fit the field 't'"),
        ({"type": "ticked", "t": 10**400}, "does not fit the field 't'"),
        ({"type": "distress_rated", "t": 1, "when": "after", "rating": 1.5}, "1.5 does not fit"),
        ({"type": "transcript", "t": 1, "utterance": 1, "rev": 1, "audio_end_s": 1, "final": 1},
         "1 does not fit the field 'final'"),
        ({"type": "offer", "t": 1, "practices": "a", "why": "b"}, "'a' does not fit"),
        ({"type": "show", "t": 1, "state": "x", "choices": [{"id": "a"}]}, "'choices' of 'show'"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_with_a_sentence(obj: Any, sentence: str) -> None:
    """The error names the value and where it stands."""
    with pytest.raises(MalformedEventError) as error:
        wire.decode(obj)
    assert sentence in str(error.value)


def test_reasons_of_a_finding_come_back() -> None:
    """Objects in a tuple are rebuilt as what they were."""
    reason = Reason(family="pace", measured=1.0, baseline=2.0, threshold=0.5, sentence="Slower.")
    found = ShutdownSuspected(t=1.0, score=0.5, reasons=(reason,))
    assert wire.decode(wire.encode(found)) == found


def test_same_object_gives_the_same_bytes_and_never_nan() -> None:
    """One line, no spaces, letters as they are, and no number JSON does not have."""
    assert wire.dumps({"a": "ö", "b": [1, 2.5]}) == '{"a":"ö","b":[1,2.5]}'
    with pytest.raises(ValueError, match="Out of range"):
        wire.dumps({"a": float("nan")})
