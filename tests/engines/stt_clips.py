"""Speech made by the bundled voice, repeatable to the sample, for the recognition tests."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 16000


@cache
def _voice(cache_dir: Path):
    from piper import PiperVoice

    from voice_agent.engines import models

    return PiperVoice.load(str(models.locate("en_US-joe-medium", cache_dir)))


@cache
def spoken(text: str, cache_dir: Path) -> npt.NDArray[np.float32]:
    """`text` at 16 kHz with .2 s of near-silence before and .3 s after, peak 12 dB down."""
    import soxr
    from piper import SynthesisConfig

    config = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)  # else no two renders are alike
    voice = _voice(cache_dir)
    chunks = [chunk.audio_float_array for chunk in voice.synthesize(text, syn_config=config)]
    audio = soxr.resample(np.concatenate(chunks), voice.config.sample_rate, RATE)
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    audio = audio[loud[0] : loud[-1] + 1] * (0.25 / np.abs(audio).max())
    audio = np.concatenate([np.zeros(RATE // 5), audio, np.zeros(RATE * 3 // 10)])
    hiss = np.random.default_rng(0).normal(0, 10 ** (-65 / 20), len(audio))
    return (audio + hiss).astype(np.float32)


def telephone(audio: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same through 300-3400 Hz at 8 kHz, and back at 16 kHz."""
    import soxr

    narrow = soxr.resample(audio, RATE, 8000)
    spectrum = np.fft.rfft(narrow)
    hz = np.fft.rfftfreq(len(narrow), 1 / 8000)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    back = np.fft.irfft(spectrum, len(narrow)).astype(np.float32)
    return np.asarray(soxr.resample(back, 8000, RATE), dtype=np.float32)
