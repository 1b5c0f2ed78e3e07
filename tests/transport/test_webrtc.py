"""The browser's line without a browser: the promises, bounds, faults and what is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("reactor_webrtc", reason="the WebRTC library does not run here")

from promises import PROMISES, Promise, pumping, rms, tone, until
from webrtc_peer import PagePeer, connected_pair

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.transport.base import LineState
from voice_agent.transport.webrtc import WebRtcEndpoint

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_webrtc_keeps_the_promise(promise: Promise) -> None:
    """Each promise of a transport holds between two ends in one process."""
    async with connected_pair() as (transport, peer):
        await promise(transport, peer)


async def test_a_page_without_microphone_hears_and_is_understood() -> None:
    """With recvonly audio the voice and messages both ways still work."""
    async with connected_pair(microphone=False) as (transport, peer), pumping(transport) as pump:
        pump.say(tone(700, 0.5, 48_000))
        await peer.tell({"type": "tapped", "control": "stop"})
        await until(lambda: rms(peer.heard()[-8_000:]) > 1_000 and bool(pump.messages))
        assert not pump.frames


async def test_silence_goes_out_as_noise_nobody_hears() -> None:
    """A frame of zeros is sent as sound of about -80 dBFS, so that frames keep coming."""
    async with connected_pair() as (transport, peer), pumping(transport):
        await until(lambda: len(peer.heard()) > 16_000)
        assert 0 < rms(peer.heard()[8_000:]) < 10


async def test_what_is_sent_before_the_channel_opens_arrives() -> None:
    """Messages wait for the page's channel, and the newest 64 are kept."""
    peer = PagePeer()
    answer, transport = await WebRtcEndpoint().answer(await peer.offer())
    for number in range(70):
        transport.send({"type": "show", "number": number})
    await peer.accept(answer)
    async with pumping(transport):
        await until(lambda: len(peer.told()) == 64)
    assert [message["number"] for message in peer.told()] == list(range(6, 70))
    assert transport.dropped_messages == 6
    await transport.close()
    await peer.leave()


async def test_what_is_no_message_is_dropped_and_counted() -> None:
    """Garbage, lists, oversized and untyped messages vanish; the next good one arrives."""
    bad = (b"\xff\xfe", b"[1]", b"{", b"{}", b'{"type": 3}', b"[" * 9_000, b'{"type":"x","n":NaN}')
    async with connected_pair() as (transport, peer), pumping(transport) as pump:
        for data in (*bad, b'{"type":"' + b"x" * 16_384 + b'"}'):
            peer.tell_raw(data)
        await peer.tell({"type": "tapped"})
        await until(lambda: bool(pump.messages))
        assert pump.messages == [{"type": "tapped"}]
        assert transport.dropped_messages == len(bad) + 1


async def test_a_flood_between_two_looks_is_cut() -> None:
    """Of 200 messages between two calls of `received` 64 are kept."""
    async with connected_pair() as (transport, peer):
        for number in range(200):
            await peer.tell({"type": "tapped", "number": number})
        await until(lambda: transport.dropped_messages == 136)
        assert [message["number"] for message in transport.received()] == list(range(64))


async def test_frames_are_counted() -> None:
    """The counters for metrics are the frames that were read and written."""
    async with connected_pair() as (transport, peer):
        async with pumping(transport) as pump:
            await peer.speak(tone(500, 0.3))
            await until(lambda: len(pump.frames) > 20)
        assert transport.frames_in == len(pump.frames)
        assert transport.frames_out > 20


async def test_a_second_of_sound_at_most_waits() -> None:
    """A pump that stood still hears the last second, not what is older."""
    async with connected_pair() as (transport, peer):
        await peer.speak(tone(500, 1.4))
        came = -1
        while came != transport._frames_came:  # what is still on its way would be counted too
            came = transport._frames_came
            await asyncio.sleep(0.3)
        count = 0
        while transport.read() is not None:
            count += 1
        assert 95 <= count <= 100


async def test_before_the_page_connects_the_line_is_lost() -> None:
    """An answered offer whose page never comes is LOST, and waiting for it ends."""
    peer = PagePeer()
    _, transport = await WebRtcEndpoint().answer(await peer.offer())
    assert transport.state is LineState.LOST
    assert transport.read() is None
    transport.write(np.zeros(480, np.int16))
    assert not await transport.until_connected(0.05)
    await transport.close()
    await peer.leave()


