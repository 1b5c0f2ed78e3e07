"""The speech score: what is measured in a block, its recent past, and some small units."""

from math import exp

import numpy as np

from voice_agent.engines.vad.analysis import BANDS, Vector
from voice_agent.engines.vad.coefficients import HIDDEN_BIAS, HIDDEN_WEIGHTS, OUT_BIAS, OUT_WEIGHTS

RAW = BANDS + 4
INPUTS = 3 * RAW
RATES = np.array([[0.4], [0.1]], np.float32)
"""How far the two memories move with every block: they reach back some 60 and 300 ms."""


class Scorer:
    """Keeps two running means of what was measured and turns all of it into a score."""

    def __init__(self) -> None:
        self.inputs = np.zeros(INPUTS, np.float32)
        """Now, fast mean, slow mean: each the bands' SNR (in units of 10 dB) and four more."""
        self._now = self.inputs[:RAW]
        self._past = self.inputs[RAW:].reshape(2, RAW)
        self._step = np.zeros((2, RAW), np.float32)
        self._mean = np.r_[np.full(BANDS - 1, 1 / (BANDS - 1)), 0].astype(np.float32)
        self._hidden = np.zeros(len(HIDDEN_BIAS), np.float32)

    def push(self, snr_db: Vector, peak: float, heard: int, flux_db: float) -> None:
        """Take a measured block; `heard` is of how many of its three frames webrtcvad made speech."""
        now = self._now
        np.multiply(snr_db, np.float32(0.1), out=now[:BANDS])
        mean = float(np.dot(now[:BANDS], self._mean))
        now[BANDS] = 4 * peak
        now[BANDS + 1] = 10 * max(0.0, peak - 0.2) * min(mean, 1.5)
        now[BANDS + 2] = heard / 3
        now[BANDS + 3] = 0.1 * flux_db
        self._follow()

    def skip(self) -> None:
        """Take a block that was not measured, for there was nothing in it."""
        self._now.fill(0.0)
        self._follow()

    def _follow(self) -> None:
        step = self._step
        np.subtract(self._now, self._past, out=step)
        step *= RATES
        self._past += step

    def forget(self) -> None:
        """Forget everything."""
        self.inputs.fill(0.0)

    def log_odds(self) -> float:
        """Return the score of the newest block, as log-odds of speech."""
        hidden = self._hidden
        np.dot(self.inputs, HIDDEN_WEIGHTS, out=hidden)
        hidden += HIDDEN_BIAS
        np.maximum(hidden, 0, out=hidden)
        return float(np.dot(hidden, OUT_WEIGHTS)) + OUT_BIAS


def probability(log_odds: float) -> float:
    """Return log-odds as a share, 0 to 1."""
    return 1 / (1 + exp(-log_odds)) if log_odds > -30 else 0.0
