"""How soon `voice-agent serve` is ready, and what it costs in memory and of a core.

    python benchmarks/service.py [--starts 5] [--sessions 10] [--seconds 10] [--json OUT]

Seconds from the command until /readyz answers 200, each time as a new process with an empty data
folder; one start before them, not counted, renders what is missing in the line cache. Then memory
(RSS; PSS, which shares what is shared) and the share of one core (100 = a whole one) without a
session, with one, and with `--sessions`: live WebRTC sessions, opened over the HTTP API by stand-ins
for the page in a process of their own, which hear the opening and send the sound of a quiet room.
"speaking" is the first seconds of the opening, encoded for everyone; "idle" is after it, when the
service only listens (the ladder is put off, so that it stays so). `voices` counts the sessions that
heard a voice.
"""

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from machine import describe, machine
from pages import Pages

ROOT = Path(__file__).resolve().parents[1]
READY_GOAL_S = 3.0
OPENING_S = 24.0
"""The opening takes less than 20 s; then it listens."""
LONG = {f"VOICE_AGENT_LADDER__{name}_S": "3600" for name in ("SOFT", "OFFER", "WAIT")}
TICKS = os.sysconf("SC_CLK_TCK")


READY_S = 300.0
"""How long a first start, which renders, may take."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Served:
    """`voice-agent serve` as a process on a free port."""

    def __init__(self, data: Path) -> None:
        self._env = {**os.environ, "VOICE_AGENT_DATA_DIR": str(data), **LONG}
        # As installed by pip: compiled. The first start, which does not count, compiles.
        self._env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.ready_s = 0.0
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start it and wait until it is ready."""
        begun = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "voice_agent", "serve", "--port", str(self._port)],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while self._process.poll() is None and time.monotonic() - begun < READY_S:
            if self._is_ready():
                self.ready_s = time.monotonic() - begun
                return self
            time.sleep(0.01)
        self._process.kill()
        raise SystemExit("the service did not get ready; run `voice-agent serve` to see why")

    def _is_ready(self) -> bool:
        line = HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            line.request("GET", "/readyz")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

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


def progress(sentence: str) -> None:
    """Say what is being measured: the whole takes minutes."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


def loaded(served: Served, sessions: int, seconds: float) -> list[dict[str, Any]]:
    """Return memory and shares of a core without a session, with one, with many, and after."""
    progress("memory and core without a session")
    time.sleep(3)  # what is rendered ahead comes from the cache
    rows = [{"sessions": 0, "idle": served.share(seconds), **served.memory_mb()}]
    with Pages(served.url) as held:
        there = 0
        for wanted in (1, sessions):
            progress(f"memory and core with {wanted} of {sessions} sessions")
            held.ask(f"add {wanted - there}")
            there = wanted
            begun = time.monotonic()
            speaking = served.share(min(seconds, 10))
            time.sleep(max(0.0, begun + OPENING_S - time.monotonic()))
            idle = served.share(seconds)
            voices = held.ask("voices")
            row = {"sessions": there, "voices": voices, "speaking": speaking, "idle": idle}
            rows.append({**row, **served.memory_mb()})
        progress("memory and core after them")
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
                progress(f"start {number} of {options.starts}: ready after {served.ready_s:.2f} s")
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
