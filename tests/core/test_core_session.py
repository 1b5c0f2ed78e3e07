"""One person's conversation over the shipped practices: what they do, and what must follow."""

import itertools
from dataclasses import replace

import pytest
from core_driver import Driver, said

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage


def test_person_who_says_nothing_hears_the_opening_then_the_ladder_then_two_announcements() -> None:
    """Silence alone leads through the whole ladder to an end that was announced twice."""
    d = Driver()
    d.wait(1000)
    assert d.lines[5:] == [
        "ladder.soft-1", "ladder.offer", "wait-with-me.begin", "wait-with-me.still",
        "wait-with-me.room", "ladder.end-first", "ladder.end-second",
    ]  # fmt: skip
    assert d.ended == "silence"


def test_speech_suspected_pauses_at_once_and_withdrawn_goes_on() -> None:
    """A cough pauses playout in the same instant; it goes on when it was none."""
    d = Driver().guided()
    d.wait(1)
    assert [type(o) for o in d.give(i.SpeechSuspected(t=d.t, onset_s=d.t))] == [c.Pause]
    assert [type(o) for o in d.give(i.SpeechWithdrawn(t=d.t, onset_s=d.t))] == [c.Resume]


def test_aside_during_a_line_goes_on_at_the_phrase() -> None:
    """Words that mean nothing here pause a line and let it go on."""
    d = Driver().guided()
    d.wait(1)
    out = d.says("flat", words=3)
    assert [type(o) for o in out if isinstance(o, (c.Pause, c.Resume))] == [c.Pause, c.Resume]
    assert said(out) == []


def test_withdrawn_suspicion_after_speech_waits_for_the_words() -> None:
    """A click after a sentence does not set the voice going before the sentence was understood."""
    d = Driver().guided()
    d.wait(1)
    d.starts()
    d.wait(1)
    d.ends()
    d.give(i.SpeechSuspected(t=d.t, onset_s=d.t))
    assert d.give(i.SpeechWithdrawn(t=d.t, onset_s=d.t)) == []


def test_answer_over_an_invitation_is_taken_before_the_question() -> None:
    """A yes over the invitation is an answer: the practice begins."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.wait(2)
    assert said(d.says("yes")) == ["feet-and-room.feet"]


def test_unrecognised_answer_in_a_practice_is_asked_on() -> None:
    """Nothing is lost by an answer that is not understood: the wait begins anew."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(5)
    assert said(d.says(words=9)) == []
    d.wait(6)
    assert d.lines[-1] == "feet-and-room.ready"
    assert said(d.says("yes")) == ["feet-and-room.feet"]


@pytest.mark.parametrize("cues", [("resume",), ("yes", "resume"), ("yes",), ("hum",)])
def test_go_on_said_to_a_question_is_a_yes(cues: tuple[str, ...]) -> None:
    """Saying "go ahead" answers "Shall we?" as yes does."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(2)
    assert said(d.says(*cues)) == ["feet-and-room.feet"]


# Stop


def test_stop_on_a_partial_silences_at_once_and_asks_nothing() -> None:
    """Stop needs no patience, is final, and nothing is said in the ten minutes after."""
    d = Driver().guided()
    d.wait(1)
    d.utterances += 1
    d.starts()
    out = d.partial("stop")
    assert [type(o) for o in out] == [c.Stop, c.Show]
    d.ends()
    assert said(d.wait(600)) == []
    assert d.session.stage is Stage.STOPPED
    assert d.ended is None


def test_stop_while_a_question_waits_lets_its_time_pass_in_silence() -> None:
    """The answer of silence is not taken after a stop."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(2)
    d.taps("stop")
    assert said(d.wait(60)) == []


@pytest.mark.parametrize(("after_s", "ended"), [(4.99, None), (5.0, "stopped"), (5.01, "stopped")])
def test_second_stop_ends_from_five_seconds_on(after_s: float, ended: str | None) -> None:
    """One hundredth before five seconds it is the same stop; from there on it ends."""
    d = Driver().guided()
    d.taps("stop")
    d.wait(after_s)
    d.taps("stop")
    assert d.ended == ended


def test_late_final_of_a_stop_is_not_a_second_stop() -> None:
    """Words understood twice act once, however late the second time is."""
    d = Driver().guided()
    d.utterances += 1
    d.starts()
    d.partial("stop")
    d.ends()
    d.wait(7)
    d._understood(("stop",), 1, final=True)
    assert d.ended is None


