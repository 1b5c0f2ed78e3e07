"""Phone calls to the real service, from another process: what a caller hears, keys, says and is left with."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from handset import LOUD, RATE, Handset
from kept import Call, Kept, begins, is_event
from numpy.typing import NDArray
from quick import phone_service
from running import Running
from scene import NATURAL

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import spoken
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line

if os.environ.get("CI"):
    import baresip  # noqa: F401 - under CI a missing phone is a failure
else:
    pytest.importorskip("baresip", reason="baresip-python is not installed")

pytestmark = pytest.mark.phone

TRANSPORT = Path(__file__).parents[1] / "transport"
QUIET_S = 0.35
"""From a stop to silence on the wire (issue 3, "Speed"), by the clock of the sound itself: where the
whole machine stands still for a moment, nobody hears anything meanwhile."""


@pytest.fixture(scope="module")
def service(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with phone_service(cache_dir, tmp_path_factory.mktemp("phone")) as running:
        yield running


@pytest.fixture
async def kept(service: Running) -> Kept:
    """What the service keeps; nothing of the test before."""
    kept = Kept(service.data_dir)
    await kept.nothing(10)
    return kept


@pytest.fixture(scope="module")
def said(parts: Parts) -> dict[str, NDArray[np.int16]]:
    """What callers say, rendered before anybody is on the line."""
    texts = ("Yes.", "Stop!", "Please stop now.", "My sister called this morning.")
    return {
        text: parts.renderer.render(Line(phrases_of(text), NATURAL), RATE).samples for text in texts
    }


def sessions(service: Running) -> float:
    text = httpx.get(f"{service.url}/metrics").text
    rows = [row.split() for row in text.splitlines() if row.startswith("still_here_sessions ")]
    return float(rows[0][1])


def share_heard(heard: NDArray[np.int16], line: NDArray[np.int16]) -> float:
    """Return how many of the line's quarter seconds are found somewhere in what was heard.

    A gap on a busy machine breaks the quarter it falls into, and no other.
    """
    a = heard.astype(np.float64)
    energy = np.concatenate(([0.0], np.cumsum(a**2)))
    size = RATE // 4
    found, parts = 0, 0
    for start in range(0, len(line) - size, size):
        part = line[start : start + size].astype(np.float64)
        if np.abs(part).max() < LOUD:
            continue
        local = np.sqrt((energy[size:] - energy[:-size]) * (part**2).sum())
        length = len(a) + size
        cross = np.fft.irfft(np.fft.rfft(a, length) * np.conj(np.fft.rfft(part, length)), length)
        found += bool((cross[: len(local)] > 0.9 * local + 1).any())
        parts += 1
    return found / parts


async def to_offer(phone: Handset, call: Call) -> None:
    """Ask for the offer by a key without a meaning of its own: silence would take 8 s longer."""
    await call.until(begins("opening-phone", "need"))
    await phone.press("6")
    await call.until(begins("ladder", "offer-phone"))


async def to_practice(phone: Handset, call: Call) -> None:
    await to_offer(phone, call)
    await phone.press("1")
    await call.until(begins("feet-and-room", "invite"))


def test_a_free_port_is_found_and_told(service):
    """`--sip HOST:0` takes a free port, and "Ready" says which and prints nothing else of it."""
    assert service.sip_port > 0
    assert f"Ready: call sip:here@127.0.0.1:{service.sip_port}" in service.output


async def test_a_silent_caller_is_led_by_keys(service, kept):
    """Nobody speaks: opening, soft word, offer; 1 chooses, 3 pauses and goes on, 7 just stays, 9 the keys."""
    async with Handset(service.sip_port) as phone:
        first = await phone.sound()
        print(f"INVITE to first word: {first - phone.dialled_at:.3f} s")
        assert first - phone.dialled_at < 3
        call = await kept.new([])
        soft = await call.until(begins("ladder", "soft-1-phone"))
        assert call.said()[:2] == [("opening-phone", "what"), ("opening-phone", "need")]
        offer = await call.until(begins("ladder", "offer-phone"), after_t=soft["t"])
        assert offer["t"] > soft["t"]
        await phone.press("1")
        invite = await call.until(begins("feet-and-room", "invite"))
        await asyncio.sleep(1)

        down = await phone.press("3")
        await phone.quiet_for(1.5)
        assert phone.heard_on(down) < QUIET_S
        await phone.press("3")
        await phone.sound(2)
        again = await call.until(begins("feet-and-room", "invite"), after_t=invite["t"])
        assert again["sample"] < 3 * RATE

        await phone.press("7")
        waiting = await call.until(is_event("say", script="wait-with-me"))
        await phone.press("9")
        keys = await call.until(begins("keys", "yes-no"), after_t=waiting["t"])
        assert keys["t"] - waiting["t"] < 5
        await phone.sound(2)


async def test_star_is_silence_and_a_second_star_ends(service, kept):
    """* is quiet within .35 s and stays so; a second * more than 5 s later hangs up."""
    async with Handset(service.sip_port) as phone:
        call = await kept.new([])
        await to_practice(phone, call)
        await asyncio.sleep(1)

        down = await phone.press("*")
        last = await phone.quiet_for(5.5)
        print(f"* to silence on the wire: {phone.heard_on(down):.3f} s")
        assert phone.heard_on(down) < QUIET_S
        stopped = await call.until(is_event("key_pressed", digit="*"))
        assert call.said(stopped["t"]) == []

        await phone.press("*")
        await phone.is_hung_up()
    assert not phone.loud(last + 0.01)
    await kept.nothing(5)


async def test_a_caller_who_speaks_is_understood(service, kept, said):
    """A spoken yes takes the offer, talk pauses the line, "stop" is silence; 0 then reads the numbers."""
    async with Handset(service.sip_port) as phone:
        call = await kept.new([])
        await to_offer(phone, call)
        phone.speak_up(said["Yes."], 0.5)
        invite = await call.until(begins("feet-and-room", "invite"))
        await asyncio.sleep(1)

        onset = phone.speak_up(said["My sister called this morning."])
        paused = await call.until(is_event("playout_paused"), after_t=invite["t"])
        heard = [p.at for p in phone.loud(onset + QUIET_S, onset + 1)]
        assert heard == []
        on = await call.until(is_event("playout_started"), after_t=paused["t"])

        await asyncio.sleep(1)
        phone.speak_up(said["Stop!"])
        stop = await call.until(is_event("show", state="stopped"), after_t=on["t"])
        await phone.quiet_for(3)
        assert call.said(stop["t"]) == []

        await phone.press("0")
        await call.until(begins("crisis", "numbers"), after_t=stop["t"])
        await phone.sound(2)


async def test_the_own_voice_coming_back_is_no_barge_in(service, kept, said):
    """With the voice returned 20 dB quieter, .2 s late, nothing is taken for speech; a person over it is heard."""
    async with Handset(service.sip_port, echo_db=-20, echo_s=0.2) as phone:
        call = await kept.new([])
        await to_offer(phone, call)
        await asyncio.sleep(5)
        spoken_of = [e for e in call.look() if e["type"].startswith("speech_")]
        assert spoken_of == []
        offer = await call.until(begins("ladder", "offer-phone"))
        phone.speak_up(said["Please stop now."])
        await call.until(is_event("stop"), after_t=offer["t"])
        await phone.quiet_for(2)


async def test_a_hang_up_in_mid_line_leaves_nothing(service, kept):
    """The caller hangs up: a moment later nobody is looked after and nothing is kept."""
    async with Handset(service.sip_port) as phone:
        await phone.sound()
        await kept.new([])
        assert sessions(service) == 1
        await phone.leave()
        gone_s = await kept.nothing(5)
        print(f"hang-up to nothing kept: {gone_s:.2f} s")
        assert sessions(service) == 0


async def test_who_calls_again_begins_anew(service, kept):
    """A second call of the same caller is another session, from the first words on."""
    seen = []
    for _ in range(2):
        async with Handset(service.sip_port) as phone:
            call = await kept.new([])
            await call.until(begins("opening-phone", "what"))
            assert call.said()[0] == ("opening-phone", "what")
            await phone.sound()
        await kept.nothing(5)
        seen.append(call.session)
    assert seen[0] != seen[1]


async def test_an_independent_caller_hears_and_stops(service, kept, tmp_path):
    """Another SIP stack (baresip) hears the voice, silences it by its key, and hangs up."""
    command = [sys.executable, TRANSPORT / "sip_caller.py", service.sip_port]
    command += ["--keys", "*", "--keys-at", 2, "--seconds", 4, "--record", tmp_path / "heard.wav"]
    caller = await asyncio.create_subprocess_exec(*map(str, command), stdout=subprocess.PIPE)
    out, _ = await asyncio.wait_for(caller.communicate(), 30)
    told = [json.loads(line) for line in out.splitlines()]
    sounds = [e["after_s"] for e in told if e["event"] == "sound"]
    quiets = [e["after_s"] for e in told if e["event"] == "quiet"]
    assert sounds
    assert sounds[0] < 2
    assert sounds[-1] < 2 + QUIET_S
    assert quiets[-1] < 2.2 + QUIET_S  # its jitter buffer and its steps of 20 ms are in this
    await kept.nothing(5)


async def test_the_second_caller_of_one_place_hears_the_numbers(cache_dir, parts, tmp_path):
    """With one place taken, the next caller hears one line with the numbers; the first goes on."""
    line = spoken(parts.library, ("conversation", "no-capacity"), parts.values(None))
    wanted = parts.renderer.render(line, RATE).samples
    line = spoken(parts.library, ("opening-phone", "kept"), parts.values(None))
    other = parts.renderer.render(line, RATE).samples
    with phone_service(cache_dir, tmp_path, VOICE_AGENT_SIP__MAX_CALLS="1") as service:
        kept = Kept(service.data_dir)
        async with Handset(service.sip_port) as first:
            call = await kept.new([])
            async with Handset(service.sip_port) as second:
                await second.sound()
                await second.is_hung_up(len(wanted) / RATE + 10)
                # Before anything is computed here: that would hold up our own reading of packets.
                gaps = np.diff([p.at for p in first.packets])
                assert share_heard(second.heard_sound(), wanted) > 0.7
                assert share_heard(second.heard_sound(), other) < 0.3
                assert len(kept.sessions()) == 1
            assert not first.hung_up
            assert call.said()[:2] == [("opening-phone", "what"), ("opening-phone", "need")]
            assert not [e for e in call.look() if e["type"] in ("playout_paused", "held")]
            assert gaps.max() < 0.5
        await kept.nothing(5)


@pytest.mark.parametrize("scenario", ["malformed", "unknown_codec"])
async def test_a_bad_call_changes_nothing_for_the_next(service, kept, scenario, tmp_path):
    """A malformed INVITE or an unknown codec is refused; the service stays up and answers."""
    program = shutil.which("sipp")
    if program is None:
        assert not os.environ.get("CI"), "sipp is missing: install Debian's sip-tester"
        pytest.skip("sipp is not installed (Debian: sip-tester)")
    command = [program, f"127.0.0.1:{service.sip_port}", "-sf"]
    command += [str(TRANSPORT / "sipp" / f"{scenario}.xml"), "-m", "3", "-i", "127.0.0.1"]
    command += ["-nostdin", "-timeout", "10"]
    sipp = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert await asyncio.wait_for(sipp.wait(), 20) == 0
    assert kept.sessions() == []
    async with Handset(service.sip_port) as phone:
        await phone.sound()
    await kept.nothing(5)


async def test_after_a_crash_a_call_is_forgotten(cache_dir, tmp_path):
    """Kill -9 in mid-call, and a start: nothing of the call is kept, and a new one begins anew."""
    service = phone_service(cache_dir, tmp_path)
    kept = Kept(service.data_dir)
    with service:
        phone = Handset(service.sip_port)
        async with phone:
            call = await kept.new([])
            await phone.sound()
            await call.until(begins("opening-phone", "what"))
            service.kill()
            phone.requests.append("BYE")  # nobody is there to hang up with
        assert kept.sessions() == [call.session]
        service.start()
        await kept.nothing(5)
        async with Handset(service.sip_port) as phone:
            again = await kept.new([])
            await again.until(begins("opening-phone", "what"))
            assert again.session != call.session


async def test_a_stopped_service_forgets_its_calls(cache_dir, tmp_path):
    """An operator's stop in mid-call hangs up and keeps nothing of it: no caller can come back."""
    service = phone_service(cache_dir, tmp_path)
    kept = Kept(service.data_dir)
    with service:
        async with Handset(service.sip_port) as phone:
            await kept.new([])
            await phone.sound()
            await asyncio.to_thread(service.stop)
            await phone.is_hung_up()
        assert kept.sessions() == []
        assert kept.lines() == 0
