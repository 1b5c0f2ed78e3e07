"""What one block of 30 ms looks like: bands above their own noise floor, voicing, pitch.

Voicing is the peak of an autocorrelation taken from the *square root* of the power spectrum.
Compressing the spectrum flattens formants, so that noise shaped by a vocal tract (breath) or by
1/f (pink) has no peak, while a comb of harmonics keeps its own. Nothing below 300 Hz is needed,
so it works in the telephone band.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME = 160
BLOCK = 3 * FRAME
WINDOW = 4 * FRAME
BANDS = 17
_LOWEST = -7.5
"""In bels, as all levels of bands. What lies below is taken for this: dither and digital silence
are alike."""
_HIGHEST_SNR = 3.0
NOUGHT = 1e-12
"""Zero for what is remembered with decay: from a true zero it would become denormal numbers, which
processors are ten times as slow with."""
_LAG_RATE = 8_000
_FIRST_LAG = _LAG_RATE // 400
_END_LAG = _LAG_RATE // 60 + 1
_VOICE_BINS = (3, 72)  # 75 to 1800 Hz, 25 Hz a bin
_MURMUR_BIN = 28  # 700 Hz
_MURMUR_SNR = 1.2
_MURMUR_ABOVE_700 = 0.04
_RUMBLE_SHARE = 0.85
_FOLLOW = np.float32(0.4)
Vector = NDArray[np.float32]
_rfft: Any = np.fft.rfft
"""Its stubs know no single precision, which it keeps."""


@dataclass(frozen=True, slots=True)
class Voicing:
    """Pitch and what a hum is told by, of one block."""

    peak: float
    """Height of the autocorrelation's peak, about .1 (noise) to .8 (a clean tone)."""
    pitch_hz: float
    """Where the peak lies, 60 to 400 Hz; meaningless where `peak` is low."""
    above_700: float
    """Share of the energy between 75 and 1800 Hz that lies above 700 Hz."""


@dataclass(frozen=True, slots=True)
class _Tables:
    window: Vector
    bands: Vector
    lags: Vector


@cache
def _tables() -> _Tables:
    """Build the matrices once a process: 16 mel bands from 120 to 3700 Hz, one above, the lags."""
    window = np.hanning(WINDOW + 2)[1:-1]
    hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    mel = np.linspace(2595 * np.log10(1 + 120 / 700), 2595 * np.log10(1 + 3700 / 700), BANDS)
    edges = [*(700 * (10 ** (mel / 2595) - 1)), 7500.0]
    bands = np.zeros((len(hz), BANDS))
    for k in range(BANDS):
        inside = (hz >= edges[k]) & (hz < edges[k + 1])
        bands[inside, k] = 1 / inside.sum() / np.sum(window**2)
    lags = np.arange(_FIRST_LAG, _END_LAG) / _LAG_RATE
    own = np.correlate(window, window, "full")[WINDOW - 1 :]
    # A window's own correlation falls with the lag: undone here, or low voices would look hoarse.
    undo = own[0] / own[np.round(lags * SAMPLE_RATE).astype(int)]
    low, high = _VOICE_BINS
    cosines = np.cos(2 * np.pi * hz[low:high, None] * lags[None]) * undo
    # Real and imaginary parts lie side by side: each counts for its bin.
    both = np.ascontiguousarray(np.repeat(bands, 2, axis=0).T, np.float32)
    return _Tables(window.astype(np.float32), both, cosines.astype(np.float32))


def _all(value: float) -> Vector:
    return np.full(BANDS, value, np.float32)


