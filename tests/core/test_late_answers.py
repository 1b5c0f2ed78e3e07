"""Answers that come late, or while something else is said: they count until more is said."""

import pytest
from core_driver import Driver, said

from voice_agent.core import inputs as i
from voice_agent.core.findings import SilenceReached
from voice_agent.core.stages import Stage


def shown(d: Driver) -> list[str]:
    """What can be tapped just now."""
    picture = d.session.shown
    return [choice.id for choice in picture.choices] if picture else []


def lapsed(*, via: str = "web") -> Driver:
    """Somebody lets an offer pass; ten seconds later they are still looking at it."""
    d = Driver(via=via).offered()
    d.wait(27)
    assert d.lines[-1].startswith("ladder.offer")
    return d


@pytest.mark.parametrize("how", ["tap", "first", "hum", "word", "name"])
def test_an_offer_that_passed_can_still_be_taken(how: str) -> None:
    """It stands on the page until something else is said, and so it is answered."""
    d = lapsed()
    assert d.state == "offering"
    assert shown(d) == ["feet-and-room", "name-it"]
    out = {
        "tap": lambda: d.taps("choice", "feet-and-room"),
        "first": lambda: d.taps("choice", "first"),
        "hum": d.hums,
        "word": lambda: d.says("yes"),
        "name": lambda: d.says("feet-and-room"),
    }[how]()
    assert said(out) == ["feet-and-room.invite"]


@pytest.mark.parametrize(
    ("digit", "line"),
    [("1", "feet-and-room.invite"), ("2", "name-it.invite"), ("7", "wait-with-me.begin")],
)
def test_keys_take_an_offer_that_passed(digit: str, line: str) -> None:
    """On the phone, too."""
    assert said(lapsed(via="phone").presses(digit)) == [line]


def test_a_late_no_to_an_offer_is_a_no() -> None:
    """The next offer is far away, and it listens."""
    d = lapsed()
    assert said(d.says("no")) == ["ladder.stay"]
    assert d.session.stage is Stage.LISTENING
    assert not d.session._talk.offers.may(d.now + 100)


def test_an_offer_that_passed_is_no_question_any_more_for_somebody_who_talks() -> None:
    """Talk takes it from the page; a murmur is answered by nothing at all."""
    d = lapsed()
    assert said(d.says(words=2)) == []
    assert d.state == "offering"
    d.says(words=12)
    assert (d.state, shown(d)) == ("listening", ["feet-and-room", "name-it", "stay"])


def test_an_offer_that_passed_leads_on_to_company() -> None:
    """The ladder counts on below it: no soft word, no second offer, and then it stays."""
    d = lapsed()
    d.until(state="waiting", at_most_s=40)
    assert shown(d) == ["feet-and-room", "name-it", "enough"]
    rungs = [f.rung for f in d.findings if isinstance(f, SilenceReached)]
    assert rungs == ["soft", "offer", "wait"]


def test_help_wanted_after_an_offer_passed_is_offered_again() -> None:
    """The same two choices, said once more."""
    assert said(lapsed().says("help")) == ["ladder.offer"]


def asked_about_a_life() -> Driver:
    """Asked the plain question, somebody cannot answer for eight seconds: the number is said."""
    d = Driver().listening()
    d.says("crisis")
    d.until(line="crisis.line", at_most_s=20)
    d.wait(1)
    return d


def test_the_question_about_a_life_can_be_answered_while_the_number_is_said() -> None:
    """Yes and no stay on the page until more is said; then it is too late."""
    d = asked_about_a_life()
    assert shown(d) == ["yes", "no"]
    assert said(d.taps("choice", "no")) == ["crisis.believed"]
    d = asked_about_a_life()
    d.until(line="crisis.limits", at_most_s=20)
    assert shown(d) == []
    assert said(d.taps("choice", "no")) == []


def test_a_late_yes_about_a_life_changes_nothing_that_is_said() -> None:
    """What a yes leads to is being said already; the buttons go, so that it was seen."""
    d = asked_about_a_life()
    assert said(d.taps("choice", "yes")) == []
    assert shown(d) == []
    assert not d.quiet()


@pytest.mark.parametrize(("after_s", "line"), [(0.5, "crisis.believed"), (5.0, "crisis.line")])
def test_a_spoken_no_after_the_number_is_not_taken_for_the_answer(
    after_s: float, line: str
) -> None:
    """Begun with the question in mind it is believed; later it may mean "I will not call"."""
    d = Driver().listening()
    d.says("crisis")
    d.until(line="crisis.line", at_most_s=20)
    d.wait(after_s)
    d.says("no")
    assert d.lines[-1] == line


