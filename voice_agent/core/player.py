"""The playout timeline: which sample of which line sounds when, paused, resumed or stopped."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """`length` samples of a line from `offset` on, or silence where `key` is None."""

    length: int
    key: tuple[str, str] | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """The line began to sound, or sounds again, from `sample`."""

    key: tuple[str, str]
    sample: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The line fell silent at `sample`."""

    key: tuple[str, str]
    sample: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The line and its silence are over, or a stop (or another line) cut it off."""

    key: tuple[str, str]
    sample: int
    stopped: bool = False


Playout = Started | Paused | Finished


@dataclass(slots=True)
class _Line:
    key: tuple[str, str]
    pause_samples: int
    lasts_samples: int = 0
    samples: int = 0
    phrases: tuple[int, ...] = (0,)
    ready: bool = False
    position: int = 0
    sounding: bool = False


class Player:
    """One voice's timeline in samples. It holds no audio and no clock: `advance` is time.

    Promises (held by a property test): never two lines at once; a resumed line starts at the
    beginning of the phrase that was cut, so no word is skipped; after `stop` nothing of what
    was to be said is played; a pause in a script is silence exact to the sample.
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._line: _Line | None = None
        self._held = False

    @property
    def current(self) -> tuple[str, str] | None:
        """The line being played, waited for or held back, as (script, line)."""
        return self._line.key if self._line else None

    @property
    def held(self) -> bool:
        """Whether playout is paused."""
        return self._held

    @property
    def sounding(self) -> bool:
        """Whether words are being played just now (not the silence after them)."""
        line = self._line
        return bool(line and line.ready and not self._held and line.position < line.samples)

    def say(
        self, key: tuple[str, str], pause_s: float, lasts_s: float | None = None
    ) -> list[Playout]:
        """Play this line next, from its beginning; one that was playing is cut off.

        A new line is never held back by the pause of an old one. With `lasts_s` its pause fills
        up the words to that length.
        """
        events = self._cut()
        pause, lasts = (round(s * self.sample_rate) for s in (pause_s, lasts_s or 0.0))
        self._line = _Line(key, pause, lasts)
        self._held = False
        return events

    def rendered(self, key: tuple[str, str], samples: int, phrases: tuple[int, ...]) -> None:
        """Take a line's length and phrase offsets, in samples; other lines' are ignored."""
        line = self._line
        if line and line.key == key and not line.ready:
            line.samples, line.phrases, line.ready = samples, phrases or (0,), True
            line.pause_samples = max(line.pause_samples, line.lasts_samples - samples)

    def pause(self) -> list[Playout]:
        """Fall silent at this very sample; what is paused can go on."""
        if self._held:
            return []
        self._held = True
        line = self._line
        if line is None or not line.ready or not line.sounding:
            return []
        line.sounding = False
        return [Paused(line.key, line.position)]

    def resume(self) -> None:
        """Go on: inside a line at the beginning of its phrase, in a silence where it was."""
        if not self._held:
            return
        self._held = False
        line = self._line
        if line and line.ready and line.position < line.samples:
            line.position = max(p for p in line.phrases if p <= line.position)

    def stop(self) -> list[Playout]:
        """Fall silent and forget the line."""
        events = self._cut()
        self._line = None
        self._held = False
        return events

    def _cut(self) -> list[Playout]:
        line = self._line
        return [Finished(line.key, line.position, stopped=True)] if line else []

    def advance(self, samples: int) -> tuple[Segment, Playout | None]:
        """Play up to `samples` samples and stop at the first thing that happens.

        Returns:
            What to play (its length may be 0 and is never more than `samples`), and what
            happened at its beginning (Started) or its end (Finished). Call again for the rest.
        """
        line = self._line
        if line is None or self._held or not line.ready:
            return Segment(samples), None
        if not line.sounding and line.position < line.samples:
            line.sounding = True
            return Segment(0), Started(line.key, line.position)
        line.sounding = True
        if line.position < line.samples:
            length = min(samples, line.samples - line.position)
            segment = Segment(length, line.key, line.position)
        else:
            length = min(samples, line.samples + line.pause_samples - line.position)
            segment = Segment(length)
        line.position += length
        if line.position < line.samples + line.pause_samples:
            return segment, None
        self._line = None
        return segment, Finished(line.key, line.samples)
