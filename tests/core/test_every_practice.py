"""Every practice in the library comes to its end: in silence, by keys, by words, interrupted."""

from collections.abc import Callable

import pytest
from core_driver import SECONDS_A_WORD, Driver, shipped_library

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core.script import Line, Script

PRACTICES = [script.id for script in shipped_library().values() if script.kind == "practice"]
VIAS = ("web", "phone", "taps")
WITHOUT_WORDS = (frozenset({"yes", "first"}), frozenset({"no", "second", "stay"}))
"""What key 1 or a hum, and what key 2 or 7, can answer (see core.intents)."""
GIVEN_ALONE = frozenset({"silence", "other", "rated", "skip", "again"})
"""Answers for which no choice need be shown: each is given by words, or by nothing."""

COMPANY = "wait-with-me"
"""Company in silence: words at it are a conversation that begins, not an aside."""

every_practice = pytest.mark.parametrize("practice", PRACTICES)


def script_of(practice: str) -> Script:
    return shipped_library()[practice]


def begun(practice: str, via: str = "web") -> Driver:
    """Choose a practice instead of hearing the first words out."""
    d = Driver(join=False)
    over = "phone" if via == "phone" else "web"
    d.give(i.ParticipantJoined(t=0.0, via=over, microphone=via != "taps"))
    d.taps("choice", practice)
    return d


def here(d: Driver, practice: str) -> Line | None:
    """The line of this practice that we are at, or None once it is over."""
    position = d.session.position
    return d.library[practice].line(position[1]) if position and position[0] == practice else None


def between(d: Driver) -> bool:
    """Whether something was put in between, such as the question for a number."""
    place = d.session._talk.guide.place
    return place is not None and place.between


def said_of(d: Driver, practice: str) -> list[str]:
    """The ids of this practice's lines that were said, in their order."""
    return [o.line for o in d.outputs if isinstance(o, c.Say) and o.script == practice]


def silent_way(practice: str, via: str) -> list[str]:
    """The ids of the lines that somebody hears who never makes a sound."""
    script = script_of(practice)
    ids = {line.id for line in script.lines}
    way: list[str] = []
    now = script.first
    while now in ids:
        way.append(f"{now}-{via}" if f"{now}-{via}" in ids else now)
        line = script.line(way[-1])
        now = line.answers["silence"] if line.is_question else script.after(now)
        assert len(way) <= len(ids), f"{practice} goes round in circles at {now}"
    return way


def to_its_end(d: Driver, practice: str, at: Callable[[Line], object] | None = None) -> None:
    """Let time go by until the practice is over; `at` does something once at each new line."""
    left_s = script_of(practice).minutes * 180 + 120
    done: list[str] = []
    while (line := here(d, practice)) is not None:
        if at is not None and line.id not in done and not between(d):
            done.append(line.id)
            at(line)
        d.wait(0.5)
        left_s -= 0.5
        assert left_s > 0, f"{practice} does not end: {d.lines}"


@every_practice
@pytest.mark.parametrize("via", VIAS)
def test_who_never_makes_a_sound_hears_the_practice_to_its_end(practice: str, via: str) -> None:
    """Each line of the silent way comes once, in its order, and nothing is ended by it."""
    d = begun(practice, via)
    to_its_end(d, practice)
    assert said_of(d, practice) == silent_way(practice, via)
    assert d.ended is None


@every_practice
@pytest.mark.parametrize("key", ["1", "2"])
def test_one_key_alone_leads_to_the_end(practice: str, key: str) -> None:
    """Whoever presses the same key at each new question, and nothing else, comes to an end."""
    d = begun(practice, "phone")
    to_its_end(d, practice, lambda line: d.presses(key) if line.is_question else None)
    assert d.ended is None


@every_practice
@pytest.mark.parametrize("word", ["yes", "no", "hum"])
def test_one_word_alone_leads_to_the_end(practice: str, word: str) -> None:
    """Also whoever says yes, says no, or hums at each new question, and nothing else."""

    def at(line: Line) -> None:
        if line.is_question:
            _ = d.hums() if word == "hum" else d.says(word)

    d = begun(practice)
    to_its_end(d, practice, at)
    assert d.ended is None


