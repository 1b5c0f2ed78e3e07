"""The voice as sound: what is heard when a line is paused, stopped or replaced."""

import numpy as np
import pytest

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import Speaking
from voice_agent.core.commands import Say
from voice_agent.engines.tts.line import Line, RenderedLine

RATE = 16_000
TONE = np.full(RATE, 8_000, np.int16)


class Tones:
    """Every line is one second of the same level."""

    failing = False

    def ready(self, line: Line, sample_rate: int) -> RenderedLine:
        return RenderedLine(samples=TONE, sample_rate=sample_rate, phrases=(0,))


def refuse(*_: object) -> None:
    raise AssertionError("nothing has to be rendered here")


@pytest.fixture
def speaking(parts: Parts) -> Speaking:
    made = Speaking(parts.library, {}, Tones(), refuse, RATE)
    made.say(say("what"), 0)
    assert heard(made, 10) > 0
    return made


def say(line: str) -> Say:
    return Say(t=0.0, script="opening", line=line, pause_s=0.5)


def heard(speaking: Speaking, frames: int) -> int:
    """The loudest sample of so many frames of 10 ms."""
    return max(int(np.abs(speaking.fill(0, lambda _: None)).max()) for _ in range(frames))


def test_a_stopped_line_fades_within_a_frame(speaking: Speaking) -> None:
    """A stop while words sound ends them in 8 ms, without a click, and for good."""
    speaking.stop(10)
    fading = np.abs(speaking.fill(10, lambda _: None).astype(int))
    assert fading[0] > 7_000
    assert fading[-1] == 0
    assert heard(speaking, 100) == 0


def test_a_paused_line_is_not_heard_again_when_it_is_stopped(speaking: Speaking) -> None:
    """A stop after a pause adds no sound: the words were silent already."""
    speaking.pause(10)
    heard(speaking, 1)
    assert heard(speaking, 5) == 0
    speaking.stop(16)
    assert heard(speaking, 100) == 0


def test_a_paused_line_is_not_heard_again_when_another_follows(speaking: Speaking) -> None:
    """A line said in place of a paused one begins softly, without a rest of the old one."""
    speaking.pause(10)
    heard(speaking, 1)
    speaking.say(say("kept"), 12)
    assert speaking._tail is None