def test_go_on_after_a_stop_says_the_line_again() -> None:
    """The line that was stopped is said once more from its beginning."""
    d = Driver().guided()
    d.wait(1)
    d.taps("stop")
    d.wait(30)
    assert said(d.says("resume")) == ["feet-and-room.feet"]
    assert d.session.stage is Stage.GUIDING


def test_crisis_words_are_heard_after_a_stop() -> None:
    """A stop does not make deaf to danger."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.says("crisis")) == ["crisis.ask"]


def test_numbers_after_a_stop_are_read_and_then_it_is_silent() -> None:
    """Zero after a stop reads the numbers to their end; the practice stays stopped."""
    d = Driver(via="phone").guided()
    d.presses("*")
    d.wait(10)
    before = len(d.lines)
    d.presses("0")
    d.wait(300)
    assert d.lines[before:] == ["crisis.numbers", "crisis.numbers-again", "crisis.numbers-stay"]
    assert d.session.stage is Stage.STOPPED


def test_stop_while_numbers_are_read_silences_them_and_does_not_end() -> None:
    """What sounds after a stop is stopped again; that stop is a first one."""
    d = Driver(via="phone").guided()
    d.presses("*")
    d.wait(10)
    d.presses("0")
    d.wait(2)
    d.presses("*")
    assert d.quiet()
    assert d.ended is None


@pytest.mark.parametrize(
    "does",
    ["just_stay", "skip", "say_again", "slower", "pause", "dot"],
)
def test_nothing_else_is_heard_after_a_stop(does: str) -> None:
    """Only stop, go on, a person and crisis words are heard after a stop."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.taps(does)) == []
    assert d.session.stage is Stage.STOPPED


def test_failing_recognition_after_a_stop_says_nothing() -> None:
    """A fault is no reason to break the silence that was asked for."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.give(i.EngineFailed(t=d.t, engine="stt"))) == []


# Offers and practices


def test_a_no_keeps_offers_away_for_ten_minutes_and_then_for_twenty() -> None:
    """Each no doubles the quiet before the next offer."""
    d = Driver().offered()
    d.taps("choice", "no")
    offers = d.session._talk.offers
    begun = d.session._talk.now
    assert (offers.may(begun + 59_999), offers.may(begun + 60_000)) == (False, True)
    offers.refused(begun + 60_000)
    assert (offers.may(begun + 179_999), offers.may(begun + 180_000)) == (False, True)


def test_offer_keeps_the_order_in_which_it_is_spoken() -> None:
    """Key one is what the line calls the first, also when that was done before."""
    d = Driver(via="phone").offered()
    d.presses("1")
    assert d.lines[-1] == "feet-and-room.invite"
    d.presses("2")
    d.wait(8)
    d.give(i.SettingChanged(t=d.t, key="offers.quiet_after_no_s", value=0.0))
    d.says("help")
    assert d.lines[-1] == "ladder.offer-phone"
    d.presses("1")
    assert d.lines[-1] == "feet-and-room.invite"


@pytest.mark.parametrize(
    ("cue", "line"),
    [
        ("feet-and-room", "feet-and-room.invite"),
        ("name-it", "name-it.invite"),
        ("second", "name-it.invite"),
        ("yes", "feet-and-room.invite"),
        ("hum", "feet-and-room.invite"),
        ("no", "ladder.stay"),
        ("stay", "wait-with-me.begin"),
        ("something-else", "conversation.nothing-found"),
    ],
)
def test_offer_is_answered_in_words(cue: str, line: str) -> None:
    """Names, places, yes, a hum, no, "just stay" and "something else" all lead somewhere."""
    d = Driver().offered()
    d.wait(1)
    assert said(d.says(cue, words=2)) == [line]


def test_few_words_leave_an_offer_standing_and_talk_withdraws_it() -> None:
    """A murmur is no answer; somebody who talks is not talked over."""
    d = Driver().offered()
    d.wait(2)
    d.says(words=2)
    assert d.state == "offering"
    d.says(words=12)
    assert d.state == "listening"
    assert d.quiet()


def test_hum_chooses_the_first_practice() -> None:
    """A hum is an answer where one may choose."""
    d = Driver().offered()
    assert said(d.hums()) == ["feet-and-room.invite"]


def test_transcript_of_a_hum_is_not_a_second_answer() -> None:
    """The recogniser's "mm" after the hum does not answer the question that follows it."""
    d = Driver().offered()
    d.hums()
    d.utterances += 1
    d._understood(("hum",), 1, final=True)
    d.wait(2)
    assert d.lines[-1] == "feet-and-room.invite"


