"""The agent's voice as sound: the player's timeline filled with rendered lines, without clicks."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_agent.core import inputs as i
from voice_agent.core.commands import Say
from voice_agent.core.player import Finished, Paused, Player, Playout, Started
from voice_agent.core.script import Script, phrases_of
from voice_agent.core.times import to_seconds
from voice_agent.engines.tts.line import GUIDING, TALKING, Line, RenderedLine

Samples = NDArray[np.int16]
FADE_S = 0.008


class Lines(Protocol):
    """Where rendered lines come from."""

    failing: bool
    """Whether the voice could not speak the last line it was asked for."""

    def ready(self, line: Line, sample_rate: int) -> RenderedLine | None:
        """Return a line that is in memory already, or None; never waits for a disk."""
        ...


Want = Callable[[Line, int, Callable[[RenderedLine | Exception], None]], None]
"""Asks for a line that is not there yet: the line, its rate in Hz, and whom to tell."""


def written(library: Mapping[str, Script], key: tuple[str, str], values: Mapping[str, str]) -> str:
    """Return the words of a line with its variables filled in."""
    text = library[key[0]].line(key[1]).spoken
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def spoken(library: Mapping[str, Script], key: tuple[str, str], values: Mapping[str, str]) -> Line:
    """Return what the voice is given for a line: its phrases and its pace."""
    slow = library[key[0]].kind == "practice" or key[0] == "crisis"
    return Line(phrases_of(written(library, key, values)), GUIDING if slow else TALKING)


class Speaking:
    """One session's voice. `fill` is its time: each call is 10 ms of sound."""

    def __init__(
        self,
        library: Mapping[str, Script],
        values: Mapping[str, str],
        lines: Lines,
        want: Want,
        sample_rate: int,
    ) -> None:
        self.player = Player(sample_rate)
        self._library = library
        self._values = values
        self._lines = lines
        self._want = want
        self._rate = sample_rate
        self._size = sample_rate // 100
        self._silence = np.zeros(self._size, np.int16)
        self._audio: Samples = self._silence[:0]
        self._gain = 1.0
        fade = max(1, round(FADE_S * sample_rate))
        self._up = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        self._rising = 0
        self._tail: NDArray[np.float32] | None = None
        self._arrived: list[tuple[tuple[str, str], RenderedLine | Exception]] = []
        self.failed = False

    def say(self, command: Say, now: int) -> list[i.Input]:
        """Begin a line: at once where it is rendered, else as soon as it is."""
        key = (command.script, command.line)
        sounding = self.player.sounding
        said = self.player.say(key, command.pause_s, command.lasts_s)
        events = self._told(said, now, sounding=sounding)
        self._gain = 10 ** (command.gain_db / 20)
        line = spoken(self._library, key, self._values)
        ready = self._lines.ready(line, self._rate)
        if ready is not None:
            return [*events, self._rendered(key, ready, now)]
        self._want(line, self._rate, lambda result: self._arrived.append((key, result)))
        return [*events, *self.arrived(now)]

    def arrived(self, now: int) -> list[i.Input]:
        """Take lines that were rendered meanwhile."""
        out: list[i.Input] = []
        while self._arrived:
            key, result = self._arrived.pop(0)
            if key != self.player.current:
                continue
            if isinstance(result, Exception):
                out += self._unsayable(key, now)
            else:
                if self.failed and not self._lines.failing:
                    self.failed = False
                    out.append(i.EngineRecovered(t=to_seconds(now), engine="tts"))
                out.append(self._rendered(key, result, now))
        return out

    def _rendered(self, key: tuple[str, str], line: RenderedLine, now: int) -> i.Input:
        self._audio = line.samples
        self.player.rendered(key, len(line.samples), line.phrases)
        return i.LineRendered(
            t=to_seconds(now),
            script=key[0],
            line=key[1],
            sample_rate=self._rate,
            samples=len(line.samples),
            phrases=line.phrases,
        )

    def _unsayable(self, key: tuple[str, str], now: int) -> list[i.Input]:
        """Let a line that cannot be spoken pass as silence, long enough to be read instead."""
        words = len(written(self._library, key, self._values).split())
        samples = round(words / 2.2 * self._rate)
        self._audio = np.zeros(samples, np.int16)
        self.player.rendered(key, samples, (0,))
        out: list[i.Input] = []
        if not self.failed:
            self.failed = True
            out.append(i.EngineFailed(t=to_seconds(now), engine="tts"))
        out.append(
            i.LineRendered(
                t=to_seconds(now),
                script=key[0],
                line=key[1],
                sample_rate=self._rate,
                samples=samples,
            )
        )
        return out

    def pause(self, now: int) -> list[i.Input]:
        """Fall silent here; it can go on."""
        return self._told(self.player.pause(), now)

    def resume(self) -> None:
        """Go on at the beginning of the phrase."""
        self.player.resume()

    def stop(self, now: int) -> list[i.Input]:
        """Fall silent here and forget the line."""
        sounding = self.player.sounding
        return self._told(self.player.stop(), now, sounding=sounding)

    def fill(self, now: int, happened: Callable[[i.Input], None]) -> Samples:
        """Return the next 10 ms (int16, shape (rate / 100,)); it is shared where it is silence.

        What happens inside the frame is told by `happened` at its very sample, so that a line
        said in answer follows without a gap.
        """
        if self._tail is None and not self.player.sounding and self.player.current is None:
            return self._silence
        frame: Samples | None = None
        done = 0
        while done < self._size:
            segment, event = self.player.advance(self._size - done)
            if segment.key is not None and segment.length:
                if frame is None:
                    frame = np.zeros(self._size, np.int16)
                frame[done : done + segment.length] = self._voice(segment.offset, segment.length)
            done += segment.length
            if event is not None:
                if isinstance(event, Started):
                    self._rising = 0 if event.sample else len(self._up)
                for told in self._told([event], now):
                    happened(told)
        if self._tail is not None:
            frame = self._fade_out(frame if frame is not None else np.zeros(self._size, np.int16))
        return self._silence if frame is None else frame

    def _voice(self, offset: int, length: int) -> Samples:
        part = self._audio[offset : offset + length]
        fading = len(self._up) - self._rising
        if fading <= 0 and self._gain == 1.0:
            return part
        samples = part.astype(np.float32) * np.float32(self._gain)
        if fading > 0:
            n = min(fading, len(samples))
            samples[:n] *= self._up[self._rising : self._rising + n]
            self._rising += n
        voiced: Samples = np.clip(samples, -32768, 32767).astype(np.int16)
        return voiced

    def _cut_at(self, sample: int) -> None:
        tail = self._audio[sample : sample + len(self._up)]
        if len(tail):
            falling = self._up[::-1][: len(tail)]
            self._tail = tail.astype(np.float32) * np.float32(self._gain) * falling

    def _fade_out(self, frame: Samples) -> Samples:
        assert self._tail is not None
        n = min(len(self._tail), len(frame))
        mixed = frame[:n].astype(np.float32) + self._tail[:n]
        frame[:n] = np.clip(mixed, -32768, 32767).astype(np.int16)
        self._tail = None
        return frame

    def _told(self, events: list[Playout], now: int, *, sounding: bool = False) -> list[i.Input]:
        """Return the player's events as inputs, and prepare the fades they need.

        `sounding` is whether words were playing: a line that was paused or in its silence when
        it was cut off must not be heard once more.
        """
        out: list[i.Input] = []
        t = to_seconds(now)
        for event in events:
            script, line = event.key
            match event:
                case Started(_, sample):
                    out.append(i.PlayoutStarted(t=t, script=script, line=line, sample=sample))
                case Paused(_, sample):
                    self._cut_at(sample)
                    out.append(i.PlayoutPaused(t=t, script=script, line=line, sample=sample))
                case Finished(_, sample, stopped):
                    if stopped and sounding:
                        self._cut_at(sample)
                    out.append(
                        i.PlayoutFinished(
                            t=t, script=script, line=line, sample=sample, stopped=stopped
                        )
                    )
        return out
