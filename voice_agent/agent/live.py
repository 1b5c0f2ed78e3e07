"""One live session: its transport, its clock, and what is kept of it for the case of a crash."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from voice_agent.agent.loop import SessionLoop
from voice_agent.core import inputs as i
from voice_agent.core.times import to_seconds
from voice_agent.transport.base import HEARING_FRAME, LineState, Samples, Transport

LATE_FRAMES = 5
"""Frames that may be late before the gap counts as silence: the jitter of callbacks."""
LATE_SPEECH_FRAMES = 30
"""The same after a sound: on a busy machine speech comes late, and must not be cut in two."""
SOUND = 150
"""The loudest sample, of 32768, from which a frame is a sound (-47 dBFS)."""
AHEAD_FRAMES = 30
"""Frames the ear may be ahead of the clock, after sound that came late or from a faster clock,
before the count begins anew. None is dropped: `FRAMES_A_STEP` keeps delay from building up."""
STALL_TICKS = 6
"""A pump that was held up longer than this goes on from there, so that no word is lost: a phone's
line takes at most 80 ms at once. Session time then runs behind the wall's by what was missed."""
MISSED_TICKS = 100
"""So much missed since the log last said what time it was, and it says so again."""
KEEP_TICKS = 10
"""How often what happened is handed to the store."""
FAREWELL_TICKS = 60
"""How long the line stays open after the end, so that the last message and word arrive."""
CONNECT_S = 10.0
"""How long a page that was answered may take to connect before another may have its place."""
FRAMES_A_STEP = 3
"""The most that is taken in 10 ms: sound that waited is heard at three times its speed."""

_SILENCING = frozenset({"stop", "pause"})
"""Commands with which the line is emptied of what it still holds."""
_NO_SOUND = np.zeros(HEARING_FRAME, np.int16)


