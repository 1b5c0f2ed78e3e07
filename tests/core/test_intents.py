"""One meaning for words, keys, taps and hums."""

import pytest

from voice_agent.core.intents import (
    _CUES,
    DANGER,
    KEYS,
    Intent,
    answer_keys,
    from_cues,
    from_tap,
    rating_from,
)
from voice_agent.core.lines import OFFERED
from voice_agent.cues import default_grammar


def test_every_cue_the_core_acts_on_is_one_the_grammar_gives() -> None:
    """A cue renamed in the grammar would be heard and never understood."""
    ids = set(default_grammar().ids)
    assert set(DANGER) <= ids
    assert set(_CUES) <= ids
    assert set(OFFERED) <= ids


def test_every_cue_of_the_grammar_is_understood_or_known_to_mean_nothing_yet() -> None:
    """A new cue needs a decision."""
    ignored = {
        "shorter",
        "dont_know",
        "whatever",
        "im_fine",
        "nothing",
        *(f"rate_{n}" for n in range(11)),
    }
    assert set(default_grammar().ids) - set(_CUES) - set(DANGER) - set(OFFERED) == ignored


def test_cues_mean_the_most_urgent_first_and_each_once() -> None:
    """Stop before everything; unknown cues mean nothing."""
    assert from_cues(("yes", "repeat", "again", "odd", "stop")) == (
        Intent.STOP, Intent.AGAIN, Intent.REPEAT, Intent.YES,
    )  # fmt: skip


def test_keys_are_those_of_the_page_and_the_introduction() -> None:
    """PAGE.md: 1 yes or first, 2 no or second, 3 pause, 4 slower, 5 louder, 7 stay, 0, #, *; 9 says them."""
    assert set(KEYS) == set("12345790#*")
    assert (KEYS["1"], KEYS["2"], KEYS["*"]) == (Intent.FIRST, Intent.SECOND, Intent.STOP)


@pytest.mark.parametrize(
    "control",
    ["stop", "pause", "go_on", "say_again", "just_stay", "skip", "dot", "louder", "slower"],
)
def test_every_control_of_the_page_means_something(control: str) -> None:
    """A control that is not known means nothing."""
    assert from_tap(control) is not None
    assert from_tap(control + "x") is None


@pytest.mark.parametrize("intent", [Intent.ON, Intent.GO_ON])
def test_hum_and_go_on_answer_where_one_chooses_and_never_where_one_consents(
    intent: Intent,
) -> None:
    """Consent, crisis and research want a word, a tap or a key."""
    assert "yes" in answer_keys(intent, gives_consent=False)
    assert answer_keys(intent, gives_consent=True) == ()


@pytest.mark.parametrize(
    ("cue", "number"),
    [("rate_0", 0), ("rate_10", 10), ("rate_11", None), ("rate_", None), ("xrate_1", None)],
)
def test_numbers_are_zero_to_ten(cue: str, number: int | None) -> None:
    """Nothing else is a rating."""
    assert rating_from(("flat", cue)) == number
