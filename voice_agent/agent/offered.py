"""When the agent would offer a practice over a recording: it listens, and nothing of it sounds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from voice_agent.agent.parts import Parts
from voice_agent.agent.talk import talk
from voice_agent.core.commands import Offer
from voice_agent.core.journal import expand
from voice_agent.core.script import Script
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.engines.tts.renderer import Renderer
from voice_agent.library import Library
from voice_agent.transport.file import Recording

CONSENTS = ("tone",)
_NOTHING = np.zeros(1, np.int16)


class Unheard:
    """A voice whose every line is over as soon as it begins."""

    def ready(self, line: Line, sample_rate: int) -> RenderedLine:
        """Return the line as one sample of silence, the least there can be."""
        return RenderedLine(_NOTHING, sample_rate, (0,))

    render = ready


def offered(parts: Parts, recording: Path) -> tuple[float, list[float]]:
    """Run a session over a recording: no opening, nothing played, the tone consent given.

    Every line takes no time at all, so that what is said in the recording is answered to as if
    the agent had kept quiet; the silence ladder counts from the beginning of the recording.

    Returns:
        The recording's length and the times of all offers, in seconds.

    Raises:
        UsageError: the recording cannot be read.
    """
    lines: list[str] = []
    done = talk(
        replace(parts, library=_brief(parts.library), renderer=cast("Renderer", Unheard())),
        Recording(recording),
        write=lines.append,
        consents=CONSENTS,
    )
    events = (event for line in lines for event in expand(json.loads(line)))
    return done.audio_s, [event.t for event in events if isinstance(event, Offer)]


def _brief(library: Library) -> Library:
    """Return the library with no silence after any line of the opening."""
    return Library({name: _at_once(library[name]) for name in library}, library.refused)


def _at_once(script: Script) -> Script:
    if not script.id.startswith("opening"):
        return script
    lines = tuple(line.model_copy(update={"pause_s": 0.0}) for line in script.lines)
    return script.model_copy(update={"lines": lines})
