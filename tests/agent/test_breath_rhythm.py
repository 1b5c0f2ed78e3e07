"""The rhythm of a breath: each word begins when it is due, to the sample, for five minutes."""

import itertools

import numpy as np

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import Speaking
from voice_agent.core import inputs as i
from voice_agent.core.commands import Say
from voice_agent.engines.tts.line import Line, RenderedLine

RATE = 16_000
SCRIPT = "longer-out"
LASTS_S = {"in-1": 4.0, "out-1": 6.0}


class Uneven:
    """Each line is longer than the one before, by no whole number of frames."""

    failing = False

    def __init__(self) -> None:
        self._lengths = itertools.count(7_411, 37)

    def ready(self, line: Line, sample_rate: int) -> RenderedLine:
        samples = np.full(next(self._lengths), 8_000, np.int16)
        return RenderedLine(samples=samples, sample_rate=sample_rate, phrases=(0,))


def refuse(*_: object) -> None:
    raise AssertionError("nothing has to be rendered here")


def test_a_breath_keeps_its_rhythm_for_five_minutes(parts: Parts) -> None:
    """Four seconds in and six out, thirty times, whatever the length of the words."""
    speaking = Speaking(parts.library, {}, Uneven(), refuse, RATE)
    turns = itertools.cycle(LASTS_S)

    def go_on(told: i.Input) -> None:
        if isinstance(told, i.PlayoutFinished):
            breathe()

    def breathe() -> None:
        line = next(turns)
        speaking.say(Say(t=0.0, script=SCRIPT, line=line, lasts_s=LASTS_S[line]), 0)

    breathe()
    heard = np.concatenate([speaking.fill(0, go_on) for _ in range(300 * 100)])
    loud = np.abs(heard.astype(int)) > 0
    begins = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    due = sorted(10 * RATE * n + at for n in range(30) for at in (0, 4 * RATE))
    assert len(begins) in (len(due), len(due) - 1)  # the very first may begin at sample 0
    assert np.abs(begins - due[-len(begins) :]).max() <= 1  # the first sample of a fade is silent
