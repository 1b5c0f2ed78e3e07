"""Real calls from other processes: sound both ways, keys, hold, hang-up, and what goes wrong."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest

if not os.environ.get("CI"):
    pytest.importorskip("baresip", reason="baresip-python is not installed")

from promises import PROMISES, Promise
from sip_caller import free_port, loudest_hz, tone
from sip_peer import Telephone

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.base import LineState
from voice_agent.transport.sip import Registration, SipEndpoint
from voice_agent.transport.sip_call import SipTransport

pytestmark = [pytest.mark.phone, pytest.mark.filterwarnings("error")]

HERE = Path(__file__).parent
LIMIT_S = 20.0


class Session:
    """What the agent would be: writes a tone every 10 ms, keeps what it hears and was told."""

    def __init__(self, line: SipTransport, hz: float) -> None:
        self.line = line
        self.thread = threading.current_thread()
        self.heard: list[np.ndarray] = []
        self.keys = ""
        self.states: list[tuple[LineState, float]] = []
        self.sounding = True
        self._hz = hz
        self.task = asyncio.create_task(self._pump())

    async def _pump(self) -> None:
        frame_samples = self.line.playout_rate // 100
        voice = tone(self._hz, 1.0, self.line.playout_rate).reshape(-1, frame_samples)
        due, frames = time.monotonic(), 0
        while True:
            if not self.states or self.states[-1][0] is not self.line.state:
                self.states.append((self.line.state, time.monotonic()))
            if self.line.state is LineState.CLOSED:
                return
            while (frame := self.line.read()) is not None:
                self.heard.append(frame)
            self.line.write(voice[frames % 100] if self.sounding else 0 * voice[0])
            self.keys += "".join(m["digit"] for m in self.line.received())
            frames += 1
            due += 0.01
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def heard_hz(self, seconds: float = 0.5) -> float:
        sound = np.concatenate(self.heard)
        return loudest_hz(sound[-int(16000 * seconds) :], 16000)


class Service:
    """An endpoint with a tone for every caller."""

    def __init__(self, **options: object) -> None:
        self.sessions: list[Session] = []
        self.came = asyncio.Event()
        self.endpoint = SipEndpoint(port=0, on_call=self._serve, **options)

    def _serve(self, line: SipTransport) -> None:
        self.sessions.append(Session(line, 500 + 200 * len(self.sessions)))
        self.came.set()

    async def call(self) -> Session:
        await asyncio.wait_for(self.came.wait(), LIMIT_S)
        return self.sessions[-1]


@contextlib.asynccontextmanager
async def serving(**options: object) -> AsyncIterator[Service]:
    service = Service(**options)
    await service.endpoint.start()
    try:
        yield service
    finally:
        await service.endpoint.close()
        await asyncio.gather(*(session.task for session in service.sessions))


class Process:
    """A child that cannot outlive its test."""

    def __init__(self, *command: str, **options: object) -> None:
        self._command = command
        self._options = options

    async def __aenter__(self) -> Self:
        self.child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            **self._options,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.child.returncode is None:
            self.child.kill()
        await self.child.communicate()

    async def done(self) -> tuple[int, str]:
        out, _ = await asyncio.wait_for(self.child.communicate(), LIMIT_S)
        return self.child.returncode, out.decode()


def caller(service: Service, *options: object) -> Process:
    script = str(HERE / "sip_caller.py")
    return Process(sys.executable, script, str(service.endpoint.port), *map(str, options))


async def told(process: Process) -> dict[str, dict]:
    """Return what a caller printed: the last line of each kind of event."""
    code, out = await process.done()
    assert code == 0, out
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["event"] == "heard", out
    return {line["event"]: line for line in lines}


async def ring(service: Service, *options: object) -> dict[str, dict]:
    async with caller(service, *options) as process:
        return await told(process)


def sipp(*arguments: object, cwd: Path) -> Process:
    program = shutil.which("sipp")
    if program is None:
        assert not os.environ.get("CI"), "sipp is missing: install Debian's sip-tester"
        pytest.skip("sipp is not installed (Debian: sip-tester)")
    common = ("-i", "127.0.0.1", "-p", str(free_port()), "-nostdin", "-timeout", "8")
    return Process(program, *common, *map(str, arguments), cwd=cwd)


def scenario(service: Service, name: str, cwd: Path, *more: object) -> Process:
    target = f"127.0.0.1:{service.endpoint.port}"
    return sipp(target, "-sf", HERE / "sipp" / f"{name}.xml", "-m", "1", *more, cwd=cwd)


@contextlib.asynccontextmanager
async def connected_pair() -> AsyncIterator[tuple[SipTransport, Telephone]]:
    lines: asyncio.Queue[SipTransport] = asyncio.Queue()
    endpoint = SipEndpoint(port=0, on_call=lines.put_nowait)
    await endpoint.start()
    phone = Telephone(endpoint.port)
    try:
        await phone.call()
        yield await asyncio.wait_for(lines.get(), LIMIT_S), phone
    finally:
        await endpoint.close()
        phone.close()


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


async def test_calls_beyond_the_most_are_told_so(tmp_path):
    """Above `max_calls` four more lines come flagged `refused`; the next caller hears busy."""
    async with serving(max_calls=1) as service:
        six = ("-m", 6, "-l", 6, "-r", 50)
        async with scenario(service, "ordinary", tmp_path, *six) as process:
            await process.done()
        refused = [session.line.refused for session in service.sessions]
        assert refused == [False, True, True, True, True]


async def test_an_ordinary_caller_is_answered(tmp_path):
    """An independent SIP implementation gets its 200 and can hang up."""
    async with serving() as service:
        async with scenario(service, "ordinary", tmp_path, "-timeout_error") as process:
            code, out = await process.done()
        assert code == 0, out
        assert len(service.sessions) == 1


@pytest.mark.parametrize("name", ["unknown_codec", "malformed"])
async def test_a_call_that_cannot_be_is_refused(name, tmp_path):
    """An offer without a common codec (488) or that cannot be read reaches nobody."""
    async with serving() as service:
        async with scenario(service, name, tmp_path, "-timeout_error") as process:
            code, out = await process.done()
        assert code == 0, out
        assert service.sessions == []
        await ring(service, "--seconds", 0.2)
        assert len(service.sessions) == 1


def broken_requests(port: int) -> list[bytes]:
    good = (
        f"INVITE sip:x@127.0.0.1:{port} SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
        "From: <sip:+15551234567@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n"
        "Call-ID: 15551234567\r\nCSeq: 1 INVITE\r\nContact: <sip:+15551234567@127.0.0.1:9>\r\n"
    )
    return [
        b"",
        b"\r\n\r\n",
        bytes(range(256)) * 4,
        good[:70].encode(),
        (good.replace("From:", "Mrof:") + "\r\n").encode(),
        (good.replace("CSeq: 1 INVITE\r\n", "") + "\r\n").encode(),
        (good + "Content-Length: 99999\r\n\r\nv=0").encode(),
        (good + "Content-Length: -1\r\n\r\nv=0").encode(),
        (good + "X-Long: " + "a" * 50_000 + "\r\n\r\n").encode(),
        (good.replace("INVITE", "SPEAK") + "Content-Length: 0\r\n\r\n").encode(),
        b"SIP/2.0 200 OK\r\n" + good.split("\r\n", 1)[1].encode() + b"\r\n",
    ]


async def test_broken_requests_leave_the_service_up():
    """After requests that are none, the next caller is answered."""
    async with serving() as service:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for request in broken_requests(service.endpoint.port):
                sender.sendto(request, ("127.0.0.1", service.endpoint.port))
        events = await ring(service, "--seconds", 0.2)
        assert "established" in events
        assert len(service.sessions) == 1


async def test_nothing_of_a_caller_is_logged(caplog, capfd):
    """Neither number, address, Call-ID nor keys reach a log, stdout or stderr."""
    with caplog.at_level(logging.DEBUG):
        async with serving() as service:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for request in broken_requests(service.endpoint.port):
                    sender.sendto(request, ("127.0.0.1", service.endpoint.port))
            await ring(service, "--user", "+15551234567", "--keys", "7", "--seconds", 0.8)
            assert service.sessions[0].keys == "7"
    printed = capfd.readouterr()
    records = "\n".join(str(vars(record)) for record in caplog.records)
    for text in (printed.out, printed.err, caplog.text, records):
        assert "5551234567" not in text
        assert "DTMF" not in text
        assert "sip:" not in text
    assert printed.err == ""


async def test_a_second_endpoint_in_the_process_is_refused():
    """Two endpoints in a process cannot be; the first stays up and the sentence says why."""
    async with serving() as service:
        with pytest.raises(StillHereError, match="one phone endpoint a process"):
            await SipEndpoint(port=0).start()
        await ring(service, "--seconds", 0.2)
        assert len(service.sessions) == 1


async def test_closing_hangs_up_and_frees_the_port():
    """After close the caller's call is over and the same port can be opened again."""
    async with serving() as service, caller(service, "--seconds", 15) as process:
        await service.call()
        await service.endpoint.close()
        await service.endpoint.close()
        assert "closed" in await told(process)
        again = SipEndpoint(port=service.endpoint.port)
        await again.start()
        await again.close()


