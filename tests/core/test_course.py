"""What follows a line, an answer and a choice: offers, practices, the check-in, goodbye."""

import pytest
from core_driver import Driver, said

from voice_agent.core import inputs as i
from voice_agent.core.stages import Stage


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


@pytest.mark.parametrize("cues", [("dont_know",), ("whatever",), ("im_fine",), ()])
@pytest.mark.parametrize("at_s", [1, 20, 27])
def test_whoever_does_not_know_is_told_at_once_that_they_need_not_choose(
    cues: tuple[str, ...], at_s: float
) -> None:
    """Over the offer, after it and when it passed; what is offered stands, and then it stays."""
    d = Driver().offered()
    d.wait(at_s)
    expected = [] if at_s == 27 and not cues else ["ladder.no-need"]
    assert said(d.says(*cues, words=3)) == expected
    d.wait(6)
    assert [choice.id for choice in d.session.shown.choices] == ["feet-and-room", "name-it"]
    assert said(d.says(*cues, words=3)) == []
    assert d.lines.count("ladder.offer") == 1
    d.until(state="waiting", at_most_s=90)


def test_a_choice_counts_while_it_says_that_none_is_needed() -> None:
    """Whoever knows after all is followed."""
    d = Driver().offered()
    d.wait(1)
    d.says("dont_know", words=3)
    assert said(d.says("yes")) == ["feet-and-room.invite"]


@pytest.mark.parametrize("cues", [(), ("dont_know",), ("flat",)])
@pytest.mark.parametrize("words", [2, 5])
def test_words_that_are_no_yes_never_begin_a_practice(cues: tuple[str, ...], words: int) -> None:
    """After "this is not helping" it waits once more, and then leaves gently."""
    d = Driver().invited()
    d.wait(3)
    d.says(*cues, words=words)
    d.until(line="feet-and-room.leave", at_most_s=30)
    assert "feet-and-room.feet" not in d.lines


def test_a_yes_after_words_that_were_none_begins_the_practice() -> None:
    """It waits once more for just that."""
    d = Driver().invited()
    d.wait(3)
    d.says(words=5)
    assert said(d.says("yes")) == ["check-in.before"]


@pytest.mark.parametrize(
    ("cues", "line"),
    [((), "found"), (("numb",), "found"), (("dont_know",), "open"), (("nothing",), "open")],
)
def test_not_to_know_a_word_is_no_word(cues: tuple[str, ...], line: str) -> None:
    """Any other words are the word that was looked for."""
    d = Driver().offered()
    d.taps("choice", "name-it")
    d.taps("choice", "yes")
    d.taps("skip")
    d.until(line="name-it.word", at_most_s=60)
    d.wait(9)
    assert said(d.says(*cues, words=3)) == [f"name-it.{line}"]


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
    d.taps("skip")
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
    assert said(d.presses("#")) == ["goodbye.after-phone"]


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


def test_to_just_stay_is_one_of_the_choices_after_a_practice() -> None:
    """Nobody has to want anything."""
    d = Driver().guided()
    d.until(line="goodbye.after", at_most_s=180)
    assert [choice.id for choice in d.session.shown.choices] == [
        "again", "something-else", "enough", "stay",
    ]  # fmt: skip
    assert said(d.taps("choice", "stay")) == ["wait-with-me.begin"]


def test_the_question_after_a_practice_is_said_again_on_request() -> None:
    """A "say it again" repeats the question; only "again" begins the practice once more."""
    d = Driver().guided()
    d.until(line="goodbye.after", at_most_s=180)
    d.wait(8)
    assert said(d.taps("say_again")) == ["goodbye.after"]


def test_a_number_is_asked_for_before_a_practice_too() -> None:
    """Whoever said yes may say how far away it is; then the practice begins."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    assert said(d.taps("choice", "yes")) == ["check-in.before"]
    assert (d.state, d.session.shown.rating) == ("rating", "before")
    out = d.give(i.DistressRated(t=d.t, when="before", rating=6)) + d.wait(4)
    assert said(out) == ["check-in.noted", "feet-and-room.feet"]


@pytest.mark.parametrize("how", ["tap", "word", "silence", "other"])
def test_the_number_before_may_be_left_out(how: str) -> None:
    """Skipping, a no, anything else and nothing at all lead into the practice."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.taps("choice", "yes")
    d.wait(9)
    out = {
        "tap": lambda: d.taps("skip"),
        "word": lambda: d.says("no"),
        "silence": lambda: d.wait(14),
        "other": lambda: d.says(words=3),
    }[how]()
    assert said(out)[:1] == ["feet-and-room.feet"]
    assert d.session.stage is Stage.GUIDING


def test_a_practice_chosen_from_an_offer_is_not_asked_about_once_more() -> None:
    """What may be done with the eyes, and how to stop, is said; "Shall we?" is not."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    began = d.now
    d.until(line="feet-and-room.feet", at_most_s=40)
    assert d.lines[-3:] == ["feet-and-room.invite", "check-in.before", "feet-and-room.feet"]
    assert d.now - began <= 2600


def test_words_during_the_invitation_are_asked_about_after_all() -> None:
    """Saying "this is not helping" begins no practice, though it was chosen."""
    d = Driver().offered()
    d.taps("choice", "feet-and-room")
    d.wait(1)
    assert said(d.says(words=5)) == ["feet-and-room.ready"]


def test_whoever_is_silent_is_asked_for_no_number_before() -> None:
    """Silence is taken for a yes, and no second question is put into it."""
    d = Driver().invited()
    d.until(line="feet-and-room.feet", at_most_s=40)
    assert "check-in.before" not in d.lines


def test_a_practice_that_is_wanted_again_asks_for_no_number_before() -> None:
    """The number after it was asked for a moment ago."""
    d = Driver().guided()
    d.until(line="goodbye.after", at_most_s=200)
    d.taps("choice", "again")
    assert said(d.taps("choice", "yes")) == ["feet-and-room.feet"]
