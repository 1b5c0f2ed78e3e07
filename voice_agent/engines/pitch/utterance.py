"""The measures of one utterance, quantised for the core, or why it cannot be measured.

Pitch is weighted by amplitude: a loud vowel counts more than the murmur of a room that the
tracker also hears. What the measures tell, and what was tried: docs/listening.md, "Flat speech".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines.pitch import loudness
from voice_agent.engines.pitch.tracker import HOP, PitchTrack, PitchTracker

LOWEST_SNR_DB = 18.0
"""Below, noise inflates the spread of pitch and hides flatness. Voiced sound lies 3 dB above the
whole of active speech, so this is 15 dB as noise is usually counted."""
LEAST_VOICED_S = 0.25
CLIPPED_SHARE = 0.001
GAIN_DB = 9.0
GAIN_QUIETEST_DBFS = -58.0
_BELOW_TOP_DB = 22.0
_ABOVE_NOISE_DB = 6.0
_HEARD_DB = 3.0
_LAG = 4
"""Movement is taken over 64 ms: shorter is the tracker's own flutter, longer blurs syllables."""
_FASTEST = 1.5 * _LAG
"""Semitones over that time; more is an octave mistaken, not a voice."""
_FRAME_S = HOP / 16_000
_WINDOW = 400
_FFT = 512
_BAND_HZ = (50, 500, 5000)

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What one utterance measured; numbers are rounded to what the core takes.

    Attributes:
        length_s: from its first to its last sound, .01 s.
        voiced_s: of it with a pitch, .01 s.
        rate_per_s: syllable nuclei a second, .1.
        level_dbfs: of its voiced sound, .1 dB.
        above_noise_db: the same above the noise, .1 dB.
        pitch_median_cents: above 55 Hz.
        pitch_high_cents: the upper quartile, above 55 Hz.
        pitch_spread_cents: half of what lies between the 16th and the 84th percentile; for
            normally spread pitch the standard deviation.
        pitch_movement: cents a second, how fast the pitch goes up and down.
        brightness_db: energy from .5 to 5 kHz against that below, .1 dB: vocal effort, which no
            automatic gain takes away.
        voiced_share: .01.
        pause_share: .01.
        not_measurable: why there is no more than a length: `short`, `noise`, `clipped` or `gain`.
    """

    length_s: float
    voiced_s: float = 0.0
    rate_per_s: float | None = None
    level_dbfs: float | None = None
    above_noise_db: float | None = None
    pitch_median_cents: int | None = None
    pitch_high_cents: int | None = None
    pitch_spread_cents: int | None = None
    pitch_movement: int | None = None
    brightness_db: float | None = None
    voiced_share: float | None = None
    pause_share: float | None = None
    not_measurable: str | None = None


def measure(
    samples: Samples,
    tracker: PitchTracker,
    *,
    noise_dbfs: float | None = None,
    cut_s: float = 0.0,
) -> Measures:
    """Measure one utterance.

    Args:
        samples: int16, shape (n,), 16 kHz, some silence around it included.
        tracker: finds its pitch.
        noise_dbfs: the floor tracked before it; without, it is taken from the utterance alone.
        cut_s: silence inside the utterance that is not in `samples`.
    """
    power = loudness.powers(samples)
    level = loudness.levels(power)
    track = tracker.track(samples)
    noise = loudness.noise_level(power, level, _ten_ms_voiced(track.voiced, level))
    strong = _strong(track, level, noise)
    strong_ten_ms = _ten_ms_voiced(strong, level)
    if strong.sum() * _FRAME_S < LEAST_VOICED_S:
        return Measures(length_s=_length_s(level, cut_s), not_measurable="short")
    begin, end = _span(strong_ten_ms, level, noise)
    length_s = round((end - begin) / loudness.PER_S + cut_s, 2)
    voice_power = float(power[strong_ten_ms].mean())
    level_dbfs = 10.0 * float(np.log10(max(voice_power, 1e-9)))
    onset = int(np.flatnonzero(strong_ten_ms)[0])
    moved_db = loudness.gain_moved_db(level, onset, noise_dbfs, GAIN_QUIETEST_DBFS)
    reason = _distrust(samples, level_dbfs - noise, moved_db)
    if reason is not None:
        return Measures(length_s=length_s, not_measurable=reason)
    inside = level[begin:end]
    voiced = _ten_ms_voiced(track.voiced, level)[begin:end] & (inside > noise + _HEARD_DB)
    cents = _pitch(track, strong, level)
    quiet = int((inside < float(np.quantile(inside, 0.95)) - 25.0).sum())
    return Measures(
        length_s=length_s,
        voiced_s=round(float(voiced.sum()) / loudness.PER_S, 2),
        rate_per_s=round(_rate(inside, strong_ten_ms[begin:end], noise, length_s), 1),
        level_dbfs=round(level_dbfs, 1),
        above_noise_db=round(level_dbfs - noise, 1),
        brightness_db=round(_brightness(samples, np.flatnonzero(strong_ten_ms), power), 1),
        voiced_share=round(float(voiced.sum()) / loudness.PER_S / length_s, 2),
        pause_share=round((quiet / loudness.PER_S + cut_s) / length_s, 2),
        pitch_median_cents=cents["median"],
        pitch_high_cents=cents["high"],
        pitch_spread_cents=cents["spread"],
        pitch_movement=cents["movement"],
    )


def _strong(track: PitchTrack, level: Floats, noise: float) -> Mask:
    """Return which values of the track are voiced and stand out."""
    if not len(level) or not track.voiced.any():
        return np.zeros(len(track.voiced), bool)
    at = _ten_ms(np.arange(len(track.voiced)), len(level))
    top = float(np.quantile(level[at][track.voiced], 0.9))
    strong: Mask = track.voiced & (level[at] > max(top - _BELOW_TOP_DB, noise + _ABOVE_NOISE_DB))
    return strong


def _ten_ms_voiced(voiced: Mask, level: Floats) -> Mask:
    """Return which 10 ms are voiced, by the nearest value of the track."""
    if not len(voiced):
        return np.zeros(len(level), bool)
    nearest = np.round(np.arange(len(level)) * (loudness.FRAME / HOP)).astype(int)
    out: Mask = voiced[np.minimum(nearest, len(voiced) - 1)]
    return out


def _ten_ms(values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the 10 ms in which each value of the track lies."""
    at = np.round(values * (HOP / loudness.FRAME)).astype(np.int64)
    return np.minimum(at, size - 1)


