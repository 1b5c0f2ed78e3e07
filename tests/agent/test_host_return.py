"""A session that a crash cut off comes back once, whole, and is not lost by a line that fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from stand_ins import Line

from voice_agent.agent import pump
from voice_agent.agent.host import Host
from voice_agent.agent.kept import rebuild
from voice_agent.agent.parts import Parts
from voice_agent.agent.places import FullError, GoneError, HeldElsewhereError
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.renders import RenderQueue
from voice_agent.core import inputs as i
from voice_agent.core.config import with_setting
from voice_agent.core.journal import Journal
from voice_agent.core.session import Session
from voice_agent.core.stages import Stage
from voice_agent.core.wire import dumps
from voice_agent.store import SessionState, Store
from voice_agent.transport.base import LineState

NOW = 1_000_000.0


def spoken(number: int, t: float, *cues: str) -> list[i.Input]:
    """What comes of one utterance."""
    return [
        i.SpeechStarted(t=t, onset_s=t),
        i.SpeechEnded(t=t + 0.5, onset_s=t, last_s=t + 0.5),
        i.Transcript(
            t=t + 0.8, utterance=number, rev=1, audio_end_s=t + 0.5, final=True, cues=cues, words=4
        ),
        i.Ticked(t=t + 2.0),
    ]


CRISIS = [i.ParticipantJoined(t=1.0, via="web"), *spoken(1, 2.0), *spoken(2, 6.0, "crisis")]


def log_of(events: list[i.Input]) -> list[str]:
    journal = Journal(1)
    return [dumps(line) for event in events for line in journal.add(event)] + [
        dumps(line) for line in journal.close()
    ]


@pytest.fixture
async def host(parts: Parts, tmp_path: Path) -> AsyncIterator[Host]:
    store = Store(f"sqlite:///{tmp_path / 'kept.sqlite3'}")
    store.open(NOW)
    recogniser = SharedRecogniser(lambda _samples, *, final: "")
    host = Host(parts, store, recogniser, RenderQueue(parts.renderer), unix_s=lambda: NOW)
    yield host
    await host.close()
    recogniser.close()
    store.close()


async def cut_off(host: Host, *more: i.Input) -> str:
    """A session in a crisis, as a process that was killed leaves it."""
    opened = await host.open(via="web", microphone=True, country=None, mode="solo")
    host.sessions.clear()
    host.store.append(opened.id, log_of([*CRISIS, *more]))
    host.store.close_session(opened.id, SessionState.INTERRUPTED, NOW)
    return opened.id


def test_utterances_are_counted_on_after_a_crash(parts: Parts) -> None:
    """A number that was used would be taken for heard already: its words would be lost."""
    kept = rebuild(Session(parts.library), log_of(CRISIS), NOW)
    assert kept.utterances == 2
    assert kept.core.stage is Stage.CRISIS
    assert kept.seq == len(CRISIS) + 1
    kept.core.handle(i.ConnectionRestored(t=20.0, after="restart"))
    heard = [
        output
        for event in spoken(kept.utterances + 1, 21.0, "crisis")
        for output in kept.core.handle(event)
    ]
    assert any(type(output).__name__ == "CrisisFlagged" for output in heard)


async def test_two_lines_at_once_take_up_one_session(host: Host) -> None:
    """A second tap, or an offer sent again, finds the same session, not a copy or a goodbye."""
    session = await cut_off(host)
    first, second = Line(LineState.LOST), Line(LineState.LOST)
    await asyncio.gather(host.attach(session, first, "page"), host.attach(session, second, "page"))
    assert list(host.sessions) == [session]
    assert host.sessions[session].transport is second


async def test_the_page_that_comes_back_is_shown_the_number(host: Host) -> None:
    """What stood there before the crash stands there again, also where nothing changed since."""
    session = await cut_off(host, i.Tapped(t=9.0, control="stop"))
    line = Line(LineState.CONNECTED)
    await host.attach(session, line, "page")
    live = host.sessions[session]
    live.step_to(live.made_s + 0.05, NOW)
    shown = [message for message in line.sent if message["type"] == "show"]
    assert shown[-1]["resources"] == "crisis"


async def test_a_line_that_never_comes_loses_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is free again; what the crash left waits on disk for the next try."""
    monkeypatch.setattr(pump, "JOIN_S", -1.0)
    session = await cut_off(host)
    await host.attach(session, Line(LineState.LOST), "page")
    pump.Pump(host).tidy(host.sessions[session].made_s)
    assert host.sessions == {}
    assert await host.state(session) == ("interrupted", True)
    await host.attach(session, Line(LineState.LOST), "page")
    assert session in host.sessions


async def test_leaving_while_it_comes_back_leaves_nothing(host: Host) -> None:
    """Leaving deletes also what is just being taken up."""
    session = await cut_off(host)
    coming = asyncio.ensure_future(host.attach(session, Line(LineState.LOST), "page"))
    await asyncio.sleep(0)
    await host.leave(session)
    await asyncio.gather(coming, return_exceptions=True)
    assert host.store.get(session) is None
    with pytest.raises(GoneError):
        await host.attach(session, Line(LineState.LOST), "page")


async def test_what_comes_back_goes_on_under_the_settings_it_began_with(host: Host) -> None:
    """Its log's first line names them: under others it would not replay."""
    began = host.parts.settings.core
    session = await cut_off(host)
    changed = with_setting(began, "ladder.soft_s", began.ladder.soft_s + 1)
    host.parts = replace(
        host.parts, settings=host.parts.settings.model_copy(update={"ladder": changed.ladder})
    )
    await host.attach(session, Line(LineState.LOST), "page")
    assert host.sessions[session].loop.core.settings == began


async def test_taking_up_takes_a_place(host: Host) -> None:
    """Where all places are taken it is told so, with the helplines, and waits in the store."""
    session = await cut_off(host)
    host.parts = replace(
        host.parts, settings=host.parts.settings.model_copy(update={"max_sessions": 0})
    )
    with pytest.raises(FullError):
        await host.attach(session, Line(LineState.CONNECTED), "page")
    assert await host.state(session) == ("interrupted", True)


async def test_a_line_that_another_page_took_meanwhile_is_refused(host: Host) -> None:
    """Two pages that were both let in before either was answered: the first keeps the line."""
    session = await cut_off(host)
    first = Line(LineState.CONNECTED)
    await host.attach(session, first, "page")
    with pytest.raises(HeldElsewhereError):
        await host.attach(session, Line(LineState.CONNECTED), "another page")
    assert host.sessions[session].transport is first
