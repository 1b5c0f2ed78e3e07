"""What means the same in other words gives its label; ordinary talk and idioms give no alarm.

The sentences below `data/` were written for this, not taken from anywhere. They have been learned
from since they were first measured (docs/listening.md, "Words"), so the floors here keep what is
reached; they are no figure for what nobody has seen.
"""

from pathlib import Path

import pytest

from voice_agent.cues import Grammar, default_grammar
from voice_agent.cues.labels import LABELS, SHUTDOWN_STRONG, SHUTDOWN_WEAK, label_of

DATA = Path(__file__).with_name("data")
ALARMS = ("crisis", "violence")


def _texts(label: str) -> list[str]:
    lines = [
        line
        for path in sorted(DATA.rglob(f"{label}.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [line for line in lines if line.strip()]


def _recall(grammar: Grammar, label: str) -> float:
    texts = _texts(label)
    return sum(label_of(grammar.cues(text)) == label for text in texts) / len(texts)


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return default_grammar()


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_heard_in_other_words(grammar: Grammar, label: str) -> None:
    """Each label keeps the recall it has reached on its sentences."""
    floor = {"crisis": 0.94, "crisis_check": 0.75}.get(label, 0.9)
    assert _recall(grammar, label) >= floor


def test_what_is_ambiguous_is_never_let_go(grammar: Grammar) -> None:
    """Words between a check and a crisis give one of both: to ask too much is the safe side."""
    texts = _texts("crisis_check")
    asked = sum(label_of(grammar.cues(text)) in ("crisis", "crisis_check") for text in texts)
    assert asked / len(texts) >= 0.97


def test_idioms_give_no_alarm(grammar: Grammar) -> None:
    """An idiom such as "this traffic is killing me" is neither crisis nor violence."""
    alarmed = [text for text in _texts("other") if label_of(grammar.cues(text)) in ALARMS]
    assert alarmed == []


@pytest.mark.parametrize("wrong", [str.upper, lambda text: text.replace("'", ""), str.title])
def test_crisis_survives_how_it_is_written(grammar: Grammar, wrong: object) -> None:
    """Capitals and lost apostrophes lose next to no words of crisis."""
    assert callable(wrong)
    texts = [text for text in _texts("crisis") if label_of(grammar.cues(text)) == "crisis"]
    kept = sum(label_of(grammar.cues(wrong(text))) == "crisis" for text in texts)
    assert kept / len(texts) >= 0.97


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("i am having sue a side all thoughts", "crisis"),
        ("i want to commit sewer side", "crisis"),
        ("i took an over dose", "crisis"),
        ("im going to kill my self", "crisis"),
        ("i have sucidal thoughts", "crisis"),
        ("knumb", "numb"),
        ("i want to dye my hair", "other"),
        ("me and my life partner went out", "other"),
        ("and it all went well", "other"),
    ],
)
def test_mishearings_are_put_right(grammar: Grammar, text: str, label: str) -> None:
    """What a recogniser makes of a word is read as the word, where that is safe."""
    assert label_of(grammar.cues(text)) == label


def test_parts_stand_in_any_order_but_not_far_apart() -> None:
    """A rule holds with its parts in any order, within its reach, and not beside what bars it."""
    toml = 'schema = 1\n[[cue]]\nid = "a"\ntogether = ["one + two|three - not"]'
    grammar = Grammar.from_text(toml)
    assert grammar.cues("two and then one") == ("a",)
    assert grammar.cues("one and not two") == ()
    assert grammar.cues("one") == ()
    assert grammar.cues("one" + " x" * 20 + " two") == ()


def test_two_dots_stop_at_i() -> None:
    """What follows an "I" is about the speaker, so a gap of two dots does not cross it."""
    grammar = Grammar.from_text('schema = 1\n[[cue]]\nid = "a"\nanywhere = ["he .. die"]')
    assert grammar.cues("he wants to die") == ("a",)
    assert grammar.cues("he left i die") == ()


def test_shutdown_cues_are_cues_and_numb(grammar: Grammar) -> None:
    """Strong and weak words of a shutdown exist in the grammar and stand for one label."""
    for cue in SHUTDOWN_STRONG | SHUTDOWN_WEAK:
        assert cue in grammar.ids
        assert label_of((cue,)) == "numb"


def test_the_most_urgent_label_is_given() -> None:
    """One label a text, the most urgent first; cues without one are "other"."""
    assert label_of(("yes", "stop", "violence_now", "harm_other")) == "crisis"
    assert label_of(("numb", "no")) == "no"
    assert label_of(("louder", "keys")) == "other"