def test_a_late_yes_to_the_gentle_check_is_asked_about() -> None:
    """Also when it had gone back to listening."""
    d = Driver().listening()
    d.says("crisis_check")
    d.until(line="crisis.checked", at_most_s=20)
    d.until(state="listening", at_most_s=30)
    assert shown(d) == ["yes", "no"]
    assert said(d.says("yes")) == ["crisis.ask"]
    assert d.session.shown.resources == "crisis"
    assert d.session.stage is Stage.CRISIS


@pytest.mark.parametrize("how", ["tap", "word", "key"])
def test_a_late_no_leaves_the_practice_that_silence_had_begun(how: str) -> None:
    """Silence was taken for a yes; a no over the first line is heard."""
    d = Driver().invited()
    d.until(line="feet-and-room.feet", at_most_s=40)
    d.wait(1)
    out = {
        "tap": lambda: d.taps("choice", "no"),
        "word": lambda: d.says("no"),
        "key": lambda: d.presses("2"),
    }[how]()
    assert said(out) == ["feet-and-room.leave"]


def test_a_late_yes_does_not_begin_the_practice_anew() -> None:
    """It goes on where it is."""
    d = Driver().invited()
    d.until(line="feet-and-room.feet", at_most_s=40)
    d.wait(1)
    assert said(d.taps("choice", "yes")) == []
    assert not d.quiet()


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ("again", "feet-and-room.invite"),
        ("something-else", "ladder.offer"),
        ("enough", "goodbye.bye"),
    ],
)
def test_what_comes_after_a_practice_may_be_chosen_much_later(choice: str, line: str) -> None:
    """While it stays in silence nothing else is said, so the choices stand."""
    d = Driver().guided()
    d.until(line="goodbye.stay", at_most_s=200)
    d.wait(60)
    assert choice in shown(d)
    assert said(d.taps("choice", choice)) == [line]


def test_yes_while_it_says_that_it_cannot_hear_is_kept() -> None:
    """The words came late, and it had just said that it makes out none: they are taken."""
    d = Driver().invited()
    d.wait(1)
    d.utterances += 1
    d.starts()
    d.wait(0.4)
    d.ends()
    d.wait(2.9)
    assert said(d.give(i.EngineFailed(t=d.t, engine="stt", reason="late"))) == [
        "conversation.cannot-hear"
    ]
    d.wait(1)
    d._understood(("yes",), 1, final=True)
    d.wait(0.9)
    assert d.lines[-1] == "check-in.before"


def test_key_one_while_the_keys_are_read_answers_the_question_below() -> None:
    """Who asked for the keys in order to answer may answer at once."""
    d = Driver(via="phone").offered()
    d.wait(2)
    d.presses("9")
    d.wait(1)
    assert said(d.presses("1")) == ["feet-and-room.invite"]


def test_key_two_while_the_numbers_are_read_answers_nothing() -> None:
    """A line of safety is never left for an answer to what was asked before it."""
    d = Driver(via="phone").offered()
    d.wait(2)
    d.presses("0")
    d.wait(1)
    assert said(d.presses("2")) == []
    assert d.lines[-1] == "crisis.numbers"


def test_words_that_were_not_made_out_are_said_to_be_lost_once() -> None:
    """A few words that answer nothing: it says so, kindly, and not a second time."""
    d = Driver().invited()
    d.wait(3)
    assert said(d.says(words=2)) == ["conversation.not-caught"]
    d.wait(8)
    assert said(d.says(words=2)) == []
    assert said(d.says("yes")) == ["check-in.before"]


def test_it_says_that_it_hears_again_where_it_had_said_that_it_does_not() -> None:
    """Once, and not into what is being said."""
    d = Driver().listening()
    d.give(i.EngineFailed(t=d.t, engine="stt"))
    d.wait(1)
    d.give(i.EngineRecovered(t=d.t, engine="stt"))
    assert d.lines[-1] == "conversation.cannot-hear"
    d.until(line="conversation.hear-again", at_most_s=15)
    d.give(i.EngineFailed(t=d.t, engine="stt"))
    d.give(i.EngineRecovered(t=d.t, engine="stt"))
    d.wait(5)
    assert d.lines.count("conversation.hear-again") == 1


def test_words_that_were_understood_are_not_said_to_be_lost() -> None:
    """It waits on, and says nothing untrue."""
    d = Driver().invited()
    d.wait(3)
    assert said(d.says("flat", words=3)) == []


def test_an_offer_that_passed_is_made_again_after_a_restart() -> None:
    """Whoever comes back hears what there was to choose."""
    d = lapsed()
    d.player.stop()
    d.give(i.ConnectionRestored(t=d.t, after="restart"))
    d.until(line="ladder.offer", at_most_s=20)
