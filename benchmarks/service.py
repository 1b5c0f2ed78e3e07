"""How soon `voice-agent serve` is ready, and what it costs in memory and of a core.

    python benchmarks/service.py [--starts 5] [--sessions 10] [--seconds 10] [--json OUT]

Seconds from the command until it prints "Ready", each time as a new process with an empty data
folder; one start before them, not counted, renders what is missing in the line cache. Then memory
(RSS; PSS, which shares what is shared) and the share of one core (100 = a whole one) without a
session, with one, and with `--sessions`: live WebRTC sessions, opened over the HTTP API by stand-ins
for the page in a process of their own, which hear the opening and send the sound of a quiet room.
"speaking" is the first seconds of the opening, encoded for everyone; "idle" is after it, when the
service only listens (the ladder is put off, so that it stays so). `voices` counts the sessions that
heard a voice.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from machine import describe, machine

ROOT = Path(__file__).resolve().parents[1]
READY_GOAL_S = 3.0
OPENING_S = 24.0
"""The opening takes less than 20 s; then it listens."""
LONG = {f"VOICE_AGENT_LADDER__{name}_S": "3600" for name in ("SOFT", "OFFER", "WAIT")}
TICKS = os.sysconf("SC_CLK_TCK")


class Served:
    """`voice-agent serve` as a process on a free port."""

    def __init__(self, data: Path) -> None:
        self._env = {**os.environ, "VOICE_AGENT_DATA_DIR": str(data), **LONG}
        self.ready_s = 0.0
        self.url = ""

    def __enter__(self) -> Self:
        """Start it and wait until it is ready."""
        begun = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "voice_agent", "serve", "--port", "0"],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"Ready: open (http://\S+)", line):
                self.ready_s = time.monotonic() - begun
                self.url = found[1]
                return self
        raise SystemExit(
            "the service ended before it was ready; run `voice-agent serve` to see why"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it as an operator does."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def memory_mb(self) -> dict[str, float]:
        """Return RSS and PSS in megabytes (10^6 bytes)."""
        rows = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        kib = dict(re.findall(r"^(\w+):\s+(\d+) kB", rows, re.MULTILINE))
        return {f"{name.lower()}_mb": int(kib[name]) * 1024 / 1e6 for name in ("Rss", "Pss")}

    def core_s(self) -> float:
        """Return the seconds of a core it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def share(self, seconds: float) -> float:
        """Return the share of a core it uses over the next seconds, in per cent."""
        before, begun = self.core_s(), time.monotonic()
        time.sleep(seconds)
        return 100 * (self.core_s() - before) / (time.monotonic() - begun)


class Pages:
    """A process with stand-ins for the page; each holds a live session."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--pages", url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: str) -> int:
        """Have it do something and return the number that comes of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(command, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("the stand-ins for the page ended; see above")
        return int(answer)

    def __enter__(self) -> Self:
        """Begin without a session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all sessions."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def pages(url: str) -> None:
    """Hold sessions until the input ends: "add N" opens N more, "voices" counts what they heard."""
    import httpx
    import numpy as np

    sys.path.insert(0, str(ROOT / "tests" / "transport"))
    from webrtc_peer import PagePeer

    peers: list[PagePeer] = []
    speaking: list[asyncio.Task[None]] = []
    opened: list[dict[str, str]] = []
    room = np.random.default_rng(3).normal(0, 10, 16_000 * 600).astype(np.int16)

    async def add(http: httpx.AsyncClient) -> None:
        made = (await http.post("/api/sessions", json={"mode": "solo", "microphone": True})).json()
        peer = PagePeer()
        body = {"sdp": await peer.offer(), "type": "offer", "page": f"page-{len(peers)}"}
        answer = await http.post(
            f"/api/sessions/{made['id']}/offer",
            json=body,
            headers={"Authorization": f"Bearer {made['token']}"},
        )
        answer.raise_for_status()
        await peer.accept(answer.json()["sdp"])
        await asyncio.wait_for(peer.opened(), 20)
        peers.append(peer)
        opened.append(made)
        speaking.append(asyncio.create_task(peer.speak(room)))

    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        while command := (await asyncio.to_thread(sys.stdin.readline)).split():
            if command[0] == "add":
                for _ in range(int(command[1])):
                    await add(http)
                print(len(peers), flush=True)
            elif command[0] == "voices":
                heard = [int(np.abs(peer.heard().astype(np.int32)).max()) for peer in peers]
                print(sum(loudest > 1_000 for loudest in heard), flush=True)
            elif command[0] == "leave":
                await _leave(http, opened)
                print(len(opened), flush=True)
        for task in speaking:
            task.cancel()
        for peer in peers:
            await peer.leave()


async def _leave(http: Any, opened: list[dict[str, str]]) -> None:
    for made in opened:
        token = {"Authorization": f"Bearer {made['token']}"}
        (await http.delete(f"/api/sessions/{made['id']}", headers=token)).raise_for_status()


def loaded(served: Served, sessions: int, seconds: float) -> list[dict[str, Any]]:
    """Return memory and shares of a core without a session, with one, with many, and after."""
    time.sleep(3)  # what is rendered ahead comes from the cache
    rows = [{"sessions": 0, "idle": served.share(seconds), **served.memory_mb()}]
    with Pages(served.url) as held:
        there = 0
        for wanted in (1, sessions):
            held.ask(f"add {wanted - there}")
            there = wanted
            begun = time.monotonic()
            speaking = served.share(min(seconds, 10))
            time.sleep(max(0.0, begun + OPENING_S - time.monotonic()))
            idle = served.share(seconds)
            voices = held.ask("voices")
            row = {"sessions": there, "voices": voices, "speaking": speaking, "idle": idle}
            rows.append({**row, **served.memory_mb()})
        held.ask("leave")
        time.sleep(3)
        rows.append({"sessions": "0, after", "idle": served.share(seconds), **served.memory_mb()})
    return rows


def show(ready: list[float], rows: list[dict[str, Any]]) -> None:
    """Print both tables."""
    print(f"command to ready, line cache warm: {statistics.median(ready):.2f} s", end="")
    print(f" (median of {len(ready)}, {min(ready):.2f} to {max(ready):.2f}; goal {READY_GOAL_S:g})")
    heads = (
        "sessions",
        "voices",
        "RSS MB",
        "PSS MB",
        "% core speaking",
        "% core idle",
        "a session",
    )
    print("".join(f"{head:>17}" for head in heads))
    base = rows[0]["idle"]
    for row in rows:
        number = row["sessions"]
        each = (row["idle"] - base) / number if isinstance(number, int) and number else None
        cells = [number, row.get("voices"), round(row["rss_mb"]), round(row["pss_mb"])]
        cells += [row.get("speaking"), row["idle"], each]
        print("".join(f"{_cell(cell):>17}" for cell in cells))


def _cell(value: float | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Measure, print the tables, write JSON where asked."""
    if sys.argv[1:2] == ["--pages"]:
        asyncio.run(pages(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10, help="over which a share is measured")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as name:
        ready = []
        for number in range(options.starts + 1):
            with Served(Path(name) / str(number)) as served:
                ready.append(served.ready_s)
                if number == 0:
                    time.sleep(5)  # the first one may still be rendering what comes later
        del ready[0]
        with Served(Path(name) / "loaded") as served:
            rows = loaded(served, options.sessions, options.seconds)
    print(describe(where))
    show(ready, rows)
    if options.json:
        result = {
            "machine": where,
            "ready_s": ready,
            "ready_median_s": statistics.median(ready),
            "sessions": rows,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
