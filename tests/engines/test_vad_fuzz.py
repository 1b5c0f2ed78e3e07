"""Sounds no line should send and some lines do: nothing is raised and nothing invented."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_vad_detector import frames, level, listen, only, shaped_noise, silence, vowel

from voice_agent.engines.vad import Ended, SpeechDetector, Started, Suspected, Withdrawn

RATE = 16_000

piece = st.tuples(
    st.sampled_from(["zeros", "noise", "vowel", "clipped", "constant", "square", "least"]),
    st.integers(1, 60),
    st.integers(-80, 6),
    st.integers(0, 2**16),
)


def made(kind: str, count: int, dbfs: int, seed: int) -> np.ndarray:
    """Return frames of one kind."""
    n = count * 160
    rng = np.random.default_rng(seed)
    match kind:
        case "zeros":
            sound = np.zeros(n)
        case "vowel":
            sound = level(vowel(n / RATE, 90 + seed % 200), dbfs)
        case "clipped":
            sound = np.sign(rng.standard_normal(n))
        case "constant":
            sound = np.full(n, 10 ** (min(dbfs, 0) / 20))
        case "square":
            sound = np.sign(np.sin(2 * np.pi * (50 + seed % 400) * np.arange(n) / RATE))
        case "least":
            sound = rng.integers(-1, 2, n) / 32768
        case _:
            sound = level(rng.standard_normal(n), dbfs)
    return frames(sound)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(piece, min_size=1, max_size=12), st.booleans())
def test_edges_keep_their_order_whatever_is_heard(pieces: list, with_playout: bool) -> None:
    """Suspected, then started or withdrawn, then ended: positions grow and lie in the past."""
    detector = SpeechDetector()
    stage, before = "idle", 0
    for frame in np.concatenate([made(*each) for each in pieces]):
        for edge in detector.process(frame, -30.0 if with_playout else None):
            at = edge.onset
            assert 0 <= at <= detector.samples
            if isinstance(edge, Suspected):
                assert stage == "idle"
                assert at >= before
                stage = "suspected"
            elif isinstance(edge, Started):
                assert stage == "suspected"
                stage = "speaking"
            elif isinstance(edge, Withdrawn):
                assert stage == "suspected"
                stage = "idle"
            elif isinstance(edge, Ended):
                assert stage == "speaking"
                assert at < edge.last <= detector.samples
                stage, before = "idle", edge.last
        assert 0.0 <= detector.probability <= 1.0
        assert np.isfinite(detector.log_odds)
    assert all(np.isfinite(detector.take_features()))


@pytest.mark.parametrize("value", [0, 1, -32768, 32767])
def test_a_stuck_line_is_no_speech(value: int) -> None:
    """One value for ten seconds starts nothing."""
    detector = SpeechDetector()
    frame = np.full(160, value, np.int16)
    assert not any(isinstance(e, Started) for _ in range(1000) for e in detector.process(frame))


def test_a_jump_in_the_line_starts_nothing() -> None:
    """Noise cut out and pasted elsewhere, as a jitter buffer does, starts nothing."""
    noise = frames(level(shaped_noise(20, 4, 50, 6000), -45))
    order = np.random.default_rng(2).permutation(len(noise) // 10)
    jumped = np.concatenate([noise[k * 10 : k * 10 + 10] for k in order])
    detector = SpeechDetector()
    assert not any(isinstance(e, Started) for frame in jumped for e in detector.process(frame))


def test_frames_lost_inside_a_word_do_not_end_it() -> None:
    """Every tenth frame zero, as without concealment, leaves one segment."""
    whole = frames(np.concatenate([silence(0.5), level(vowel(1.5), -26), silence(0.6)]))
    whole[55:195:10] = 0
    detector = SpeechDetector()
    told = [edge for frame in whole for edge in detector.process(frame)]
    assert [type(edge) for edge in told] == [Suspected, Started, Ended]


def test_a_level_that_falls_by_20_db_is_followed() -> None:
    """A person who turns quiet in the middle of a call is still heard, without gain control."""
    words = [np.concatenate([level(vowel(0.5), dbfs), silence(1.0)]) for dbfs in (-20, -20, -40)]
    started = only(listen(np.concatenate([silence(0.5), *words])), Started)
    assert len(started) == 3


def test_key_tones_start_nothing() -> None:
    """A caller's keys, .12 s each, are no speech."""
    t = np.arange(round(0.12 * RATE)) / RATE
    tones = [
        np.concatenate(
            [level(np.sin(2 * np.pi * a * t) + np.sin(2 * np.pi * b * t), -20), silence(0.4)]
        )
        for a, b in ((697, 1209), (770, 1336), (852, 1477), (941, 1336))
    ]
    assert not only(listen(np.concatenate([silence(0.5), *tones])), Started)
