"""The ladder: what silence comes to, when, and never two things at once."""

import pytest
from core_driver import STEADY, Driver, said
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.core import inputs as i
from voice_agent.core.config import CoreSettings, LadderSettings
from voice_agent.core.findings import SilenceReached
from voice_agent.core.silence import Ladder, Rung
from voice_agent.core.stages import Stage

ALL = tuple(Rung)
GENTLE_TICKS = {Rung.SOFT: 1200, Rung.OFFER: 3000, Rung.WAIT: 6000, Rung.ANNOUNCE: 60_000}


def ladder(*, at: int = 0) -> Ladder:
    fresh = Ladder(LadderSettings())
    fresh.anchor(at, "a test")
    return fresh


@pytest.mark.parametrize(("rung", "due"), GENTLE_TICKS.items())
def test_rung_comes_at_its_tick_and_not_one_before(rung: Rung, due: int) -> None:
    """One hundredth before nothing, at it the rung, one after it too if it was missed."""
    assert ladder(at=50).climb(50 + due - 1, (rung,)) is None
    for late in (0, 1):
        reached = ladder(at=50).climb(50 + due + late, (rung,))
        assert reached is not None
        assert (reached.rung, reached.after_s) == (rung, (due + late) / 100)


def test_rung_comes_once_in_a_silence() -> None:
    """What was reached is not reached again until something new began."""
    steps = ladder()
    assert steps.climb(1200, ALL)
    assert steps.climb(1201, ALL) is None
    steps.anchor(1300, "a word")
    assert steps.climb(2499, ALL) is None
    assert steps.climb(2500, ALL)


def test_missed_gentle_rungs_are_passed_over_for_the_latest() -> None:
    """After a minute in which nothing could be said, only company is offered."""
    reached = ladder().climb(7000, ALL)
    assert reached is not None
    assert reached.rung is Rung.WAIT


def test_announcements_are_never_passed_over_and_keep_their_distance() -> None:
    """However late each comes, the next is its whole minute after it."""
    steps = ladder()
    ends = (Rung.ANNOUNCE, Rung.ANNOUNCE_AGAIN, Rung.END)
    assert [r.rung for t in range(200_000, 213_000) if (r := steps.climb(t, ends))] == list(ends)
    assert steps.climb(400_000, ALL) is None


def test_second_announcement_comes_a_minute_after_the_first_to_the_tick() -> None:
    """One before, at, one after."""
    ends = (Rung.ANNOUNCE, Rung.ANNOUNCE_AGAIN, Rung.END)
    for wait, expected in ((5999, None), (6000, Rung.ANNOUNCE_AGAIN), (6001, Rung.ANNOUNCE_AGAIN)):
        steps = ladder()
        steps.climb(60_000, ends)
        reached = steps.climb(60_000 + wait, ends)
        assert (reached.rung if reached else None) == expected


def test_words_understood_late_bring_no_rung_a_second_time() -> None:
    """Something older than the last rung counts from that rung on."""
    steps = ladder()
    steps.climb(1200, ALL)
    steps.anchor(300, "late words")
    assert steps.climb(2399, ALL) is None
    assert steps.climb(2400, ALL) is not None


@settings(STEADY)
@given(
    st.lists(
        st.tuples(st.integers(1, 20_000), st.booleans(), st.sets(st.sampled_from(ALL))),
        max_size=60,
    )
)
def test_rungs_only_rise_within_a_silence(moves: list[tuple[int, bool, set[Rung]]]) -> None:
    """Whatever is allowed when: each rung at most once, higher than the last, ends in order."""
    steps = ladder()
    now, last = 0, -1
    at: dict[Rung, int] = {}
    for gone, anew, allowed in moves:
        now += gone
        if anew:
            steps.anchor(now, "a word")
            last, at = -1, {}
        reached = steps.climb(now, allowed)
        if reached is None:
            continue
        assert reached.rung in allowed
        assert ALL.index(reached.rung) > last
        last = ALL.index(reached.rung)
        at[reached.rung] = now
        if reached.rung is Rung.END:
            assert now - at[Rung.ANNOUNCE_AGAIN] >= 6000
            assert at[Rung.ANNOUNCE_AGAIN] - at[Rung.ANNOUNCE] >= 6000


