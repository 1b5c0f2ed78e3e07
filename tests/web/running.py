"""A real `voice-agent serve` in a process of its own, for tests that need the whole service."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Running:
    """The service on a free port; `kill` is kill -9, `start` starts it again on the same data."""

    def __init__(self, cache_dir: Path, data_dir: Path, *args: str, **env: str) -> None:
        self.data_dir = data_dir
        self.port = 0
        self.sip_port = 0
        self.output: list[str] = []
        self.command = [sys.executable]
        self._args = args
        self._env = {
            **os.environ,
            "VOICE_AGENT_CACHE_DIR": str(cache_dir),
            "VOICE_AGENT_DATA_DIR": str(data_dir),
            **env,
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def events(self, session: str) -> list[dict[str, Any]]:
        """What is kept of a session so far, in its order; it is written four times a second."""
        database = f"file:{self.data_dir / 'still-here.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True, timeout=5)) as db:
            query = "SELECT body FROM lines WHERE session_id = ? ORDER BY seq"
            return [json.loads(body) for (body,) in db.execute(query, (session,))]

    def start(self, timeout_s: float = 240) -> Self:
        """Start and wait for "Ready"; the first start may have to render lines."""
        self._process = subprocess.Popen(
            [*self.command, "-m", "voice_agent", "serve", "--port", str(self.port), *self._args],
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self._process, ready), daemon=True).start()
        if not ready.wait(timeout_s) or self._process.poll() is not None:
            self.stop()
            raise AssertionError("the service did not start:\n" + "\n".join(self.output))
        return self

    def _read(self, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
        assert process.stdout is not None
        wants_phone = any(arg.startswith("--sip") for arg in self._args)
        for line in process.stdout:
            self.output.append(line.rstrip())
            if found := re.match(r"Ready: open https?://[^:]+:(\d+)", line):
                self.port = int(found[1])
                if not wants_phone:
                    ready.set()
            if found := re.match(r"Ready: call sip:.*:(\d+)", line):
                self.sip_port = int(found[1])
                ready.set()
        process.wait()  # it ended early; `start` must see that
        ready.set()

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(20)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