@every_practice
@pytest.mark.parametrize("words", [2, 9])
def test_an_aside_at_each_line_stops_nothing(practice: str, words: int) -> None:
    """Whoever says something else in the middle of each line still comes to the end."""
    d = begun(practice)

    def at(_: Line) -> None:
        d.wait(0.4)
        d.says(words=words)

    to_its_end(d, practice, at)
    assert d.ended is None
    if practice == COMPANY:
        return
    heard = _heard_out(d, practice)
    texts = {line.id for line in script_of(practice).lines if line.on_speech == "resume"}
    assert [each for each in said_of(d, practice) if each in texts and each not in heard] == []


@every_practice
def test_an_aside_in_each_silence_stops_nothing(practice: str) -> None:
    """The same where it is said after the words of each line."""
    d = begun(practice)

    def at(line: Line) -> None:
        d.wait(len(line.spoken.split()) * SECONDS_A_WORD + 0.2)
        d.says(words=2)

    to_its_end(d, practice, at)
    assert d.ended is None


@every_practice
@pytest.mark.parametrize("control", ["pause", "stop"])
def test_a_pause_or_a_stop_at_each_line_can_be_undone(practice: str, control: str) -> None:
    """Whoever taps pause, or stop, in the middle of each line and then goes on loses nothing."""
    d = begun(practice)

    def at(_: Line) -> None:
        d.wait(0.4)
        d.taps(control)
        assert d.quiet()
        d.wait(6)
        assert d.quiet()
        d.taps("go_on")

    to_its_end(d, practice, at)
    assert d.ended is None
    assert set(silent_way(practice, "web")) <= _heard_out(d, practice)


def _heard_out(d: Driver, practice: str) -> set[str]:
    """The lines of which the last word was played."""
    ends = (e for e in d.inputs if isinstance(e, i.PlayoutFinished) and not e.stopped)
    return {e.line for e in ends if e.script == practice}


def walked(practice: str, via: str, answers: tuple[str, ...]) -> tuple[Driver, Line | None]:
    """Skip from question to question and give these answers; the next question, or None."""
    d = begun(practice, via)
    left = list(answers)
    for _ in range(200):
        line = here(d, practice)
        if line is None:
            return d, None
        if between(d) or not line.is_question:
            d.taps("skip")
        elif left:
            d.taps("choice", left.pop(0))
        else:
            return d, line
    raise AssertionError(f"{practice} goes round in circles: {d.lines}")


@every_practice
def test_every_branch_is_reached_and_ends(practice: str) -> None:
    """Each answer to each question leads on, each way ends, and each line is on one of them."""
    said: set[str] = set()
    for via in VIAS:
        tried: set[tuple[str, str]] = set()
        todo: list[tuple[str, ...]] = [()]
        while todo:
            answers = todo.pop(0)
            d, question = walked(practice, via, answers)
            said.update(said_of(d, practice))
            for key in question.answers if question else ():
                if question and (question.id, key) not in tried:
                    tried.add((question.id, key))
                    todo.append((*answers, key))
    assert sorted({line.id for line in script_of(practice).lines} - said) == []


@every_practice
def test_every_question_can_be_answered_without_words(practice: str) -> None:
    """By key 1 or a hum, by key 2 or 7, and by a tap wherever an answer leads."""
    for line in script_of(practice).lines:
        if not line.is_question:
            continue
        answers = set(line.answers)
        for some in WITHOUT_WORDS:
            assert answers & some, f"{practice}.{line.id} lacks one of {sorted(some)}"
        shown = [choice.id for choice in line.show.choices] if line.show else []
        ways = {line.answers[each] for each in shown if each in answers}
        missing = {each for each in answers - GIVEN_ALONE if line.answers[each] not in ways}
        assert not missing, f"{practice}.{line.id} shows no choice for {sorted(missing)}"


@every_practice
def test_who_says_no_at_first_is_led_to_the_leaving_alone(practice: str) -> None:
    """A no to the invitation is taken at once: nothing of the practice itself is said."""
    first = next((line for line in script_of(practice).lines if line.is_question), None)
    if first is None:
        return
    d, question = walked(practice, "web", ())
    assert question == first
    before = len(said_of(d, practice))
    d.says("no")
    to_its_end(d, practice)
    after = said_of(d, practice)[before:]
    assert after == [first.answers["no"]]
