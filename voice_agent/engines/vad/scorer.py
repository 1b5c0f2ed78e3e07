"""The speech score: what is measured in a block, its recent past, and some small units."""

from math import exp

import numpy as np

from voice_agent.engines.vad.analysis import BANDS, NOUGHT, Analyser
from voice_agent.engines.vad.coefficients import HIDDEN_BIAS, HIDDEN_WEIGHTS, OUT_BIAS, OUT_WEIGHTS

RAW = BANDS + 4
INPUTS = 3 * RAW
RATES = np.array([[0.4], [0.1]], np.float32)
"""How far the two memories move with every block: they reach back some 60 and 300 ms."""


_KEEP = 1 - RATES
_FORGOTTEN = 150
"""After so many empty blocks (4.5 s) nothing is left of the memories."""
_HEARD = (NOUGHT, 1 / 3, 2 / 3, 1.0)


class Scorer:
    """Keeps two running means of what was measured and turns all of it into a score."""

    def __init__(self) -> None:
        self.inputs = np.zeros(INPUTS, np.float32)
        """Now, fast mean, slow mean: each the bands' SNR (in bels) and four more."""
        self._now = self.inputs[:RAW]
        self._bands = self.inputs[:BANDS]
        self._past = self.inputs[RAW:].reshape(2, RAW)
        self._step = np.zeros((2, RAW), np.float32)
        self._hidden = np.zeros(len(HIDDEN_BIAS), np.float32)
        self._zero = np.zeros(len(HIDDEN_BIAS), np.float32)
        self._skipped = 0

    def push(self, analyser: Analyser, heard: int) -> None:
        """Take a measured block; `heard` is of how many of its three frames webrtcvad made speech."""
        now, past, step = self._now, self._past, self._step
        if self._skipped:
            self._catch_up()
        peak, mean = analyser.peak, analyser.mean_snr
        self._bands[:] = analyser.snr
        now[BANDS] = 4 * peak
        now[BANDS + 1] = 10 * (peak - 0.2) * min(mean, 1.5) if peak > 0.2 else NOUGHT
        now[BANDS + 2] = _HEARD[heard]
        now[BANDS + 3] = analyser.flux
        np.subtract(now, past, out=step)
        np.multiply(step, RATES, out=step)
        np.add(past, step, out=past)

    def skip(self) -> None:
        """Take a block that was not measured, for there was nothing in it."""
        self._skipped += 1

    def _catch_up(self) -> None:
        if self._skipped >= _FORGOTTEN:
            self._past.fill(NOUGHT)
        else:
            self._past *= _KEEP**self._skipped
        self._skipped = 0

    def log_odds(self) -> float:
        """Return the score of the block measured last, as log-odds of speech."""
        hidden = self._hidden
        np.dot(self.inputs, HIDDEN_WEIGHTS, out=hidden)
        np.add(hidden, HIDDEN_BIAS, out=hidden)
        np.maximum(hidden, self._zero, out=hidden)
        return float(hidden.dot(OUT_WEIGHTS)) + OUT_BIAS


def probability(log_odds: float) -> float:
    """Return log-odds as a share, 0 to 1."""
    return 1 / (1 + exp(-log_odds)) if log_odds > -30 else 0.0
