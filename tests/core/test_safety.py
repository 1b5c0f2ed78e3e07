"""Crisis and violence: heard everywhere, answered first, and never an end."""

import pytest
from core_driver import Driver, said

from voice_agent.core import inputs as i
from voice_agent.core.findings import CrisisFlagged, ViolenceFlagged
from voice_agent.core.stages import Stage


@pytest.mark.parametrize(
    ("cue", "line"),
    [
        ("crisis_emergency", "crisis.emergency"),
        ("harm_other", "crisis.harm-other"),
    ],
)
def test_words_of_crisis_are_answered_on_a_partial(cue: str, line: str) -> None:
    """While the person still speaks, whatever was being said."""
    d = Driver().guided()
    d.utterances += 1
    d.starts()
    assert said(d.partial(cue)) == [line]
    assert isinstance(d.findings[-1], CrisisFlagged)


def test_the_plain_question_is_decided_on_at_once_and_waits_for_the_end_of_the_sentence() -> None:
    """The page shows the numbers; nobody is asked into their own words."""
    d = Driver().guided()
    d.wait(1)
    d.utterances += 1
    d.starts()
    out = d.partial("crisis")
    assert said(out) == []
    assert isinstance(d.findings[-1], CrisisFlagged)
    assert (d.state, d.session.shown.resources) == ("crisis", "crisis")
    assert {choice.id for choice in d.session.shown.choices} == {"yes", "no"}
    assert said(d.wait(1)) == []
    assert said(d.ends()) == ["crisis.ask"]
    d._understood(("crisis",), 12, final=True)
    d.until(line="crisis.line", at_most_s=20)
    assert d.lines.count("crisis.ask") == 1


def test_the_plain_question_waits_a_second_and_a_half_at_most() -> None:
    """Somebody who goes on and on is asked nevertheless."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis")
    assert said(d.wait(1.4)) == []
    assert said(d.wait(0.2)) == ["crisis.ask"]


def test_the_plain_question_is_asked_when_the_words_are_final() -> None:
    """Also where the next sentence, or something else in the room, has begun."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis")
    d.wait(0.3)
    assert said(d._understood(("crisis",), 5, final=True)) == ["crisis.ask"]


def test_a_stop_while_the_plain_question_waits_is_final() -> None:
    """Nothing is said into it; going on asks."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis")
    d.taps("stop")
    assert said(d.wait(3)) == []
    d.ends()
    assert said(d.wait(3)) == []
    assert said(d.taps("go_on")) == ["crisis.ask"]


@pytest.mark.parametrize(("cues", "lines"), [((), []), (("crisis_check",), ["crisis.check"])])
def test_what_is_only_possibly_meant_is_asked_about_when_its_words_are_final(
    cues: tuple[str, ...], lines: list[str]
) -> None:
    """A name that is heard as another word for a moment asks nobody about their life."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    assert said(d.partial("crisis_check")) == []
    assert not any(isinstance(f, CrisisFlagged) for f in d.findings)
    d.ends()
    d.wait(0.3)
    assert said(d._understood(cues, 5, final=True)) == lines


def test_a_gentle_check_that_becomes_the_plain_question_never_begins() -> None:
    """Only the plain question is heard, and whole."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis_check")
    d.wait(0.4)
    d.partial("crisis_check", "crisis")
    d.wait(0.4)
    out = d.ends() + d._understood(("crisis_check", "crisis"), 9, final=True) + d.wait(2)
    assert said(out) == ["crisis.ask"]


def test_one_utterance_is_asked_about_once_and_the_next_again() -> None:
    """Revisions of one utterance ask once; another utterance asks again."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis")
    assert said(d.partial("crisis", words=9)) == []
    d.ends()
    d._understood(("crisis",), 12, final=True)
    d.wait(2)
    assert d.lines.count("crisis.ask") == 1
    d.says("no")
    d.until(state="listening", at_most_s=30)
    assert said(d.says("crisis")) == ["crisis.ask"]


def test_utterance_that_becomes_an_emergency_is_answered_as_one() -> None:
    """More of the same utterance may be more urgent than its beginning."""
    d = Driver().listening()
    d.utterances += 1
    d.starts()
    d.partial("crisis")
    d.wait(1.6)
    assert d.lines[-1] == "crisis.ask"
    assert said(d.partial("crisis", "crisis_emergency")) == ["crisis.emergency"]


