"""What time brings: the end of an utterance's patience, an answer of silence, the ladder."""

from voice_agent.core import lines
from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.findings import SilenceReached
from voice_agent.core.silence import GENTLE, Reached, Rung
from voice_agent.core.stages import Happening, Stage

_ENDS = (Rung.ANNOUNCE, Rung.ANNOUNCE_AGAIN, Rung.END)


class Quiet:
    """Counts what was left to silence, and answers it (PRACTICES, "When it goes quiet")."""

    def __init__(self, talk: Conversation, course: Course) -> None:
        self._talk = talk
        self._course = course
        self._soft_words = 0
        self._kept = False
        self._to_tell: lines.Key | None = None

    def tell(self, key: lines.Key | None) -> None:
        """Say this line as soon as nothing else sounds; None: nothing any more."""
        self._to_tell = key

    def broken(self, since: str, at: int | None = None) -> None:
        """Take that the person did something at tick `at`, which began a new silence.

        An end that was announced is called off: its line is left, and they are told so.
        """
        talk = self._talk
        if talk.ladder.announced:
            self._kept = True
            place = talk.guide.place
            if place is not None and lines.plain(place.key) in lines.ANNOUNCEMENTS:
                talk.guide.leave()
                talk.out += talk.voice.drop(talk.now)
        talk.ladder.anchor(talk.now if at is None else at, since)

    def sounded(self) -> None:
        """Take a sound without words: it begins no new silence, but keeps a line open."""
        if self._talk.ladder.announced:
            self.broken("a sound")

    def pass_by(self) -> bool:
        """See what is due now, where nobody speaks and nothing sounds; whether anything was."""
        talk = self._talk
        voice = talk.voice
        if talk.floor.busy or voice.cut_off:
            return False
        kept, self._kept = self._kept, False
        if voice.under_way or talk.at(Stage.STOPPED):
            return False
        if kept:
            talk.put_between(lines.KEPT, through_pause=True)
            return True
        if self._to_tell is not None and self._may_tell:
            told, self._to_tell = self._to_tell, None
            talk.put_between(told)
            return True
        place = talk.guide.place
        if place is not None and place.deadline is not None and not voice.paused:
            if talk.now < place.deadline:
                return False
            self._course.unanswered(place)
            return True
        reached = talk.ladder.climb(talk.now, self._rungs(talk.now))
        if reached is None:
            return False
        self._rung(reached)
        return True

    @property
    def _may_tell(self) -> bool:
        return not (self._talk.voice.paused or self._talk.at(Stage.CRISIS, Stage.CLOSING))

    def due(self, now: int) -> bool:
        """Whether `pass_by` would change anything at `now`; changes nothing itself.

        What is due stays due while nothing happens: `core.blocks` skips time by it.
        """
        talk = self._talk
        voice = talk.voice
        if talk.floor.busy or voice.cut_off:
            return False
        if self._kept:
            return True
        if voice.under_way or talk.at(Stage.STOPPED):
            return False
        if self._to_tell is not None and self._may_tell:
            return True
        place = talk.guide.place
        if place is not None and place.deadline is not None and not voice.paused:
            return now >= place.deadline
        return talk.ladder.due(now, self._rungs(now)) is not None

    def _rungs(self, now: int) -> tuple[Rung, ...]:
        """Return the rungs that may be reached where we are, at `now`."""
        talk = self._talk
        ends = () if talk.safety else _ENDS
        if talk.voice.paused or talk.at(Stage.WAITING):
            return ends
        if talk.at(Stage.OFFERING) and talk.lapsed:
            return (Rung.WAIT, *ends)
        if not talk.at(Stage.LISTENING):
            return ()
        if talk.safety:
            return (Rung.SOFT, Rung.WAIT)
        if not talk.offers.may(now) or not self._course.has_offers:
            return (Rung.SOFT, Rung.WAIT, *ends)
        return (*GENTLE, *ends)

    def _rung(self, reached: Reached) -> None:
        talk = self._talk
        talk.out.append(
            SilenceReached(t=talk.t, rung=reached.rung, after_s=reached.after_s, why=reached.why)
        )
        match reached.rung:
            case Rung.SOFT:
                if talk.keys_told and self._soft_words == 0:
                    self._soft_words = 1  # on a phone the first one says which key tells them
                talk.put_between(lines.SOFT[self._soft_words % len(lines.SOFT)])
                self._soft_words += 1
            case Rung.OFFER:
                self._course.offer(f"{reached.after_s:g} s {reached.why}")
            case Rung.WAIT:
                talk.replace(lines.WAIT_WITH_ME, Happening.STAYED)
            case Rung.ANNOUNCE:
                talk.put_between(lines.ANNOUNCE, through_pause=True)
            case Rung.ANNOUNCE_AGAIN:
                talk.put_between(lines.ANNOUNCE_AGAIN, through_pause=True)
            case Rung.END:
                talk.end("silence")
