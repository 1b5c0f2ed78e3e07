"""A practice as it is written: what it may say, and where each line leads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from voice_agent.core.script import Line, Script, phrases_of


def script(*lines: dict[str, Any], **fields: Any) -> Script:
    return Script.model_validate(
        {
            "id": "a-practice",
            "source": "A5",
            "title": "A practice",
            "for": ["solo"],
            "minutes": 1,
            "about": "Something small.",
            "lines": list(lines),
            **fields,
        }
    )


def line(**fields: Any) -> Line:
    return Line.model_validate({"id": "a", **fields})


def sentence(error: pytest.ExceptionInfo[ValidationError]) -> str:
    return error.value.errors()[0]["msg"]


def test_text_and_question_have_their_own_defaults() -> None:
    """A text is followed by silence and taken up again; a question waits for an answer."""
    said, asked = line(text="Here."), line(ask="Shall we?", answers={"silence": "end"})
    assert (said.pause_s, said.on_speech, said.wait_s) == (2.5, "resume", None)
    assert (asked.pause_s, asked.on_speech, asked.wait_s) == (0, "answer", 8)
    assert (said.spoken, asked.spoken) == ("Here.", "Shall we?")


def test_defaults_give_way_to_what_is_written() -> None:
    """What a file says is kept."""
    asked = line(ask="So?", answers={"silence": "end"}, pause_s=1, on_speech="resume", wait_s=3)
    assert (asked.pause_s, asked.on_speech, asked.wait_s) == (1, "resume", 3)


def test_a_line_of_a_written_length_has_no_pause_of_its_own() -> None:
    """One of both is written, and a question has its own time."""
    assert (line(text="In.", lasts_s=4).pause_s, line(text="In.", lasts_s=4).lasts_s) == (0, 4)
    for wrong in (
        {"text": "In.", "pause_s": 2},
        {"ask": "In?", "answers": {"silence": "end"}},
    ):
        with pytest.raises(ValidationError) as error:
            line(lasts_s=4, **wrong)
        assert sentence(error) == "lasts_s holds the pause of a text; write lasts_s or pause_s."


def test_variables_are_named_once_in_order() -> None:
    """The names in braces are known, their values never are."""
    assert line(text="{name}, call {number}. {name}.").variables == ("name", "number")
    assert line(text="No names.").variables == ()


def test_a_script_leads_on_by_then_or_by_order() -> None:
    """After a line comes its `then`, else the next line, else the end."""
    steps = script(
        {"id": "a", "text": "One.", "then": "c"},
        {"id": "b", "text": "Two."},
        {"id": "c", "ask": "Three?", "answers": {"silence": "b"}},
    )
    assert steps.first == "a"
    assert [steps.after(i) for i in ("a", "b", "c")] == ["c", "c", "end"]
    with pytest.raises(KeyError):
        steps.after("nowhere")
    with pytest.raises(KeyError):
        steps.line("nowhere")


def test_targets_in_other_scripts_are_named() -> None:
    """What is no line of this script must be another script."""
    steps = script({"id": "a", "ask": "So?", "answers": {"silence": "end", "first": "name-it"}})
    assert steps.elsewhere == ("name-it",)


def test_a_script_cannot_be_changed() -> None:
    """Sessions share scripts, so nothing may alter one."""
    with pytest.raises(ValidationError):
        script({"id": "a", "text": "One."}).title = "Other"  # type: ignore[misc]  # the point


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "needs one of text and ask; give exactly one."),
        ({"text": "A.", "ask": "B?"}, "needs one of text and ask; give exactly one."),
        ({"ask": "B?"}, "the question 'a' has no answer for silence; add silence to answers."),
        ({"ask": "B?", "answers": {"yes": "end"}}, "has no answer for silence"),
        ({"text": "A.", "answers": {"silence": "end"}}, "answers belongs to a question"),
        ({"text": "A.", "wait_s": 3}, "wait_s belongs to a question"),
        ({"text": "Hello {Name}."}, "a brace that names no variable; write {name}."),
        ({"text": "Hello {name."}, "a brace that names no variable"),
        (
            {
                "ask": "B?",
                "answers": {"silence": "end"},
                "show": {"choices": [{"id": "yes", "label": "Yes"}]},
            },
            "the choice 'yes' leads nowhere; add it to answers.",
        ),
    ],
)
def test_a_line_that_does_not_fit_together_is_refused(fields: dict[str, Any], says: str) -> None:
    """Each fault has one sentence that says what to write instead."""
    with pytest.raises(ValidationError) as error:
        line(**fields)
    assert says in sentence(error)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["a", "a"], "the line id 'a' is used twice; give each line its own."),
        (["end"], "the line id 'end' is taken by the script itself"),
        (["a-practice"], "the line id 'a-practice' is taken by the script itself"),
    ],
)
def test_line_ids_are_unique(lines: list[str], says: str) -> None:
    """A target is never ambiguous."""
    with pytest.raises(ValidationError) as error:
        script(*({"id": name, "text": "One."} for name in lines))
    assert says in sentence(error)


def test_a_line_that_nothing_leads_to_is_refused_in_a_practice_only() -> None:
    """A practice has no dead lines; a frame's lines are each said by name."""
    lines = ({"id": "a", "text": "One.", "then": "end"}, {"id": "b", "text": "Two."})
    with pytest.raises(ValidationError) as error:
        script(*lines)
    assert "nothing leads to the line 'b'" in sentence(error)
    assert len(script(*lines, kind="frame").lines) == 2


def test_a_question_leads_on_only_by_its_answers() -> None:
    """The line after a question is dead unless an answer leads there."""
    with pytest.raises(ValidationError, match="nothing leads to the line 'b'"):
        script(
            {"id": "a", "ask": "So?", "answers": {"silence": "end"}}, {"id": "b", "text": "Two."}
        )


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Notice your feet on the floor.", ("Notice your feet on the floor.",)),
        (
            "Now, notice your feet. If you like, press them down a little, gently.",
            ("Now, notice your feet.", "If you like,", "press them down a little, gently."),
        ),
        ("Count 5-4-3-2-1 with me, at 3.5 seconds.", ("Count 5-4-3-2-1 with me,", "at 3.5 seconds.")),
        ("Call 9-8-8, day and night.", ("Call 9-8-8, day and night.",)),
        ("Nine, eight, eight.", ("Nine, eight, eight.",)),
        ("One. Two.", ("One. Two.",)),
        ("Hello", ("Hello",)),
        ("", ()),
        ("He said \u201cstay here now.\u201d Then he left us.", ("He said \u201cstay here now.\u201d", "Then he left us.")),
    ],
)  # fmt: skip
def test_phrases_are_cut_where_one_would_breathe(text: str, phrases: tuple[str, ...]) -> None:
    """Punctuation cuts, short pieces join a neighbour, and numbers stay whole."""
    assert phrases_of(text) == phrases


@given(st.text(alphabet="ab ,.;:!?\n3-'\u2026\u2014", max_size=120))
def test_phrases_lose_and_invent_no_word(text: str) -> None:
    """Joined with spaces, the phrases give back the words of the text."""
    phrases = phrases_of(text)
    assert " ".join(phrases).split() == text.split()
    assert len(phrases) < 2 or all(len(phrase.split()) >= 3 for phrase in phrases)
