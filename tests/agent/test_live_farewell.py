"""A session that ended is let go, however the clock falls."""

import numpy as np
import pytest

from voice_agent.agent.live import FAREWELL_TICKS, STALL_TICKS, LiveSession
from voice_agent.core.inputs import Input, ParticipantLeft
from voice_agent.transport.base import HEARING_FRAME, LineState


class Line:
    """A phone's line that is there until it is closed."""

    state = LineState.CONNECTED

    def read(self) -> None:
        return None

    def write(self, frame: object) -> None:
        pass

    def received(self) -> tuple[()]:
        return ()


class Loop:
    """The session loop's outside: it counts, and ends when the person has left."""

    def __init__(self) -> None:
        self.tick = 0
        self.ended: str | None = None

    @property
    def t(self) -> float:
        return self.tick / 100

    def handle(self, event: Input) -> None:
        if isinstance(event, ParticipantLeft):
            self.ended = "left"

    def flush(self) -> None:
        pass

    def step(self, heard: object) -> np.ndarray:
        self.tick += 1
        return np.zeros(HEARING_FRAME, np.int16)


@pytest.mark.parametrize("ticks_a_step", [1, 2, 3, 5, STALL_TICKS])
def test_a_session_is_over_after_the_farewell(ticks_a_step):
    """However many 10 ms each step lives through, an ended session is over, and stays so."""
    line = Line()
    live = LiveSession(
        "id",
        Loop(),
        via="phone",
        microphone=True,
        country=None,
        now_s=0.0,
        append=lambda rows: None,
        lines=[],
    )
    live.attach(line, None)
    live.step_to(0.0, 0.0)
    line.state = LineState.CLOSED
    for step in range(1, 2 * FAREWELL_TICKS // ticks_a_step + 3):
        live.step_to((step * ticks_a_step + 0.5) / 100, 0.0)
    assert live.over
