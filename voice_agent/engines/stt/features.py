"""Whisper's log-mel features of real-length audio, in numpy alone.

The same numbers as faster-whisper's extractor, without importing it: that costs .2 s and 20 MB
(PyAV, onnxruntime, the hub's client) of which nothing else is used here.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16000
HOP = 160
_FFT = 400
_MELS = 80

Samples = npt.NDArray[np.float32]


def log_mel(samples: Samples) -> Samples:
    """Return Whisper's input features.

    Args:
        samples: shape (n,), mono at 16 kHz, full scale 1.0; n at least 201.

    Returns:
        Shape (80, n // 160): log10 mel power, floored 8 below its maximum, (x + 4) / 4.

    Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
    """
    padded = np.pad(samples, _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::HOP][: len(samples) // HOP]
    power = np.abs(np.fft.rfft(frames * _window(), axis=1)).astype(np.float32) ** 2
    mel = np.log10(np.maximum(_filters() @ power.T, np.float32(1e-10)))
    mel = np.maximum(mel, mel.max() - np.float32(8))
    return np.ascontiguousarray((mel + np.float32(4)) / np.float32(4), dtype=np.float32)


@cache
def _window() -> Samples:
    window: Samples = np.hanning(_FFT + 1)[:-1].astype(np.float32)
    return window


@cache
def _filters() -> Samples:
    """Return the mel filter bank, shape (80, 201): Slaney's scale and area normalisation.

    Linear below 1 kHz (200/3 Hz a mel), logarithmic above (27 mels for a factor of 6.4).
    """
    mels = np.linspace(0.0, 15.0 + 27.0 * np.log(8.0) / np.log(6.4), _MELS + 2)
    edges_hz = np.where(
        mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0)
    )
    bins_hz = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)
    widths = np.diff(edges_hz)
    ramps = edges_hz[:, None] - bins_hz[None, :]
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights *= (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]
    filters: Samples = weights.astype(np.float32)
    return filters