# In a session


def rungs(d: Driver) -> list[str]:
    return [f.rung for f in d.findings if isinstance(f, SilenceReached)]


def test_ladder_waits_while_somebody_speaks_and_counts_from_their_last_word() -> None:
    """No rung inside speech, however long; the silence begins with its end."""
    d = Driver().listening()
    d.says(words=12)
    d.starts()
    d.wait(200)
    assert rungs(d) == []
    d.ends()
    d._understood((), 40, final=True)
    d.wait(11.9)
    assert rungs(d) == []
    d.wait(0.2)
    assert rungs(d) == ["soft"]


def test_noise_without_words_does_not_begin_the_silence_anew() -> None:
    """A chair, a cough: the ladder counts on."""
    d = Driver().listening()
    d.wait(8)
    d.says(words=0)
    d.wait(2.8)
    assert rungs(d) == ["soft"]


def test_speech_that_could_not_be_recognised_is_still_speech() -> None:
    """Where recognition is gone, a voice counts as somebody who talks."""
    d = Driver().listening()
    d.wait(10)
    d.starts()
    d.wait(1)
    d.ends()
    d.wait(11)
    assert rungs(d) == []


@pytest.mark.parametrize("does", ["tap", "key", "hum", "words", "noise"])
def test_anything_calls_an_announced_end_off(does: str) -> None:
    """The promise "any sound, or any tap, keeps me here" is kept, and said."""
    d = Driver()
    d.until(line="ladder.end-first", at_most_s=800)
    d.wait(2)
    {
        "tap": lambda: d.taps("louder_than_known"),
        "key": lambda: d.presses("6"),
        "hum": d.hums,
        "words": lambda: d.says("flat", words=2),
        "noise": lambda: d.says(words=0),
    }[does]()
    d.wait(1)
    assert d.lines[-1] == "ladder.kept"
    d.wait(400)
    assert "ladder.end-second" not in d.lines


def test_pause_that_is_forgotten_is_announced_aloud_and_goes_on_where_it_was() -> None:
    """An announcement is heard through the person's own pause, and does not end that pause."""
    d = Driver().guided()
    d.taps("pause")
    d.until(line="ladder.end-first", at_most_s=700)
    assert not d.quiet()
    d.wait(30)
    d.presses("6")
    d.wait(10)
    assert d.lines[-2:] == ["ladder.kept", "feet-and-room.feet"]
    assert d.state == "paused"
    assert d.quiet()
    d.taps("go_on")
    assert not d.quiet()


def test_forgotten_pause_ends_after_two_announcements() -> None:
    """Also a pause comes to its end, never without being told twice."""
    d = Driver().guided()
    d.taps("pause")
    d.wait(1000)
    assert rungs(d)[-3:] == ["announce", "announce_again", "end"]
    assert d.ended == "silence"


def test_ladder_is_off_after_a_stop_and_while_the_line_is_lost() -> None:
    """Nothing climbs in a silence that was asked for, or to nobody."""
    d = Driver().listening()
    d.taps("stop")
    assert said(d.wait(2000)) == []
    d = Driver().listening()
    d.give(i.ConnectionLost(t=d.t))
    assert d.wait(2000) == []


def test_talk_during_company_is_listened_to() -> None:
    """Words in wait-with-me end it; a nod does not."""
    d = Driver().listening()
    d.taps("just_stay")
    d.wait(20)
    d.says("yes", words=1)
    assert d.session.stage is Stage.WAITING
    d.says(words=8)
    assert d.session.stage is Stage.LISTENING


def test_ladder_goes_by_the_settings() -> None:
    """Its times are settings."""
    settings = CoreSettings(ladder=LadderSettings(soft_s=5))
    d = Driver(settings=settings).listening()
    d.wait(5)
    assert rungs(d) == ["soft"]


def test_an_offer_made_for_another_reason_is_the_only_one_in_its_silence() -> None:
    """After an offer that words led to, the ladder comes to company, not to a second offer."""
    steps = ladder()
    steps.offered(100)
    assert steps.climb(5999, ALL) is None
    reached = steps.climb(6000, ALL)
    assert reached is not None
    assert reached.rung is Rung.WAIT
