"""The line between us, and our own parts: joined, lost, on hold, back, and after a crash."""

from voice_agent.core import inputs as i
from voice_agent.core import lines
from voice_agent.core.config import with_setting
from voice_agent.core.conversation import Conversation
from voice_agent.core.quiet import Quiet
from voice_agent.core.stages import Stage
from voice_agent.core.times import to_ticks

_LOST, _ON_HOLD = "lost", "held"

_TELL_AGAIN_S = 300.0
"""Recognition that comes and goes is not spoken of each time."""


class Link:
    """Keeps a conversation whole while the line, the process or a part of ours fails."""

    def __init__(self, talk: Conversation, quiet: Quiet) -> None:
        self._talk = talk
        self._quiet = quiet
        self._joined_once = False
        self._said_deaf = False
        self._told_at: int | None = None

    def take(self, event: i.Input) -> None:
        """Take what happened to the line or to a part of ours."""
        match event:
            case i.ParticipantJoined():
                self._joined(event)
            case i.ParticipantLeft():
                self._talk.end("left")
            case i.ConnectionLost():
                self._cut(_LOST)
            case i.Held():
                self._cut(_ON_HOLD)
            case i.Unheld():
                self._back_again(_ON_HOLD)
            case i.ConnectionRestored(after="restart"):
                self._take_up_again()
            case i.ConnectionRestored():
                self._back_again(_LOST)
            case i.EngineFailed(engine="stt"):
                self._cannot_hear()
            case i.EngineRecovered(engine="stt"):
                self._hears_again()
            case i.SettingChanged():
                self._set(event)
            case _:
                pass

    def _joined(self, event: i.ParticipantJoined) -> None:
        """Begin with the first words; somebody who joins again has heard them."""
        talk = self._talk
        talk.join(event.via, microphone=event.microphone)
        if self._joined_once:
            return
        self._joined_once = True
        if talk.at(Stage.OPENING):
            talk.say(talk.guide.begin(lines.opening(event.via)))

    def _cut(self, by: str) -> None:
        self._talk.out += self._talk.voice.cut(self._talk.now, by)
        self._talk.floor.reset()

    def _back_again(self, after: str) -> None:
        talk = self._talk
        if not talk.voice.cut_off:
            return
        self._quiet.broken("the line came back")
        talk.out += talk.voice.mend(talk.now, after)
        place = talk.guide.place
        if place is not None and place.waits:
            talk.guide.ask(talk.now)

    def _take_up_again(self) -> None:
        """Go on after a crash: one line that says sorry, then the line that was cut."""
        talk = self._talk
        talk.voice.restart()
        talk.floor.reset()
        talk.anchor("the return")
        place = talk.guide.leave_between()
        if talk.at(Stage.STOPPED):
            return
        if talk.at(Stage.OPENING) and place is None:
            talk.say(talk.guide.begin(lines.opening(talk.via)))
            return
        if place is not None:
            place.deadline, place.lapsed = None, False
        talk.put_between(lines.SORRY)

    def _cannot_hear(self) -> None:
        """Say that words cannot be heard, not again for minutes; after a stop, stay silent."""
        talk = self._talk
        lately = self._told_at is not None and talk.now - self._told_at < to_ticks(_TELL_AGAIN_S)
        if not talk.deaf and not lately and not talk.at(Stage.STOPPED):
            self._told_at = talk.now
            self._quiet.tell(None)
            talk.put_between(lines.CANNOT_HEAR)
            self._said_deaf = True
        talk.deaf = True

    def _hears_again(self) -> None:
        """Say so, where it was said that words cannot be heard, as soon as nothing else sounds."""
        self._talk.deaf = False
        if self._said_deaf:
            self._said_deaf = False
            self._quiet.tell(lines.HEAR_AGAIN)

    def _set(self, event: i.SettingChanged) -> None:
        """Go by another value; one that is not ours, or does not fit, changes nothing here."""
        try:
            self._talk.change(with_setting(self._talk.settings, event.key, event.value))
        except (KeyError, ValueError):
            return
