"""Safety: words of crisis and violence, the numbers, and a stop that is final."""

from voice_agent.core import lines
from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.findings import CrisisFlagged, ViolenceFlagged
from voice_agent.core.inputs import Transcript
from voice_agent.core.intents import DANGER
from voice_agent.core.stages import Happening, Stage
from voice_agent.core.times import to_ticks

_CRISIS_SCRIPT = "crisis"
_RANKS = {cue: rank for rank, cue in enumerate(DANGER)}
_POSSIBLE = frozenset(cue for cue, (_, kind) in DANGER.items() if kind == "check")
_ASK_WITHIN = 150
"""Ticks for which the plain question waits for somebody who is still speaking."""


class Safety:
    """Answers danger before anything else (PRACTICES, "Crisis"; DESIGN, "Stop")."""

    def __init__(self, talk: Conversation, course: Course) -> None:
        self._talk = talk
        self._course = course
        self._flagged: dict[int, int] = {}
        self._emergency = False
        self._attacked_here = False
        self._stopped_at = 0
        self._possibly_meant: int | None = None
        """The utterance in which the person, not somebody else, may have meant it."""
        self._ask_by: int | None = None
        """The plain question was decided on, and is begun by this tick at the latest."""

    def listen(self, event: Transcript) -> bool:
        """Flag and answer words of danger; whether they were answered just now.

        One utterance is answered once, and again only where more of it is more urgent. What is
        only possibly meant is not asked about before its words are final, nor where others say
        it in the background.
        """
        if event.final and self._ask_by is not None:
            self._ask_by = self._talk.now
        if not _POSSIBLE.isdisjoint(event.cues) and self._talk.floor.near.may_be(self._talk.now):
            self._possibly_meant = event.utterance
        unsure = not event.final or self._possibly_meant != event.utterance
        ranks = [
            _RANKS[cue] for cue in event.cues if cue in _RANKS and not (unsure and cue in _POSSIBLE)
        ]
        if not ranks or min(ranks) >= self._flagged.get(event.utterance, len(_RANKS)):
            return False
        self._flagged[event.utterance] = min(ranks)
        cue = next(cue for cue in DANGER if _RANKS[cue] == min(ranks))
        danger, kind = DANGER[cue]
        self._talk.safety = True
        if danger == "crisis":
            self._talk.out.append(CrisisFlagged(t=self._talk.t, cue=cue, kind=kind))
            self._crisis(kind, speaking=not event.final and self._talk.floor.measuring)
            return True
        self._talk.out.append(ViolenceFlagged(t=self._talk.t, cue=cue, kind=kind))
        if self._talk.resources != "crisis":
            self._talk.resources = "attacked" if kind == "now" else "violence"
        if kind != "now":
            return False
        self._attacked()
        return True

    def _crisis(self, kind: str, *, speaking: bool) -> None:
        """Answer words of crisis: at once, but ask nobody while they are still `speaking`."""
        talk = self._talk
        if self._attacked_here and talk.at(Stage.STOPPED):
            talk.resources = "crisis"  # whoever attacks may still be there, and hear a voice
            return
        place = talk.guide.place
        in_crisis = talk.at(Stage.CRISIS)
        if kind != "check":
            talk.resources = "crisis"
        if in_crisis and self._emergency and kind in ("ask", "check"):
            kind = "emergency"  # once one is under way nothing is asked: the number again
        elif self._ask_by is not None and kind in ("ask", "check"):
            return  # it is about to be asked
        elif in_crisis and place is not None and place.script.id == _CRISIS_SCRIPT:
            asked = place.line.is_question and "yes" in place.line.answers
            if asked and kind in ("ask", "check"):
                self._course.take_answer(place, "yes")
                return
        self._emergency = kind == "emergency"
        talk.emergency = talk.emergency or self._emergency
        self._ask_by = None
        if kind != "ask" or not speaking:
            talk.replace((_CRISIS_SCRIPT, lines.CRISIS[kind]), Happening.FLAGGED)
            return
        talk.quiet_down()
        talk.stages.move(Happening.FLAGGED)
        talk.guide.begin(*lines.ASK)
        self._ask_by = talk.now + _ASK_WITHIN

    def due(self, now: int) -> bool:
        """Whether the plain question is to be begun at `now`; changes nothing itself.

        What is due stays due while nothing happens: `core.blocks` skips time by it.
        """
        by = self._ask_by
        return by is not None and (now >= by or not self._talk.floor.measuring)

    def pass_by(self) -> bool:
        """Ask what was decided on, once the person has spoken or for as long as may be waited."""
        talk = self._talk
        if not self.due(talk.now):
            return False
        self._ask_by = None
        place = talk.guide.place
        waits = talk.at(Stage.CRISIS) and talk.voice.playing is None
        if waits and place is not None and place.key == lines.ASK:
            talk.say(place)
        return True

    def _attacked(self) -> None:
        """Show the number and speak nothing; a phone hears one harmless line (PRACTICES)."""
        self._talk.quiet_down()
        self._talk.stages.move(Happening.ATTACKED)
        self._attacked_here = True
        self._stopped_at = self._talk.now
        if self._talk.via == "phone":
            self._talk.put_between(lines.ATTACKED)

    def show_numbers(self) -> None:
        """Give the numbers of people to talk to: aloud on a phone, on the page elsewhere."""
        talk = self._talk
        talk.resources = talk.resources or "quiet"
        if talk.via == "phone":
            talk.put_between(lines.NUMBERS, alone=False)
        elif not talk.at(Stage.CRISIS):
            talk.put_between(lines.PERSON)

    def may_end(self, now: int) -> bool:
        """Whether a stop at tick `now` would end the session."""
        talk = self._talk
        if not talk.at(Stage.STOPPED) or talk.voice.playing is not None or talk.safety:
            return False
        return now - self._stopped_at >= to_ticks(talk.settings.stop.second_stop_s)

    def stop(self) -> None:
        """Fall silent at once; a second stop, long enough after the first, ends.

        After a stop something may sound again because the person asked for it (the numbers):
        then a stop silences that, and counts as the first.
        """
        talk = self._talk
        if talk.at(Stage.STOPPED) and talk.voice.playing is None:
            if self.may_end(talk.now):
                talk.end("stopped")
            return
        self._stopped_at = talk.now
        self._attacked_here = self._attacked_here and talk.at(Stage.STOPPED)
        talk.out += talk.voice.stop(talk.now)
        talk.late = None
        talk.guide.leave_between()
        talk.stages.move(Happening.STOPPED)
