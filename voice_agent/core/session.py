"""One person's conversation as a pure state machine: inputs go in, findings and commands out."""

from collections.abc import Mapping
from dataclasses import replace

from voice_agent.core import inputs as i
from voice_agent.core.blocks import Block
from voice_agent.core.commands import Show
from voice_agent.core.config import CoreSettings
from voice_agent.core.conversation import Conversation, Output
from voice_agent.core.course import Course
from voice_agent.core.link import Link
from voice_agent.core.meaning import Meaning
from voice_agent.core.noticing import Noticing
from voice_agent.core.picture import draw
from voice_agent.core.quiet import Quiet
from voice_agent.core.safety import Safety
from voice_agent.core.script import Script
from voice_agent.core.stages import Stage
from voice_agent.core.times import to_ticks

__all__ = ["Output", "Session"]


class Session:
    """Decides what is noticed and what is said. Reads no clock, does no I/O, logs nothing.

    Everything it knows came in by `handle`; the same inputs give the same outputs, to the
    bit. That is what makes a recording, a live call and a replay one and the same, and what
    lets a crashed session be taken up again from its inputs alone.
    """

    def __init__(self, library: Mapping[str, Script], settings: CoreSettings | None = None) -> None:
        self._talk = Conversation(library, settings or CoreSettings())
        self._course = Course(self._talk)
        self._safety = Safety(self._talk, self._course)
        self._quiet = Quiet(self._talk, self._course)
        self._meaning = Meaning(self._talk, self._course, self._safety, self._quiet)
        self._link = Link(self._talk, self._quiet)
        self._noticing = Noticing(self._talk, self._course)
        self._consents: set[str] = set()
        self._shown: Show | None = None

    @property
    def settings(self) -> CoreSettings:
        """The settings in force."""
        return self._talk.settings

    @property
    def stage(self) -> Stage:
        """Where the conversation is."""
        return self._talk.stage

    @property
    def position(self) -> tuple[str, str] | None:
        """The line we are at below anything put in between, as (script, line)."""
        base = self._talk.guide.base
        return base.key if base else None

    @property
    def shown(self) -> Show | None:
        """The newest picture for the page."""
        return self._shown

    @property
    def attending(self) -> bool:
        """Whether an utterance ended that was not taken yet; speech now still belongs to it.

        Not while somebody speaks: what began after the last one was taken is an utterance of its
        own, or its old words would be decoded and taken once more.
        """
        return self._talk.floor.pending

    def consented(self, to: str) -> bool:
        """Whether the person said yes to `tone`, `research` or `transcript`."""
        return to in self._consents

    def handle(self, event: i.Input) -> list[Output]:
        """Take one input and return what was noticed and what is to be done, in order."""
        talk = self._talk
        if type(event) in _ONLY_KEPT or talk.at(Stage.ENDED):
            return []
        if type(event) is i.Features and not talk.floor.measuring:
            return []
        talk.now = to_ticks(event.t)
        talk.out = []
        if type(event) is not i.Ticked:
            talk.floor.take(event)
            self._route(event)
        return self._outcome(drawn=type(event) not in _EVER_SO_OFTEN)

    def _outcome(self, *, drawn: bool) -> list[Output]:
        """Return what came of an input; the picture is drawn anew where anything did."""
        talk = self._talk
        passed = not talk.at(Stage.ENDED) and self._settle()
        if talk.at(Stage.GUIDING):
            self._noticing.answered()
        if passed or talk.out or drawn:
            self._draw()
        return talk.out

    def _route(self, event: i.Input) -> None:
        talk = self._talk
        match event:
            case i.SpeechSuspected() | i.SpeechStarted():
                if talk.floor.busy:
                    talk.out += talk.voice.hold(talk.now)
            case i.Features():
                if talk.floor.measure(event):
                    self._whose_voice()
            case i.SpeechWithdrawn():
                self._quiet.sounded()
                talk.release()
            case i.Transcript():
                self._noticing.hear(event)
                self._meaning.hear(event)
            case i.UtteranceMeasured():
                self._noticing.measured(event)
            case i.Hummed():
                self._meaning.hummed()
            case i.Tapped():
                self._meaning.tapped(event)
            case i.KeyPressed():
                self._meaning.key(event.digit)
            case i.ConsentChanged():
                self._quiet.broken("a tap")
                (self._consents.add if event.given else self._consents.discard)(event.consent)
                self._noticing.consent(event)
            case i.DistressRated():
                self._quiet.broken("a tap")
                self._course.rated(event.rating)
            case i.PlayoutFinished():
                if not event.stopped and talk.voice.over((event.script, event.line)):
                    self._course.line_over()
            case _:
                self._link.take(event)

    def handle_block(self, block: Block) -> list[tuple[int, list[Output]]]:
        """Take features and ticks in a row at once: the same as `handle` of each, only faster.

        Returns:
            (row, outputs) of each row at which something was noticed or is to be done.
        """
        out: list[tuple[int, list[Output]]] = []
        row = 0
        while row < len(block) and not self._talk.at(Stage.ENDED):
            row, outputs = self._next(block, row)
            if outputs:
                out.append((row, outputs))
            row += 1
        return out

    def _next(self, block: Block, start: int) -> tuple[int, list[Output]]:
        """Live through a block from `start` to the first row that may change anything.

        Returns:
            That row, or one behind the last, and what came of it.
        """
        talk = self._talk
        if not talk.floor.measuring:
            row = block.first_tick(start, self.due)
            return (len(block), []) if row is None else (row, self.handle(block.row(row)))
        if self.due(to_ticks(block.end_s)):
            return start, self.handle(block.row(start))
        # While somebody speaks each level may tell whose voice it is; nothing else happens.
        for row, t, level_dbfs in block.levels(start):
            if talk.floor.near.take(to_ticks(t), level_dbfs):
                talk.now = to_ticks(t)
                talk.out = []
                self._whose_voice()
                return row, self._outcome(drawn=False)
        return len(block), []

    def _whose_voice(self) -> None:
        """Take that what is spoken now is the person's after all, or somebody else's."""
        talk = self._talk
        if not talk.floor.near.far:
            talk.out += talk.voice.hold(talk.now)
            return
        if talk.floor.near.left_off:
            self._quiet.broken("your voice", talk.floor.near.last)
        talk.release()

    def due(self, now: int) -> bool:
        """Whether a tick at `now` (hundredths) would change anything; changes nothing itself.

        What is due stays due while nothing else happens.
        """
        wants_word = self._wants_word()
        return (
            self._talk.floor.due(now, wants_word=wants_word)
            or self._safety.due(now)
            or self._quiet.due(now)
            or self._noticing.due(now)
            or self._may_end_now(now)
        )

    def _may_end_now(self, now: int) -> bool:
        """Whether the page must be told by now that one more stop ends."""
        shown = self._shown
        return shown is not None and not shown.may_end and self._safety.may_end(now)

    def _wants_word(self) -> bool:
        """Whether a question was asked that wants a word.

        The first question is open: whoever answers it may take their time.
        """
        place = self._talk.guide.place
        if place is None or place.lapsed or self._talk.at(Stage.OPENING):
            return False
        return place.line.is_question

    def _settle(self) -> bool:
        """See what the time that has passed brings; whether anything."""
        talk = self._talk
        utterance = talk.floor.over(talk.now, wants_word=self._wants_word())
        if utterance is None:
            return (
                self._safety.pass_by()
                or self._quiet.pass_by()
                or self._noticing.pass_by()
                or self._may_end_now(talk.now)
            )
        self._meaning.utterance_over(utterance)
        return True

    def _draw(self) -> None:
        """Show the page another picture, if there is another one."""
        talk = self._talk
        picture = draw(
            talk,
            rating=self._course.rating_asked,
            practices=self._course.practices,
            may_end=self._safety.may_end(talk.now),
        )
        if self._shown is None or picture != replace(self._shown, t=picture.t):
            self._shown = picture
            talk.out.append(picture)


_EVER_SO_OFTEN = frozenset({i.Ticked, i.Features})
"""Inputs that change the picture only where they lead to something."""

_ONLY_KEPT = frozenset({i.LineRendered, i.PlayoutStarted, i.PlayoutPaused, i.ClockAnchored})
"""Inputs that are kept in the log but change no decision of this class yet."""
