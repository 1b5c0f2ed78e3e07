"""Sound that comes late is heard whole; sound that does not come is silence."""

import numpy as np
import pytest
from stand_ins import Line, Loop, session

from voice_agent.agent.live import LATE_FRAMES, LATE_SPEECH_FRAMES, LiveSession
from voice_agent.core.inputs import ClockAnchored
from voice_agent.transport.base import HEARING_FRAME


def joined(line: Line, loop: Loop) -> LiveSession:
    """A session that begins now, at 0."""
    live = session(loop)
    live.attach(line, None, 0.0)
    live.step_to(0.0, 0.0)
    return live


def lived(arrivals: dict[int, list[int]], ticks: int) -> list[int]:
    """Live so many ticks; at each of `arrivals` frames of these levels come. Returns what it heard."""
    line, loop = Line(), Loop()
    live = joined(line, loop)
    for tick in range(1, ticks + 1):
        line.coming += [np.full(HEARING_FRAME, level, np.int16) for level in arrivals.get(tick, [])]
        live.step_to((tick + 0.5) / 100, 0.0)
    return loop.heard


@pytest.mark.parametrize("gap", [1, LATE_FRAMES + 1, 20, LATE_SPEECH_FRAMES - 1])
def test_speech_that_comes_late_is_not_cut_in_two(gap):
    """A word whose second half comes up to .3 s late, all at once, is heard without a hole."""
    word = list(range(1000, 1040))
    arrivals = {tick: [word[tick - 1]] for tick in range(1, 21)}
    arrivals[20 + gap] = word[20:]
    assert [level for level in lived(arrivals, 80) if level][:40] == word
    assert 0 not in lived(arrivals, 20 + gap + 5)


def test_no_sound_after_quiet_is_silence_at_once():
    """A line that was quiet and brings nothing more is silent: time goes on for the ear."""
    heard = lived({tick: [3] for tick in range(1, 21)}, 40)
    assert heard[20:] == [0] * (20 - LATE_FRAMES)


def test_no_sound_after_speech_is_silence_in_the_end():
    """A line that ends in the middle of a word is silent .3 s later."""
    heard = lived({tick: [2000] for tick in range(1, 21)}, 80)
    assert heard[20:] == [0] * (60 - LATE_SPEECH_FRAMES)


def test_time_that_was_missed_is_anchored_again():
    """After stalls of more than a second in all the log says again what time it is."""
    loop = Loop()
    live = joined(Line(), loop)
    now_s = 0.0
    for stall in range(3):
        assert sum(isinstance(event, ClockAnchored) for event in loop.handled) == 1, stall
        now_s += 0.5
        live.step_to(now_s, 5000 + now_s)
    anchors = [event for event in loop.handled if isinstance(event, ClockAnchored)]
    assert [(event.t, event.unix_s) for event in anchors] == [(0.0, 0.0), (0.18, 5001.5)]
    assert live.anchor_unix_s == pytest.approx(5001.5 - 0.18)
