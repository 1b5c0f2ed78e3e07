"""What a person says and presses, and what it means where the conversation is."""

import pytest
from core_driver import Driver, said

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage


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


@pytest.mark.parametrize("stage", [Stage.LISTENING, Stage.WAITING, Stage.CRISIS])
def test_who_asks_whether_anybody_listens_is_told_so(stage: Stage) -> None:
    """Who says "hello?" or "are you there?" gets a short kind answer, every time."""
    d = Driver().listening()
    if stage is Stage.CRISIS:
        d.says("crisis")
        d.wait(5)
    elif stage is Stage.WAITING:
        d.says("stay")
        d.until(state="waiting", at_most_s=60)
        d.wait(8)
    assert d.session.stage is stage
    for _ in range(2):
        assert "conversation.here" in said(d.says("there", words=3))
        d.wait(10)


def test_hello_does_not_stop_the_opening() -> None:
    """Who says "hello" into the first words hears them to their end, and no second greeting."""
    d = Driver()
    d.wait(1)
    assert "conversation.here" not in said(d.says("there", words=1))


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


def test_late_yes_is_still_taken() -> None:
    """Words that come after their time was up count, if they still mean something."""
    d = Driver().invited()
    d.wait(1)
    d.utterances += 1
    d.starts()
    d.wait(0.4)
    d.ends()
    d.wait(4)
    d._understood(("yes",), 1, final=True)
    d.wait(0.4)
    assert d.lines[-1] == "check-in.before"


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


@pytest.mark.parametrize(
    ("digits", "line"),
    [
        ("1", "check-in.before-phone"),
        ("2", "feet-and-room.leave"),
        ("4", "feet-and-room.ready-phone"),
        ("5", "feet-and-room.ready-phone"),
        ("7", "wait-with-me.begin"),
        ("0", "crisis.numbers"),
        ("#", "feet-and-room.ready-phone"),
        ("9", "keys.yes-no"),
    ],
)
def test_keys_do_what_the_introduction_says(digits: str, line: str) -> None:
    """One and two answer, four and five say it again, seven stays, zero reads the numbers."""
    d = Driver(via="phone").invited()
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