def test_skipping_an_offer_is_a_no() -> None:
    """After skip nothing is stuck, and the next offer is far away."""
    d = Driver().offered()
    d.taps("skip")
    assert d.lines[-1] == "ladder.stay"
    d.until(state="waiting", at_most_s=70)


def test_no_inside_a_practice_is_not_a_no_to_the_practice() -> None:
    """Only a no to its invitation declines a practice; later ones are answers."""
    d = Driver().offered()
    d.taps("choice", "name-it")
    d.taps("choice", "yes")
    d.until(line="name-it.word", at_most_s=60)
    d.taps("choice", "no")
    d.until(line="check-in.after", at_most_s=60)
    assert d.session._talk.offers.may(d.now)


def test_practice_is_followed_by_a_number_and_a_question_and_then_by_company() -> None:
    """Check-in, what next, and nothing that presses: silence is an answer to each."""
    d = Driver().guided()
    d.until(line="check-in.after", at_most_s=120)
    assert d.state == "rating"
    d.give(i.DistressRated(t=d.t, when="after", rating=4))
    d.until(line="goodbye.after", at_most_s=30)
    d.until(state="waiting", at_most_s=70)
    assert d.lines[-3:] == ["check-in.noted-after", "goodbye.after", "goodbye.stay"]


@pytest.mark.parametrize(
    ("cues", "line"),
    [
        (("again", "repeat"), "feet-and-room.invite"),
        (("something-else",), "ladder.offer"),
        (("stop", "goodbye"), "goodbye.bye"),
        (("stay",), "wait-with-me.begin"),
    ],
)
def test_question_after_a_practice_is_answered_in_words(cues: tuple[str, ...], line: str) -> None:
    """Again, something else, enough ("enough" is no stop here) and just stay."""
    d = Driver().guided()
    d.until(line="goodbye.after", at_most_s=180)
    d.wait(6)
    assert said(d.says(*cues))[:1] == [line]


def test_number_may_be_spoken() -> None:
    """A spoken number is a rating where one is asked for."""
    d = Driver().guided()
    d.until(line="check-in.after", at_most_s=120)
    d.wait(3)
    assert said(d.says("first", "rate_1")) == ["check-in.noted-after"]


def test_keys_of_a_rating_are_numbers_and_pound_skips() -> None:
    """One to nine rate, # leaves it out, and an empty or long key does nothing."""
    d = Driver(via="phone").guided()
    d.until(line="check-in.after-phone", at_most_s=120)
    assert said(d.presses("")) == said(d.presses("12")) == []
    assert said(d.presses("7")) == ["check-in.noted-after"]
    d = Driver(via="phone").guided()
    d.until(line="check-in.after-phone", at_most_s=120)
    assert said(d.presses("#")) == ["goodbye.after"]


@pytest.mark.parametrize(
    "where", ["opening", "listening", "offering", "guiding", "waiting", "closing"]
)
@pytest.mark.parametrize(
    ("control", "choice", "stage"),
    [
        ("choice", "feet-and-room", Stage.GUIDING),
        ("just_stay", None, Stage.WAITING),
    ],
)
def test_practice_and_company_can_be_chosen_anywhere(
    where: str, control: str, choice: str | None, stage: Stage
) -> None:
    """A tap that comes late, during the goodbye even, is still followed."""
    d = Driver()
    if where != "opening":
        d.listening()
    if where == "offering":
        d.offered()
    if where == "guiding":
        d.guided()
    if where == "waiting":
        d.taps("just_stay")
    if where == "closing":
        d.says("goodbye")
    assert d.session.stage == where
    d.taps(control, choice)
    assert d.session.stage is stage


def test_goodbye_is_said_and_then_the_session_ends() -> None:
    """A goodbye is answered; a second one and thanks do not hold it up."""
    d = Driver().listening()
    d.says("goodbye")
    d.says(words=2)
    d.says("goodbye")
    d.wait(40)
    assert (d.lines[-1], d.ended) == ("goodbye.close", "goodbye")


# Talking


def test_first_ordinary_talk_is_thanked_once() -> None:
    """Thanks are said once; after that listening is silent."""
    d = Driver().listening()
    assert said(d.says(words=12)) == ["conversation.thanks"]
    d.wait(5)
    assert said(d.says(words=12)) == []


def test_hum_in_ordinary_talk_is_not_thanked() -> None:
    """A hum while listening means nothing, and is answered by nothing."""
    d = Driver().listening()
    assert said(d.hums()) == said(d.says("hum")) == []


