"""The course of a conversation: what follows a line, an answer, a choice and an end."""

from voice_agent.core import lines
from voice_agent.core.commands import Choice, Offer
from voice_agent.core.conversation import Conversation
from voice_agent.core.intents import Intent
from voice_agent.core.practice import Late, Place
from voice_agent.core.script import END
from voice_agent.core.stages import Happening, Stage


class Course:
    """Moves a conversation from line to line and from one thing to the next."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._declined = False
        self._asked_after = False
        self._practice: str | None = None
        self._doubted_at: Place | None = None
        self._chosen = False
        """The practice was chosen from an offer: it is not asked about once more."""
        self._rated = False
        """A number was asked for before this practice."""

    # From line to line

    def line_over(self) -> None:
        """Go on after a line and its silence are over."""
        guide = self._talk.guide
        place = guide.place
        if place is None:
            return
        if self._talk.at(Stage.STOPPED):
            depth = guide.depth
            following = guide.onward()
            if following is not None and guide.depth == depth:
                self._talk.say(following)
        elif not place.line.is_question:
            self.move_on(guide.onward())
        elif self._talk.at(Stage.OPENING):
            guide.clear()
            self._all_said()
        else:
            guide.ask(self._talk.now)

    def move_on(self, place: Place | None, *, answered: bool = False) -> None:
        """Go on at `place`: say it, wait on for its answer, or see what follows the end."""
        talk = self._talk
        if answered or talk.voice.held:
            talk.out += talk.voice.stop(talk.now)
        if place is None:
            self._all_said()
        elif place.waits or place.lapsed:
            talk.guide.ask(talk.now)
        elif self._chosen and _invites(place) and "yes" in place.line.answers:
            self._chosen = False
            self.take_answer(place, "yes")
        else:
            if talk.at(Stage.CRISIS) and place.script.id == lines.WAIT_WITH_ME[0]:
                talk.stages.move(Happening.STAYED)  # all was said: now it is company, and listening
                talk.anchor("the numbers")
            talk.say(place)

    def take_answer(self, place: Place, key: str) -> None:
        """Take `key` as the answer to the question of `place`."""
        if lines.plain(place.key) == lines.AFTER and self._after(key):
            return
        if place.key == lines.CHECK and key in ("yes", "other"):
            self._talk.resources = "crisis"  # no gentle check any more: the number stands large
        invited = _invites(place)
        if invited:
            self._declined = key == "no"
        following = self._talk.guide.go(place.line.answers[key])
        if invited and key == "yes" and following is not None and not self._rated:
            self._rated = True  # whoever is silent is asked for no number
            self._talk.out += self._talk.voice.stop(self._talk.now)
            self._talk.put_between(lines.CHECK_BEFORE, alone=False)
        else:
            self.move_on(following, answered=True)

    def doubted(self, place: Place) -> bool:
        """Take words that were neither yes nor no to "Shall we?"; whether they were said there.

        Only silence alone begins a practice: after such words it is left, gently.
        """
        self._chosen = False  # also while it is invited to: then it is asked after all
        if not _invites(place) or "no" not in place.line.answers:
            return False
        self._doubted_at = place
        return True

    def unanswered(self, place: Place) -> None:
        """Take that nothing was answered in the time there was; a late answer still counts."""
        talk = self._talk
        if talk.at(Stage.OFFERING):
            place.deadline, place.lapsed = None, True
            return
        script, question = place.script, place.line
        if place is self._doubted_at and _invites(place):
            self._doubted_at = None
            self.take_answer(place, "no")
            return
        self.take_answer(place, "silence")
        now = talk.guide.place
        if now is None or not now.line.is_question:
            late = Late(script, question, talk.voice.playing, talk.now)
            talk.late = None if all(map(late.same, question.answers)) else late

    def answer_late(self, key: str) -> None:
        """Take an answer to a question whose time was up."""
        talk = self._talk
        late, talk.late = talk.late, None
        if late is None or late.same(key):
            return
        place = talk.guide.place
        if place is None or place.script is not late.script:
            if late.script.id in lines.SAFETY and not talk.at(Stage.CRISIS):
                talk.stages.move(Happening.FLAGGED)
            place = talk.guide.begin(late.script.id, late.line.id)
        place.line, place.deadline = late.line, None
        self.take_answer(place, key)

    def step(self, intent: Intent) -> bool:
        """Go to the next line, or to the one before; whether there is something to leave."""
        guide = self._talk.guide
        place = guide.place
        if place is None:
            return False
        if intent is Intent.BACK:
            if place.script.kind != "practice" or place.alone:
                return self._talk.again()
            self.move_on(guide.back(), answered=True)
        elif self._talk.at(Stage.OFFERING) and not place.between:
            self.refuse_offer()
        elif place.line.is_question:
            self.take_answer(place, "skip" if "skip" in place.line.answers else "silence")
        else:
            self.move_on(guide.onward(), answered=True)
        return True

    @property
    def rating_asked(self) -> str | None:
        """Whether a number is asked for, `before` or `after`; None where it is not."""
        place = self._talk.guide.place
        if place is None or lines.plain(place.key) not in lines.RATINGS:
            return None
        if self._talk.at(Stage.STOPPED) or self._talk.voice.paused:
            return None
        return place.line.id.partition("-")[0]

    def rated(self, rating: int | None) -> None:
        """Take a number, or that it was left out."""
        place = self._talk.guide.place
        if place is None or not self.rating_asked:
            return
        wanted = "skip" if rating is None else "rated"
        self.take_answer(place, wanted if wanted in place.line.answers else "silence")

    # From one thing to the next

    def _all_said(self) -> None:
        """See what follows when nothing is left to say."""
        talk = self._talk
        match talk.stage:
            case Stage.OPENING:
                talk.stages.move(Happening.INTRODUCED)
                talk.anchor("the question")
            case Stage.GUIDING if self._declined:
                talk.offers.refused(talk.now)
                talk.stages.move(Happening.DECLINED)
                talk.anchor("the practice")
            case Stage.GUIDING:
                talk.stages.move(Happening.FINISHED)
                talk.begin(lines.CHECK_IN)
            case Stage.CHECKING_IN if not self._asked_after:
                self._asked_after = True
                talk.begin(lines.AFTER)
            case Stage.CHECKING_IN:
                self._stay_on("the check-in")
            case Stage.CRISIS if talk.guide.left in lines.BELIEVED:
                talk.resources = "quiet"
                talk.stages.move(Happening.BELIEVED)
                talk.anchor("your answer")
            case Stage.CRISIS:
                self._stay_on("the numbers")
            case Stage.WAITING:
                talk.present()
            case Stage.CLOSING if talk.safety:
                talk.stages.move(Happening.SPOKE)
            case Stage.CLOSING:
                talk.end("goodbye")
            case _:
                pass
        self._declined = False

    def _stay_on(self, since: str) -> None:
        """Stay in silence without saying so once more."""
        self._talk.stages.move(Happening.STAYED)
        self._talk.anchor(since)
        self._talk.present()

    def _after(self, key: str) -> bool:
        """Take "again", "something else" or "enough" after a practice; whether it was one."""
        match key:
            case "again" | "first" if self._practice:
                self.begin_practice(self._practice)
                self._rated = True  # a number was asked for just now
            case "something-else" | "second" | "yes":
                self.offer("you asked for something")
            case "enough" | "no":
                self.goodbye()
            case "stay":
                self.stay()
            case _:
                return False
        return True

    def introduced(self) -> None:
        """Take that the first question was answered before it was over."""
        if self._talk.at(Stage.OPENING):
            self._talk.quiet_down()
            self._all_said()

    def stay(self) -> None:
        """Keep company in silence, because the person wants that."""
        if not self._talk.at(Stage.CRISIS):
            self._talk.replace(lines.WAIT_WITH_ME, Happening.STAYED)
            self._talk.anchor("you chose quiet")

    def goodbye(self) -> None:
        """Say goodbye; after words of crisis, stay."""
        if self._talk.safety:
            self.stay()
        elif not self._talk.at(Stage.CLOSING):
            self._talk.replace(lines.BYE, Happening.SAID_GOODBYE)

    def knows(self, name: str) -> bool:
        """Whether there is a practice of this name."""
        script = self._talk.library.get(name)
        return script is not None and script.kind == "practice"

    def begin_practice(self, practice: str) -> None:
        """Begin a practice that was chosen."""
        if practice == lines.COMPANY:
            self.stay()
        elif not self._talk.at(Stage.CRISIS):
            self._talk.offers.done(practice)
            self._asked_after = False
            self._declined = False
            self._rated = False
            self._practice = practice
            self._chosen = self._talk.at(Stage.OFFERING)
            first = self._talk.library[practice].first
            self._talk.replace((practice, first), Happening.CHOSE)

    def say_again(self) -> None:
        """Say the current line once more, or the last one where nothing is being said."""
        talk = self._talk
        if talk.again():
            return
        key = talk.voice.last
        line = talk.library[key[0]].line(key[1]) if key else None
        if key is None or line is None:
            talk.put_between(lines.NOTHING_TO_REPEAT)
        elif not line.is_question or set(line.answers.values()) == {END}:
            talk.put_between(key)
        elif key[0] == lines.LADDER and talk.at(Stage.LISTENING, Stage.WAITING):
            self.offer("you asked again")
        else:
            talk.put_between(lines.NOTHING_TO_REPEAT)

    # Offers

    @property
    def has_offers(self) -> bool:
        """Whether there is anything to offer."""
        return bool(self.practices)

    @property
    def practices(self) -> tuple[str, ...]:
        """What would be offered now, at most two."""
        return self._talk.offers.choose("numb", lines.OFFERED)

    def offer(self, why: str) -> None:
        """Offer two practices "or just stay"; where there is none, say so."""
        talk = self._talk
        talk.quiet_down()
        if talk.at(Stage.CHECKING_IN):
            talk.stages.move(Happening.CHECKED_IN)
        practices = self.practices
        if not practices:
            if talk.at(Stage.GUIDING):
                talk.stages.move(Happening.DECLINED)
            talk.put_between(lines.NOTHING_FOUND)
            return
        talk.stages.move(Happening.OFFERED)
        talk.offered = tuple(Choice(id=p, label=talk.library[p].title) for p in practices)
        talk.out.append(Offer(t=talk.t, practices=practices, why=why))
        talk.ladder.offered(talk.now)
        only_feet = practices == lines.OFFERED[:1]
        talk.begin(lines.OFFER_FEET if only_feet else lines.OFFER, alone=True)

    def choose_offered(self, which: int) -> None:
        """Begin the first or the second of what is offered."""
        offered = self._talk.offered
        self.begin_practice(offered[min(which, len(offered) - 1)].id)

    def refuse_offer(self) -> None:
        """Take a "no" to an offer: the next one is far away."""
        self._talk.offers.refused(self._talk.now)
        self.withdraw_offer()
        self._talk.put_between(lines.DECLINED)

    def withdraw_offer(self) -> None:
        """Let an offer pass."""
        self._talk.quiet_down()
        self._talk.stages.move(Happening.DECLINED)


def _invites(place: Place) -> bool:
    """Whether this is the question whether to begin a practice: the first one it asks."""
    first = next((line.id for line in place.script.lines if line.is_question), None)
    return place.script.kind == "practice" and place.script.plain(place.line.id) == first
