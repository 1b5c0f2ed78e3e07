"""Taps and keys instead of words: there is always something to tap, and no key costs time."""

import pytest
from core_driver import Driver, said

from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage

MENU = [("feet-and-room", "Feet and room"), ("name-it", "A word for it"), ("stay", "Just stay")]


def unheard() -> Driver:
    """Somebody who has no microphone, or does not want one."""
    d = Driver(join=False)
    d.give(i.ParticipantJoined(t=0.0, via="web", microphone=False))
    return d


def shown(d: Driver) -> list[tuple[str, str]]:
    picture = d.session.shown
    return [(choice.id, choice.label) for choice in picture.choices] if picture else []


def test_without_a_microphone_there_is_something_to_tap_with_the_first_question() -> None:
    """Two practices and staying, from the question on, and through the listening after it."""
    d = unheard()
    assert shown(d) == []
    d.until(line="opening.need-taps", at_most_s=30)
    assert shown(d) == MENU
    d.until(state="here", at_most_s=30)
    assert shown(d) == MENU
    d.until(line="ladder.soft-1", at_most_s=20)
    assert shown(d) == MENU
    assert said(d.taps("choice", "name-it")) == ["name-it.invite"]


def test_a_tap_over_the_first_question_leaves_the_opening() -> None:
    """Nobody has to hear it out."""
    d = unheard()
    d.until(line="opening.need-taps", at_most_s=30)
    assert said(d.taps("choice", "stay")) == ["wait-with-me.begin"]
    assert d.session.stage is Stage.WAITING


def test_nobody_who_cannot_be_heard_is_told_to_speak_or_that_it_listens() -> None:
    """The words are about taps, and the page says that it is here."""
    d = unheard()
    d.until(state="here", at_most_s=30)
    assert "opening.quiet-taps" in d.lines
    d.until(state="waiting", at_most_s=80)
    d.taps("stop")
    d.wait(3)
    d.taps("go_on")
    d.until(line="ladder.end-first-taps", at_most_s=800)
    spoken = [d.library[line.split(".")[0]].line(line.split(".")[1]).spoken for line in d.lines]
    assert not any("say " in text.lower() or "listening" in text.lower() for text in spoken)


def test_where_words_cannot_be_made_out_there_is_something_to_tap() -> None:
    """It says that taps still work, and shows some; the page does not say that it listens."""
    d = Driver().listening()
    assert (d.state, shown(d)) == ("listening", MENU)
    d.give(i.EngineFailed(t=d.t, engine="stt"))
    assert shown(d) == MENU
    d.until(state="here", at_most_s=20)
    d.give(i.EngineRecovered(t=d.t, engine="stt"))
    d.until(state="listening", at_most_s=20)
    assert shown(d) == MENU


def test_whoever_tapped_once_finds_something_to_tap() -> None:
    """Also with a microphone; where we stay already, an end stands in the place of staying."""
    d = Driver().listening()
    d.taps("just_stay")
    assert [choice for choice, _ in shown(d)] == ["feet-and-room", "name-it", "enough"]
    assert said(d.taps("choice", "enough")) == ["goodbye.bye"]


def test_nothing_stands_beside_the_large_number() -> None:
    """In a crisis everything else steps back."""
    d = Driver().listening()
    d.taps("just_stay")
    d.says("crisis")
    d.until(state="waiting", at_most_s=200)
    assert d.session.shown.resources == "crisis"
    assert shown(d) == []


@pytest.mark.parametrize("digit", ["1", "6", "8"])
def test_a_key_while_it_listens_leads_to_the_offer_at_once(digit: str) -> None:
    """Whoever presses something wants something: the offer says which keys choose."""
    d = Driver(via="phone").listening()
    d.wait(20)
    assert said(d.presses(digit)) == ["ladder.offer-phone"]


def test_key_two_while_it_listens_is_a_no_that_is_heard() -> None:
    """No, thank you: that is fine."""
    d = Driver(via="phone").listening()
    assert said(d.presses("2")) == ["ladder.stay"]


def test_a_key_that_means_nothing_takes_no_time_from_anybody() -> None:
    """Neither the practice nor the count of the silence is touched by it."""
    d = Driver(via="phone").guided()
    d.wait(1)
    assert d.presses("6") == []
    d = Driver(via="phone").offered()
    d.wait(5)
    d.presses("8")
    d.until(state="waiting", at_most_s=27)


def test_a_key_at_the_first_question_answers_it() -> None:
    """On the phone, one at the question is a wish for something, two is none."""
    d = Driver(via="phone")
    d.until(line="opening-phone.need", at_most_s=40)
    assert said(d.presses("1")) == ["ladder.offer-phone"]
    d = Driver(via="phone")
    d.until(line="opening-phone.need", at_most_s=40)
    assert said(d.presses("2")) == ["ladder.stay"]
    assert d.session.stage is Stage.LISTENING