def test_talk_over_the_first_question_is_its_answer() -> None:
    """Whoever answers before the first question is over is listened to."""
    d = Driver()
    d.until(line="opening.need", at_most_s=60)
    d.wait(1)
    d.says(words=12)
    assert d.session.stage is Stage.LISTENING


def test_talk_over_a_soft_word_ends_the_soft_word() -> None:
    """Saying "I am still here" is not repeated to somebody who has begun to talk."""
    d = Driver().listening()
    d.until(line="ladder.soft-1", at_most_s=30)
    d.says(words=12, for_s=5)
    assert [type(o) for o in d.outputs if isinstance(o, c.Resume)] == []


def test_question_whether_this_is_a_person_is_answered_honestly() -> None:
    """It never lets somebody believe that a person is there."""
    d = Driver().listening()
    assert said(d.says("automated", "person")) == ["conversation.automated"]


def test_last_line_is_said_again_on_request() -> None:
    """A "what?" after the first question repeats it."""
    d = Driver().listening()
    assert said(d.says("repeat")) == ["opening.need"]


def test_just_stay_over_a_line_of_crisis_leaves_nothing_held() -> None:
    """What means nothing there lets the line go on."""
    d = Driver().listening()
    d.says("crisis_emergency")
    d.wait(1)
    d.says("stay")
    assert not d.quiet()


def test_wish_to_stop_a_fight_is_a_pause_only_while_something_sounds() -> None:
    """Saying "I need a break" pauses a practice; in ordinary talk it is what somebody tells."""
    d = Driver().guided()
    d.says("break", words=4)
    assert d.state == "paused"
    d = Driver().listening()
    d.says("break", words=9)
    assert d.state != "paused"


# Words that are late, out of order or revised


def test_late_yes_is_still_taken() -> None:
    """Words that come after their time was up count, if they still mean something."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(1)
    d.utterances += 1
    d.starts()
    d.wait(0.4)
    d.ends()
    d.wait(4)
    d._understood(("yes",), 1, final=True)
    d.wait(0.4)
    assert d.lines[-1] == "feet-and-room.feet"


def test_final_that_was_taken_does_not_act_again_when_revised() -> None:
    """A newer final of an utterance that was answered changes nothing."""
    d = Driver().offered()
    d.wait(1)
    d.says("yes")
    d._understood(("yes",), 1, final=True)
    d.wait(1)
    assert d.lines[-1] == "feet-and-room.invite"


def test_newest_final_counts_before_the_utterance_is_over() -> None:
    """Of two finals for the same number the one with the higher revision is meant."""
    d = Driver().offered()
    d.wait(1)
    d.utterances += 1
    d.starts()
    d.wait(0.4)
    d.ends()
    for rev, cue in ((5, "no"), (3, "yes")):
        d.give(
            i.Transcript(
                t=d.t, utterance=d.utterances, rev=rev, audio_end_s=d.t, final=True,
                cues=(cue,), words=1,
            )
        )  # fmt: skip
    d.wait(1)
    assert d.lines[-1] == "ladder.stay"


# The phone: its keys and its variants


@pytest.mark.parametrize(
    ("digits", "line"),
    [
        ("1", "feet-and-room.feet"),
        ("2", "feet-and-room.leave"),
        ("4", "feet-and-room.ready"),
        ("5", "feet-and-room.ready"),
        ("7", "wait-with-me.begin"),
        ("0", "crisis.numbers"),
        ("#", "feet-and-room.ready"),
        ("9", "keys.yes-no"),
    ],
)
def test_keys_do_what_the_introduction_says(digits: str, line: str) -> None:
    """One and two answer, four and five say it again, seven stays, zero reads the numbers."""
    d = Driver(via="phone").offered()
    d.presses("1")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(3)
    assert said(d.presses(digits)) == [line]


def test_three_pauses_and_three_goes_on() -> None:
    """One key for both."""
    d = Driver(via="phone").guided()
    d.wait(1)
    assert [type(o) for o in d.presses("3")] == [c.Pause, c.Show]
    assert [type(o) for o in d.presses("3")] == [c.Resume, c.Show]


def test_slower_and_louder_are_heard_in_the_next_line() -> None:
    """Pauses grow by the factor, the voice by its step, each up to its bound."""
    d = Driver().guided()
    for _ in range(9):
        d.taps("slower")
        d.taps("louder")
    last = [o for o in d.outputs if isinstance(o, c.Say)][-1]
    assert (last.line, last.pause_s, last.gain_db) == ("feet", 15.0, 9.0)


def test_phone_hears_its_own_variants() -> None:
    """Lines that name keys instead of taps are said on the phone."""
    d = Driver(via="phone").offered()
    assert d.lines[-1] == "ladder.offer-phone"
    d.give(i.EngineFailed(t=d.t, engine="stt"))
    assert d.lines[-1] == "conversation.cannot-hear-phone"


# The line between us


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        (i.ConnectionLost(t=0), i.ConnectionRestored(t=0)),
        (i.Held(t=0), i.Unheld(t=0)),
    ],
)
def test_lost_line_pauses_and_goes_on_when_it_is_back(gone: i.Input, back: i.Input) -> None:
    """Nothing is said to nobody, no time counts, and the line goes on at its phrase."""
    d = Driver().guided()
    d.wait(1)
    assert [type(o) for o in d.give(replace(gone, t=d.t))] == [c.Pause]
    assert d.wait(100) == []
    assert [type(o) for o in d.give(replace(back, t=d.t))] == [c.Resume]


def test_line_on_hold_and_lost_needs_both_back() -> None:
    """A connection that is back does not speak into a call on hold."""
    d = Driver().guided()
    d.wait(1)
    d.give(i.Held(t=d.t))
    d.give(i.ConnectionLost(t=d.t))
    assert d.give(i.ConnectionRestored(t=d.t)) == []
    assert [type(o) for o in d.give(i.Unheld(t=d.t))] == [c.Resume]


def test_question_waits_its_whole_time_after_the_line_came_back() -> None:
    """Nobody is taken to have been silent while the line was gone."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)
    d.wait(4)
    d.give(i.ConnectionLost(t=d.t))
    d.wait(20)
    d.give(i.ConnectionRestored(t=d.t))
    assert said(d.wait(7.5)) == []
    assert said(d.wait(1)) == ["feet-and-room.feet"]


