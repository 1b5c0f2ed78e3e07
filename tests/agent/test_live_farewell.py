"""A session that ended is let go, however the clock falls."""

import pytest
from stand_ins import Line, Loop, session

from voice_agent.agent.live import FAREWELL_TICKS, STALL_TICKS
from voice_agent.transport.base import LineState


@pytest.mark.parametrize("ticks_a_step", [1, 2, 3, 5, STALL_TICKS])
def test_a_session_is_over_after_the_farewell(ticks_a_step):
    """However many 10 ms each step lives through, an ended session is over, and stays so."""
    line, live = Line(), session(Loop(), via="phone")
    live.attach(line, None, 0.0)
    live.step_to(0.0, 0.0)
    line.state = LineState.CLOSED
    for step in range(1, 2 * FAREWELL_TICKS // ticks_a_step + 3):
        live.step_to((step * ticks_a_step + 0.5) / 100, 0.0)
    assert live.over
