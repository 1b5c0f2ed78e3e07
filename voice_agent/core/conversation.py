"""One conversation's shared ground: where it is, what is said in it, and what came of an input."""

from collections.abc import Mapping

from voice_agent.core.commands import Choice, Command, End, Wait
from voice_agent.core.config import CoreSettings
from voice_agent.core.findings import Finding
from voice_agent.core.floor import Floor
from voice_agent.core.lines import Key
from voice_agent.core.offers import Offers
from voice_agent.core.practice import Guide, Late, Place
from voice_agent.core.script import Script
from voice_agent.core.silence import Ladder
from voice_agent.core.stages import Happening, Stage, Stages
from voice_agent.core.times import to_seconds
from voice_agent.core.voice import Voice

Output = Finding | Command


class Conversation:
    """What all who decide in a session share: the parts, the time, and the outputs so far.

    It says and leaves lines as it is told to; when and why is decided by those who hold it.
    """

    def __init__(self, library: Mapping[str, Script], settings: CoreSettings) -> None:
        self.library = library
        self.settings = settings
        self.stages = Stages()
        self.guide = Guide(library)
        self.floor = Floor(settings.patience)
        self.ladder = Ladder(settings.ladder)
        self.offers = Offers(library, settings.offers)
        self.voice = Voice(settings.pace)
        self.via = "file"
        self.microphone = True
        self.deaf = False
        """Words cannot be made out just now: recognition failed, or lags too much."""
        self.keys_told = False
        self.late: Late | None = None
        self.now = 0
        self.out: list[Output] = []
        self.offered: tuple[Choice, ...] = ()
        self.resources: str | None = None
        self.safety = False
        """Words of crisis or violence were heard: from here on only the person ends this."""
        self.emergency = False
        """An emergency was told of: its number comes before the others from here on."""

    @property
    def t(self) -> float:
        """The time of the input being handled, in seconds."""
        return to_seconds(self.now)

    @property
    def stage(self) -> Stage:
        """Where the conversation is."""
        return self.stages.now

    def at(self, *stages: Stage) -> bool:
        """Whether the conversation is in one of these stages."""
        return self.stages.now in stages

    @property
    def hears(self) -> bool:
        """Whether words can reach us."""
        return self.microphone and not self.deaf

    @property
    def lapsed(self) -> bool:
        """Whether the time of the question we are at has passed without an answer."""
        return self.guide.place is not None and self.guide.place.lapsed

    def join(self, via: str, *, microphone: bool) -> None:
        """Take over what kind of line this is, and say the lines that suit it."""
        self.via, self.microphone = via, microphone
        self.guide.variant = "phone" if via == "phone" else None if microphone else "taps"

    def change(self, settings: CoreSettings) -> None:
        """Go by other settings from here on."""
        self.settings = settings
        self.floor.settings = settings.patience
        self.ladder.settings = settings.ladder
        self.offers.settings = settings.offers
        self.voice.settings = settings.pace

    def anchor(self, since: str) -> None:
        """Begin to count silence now."""
        self.ladder.anchor(self.now, since)

    # What is said

    def say(self, place: Place, *, through_pause: bool = False) -> None:
        """Say the line of a place; it closes a question whose time was up, and asks a new one."""
        place.lapsed = False
        if self.late is not None and place.key != self.late.then:
            self.late = None
        self.out += self.voice.say(self.now, place, through_pause=through_pause)

    def begin(self, key: Key, *, alone: bool = False) -> None:
        """Leave everything and say this line, and what follows it unless it stands alone."""
        self.say(self.guide.begin(*key, alone=alone))

    def put_between(self, key: Key, *, alone: bool = True, through_pause: bool = False) -> None:
        """Say a line in between, or from it to the end of its script.

        It takes the place of one of the same script, so that asking twice piles up nothing.
        """
        script, line = key
        top = self.guide.place
        if top is not None and top.between and top.script.id == script:
            self.guide.leave()
        place = self.guide.put_between(script, line, alone=alone)
        self.say(place, through_pause=through_pause)

    def replace(self, key: Key, happening: Happening) -> None:
        """Leave what is being said and begin something else."""
        self.quiet_down()
        self.stages.move(happening)
        self.begin(key)

    def quiet_down(self) -> None:
        """Leave everything and fall silent."""
        self.late = None
        self.guide.clear()
        self.out += self.voice.stop(self.now)

    def release(self) -> None:
        """Go on with what was held back, unless somebody speaks."""
        if not self.floor.busy:
            self.out += self.voice.release(self.now)

    def again(self) -> bool:
        """Say the current line once more; whether there is one."""
        place = self.guide.place
        if place is None:
            return False
        place.deadline = None
        self.voice.paused = False
        self.say(place)
        return True

    def present(self) -> None:
        """Stay, silently, for as long as wanted."""
        self.out.append(Wait(t=self.t))

    def end(self, why: str) -> None:
        """End the session."""
        self.quiet_down()
        self.stages.move(Happening.ENDED)
        self.out.append(End(t=self.t, why=why))