def test_restart_says_sorry_once_and_then_the_same_line() -> None:
    """What was put in between is forgotten, the line we were at is said again."""
    d = Driver().guided()
    d.wait(2)
    d.taps("say_again")
    for _ in range(2):
        d.player.stop()
        assert said(d.give(i.ConnectionRestored(t=d.t, after="restart"))) == ["conversation.sorry"]
        d.wait(1)
    assert d.session.position == ("feet-and-room", "feet")
    d.until(line="feet-and-room.feet", at_most_s=20)


def test_restart_after_a_stop_stays_silent() -> None:
    """A stop outlives the process."""
    d = Driver().guided()
    d.taps("stop")
    assert said(d.give(i.ConnectionRestored(t=d.t, after="restart"))) == []
    assert said(d.wait(100)) == []


def test_nothing_happens_after_the_end() -> None:
    """Inputs that come after the end come to nothing."""
    d = Driver().guided()
    d.give(i.ParticipantLeft(t=d.t))
    assert d.ended == "left"
    d.says("crisis")
    d.taps("go_on")
    assert d.outputs[-2:] == d.wait(5) + d.outputs[-2:]
    assert isinstance(d.outputs[-1], c.Show)


@pytest.mark.parametrize(
    ("key", "value"), [("colour", 1), ("ladder.colour", 1), ("ladder.soft_s", -1), ("", None)]
)
def test_setting_that_is_not_ours_changes_nothing(key: str, value: float | None) -> None:
    """An unknown key or a wrong value is kept in the log and does no harm."""
    d = Driver()
    before = d.session.settings
    d.give(i.SettingChanged(t=d.t, key=key, value=value))
    assert d.session.settings == before


# The picture


def test_picture_is_whole_and_only_shown_when_it_changed() -> None:
    """Each show differs from the one before in more than its time."""
    d = Driver().guided()
    d.wait(200)
    shows = [replace(o, t=0) for o in d.outputs if isinstance(o, c.Show)]
    assert all(a != b for a, b in itertools.pairwise(shows))
    feet = next(s for s in shows if s.hint == "feet")
    assert (feet.state, feet.breath) == ("guiding", "none")
    assert feet.remaining_s is not None


def test_gentle_check_is_no_alarm_on_the_page() -> None:
    """Words about somebody else ask on the page without the large number."""
    d = Driver().listening()
    d.says("crisis_check")
    assert d.session.stage is Stage.CRISIS
    assert d.state != "crisis"
    assert {choice.id for choice in d.session.shown.choices} == {"yes", "no"}
