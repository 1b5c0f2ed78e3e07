"""The whole service, with a session and a phone, sends nothing to any other machine."""

import asyncio
import ipaddress
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from running import Running
from webrtc_peer import PagePeer

from voice_agent.web.addresses import own_addresses

CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
SECONDS = 15
ADDRESS = re.compile(
    r'(?:inet_addr\("|inet_pton\(AF_INET6, "|->\[?)([0-9a-fA-F.:]+?)(?:"|\]|:\d+\])'
)


class Traced(Running):
    """The service under strace, which writes down every address that is named to the system."""

    def __init__(self, cache_dir: Path, data_dir: Path, trace: Path, *args: str) -> None:
        super().__init__(cache_dir, data_dir, *args)
        # -D: the service stays the process that is started, and is ended as always.
        self.command = ["strace", "-D", "-f", "-yy", "-e", CALLS, "-o", str(trace), sys.executable]


def own() -> set[str]:
    """This machine's addresses, IPv6 ones too."""
    v6 = Path("/proc/net/if_inet6")
    rows = v6.read_text().split("\n")[:-1] if v6.exists() else []
    return {*own_addresses(), *(str(ipaddress.ip_address(bytes.fromhex(r[:32]))) for r in rows)}


def addresses(call: str) -> set[str]:
    """The addresses in a traced call; sockets within the machine have numbers instead."""
    return {str(ipaddress.ip_address(a)) for a in ADDRESS.findall(call) if re.search(r"[.:]", a)}


def foreign(call: str) -> set[str]:
    """The addresses in a traced call that are not this machine's."""
    found = addresses(call) - own()
    return {a for a in found if not ipaddress.ip_address(a).is_loopback}


def may_trace() -> bool:
    """Whether strace is there, and allowed here."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    trial = [strace, "-o", "/dev/null", "true"]
    return subprocess.run(trial, check=False, capture_output=True).returncode == 0


async def live(url: str) -> int:
    """Hold a session for a while with a quiet room's sound; return its loudest sample."""
    room = np.random.default_rng(3).normal(0, 10, 16_000 * SECONDS).astype(np.int16)
    peer = PagePeer()
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        made = (await http.post("/api/sessions", json={"microphone": True})).json()
        headers = {"authorization": f"Bearer {made['token']}"}
        body = {"sdp": await peer.offer(), "type": "offer", "page": "one"}
        answer = await http.post(f"/api/sessions/{made['id']}/offer", headers=headers, json=body)
        await peer.accept(answer.json()["sdp"])
        await asyncio.wait_for(peer.opened(), 60)
        await peer.speak(room)
        loudest = int(np.abs(peer.heard().astype(np.int32)).max(initial=0))
        await peer.leave()
        await http.delete(f"/api/sessions/{made['id']}", headers=headers)
    return loudest


def test_service_with_a_session_sends_nothing_elsewhere(cache_dir: Path, tmp_path: Path) -> None:
    """Every packet goes to this machine; libwebrtc alone asks the system which way out it has.

    That question is a UDP `connect` to a well-known address: the system looks at its routes, no
    packet is sent, and none may follow on that socket.
    """
    if not may_trace():
        pytest.skip("strace is missing, or may not trace here (Debian: strace)")
    trace = tmp_path / "trace"
    with Traced(cache_dir, tmp_path / "data", trace, "--sip", "127.0.0.1:0") as service:
        assert asyncio.run(live(service.url)) > 1000, service.output
    calls = [row.partition(" ")[2].strip() for row in trace.read_text().splitlines()]
    sent = [call for call in calls if call.startswith("send")]
    assert any(addresses(call) for call in sent), "the trace shows no packets"
    assert [call for call in sent if foreign(call)] == []
    for call in calls:
        if call.startswith("connect") and foreign(call):
            assert re.match(r"connect\(\d+<UDPv?6?:", call), call
