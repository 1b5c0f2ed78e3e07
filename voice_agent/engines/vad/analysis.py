"""What one block of 30 ms looks like: bands above their own noise floor, voicing, pitch.

Voicing is the peak of an autocorrelation taken from the *square root* of the power spectrum.
Compressing the spectrum flattens formants, so that noise shaped by a vocal tract (breath) or by
1/f (pink) has no peak, while a comb of harmonics keeps its own. Nothing below 300 Hz is needed,
so it works in the telephone band.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME = 160
BLOCK = 3 * FRAME
WINDOW = 4 * FRAME
BANDS = 17
_LOWEST_DB = -75.0
"""What lies below this in a band is taken for this: dither and digital silence are alike."""
_HIGHEST_SNR_DB = 30.0
_LAG_RATE = 8_000
_FIRST_LAG = _LAG_RATE // 400
_END_LAG = _LAG_RATE // 60 + 1
_VOICE_BINS = (3, 72)  # 75 to 1800 Hz, 25 Hz a bin
_MURMUR_BIN = 28  # 700 Hz
_MURMUR_SNR_DB = 12.0
_MURMUR_ABOVE_700 = 0.04
_RUMBLE_SHARE = 0.85
Vector = NDArray[np.float32]


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
    return _Tables(window.astype(np.float32), bands.astype(np.float32), cosines.astype(np.float32))


class Analyser:
    """Measures blocks; keeps each band's floor by minimum statistics over some four seconds."""

    def __init__(self, sub_updates: int = 7, subs: int = 8) -> None:
        tables = _tables()
        self._window, self._bands, self._lags = tables.window, tables.bands, tables.lags
        self._work = np.zeros(WINDOW, np.float32)
        self._levels = np.full(BANDS, _LOWEST_DB, np.float32)
        self._smooth: Vector | None = None
        self._lowest = np.full(BANDS, _LOWEST_DB, np.float32)
        self._floor = np.full(BANDS, _LOWEST_DB, np.float32)
        self._past: list[Vector] = []
        self._past_lowest = self._lowest
        self._updates = 0
        self._sub_updates, self._subs = sub_updates, subs
        self._magnitude = np.zeros(WINDOW // 2 + 1, np.float32)
        self._curve = np.zeros(_END_LAG - _FIRST_LAG, np.float32)
        self.snr_db = np.zeros(BANDS, np.float32)
        """Each band above its floor, 0 to 30 dB."""
        self.flux_db = 0.0
        """How much the bands up to 3.7 kHz changed since the last block, on average."""
        self.peak = 0.0

    def measure(self, samples: Vector) -> None:
        """Take the last 640 samples (full scale is 1)."""
        np.multiply(samples, self._window, out=self._work)
        self._magnitude = magnitude = np.abs(np.fft.rfft(self._work))
        levels = np.log10(np.dot(magnitude * magnitude, self._bands) + np.float32(1e-10))
        levels *= np.float32(10)
        np.maximum(levels, _LOWEST_DB, out=levels)
        np.subtract(levels, self._levels, out=self._levels)
        np.abs(self._levels, out=self._levels)
        self.flux_db = float(self._levels[: BANDS - 1].sum()) / (BANDS - 1)
        self._levels = levels
        np.subtract(levels, self._floor, out=self.snr_db)
        np.maximum(self.snr_db, 0, out=self.snr_db)
        np.minimum(self.snr_db, _HIGHEST_SNR_DB, out=self.snr_db)
        part = magnitude[_VOICE_BINS[0] : _VOICE_BINS[1]]
        np.dot(part, self._lags, out=self._curve)
        total = float(part.sum())
        self.peak = float(self._curve.max()) / total if total > 1e-7 else 0.0

    @property
    def lag(self) -> int:
        """Where the correlation's peak lies, in lags of 1/8000 s."""
        return int(self._curve.argmax())

    def learn_floor(self) -> None:
        """Let the floors follow the block measured last; called every 90 ms, speech or not."""
        if self._smooth is None:
            self._smooth = self._levels.copy()
        self._smooth += np.float32(0.4) * (self._levels - self._smooth)
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
        at = int(curve.argmax())
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
        part = self._magnitude[_VOICE_BINS[0] : _VOICE_BINS[1]]
        upper = part[_MURMUR_BIN - _VOICE_BINS[0] :]
        energy = float(np.dot(part, part))
        return float(np.dot(upper, upper)) / energy if energy > 1e-12 else 0.0

    def is_murmur(self) -> bool:
        """Return whether the block could be hummed.

        It stands 12 dB above some band's floor, lies below 700 Hz, and not all of it below 175 Hz,
        as a machine's rumble does.
        """
        if float(self.snr_db.max()) < _MURMUR_SNR_DB or self._above_700() >= _MURMUR_ABOVE_700:
            return False
        part = self._magnitude[_VOICE_BINS[0] : _VOICE_BINS[1]]
        low = part[: 7 - _VOICE_BINS[0]]
        return float(np.dot(low, low)) < _RUMBLE_SHARE * float(np.dot(part, part))
