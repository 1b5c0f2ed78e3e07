"""Replay is the core again: the same inputs, and the first place where decisions part."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.errors import MalformedEventError, SchemaError, UsageError
from voice_agent.core.journal import Journal
from voice_agent.core.session import Session
from voice_agent.library import Library, load_library
from voice_agent.research.replay import replay
from voice_agent.settings import in_force, settings_of
from voice_agent.shipped import shipped


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(Path(shipped("scripts_audio")))


def given() -> Iterator[i.Input]:
    """A conversation in which nobody says a word, and somebody taps."""
    yield i.ParticipantJoined(t=0.0, via="file")
    for tick in range(1, 700):
        t = tick / 10
        yield i.Ticked(t=t)
        if tick == 50:
            yield i.Tapped(t=t, control="skip")
        if tick == 600:
            yield i.KeyPressed(t=t, digit="7")
    yield i.ParticipantLeft(t=70.0)


def log(library: Library, settings: CoreSettings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the core and write down what happened and what it decided."""
    journal = Journal()
    header = journal.header(settings=in_force(settings), scripts=library.digest)
    session = Session(library, settings)
    lines: list[dict[str, Any]] = []
    for event in given():
        lines += journal.add(event)
        for output in session.handle(event):
            lines += journal.add(output)
    return header, lines + journal.close()


def test_log_gives_the_same_decisions(library: Library) -> None:
    """Inputs alone are fed; findings and commands come out as they were logged."""
    settings = with_setting(CoreSettings(), "ladder.soft_s", 5.0)
    header, lines = log(library, settings)
    done = replay(header, lines, library)
    assert done.difference is None
    assert done.inputs == sum(1 for _ in given())
    assert done.outputs > 3
    assert done.session_s == 70.0


def test_settings_come_from_the_log(library: Library) -> None:
    """What was in force then is in force again, unless others are given."""
    settings = with_setting(CoreSettings(), "stop.second_stop_s", 9.0)
    header, _ = log(library, settings)
    assert settings_of(header) == settings
    assert settings_of({"type": "session", "schema": 1}) == CoreSettings()


@pytest.mark.parametrize("how", ["changed", "left out", "added"])
def test_first_difference_is_found(library: Library, how: str) -> None:
    """A decision that was changed, left out or added is shown with the input before it."""
    header, lines = log(library, CoreSettings())
    commands = [n for n, line in enumerate(lines) if line["type"] in wire.COMMANDS]
    place = commands[len(commands) // 2]
    if how == "changed":
        lines[place] = {"type": "chime", "t": lines[place]["t"]}
    elif how == "left out":
        del lines[place]
    else:
        lines.insert(place, {"type": "chime", "t": lines[place]["t"]})
    difference = replay(header, lines, library).difference
    assert difference is not None
    first, logged, decided = str(difference).splitlines()
    assert first.startswith('After {"type":')
    assert logged.startswith("  the log has  ")
    assert decided.startswith("  replay gives ")
    assert logged.split(maxsplit=3)[3] != decided.split(maxsplit=2)[2]


def test_other_schema_is_refused(library: Library) -> None:
    """A log of another version is not guessed at."""
    with pytest.raises(SchemaError):
        replay({"type": "session", "schema": 2}, [], library)
    with pytest.raises(MalformedEventError):
        replay({"type": "say", "schema": 1}, [], library)


@pytest.mark.parametrize("settings", [[1], "x", {"ladder.up_s": 1}, {"ladder.soft_s": "soon"}])
def test_settings_that_are_none_of_ours_are_refused(settings: object) -> None:
    """The sentence names the setting or what stands in its place."""
    with pytest.raises(UsageError, match="The log's setting"):
        settings_of({"settings": settings})


@pytest.mark.parametrize("bad", [{}, {"type": "x"}, {"type": "say"}, {"type": "block"}])
def test_line_that_is_no_event_is_refused(library: Library, bad: dict[str, Any]) -> None:
    """Nothing is skipped over in silence."""
    header, lines = log(library, CoreSettings())
    with pytest.raises(MalformedEventError):
        replay(header, [*lines[:5], bad, *lines[5:]], library)
