"""What people may say gives the cue it should, and ordinary talk gives none."""

import re
import time
import tomllib
from pathlib import Path

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.cues import Grammar, default_grammar, is_open_ended

PHRASES = Path(__file__).with_name("phrases")


def _cases() -> list[tuple[str, str, bool]]:
    cases: list[tuple[str, str, bool]] = []
    for path in sorted(PHRASES.glob("*.toml")):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        for cue, lists in ({path.stem: read} if "gives" in read else read).items():
            cases += [(cue, text, True) for text in lists["gives"]]
            cases += [(cue, text, False) for text in lists["never"]]
    return cases


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return default_grammar()


@pytest.mark.parametrize(("cue", "text", "given"), _cases())
def test_cues_phrase(grammar: Grammar, cue: str, text: str, given: bool) -> None:
    """Each phrase of the data files gives its cue, or never does."""
    assert (cue in grammar.cues(text)) is given, grammar.cues(text)


def test_every_cue_has_phrases_of_its_own(grammar: Grammar) -> None:
    """No cue is without a test, but for the numbers between zero, seven and ten."""
    tested = {cue for cue, _, _ in _cases()}
    assert {i for i in grammar.ids if not re.fullmatch(r"rate_[1-689]", i)} == {
        i for i in tested if not re.fullmatch(r"rate_[1-689]", i)
    }


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Yes. I took all my pills and I want to die.", "crisis_emergency"),
        ("Stop. I want to kill myself.", "crisis"),
        ("no I don't want to die but I want to kill him", "harm_other"),
        ("he's hitting me, please stop", "violence_now"),
        ("stop, yes", "stop"),
    ],
)
def test_cues_come_most_urgent_first(grammar: Grammar, text: str, first: str) -> None:
    """Whatever else is said, the most urgent cue leads."""
    assert grammar.cues(text)[0] == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "...",
        "?!",
        "\u2026",
        "I was at the shop and bought bread.",
        "\x00\ufffd",
        "()|<>",
    ],
)
def test_ordinary_talk_gives_no_cue(grammar: Grammar, text: str) -> None:
    """Nothing, punctuation alone, and a plain sentence give nothing."""
    assert grammar.cues(text) == ()


@pytest.mark.parametrize(
    "text",
    ["STOP", "Stop!", " stop . ", "\u201cStop.\u201d", "st\u00f6p"],
)
def test_case_and_punctuation_do_not_matter(grammar: Grammar, text: str) -> None:
    """The recogniser's writing of a word changes nothing."""
    assert grammar.cues(text) == ("stop",)


@pytest.mark.parametrize(
    "text",
    ["I don\u2019t want to live anymore", "i dont want to live any more", "I do not wanna live."],
)
def test_contractions_do_not_matter(grammar: Grammar, text: str) -> None:
    """A contraction and its long form, with any apostrophe or none, give the same."""
    assert grammar.cues(text)[0] == "crisis"


def test_a_spoken_no_to_the_plain_question_is_no_alarm(grammar: Grammar) -> None:
    """Denying it gives a no and a check, never the alarm."""
    cues = grammar.cues("No, I'm not thinking about ending my life, I only feel very low.")
    assert "no" in cues
    assert "crisis" not in cues


def test_a_hum_is_never_a_yes(grammar: Grammar) -> None:
    """A hum that the recogniser wrote down gives no consent."""
    assert all("yes" not in grammar.cues(hum) for hum in ("mm-hmm", "Mhm.", "hmm", "uh-huh"))


def test_cues_are_found_in_a_fifth_of_a_millisecond(grammar: Grammar) -> None:
    """A long sentence costs little, so that every partial transcript can be searched."""
    text = (
        "so yesterday I went to see my friend and he said that I should not have been there and "
        "I think that was the moment where it began because I could not say what I wanted to say"
    )
    grammar.cues(text)
    best_s = min(_timed(grammar, text) for _ in range(50))
    assert best_s < 0.0004, "measured .00015 s here; twice the promise, for slow machines"


def _timed(grammar: Grammar, text: str) -> float:
    begin_s = time.perf_counter()
    grammar.cues(text)
    return time.perf_counter() - begin_s


def test_what_people_say_is_not_kept(grammar: Grammar) -> None:
    """Words that no phrase names leave nothing behind in the shared grammar."""
    import gc

    grammar.cues("I want the zyxwvut to be qwertzuiop with my plumbus")
    kept = [o for o in gc.get_objects() if isinstance(o, dict) and "zyxwvut" in o]
    assert kept == []


@pytest.mark.parametrize(
    ("text", "open_ended"),
    [
        ("I went home and", True), ("I", True), ("and then I", True), ("um", True),
        ("well, you know,", True), ("I was going to...", True), ("it is because", True),
        ("I want to", True), ("but, uh.", True), ("She said that my\u2026", True),
        ("yes", False), ("I went home.", False), ("stop", False), ("Mm-hmm", False), ("hmm", False),
        ("I do not want to.", False), ("", False), ("I think so.", False), ("it is fine", False),
    ],
)  # fmt: skip
def test_unfinished_sentences_are_told_from_finished_ones(text: str, open_ended: bool) -> None:
    """Patience is longer after "and", "I", a filled pause or a comma, and only then."""
    assert is_open_ended(text) is open_ended


CUE = 'schema = 1\n[[cue]]\nid = "a"\nsays = "A."\n'


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("schema = ", "is no TOML"),
        ("schema = 7", "has schema 7; write 'schema = 1'"),
        ("schema = 1", "need ids"),
        (CUE + "[[cue]]\nid = 'a'", "give each its own"),
        (CUE + "when = ['b']", "unknown field 'when'"),
        (CUE + "softer = 'b'", "softens to 'b'; give the id of a cue"),
        (CUE + "whole = ['(b|c']", "does not close a bracket"),
        (CUE + "whole = ['b)']", "closes a bracket that it did not open"),
        (CUE + "whole = ['<b> c']", "names <b>, which is no set"),
        (CUE + "whole = ['(b)']", "give it a first word"),
        (CUE + "whole = ['... b']", "give it a first word"),
        (CUE + "whole = ['b+']", "a sign that means nothing"),
        (CUE + "whole = ['<x>']\n[sets]\nx = 'c <x>'", "is no set it could use"),
    ],
)
def test_a_wrong_grammar_is_refused_with_a_sentence(toml: str, sentence: str) -> None:
    """A clinician who edits the file is told what is wrong, and in which cue."""
    with pytest.raises(UsageError, match=re.escape(sentence)):
        Grammar.from_text(toml)


def test_the_signs_of_a_phrase_mean_what_the_file_says() -> None:
    """Optional words, alternatives, sets and gaps match as explained at the top of the file."""
    grammar = Grammar.from_text(
        CUE + "anywhere = ['one (very) (big|small) <thing> ... end']\n[sets]\nthing = 'cat|dog'"
    )
    hits = ["one big cat end", "so one very small dog and then some end it is"]
    misses = ["one cat end", "one big bird end", "one big cat a b c d end", "one (big) cat"]
    assert [grammar.cues(text) for text in hits] == [("a",), ("a",)]
    assert [grammar.cues(text) for text in misses] == [()] * 4
