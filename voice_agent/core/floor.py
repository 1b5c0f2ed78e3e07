"""Whose turn it is: what the person is saying, and when an utterance counts as over."""

from dataclasses import dataclass, replace

from voice_agent.core.config import PatienceSettings
from voice_agent.core.inputs import (
    Features,
    Hummed,
    Input,
    SpeechEnded,
    SpeechStarted,
    SpeechSuspected,
    SpeechWithdrawn,
    Transcript,
)
from voice_agent.core.near import Near
from voice_agent.core.times import to_ticks


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said between two silences; `heard` is false where recognition gave nothing."""

    onset: int
    last: int
    cues: tuple[str, ...] = ()
    words: int = 0
    open_ended: bool = False
    heard: bool = False
    numbers: frozenset[int] = frozenset()
    """The recogniser's numbers for what was said, from partial results too."""
    far: bool = False
    """It was somebody else, or a television, by its level."""
    peak_dbfs: float | None = None
    """How loud the person was in it, where that is known."""


class Floor:
    """One person's speech as the detector and the recogniser report it.

    A recogniser may be late, out of order or silent: for each number its newest final counts,
    words that come after their utterance was given up are one of their own, and what was taken
    once is never taken again.
    """

    def __init__(self, settings: PatienceSettings) -> None:
        self.settings = settings
        self.near = Near()
        self.suspected = False
        self.speaking = False
        self._utterance: Utterance | None = None
        self._finals: dict[int, Transcript] = {}
        self._numbers: set[int] = set()
        self._taken = -1
        self._heard_to = -1
        self._closed_to = -1

    @property
    def busy(self) -> bool:
        """Whether the person speaks, may be speaking, or has not been understood yet."""
        said = self._utterance
        return self._sounds or (said is not None and not said.far)

    @property
    def _sounds(self) -> bool:
        """Whether the person speaks, or may be speaking; others may."""
        return (self.speaking or self.suspected) and not self.near.far

    @property
    def others_spoke(self) -> bool:
        """Whether what was said last was not the person's."""
        return self.near.far if self._utterance is None else self._utterance.far

    @property
    def measuring(self) -> bool:
        """Whether levels are looked at just now."""
        return self.speaking or self.suspected

    @property
    def pending(self) -> bool:
        """Whether an utterance ended that nobody has taken yet; more speech belongs to it."""
        return self._utterance is not None

    def reset(self) -> None:
        """Forget what was under way: the line was lost, or the process was."""
        self.suspected = self.speaking = False
        self._forget()

    def _forget(self) -> None:
        self._utterance = None
        self._finals.clear()
        self._numbers.clear()

    def take(self, event: Input) -> None:
        """Take in what the detector or the recogniser reports."""
        match event:
            case SpeechSuspected():
                self.suspected = True
                self.near.begin(to_ticks(event.t))
            case SpeechWithdrawn():
                self.suspected = False
            case SpeechStarted():
                if not self.measuring:
                    self.near.begin(to_ticks(event.t))
                self.suspected, self.speaking = False, True
            case SpeechEnded():
                self._ended(event)
            case Transcript():
                self._transcribed(event)
            case Hummed():
                self._forget()
                self._closed_to = to_ticks(event.t)  # what is recognised in it was a hum
            case _:
                pass

    def measure(self, event: Features) -> bool:
        """Take a tenth of a second of sound; whether it changed whose voice this is."""
        return self.measuring and self.near.take(to_ticks(event.t), event.level_dbfs)

    def _ended(self, event: SpeechEnded) -> None:
        self.suspected = self.speaking = False
        far, last = self.near.over(to_ticks(event.last_s))
        before = self._utterance
        peak_dbfs = self.near.peak_dbfs
        if before is not None and far and not before.far:
            said = before  # others who go on do not draw out what the person said
        elif before is None or (before.far and not far):
            said = Utterance(to_ticks(event.onset_s), last, far=far, peak_dbfs=peak_dbfs)
        else:
            peaks = [peak for peak in (before.peak_dbfs, peak_dbfs) if peak is not None]
            said = replace(
                before,
                last=max(before.last, last),
                far=before.far and far,
                peak_dbfs=max(peaks, default=None),
            )
        self._utterance = self._understood(said)

    def _transcribed(self, event: Transcript) -> None:
        number = event.utterance
        if number <= self._taken or to_ticks(event.audio_end_s) <= self._closed_to:
            return
        if not event.final:
            self._numbers.add(number)
            return
        newest = self._finals.get(number)
        if newest is not None and newest.rev >= event.rev:
            return
        self._numbers.add(number)
        self._finals[number] = event
        heard_to = to_ticks(event.audio_end_s)
        self._heard_to = max(self._heard_to, heard_to)
        if self._utterance is not None:
            self._utterance = self._understood(self._utterance)
        elif not (self.speaking or self.suspected) and event.words:
            self._utterance = self._understood(Utterance(heard_to, heard_to))

    def _understood(self, said: Utterance) -> Utterance:
        """Return `said` with all that was recognised of it so far."""
        finals = [self._finals[number] for number in sorted(self._finals)]
        return replace(
            said,
            cues=tuple(dict.fromkeys(cue for final in finals for cue in final.cues)),
            words=sum(final.words for final in finals),
            open_ended=bool(finals) and finals[-1].open_ended and self._heard_to >= said.last,
            heard=bool(finals),
        )

    def over(self, now: int, *, wants_word: bool) -> Utterance | None:
        """Return the utterance once patience has run out and its words are there.

        Patience counts from the last frame of speech: `word_s` after a question that wants a
        word, `open_s` after an open end, `talk_s` otherwise. Words that lag more than `lag_s`
        are not waited for.
        """
        said = self._utterance
        if said is None or not self.due(now, wants_word=wants_word):
            return None
        heard = self._whole(said)
        if said.heard:
            self._taken = max(self._taken, *self._finals)
        numbers = frozenset(self._numbers)
        self._forget()
        return replace(said, heard=heard, numbers=numbers)

    def due(self, now: int, *, wants_word: bool) -> bool:
        """Whether `over` would return an utterance at `now`; changes nothing.

        What is due stays due while nothing happens: `core.blocks` skips time by it.
        """
        said = self._utterance
        if said is None or self._sounds:
            return False
        s = self.settings
        patience_s = s.open_s if said.open_ended else s.word_s if wants_word else s.talk_s
        if now < said.last + to_ticks(patience_s):
            return False
        return self._whole(said) or now >= said.last + to_ticks(s.lag_s)

    def _whole(self, said: Utterance) -> bool:
        """Whether the words of all of it are there."""
        return said.heard and self._heard_to >= said.last
