"""What a person says, hums, taps and presses, and what it means where the conversation is."""

from voice_agent.core import inputs as i
from voice_agent.core import lines
from voice_agent.core.answers import Answers
from voice_agent.core.conversation import Conversation
from voice_agent.core.course import Course
from voice_agent.core.floor import Utterance
from voice_agent.core.intents import (
    AT_ONCE,
    KEYS,
    RATING_KEYS,
    Intent,
    from_cues,
    from_tap,
    rating_from,
)
from voice_agent.core.near import LATELY
from voice_agent.core.quiet import Quiet
from voice_agent.core.safety import Safety
from voice_agent.core.stages import Happening, Stage


class Meaning:
    """Turns what came from the person into what is done, the most urgent first."""

    def __init__(self, talk: Conversation, course: Course, safety: Safety, quiet: Quiet) -> None:
        self._talk = talk
        self._answers = Answers(talk, course)
        self._course = course
        self._safety = safety
        self._quiet = quiet
        self._acted: dict[int, set[Intent | None]] = {}
        self._others_at = -LATELY

    # What comes in

    def hear(self, event: i.Transcript) -> None:
        """Act on what cannot wait for the end of the sentence: danger, stop and pause."""
        acted = self._acted.get(event.utterance, set())
        if self._safety.listen(event):
            self._quiet.broken("your words")
            self._acted[event.utterance] = {*acted, None}
            return
        talk = self._talk
        others = not talk.floor.near.may_be(talk.now)
        let_be = others and (event.words > SHORT_ANSWER_WORDS or talk.at(Stage.STOPPED))
        for intent in self._intents(event.cues):
            if intent not in AT_ONCE or intent in acted:
                continue
            if let_be and (intent is not Intent.STOP or talk.voice.playing is None):
                continue  # a stop silences whoever says it; only the person's second one ends
            if intent is Intent.STOP or self._pausable:
                self._acted[event.utterance] = {*acted, intent}
                self._want(intent)
                return

    @property
    def _pausable(self) -> bool:
        return self._talk.voice.playing is not None or self._talk.at(Stage.GUIDING)

    def utterance_over(self, said: Utterance) -> None:
        """Take an utterance once it is over and its words are there, or are late.

        What others say in the background is let be, but a short answer to a question is taken
        also where it is as soft as that: the person may be whispering. So is any short sound
        after an end was announced: that much was promised.
        """
        if said.far and not self._answers_softly(said):
            if self._alone(said) and said.last - said.onset <= _SHORT_SENTENCE:
                self._quiet.sounded()
            if said.words > SHORT_ANSWER_WORDS or said.last - said.onset > _SHORT_ANSWER:
                self._others_at = self._talk.now
            self._talk.release()
            return
        self._talk.offers.heard(said.cues)
        if said.words:
            self._talk.floor.near.learn(said.peak_dbfs)
        if said.words and self._talk.at(Stage.LISTENING):
            self._talk.ladder.spoken(said.onset)
        if said.words or said.cues or not said.heard:
            self._quiet.broken("your words" if said.heard else "your voice", said.last)
        else:
            self._quiet.sounded()
        intents = self._intents(said.cues)
        if any(number in self._acted for number in said.numbers):
            if Intent.PERSON in intents:
                self._want(Intent.PERSON)
        elif said.words or said.cues:
            self._understood(said, intents)
        self._talk.release()

    def _alone(self, said: Utterance) -> bool:
        """Whether no others were talking before this."""
        return said.onset - self._others_at >= LATELY

    def _answers_softly(self, said: Utterance) -> bool:
        """Whether it may be a whispered answer: not where others are talking all the time."""
        if not self._alone(said):
            return False
        place = self._talk.guide.place
        asked = place is not None and place.line.is_question and not place.lapsed
        return asked and bool(said.cues) and said.words <= SHORT_ANSWER_WORDS

    def _understood(self, said: Utterance, intents: tuple[Intent, ...]) -> None:
        self._answers.spoken_at = said.onset
        number = rating_from(said.cues) if self._course.rating_asked else None
        practice = self._named(said.cues) if Intent.NO not in intents else None
        if number is not None:
            self._course.rated(number)
        elif practice is not None:
            self._course.introduced()
            self._course.begin_practice(practice)
        elif not any(self._want(intent) for intent in intents):
            nodded = Intent.YES in intents
            self._answers.aside(said.words, said.cues, nodded=nodded)
        self._answers.spoken_at = None

    def hummed(self) -> None:
        """Take a hum: it chooses, or goes on."""
        self._quiet.broken("a hum")
        self._want(Intent.ON)
        self._talk.release()

    def tapped(self, event: i.Tapped) -> None:
        """Take a tap on a control of the page."""
        self._quiet.broken("a tap")
        if event.control == "choice" and event.choice is not None:
            self._answers.chose(event.choice)
        elif (intent := from_tap(event.control)) is not None:
            self._want(intent)

    def key(self, digit: str) -> None:
        """Take a key of the phone; one that means nothing here takes no time from anybody."""
        rating = self._course.rating_asked is not None and digit in RATING_KEYS
        asks = len(digit) == 1 and self._asks_for_something and not self._talk.ladder.announced
        if rating or asks or digit in KEYS:
            self._quiet.broken("a key")
        else:
            self._quiet.sounded()
        if rating:
            self._course.rated(None if digit == "#" else int(digit))
        elif (digit not in KEYS or not self._want(KEYS[digit])) and asks:
            self._pressed_something(digit)

    @property
    def _asks_for_something(self) -> bool:
        """Whether a key without a meaning of its own is a wish for something to do."""
        return self._may_ask and not self._talk.at(Stage.CHECKING_IN)

    def _pressed_something(self, digit: str) -> None:
        """Answer a key where nothing was asked: "two" is a no, any other wants something."""
        talk = self._talk
        self._course.introduced()
        if KEYS.get(digit) is not Intent.SECOND:
            self._course.offer("you pressed a key")
        elif talk.at(Stage.LISTENING):
            talk.put_between(lines.DECLINED)

    # What it means

    def _intents(self, cues: tuple[str, ...]) -> tuple[Intent, ...]:
        """Return what the cues mean here: "enough" is no stop where it is one of the answers."""
        intents = from_cues(cues)
        place, late = self._talk.guide.place, self._talk.late
        asked = late.line if late is not None else place.line if place is not None else None
        if asked is None or "enough" not in asked.answers or Intent.GOODBYE not in intents:
            return intents
        return tuple(intent for intent in intents if intent is not Intent.STOP)

    def _named(self, cues: tuple[str, ...]) -> str | None:
        """Return the practice that was named, where one may be chosen by its name."""
        if not self._may_ask and not self._talk.at(Stage.OFFERING):
            return None
        return next((cue for cue in cues if cue in lines.OFFERED and self._course.knows(cue)), None)

    @property
    def _may_ask(self) -> bool:
        """Whether something else may begin now because it was asked for."""
        place = self._talk.guide.place
        if self._talk.at(Stage.OPENING):
            return place is not None and place.line.is_question
        return self._talk.at(Stage.LISTENING, Stage.WAITING, Stage.CHECKING_IN)

    def _want(self, intent: Intent) -> bool:
        """Do what was wanted; whether it means something here."""
        talk = self._talk
        if talk.at(Stage.STOPPED) and intent not in _AFTER_STOP:
            return False
        if intent in _MAY_ANSWER and self._answers.take(intent):
            return True
        match intent:
            case Intent.STOP:
                self._safety.stop()
            case Intent.TOGGLE:
                on = talk.voice.paused or talk.at(Stage.STOPPED)
                return self._want(Intent.GO_ON if on else Intent.PAUSE)
            case Intent.PAUSE | Intent.BREAK if intent is Intent.PAUSE or self._pausable:
                talk.out += talk.voice.pause(talk.now)
            case Intent.GO_ON:
                return self._go_on()
            case Intent.PERSON:
                self._safety.show_numbers()
            case Intent.REPEAT | Intent.AGAIN:
                self._course.say_again()
            case Intent.AUTOMATED:
                talk.put_between(lines.AUTOMATED)
            case Intent.THERE:
                return self._answers.called()
            case Intent.KEYS if talk.via == "phone":
                talk.keys_told = True
                talk.put_between(lines.KEYS, alone=False)
            case Intent.STAY:
                self._course.stay()
            case Intent.GOODBYE if not talk.safety:
                self._course.goodbye()
            case Intent.SKIP | Intent.BACK:
                return self._course.step(intent)
            case Intent.SLOWER | Intent.LOUDER | Intent.SOFTER:
                self._adjust(intent)
            case Intent.HELP | Intent.SOMETHING_ELSE | Intent.NUMB:
                return self._asked_for_practice(intent)
            case _:
                return self._answers.take(intent)
        return True

    def _adjust(self, intent: Intent) -> None:
        """Speak slower, louder or softer, beginning with the line that was just said."""
        voice = self._talk.voice
        change, said = {
            Intent.SLOWER: (voice.slower, lines.SLOWER),
            Intent.LOUDER: (voice.louder, lines.LOUDER),
            Intent.SOFTER: (voice.softer, lines.HEARD),
        }[intent]
        change()
        if not self._talk.again():
            self._talk.put_between(said)

    def _go_on(self) -> bool:
        talk = self._talk
        place = talk.guide.place
        if talk.voice.paused:
            talk.out += talk.voice.go_on(talk.now)
            if talk.voice.playing is None and place is not None and place.waits:
                talk.guide.ask(talk.now)
        elif talk.at(Stage.STOPPED):
            talk.out += talk.voice.stop(talk.now)
            place = talk.guide.leave_between()
            talk.stages.move(Happening.WENT_ON)
            talk.anchor("you went on")
            if place is None:
                talk.put_between(lines.LISTENING)
            else:
                talk.again()
        elif self._answers.take(Intent.GO_ON):
            pass
        elif talk.voice.held:
            talk.out += talk.voice.release(talk.now)
        else:
            return False
        return True

    def _asked_for_practice(self, intent: Intent) -> bool:
        talk = self._talk
        if intent is Intent.NUMB and (talk.safety or not talk.offers.may(talk.now)):
            return False
        if talk.at(Stage.OFFERING) and talk.lapsed and intent is Intent.HELP:
            return talk.again()
        if talk.at(Stage.OFFERING) and intent is not Intent.NUMB:
            self._course.withdraw_offer()
            talk.put_between(lines.NOTHING_FOUND)
        elif self._may_ask or (talk.at(Stage.GUIDING) and intent is Intent.SOMETHING_ELSE):
            self._course.introduced()
            self._course.offer("your words" if intent is Intent.NUMB else "you asked for something")
        else:
            return False
        return True


SHORT_ANSWER_WORDS = 3
_SHORT_ANSWER = 200
"""Ticks: an answer is a word or two, what others say goes on."""
_SHORT_SENTENCE = 400
"""Ticks: "I am still here, please do not go" takes three seconds."""

_AFTER_STOP = (Intent.STOP, Intent.GO_ON, Intent.TOGGLE, Intent.PERSON)
"""What is still heard after a stop, besides words of crisis."""

_MAY_ANSWER = (
    Intent.AGAIN, Intent.SOMETHING_ELSE, Intent.GOODBYE, Intent.STAY, Intent.SKIP,
)  # fmt: skip
"""What is an answer where the question has one for it, and else what it means anywhere."""
