"""The agent's voice as the core knows it: what sounds, what holds it back, how slow and loud."""

from voice_agent.core.commands import Command, Pause, Resume, Say, Stop
from voice_agent.core.config import PaceSettings
from voice_agent.core.practice import Place
from voice_agent.core.times import to_seconds


class Voice:
    """Turns decisions about playout into commands, and never gives one that changes nothing."""

    def __init__(self, settings: PaceSettings) -> None:
        self.settings = settings
        self._factor = 1.0
        self._gain_db = 0.0
        self._cut_by: set[str] = set()
        self._through_pause = False
        self.playing: tuple[str, str] | None = None
        """The line that was said and is not over yet."""
        self.last: tuple[str, str] | None = None
        """The line that was said last, over or not."""
        self.paused = False
        """The person asked for a pause."""
        self.held = False
        """Somebody speaks, or may be speaking."""

    @property
    def cut_off(self) -> bool:
        """Whether the line to the person is lost or on hold."""
        return bool(self._cut_by)

    @property
    def silent(self) -> bool:
        """Whether playout is held back by anything."""
        return self.held or bool(self._cut_by) or (self.paused and not self._through_pause)

    @property
    def under_way(self) -> bool:
        """Whether a line (or the silence after it) goes on, and is not waiting in a pause."""
        return self.playing is not None and (not self.paused or self._through_pause)

    def say(self, now: int, place: Place, *, through_pause: bool = False) -> list[Command]:
        """Say the line of `place`, with its pause, as slowly and loudly as was asked for.

        Where the person asked for a pause it waits for its end, unless it goes `through_pause`.
        """
        self.playing = self.last = place.key
        self.held = False
        self._through_pause = through_pause
        pause_s = to_seconds(round(place.line.pause_s * self._factor * 100))
        said: list[Command] = [
            Say(
                t=to_seconds(now),
                script=place.script.id,
                line=place.line.id,
                pause_s=pause_s,
                lasts_s=self.lasts_s(place),
                gain_db=self._gain_db,
                variables=place.line.variables,
            )
        ]
        return [*said, Pause(t=to_seconds(now))] if self.silent else said

    def lasts_s(self, place: Place) -> float | None:
        """Return how long the line of `place` lasts with its silence, where it is written."""
        lasts_s = place.line.lasts_s
        return lasts_s and to_seconds(round(lasts_s * self._factor * 100))

    def over(self, key: tuple[str, str]) -> bool:
        """Take that a line is over; whether it was the one being played."""
        if key != self.playing:
            return False
        self.playing = None
        self._through_pause = False
        return True

    def hold(self, now: int) -> list[Command]:
        """Fall silent because somebody may be speaking."""
        if self.playing is None or self.silent:
            return []
        self.held = True
        return [Pause(t=to_seconds(now))]

    def release(self, now: int) -> list[Command]:
        """Go on: nobody is speaking, or it was an aside."""
        if not self.held:
            return []
        self.held = False
        return self._resume(now)

    def pause(self, now: int) -> list[Command]:
        """Fall silent because the person asked for it."""
        already = self.silent
        self.paused, self.held, self._through_pause = True, False, False
        return [] if already or self.playing is None else [Pause(t=to_seconds(now))]

    def go_on(self, now: int) -> list[Command]:
        """End the person's pause."""
        if not self.paused:
            return []
        sounds = self._through_pause
        self.paused = self._through_pause = False
        return [] if sounds else self._resume(now)

    def cut(self, now: int, by: str) -> list[Command]:
        """Fall silent because nobody can hear it: `by` is `lost` or `held`."""
        already = self.silent
        self._cut_by.add(by)
        self.held = False
        return [] if already or self.playing is None else [Pause(t=to_seconds(now))]

    def mend(self, now: int, by: str) -> list[Command]:
        """Go on once nothing cuts the line to the person any more."""
        if by not in self._cut_by:
            return []
        self._cut_by.discard(by)
        return self._resume(now)

    def _resume(self, now: int) -> list[Command]:
        if self.playing is None or self.silent:
            return []
        return [Resume(t=to_seconds(now))]

    def drop(self, now: int) -> list[Command]:
        """Fall silent and forget the line; a pause the person asked for stays."""
        self.held = self._through_pause = False
        if self.playing is None:
            return []
        self.playing = None
        return [Stop(t=to_seconds(now))]

    def stop(self, now: int) -> list[Command]:
        """Fall silent and forget what was to be said, and that a pause was asked for."""
        self.paused = False
        return self.drop(now)

    def restart(self) -> None:
        """Forget what was playing: the process that played it is gone."""
        self.playing = None
        self.held = self.paused = self._through_pause = False
        self._cut_by.clear()

    def slower(self) -> None:
        """Make the pauses longer from the next line on."""
        s = self.settings
        self._factor = min(self._factor * s.slower_factor, s.slower_most)

    def louder(self) -> None:
        """Make the voice louder from the next line on."""
        s = self.settings
        self._gain_db = min(self._gain_db + s.louder_db, s.louder_most_db)

    def softer(self) -> None:
        """Make the voice softer from the next line on."""
        s = self.settings
        self._gain_db = max(self._gain_db - s.louder_db, -s.louder_most_db)