def test_an_emergency_puts_its_number_first_on_the_page() -> None:
    """As long as the voice gives that number, the page shows it before any other."""
    d = Driver().listening()
    d.says("crisis_emergency")
    assert d.session.shown.hint == "emergency"
    d.until(line="crisis.emergency-again", at_most_s=60)
    assert d.session.shown.hint == "emergency"


def test_under_an_emergency_nothing_is_asked() -> None:
    """More words of crisis repeat the emergency number."""
    d = Driver().listening()
    d.says("crisis_emergency")
    assert said(d.says("crisis")) == ["crisis.emergency"]


@pytest.mark.parametrize(
    ("cue", "line"),
    [
        ("yes", "crisis.line"),
        ("no", "crisis.believed"),
        ("flat", "crisis.line"),
        ("crisis", "crisis.line"),
    ],
)
def test_question_is_answered_by_words(cue: str, line: str) -> None:
    """A yes, something unclear and more words of crisis give the line; a no is believed."""
    d = Driver().listening()
    d.says("crisis")
    d.wait(4)
    assert said(d.says(cue)) == [line]


def test_no_answer_gives_the_line() -> None:
    """Silence after the question is no denial."""
    d = Driver().listening()
    d.says("crisis")
    d.until(line="crisis.line", at_most_s=20)


@pytest.mark.parametrize("cue", ["crisis", "crisis_check"])
@pytest.mark.parametrize("how", ["sound", "word"])
def test_hum_never_answers_a_question_of_safety(cue: str, how: str) -> None:
    """A hum is neither yes nor no nor anything else here: the question stays open."""
    d = Driver().listening()
    d.says(cue)
    d.wait(4)
    asked = d.lines[-1]
    assert said(d.hums() if how == "sound" else d.says("hum")) == []
    assert d.lines[-1] == asked


def test_believed_no_goes_on_listening() -> None:
    """A spoken no is believed: the line is named once, the number steps back, talk goes on."""
    d = Driver().listening()
    d.says("crisis")
    d.wait(4)
    d.says("no")
    d.until(state="listening", at_most_s=30)
    assert d.session.shown.resources == "quiet"


def test_crisis_stays_open_for_hours() -> None:
    """After a crisis neither the ladder nor two stops nor goodbye ends the session."""
    d = Driver().listening()
    d.says("crisis")
    d.wait(2000)
    d.says("goodbye")
    d.wait(60)
    for _ in range(3):
        d.taps("stop")
        d.wait(10)
    d.wait(2000)
    assert d.ended is None
    d.give(i.ParticipantLeft(t=d.t))
    assert d.ended == "left"


def test_enough_after_a_practice_does_not_end_after_a_crisis() -> None:
    """The question after a practice has no way out once words of crisis were heard."""
    d = Driver().listening()
    d.says("crisis_check")
    d.wait(4)
    d.says("no")
    d.until(state="listening", at_most_s=30)
    d.taps("choice", "feet-and-room")
    d.until(line="goodbye.after", at_most_s=300)
    d.taps("choice", "enough")
    d.wait(60)
    assert d.session.stage is Stage.WAITING
    assert d.ended is None


@pytest.mark.parametrize(("via", "lines"), [("web", []), ("phone", ["crisis.attacked-phone"])])
def test_attack_is_answered_by_silence(via: str, lines: list[str]) -> None:
    """The page speaks nothing; the phone says only which key gives numbers."""
    d = Driver(via=via).guided()
    d.wait(1)
    assert said(d.says("violence_now")) == lines
    assert said(d.wait(300)) == []
    assert isinstance(d.findings[-1], ViolenceFlagged)
    assert d.session.shown.resources == "attacked"
    d.taps("stop")
    assert d.ended is None


@pytest.mark.parametrize("cue", ["harm_other", "crisis", "crisis_check", "crisis_emergency"])
def test_nothing_is_spoken_after_an_attack_until_the_person_goes_on(cue: str) -> None:
    """Whoever attacks may still be in the room: the number is shown large instead."""
    d = Driver().guided()
    d.says("violence_now")
    d.wait(3)
    assert said(d.says(cue)) == []
    assert d.session.shown.resources == "crisis"
    assert isinstance(d.findings[-1], CrisisFlagged)
    d.taps("go_on")
    d.wait(3)
    d.taps("stop")
    d.wait(3)
    assert said(d.says("crisis")) == ["crisis.ask"]


