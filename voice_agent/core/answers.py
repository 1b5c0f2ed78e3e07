"""What is said where an answer is wanted, and words that are none: asides, and ordinary talk."""

from voice_agent.core import lines
from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.intents import DOUBT, Intent, answer_keys
from voice_agent.core.practice import Late, Place
from voice_agent.core.script import Line
from voice_agent.core.stages import Happening, Stage
from voice_agent.core.times import to_ticks

A_FEW_WORDS = 3
"""Up to so many words that mean nothing here are an aside; more are somebody talking."""


_WITH_IT_S = 2.0
"""So long after its time was up an answer was begun with the question still in mind."""


class Answers:
    """Finds the answer that an intent, a choice or any words are to what was asked."""

    def __init__(self, talk: Conversation, course: Course) -> None:
        self._talk = talk
        self._course = course
        self._thanked = False
        self._not_caught_at: Place | None = None
        self._no_need_at: Place | None = None
        self.spoken_at: int | None = None
        """The onset of the words being taken, in ticks; None where it is a tap, a key or a hum."""

    def take(self, intent: Intent) -> bool:
        """Take an intent as an answer, where one is wanted; whether it was one."""
        asked = self._talk.guide.asked(unless=lines.SAFETY)
        if asked is not None:
            place, question = asked
            if self._talk.at(Stage.OFFERING) and not place.between:
                return self._answer_offer(intent, place)
            for key in answer_keys(intent, gives_consent=place.script.id in lines.NO_HUM):
                if key in question.answers:
                    self._answer(place, question, key)
                    return True
        late = self._talk.late
        if late is not None:
            for key in answer_keys(intent, gives_consent=late.script.id in lines.NO_HUM):
                if key in late.line.answers and self._may_be_late(late, key):
                    self._course.answer_late(key)
                    return True
        return intent is Intent.ON

    def _answer(self, place: Place, question: Line, key: str) -> None:
        """Take an answer to a question, also where something was put in between."""
        self._talk.guide.leave_to(place)
        place.line = question
        self._course.take_answer(place, key)

    def _may_be_late(self, late: Late, key: str) -> bool:
        """Whether an answer counts that may already be one to what was said since.

        After the plain question a "no" may mean the number: only one that was begun with it
        is believed; a tap or a key always is, for it says what it answers. So are words after the
        gentle check: later ones are about something else.
        """
        asked = lines.plain((late.script.id, late.line.id))
        if (asked, key) not in ((lines.ASK, "no"), (lines.CHECK, "other")):
            return True
        return self.spoken_at is None or self.spoken_at <= late.since + to_ticks(_WITH_IT_S)

    def _answer_offer(self, intent: Intent, place: Place) -> bool:
        match intent:
            case Intent.GO_ON if not place.waits and not place.lapsed:
                return False
            case Intent.YES | Intent.FIRST | Intent.ON | Intent.GO_ON:
                self._course.choose_offered(0)
            case Intent.SECOND if len(self._talk.offered) > 1:
                self._course.choose_offered(1)
            case Intent.NO | Intent.SECOND:
                self._course.refuse_offer()
            case _:
                return False
        return True

    def chose(self, choice: str) -> None:
        """Take a tapped choice: an answer of the question, or a practice by name."""
        talk = self._talk
        if talk.at(Stage.STOPPED):
            return
        asked = None if talk.at(Stage.OFFERING) else talk.guide.asked(unless=lines.SAFETY)
        late = talk.late
        if asked is not None and choice in asked[1].answers:
            self._answer(*asked, choice)
        elif late is not None and choice in late.line.answers:
            self._course.answer_late(choice)
        elif choice == "enough":
            self._course.goodbye()
        elif choice == "stay":
            self._course.stay()
        elif talk.at(Stage.OFFERING) and choice in _OFFER_ANSWERS:
            self.take(_OFFER_ANSWERS[choice])
        elif self._course.knows(choice):
            self._course.introduced()
            self._course.begin_practice(choice)

    def aside(self, words: int, cues: tuple[str, ...], *, nodded: bool) -> None:
        """Take words that mean nothing in particular here; without cues nothing is known of them."""
        talk = self._talk
        few, unclear, doubt = words <= A_FEW_WORDS, not cues, not DOUBT.isdisjoint(cues)
        place = talk.guide.place
        if self._answered_late(doubt=doubt):
            return
        match talk.stage:
            case Stage.WAITING if not (nodded and few):
                self._listen()
            case Stage.CLOSING if not few:
                self._listen()
            case Stage.OPENING if place is not None and place.line.is_question:
                self._course.introduced()
                self._thank()
            case Stage.LISTENING if place is None or place.key in lines.PASSING:
                talk.quiet_down()
                if not (nodded and few):
                    self._thank()
            case Stage.OFFERING if place is not None and (
                not place.between or place.key == lines.NO_NEED
            ):
                self._spoke_at_offer(place, few=few, doubt=doubt)
            case Stage.LISTENING | Stage.OFFERING | Stage.GUIDING | Stage.CHECKING_IN:
                self._spoke_at(place, few=few, unclear=unclear, doubt=doubt)
            case Stage.CRISIS if place is not None and place.waits:
                self._spoke_at(place, few=few, unclear=unclear, doubt=doubt)
            case _:
                pass

    def _answered_late(self, *, doubt: bool) -> bool:
        """Take words as an answer to a question whose time was up; whether they were one."""
        late = self._talk.late
        if late is None or "other" not in late.line.answers or late.same("other"):
            return False
        in_doubt = doubt and late.script.id not in lines.SAFETY
        if in_doubt or not self._may_be_late(late, "other"):
            return False
        self._course.answer_late("other")
        return True

    def _spoke_at_offer(self, place: Place, *, few: bool, doubt: bool) -> None:
        """Say, once, that nobody has to choose; what is offered stays. Talk takes it away."""
        if not few and not doubt:
            self._course.withdraw_offer()
        elif place.between:
            pass
        elif place is not self._no_need_at and (doubt or not place.lapsed):
            self._no_need_at = place
            place.lapsed = True  # it is not said again, whatever of it was heard
            self._talk.put_between(lines.NO_NEED)
        elif place.waits:
            self._talk.guide.ask(self._talk.now)

    def called(self) -> bool:
        """Say that somebody is here; not where an opening says so already."""
        talk = self._talk
        place = talk.guide.place
        if talk.at(Stage.OPENING):
            if place is None or not place.line.is_question:
                return False
            self._course.introduced()
        elif talk.at(Stage.WAITING, Stage.CLOSING):
            self._listen()
        elif talk.at(Stage.LISTENING) and (place is None or place.key in lines.PASSING):
            talk.quiet_down()
        talk.put_between(lines.HERE)
        return True

    def _listen(self) -> None:
        """Leave what was being said: somebody talks."""
        self._talk.quiet_down()
        self._talk.stages.move(Happening.SPOKE)

    def _thank(self) -> None:
        if not self._thanked:
            self._thanked = True
            self._talk.put_between(lines.THANKS)

    def _spoke_at(self, place: Place | None, *, few: bool, unclear: bool, doubt: bool) -> None:
        """Take words said at a line: an answer of any kind, an aside, or somebody talking.

        Not to know is no word of one's own: it leads where silence does, but not where somebody
        may be in danger.
        """
        if place is None:
            return
        if place.line.is_question and "other" in place.line.answers:
            nothing = doubt and place.script.id not in lines.SAFETY
            self._course.take_answer(place, "silence" if nothing else "other")
        elif self._course.doubted(place):
            self._ask_on(place, few=few, unclear=unclear)
        elif place.key == lines.AFTER and not few:
            self._talk.quiet_down()
            self._talk.stages.move(Happening.CHECKED_IN)
        elif place.waits:
            self._ask_on(place, few=few, unclear=unclear)
        elif place.line.on_speech == "answer" and not place.line.is_question:
            self._course.move_on(self._talk.guide.onward())

    def _ask_on(self, place: Place, *, few: bool, unclear: bool) -> None:
        """Wait once more for an answer that was none; say so where nothing was made out."""
        if not place.waits:
            return
        if few and unclear and place is not self._not_caught_at:
            self._not_caught_at = place
            self._talk.put_between(lines.NOT_CAUGHT)
        else:
            self._talk.guide.ask(self._talk.now)


_OFFER_ANSWERS = {
    "first": Intent.FIRST,
    "second": Intent.SECOND,
    "yes": Intent.YES,
    "no": Intent.NO,
    "not-now": Intent.NO,
}
"""What may be tapped at an offer besides the practices themselves."""