@pytest.mark.parametrize("microphone", [True, False])
async def test_a_page_that_vanishes_is_lost_and_can_come_back(microphone: bool) -> None:
    """A page whose machine stops is LOST within 4 s; when it goes on it is CONNECTED again."""
    page = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "webrtc_peer.py"),
        *(["--microphone"] if microphone else []),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert page.stdin
    assert page.stdout
    try:
        offer = json.loads(await page.stdout.readline())
        answer, transport = await WebRtcEndpoint().answer(offer)
        page.stdin.write(json.dumps(answer).encode() + b"\n")
        assert await transport.until_connected(10.0)
        async with pumping(transport):
            for _ in range(25):
                await asyncio.sleep(0.1)
                assert transport.state is LineState.CONNECTED
            page.send_signal(signal.SIGSTOP)
            await until(lambda: transport.state is LineState.LOST, 4.0)
            page.send_signal(signal.SIGCONT)
            await until(lambda: transport.state is LineState.CONNECTED, 2.0)
        await transport.close()
    finally:
        page.kill()
        await page.wait()


@pytest.mark.parametrize("spoil", [("a=fingerprint", "a=x"), ("a=ice-ufrag", "a=x"), ("111", "x")])
async def test_an_offer_the_library_refuses_is_one_sentence(spoil: tuple[str, str]) -> None:
    """An offer that looks right but cannot be used raises UsageError, not a library's error."""
    peer = PagePeer()
    offer = await peer.offer()
    await peer.leave()
    with pytest.raises(UsageError, match="offer cannot be used"):
        await WebRtcEndpoint().answer(offer.replace(*spoil))


async def test_an_offer_that_takes_no_sound_is_refused() -> None:
    """A page that would not hear us is told so."""
    peer = PagePeer()
    offer = await peer.offer()
    await peer.leave()
    with pytest.raises(UsageError, match="takes no sound"):
        await WebRtcEndpoint().answer(offer.replace("a=sendrecv", "a=sendonly"))


async def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without reactor-webrtc the endpoint says what to install."""
    monkeypatch.setitem(sys.modules, "reactor_webrtc", None)
    with pytest.raises(StillHereError, match="pip install reactor-webrtc"):
        WebRtcEndpoint()


def _footprint() -> tuple[int, int, int]:
    """Native threads, open files, and resident KiB of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(list(Path("/proc/self/task").iterdir())), _open_files(), pages * 4


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
async def test_thirty_sessions_leave_nothing_behind() -> None:
    """After thirty connected and closed sessions threads, files and memory are as before."""

    async def session() -> None:
        async with connected_pair() as (transport, peer), pumping(transport):
            await peer.speak(tone(500, 0.1))
        with pytest.raises(UsageError):
            await WebRtcEndpoint().answer("v=0\r\n")

    for _ in range(3):
        await session()
    before = _footprint()
    for _ in range(30):
        await session()
    threads, files, memory_kib = _footprint()
    assert threads <= before[0] + 2
    assert files <= before[1] + 2
    assert memory_kib <= before[2] + 8_192


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("kept", ["both", "line"])
def test_a_process_that_ends_in_the_middle_of_a_session_ends_well(kept: str) -> None:
    """Leaving the interpreter with a connected session does not crash or hang."""
    program = (
        "import asyncio, numpy\n"
        "from webrtc_peer import connected_pair\n"
        "kept = []\n"
        "async def main():\n"
        "    pair = connected_pair()\n"
        "    transport, peer = await pair.__aenter__()\n"
        f"    kept.extend((pair, transport, peer) if {kept == 'both'} else (pair, transport))\n"
        "    await peer.speak(numpy.ones(3200, 'int16'))\n"
        "    print(transport.state, flush=True)\n"
        "    if len(kept) == 2:\n"
        "        await peer.leave()\n"
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(main())\n"
    )
    done = _run(program)
    assert (done.returncode, done.stdout) == (0, "connected\n"), done.stderr


def test_a_process_that_kept_a_refused_offers_error_ends_well() -> None:
    """An error that is still held at the end of the process holds no connection with it."""
    program = (
        "import asyncio\n"
        "from webrtc_peer import PagePeer\n"
        "from voice_agent.transport.webrtc import WebRtcEndpoint\n"
        "async def main():\n"
        "    peer = PagePeer()\n"
        "    offer = (await peer.offer()).replace('a=sendrecv', 'a=sendonly')\n"
        "    try:\n"
        "        await WebRtcEndpoint().answer(offer)\n"
        "    except Exception as error:\n"
        "        return error\n"
        "kept = asyncio.run(main())\n"
        "print(type(kept).__name__)\n"
    )
    done = _run(program)
    assert (done.returncode, done.stdout) == (0, "UsageError\n"), done.stderr
