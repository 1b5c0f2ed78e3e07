"""Turns the voice's raw phrases into one line: trimmed, levelled, faded, spaced, resampled."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice_agent.engines.tts.line import Pcm, RenderedLine, RenderSettings, count_words

Sound = NDArray[np.float32]
"""Mono sound in [-1, 1], shape (n,)."""

SPEECH_FLOOR_DBFS = -62.0
"""What is quieter, once levelled, is the voice's silence: it idles near -97 dBFS."""
LEAD_S = 0.02
TAIL_S = 0.05
"""Kept before and after the speech, so that soft consonants are never cut."""
FADE_IN_S = 0.005
FADE_OUT_S = 0.012
PEAK_DBFS = -3.0
_WINDOW_S = 0.005
_ACTIVE_BELOW_LOUDEST_DB = 30.0
_SENTENCE_ENDS = (".", "!", "?", "\u2026")


def _levels_dbfs(sound: Sound, sample_rate: int) -> tuple[NDArray[np.float64], int]:
    """Return the RMS level of each whole window, shape (windows,), and a window's samples."""
    window = max(1, round(_WINDOW_S * sample_rate))
    padded = np.pad(sound, (0, -len(sound) % window)).astype(np.float64)
    power = np.square(padded.reshape(-1, window)).mean(axis=1)
    return 10.0 * np.log10(power + 1e-12), window


def speech_level_dbfs(sound: Sound, sample_rate: int) -> float:
    """Return the RMS level of the speech in `sound`: windows within 30 dB of the loudest."""
    levels, _ = _levels_dbfs(sound, sample_rate)
    active = levels[levels > levels.max() - _ACTIVE_BELOW_LOUDEST_DB]
    return float(10.0 * np.log10(np.mean(10.0 ** (active / 10.0))))


def level(sound: Sound, sample_rate: int, level_dbfs: float) -> Sound:
    """Return `sound` with its speech at `level_dbfs`, lower where a peak would pass -3 dBFS."""
    peak = float(np.abs(sound).max(initial=0.0))
    if peak == 0.0:
        return sound
    gain_db = level_dbfs - speech_level_dbfs(sound, sample_rate)
    gain_db = min(gain_db, PEAK_DBFS - 20.0 * float(np.log10(peak)))
    return sound * np.float32(10.0 ** (gain_db / 20.0))


def trim(sound: Sound, sample_rate: int) -> Sound:
    """Return `sound` with exactly `LEAD_S` before its speech and `TAIL_S` after, faded.

    Give it levelled sound: what counts as speech is absolute. Silence alone gives no samples.
    """
    levels, window = _levels_dbfs(sound, sample_rate)
    spoken = np.flatnonzero(levels > SPEECH_FLOOR_DBFS)
    if len(spoken) == 0:
        return sound[:0]
    lead, tail = round(LEAD_S * sample_rate), round(TAIL_S * sample_rate)
    start = int(spoken[0]) * window - lead
    stop = (int(spoken[-1]) + 1) * window + tail
    kept = np.pad(sound[max(start, 0) : stop], (max(-start, 0), max(stop - len(sound), 0))).astype(
        np.float32
    )
    for count, part in (
        (round(FADE_IN_S * sample_rate), kept),
        (round(FADE_OUT_S * sample_rate), kept[::-1]),
    ):
        count = min(count, len(kept) // 2)
        part[:count] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
    return kept


def gaps_s(phrases: Sequence[str], spoken_s: float, settings: RenderSettings) -> tuple[float, ...]:
    """Return the silence after each phrase but the last, in seconds.

    All lie the same share of the way between their bounds, the share that brings the whole
    line nearest to `settings.pace_wpm`.
    """
    bounds = [
        settings.sentence_gap_s
        if phrase.rstrip(" \"')\u201d\u2019").endswith(_SENTENCE_ENDS)
        else settings.clause_gap_s
        for phrase in phrases[:-1]
    ]
    wanted_s = 60.0 * count_words(phrases) / settings.pace_wpm - spoken_s
    least_s = sum(low for low, _ in bounds)
    room_s = sum(high - low for low, high in bounds)
    share = min(1.0, max(0.0, (wanted_s - least_s) / room_s)) if room_s > 0.0 else 0.0
    return tuple(low + share * (high - low) for low, high in bounds)


def join(
    texts: Sequence[str], sounds: Sequence[Sound], sample_rate: int, settings: RenderSettings
) -> RenderedLine:
    """Return the line made of `sounds` (shaped phrases at `sample_rate` Hz) and their silences."""
    spoken_s = sum(len(sound) for sound in sounds) / sample_rate
    parts: list[Sound] = []
    offsets: list[int] = []
    position = 0
    for sound, gap_s in zip(sounds, (*gaps_s(texts, spoken_s, settings), 0.0), strict=True):
        silence = np.zeros(round(gap_s * sample_rate), dtype=np.float32)
        offsets.append(position)
        parts += [sound, silence]
        position += len(sound) + len(silence)
    return RenderedLine(to_pcm(np.concatenate(parts)), sample_rate, tuple(offsets))


def to_pcm(sound: Sound) -> Pcm:
    """Return `sound`, in [-1, 1], as 16-bit PCM."""
    pcm: Pcm = np.clip(np.rint(sound * 32767.0), -32768, 32767).astype(np.int16)
    return pcm


def resample(line: RenderedLine, sample_rate: int) -> RenderedLine:
    """Return `line` at `sample_rate` Hz (soxr HQ), its offsets scaled; itself where it fits.

    The same line gives the same samples in every process.
    """
    if sample_rate == line.sample_rate:
        return line
    import soxr

    # In floats: soxr dithers what it writes as int16, seeded with the time of day.
    sound = soxr.resample(line.samples.astype(np.float32), line.sample_rate, sample_rate, "HQ")
    samples: Pcm = np.clip(np.round(sound), -32768, 32767).astype(np.int16)
    ratio = sample_rate / line.sample_rate
    return RenderedLine(samples, sample_rate, tuple(round(at * ratio) for at in line.phrases))
