"""Partials come when due, and a committed word is never taken back."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from voice_agent.engines.stt.partials import Agreement, PartialSchedule


def decoded_at(length_s: float) -> list[float]:
    schedule, taken, samples = PartialSchedule(), [], 0
    while samples / 100 < length_s:
        samples += 1
        if schedule.due(samples / 100):
            schedule.taken(samples / 100)
            taken.append(samples / 100)
    return taken


def test_the_first_partial_is_due_on_time_and_not_a_block_before():
    """Not at .34 s, but at .35 s."""
    schedule = PartialSchedule()
    assert not schedule.due(0.34)
    assert schedule.due(0.35)


def test_partials_follow_within_half_a_second_and_thin_out():
    """Steps of .4 s at first; never shorter; longer after several seconds."""
    times = decoded_at(25.0)
    steps = [round(b - a, 2) for a, b in pairwise(times)]
    assert times[:4] == [0.35, 0.75, 1.15, 1.55]
    assert steps == sorted(steps)
    assert steps[-1] > 1.0


def test_partials_decode_a_bounded_multiple_of_the_audio():
    """All partials of a piece of 14 s, the longest, together decode less than 14 times its length."""
    assert sum(decoded_at(14.0)) < 14 * 14.0


def test_a_new_utterance_begins_anew():
    """After reset the first partial is due at .35 s again."""
    schedule = PartialSchedule()
    schedule.taken(9.0)
    schedule.reset()
    assert schedule.next_s() == 0.35


def test_two_partials_that_agree_commit_their_words():
    """The agreed beginning is committed, the rest stays a guess."""
    agreement = Agreement()
    assert agreement.update(["I", "want", "to", "and"]) == ()
    assert agreement.update(["I", "want", "to", "end", "my"]) == ("I", "want", "to")
    assert agreement.committed == ("I", "want", "to")
    assert agreement.text == "I want to end my"


def test_case_and_punctuation_do_not_hinder_agreement():
    """`Stop.` and `stop` are the same word; the newer wording is kept."""
    agreement = Agreement()
    agreement.update(["Stop."])
    assert agreement.update(["stop", "it"]) == ("stop",)


def test_a_contradicting_partial_commits_nothing_and_takes_nothing_back():
    """What was committed stands; the contradiction is only a guess."""
    agreement = Agreement()
    agreement.update(["I", "feel", "numb"])
    agreement.update(["I", "feel", "numb", "today"])
    assert agreement.update(["You", "see", "none", "today"]) == ()
    assert agreement.committed == ("I", "feel", "numb")
    assert agreement.text == "I feel numb today"


def test_a_word_more_at_the_beginning_does_not_double_what_follows():
    """What follows the committed words is found also where a later partial hears one more."""
    agreement = Agreement()
    agreement.update(["Mr.", "Dashwood", "had", "leisure"])
    agreement.update(["Mr.", "Dashwood", "had", "leisure", "to", "see"])
    agreement.update(["And", "Mr.", "Dashwood", "had", "leisure", "to", "consider"])
    assert agreement.text == "Mr. Dashwood had leisure to consider"


def test_a_partial_that_was_dropped_changes_nothing():
    """A guard that dropped one partial does not lose the guess before it."""
    agreement = Agreement()
    agreement.update(["go", "on"])
    assert agreement.update(()) == ()
    assert agreement.text == "go on"
    assert agreement.update(["go", "on"]) == ("go", "on")


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=12))
def test_committed_words_only_ever_grow(partials):
    """Whatever partials come, what is committed begins with what was committed before."""
    agreement = Agreement()
    for partial in partials:
        before = agreement.committed
        newly = agreement.update(partial)
        assert agreement.committed == before + newly
