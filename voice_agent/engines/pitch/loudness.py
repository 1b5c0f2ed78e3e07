"""Loudness over time: 10 ms levels, the noise under them, syllables, and whether it is trustworthy."""

import numpy as np
from numpy.typing import NDArray

FRAME = 160
PER_S = 100
_SMOOTH = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()
_LOWEST = 1e-9
_STOPS_SHARE = 0.02
_AWAY = 15
_LEAST_AWAY = 20
_NUCLEUS_DIP_DB = 2.0
_NUCLEUS_APART = 6
_FULL_SCALE = 32_700
_FLAT_RUN = 4
_FLAT_QUIETEST = 3_000

Floats = NDArray[np.float64]
Samples = NDArray[np.int16]


def powers(samples: Samples) -> Floats:
    """Return the mean square of each 10 ms (1.0 is full scale), shape (n // 160,)."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    frames -= frames.mean(axis=1, keepdims=True)
    mean: Floats = np.square(frames / 32768.0).mean(axis=1)
    return mean


def levels(power: Floats) -> Floats:
    """Return levels in dBFS (at least -90) of mean squares smoothed over 70 ms."""
    if not len(power):
        return np.zeros(0)
    smooth = np.convolve(power, _SMOOTH, mode="same")
    out: Floats = 10.0 * np.log10(np.maximum(smooth, _LOWEST))
    return out


def noise_level(power: Floats, level: Floats, voiced: NDArray[np.bool_]) -> float:
    """Return the level of what sounds beside the speech, in dBFS.

    The median of what lies at least .15 s away from any voice. Where a recording is cut close and
    that is less than .2 s, the stops between the sounds have to tell: the quietest fiftieth.

    Args:
        power: mean squares of 10 ms, shape (n,).
        level: the same smoothed, in dBFS, shape (n,).
        voiced: shape (n,).
    """
    if not len(level):
        return -90.0
    near = np.convolve(voiced, np.ones(2 * _AWAY + 1), mode="full")[_AWAY : _AWAY + len(voiced)]
    away = level[near < 0.5]
    if len(away) >= _LEAST_AWAY:
        return float(np.median(away))
    stops = float(np.quantile(power, _STOPS_SHARE))
    return 10.0 * float(np.log10(max(stops, _LOWEST)))


def nuclei(level: Floats, voiced: NDArray[np.bool_], *, lowest: float) -> int:
    """Count syllable nuclei: voiced peaks of loudness, each with a dip of 2 dB before the next.

    After de Jong & Wempe, "Praat script to detect syllable nuclei" (2009).

    Args:
        level: dBFS each 10 ms, shape (n,).
        voiced: shape (n,).
        lowest: quieter peaks are none.
    """
    count = 0
    peak, at, low = -np.inf, -_NUCLEUS_APART, np.inf
    rising = True
    last = -_NUCLEUS_APART
    for n, value in enumerate(level.tolist()):
        if rising:
            if value > peak:
                peak, at = value, n
            elif value <= peak - _NUCLEUS_DIP_DB:
                around = voiced[max(0, at - 2) : at + 3]
                if peak >= lowest and around.any() and at - last >= _NUCLEUS_APART:
                    count, last = count + 1, at
                rising, low = False, value
        elif value < low:
            low = value
        elif value >= low + _NUCLEUS_DIP_DB:
            rising, peak, at = True, value, n
    if rising and peak >= lowest and len(level) and voiced[max(0, at - 2) : at + 3].any():
        count += at - last >= _NUCLEUS_APART
    return count


def clipped_share(samples: Samples) -> float:
    """Return the share of samples that lie in a top cut flat: at full scale, or runs of equals."""
    if len(samples) < _FLAT_RUN:
        return 0.0
    size = np.abs(samples.astype(np.int32))
    top = int(size.max())
    if top < _FLAT_QUIETEST:
        return 0.0
    full = size >= _FULL_SCALE
    flat = (np.diff(samples) == 0) & (size[1:] >= 0.98 * top)
    run = flat
    for _ in range(_FLAT_RUN - 2):
        run = run[1:] & flat[: len(run) - 1]
    return float(max((full[1:] & full[:-1]).sum(), run.sum()) / len(samples))


def gain_moved_db(
    level: Floats, onset: int, noise_before_dbfs: float | None, quietest: float
) -> float:
    """Return how far the noise sank once somebody spoke, in dB: what automatic gain does.

    It turns up what is quiet and, when speech comes, everything down: between two words the room
    is then quieter than it was before. Without it the room is no quieter there.

    Args:
        level: of the utterance, dBFS each 10 ms.
        onset: where its voice begins.
        noise_before_dbfs: the floor tracked before the utterance, None where nobody tracked it:
            then what lies before the onset stands for it.
        quietest: a room quieter than this tells nothing.
    """
    after = level[onset:]
    if noise_before_dbfs is None:
        before = level[: max(0, onset - _AWAY)]
        if len(before) < _LEAST_AWAY:
            return 0.0
        noise_before_dbfs = float(np.quantile(before, 0.05))
    if noise_before_dbfs < quietest or len(after) < 2 * _LEAST_AWAY:
        return 0.0
    return noise_before_dbfs - float(np.quantile(after, 0.05))
