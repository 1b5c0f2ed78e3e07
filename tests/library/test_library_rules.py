"""What the linter finds in a practice beyond its form: each rule on a bad example, in one sentence."""

from pathlib import Path

import pytest

from voice_agent.library import check
from voice_agent.library.catalogue import catalogue
from voice_agent.library.files import read_script
from voice_agent.library.promise import promised_minutes
from voice_agent.library.reading import grade, sentences_of, syllables
from voice_agent.library.way import line_s, silent_way
from voice_agent.shipped import shipped

GOOD = """\
id: small
kind: practice
source: G5
title: Something small
for: [solo]
minutes: 1
about: Something small, for a test.
fits: [flooded]
not_for: [heart-trouble, cold-allergy]
only_after: []
lines:
  - id: invite
    text: We could hold something cool. It takes about a minute. Eyes open is fine. You can stop at any time.
    pause_s: 2
    on_speech: answer
  - id: ready
    ask: Shall we?
    answers: {yes: hold, no: leave, silence: hold}
    wait_s: 5
    show: {choices: [{id: yes, label: Yes please}, {id: no, label: Not now}]}
  - id: ready-phone
    ask: Shall we? One is yes, two is no.
    answers: {yes: hold, no: leave, silence: hold}
    wait_s: 5
    show: {choices: [{id: yes, label: Yes please}, {id: no, label: Not now}]}
  - id: hold
    text: Hold it in one hand, and notice the weight of it.
    pause_s: 15
    show: {breath: none, hint: hand}
  - id: back
    text: Now look around the room.
    pause_s: 12
    show: {breath: none, hint: room}
    then: end
  - id: leave
    text: That is fine. We can also just stay.
    then: end
"""


def found(folder: Path, text: str) -> list[tuple[int | None, str]]:
    """Return what is found in `text` as the file of a practice: line and sentence."""
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    return [(f.line, f.sentence) for f in check(folder) if f.path == "small.yaml"]


