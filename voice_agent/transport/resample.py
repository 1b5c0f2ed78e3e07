"""Bring a line's sound to the 16 kHz that is heard, frame by frame and with little delay.

soxr's streams work in blocks that hold sound back: 20 ms (LQ) to 37 ms (HQ) from 48 kHz and
61 to 115 ms from 8 kHz, its variable-rate mode 12.5 and 30 ms. A short linear-phase filter does
the same work here with 2.7 and 5.4 ms, so soxr is left for the rates it alone can do (44.1 kHz).
"""

from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.core.errors import UsageError
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, Samples

_STOP_DB = 70.0
"""How far below the signal what folds back or mirrors stays, dB."""
_PASS = 0.9
"""Share of the narrower band that passes whole: 7.2 kHz of 8, 3.6 kHz of 4."""
_MAX_FACTOR = 6
_RATES = (4_000, 384_000)

_Floats = NDArray[np.float32]


def lowpass(rate: int, pass_hz: float, stop_hz: float, stop_db: float = _STOP_DB) -> _Floats:
    """Design a linear-phase low-pass by the Kaiser window, gain 1 at 0 Hz.

    Args:
        rate: Sampling rate of what is filtered, Hz.
        pass_hz: Upper edge of what passes, Hz.
        stop_hz: Lower edge of what is stopped, Hz.
        stop_db: Attenuation above `stop_hz`, dB, more than 50.

    Returns:
        Odd number of taps, shape (n,), delaying by (n - 1) / 2 samples.

    Source: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window
    function", ISCAS 1974.
    """
    width = 2 * np.pi * (stop_hz - pass_hz) / rate
    taps = ceil((stop_db - 7.95) / (2.285 * width)) | 1
    centre = (pass_hz + stop_hz) / rate
    at = np.arange(taps) - taps // 2
    response = centre * np.sinc(centre * at) * np.kaiser(taps, 0.1102 * (stop_db - 8.7))
    filtered: _Floats = (response / response.sum()).astype(np.float32)
    return filtered


class _Filter:
    """Rational resampling by one filter: insert zeros, filter, keep every n-th sample."""

    def __init__(self, rate: int, up: int, down: int) -> None:
        nyquist = min(rate, HEARING_RATE) / 2
        taps = lowpass(rate * up, _PASS * nyquist, nyquist)
        self.delay_s = (len(taps) - 1) / 2 / (rate * up)
        self._up = up
        self._down = down
        self._taps = taps * np.float32(up)
        self._held: _Floats = np.zeros(len(taps) - 1, np.float32)

    def take(self, samples: _Floats) -> _Floats:
        if self._up > 1:
            spread = np.zeros(len(samples) * self._up, np.float32)
            spread[:: self._up] = samples
            samples = spread
        have = np.concatenate((self._held, samples))
        taps = len(self._taps)
        count = max(0, (len(have) - taps) // self._down + 1)
        self._held = have[count * self._down :]
        if not count:
            return have[:0]
        used = have[: (count - 1) * self._down + taps]
        made: _Floats = np.convolve(used, self._taps, "valid")[:: self._down]
        return made


class _Soxr:
    """Any other rate, by soxr's variable-rate mode: the least delay it offers."""

    delay_s = 0.0125

    def __init__(self, rate: int) -> None:
        import soxr

        self._stream: Any = soxr.ResampleStream(rate, HEARING_RATE, 1, dtype="float32", vr=True)

    def take(self, samples: _Floats) -> _Floats:
        made: _Floats = self._stream.resample_chunk(samples)
        return made


class HearingResampler:
    """A stream of one line's mono PCM in, exact frames of what is heard out.

    Args:
        rate_in: Hz of what is pushed. At 16 kHz samples pass unchanged.

    Raises:
        UsageError: The rate is not one that a line could have.

    `delay_s` is how much later a sound leaves than it came in, whole frames left aside.
    """

    def __init__(self, rate_in: int) -> None:
        if not _RATES[0] <= rate_in <= _RATES[1]:
            raise UsageError(
                f"A line of {rate_in} Hz cannot be heard; "
                f"give a rate between {_RATES[0]} and {_RATES[1]} Hz, such as 48000."
            )
        self.rate_in = rate_in
        shared = gcd(rate_in, HEARING_RATE)
        up, down = HEARING_RATE // shared, rate_in // shared
        self._work: _Filter | _Soxr | None = None
        if rate_in != HEARING_RATE:
            small = max(up, down) <= _MAX_FACTOR
            self._work = _Filter(rate_in, up, down) if small else _Soxr(rate_in)
        self.delay_s = self._work.delay_s if self._work else 0.0
        self._rest: Samples = np.zeros(0, np.int16)

    def push(self, pcm: bytes | Samples) -> list[Samples]:
        """Take any number of mono int16 samples; return the frames they complete.

        Args:
            pcm: Little-endian bytes or an int16 array of shape (n,).

        Returns:
            Arrays of shape (160,), int16, not to be written to.
        """
        samples = np.frombuffer(pcm, np.dtype("<i2")) if isinstance(pcm, bytes) else pcm
        if self._work is not None:
            made = self._work.take(samples.astype(np.float32))
            samples = np.clip(np.rint(made), -32768, 32767).astype(np.int16)
        if len(self._rest):
            samples = np.concatenate((self._rest, samples))
        count = len(samples) // HEARING_FRAME
        self._rest = samples[count * HEARING_FRAME :].copy()
        return [samples[i * HEARING_FRAME : (i + 1) * HEARING_FRAME] for i in range(count)]
