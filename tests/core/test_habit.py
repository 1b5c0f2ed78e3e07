"""The rungs move with the person's own pauses, within bounds, and never out of order."""

import pytest
from core_driver import STEADY, Driver
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.core.config import CoreSettings, LadderSettings
from voice_agent.core.findings import SilenceReached
from voice_agent.core.habit import ENOUGH, ORDINARY, REMEMBERED, After, Habit
from voice_agent.core.silence import Ladder, Rung

GENTLE = (Rung.SOFT, Rung.OFFER, Rung.WAIT)


def habit(*pauses_s: float, after: After = After.SENTENCE, **changed: float) -> Habit:
    kept = Habit(LadderSettings(**changed))
    for pause in pauses_s:
        kept.observe(after, round(pause * 100))
    return kept


def test_the_prior_is_ordinary_talk() -> None:
    """Under 3 s in 99 of 100: of forty pauses the longest lies under 3 s, the mean near .65 s."""
    assert max(ORDINARY) < 300
    assert sum(ORDINARY) / len(ORDINARY) == pytest.approx(65, abs=2)


def test_nothing_moves_before_anything_is_known() -> None:
    """A stranger gets the defaults, without a word about habit."""
    assert habit().shift(After.SENTENCE) == 0
    assert habit().told(After.SENTENCE) == ""


def test_long_pauses_make_rungs_later_and_say_so() -> None:
    """Who pauses for five seconds again and again is not hurried."""
    slow = habit(*[5.0] * 10)
    assert slow.usual(After.SENTENCE) == 500
    assert slow.shift(After.SENTENCE) == 600
    assert "later, because your own pauses usually take up to 5 s" in slow.told(After.SENTENCE)


def test_each_kind_of_silence_has_its_own_habit() -> None:
    """Slow answers do not lengthen the pauses between sentences, and the other way round."""
    slow = habit(*[5.0] * 10, after=After.QUESTION)
    assert slow.shift(After.QUESTION) > 0
    assert slow.shift(After.SENTENCE) == slow.shift(After.OTHER) == 0


def test_few_short_pauses_do_not_make_rungs_earlier() -> None:
    """Only after enough of them, and by little."""
    assert habit(*[0.3] * (ENOUGH - 1)).shift(After.SENTENCE) == 0
    assert -200 <= habit(*[0.3] * REMEMBERED).shift(After.SENTENCE) < 0


def test_one_long_silence_among_many_pauses_moves_little() -> None:
    """A single long silence is not yet a habit."""
    assert habit(*[0.6] * 30, 11.0).shift(After.SENTENCE) <= 0


def test_old_pauses_are_forgotten() -> None:
    """Somebody who was slow an hour ago and is not now is met as they are now."""
    assert habit(*[8.0] * 20, *[0.7] * REMEMBERED).shift(After.SENTENCE) <= 0


@settings(STEADY)
@given(st.lists(st.integers(0, 100_000), max_size=150))
def test_shift_stays_within_its_bounds(pauses: list[int]) -> None:
    """Whatever pauses there were, no rung moves further than the settings allow."""
    kept = Habit(LadderSettings())
    for pause in pauses:
        kept.observe(After.SENTENCE, pause)
        assert -200 <= kept.shift(After.SENTENCE) <= 1200


@settings(STEADY)
@given(st.lists(st.integers(1, 2000), max_size=80), st.sampled_from(["your words", "the question"]))
def test_rungs_keep_their_order_and_distance(pauses: list[int], since: str) -> None:
    """All gentle rungs move together; the ends do not move at all."""
    ladder = Ladder(LadderSettings())
    now = 0
    for pause in pauses:
        ladder.anchor(now, since)
        ladder.spoken(now + pause)
        now += pause
    ladder.anchor(now, since)
    at = {}
    for tick in range(now, now + 61_000, 10):
        reached = ladder.climb(tick, tuple(Rung))
        if reached:
            at[reached.rung] = tick - now
    assert at[Rung.OFFER] - at[Rung.SOFT] == pytest.approx(1800, abs=10)
    assert at[Rung.WAIT] - at[Rung.OFFER] == pytest.approx(3000, abs=10)
    assert at[Rung.ANNOUNCE] == 60_000


def test_a_silence_that_came_to_an_offer_teaches_nothing() -> None:
    """What we look for must not become what is usual."""
    ladder = Ladder(LadderSettings())
    for _ in range(20):
        ladder.anchor(0, "your words")
        ladder.climb(3000, GENTLE)
        ladder.spoken(3100)
    assert ladder.habit.shift(After.SENTENCE) == 0


# In a session


def soft_after(d: Driver) -> SilenceReached:
    before = len(d.findings)
    d.wait(30)
    return next(f for f in d.findings[before:] if isinstance(f, SilenceReached))


def test_a_slow_speaker_gets_the_soft_word_later() -> None:
    """Sentences with seven seconds between them: the soft word waits longer, and says why."""
    d = Driver().listening()
    for _ in range(8):
        d.says(words=6)
        d.wait(7)
    d.says(words=6)
    reached = soft_after(d)
    assert reached.rung == "soft"
    assert reached.after_s > 16
    assert "own pauses" in reached.why


def test_a_brisk_speaker_gets_it_at_its_time() -> None:
    """A few sentences with ordinary pauses move nothing."""
    d = Driver().listening()
    for _ in range(6):
        d.says(words=6)
        d.wait(0.5)
    reached = soft_after(d)
    assert (reached.rung, reached.after_s) == ("soft", pytest.approx(12.0, abs=0.1))
    assert reached.why == "quiet since your words"


def test_habit_can_be_turned_off() -> None:
    """With a gain of nought the rungs stay where the settings put them."""
    d = Driver(settings=CoreSettings(ladder=LadderSettings(habit_gain=0))).listening()
    for _ in range(8):
        d.says(words=6)
        d.wait(7)
    assert soft_after(d).after_s < 13


def test_silence_that_was_asked_for_shows_no_habit() -> None:
    """Long quiet inside a practice or in company is what was wanted, not how somebody talks."""
    d = Driver().listening()
    for _ in range(8):
        d.taps("just_stay")
        d.wait(9)
        d.says(words=8)
        d.wait(1)
    assert soft_after(d).after_s < 13
