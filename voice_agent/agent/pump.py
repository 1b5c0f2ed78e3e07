"""The time of all live sessions: 10 ms after 10 ms, and once a minute what is due."""

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from voice_agent import log
from voice_agent.core.errors import StillHereError
from voice_agent.store import SessionState

if TYPE_CHECKING:
    from voice_agent.agent.host import Host

SWEEP_S = 60.0
JOIN_S = 120.0
"""How long a session waits for its line."""
PARK_S = 45.0
"""How long a session whose line is lost stays live: a page tries again every second or two."""
STEP_S = 0.01

_log = log.get_logger(__name__)


class Pump:
    """Moves a host's sessions on; what one of them does wrong never takes the others along."""

    def __init__(self, host: "Host") -> None:
        self._host = host

    async def run(self) -> None:
        """Move every session on every 10 ms, until cancelled."""
        self._host.chores.add(asyncio.to_thread(self._forget_calls))
        due = time.monotonic()
        swept = due
        while True:
            now = time.monotonic()
            self._host.late_s = max(0.0, now - due)
            self.step(now)
            if now - swept >= SWEEP_S:
                swept = now
                try:
                    self.tidy(now)
                except Exception as error:  # noqa: BLE001 - without the pump every line goes silent
                    _log.exception("tidying_failed", kind=type(error).__name__)
            due = max(due + STEP_S, now - 10 * STEP_S)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def step(self, now: float) -> None:
        """Move all on to `now` (a monotonic clock), and let go of what is over or long alone."""
        unix_s = self._host.unix_s()
        for live in list(self._host.sessions.values()):
            try:
                live.step_to(now, unix_s)
            except Exception as error:  # noqa: BLE001 - one session's fault never takes the others along
                _log.exception("session_failed", kind=type(error).__name__)
                self._host.drop(live)
                continue
            gone_s = live.gone_s(now)
            if live.over:
                self._host.drop(live)
            elif gone_s > PARK_S and self._host.store.fault is None:  # or its end would be missing
                self._host.park(live, gone_s)
        for refusal in list(self._host.refusals):
            try:
                done = refusal.step_to(now)
            except Exception as error:  # noqa: BLE001 - as above
                _log.exception("refusal_failed", kind=type(error).__name__)
                done = True
            if done:
                self._host.refusals.discard(refusal)
                self._host.chores.add(refusal.transport.close())

    def tidy(self, now: float) -> None:
        """Let go of what waited too long, and delete what is too old."""
        keep_s = self._host.parts.settings.keep_minutes * 60
        for live in list(self._host.sessions.values()):
            if live.lost_at_s is not None and now - live.lost_at_s > keep_s:
                self._host.drop(live)
            elif not live.joined and now - live.made_s > JOIN_S:
                self._host.put_back(live)  # a page that never came must not take a place
            else:
                self._host.store.touch(live.id, self._host.unix_s(), live.anchor_unix_s)
        self._host.chores.add(
            asyncio.to_thread(self._host.store.sweep, self._host.unix_s(), keep_s)
        )

    def _forget_calls(self) -> None:
        """Delete what a crash left of phone calls: a caller has no token to come back with."""
        with contextlib.suppress(StillHereError):  # the sweep does it when the disk can
            for record in self._host.store.list():
                if record.via == "phone" and record.state is SessionState.INTERRUPTED:
                    self._host.store.delete(record.id)
