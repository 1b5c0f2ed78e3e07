"""What follows from how somebody speaks, while they agreed to it: a finding, rarely an offer."""

from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.inputs import ConsentChanged, Transcript, UtteranceMeasured
from voice_agent.core.shutdown import Shutdown
from voice_agent.core.stages import Stage

_BREATH = 200
"""Ticks after what was said or asked: an offer does not come on its heels."""


class Noticing:
    """Holds one person's baseline between a yes to the tone and its end; a no forgets it all."""

    def __init__(self, talk: Conversation, course: Course) -> None:
        self._talk = talk
        self._course = course
        self._shutdown: Shutdown | None = None
        self._why: str | None = None
        """What was noticed and not offered for yet."""

    def consent(self, event: ConsentChanged) -> None:
        """Begin to judge, or forget."""
        if event.consent != "tone":
            return
        if not event.given:
            self._shutdown = self._why = None
        elif self._shutdown is None:
            self._shutdown = Shutdown(self._talk.settings.shutdown)

    def hear(self, event: Transcript) -> None:
        """Take an utterance's words, as cues."""
        if self._shutdown is not None:
            self._shutdown.hear(event)

    def measured(self, event: UtteranceMeasured) -> None:
        """Take an utterance's measures; where shutdown is suspected, an offer is due.

        It is made once nobody speaks and nothing sounds, as long as what was noticed goes on.
        How a television speaks is not how the person does.
        """
        shutdown, talk = self._shutdown, self._talk
        if shutdown is None or talk.floor.others_spoke:
            return
        shutdown.settings = talk.settings.shutdown
        found = shutdown.measured(event)
        if found is not None:
            talk.out.append(found)
            self._why = "; ".join(reason.sentence for reason in found.reasons)
        elif not shutdown.suspected:
            self._why = None

    def answered(self) -> None:
        """Take that a practice goes on: nothing has to be offered any more."""
        self._why = None

    def due(self, now: int) -> bool:
        """Whether `pass_by` would offer at tick `now`; changes nothing itself.

        What is due stays due while nothing else happens: `core.blocks` skips time by it.
        """
        return self._why is not None and self._may_offer(now)

    def pass_by(self) -> bool:
        """Offer what is due, where nobody speaks and nothing sounds; whether anything was."""
        if not self.due(self._talk.now):
            return False
        why, self._why = self._why, None
        self._course.offer(why or "")
        return True

    def _may_offer(self, now: int) -> bool:
        talk = self._talk
        voice = talk.voice
        if talk.floor.busy or voice.cut_off or voice.under_way or voice.paused or talk.safety:
            return False
        if talk.ladder.quiet_for(now) < _BREATH:
            return False
        return talk.at(Stage.LISTENING) and talk.offers.may(now) and self._course.has_offers
