"""The resampler for what is heard: exact frames, the band kept, mirrors gone, little delay."""

import numpy as np
import pytest

from voice_agent.core.errors import UsageError
from voice_agent.transport.resample import HearingResampler


def tone(hz: float, rate: int, seconds: float = 1.0, level: float = 16384.0) -> np.ndarray:
    at = np.arange(round(rate * seconds)) / rate
    return (level * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def through(resampler: HearingResampler, samples: np.ndarray, chunk: int) -> np.ndarray:
    frames = []
    for start in range(0, len(samples), chunk):
        frames += resampler.push(samples[start : start + chunk].tobytes())
    assert all(frame.shape == (160,) and frame.dtype == np.int16 for frame in frames)
    return np.concatenate(frames)


def level_db(samples: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) / 16384 * 2**0.5 + 1e-9)


def test_sound_at_16_khz_passes_unchanged() -> None:
    """At the hearing rate every sample comes out as it went in."""
    sent = tone(440, 16_000)
    assert np.array_equal(through(HearingResampler(16_000), sent, 333), sent)


@pytest.mark.parametrize("rate", [8_000, 24_000, 32_000, 48_000])
def test_ten_ms_in_give_ten_ms_out_at_once(rate: int) -> None:
    """Each 10 ms pushed completes one frame: nothing piles up."""
    resampler = HearingResampler(rate)
    counts = [len(resampler.push(np.zeros(rate // 100, np.int16))) for _ in range(200)]
    assert set(counts) == {1}


@pytest.mark.parametrize(("rate", "hz"), [(8_000, 3_400), (48_000, 7_000), (44_100, 7_000)])
def test_the_band_of_speech_keeps_its_level(rate: int, hz: int) -> None:
    """A tone near the upper edge of speech loses less than half a dB."""
    heard = through(HearingResampler(rate), tone(hz, rate), rate // 100)[1600:-800]
    assert abs(level_db(heard)) < 0.5


@pytest.mark.parametrize("hz", [8_100, 9_000, 12_000, 20_000])
def test_what_cannot_be_heard_does_not_fold_back(hz: int) -> None:
    """Above 8 kHz nothing of a tone is left in what is heard."""
    assert level_db(through(HearingResampler(48_000), tone(hz, 48_000), 480)[1600:]) < -65


def test_a_telephone_has_nothing_above_its_band() -> None:
    """A tone of 3 kHz on an 8 kHz line leaves no mirror at 5 kHz."""
    heard = through(HearingResampler(8_000), tone(3_000, 8_000), 160)[1600:9600].astype(float)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    at = np.fft.rfftfreq(len(heard), 1 / 16_000)
    assert spectrum[at > 4_400].max() < spectrum.max() * 1e-3


@pytest.mark.parametrize(("rate", "most_s"), [(48_000, 0.003), (8_000, 0.006)])
def test_the_delay_is_small_and_as_stated(rate: int, most_s: float) -> None:
    """A click comes out where `delay_s` says, under 3 ms from 48 kHz and 6 ms from 8 kHz."""
    resampler = HearingResampler(rate)
    click = np.zeros(rate // 2, np.int16)
    click[rate // 10] = 30_000
    heard = through(resampler, click, rate // 100)
    assert np.argmax(np.abs(heard)) / 16_000 - 0.1 == pytest.approx(resampler.delay_s, abs=1e-4)
    assert resampler.delay_s < most_s


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_how_it_is_cut_makes_no_difference(rate: int) -> None:
    """Odd pieces give the same samples as even ones, to the bit."""
    sent = tone(1_000, rate)
    even = through(HearingResampler(rate), sent, rate // 100)
    odd = through(HearingResampler(rate), sent, 131)
    assert np.array_equal(even[: len(odd)], odd[: len(even)])


def test_full_scale_is_clipped_not_wrapped() -> None:
    """A square wave at full scale never changes its sign by overshoot."""
    square = np.where(np.arange(48_000) // 240 % 2, 32_767, -32_768).astype(np.int16)
    heard = through(HearingResampler(48_000), square, 480)[1600:]
    assert heard.max() == 32_767
    assert heard.min() == -32_768
    assert np.sum(np.abs(np.diff(np.sign(heard)))) < 2 * 2 * 202


@pytest.mark.parametrize("rate", [0, -1, 1_000_000])
def test_a_rate_no_line_has_is_refused(rate: int) -> None:
    """An impossible rate is one sentence, not a crash later."""
    with pytest.raises(UsageError, match=f"{rate} Hz"):
        HearingResampler(rate)