class Analyser:
    """Measures blocks; keeps each band's floor by minimum statistics over some four seconds.

    Every array is written in place, and constants are arrays of the same length: a block is so
    small that numpy's handling of its arguments costs more than the arithmetic.
    """

    def __init__(self, sub_updates: int = 7, subs: int = 8) -> None:
        tables = _tables()
        self._window, self._bands, self._lags = tables.window, tables.bands, tables.lags
        self._work = np.zeros(WINDOW, np.float32)
        self._spectrum = np.zeros(WINDOW // 2 + 1, np.complex64)
        self._parts = self._spectrum.view(np.float32)
        self._squares = np.zeros(len(self._parts), np.float32)
        self._voice = self._spectrum[_VOICE_BINS[0] : _VOICE_BINS[1]]
        self._magnitude = np.zeros(len(self._voice), np.float32)
        self._ones = np.ones(len(self._voice), np.float32)
        self._curve = np.zeros(_END_LAG - _FIRST_LAG, np.float32)
        self._least = _all(10**_LOWEST)
        self._none, self._most = _all(NOUGHT), _all(_HIGHEST_SNR)
        self._low_bands = _all(1 / (BANDS - 1))
        self._low_bands[-1] = 0.0
        self._levels, self._before, self._change = _all(_LOWEST), _all(_LOWEST), _all(0.0)
        self._smooth: Vector | None = None
        self._lowest = _all(_LOWEST)
        self._floor = _all(_LOWEST)
        self._past: list[Vector] = []
        self._past_lowest = self._lowest
        self._updates = 0
        self._sub_updates, self._subs = sub_updates, subs
        self.snr = _all(0.0)
        """Each band above its floor, 0 to 3 bels."""
        self.mean_snr = 0.0
        """Mean of the bands up to 3.7 kHz, in bels."""
        self.flux = 0.0
        """How much the bands up to 3.7 kHz changed since the last block, on average, in bels."""
        self.peak = 0.0
        """Height of the correlation's peak, 0 to 1."""
        self.lag = 0
        """Where it lies, in lags of 1/8000 s."""

    def measure(self, samples: Vector) -> None:
        """Take the last 640 samples (full scale is 1)."""
        self.look(samples)
        np.subtract(self._levels, self._before, out=self._change)
        np.abs(self._change, out=self._change)
        self.flux = float(self._change.dot(self._low_bands))
        snr = self.snr
        np.subtract(self._levels, self._floor, out=snr)
        np.maximum(snr, self._none, out=snr)
        np.minimum(snr, self._most, out=snr)
        self.mean_snr = float(snr.dot(self._low_bands))
        magnitude = self._magnitude
        np.abs(self._voice, out=magnitude)
        np.dot(magnitude, self._lags, out=self._curve)
        total = float(magnitude.dot(self._ones))
        lag = self.lag = int(self._curve.argmax())
        self.peak = float(self._curve[lag]) / total if total > 1e-7 else 0.0

    def look(self, samples: Vector) -> None:
        """Take the levels of the bands alone: enough for the floors."""
        np.multiply(samples, self._window, out=self._work)
        _rfft(self._work, out=self._spectrum)
        np.multiply(self._parts, self._parts, out=self._squares)
        self._levels, self._before = self._before, self._levels
        levels = self._levels
        np.dot(self._bands, self._squares, out=levels)
        np.maximum(levels, self._least, out=levels)
        np.log10(levels, out=levels)

    def learn_floor(self) -> None:
        """Let the floors follow the block measured last; called every 90 ms, speech or not."""
        if self._smooth is None:
            self._smooth = self._levels.copy()
        np.subtract(self._levels, self._smooth, out=self._change)
        self._change *= _FOLLOW
        self._smooth += self._change
        if self._updates == 0:
            self._lowest = self._smooth.copy()
        else:
            np.minimum(self._lowest, self._smooth, out=self._lowest)
        self._updates += 1
        if len(self._past) >= self._subs // 2:
            np.minimum(self._past_lowest, self._lowest, out=self._floor)
        if self._updates == self._sub_updates:
            self._past = [*self._past[-(self._subs - 2) :], self._lowest]
            self._past_lowest = np.minimum.reduce(self._past)
            self._updates = 0

    def voicing(self) -> Voicing:
        """Return the pitch of the block measured last."""
        curve = self._curve
        at = self.lag
        peak = float(curve[at])
        # A steady tone has equal peaks at every multiple of its period: take the first.
        lag = at + _FIRST_LAG
        for divisor in (4, 3, 2):
            shorter = round(lag / divisor) - _FIRST_LAG
            if shorter >= 1 and float(curve[shorter - 1 : shorter + 2].max()) > 0.85 * peak:
                lag = shorter - 1 + int(curve[shorter - 1 : shorter + 2].argmax()) + _FIRST_LAG
                break
        return Voicing(self.peak, _LAG_RATE / lag, self._above_700())

    def _above_700(self) -> float:
        part = self._magnitude
        upper = part[_MURMUR_BIN - _VOICE_BINS[0] :]
        energy = float(np.dot(part, part))
        return float(np.dot(upper, upper)) / energy if energy > 1e-12 else 0.0

    def is_murmur(self) -> bool:
        """Return whether the block could be hummed.

        It stands 12 dB above some band's floor, lies below 700 Hz, and not all of it below 175 Hz,
        as a machine's rumble does.
        """
        if float(self.snr.max()) < _MURMUR_SNR or self._above_700() >= _MURMUR_ABOVE_700:
            return False
        part = self._magnitude
        low = part[: 7 - _VOICE_BINS[0]]
        return float(np.dot(low, low)) < _RUMBLE_SHARE * float(np.dot(part, part))