def _span(strong: Mask, level: Floats, noise: float) -> tuple[int, int]:
    """Return where speech begins and ends, in 10 ms: its voice, and the consonants around it."""
    voiced = np.flatnonzero(strong)
    begin, end = int(voiced[0]), int(voiced[-1]) + 1
    sounds = level > max(float(level[strong].max()) - 35.0, noise + _ABOVE_NOISE_DB)
    while begin > max(0, int(voiced[0]) - 20) and sounds[begin - 1]:
        begin -= 1
    while end < min(len(level), int(voiced[-1]) + 25) and sounds[end]:
        end += 1
    return begin, end


def _length_s(level: Floats, cut_s: float) -> float:
    """Return the length of something with hardly any voice: what stands out of the quiet."""
    if not len(level):
        return 0.0
    out = np.flatnonzero(level > float(level.max()) - 20.0)
    return round(float(out[-1] - out[0] + 1) / loudness.PER_S + cut_s, 2)


def _distrust(samples: Samples, snr_db: float, moved_db: float) -> str | None:
    """Return why the voice cannot be measured, if it cannot."""
    if loudness.clipped_share(samples) > CLIPPED_SHARE:
        return "clipped"
    if moved_db > GAIN_DB:
        return "gain"
    return "noise" if snr_db < LOWEST_SNR_DB else None


def _rate(level: Floats, voiced: Mask, noise: float, length_s: float) -> float:
    lowest = max(float(np.quantile(level, 0.95)) - 22.0, noise + _ABOVE_NOISE_DB)
    return loudness.nuclei(level, voiced, lowest=lowest) / length_s


def _pitch(track: PitchTrack, strong: Mask, level: Floats) -> dict[str, int]:
    at = _ten_ms(np.arange(len(strong)), len(level))
    amplitude = 10.0 ** (level[at] / 20.0)
    low, middle, upper, high = quantiles(
        track.semitones[strong], amplitude[strong], (0.16, 0.5, 0.75, 0.84)
    )
    return {
        "median": round(100 * middle),
        "high": round(100 * upper),
        "spread": round(100 * (high - low) / 2),
        "movement": round(100 * _movement(track.semitones, strong)),
    }


def quantiles(values: Floats, weights: Floats, at: tuple[float, ...]) -> list[float]:
    """Return weighted quantiles: where the weights of the sorted values add up to each share.

    Args:
        values: shape (n,), n > 0.
        weights: shape (n,), positive.
        at: shares, 0 to 1.
    """
    order = np.argsort(values, kind="stable")
    weight = weights[order]
    below = (np.cumsum(weight) - 0.5 * weight) / weight.sum()
    return [float(np.interp(share, below, values[order])) for share in at]


def _movement(semitones: Floats, strong: Mask) -> float:
    """Return the mean size of the change of pitch, in semitones a second, inside voiced stretches."""
    if len(strong) <= _LAG:
        return 0.0
    through = strong[_LAG:].copy()
    for before in range(_LAG):
        through &= strong[before : len(strong) - _LAG + before]
    change = np.abs(semitones[_LAG:] - semitones[:-_LAG])[through]
    if len(change) < _LAG:
        return 0.0
    return float(np.minimum(change, _FASTEST).mean()) / (_LAG * _FRAME_S)


def _brightness(samples: Samples, ten_ms: NDArray[np.int64], power: Floats) -> float:
    """Return the mean of each voiced window's balance, in dB, weighted by its amplitude."""
    padded = np.pad(samples, ((_WINDOW - loudness.FRAME) // 2, _WINDOW))
    starts = ten_ms * loudness.FRAME
    windows = padded[starts[:, None] + np.arange(_WINDOW)].astype(np.float32) / np.float32(32768)
    spectrum = np.square(np.abs(np.fft.rfft(windows * np.hanning(_WINDOW), _FFT)))
    low, middle, high = (round(hz * _FFT / 16_000) for hz in _BAND_HZ)
    below = spectrum[:, low:middle].sum(axis=1) + 1e-9
    above = spectrum[:, middle:high].sum(axis=1) + 1e-9
    amplitude = np.sqrt(power[ten_ms])
    balance = 10.0 * np.log10(above / below)
    return float((balance * amplitude).sum() / max(amplitude.sum(), 1e-9))