class LiveSession:
    """Moves one `SessionLoop` on by the wall clock and joins it to whatever line there is."""

    def __init__(
        self,
        session_id: str,
        loop: SessionLoop,
        *,
        via: str,
        microphone: bool,
        country: str | None,
        now_s: float,
        append: Callable[[list[str]], None],
        lines: list[str],
    ) -> None:
        self.id = session_id
        self.loop = loop
        self.via = via
        self.page: str | None = None
        self.transport: Transport | None = None
        self.lost_at_s: float | None = None
        self._microphone = microphone
        self.country = country
        self._append = append
        self._lines = lines
        self.made_s = now_s
        self._attached_s = now_s
        self._came = False
        """Whether the line that is attached now was ever connected."""
        self._begun_s = now_s - loop.tick / 100
        self._joined = False
        self._restarted = loop.tick > 0
        self._fed = 0
        self._late = LATE_FRAMES
        self._held = False
        self._missed = 0
        self.behind_s = 0.0
        """How far its time is behind the wall's by now, for what the pump was held up."""
        self._silenced = False
        self.anchor_unix_s: float | None = None
        """Unix time at session time 0, of the newest `clock_anchored`."""
        self._farewell: int | None = None

    @property
    def joined(self) -> bool:
        """Whether somebody has been on the line yet."""
        return self._joined

    @property
    def restarted(self) -> bool:
        """Whether it was taken up from the store."""
        return self._restarted

    @property
    def over(self) -> bool:
        """Whether nothing is left to do for this session."""
        return self._farewell is not None and self._farewell <= 0

    @property
    def connected(self) -> bool:
        """Whether somebody is on the line."""
        return self.transport is not None and self.transport.state in (
            LineState.CONNECTED,
            LineState.HELD,
        )

    def gone_s(self, now_s: float) -> float:
        """How long nobody has been on a page's line, s; 0 while somebody is, or is connecting."""
        if self.via == "phone" or self.lost_at_s is None:
            return 0.0
        connecting = self.transport is not None and self.transport.state is not LineState.CLOSED
        if connecting and not self._came and now_s - self._attached_s <= CONNECT_S:
            return 0.0
        return now_s - self.lost_at_s

    def held_against(self, page: str, now_s: float) -> bool:
        """Whether another page than `page` has the line, or is about to connect."""
        if self.transport is None or self.page in (None, page):
            return False
        if self._came or now_s - self._attached_s > CONNECT_S:
            return self.connected
        return self.transport.state is not LineState.CLOSED

    def attach(self, transport: Transport, page: str | None, now_s: float) -> Transport | None:
        """Take over a new line; the old one is returned, to be closed."""
        old, self.transport = self.transport, transport
        self.page = page
        self._attached_s, self._came = now_s, False
        return old

    def step_to(self, now_s: float, unix_s: float) -> None:
        """Live through all whole 10 ms that have passed until `now_s` (a monotonic clock)."""
        self._came = self._came or self.connected
        due = int((now_s - self._begun_s) * 100)
        behind = due - self.loop.tick
        if not self._joined:
            if not self.connected:
                self.loop.tick = max(self.loop.tick, due)
                return
            self._join(due, unix_s)
            return
        if behind > STALL_TICKS:
            self._begun_s += (behind - STALL_TICKS) / 100
            self._missed += behind - STALL_TICKS
            self.behind_s += (behind - STALL_TICKS) / 100
            behind = STALL_TICKS
        for _ in range(behind):
            self._one(now_s)
        if self._missed > MISSED_TICKS:
            self._anchor(unix_s)

    def _anchor(self, unix_s: float) -> None:
        """Write down what the wall's time is at this session time."""
        self._missed = 0
        self.anchor_unix_s = unix_s - self.session_s
        self.loop.handle(i.ClockAnchored(t=self.loop.t, unix_s=round(unix_s, 2)))

    def _join(self, due: int, unix_s: float) -> None:
        """Begin, or begin again after a restart, now that somebody can hear us."""
        loop = self.loop
        loop.tick = max(loop.tick, due)
        self._joined = True
        self._fed = loop.tick
        self._anchor(unix_s)
        if self._restarted:
            loop.handle(i.ConnectionRestored(t=loop.t, after="restart"))
            loop.show_again()  # this page has never seen what the one before it showed
        else:
            loop.handle(
                i.ParticipantJoined(
                    t=loop.t, via=self.via, microphone=self._microphone, country=self.country
                )
            )
        self.keep()

    def _one(self, now_s: float) -> None:
        loop, line = self.loop, self.transport
        self._watch_line(now_s)
        heard: list[Samples] = []
        if line is not None and self.lost_at_s is None and not self._held:
            heard = self._listen(line)
        for message in line.received() if line is not None else ():
            loop.message(message)
        sound = loop.step(heard)
        if line is not None:
            line.write(sound)
            if self._silenced:
                line.flush()  # the end of the fade too: alone, after a gap, it would be a click
        self._silenced = False
        if loop.tick % KEEP_TICKS == 0:
            self.keep()
        if loop.ended is not None:
            self._farewell = FAREWELL_TICKS if self._farewell is None else self._farewell - 1
            if self._farewell == FAREWELL_TICKS:
                self.keep()

    def _listen(self, line: Transport) -> list[Samples]:
        """Take what has come; where too little came for too long, it was silence."""
        heard: list[Samples] = []
        while len(heard) < FRAMES_A_STEP:
            frame = line.read()
            if frame is None:
                break
            heard.append(frame)
        self._fed += len(heard)
        behind = self.loop.tick + 1 - self._fed
        if heard:
            loudest = max(int(heard[-1].max()), -int(heard[-1].min()))
            self._late = LATE_SPEECH_FRAMES if loudest > SOUND else LATE_FRAMES
        elif behind > self._late:
            heard.append(_NO_SOUND)
            self._fed += 1
        if behind < -AHEAD_FRAMES:
            self._fed = self.loop.tick
        return heard

    def _watch_line(self, now_s: float) -> None:
        """Tell the core when the line is lost, restored, held or hung up."""
        loop = self.loop
        state = self.transport.state if self.transport is not None else LineState.CLOSED
        if state is LineState.CLOSED and self.via == "phone":
            loop.handle(i.ParticipantLeft(t=loop.t, reason="hung_up"))
            return
        gone = state in (LineState.LOST, LineState.CLOSED)
        if gone and self.lost_at_s is None:
            self.lost_at_s = now_s
            loop.hearing.reset()
            loop.handle(i.ConnectionLost(t=loop.t, reason=str(state)))
        elif not gone and self.lost_at_s is not None:
            self.lost_at_s = None
            self._fed = loop.tick
            loop.handle(i.ConnectionRestored(t=loop.t, after="lost"))
            loop.show_again()
        held = state is LineState.HELD
        if held != self._held:
            self._held = held
            self._fed = loop.tick
            loop.handle(i.Held(t=loop.t) if held else i.Unheld(t=loop.t))

    def leave(self, reason: str) -> None:
        """End because somebody said so outside the line."""
        self.loop.handle(i.ParticipantLeft(t=self.loop.t, reason=reason))

    def send(self, message: Mapping[str, Any]) -> None:
        """Send to the page, where there is a line."""
        self._silenced = self._silenced or message["type"] in _SILENCING
        if self.transport is not None:
            self.transport.send(message)

    def keep(self) -> None:
        """Hand what happened until now to the store."""
        self.loop.flush()
        if self._lines:
            self._append(self._lines.copy())
            self._lines.clear()

    @property
    def session_s(self) -> float:
        """Session time in seconds."""
        return to_seconds(self.loop.tick)
