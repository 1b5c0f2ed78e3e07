"""A person and a tiny player around a Session: what is said sounds, and time goes by in ticks."""

import functools
from collections.abc import Mapping
from typing import Any

from hypothesis import settings

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.config import CoreSettings
from voice_agent.core.findings import Finding
from voice_agent.core.player import Finished, Paused, Player, Playout, Started
from voice_agent.core.script import Script
from voice_agent.core.session import Output, Session
from voice_agent.core.times import to_seconds, to_ticks
from voice_agent.library import load_library
from voice_agent.shipped import shipped

STEADY = settings(deadline=None, derandomize=True)
"""Property tests try the same examples in each run, on fast and on slow machines."""

RATE = 100
"""The tiny player's samples a second: one is one hundredth of a second, as session time is."""
SECONDS_A_WORD = 0.4


@functools.cache
def shipped_library() -> Mapping[str, Script]:
    return load_library(shipped("scripts_audio"))


def small(script_id: str, *lines: dict[str, Any], **fields: Any) -> Script:
    """A script made in code."""
    written = {
        "id": script_id, "source": "A5", "title": script_id.title(), "for": ["solo"], "minutes": 1,
        "about": "Something small.", "lines": list(lines),
    }  # fmt: skip
    return Script.model_validate({**written, **fields})


