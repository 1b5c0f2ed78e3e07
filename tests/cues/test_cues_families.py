"""Families of meaning keep the recall they have, also when words are lost on the way.

`author.csv` and `families.csv` have been learned from; `hard/other.txt` was written before that.
`unseen.csv` was written by somebody who had not seen the grammar, and nobody tuned on it: no test
looks at which of its sentences are missed, and none holds its recall (docs/listening.md says it).
"""

import csv
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from voice_agent.core.shutdown import STRONG_CUES, WEAK_CUES
from voice_agent.cues import Grammar, default_grammar
from voice_agent.cues.labels import LABELS, SHUTDOWN_STRONG, SHUTDOWN_WEAK, label_of

DATA = Path(__file__).with_name("data")
TUNED = ("author.csv", "families.csv")
ACTED_ON = ("crisis", "violence", "stop", "pause", "break", "person")


def _rows(name: str) -> list[tuple[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return default_grammar()


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    return [row for name in TUNED for row in _rows(name)]


@pytest.mark.parametrize("label", LABELS)
def test_each_family_keeps_its_recall(
    grammar: Grammar, rows: list[tuple[str, str]], label: str
) -> None:
    """Of the sentences learned from, crisis keeps .97 and every other label .92."""
    texts = [text for text, true in rows if true == label]
    right = sum(label_of(grammar.cues(text)) == label for text in texts)
    assert right / len(texts) >= (0.97 if label == "crisis" else 0.92)


@pytest.mark.parametrize("label", ACTED_ON)
def test_what_is_acted_on_at_once_is_seldom_false(
    grammar: Grammar, rows: list[tuple[str, str]], label: str
) -> None:
    """At most one in a hundred sentences of other meanings gives a label that acts at once."""
    others = [text for text, true in rows if true != label]
    false = [text for text in others if label_of(grammar.cues(text)) == label]
    assert len(false) / len(others) <= 0.01, false


def test_near_misses_give_no_alarm(grammar: Grammar) -> None:
    """Of 170 near misses written before the rules, none interrupts or alarms."""
    texts = (DATA / "hard" / "other.txt").read_text(encoding="utf-8").splitlines()
    wrong = {text: label_of(grammar.cues(text)) for text in texts}
    assert {text: label for text, label in wrong.items() if label in ACTED_ON} == {}


def test_ordinary_talk_gives_next_to_no_alarm(grammar: Grammar, eval_data: Path) -> None:
    """In 28 consultations each label that acts at once is given at most three times."""
    given = Counter[str]()
    for path in sorted((eval_data / "turns").glob("*.TextGrid")):
        for found in re.finditer(r'text = "((?:[^"]|"")*)"', path.read_text(errors="replace")):
            given[label_of(grammar.cues(re.sub(r"<[^>]*>", " ", found.group(1))))] += 1
    assert sum(given.values()) > 3000
    assert all(given[label] <= 3 for label in (*ACTED_ON, "resume")), given


def _kept(grammar: Grammar, rows: list[tuple[str, str]], label: str, seed: int) -> float:
    """Return the share of what is heard as `label` that still is, once words have suffered."""
    chance = random.Random(seed)
    texts = [text for text, true in rows if true == label and len(text.split()) >= 4]
    heard = [text for text in texts if label_of(grammar.cues(text)) == label]
    kept = sum(label_of(grammar.cues(_misheard(text, chance))) == label for text in heard)
    return kept / len(heard)


def _misheard(text: str, chance: random.Random) -> str:
    """Return `text` with one word lost or split, and without apostrophes."""
    words = text.replace("'", "").split()
    place = chance.randrange(len(words))
    if chance.random() < 0.5 or len(words[place]) < 5:
        del words[place]
    else:
        middle = len(words[place]) // 2
        words[place : place + 1] = [words[place][:middle], words[place][middle:]]
    return " ".join(words)


@pytest.mark.parametrize(("label", "share"), [("crisis", 0.55), ("violence", 0.52)])
def test_a_lost_word_leaves_most(
    grammar: Grammar, rows: list[tuple[str, str]], label: str, share: float
) -> None:
    """With one word, be it the telling one, in each sentence lost or split, more than half stays."""
    assert min(_kept(grammar, rows, label, seed) for seed in range(5)) >= share


def test_the_core_and_the_grammar_name_the_same_signs() -> None:
    """What counts as a word of shutdown in the core are the cues that the grammar gives."""
    assert STRONG_CUES == SHUTDOWN_STRONG
    assert WEAK_CUES == SHUTDOWN_WEAK
