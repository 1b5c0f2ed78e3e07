"""One person's conversation as a pure state machine: inputs go in, findings and commands out."""

from collections.abc import Mapping
from dataclasses import replace

from voice_agent.core import inputs as i
from voice_agent.core import lines
from voice_agent.core.commands import Choice, Command, End, Offer, Show, Wait
from voice_agent.core.config import CoreSettings, with_setting
from voice_agent.core.findings import CrisisFlagged, Finding, SilenceReached, ViolenceFlagged
from voice_agent.core.floor import Floor, Utterance
from voice_agent.core.intents import (
    AT_ONCE,
    CRISIS_CUES,
    KEYS,
    VIOLENCE_CUES,
    Intent,
    answer_keys,
    from_cues,
    from_tap,
)
from voice_agent.core.lines import Key, said_on
from voice_agent.core.offers import Offers
from voice_agent.core.picture import draw
from voice_agent.core.practice import Guide, Place
from voice_agent.core.script import END, Line, Script
from voice_agent.core.silence import GENTLE, Ladder, Reached, Rung
from voice_agent.core.stages import Happening, Stage, Stages
from voice_agent.core.times import to_seconds, to_ticks
from voice_agent.core.voice import Voice

Output = Finding | Command


class Session:
    """Decides what is noticed and what is said. Reads no clock, does no I/O, logs nothing.

    Everything it knows came in by `handle`; the same inputs give the same outputs, to the
    bit. That is what makes a recording, a live call and a replay one and the same, and what
    lets a crashed session be taken up again from its inputs alone.
    """

    def __init__(self, library: Mapping[str, Script], settings: CoreSettings | None = None) -> None:
        self._library = library
        self.settings = settings or CoreSettings()
        self._stages = Stages()
        self._guide = Guide(library)
        self._floor = Floor(self.settings.patience)
        self._ladder = Ladder(self.settings.ladder)
        self._offers = Offers(library, self.settings.offers)
        self._voice = Voice(self.settings.pace)
        self._now = 0
        self._out: list[Output] = []
        self._via = "file"
        self._consents: set[str] = set()
        self._offered: tuple[Choice, ...] = ()
        self._resources: str | None = None
        self._safety = False
        self._thanked = False
        self._declined = False
        self._practice: str | None = None
        self._asked_after = False
        self._deaf = False
        self._soft_words = 0
        self._stopped_at = 0
        self._acted: tuple[tuple[int, Intent | None], ...] = ()
        self._flagged_on = -1
        self._shown: Show | None = None

    @property
    def stage(self) -> Stage:
        """Where the conversation is."""
        return self._stages.now

    @property
    def position(self) -> tuple[str, str] | None:
        """The line we are at below anything put in between, as (script, line)."""
        base = self._guide.base
        return base.key if base else None

    @property
    def shown(self) -> Show | None:
        """The newest picture for the page."""
        return self._shown

    @property
    def attending(self) -> bool:
        """Whether an utterance is not taken yet, so that speech now still belongs to it."""
        return self._floor.pending

    def _at(self, *stages: Stage) -> bool:
        return self._stages.now in stages

    def consented(self, to: str) -> bool:
        """Whether the person said yes to `tone`, `research` or `transcript`."""
        return to in self._consents

    def handle(self, event: i.Input) -> list[Output]:
        """Take one input and return what was noticed and what is to be done, in order."""
        if self._at(Stage.ENDED) or isinstance(event, _ONLY_KEPT):
            return []
        self._now = to_ticks(event.t)
        self._out = []
        self._floor.take(event)
        self._route(event)
        if not self._at(Stage.ENDED):
            self._settle()
        self._draw()
        return self._out

    def _route(self, event: i.Input) -> None:
        match event:
            case i.Ticked():
                pass
            case i.SpeechSuspected() | i.SpeechStarted():
                self._out += self._voice.hold(self._now)
            case i.SpeechWithdrawn():
                self._out += self._voice.release(self._now)
            case i.Transcript():
                self._hear(event)
            case i.Hummed():
                self._active("a hum")
                self._meant((Intent.ON,), words=1)
            case i.Tapped():
                self._tapped(event)
            case i.KeyPressed():
                self._key(event.digit)
            case i.ConsentChanged():
                (self._consents.add if event.given else self._consents.discard)(event.consent)
            case i.DistressRated():
                self._rated(event.rating)
            case i.PlayoutFinished():
                if not event.stopped and self._voice.over((event.script, event.line)):
                    self._line_over()
            case _:
                self._route_line(event)

    def _route_line(self, event: i.Input) -> None:
        """Take what happened to the line between us, or to a part of ours."""
        match event:
            case i.ParticipantJoined():
                self._via = event.via
                self._say(self._guide.begin(lines.opening(event.via)))
            case i.ParticipantLeft():
                self._end("left")
            case i.ConnectionLost() | i.Held():
                self._out += self._voice.cut(self._now)
                self._floor.reset()
            case i.Unheld():
                self._back_again()
            case i.ConnectionRestored():
                if event.after == "restart":
                    self._take_up_again()
                else:
                    self._back_again()
            case i.EngineFailed(engine="stt") if not self._deaf:
                self._deaf = True
                self._put_between(lines.CANNOT_HEAR)
            case i.EngineRecovered(engine="stt"):
                self._deaf = False
            case i.SettingChanged():
                self._set(event)
            case _:
                pass

    # What a person says, taps and presses

    def _hear(self, event: i.Transcript) -> None:
        """Act on what cannot wait for the end of the sentence: danger, stop and pause."""
        if self._endangered(event):
            return
        for intent in from_cues(event.cues):
            if (
                intent in AT_ONCE
                and (event.utterance, intent) not in self._acted
                and (intent is Intent.STOP or self._pausable)
            ):
                self._acted = (*self._acted, (event.utterance, intent))
                self._want(intent)
                return

    @property
    def _pausable(self) -> bool:
        return self._voice.playing is not None or self.stage is Stage.GUIDING

    def _endangered(self, event: i.Transcript) -> bool:
        """Flag words of crisis and violence, once an utterance; whether they were acted on."""
        if event.utterance == self._flagged_on:
            return True
        for cue, kind in CRISIS_CUES.items():
            if cue in event.cues:
                self._flagged_on = event.utterance
                self._acted = (*self._acted, (event.utterance, None))
                self._active("your words")
                self._crisis(cue, kind)
                return True
        for cue, kind in VIOLENCE_CUES.items():
            if cue in event.cues:
                self._flagged_on = event.utterance
                self._out.append(ViolenceFlagged(t=to_seconds(self._now), cue=cue, kind=kind))
                self._resources = "quiet"
                if kind == "now":
                    self._acted = (*self._acted, (event.utterance, None))
                    self._attacked()
                    return True
        return False

    def _utterance_over(self, said: Utterance, acted: bool) -> None:
        if said.words or said.cues:
            self._active("your words", said.last)
        if acted:
            return
        if not said.words and not said.cues:
            self._out += self._voice.release(self._now)
            return
        self._meant(from_cues(said.cues), said.words)

    def _tapped(self, event: i.Tapped) -> None:
        self._active("a tap")
        if event.control == "choice" and event.choice is not None:
            self._chose(event.choice)
        elif (intent := from_tap(event.control)) is not None:
            self._meant((intent,), words=0)

    def _key(self, digit: str) -> None:
        self._active("a key")
        if self._rating_asked and digit in "123456789#":
            self._rated(None if digit == "#" else int(digit))
        elif digit in KEYS:
            self._meant((KEYS[digit],), words=0)

    def _meant(self, intents: tuple[Intent, ...], words: int) -> None:
        """Do the first of these that means something here; else it was an aside."""
        for intent in intents:
            if self._want(intent):
                return
        if words:
            self._aside()
        else:
            self._out += self._voice.release(self._now)

    def _want(self, intent: Intent) -> bool:
        """Do what was wanted; whether it means something here."""
        if self.stage is Stage.STOPPED and intent not in _AFTER_STOP:
            return False
        if intent in _MAY_ANSWER and self._answer(intent):
            return True
        match intent:
            case Intent.STOP:
                self._stop()
            case Intent.TOGGLE:
                return self._want(
                    Intent.GO_ON
                    if self._voice.paused or self.stage is Stage.STOPPED
                    else Intent.PAUSE
                )
            case Intent.PAUSE:
                self._out += self._voice.pause(self._now)
            case Intent.GO_ON:
                return self._go_on()
            case Intent.PERSON:
                self._show_numbers()
            case Intent.SLOWER | Intent.LOUDER:
                (self._voice.slower if intent is Intent.SLOWER else self._voice.louder)()
                if not self._again():
                    self._put_between(lines.SLOWER if intent is Intent.SLOWER else lines.LOUDER)
            case Intent.REPEAT:
                if not self._again():
                    self._put_between(lines.NOTHING_TO_REPEAT)
            case Intent.KEYS:
                self._put_between(lines.KEYS, alone=False)
            case Intent.STAY:
                self._stay()
            case Intent.GOODBYE if not self._safety:
                self._replace(lines.BYE, Happening.SAID_GOODBYE)
            case Intent.SKIP | Intent.BACK:
                return self._step(intent)
            case Intent.PRACTICE | Intent.NUMB:
                return self._asked_for_practice(intent)
            case _:
                return self._answer(intent)
        return True

    def _aside(self) -> None:
        """Take words that mean nothing in particular here."""
        place = self._guide.place
        if self.stage in (Stage.STOPPED, Stage.CRISIS) and not (place and place.waits):
            self._out += self._voice.release(self._now)
        elif self.stage in (Stage.WAITING, Stage.CLOSING):
            self._quiet_down()
            self._stages.move(Happening.SPOKE)
        elif self.stage is Stage.OPENING:
            self._out += self._voice.release(self._now)
        elif place is None:
            self._out += self._voice.release(self._now)
            if not self._thanked and self.stage is Stage.LISTENING:
                self._thanked = True
                self._put_between(lines.THANKS)
        elif place.line.is_question and "other" in place.line.answers:
            self._take_answer(place, "other")
        elif self.stage is Stage.OFFERING:
            self._quiet_down()
            self._stages.move(Happening.DECLINED)
        elif place.line.on_speech == "answer" and not place.line.is_question:
            self._move_to(self._guide.onward())
        else:
            self._out += self._voice.release(self._now)
            if place.waits:
                self._guide.ask(self._now)

    # Answers

    def _answer(self, intent: Intent) -> bool:
        if self.stage is Stage.OFFERING:
            return self._answer_offer(intent)
        place = self._guide.place
        if place is None:
            return False
        question = self._question_at(place)
        if question is None:
            if intent is Intent.ON:
                self._out += self._voice.release(self._now)
                return True
            return False
        for key in answer_keys(intent, gives_consent=place.script.id in lines.NO_HUM):
            if key in question.answers:
                place.line = question
                self._take_answer(place, key)
                return True
        return False

    @staticmethod
    def _question_at(place: Place) -> Line | None:
        """Return the question being asked, or the next one: an answer may come before it."""
        if place.line.is_question:
            return place.line
        following = place.script.after(place.line.id)
        if place.alone or following == END or place.line.on_speech != "answer":
            return None
        coming = {line.id: line for line in place.script.lines}.get(following)
        return coming if coming is not None and coming.is_question else None

    def _answer_offer(self, intent: Intent) -> bool:
        match intent:
            case Intent.YES | Intent.FIRST | Intent.ON:
                self._chose(self._offered[0].id)
            case Intent.SECOND:
                self._chose(self._offered[min(1, len(self._offered) - 1)].id)
            case Intent.NO:
                self._offers.refused(self._now)
                self._quiet_down()
                self._stages.move(Happening.DECLINED)
                self._put_between(lines.DECLINED)
            case _:
                return False
        return True

    def _chose(self, choice: str) -> None:
        """Take a tapped or spoken choice: an answer of the question, or a practice by name."""
        place = self._guide.place
        question = self._question_at(place) if place else None
        if self.stage is Stage.STOPPED:
            return
        if place and question and choice in question.answers and self.stage is not Stage.OFFERING:
            place.line = question
            self._take_answer(place, choice)
        elif choice == "stay":
            self._stay()
        elif choice in ("no", "not-now") and self.stage is Stage.OFFERING:
            self._answer_offer(Intent.NO)
        elif choice in self._library and self._library[choice].kind == "practice":
            self._begin_practice(choice)

    def _take_answer(self, place: Place, key: str) -> None:
        if (place.script.id, place.line.id) == lines.AFTER and self._after(key):
            return
        self._declined = key == "no"
        self._move_to(self._guide.go(place.line.answers[key]), answered=True)

    def _after(self, key: str) -> bool:
        """Take "again", "something else" or "enough" after a practice; whether it was one."""
        match key:
            case "again" | "first" if self._practice:
                self._begin_practice(self._practice)
            case "something-else" | "second" | "yes":
                self._asked_for_practice(Intent.PRACTICE)
            case "enough" | "no":
                self._replace(lines.BYE, Happening.SAID_GOODBYE)
            case _:
                return False
        return True

    @property
    def _rating_asked(self) -> bool:
        place = self._guide.place
        return place is not None and place.key in lines.RATINGS

    def _rated(self, rating: int | None) -> None:
        place = self._guide.place
        if place is None or not self._rating_asked:
            return
        wanted = "skip" if rating is None else "rated"
        key = wanted if wanted in place.line.answers else "silence"
        self._take_answer(place, key)

    # What is said

    def _say(self, place: Place) -> None:
        self._out += self._voice.say(self._now, place)

    def _put_between(self, key: Key, *, alone: bool = True) -> None:
        """Say a line in between, or from it to the end of its script."""
        script, line = said_on(self._via, key, self._library)
        self._say(self._guide.put_between(script, line, alone=alone))

    def _replace(self, key: Key, happening: Happening) -> None:
        """Leave what is being said and begin something else."""
        self._quiet_down()
        self._stages.move(happening)
        self._begin(key)

    def _begin(self, key: Key, *, alone: bool = False) -> None:
        script, line = said_on(self._via, key, self._library)
        self._say(self._guide.begin(script, line, alone=alone))

    def _quiet_down(self) -> None:
        self._guide.clear()
        self._out += self._voice.stop(self._now)

    def _line_over(self) -> None:
        place = self._guide.place
        if place is None:
            return
        if place.line.is_question and self.stage is not Stage.OPENING:
            self._guide.ask(self._now)
            return
        if place.line.is_question:
            self._guide.clear()
            self._all_said()
            return
        self._move_to(self._guide.onward())

    def _move_to(self, place: Place | None, *, answered: bool = False) -> None:
        """Go on at `place`: say it, wait on for its answer, or see what follows the end."""
        if answered or self._voice.held:
            self._out += self._voice.stop(self._now)
        if place is None:
            self._all_said()
        elif place.waits:
            self._guide.ask(self._now)
        else:
            self._say(place)

    def _all_said(self) -> None:
        """See what follows when nothing is left to say."""
        match self.stage:
            case Stage.OPENING:
                self._stages.move(Happening.INTRODUCED)
                self._ladder.anchor(self._now, "the question")
            case Stage.GUIDING if self._declined:
                self._offers.refused(self._now)
                self._stages.move(Happening.DECLINED)
                self._ladder.anchor(self._now, "the practice")
            case Stage.GUIDING:
                self._stages.move(Happening.FINISHED)
                self._begin(lines.CHECK_IN)
            case Stage.CHECKING_IN if not self._asked_after:
                self._asked_after = True
                self._begin(lines.AFTER)
            case Stage.CHECKING_IN:
                self._stages.move(Happening.CHECKED_IN)
                self._ladder.anchor(self._now, "the check-in")
            case Stage.CRISIS:
                self._stages.move(Happening.STAYED)
                self._present()
            case Stage.WAITING:
                self._present()
            case Stage.CLOSING:
                self._end("goodbye")
            case _:
                pass
        self._declined = False

    def _present(self) -> None:
        self._out.append(Wait(t=to_seconds(self._now)))

    def _again(self) -> bool:
        """Say the current line once more."""
        place = self._guide.place
        if place is None:
            return False
        place.deadline = None
        self._out += self._voice.go_on(self._now)
        self._say(place)
        return True

    def _step(self, intent: Intent) -> bool:
        place = self._guide.place
        if place is None:
            return False
        if intent is Intent.BACK:
            self._move_to(self._guide.back(), answered=True)
        elif place.line.is_question:
            self._take_answer(place, "skip" if "skip" in place.line.answers else "silence")
        else:
            self._move_to(self._guide.onward(), answered=True)
        return True

    # Where it goes

    def _stay(self) -> None:
        if self.stage is Stage.CRISIS:
            return
        self._replace(lines.WAIT_WITH_ME, Happening.STAYED)
        self._ladder.anchor(self._now, "you chose quiet")

    def _begin_practice(self, practice: str) -> None:
        if self.stage is Stage.CRISIS:
            return
        self._offers.done(practice)
        self._asked_after = False
        self._practice = practice
        self._replace((practice, self._library[practice].first), Happening.CHOSE)

    def _asked_for_practice(self, intent: Intent) -> bool:
        if self.stage not in (Stage.LISTENING, Stage.WAITING, Stage.CHECKING_IN):
            return False
        if intent is Intent.NUMB and (self._safety or not self._offers.may(self._now)):
            return False
        if self.stage is Stage.CHECKING_IN:
            self._stages.move(Happening.CHECKED_IN)
        self._quiet_down()
        self._offer("you asked for something" if intent is Intent.PRACTICE else "your words")
        return True

    def _offer(self, why: str) -> None:
        practices = self._offers.choose("numb", lines.OFFERED)
        self._stages.move(Happening.OFFERED)
        self._offered = tuple(
            Choice(id=practice, label=self._library[practice].title) for practice in practices
        )
        self._out.append(Offer(t=to_seconds(self._now), practices=practices, why=why))
        self._begin(lines.OFFER, alone=True)

    def _stop(self) -> None:
        """Silence at once; a second stop, long enough after the first, ends (DESIGN, "Stop")."""
        since = self._now - self._stopped_at
        if self.stage is Stage.STOPPED:
            if since >= to_ticks(self.settings.stop.second_stop_s) and not self._safety:
                self._end("stopped")
            return
        self._stopped_at = self._now
        self._out += self._voice.stop(self._now)
        self._stages.move(Happening.STOPPED)

    def _go_on(self) -> bool:
        if self._voice.paused:
            self._out += self._voice.go_on(self._now)
            if self._voice.playing is None and self._guide.place and self._guide.place.waits:
                self._guide.ask(self._now)
        elif self.stage is Stage.STOPPED:
            self._stages.move(Happening.WENT_ON)
            self._ladder.anchor(self._now, "you went on")
            place = self._guide.place
            if place is not None:
                place.deadline = None
                self._say(place)
            elif self._at(Stage.LISTENING):
                self._put_between(lines.LISTENING)
        elif self._voice.held:
            self._out += self._voice.release(self._now)
        else:
            return False
        return True

    def _show_numbers(self) -> None:
        self._resources = self._resources or "quiet"
        if self._via == "phone":
            self._put_between(lines.NUMBERS, alone=False)
        elif self.stage is not Stage.CRISIS:
            self._put_between(lines.PERSON)

    def _crisis(self, cue: str, kind: str) -> None:
        self._out.append(CrisisFlagged(t=to_seconds(self._now), cue=cue, kind=kind))
        place = self._guide.place
        asked = self.stage is Stage.CRISIS and place is not None and place.line.is_question
        self._safety = True
        if kind != "check":
            self._resources = "crisis"
        if asked and place is not None and kind in ("ask", "check") and "yes" in place.line.answers:
            self._take_answer(place, "yes")
            return
        self._replace(("crisis", lines.CRISIS[kind]), Happening.FLAGGED)

    def _attacked(self) -> None:
        """Show the number and speak nothing; a phone hears one harmless line (PRACTICES)."""
        self._safety = True
        self._quiet_down()
        self._stages.move(Happening.STOPPED)
        if self._via == "phone":
            self._put_between(lines.ATTACKED)

    def _end(self, why: str) -> None:
        self._quiet_down()
        self._stages.move(Happening.ENDED)
        self._out.append(End(t=to_seconds(self._now), why=why))

    # The line between us

    def _back_again(self) -> None:
        self._out += self._voice.mend(self._now)
        self._ladder.anchor(self._now, "the line came back")

    def _take_up_again(self) -> None:
        """Go on after a crash: one line that says sorry, then the line that was cut."""
        self._voice.restart()
        self._floor.reset()
        self._ladder.anchor(self._now, "the return")
        if self.stage is Stage.STOPPED:
            self._stages.move(Happening.WENT_ON)
        if self.stage is Stage.OPENING:
            self._say(self._guide.begin(lines.opening(self._via)))
            return
        if self._guide.between:
            self._guide.leave()
        if (place := self._guide.place) is not None:
            place.deadline = None
        self._put_between(lines.SORRY)

    # What time brings

    def _active(self, since: str, at: int | None = None) -> None:
        self._ladder.anchor(self._now if at is None else at, since)

    def _settle(self) -> None:
        place = self._guide.place
        wants_word = place is not None and place.line.is_question
        utterance = self._floor.over(self._now, wants_word=wants_word)
        if utterance is not None:
            acted, self._acted = bool(self._acted), ()
            self._utterance_over(utterance, acted)
            return
        if self._floor.busy or self._voice.cut_off or self._voice.playing is not None:
            return
        if place is not None and place.deadline is not None and not self._voice.paused:
            if self._now >= place.deadline:
                self._unanswered(place)
        elif self.stage is not Stage.STOPPED:
            reached = self._ladder.climb(self._now, self._rungs())
            if reached is not None:
                self._rung(reached)

    def _unanswered(self, place: Place) -> None:
        if self.stage is Stage.OFFERING:
            self._guide.clear()
            self._stages.move(Happening.DECLINED)
        else:
            self._take_answer(place, "silence")

    def _rungs(self) -> tuple[Rung, ...]:
        """Return the rungs that may be reached where we are."""
        ends = () if self._safety else (Rung.ANNOUNCE, Rung.ANNOUNCE_AGAIN, Rung.END)
        if self._voice.paused or self.stage is Stage.WAITING:
            return ends
        if self.stage is not Stage.LISTENING:
            return ()
        if self._safety:
            return (Rung.SOFT, Rung.WAIT)
        if not self._offers.may(self._now):
            return (Rung.SOFT, Rung.WAIT, *ends)
        return (*GENTLE, *ends)

    def _rung(self, reached: Reached) -> None:
        self._out.append(
            SilenceReached(
                t=to_seconds(self._now),
                rung=reached.rung,
                after_s=reached.after_s,
                why=reached.why,
            )
        )
        match reached.rung:
            case Rung.SOFT:
                self._put_between(lines.SOFT[self._soft_words % len(lines.SOFT)])
                self._soft_words += 1
            case Rung.OFFER:
                self._offer(f"{reached.after_s:g} s {reached.why}")
            case Rung.WAIT:
                self._replace(lines.WAIT_WITH_ME, Happening.STAYED)
            case Rung.ANNOUNCE:
                self._put_between(lines.ANNOUNCE)
            case Rung.ANNOUNCE_AGAIN:
                self._put_between(lines.ANNOUNCE_AGAIN)
            case Rung.END:
                self._end("silence")

    def _set(self, event: i.SettingChanged) -> None:
        self.settings = with_setting(self.settings, event.key, event.value)
        self._floor.settings = self.settings.patience
        self._ladder.settings = self.settings.ladder
        self._offers.settings = self.settings.offers
        self._voice.settings = self.settings.pace

    def _draw(self) -> None:
        picture = draw(
            self._now,
            self.stage,
            self._guide,
            self._voice,
            offered=self._offered,
            rating="after" if self._rating_asked else None,
            resources=self._resources,
        )
        if self._shown is None or picture != replace(self._shown, t=picture.t):
            self._shown = picture
            self._out.append(picture)


_AFTER_STOP = (Intent.STOP, Intent.GO_ON, Intent.TOGGLE, Intent.PERSON)
"""What is still heard after a stop, besides words of crisis."""

_MAY_ANSWER = (Intent.REPEAT, Intent.PRACTICE, Intent.GOODBYE, Intent.STAY, Intent.SKIP)
"""What is an answer where the question has one for it, and else what it means anywhere."""

_ONLY_KEPT = (i.Features, i.UtteranceMeasured, i.LineRendered, i.PlayoutStarted, i.PlayoutPaused,
              i.ClockAnchored)  # fmt: skip
"""Inputs that are kept in the log but change no decision of this class yet."""
