"""However long somebody talks: the last words count as the first do, and memory stays bounded."""

from pathlib import Path

import pytest

from voice_agent.cues import automaton, default_grammar
from voice_agent.cues.automaton import Automaton
from voice_agent.cues.labels import label_of
from voice_agent.cues.phrases import Reader

DATA = Path(__file__).with_name("data")
BEFORE = (
    "well i got up and i had tea and i went out and i saw my brother and i came back and i sat "
    "down and i said to him that it was fine and then "
)
"""Ordinary words, and the commonest parts of rules many times."""


@pytest.mark.parametrize("label", ["crisis", "violence"])
def test_danger_is_heard_at_the_end_of_a_long_utterance(label: str) -> None:
    """What gives an alarm alone gives one after thirty ordinary words."""
    cues = default_grammar().cues
    alarms = ("crisis", "violence")
    texts = [
        text
        for path in sorted(DATA.rglob(f"{label}.txt"))
        for text in path.read_text(encoding="utf-8").splitlines()
        if label_of(cues(text)) in alarms
    ]
    assert [text for text in texts if label_of(cues(BEFORE + text)) not in alarms] == []


def test_what_was_walked_is_forgotten_beyond_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that listens for weeks holds so many states, and finds the same as before."""
    monkeypatch.setattr(automaton, "MOST_STATES", 20)
    reader = Reader({})
    phrases = Automaton([(reader.read("(a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d)"), (0, "anywhere"))])
    for round_ in range(2):
        for number in range(256):
            words = ["abcd"[number >> shift & 3] for shift in (0, 2, 4, 6)]
            assert list(phrases.walk(words)) == [(4, ((0, "anywhere"),))], round_
            assert phrases.states <= 20 + 4
