"""A practice as it sounds to somebody who says nothing, with its real pauses."""

from collections.abc import Callable, Iterator

import numpy as np

from voice_agent.agent.loop import Samples, SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import InlineRecogniser
from voice_agent.agent.talk import check_practice
from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.transport.base import HEARING_FRAME
from voice_agent.transport.file import OUTPUT_RATE

LONGEST_S = 3600


def preview(parts: Parts, script: str) -> Iterator[Samples]:
    """Return the practice in frames of 10 ms at `OUTPUT_RATE`, each question left to silence.

    Raises:
        UsageError: there is no such script.
    """
    check_practice(parts, script)
    return _frames(parts, script)


def _frames(parts: Parts, script: str) -> Iterator[Samples]:
    def want(
        line: Line, sample_rate: int, done: Callable[[RenderedLine | Exception], None]
    ) -> None:
        done(parts.renderer.render(line, sample_rate))

    loop = SessionLoop(
        parts,
        recogniser=InlineRecogniser(parts.decode),
        want=want,
        write=lambda _line: None,
        send=lambda _message: None,
        sample_rate=OUTPUT_RATE,
    )
    loop.handle(i.Tapped(t=0.0, control="choice", choice=script))
    silence = np.zeros(HEARING_FRAME, np.int16)
    while loop.core.stage is Stage.GUIDING and loop.tick < LONGEST_S * 100:
        yield loop.step((silence,))
