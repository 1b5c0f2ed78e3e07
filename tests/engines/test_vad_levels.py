"""Levels, the noise floor and the echo guard."""

import numpy as np
import pytest
from test_vad_detector import frames, level, vowel

from voice_agent.engines.vad import Ended, SpeechDetector, Started, Suspected
from voice_agent.engines.vad.levels import EchoGuard, NoiseFloor, to_dbfs

RATE = 16_000


def playout_levels(sound: np.ndarray) -> list[float]:
    return [to_dbfs(float(np.mean(frame**2))) for frame in sound.reshape(-1, 160)]


def our_voice(seconds: float) -> np.ndarray:
    """Return half-second words with short pauses at -20 dBFS, as we play them."""
    word = np.concatenate([level(vowel(0.5, 110), -20), np.zeros(RATE // 5)])
    return np.tile(word, 20)[: round(seconds * RATE)]


def echo_of(sound: np.ndarray) -> np.ndarray:
    """Return it 200 ms later and 20 dB quieter."""
    late = RATE // 5
    return np.concatenate([np.zeros(late), sound[:-late]]) * 0.1


def test_our_own_voice_coming_back_is_never_suspected() -> None:
    """An echo at -20 dB, 200 ms late, is no barge-in, nor is its tail after we stop."""
    played = our_voice(6)
    played[5 * RATE :] = 0.0
    detector = SpeechDetector()
    told = [
        edge
        for frame, dbfs in zip(frames(echo_of(played)), playout_levels(played), strict=True)
        for edge in detector.process(frame, dbfs)
    ]
    assert told == []


def test_without_the_guard_the_echo_would_be_speech() -> None:
    """The guard is what keeps it out: unguarded, the same sound is started."""
    detector = SpeechDetector()
    told = [e for frame in frames(echo_of(our_voice(2))) for e in detector.process(frame)]
    assert any(isinstance(edge, Started) for edge in told)


def test_a_person_speaking_over_it_is_heard() -> None:
    """A normal voice over the echo is suspected within .15 s and started."""
    played = our_voice(4)
    heard = echo_of(played)
    heard[2 * RATE : 3 * RATE] += level(vowel(1.0, 190), -24)
    detector = SpeechDetector()
    told = [
        (detector.samples, edge)
        for frame, dbfs in zip(frames(heard), playout_levels(played), strict=True)
        for edge in detector.process(frame, dbfs)
    ]
    kinds = [type(edge) for _, edge in told]
    assert kinds == [Suspected, Started, Ended]
    assert 0 <= told[0][0] - 2 * RATE <= 0.15 * RATE


def test_the_guard_ends_its_memory_after_playout() -> None:
    """Four hundred milliseconds after the last frame we played, everything counts again."""
    guard = EchoGuard(14.0, 40)
    assert guard.masks(-40.0, -20.0)
    assert not guard.masks(-30.0, None)
    assert [guard.masks(-40.0, None) for _ in range(40)] == [True] * 37 + [False] * 3


def test_the_guard_is_off_where_the_transport_cancels_echo() -> None:
    """Without playout levels nothing is ever masked."""
    guard = EchoGuard(14.0, 40)
    assert not any(guard.masks(-80.0, None) for _ in range(100))


def test_the_floor_starts_low_and_never_learns_speech() -> None:
    """Words with dips leave the floor at the dips."""
    floor = NoiseFloor(-65.0)
    for k in range(1000):
        floor.push(-25.0 if k % 60 < 45 else -58.0)
    assert floor.dbfs == pytest.approx(-58, abs=3)


def test_a_call_that_begins_in_mid_speech_keeps_hearing_it() -> None:
    """A second and a half of unbroken voice from the first frame on is one open segment."""
    detector = SpeechDetector()
    told = [edge for frame in frames(level(vowel(1.5), -26)) for edge in detector.process(frame)]
    assert [type(edge) for edge in told] == [Suspected, Started]
    assert detector.silence_in_segment <= 0.05 * RATE


@pytest.mark.parametrize(
    ("power", "dbfs"), [(1.0, 0.0), (1e-4, -40.0), (0.0, -90.0), (1e-12, -90.0)]
)
def test_levels_are_full_scale_decibels(power: float, dbfs: float) -> None:
    """A mean square of 1 is 0 dBFS; digital silence is -90."""
    assert to_dbfs(power) == pytest.approx(dbfs)
