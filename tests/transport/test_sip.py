"""Real calls from other processes: sound both ways, keys, hold and hang-up."""

import asyncio
import os
import threading
import time

import pytest

if not os.environ.get("CI"):
    pytest.importorskip("baresip", reason="baresip-python is not installed")

from promises import PROMISES, Promise
from sip_service import (
    Session,
    caller,
    connected_pair,
    ring,
    serving,
    told,
)

from voice_agent.transport.base import LineState

pytestmark = [pytest.mark.phone, pytest.mark.filterwarnings("error")]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_phone_keeps_the_promise(promise: Promise):
    """A phone call keeps what every transport promises."""
    async with connected_pair() as (line, phone):
        await promise(line, phone)


async def test_a_caller_cannot_make_us_dial():
    """A caller's wish that we call somebody else (REFER) is declined; the call goes on."""
    async with connected_pair() as (line, phone):
        await phone.ask("REFER", more="Refer-To: <sip:+15559999999@127.0.0.1:9>\r\n")
        await asyncio.sleep(0.2)
        assert "INVITE" not in phone.requests
        assert line.state is LineState.CONNECTED


async def test_sound_goes_both_ways():
    """Each side hears the other's tone at its own frequency."""
    async with serving() as service:
        heard = (await ring(service, "--tone", 700, "--seconds", 1.3))["heard"]
        session = service.sessions[0]
        assert heard["hz"] == pytest.approx(500, abs=5)
        assert heard["rms"] == pytest.approx(8000 / 32768 / 2**0.5, rel=0.2)
        assert session.heard_hz() == pytest.approx(700, abs=5)


async def test_a_wideband_phone_is_heard_too():
    """A G.722 call carries the voice to the caller at 16 kHz."""
    async with serving() as service:
        heard = (await ring(service, "--codec", "g722/16000/1", "--seconds", 1.3))["heard"]
        assert heard["rate"] == 16000
        assert heard["hz"] == pytest.approx(500, abs=5)
        assert service.sessions[0].heard


async def test_calls_are_handed_over_on_the_event_loop():
    """`on_call` runs where the session will run, though the stack has a thread of its own."""
    async with serving() as service:
        await ring(service, "--seconds", 0.2)
        assert service.sessions[0].thread is threading.current_thread()


@pytest.mark.parametrize("way", ["rtpevent", "info"])
async def test_each_key_arrives_once(way):
    """Keys sent in RTP (RFC 4733) or by INFO arrive in order, each press once."""
    async with serving() as service:
        await ring(service, "--dtmf", way, "--keys", "1550*#", "--seconds", 2.2)
        assert service.sessions[0].keys == "1550*#"


async def test_the_caller_hangs_up():
    """When the caller hangs up the line is CLOSED within 100 ms."""
    async with serving() as service:
        events = await ring(service, "--seconds", 0.4)
        await service.sessions[0].task
        state, at = service.sessions[0].states[-1]
        assert state is LineState.CLOSED
        assert at - events["hanging_up"]["at"] < 0.1
        assert service.endpoint.calls == 0


async def test_the_service_hangs_up():
    """When the service closes the line, the caller's call ends too; a second close is fine."""
    async with serving() as service, caller(service, "--seconds", 15) as process:
        line = (await service.call()).line
        begun = time.monotonic()
        await line.close()
        await line.close()
        closed = (await told(process))["closed"]
        assert closed["at"] - begun < 0.5
        assert line.state is LineState.CLOSED
        assert line.read() is None


@pytest.mark.parametrize("flushed", [False, True])
async def test_a_stop_is_silent_within_100_ms(flushed):
    """From the stop to the end of the last packet with sound: 100 ms, with `flush` 60 ms."""
    async with connected_pair() as (line, phone):
        session = Session(line, 500)
        await asyncio.sleep(0.7)
        assert phone.heard_at
        session.sounding = False
        stopped = time.monotonic()
        if flushed:
            line.flush()
        await asyncio.sleep(0.3)
        assert phone.heard_at[-1] + 0.02 - stopped < (0.06 if flushed else 0.1)
        await line.close()
        await session.task


async def test_hold_and_back():
    """Held by the caller the line is HELD, then CONNECTED again with sound both ways."""
    async with serving() as service:
        plan = ("--tone", 700, "--hold-at", 0.4, "--resume-at", 0.8, "--seconds", 2.2)
        heard = (await ring(service, *plan))["heard"]
        session = service.sessions[0]
        states = [state for state, _ in session.states]
        assert states[:3] == [LineState.CONNECTED, LineState.HELD, LineState.CONNECTED]
        assert heard["hz"] == pytest.approx(500, abs=5)
        assert session.heard_hz() == pytest.approx(700, abs=5)


async def test_ten_calls_one_after_another():
    """The tenth call is served like the first, and none is left over."""
    async with serving() as service:
        await ring(service, "--calls", 10, "--tone", 700, "--seconds", 0.4)
        assert len(service.sessions) == 10
        assert all(len(session.heard) > 10 for session in service.sessions)
        await asyncio.gather(*(session.task for session in service.sessions))
        assert service.endpoint.calls == 0


async def test_three_calls_at_once_are_kept_apart():
    """Three callers at once each hear their own voice and are each heard."""
    async with serving() as service:
        results = await asyncio.gather(
            *(ring(service, "--tone", hz, "--seconds", 1.8) for hz in (900, 1300, 1700))
        )
        told_hz = sorted(result["heard"]["hz"] for result in results)
        heard_hz = sorted(session.heard_hz() for session in service.sessions)
        assert told_hz == pytest.approx([500, 700, 900], abs=5)
        assert heard_hz == pytest.approx([900, 1300, 1700], abs=5)