def line_with(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_nothing_is_found_in_a_good_practice(tmp_path: Path) -> None:
    """The example that the bad ones are made from has no fault."""
    assert found(tmp_path, GOOD) == []


BREATH = "{breath: in}}\n  - {id: out-1, text: And out., lasts_s: 4, show: {breath: out}}"
NO_RETURN = (
    "    text: Now look around the room.\n    pause_s: 12\n    show: {breath: none, hint: room}"
)


@pytest.mark.parametrize(
    ("old", "new", "where", "sentence"),
    [
        (
            "notice the weight of it.",
            "notice the weight of it and the edges and the way it is warm or cool or light or not.",
            "text: Hold it",
            "the sentence 'Hold it in one …' has 26 words; write sentences of 18 at most.",
        ),
        (
            "and notice the weight of it.", "and contemplate considerable materiality throughout.",
            "text: Hold it",
            "this line reads at grade 14.3; write shorter words (as for 'considerable') or sentences.",
        ),
        (
            "minutes: 1\n", "minutes: 1.2\n", "minutes: 1.2",
            "it takes about 0.9 minutes in silence, not 1.2; write other pauses, or that length.",
        ),
        (
            "It takes about a minute. ", "It takes a while for that. ", "text: We could",
            "it does not say how long it takes; write 'It takes about two minutes.'",
        ),
        (
            "about a minute", "about five minutes", "text: We could",
            "it promises 5 minutes, and minutes is 1; write the same in both.",
        ),
        (
            "pause_s: 2\n", "pause_s: 0.5\n", "pause_s: 0.5",
            "the line 'invite' leaves 0.5 s of silence; write 1 or more.",
        ),
        (
            "    ask: Shall we?\n    answers: {yes: hold, no: leave, silence: hold}",
            "    ask: Shall we?\n    answers: {yes: hold, later: leave, no: back, silence: hold}",
            "answers:",
            "the answer 'later' of 'ready' cannot be tapped; add a choice for it to show.",
        ),
        (
            "ready-phone", "ready-taps", "answers:",
            "the question 'ready' names no keys; write 'ready-phone' that does.",
        ),
        (
            "    ask: Shall we?\n", "    ask: Shall we? Or later?\n", "ask: Shall we? Or",
            "the question 'ready' asks 2 things; write one question at a time.",
        ),
        (
            "Eyes open is fine.", "It is all fine.", "text: We could",
            "the first line lacks this; write 'Eyes open is fine.'",
        ),
        (
            "You can stop at any time.", "You can do it at any time.", "text: We could",
            "the first line lacks this; write 'You can stop at any time.'",
        ),
        (
            NO_RETURN, "    text: Now put it away again.\n    pause_s: 12\n    show: {breath: none, hint: hand}",
            "text: Now put",
            "it does not come back to the room at its end; write a line about the room, or the feet, with that hint.",
        ),
        (
            "look around the room", "look arround the room", "text: Now look",
            "'arround' is no word that the list knows; write 'around', or add it to words.toml.",
        ),
        (
            "label: Not now", "label: Not nowe", "show: {choices",
            "'nowe' is no word that the list knows; write 'now', or add it to words.toml.",
        ),
        (
            "Shall we? One is yes, two is no.", "Shall we, or not?", "ask: Shall we, or",
            "'ready-phone' names no key; write 'One is yes, two is no.'",
        ),
        (
            "source: G5", "source: G9", "source:",
            "'G9' is no row of PRACTICES; write one of A1 to G6.",
        ),
        (
            "not_for: [heart-trouble, cold-allergy]", "not_for: [heart-trouble]", "not_for:",
            "not_for lacks 'cold-allergy', which G5 asks for; add it.",
        ),
        (
            "only_after: []", "only_after: [nothing]", "only_after:",
            "'nothing' is no practice; write the id of one that orients.",
        ),
    ],
)  # fmt: skip
def test_a_rule_names_line_and_remedy(
    tmp_path: Path, old: str, new: str, where: str, sentence: str
) -> None:
    """One thing is wrong, and one sentence is found, at the line that it stands in."""
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    assert (line_with(text, where), sentence) in found(tmp_path, text)


def test_a_question_for_words_alone_is_found(tmp_path: Path) -> None:
    """A hum and the keys need an answer each to give."""
    text = GOOD.replace("{yes: hold, no: leave, silence: hold}", "{other: hold, silence: leave}")
    text = text.replace("{choices: [{id: yes, label: Yes please}, {id: no, label: Not now}]}", "{}")
    sentences = [sentence for _, sentence in found(tmp_path, text)]
    assert "the question 'ready' lacks yes or first; add one, so that a hum and key 1 are an answer." in sentences  # fmt: skip
    assert (
        "the question 'ready' lacks no, second or stay; add one, so that key 2 or 7 is one."
        in sentences
    )


def test_a_practice_without_silence_is_found(tmp_path: Path) -> None:
    """Words alone guide nobody."""
    text = (
        GOOD.replace("pause_s: 15", "pause_s: 1")
        .replace("pause_s: 12", "pause_s: 1")
        .replace("wait_s: 5", "wait_s: 1")
    )
    assert (11, "only 19% of it is silence; write longer pauses, for 30% or more.") in found(
        tmp_path, text
    )


def test_silence_that_goes_in_circles_is_found(tmp_path: Path) -> None:
    """Whoever says nothing would never come to an end."""
    text = GOOD.replace("    then: end\n  - id: leave", "    then: hold\n  - id: leave")
    sentences = [sentence for _, sentence in found(tmp_path, text)]
    for name in ("hold", "back"):
        assert f"from '{name}' silence comes round to it again; lead it to end." in sentences


def test_a_practice_that_names_no_contraindications_is_found(tmp_path: Path) -> None:
    """That there are none is written too."""
    text = GOOD.replace("not_for: [heart-trouble, cold-allergy]\n", "")
    assert (1, "it does not say whom it is not for; write 'not_for: []'.") in found(tmp_path, text)


def test_a_breath_before_the_room_is_found(tmp_path: Path) -> None:
    """A breath is offered after orienting, and led after a line about the room or the feet."""
    text = GOOD.replace(
        "  - id: hold\n",
        "  - {id: hold, text: In., lasts_s: 4, show: " + BREATH + "\n  - id: held\n",
    )
    sentences = [sentence for _, sentence in found(tmp_path, text)]
    assert (
        "it leads the breath and may be offered first; write only_after: [feet-and-room]."
        in sentences
    )
    assert (
        "the breath of 'hold' comes before the room; "
        "write a line with the hint feet or room before it." in sentences
    )
    oriented = text.replace(
        "  - {id: hold,",
        "  - {id: hold, text: Feel your feet., show: {hint: feet}}\n  - {id: in-1,",
    )
    assert not [s for _, s in found(tmp_path, oriented) if "comes before the room" in s]


def test_a_way_straight_to_a_breath_is_found(tmp_path: Path) -> None:
    """No answer elsewhere leads to a breath, but those of what orients."""
    breath = GOOD.replace("id: small", "id: breath").replace(
        "  - id: back\n",
        "  - {id: in-1, text: In., lasts_s: 4, show: " + BREATH + "\n  - id: back\n",
    )
    (tmp_path / "breath.yaml").write_text(breath, encoding="utf-8")
    text = GOOD.replace("no: leave", "no: breath", 1)
    found_here = found(tmp_path, text)
    assert (
        line_with(text, "no: breath"),
        "it leads to a breath ('breath') without orienting; lead to one of its only_after.",
    ) in found_here


def test_rows_that_nothing_is_written_for_are_found(tmp_path: Path) -> None:
    """Each row of PRACTICES needs a practice; those that have one are not named."""
    (tmp_path / "small.yaml").write_text(GOOD, encoding="utf-8")
    rows = {f.path for f in check(tmp_path) if f.path.startswith("PRACTICES ")}
    assert rows == {f"PRACTICES {row}" for row in catalogue()[0]} - {"PRACTICES G5"}


def test_the_catalogue_has_the_rows_of_practices() -> None:
    """A1-A12 with a-f and a-d, B1-B12 with a-d, G1-G6; a contraindication is of a row."""
    rows, not_for = catalogue()
    a = {f"A{n}" for n in range(1, 13)} - {"A3", "A7"} | {f"A3{c}" for c in "abcdef"}
    b = {f"B{n}" for n in range(1, 13)} - {"B11"} | {f"B11{c}" for c in "abcd"}
    assert set(rows) == a | {f"A7{c}" for c in "abcd"} | b | {f"G{n}" for n in range(1, 7)}
    assert set(not_for) <= set(rows)


@pytest.mark.parametrize(
    ("word", "count"),
    [("feet", 1), ("notice", 2), ("noticed", 2), ("quiet", 2), ("people", 2), ("something", 2),
     ("therapist", 3), ("relationship", 4), ("emotional", 4), ("breathes", 1), ("the", 1)],
)  # fmt: skip
def test_syllables_are_counted_as_they_are_said(word: str, count: int) -> None:
    """Silent endings, also inside a word, are none; two vowels may be two."""
    assert syllables(word) == count


def test_the_grade_is_flesch_and_kincaids() -> None:
    """.39 words a sentence, 11.8 syllables a word, less 15.59; hard words read higher."""
    assert grade(["Feel your feet."]) == pytest.approx(0.39 * 3 + 11.8 - 15.59)
    assert grade([]) == 0
    assert grade(["Emotional relationships necessitate communication."]) > 12


def test_sentences_end_at_their_marks() -> None:
    """A colon joins, and what has no mark at its end is a sentence too."""
    assert sentences_of("One: two. Three?  Four") == ("One: two.", "Three?", "Four")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("It takes about two minutes.", 2), ("About a minute.", 1), ("It takes 20 minutes.", 20),
     ("about four and a half minutes", 4.5), ("a minute and a half", None), ("about a minute and a half", 1.5),
     ("Feel your feet.", None), ("give me ten minutes", None)],
)  # fmt: skip
def test_a_promise_is_read_as_minutes(text: str, minutes: float | None) -> None:
    """Only what the practice itself takes is a promise."""
    assert promised_minutes(text) == minutes


def test_a_line_of_a_written_length_is_counted_by_it() -> None:
    """The silent way through the breath takes its four minutes, whatever the pace of a word."""
    script = read_script(shipped("scripts_audio") / "longer-out.yaml").script
    assert line_s(script.line("in-1")) == 4
    way = silent_way(script)
    assert way.circles_at is None
    assert {"in-12", "let-be", "close"} <= {line.id for line in way.lines}
    assert not any(line.id.startswith("more-in") for line in way.lines)
