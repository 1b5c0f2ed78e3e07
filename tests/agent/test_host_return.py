"""A session that a crash or a closed tab cut off comes back once, whole; a failing line loses none."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from stand_ins import Line, Loop
from stand_ins import session as stood

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


async def closed_tab(host: Host) -> tuple[pump.Pump, str, float]:
    """A session whose page is gone since the time that is returned."""
    opened = await host.open(via="web", microphone=True, country=None, mode="solo")
    line = Line()
    await host.attach(opened.id, line, "page")
    moved, began_s = pump.Pump(host), host.sessions[opened.id].made_s
    moved.step(began_s + 0.05)
    moved.step(began_s + 0.1)
    await line.close()
    moved.step(began_s + 0.15)
    assert host.sessions[opened.id].lost_at_s is not None
    return moved, opened.id, began_s + 0.15


async def test_a_closed_tab_gives_its_place_up_and_waits_in_the_store(host: Host) -> None:
    """After the grace it is interrupted, takes no place, and nothing more is written of it."""
    host.parts = replace(
        host.parts, settings=host.parts.settings.model_copy(update={"max_sessions": 1})
    )
    moved, session, lost_s = await closed_tab(host)
    moved.step(lost_s + pump.PARK_S - 1)
    assert await host.state(session) == ("live", True)
    with pytest.raises(FullError):
        await host.open(via="web", microphone=True, country=None, mode="solo")
    moved.step(lost_s + pump.PARK_S + 1)
    assert await host.state(session) == ("interrupted", True)
    rows = list(host.store.lines(session))
    assert any('"connection_lost"' in row for row in rows)
    for later in range(10):
        moved.step(lost_s + pump.PARK_S + 2 + later)
    assert list(host.store.lines(session)) == rows
    await host.open(via="web", microphone=True, country=None, mode="solo")


async def test_a_closed_tab_is_gone_on_with_as_after_a_crash(host: Host) -> None:
    """Its token still opens it; the next line says sorry and goes on, and the log stays gapless."""
    opened = await host.open(via="web", microphone=True, country=None, mode="solo")
    await host.attach(opened.id, Line(), "page")
    live = host.sessions[opened.id]
    live.step_to(live.made_s + 0.05, NOW)
    host.park(live, pump.PARK_S)
    assert await host.knows(opened.id, opened.token)
    assert not await host.knows(opened.id, "another")
    line = Line()
    await host.attach(opened.id, line, "another page")
    again = host.sessions[opened.id]
    assert again is not live
    again.step_to(again.made_s + 0.05, NOW)
    again.keep()
    rows = [json.loads(row) for row in host.store.lines(opened.id)]
    assert [row.get("after") for row in rows if row["type"] == "connection_restored"] == ["restart"]
    at = 1
    for row in rows:
        assert row["seq"] == at
        at += row.get("rows", 1)
    assert any(message["type"] == "say" for message in line.sent)


async def test_a_closed_tab_is_deleted_in_time_after_the_line_closed(host: Host) -> None:
    """The grace counts: it began when the line was lost, not when the session was put away."""
    moved, session, lost_s = await closed_tab(host)
    moved.step(lost_s + pump.PARK_S + 1)
    record = host.store.get(session)
    assert record is not None
    assert record.closed_unix == pytest.approx(NOW - pump.PARK_S - 1, abs=0.1)
    host.store.sweep(NOW + 1800 - pump.PARK_S - 2)
    assert host.store.get(session) is not None
    host.store.sweep(NOW + 1800 - pump.PARK_S)
    assert host.store.get(session) is None


async def test_a_page_that_is_just_connecting_is_waited_for(host: Host) -> None:
    """At the end of the grace a new line that was answered just now is not closed again."""
    moved, session, lost_s = await closed_tab(host)
    live = host.sessions[session]
    live.attach(Line(LineState.LOST), "page", lost_s + pump.PARK_S - 1)
    moved.step(lost_s + pump.PARK_S + 1)
    assert session in host.sessions
    moved.step(lost_s + pump.PARK_S + 20)
    assert session not in host.sessions


async def test_a_closed_tab_stays_live_while_the_disk_will_not(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not on disk could not be gone on with from there."""
    moved, session, lost_s = await closed_tab(host)
    monkeypatch.setattr(Store, "fault", "The disk is full.")
    moved.step(lost_s + pump.PARK_S + 1)
    assert session in host.sessions
    monkeypatch.setattr(Store, "fault", None)
    moved.step(lost_s + pump.PARK_S + 2)
    assert session not in host.sessions


def test_a_lost_call_is_not_put_away() -> None:
    """A caller has no way back to it: a call goes on until it is hung up."""
    live = stood(Loop(), via="phone")
    live.attach(Line(LineState.LOST), None, 0.0)
    live.lost_at_s = 0.05
    assert live.gone_s(1000.0) == 0.0
    page = stood(Loop())
    page.attach(Line(LineState.LOST), "page", 0.0)
    page.lost_at_s = 0.05
    assert page.gone_s(1000.0) == pytest.approx(999.95)
