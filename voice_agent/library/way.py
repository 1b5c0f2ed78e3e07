"""The way somebody takes through a practice who says nothing: its lines, and how long it lasts."""

from dataclasses import dataclass

from voice_agent.core.script import Line, Script

PACE_WPM = 105
"""Words a minute while guiding: the middle of what PRACTICES asks for."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is heard from one line on, in silence."""

    lines: tuple[Line, ...]
    circles_at: str | None = None
    """The line that would come a second time; None where the way ends."""

    @property
    def spoken_s(self) -> float:
        """About how long the words last."""
        return sum(words_s(line) for line in self.lines)

    @property
    def length_s(self) -> float:
        """About how long all of it lasts, pauses and waits included."""
        return sum(line_s(line) for line in self.lines)


def words_s(line: Line) -> float:
    """Return about how long the words of `line` last."""
    return len(line.spoken.split()) / PACE_WPM * 60


def line_s(line: Line) -> float:
    """Return about how long `line` lasts with the silence after it."""
    return line.lasts_s or words_s(line) + line.pause_s + (line.wait_s or 0.0)


def silent_way(script: Script, start: str | None = None) -> Way:
    """Return what is heard from the line `start` (or the first) on by whoever is silent."""
    ids = {line.id for line in script.lines}
    heard: dict[str, Line] = {}
    here = start or script.first
    while here in ids:
        if here in heard:
            return Way(tuple(heard.values()), circles_at=here)
        line = heard[here] = script.line(here)
        here = line.answers["silence"] if line.is_question else script.after(here)
    return Way(tuple(heard.values()))