def test_going_on_after_an_attack_listens() -> None:
    """What was hushed is gone; going on begins with listening, not with a dead end."""
    d = Driver().guided()
    d.says("violence_now")
    d.wait(20)
    assert said(d.taps("go_on")) == ["conversation.listening"]
    assert d.session.stage is Stage.LISTENING


def test_words_of_violence_show_help_and_leave_the_talk_alone() -> None:
    """The number is shown small, and the session is not ended by silence any more."""
    d = Driver().listening()
    d.says("violence", words=9)
    assert d.session.shown.resources == "violence"
    d.wait(2000)
    assert d.ended is None


def test_words_of_violence_never_make_a_large_number_small() -> None:
    """What a crisis showed stays."""
    d = Driver().listening()
    d.says("crisis")
    d.says("violence")
    assert d.session.shown.resources == "crisis"


def test_stop_and_a_person_in_one_breath_are_both_heard() -> None:
    """After "stop, I want a person" it is silent, and the numbers are named."""
    d = Driver().guided()
    d.utterances += 1
    d.starts()
    d.partial("stop")
    d.ends()
    d._understood(("stop", "person"), 6, final=True)
    d.wait(2)
    assert d.session.stage is Stage.STOPPED
    assert d.lines[-1] == "conversation.person"


def test_words_of_violence_during_the_goodbye_keep_the_session_open() -> None:
    """The goodbye is said to its end, and then it listens instead of ending."""
    d = Driver().listening()
    d.says("goodbye")
    d.says("violence", words=2)
    d.until(state="listening", at_most_s=40)
    assert d.ended is None
    assert d.session.stage is Stage.LISTENING


def test_a_yes_to_the_gentle_check_shows_the_number_large() -> None:
    """What the check was about is no film any more: the page shows what the voice will say."""
    d = Driver().listening()
    d.says("crisis_check")
    assert d.session.shown.resources is None
    d.until(state="listening", at_most_s=10)
    assert said(d.says("yes")) == ["crisis.ask"]
    assert d.session.shown.resources == "crisis"
    assert d.state == "crisis"


@pytest.mark.parametrize(("cues", "words"), [(("dont_know",), 3), ((), 2), ((), 9)])
def test_doubt_at_the_gentle_check_is_asked_about_plainly(
    cues: tuple[str, ...], words: int
) -> None:
    """Doubt is not a no: the plain question follows, and the number stands large."""
    d = Driver().listening()
    d.says("crisis_check")
    d.until(state="listening", at_most_s=10)
    assert said(d.says(*cues, words=words)) == ["crisis.ask"]
    assert d.session.shown.resources == "crisis"


def test_talk_long_after_the_gentle_check_is_not_asked_about() -> None:
    """Nothing was said to the check; what is told later is something else."""
    d = Driver().listening()
    d.says("crisis_check")
    d.until(line="crisis.checked", at_most_s=20)
    d.until(state="listening", at_most_s=30)
    d.wait(5)
    assert "crisis.ask" not in said(d.says(words=12))


def test_the_emergency_number_stays_first_for_the_rest_of_the_session() -> None:
    """When the voice has gone over to staying, and later in a practice, the page keeps it so."""
    d = Driver().listening()
    assert not d.session.shown.emergency
    d.says("crisis_emergency")
    for line in ("emergency-stay", "emergency-reminder"):
        d.until(line=f"crisis.{line}", at_most_s=120)
        assert d.session.shown.emergency
    d.until(state="waiting", at_most_s=120)
    assert d.session.shown.emergency
    d.taps("choice", "feet-and-room")
    assert d.session.shown.emergency


def test_the_number_is_said_slowly_once_more_before_it_stays_in_silence() -> None:
    """Whoever could not write it down in the first minute hears it again."""
    d = Driver().listening()
    d.says("crisis")
    d.until(line="wait-with-me.begin", at_most_s=200)
    assert d.lines[-6:] == [
        "crisis.line", "crisis.limits", "crisis.again", "crisis.stay", "crisis.reminder",
        "wait-with-me.begin",
    ]  # fmt: skip