async def test_a_missing_library_is_one_sentence(monkeypatch):
    """Without baresip-python the sentence names the package and what still works."""
    monkeypatch.setitem(sys.modules, "baresip", None)
    with pytest.raises(StillHereError, match=r"baresip-python.*without --sip"):
        await SipEndpoint(port=0).start()


async def test_an_account_is_registered(tmp_path):
    """With an account the endpoint registers before it says that it has started."""
    port = free_port()
    registrar = HERE / "sipp" / "registrar.xml"
    async with sipp("-sf", registrar, "-p", port, cwd=tmp_path):
        account = Registration(domain=f"127.0.0.1:{port}", user="line", password="a b;c")
        async with serving(registration=account) as service:
            assert service.endpoint.registered
            await ring(service, "--seconds", 0.2)
            assert len(service.sessions) == 1


async def test_a_refused_account_is_one_sentence(tmp_path):
    """A provider that refuses gives a sentence with its answer, without user or password."""
    port = free_port()
    registrar = HERE / "sipp" / "registrar_refusing.xml"
    async with sipp("-sf", registrar, "-p", port, cwd=tmp_path):
        account = Registration(domain=f"127.0.0.1:{port}", user="line7", password="hidden")
        with pytest.raises(StillHereError, match="answered 403") as refused:
            await SipEndpoint(port=0, registration=account).start()
        assert "hidden" not in str(refused.value)
        assert "line7" not in str(refused.value)


async def test_an_account_that_sip_cannot_carry_is_wrong_use():
    """A user name with a space is refused, naming the field and not its value."""
    account = Registration(domain="127.0.0.1", user="two words", password="x")
    with pytest.raises(UsageError, match="account's user has") as refused:
        await SipEndpoint(port=0, registration=account).start()
    assert "two words" not in str(refused.value)
