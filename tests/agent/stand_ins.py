"""Stand-ins for what surrounds a live session: a line in any state, and a loop that only counts."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from voice_agent.agent.live import LiveSession
from voice_agent.core.inputs import Input, ParticipantLeft
from voice_agent.transport.base import HEARING_FRAME, LineState


class Line:
    """A line of our own making, in whatever state a test wants it.

    What is put into `coming` can be read; what came of it stands in `sent` and `flushes`.
    """

    via = "web"
    playout_rate = 48_000
    cancels_echo = True

    def __init__(self, state: LineState = LineState.CONNECTED) -> None:
        self.state = state
        self.coming: deque[np.ndarray] = deque()
        self.sent: list[Mapping[str, Any]] = []
        self.flushes = 0

    def read(self) -> np.ndarray | None:
        return self.coming.popleft() if self.coming else None

    def write(self, frame: np.ndarray) -> None:
        pass

    def flush(self) -> None:
        self.flushes += 1

    def received(self) -> tuple[()]:
        return ()

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def close(self) -> None:
        self.state = LineState.CLOSED


class Loop:
    """The session loop's outside: it counts, keeps what it was given, and ends with the person."""

    def __init__(self) -> None:
        self.tick = 0
        self.ended: str | None = None
        self.heard: list[int] = []
        self.handled: list[Input] = []

    @property
    def t(self) -> float:
        return self.tick / 100

    def handle(self, event: Input) -> None:
        self.handled.append(event)
        if isinstance(event, ParticipantLeft):
            self.ended = "left"

    def flush(self) -> None:
        pass

    def step(self, heard: list[np.ndarray]) -> np.ndarray:
        self.tick += 1
        self.heard += [int(frame[0]) for frame in heard]
        return np.zeros(HEARING_FRAME, np.int16)


def session(loop: Loop, *, via: str = "web") -> LiveSession:
    """A live session around `loop`, made at 0, without a line."""
    return LiveSession(
        "id",
        loop,
        via=via,
        microphone=True,
        country=None,
        now_s=0.0,
        append=lambda rows: None,
        lines=[],
    )
