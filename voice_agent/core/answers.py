"""What is said where an answer is wanted, and words that are none: asides, and ordinary talk."""

from voice_agent.core import lines
from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.intents import Intent, answer_keys
from voice_agent.core.practice import Place
from voice_agent.core.stages import Happening, Stage

A_FEW_WORDS = 3
"""Up to so many words that mean nothing here are an aside; more are somebody talking."""


class Answers:
    """Finds the answer that an intent, a choice or any words are to what was asked."""

    def __init__(self, talk: Conversation, course: Course) -> None:
        self._talk = talk
        self._course = course
        self._thanked = False

    def take(self, intent: Intent) -> bool:
        """Take an intent as an answer, where one is wanted; whether it was one."""
        place = self._talk.guide.place
        if self._talk.at(Stage.OFFERING) and place is not None and not place.between:
            return self._answer_offer(intent, place)
        question = self._talk.guide.question()
        if place is not None and question is not None:
            for key in answer_keys(intent, gives_consent=place.script.id in lines.NO_HUM):
                if key in question.answers:
                    place.line = question
                    self._course.take_answer(place, key)
                    return True
        return intent is Intent.ON

    def _answer_offer(self, intent: Intent, place: Place) -> bool:
        match intent:
            case Intent.GO_ON if not place.waits:
                return False
            case Intent.YES | Intent.FIRST | Intent.ON | Intent.GO_ON:
                self._course.choose_offered(0)
            case Intent.SECOND:
                self._course.choose_offered(1)
            case Intent.NO:
                self._course.refuse_offer()
            case _:
                return False
        return True

    def chose(self, choice: str) -> None:
        """Take a tapped choice: an answer of the question, or a practice by name."""
        talk = self._talk
        place, question = talk.guide.place, talk.guide.question()
        if talk.at(Stage.STOPPED):
            return
        if place and question and choice in question.answers and not talk.at(Stage.OFFERING):
            place.line = question
            self._course.take_answer(place, choice)
        elif choice == "stay":
            self._course.stay()
        elif talk.at(Stage.OFFERING) and choice in _OFFER_ANSWERS:
            self.take(_OFFER_ANSWERS[choice])
        elif self._course.knows(choice):
            self._course.introduced()
            self._course.begin_practice(choice)

    def aside(self, words: int, *, nodded: bool) -> None:
        """Take words that mean nothing in particular here."""
        talk = self._talk
        few = words <= A_FEW_WORDS
        place = talk.guide.place
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
            case Stage.OFFERING if place is not None and not place.between and not few:
                self._course.withdraw_offer()
            case Stage.LISTENING | Stage.OFFERING | Stage.GUIDING | Stage.CHECKING_IN:
                self._spoke_at(place, few=few)
            case Stage.CRISIS if place is not None and place.waits:
                self._spoke_at(place, few=few)
            case _:
                pass

    def _listen(self) -> None:
        """Leave what was being said: somebody talks."""
        self._talk.quiet_down()
        self._talk.stages.move(Happening.SPOKE)

    def _thank(self) -> None:
        if not self._thanked:
            self._thanked = True
            self._talk.put_between(lines.THANKS)

    def _spoke_at(self, place: Place | None, *, few: bool) -> None:
        """Take words said at a line: an answer of any kind, an aside, or somebody talking."""
        if place is None:
            return
        if place.line.is_question and "other" in place.line.answers:
            self._course.take_answer(place, "other")
        elif place.key == lines.AFTER and not few:
            self._talk.quiet_down()
            self._talk.stages.move(Happening.CHECKED_IN)
        elif place.waits:
            self._talk.guide.ask(self._talk.now)
        elif place.line.on_speech == "answer" and not place.line.is_question:
            self._course.move_on(self._talk.guide.onward())


_OFFER_ANSWERS = {
    "first": Intent.FIRST,
    "second": Intent.SECOND,
    "yes": Intent.YES,
    "no": Intent.NO,
    "not-now": Intent.NO,
}
"""What may be tapped at an offer besides the practices themselves."""
