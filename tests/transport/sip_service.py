"""A SIP endpoint with a tone for every caller, and callers in processes of their own."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from sip_caller import free_port, loudest_hz, tone
from sip_peer import Telephone

from voice_agent.transport.base import LineState
from voice_agent.transport.sip import SipEndpoint
from voice_agent.transport.sip_call import SipTransport

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
