"""The playout timeline: what sounds when, to the sample."""

import pytest
from core_driver import STEADY
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from voice_agent.core.player import Finished, Paused, Player, Playout, Segment, Started

A, B = ("s", "a"), ("s", "b")


def play(player: Player, samples: int) -> list[Segment | Playout]:
    """Let `samples` samples pass; all that sounded and happened, in order."""
    out: list[Segment | Playout] = []
    while samples:
        segment, event = player.advance(samples)
        samples -= segment.length
        out += [segment] if segment.length else []
        out += [event] if event is not None else []
    return out


def playing(length: int = 10, pause_s: float = 0.0, phrases: tuple[int, ...] = (0,)) -> Player:
    player = Player(10)
    player.say(A, pause_s)
    player.rendered(A, length, phrases)
    return player


def test_line_waits_in_silence_until_it_is_rendered() -> None:
    """A line that is not ready is silence, and nothing has happened."""
    player = Player(10)
    player.say(A, 0)
    assert play(player, 5) == [Segment(5)]


@pytest.mark.parametrize("chunk", [1, 3, 10, 100])
def test_pause_after_a_line_is_exact_to_the_sample(chunk: int) -> None:
    """2.5 s after 10 samples are 25 samples of silence, whatever is asked for at a time."""
    player = playing(10, 2.5)
    heard: list[Segment | Playout] = []
    for _ in range(-(-35 // chunk)):
        heard += play(player, chunk)
    finished = heard.index(Finished(A, 10))
    before = [each for each in heard[:finished] if isinstance(each, Segment)]
    assert sum(each.length for each in before if each.key) == 10
    assert sum(each.length for each in before if each.key is None) == 25


@pytest.mark.parametrize(("length", "over_at"), [(7, 40), (39, 40), (40, 40), (41, 41)])
def test_line_of_a_written_length_lasts_so_long_whatever_its_words(
    length: int, over_at: int
) -> None:
    """Four seconds from first sample to end, one sample before, at and after; no word is cut."""
    player = Player(10)
    player.say(A, 0, 4.0)
    player.rendered(A, length, (0,))
    heard = play(player, over_at)
    assert heard[-1] == Finished(A, length)
    assert sum(each.length for each in heard if isinstance(each, Segment)) == over_at


@pytest.mark.parametrize(("at", "back_to"), [(3, 0), (4, 4), (5, 4), (9, 8)])
def test_resumed_line_starts_at_the_beginning_of_its_phrase(at: int, back_to: int) -> None:
    """One sample before, at and after the border of a phrase."""
    player = playing(10, phrases=(0, 4, 8))
    play(player, at)
    assert player.pause() == [Paused(A, at)]
    assert play(player, 50) == [Segment(50)]
    player.resume()
    assert play(player, 1) == [Started(A, back_to), Segment(1, A, back_to)]


def test_pause_in_the_silence_after_a_line_goes_on_in_the_silence() -> None:
    """Words that were said whole are not said again, and no silence is lost."""
    player = playing(10, 1.0)
    play(player, 14)
    player.pause()
    play(player, 7)
    player.resume()
    assert play(player, 6) == [Segment(6), Finished(A, 10)]


def test_stop_is_final() -> None:
    """After a stop there is silence, also when the line is rendered or resumed later."""
    player = playing(10)
    play(player, 3)
    assert player.stop() == [Finished(A, 3, stopped=True)]
    player.resume()
    player.rendered(A, 10, (0,))
    assert play(player, 100) == [Segment(100)]


def test_new_line_cuts_the_old_one_and_is_not_held_by_its_pause() -> None:
    """Never two lines at once."""
    player = playing(10)
    play(player, 3)
    player.pause()
    assert player.say(B, 0) == [Finished(A, 3, stopped=True)]
    player.rendered(B, 2, (0,))
    assert play(player, 2) == [Started(B, 0), Segment(2, B, 0), Finished(B, 2)]


def test_same_line_said_again_begins_anew() -> None:
    """The first saying is reported as cut off, the second plays from its first sample."""
    player = playing(10)
    play(player, 3)
    assert player.say(A, 0) == [Finished(A, 3, stopped=True)]
    player.rendered(A, 10, (0,))
    assert play(player, 1) == [Started(A, 0), Segment(1, A, 0)]


def test_line_of_no_samples_is_over_at_once_and_its_pause_is_kept() -> None:
    """An empty rendering is still followed by its silence."""
    player = playing(0, 0.5)
    assert play(player, 6) == [Segment(5), Finished(A, 0), Segment(1)]


@settings(STEADY)
@given(st.lists(st.integers(1, 40), min_size=1), st.lists(st.integers(0, 59), max_size=5))
def test_line_played_in_any_pieces_is_the_same_line(pieces: list[int], phrases: list[int]) -> None:
    """The size of the frames changes nothing of what sounds."""
    player = playing(60, 1.0, tuple(sorted({0, *phrases})))
    sounded = [
        offset
        for piece in pieces
        for each in play(player, piece)
        if isinstance(each, Segment) and each.key
        for offset in range(each.offset, each.offset + each.length)
    ]
    assert sounded == list(range(min(sum(pieces), 60)))


class Timeline(RuleBasedStateMachine):
    """Any order of say, rendered, pause, resume, stop and time keeps the player's promises."""

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(10)
        self.line: tuple[str, str] | None = None
        self.length: int | None = None
        self.phrases: tuple[int, ...] = (0,)
        self.silence = 0
        self.next = 0
        self.rested = 0
        self.held = False
        self.count = 0

    @rule(pause=st.integers(0, 20))
    def say(self, pause: int) -> None:
        cut = self.player.say(("s", f"l{self.count}"), pause / 10)
        assert [(e.key, e.stopped) for e in cut if isinstance(e, Finished)] == (
            [(self.line, True)] if self.line else []
        )
        self.line, self.length, self.silence = ("s", f"l{self.count}"), None, pause
        self.next = self.rested = 0
        self.held = False
        self.count += 1

    @precondition(lambda self: self.line is not None)
    @rule(length=st.integers(0, 40), cuts=st.sets(st.integers(1, 39), max_size=4))
    def rendered(self, length: int, cuts: set[int]) -> None:
        assert self.line is not None
        phrases = (0, *sorted(cut for cut in cuts if cut < length))
        self.player.rendered(self.line, length, phrases)
        if self.length is None:
            self.length, self.phrases = length, phrases

    @rule()
    def rendered_another(self) -> None:
        self.player.rendered(("s", "unknown"), 5, (0,))

    @rule()
    def pause(self) -> None:
        self.player.pause()
        self.held = True

    @rule()
    def resume(self) -> None:
        self.player.resume()
        if self.held and self.length is not None and self.next < self.length:
            self.next = max(p for p in self.phrases if p <= self.next)
        self.held = False

    @rule()
    def stop(self) -> None:
        self.player.stop()
        self.line, self.length, self.held = None, None, False

    @rule(samples=st.integers(1, 30))
    def advance(self, samples: int) -> None:
        for each in play(self.player, samples):
            if isinstance(each, Segment) and each.key is not None:
                assert each.key == self.line, "another line than the one said last sounds"
                assert not self.held
                assert each.offset == self.next, "a sample was skipped or said twice"
                self.next += each.length
            elif isinstance(each, Segment):
                if self.line and not self.held and self.length is not None:
                    assert self.next == self.length, "silence inside a line"
                    self.rested += each.length
            elif isinstance(each, Started):
                assert (each.key, each.sample) == (self.line, self.next)
            elif isinstance(each, Finished):
                assert not each.stopped
                assert (each.key, self.next, self.rested) == (self.line, self.length, self.silence)
                self.line = self.length = None

    @invariant()
    def knows_its_line(self) -> None:
        assert self.player.current == self.line
        assert self.player.held == self.held


TestTimeline = Timeline.TestCase
TestTimeline.settings = settings(STEADY, max_examples=60)