class Driver:
    """Drives one Session. Everything that went in and came out is kept, with its time."""

    def __init__(
        self,
        *,
        via: str = "web",
        library: Mapping[str, Script] | None = None,
        settings: CoreSettings | None = None,
        join: bool = True,
    ) -> None:
        self.library = library or shipped_library()
        self.session = Session(self.library, settings)
        self.player = Player(RATE)
        self.now = 0
        self.inputs: list[i.Input] = []
        self.outputs: list[Output] = []
        self.log: list[i.Input | Output] = []
        self.utterances = 0
        if join:
            self.give(i.ParticipantJoined(t=self.t, via=via))

    @property
    def t(self) -> float:
        return to_seconds(self.now)

    # In and out

    def give(self, event: i.Input) -> list[Output]:
        """Hand in one input and carry out what is commanded, with all its consequences."""
        queue, told = [event], []
        while queue:
            happened = queue.pop(0)
            self.inputs.append(happened)
            self.log.append(happened)
            decided = self.session.handle(happened)
            self.outputs += decided
            self.log += decided
            told += decided
            for output in decided:
                queue += self._told(self._carry_out(output))
        return told

    def _carry_out(self, output: Output) -> list[Playout]:
        match output:
            case c.Say():
                key = (output.script, output.line)
                events = self.player.say(key, output.pause_s, output.lasts_s)
                words = self.library[key[0]].line(key[1]).spoken.split()
                self.player.rendered(key, round(len(words) * SECONDS_A_WORD * RATE), (0,))
                return events
            case c.Pause():
                return self.player.pause()
            case c.Resume():
                self.player.resume()
                return []
            case c.Stop():
                return self.player.stop()
            case _:
                return []

    def _told(self, events: list[Playout]) -> list[i.Input]:
        out: list[i.Input] = []
        for event in events:
            script, line = event.key
            match event:
                case Started(_, sample):
                    out.append(i.PlayoutStarted(t=self.t, script=script, line=line, sample=sample))
                case Paused(_, sample):
                    out.append(i.PlayoutPaused(t=self.t, script=script, line=line, sample=sample))
                case Finished(_, sample, stopped):
                    out.append(
                        i.PlayoutFinished(
                            t=self.t, script=script, line=line, sample=sample, stopped=stopped
                        )
                    )
        return out

    # Time

    def wait(self, seconds: float) -> list[Output]:
        """Let time go by: the player plays, and a tick comes every tenth of a second."""
        before = len(self.outputs)
        left = to_ticks(seconds)
        while left:
            step = min(left, 10 - self.now % 10)
            self._play(step)
            left -= step
        return self.outputs[before:]

    def _play(self, ticks: int) -> None:
        """Let hundredths of a second go by, at most to the next tick."""
        while ticks:
            segment, event = self.player.advance(ticks)
            ticks -= segment.length
            if event is None:
                self.now += segment.length
                continue
            self.now += max(0, segment.length - 1)  # an end is told in its last hundredth
            for told in self._told([event]):
                self.give(told)
            self.now += min(1, segment.length)
        if self.now % 10 == 0:
            self.give(i.Ticked(t=self.t))

    def until(self, *, state: str | None = None, line: str | None = None, at_most_s: float) -> None:
        """Let time go by until the page shows `state` or `line` is said."""
        for _ in range(to_ticks(at_most_s)):
            if state is not None and self.state == state:
                return
            if line is not None and self.lines[-1:] == [line]:
                return
            self._play(1)
        raise AssertionError(f"{state or line} did not come in {at_most_s} s: {self.lines}")

    # What a person does

    def starts(self) -> list[Output]:
        """Begin to speak: suspected, then confirmed."""
        out = self.give(i.SpeechSuspected(t=self.t, onset_s=self.t))
        return out + self.give(i.SpeechStarted(t=self.t, onset_s=self.t))

    def ends(self) -> list[Output]:
        return self.give(i.SpeechEnded(t=self.t, onset_s=self.t, last_s=self.t))

    def partial(self, *cues: str, words: int = 2) -> list[Output]:
        """Be understood while still speaking; the utterance goes on."""
        return self._understood(cues, words, final=False)

    def _understood(self, cues: tuple[str, ...], words: int, *, final: bool) -> list[Output]:
        self._rev = getattr(self, "_rev", 0) + 1
        return self.give(
            i.Transcript(
                t=self.t, utterance=self.utterances, rev=self._rev, audio_end_s=self.t,
                final=final, cues=cues, words=words,
            )
        )  # fmt: skip

    def says(self, *cues: str, words: int = 1, for_s: float = 0.5) -> list[Output]:
        """Say something, and be understood after .3 s; patience runs out."""
        before = len(self.outputs)
        self.utterances += 1
        self.starts()
        self.wait(for_s)
        self.ends()
        self.wait(0.3)
        self._understood(cues, words, final=True)
        self.wait(0.6)
        return self.outputs[before:]

    def hums(self) -> list[Output]:
        self.starts()
        self.wait(0.6)
        self.ends()
        return self.give(i.Hummed(t=self.t, length_s=0.6))

    def taps(self, control: str, choice: str | None = None) -> list[Output]:
        return self.give(i.Tapped(t=self.t, control=control, choice=choice))

    def presses(self, digit: str) -> list[Output]:
        return self.give(i.KeyPressed(t=self.t, digit=digit))

    # What came of it

    @property
    def lines(self) -> list[str]:
        """All that was said so far, as script.line."""
        return [f"{o.script}.{o.line}" for o in self.outputs if isinstance(o, c.Say)]

    @property
    def state(self) -> str:
        shown = self.session.shown
        return shown.state if shown else ""

    @property
    def findings(self) -> list[Finding]:
        return [o for o in self.outputs if isinstance(o, Finding)]

    @property
    def ended(self) -> str | None:
        return next((o.why for o in self.outputs if isinstance(o, c.End)), None)

    def listening(self) -> "Driver":
        """Hear the first words out."""
        self.until(state="listening" if self.session._talk.hears else "here", at_most_s=60)
        return self

    def offered(self) -> "Driver":
        """Keep quiet until the offer was made."""
        self.listening()
        self.until(state="offering", at_most_s=60)
        return self

    def invited(self) -> "Driver":
        """Choose feet and room before anything was asked, and hear "Shall we?" begin."""
        self.taps("choice", "feet-and-room")
        variant = "-phone" if self.session._talk.via == "phone" else ""
        self.until(line=f"feet-and-room.ready{variant}", at_most_s=30)
        return self

    def guided(self) -> "Driver":
        """Choose feet and room, say yes, and leave the number out."""
        self.offered()
        self.taps("choice", "feet-and-room")
        self.taps("choice", "yes")
        self.taps("skip")
        assert self.lines[-1] == "feet-and-room.feet"
        return self

    def quiet(self) -> bool:
        """Whether nothing sounds: no line is playing, or it is held."""
        return self.player.current is None or self.player.held


def said(outputs: list[Output]) -> list[str]:
    return [f"{o.script}.{o.line}" for o in outputs if isinstance(o, c.Say)]
