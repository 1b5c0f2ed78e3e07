"""Whose the line is, and what is done to it at once."""

import pytest
from stand_ins import Line, Loop, session

from voice_agent.agent.live import CONNECT_S
from voice_agent.transport.base import LineState


def test_a_page_that_is_connecting_keeps_its_place():
    """Of two pages that come at once the first one answered has the line, not the last."""
    live = session(Loop())
    live.attach(Line(LineState.LOST), "one", 5.0)
    assert live.held_against("two", 5.1)
    assert not live.held_against("one", 5.1)


def test_a_page_that_never_connects_gives_its_place_up():
    """A page that died while it connected does not lock everybody out."""
    live = session(Loop())
    live.attach(Line(LineState.LOST), "one", 5.0)
    assert not live.held_against("two", 5.0 + CONNECT_S + 0.1)


def test_a_page_that_closed_while_it_connected_gives_its_place_up():
    """A line that is closed is nobody's."""
    live = session(Loop())
    live.attach(Line(LineState.CLOSED), "one", 5.0)
    assert not live.held_against("two", 5.1)


def test_a_line_that_was_lost_may_be_taken_over():
    """Another page (after a reload, or on another device) may go on where a line was lost."""
    line, live = Line(), session(Loop())
    live.attach(line, "one", 0.0)
    live.step_to(0.0, 0.0)
    assert live.held_against("two", 0.1)
    line.state = LineState.LOST
    assert not live.held_against("two", 0.2)


@pytest.mark.parametrize(
    ("kind", "flushes"), [("stop", 1), ("pause", 1), ("say", 0), ("show", 0), ("resume", 0)]
)
def test_a_stop_empties_the_line(kind, flushes):
    """What a phone's line still holds is thrown away with a stop or a pause, once, and then only."""
    line, live = Line(), session(Loop(), via="phone")
    live.attach(line, None, 0.0)
    live.step_to(0.0, 0.0)
    live.send({"type": kind, "t": 0.0})
    assert [message["type"] for message in line.sent] == [kind]
    live.step_to(0.015, 0.0)
    live.step_to(0.035, 0.0)
    assert line.flushes == flushes


def test_time_that_was_missed_is_counted():
    """A pump that is held up again and again leaves a session behind the wall; it is measured."""
    loop = Loop()
    live = session(loop)
    live.attach(Line(), "one", 0.0)
    for tenths in range(11):
        live.step_to(tenths / 10 + 0.001, 0.0)
    assert live.behind_s == pytest.approx(1.0 - loop.tick / 100, abs=0.01)
    assert live.behind_s == pytest.approx(0.4, abs=0.01)
