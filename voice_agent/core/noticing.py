"""What follows from how somebody speaks, while they agreed to it: a finding, rarely an offer."""

from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.inputs import ConsentChanged, Transcript, UtteranceMeasured
from voice_agent.core.shutdown import Shutdown
from voice_agent.core.stages import Stage


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
        """Take an utterance's measures; offer a practice where shutdown is suspected.

        Where an offer cannot be made now, because a line sounds or a practice goes on, it is
        made after a later utterance, as long as what was noticed goes on.
        """
        shutdown, talk = self._shutdown, self._talk
        if shutdown is None:
            return
        shutdown.settings = talk.settings.shutdown
        found = shutdown.measured(event)
        if found is not None:
            talk.out.append(found)
            self._why = "; ".join(reason.sentence for reason in found.reasons)
        elif not shutdown.suspected:
            self._why = None
        if self._why is not None and self._may_offer():
            why, self._why = self._why, None
            self._course.offer(why)

    def _may_offer(self) -> bool:
        talk = self._talk
        voice = talk.voice
        if talk.floor.busy or voice.cut_off or voice.under_way or voice.paused or talk.safety:
            return False
        return talk.at(Stage.LISTENING) and talk.offers.may(talk.now) and self._course.has_offers
