"""Seeded mixes for the speech detector: speech between long silences, under breath, noise, a phone.

`python benchmarks/mixes.py OUT [--minutes M] [--seed N] [--kinds a,b]` writes one FLAC a kind and
`manifest.csv` for `voice-agent eval vad OUT`. `stream` makes the same without writing.

Speech comes from VOICE_AGENT_EVAL_DATA (default ../shared/data): read and acted sentences, and the
phone recordings where the band is a telephone's. Labels are made on the clean clip, before anything
is mixed in, by energy alone (`speech_frames`), so that no detector has a say in them.
"""

import argparse
import csv
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
RATE = 16_000
FRAME = 160
SHORTEST_SILENCE_S = 5.0
LONGEST_SILENCE_S = 60.0
Sound = NDArray[np.float32]
Flags = NDArray[np.bool_]


def data_folder() -> Path:
    """Return where the recordings lie."""
    return Path(os.environ.get("VOICE_AGENT_EVAL_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Clip:
    """Clean speech, brought to an active level of 0 dB (mean square 1 over its speech frames)."""

    name: str
    speaker: str
    sound: Sound
    speech: Flags
    """One a frame of 10 ms."""


@dataclass(frozen=True)
class Mix:
    """A scene as a microphone hears it, and where in it somebody speaks."""

    name: str
    kind: str
    sound: NDArray[np.int16]
    speech: Flags

    @property
    def segments(self) -> list[tuple[float, float]]:
        """Speech as (start_s, end_s)."""
        return segments(self.speech)


def segments(flags: Flags) -> list[tuple[float, float]]:
    """Return runs of set frames in seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(float(a) / 100, float(b) / 100) for a, b in edges.reshape(-1, 2)]


def at_level(sound: Sound, dbfs: float) -> Sound:
    """Bring a sound to an RMS level."""
    mean = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    return (sound * np.float32(10 ** (dbfs / 20) / max(mean, 1e-9))).astype(np.float32)


def filtered(sound: Sound, gain: Callable[[Sound], Sound]) -> Sound:
    """Apply a gain by frequency in Hz, over a length that transforms fast."""
    size = len(sound)
    fast = 1 << max(10, (size - 1).bit_length()) if size < 1 << 18 else -(-size // 48_000) * 48_000
    hz = np.fft.rfftfreq(fast, 1 / RATE).astype(np.float32)
    spectrum = np.fft.rfft(sound, fast) * gain(hz).astype(np.float32)
    return np.fft.irfft(spectrum, fast)[:size].astype(np.float32)


def levels_db(sound: Sound) -> NDArray[np.float64]:
    """Return one level a frame, without what lies below 120 Hz."""
    heard = filtered(sound, lambda hz: hz > 120)
    whole = len(heard) // FRAME * FRAME
    power = np.square(heard[:whole].reshape(-1, FRAME), dtype=np.float64).mean(axis=1)
    return 10 * np.log10(power + 1e-12)


def speech_frames(sound: Sound, range_db: float = 25.0, bridge_s: float = 0.3) -> Flags:
    """Label a clean clip by energy alone.

    Speech is a frame within `range_db` of the clip's loud frames (95th percentile) and 6 dB over
    its quietest (5th percentile); bursts under 50 ms are dropped, gaps under `bridge_s` (the
    closures and short pauses within words and phrases) belong to the speech.
    """
    level = levels_db(sound)
    kernel = np.ones(3) / 3
    smooth = 10 * np.log10(np.convolve(10 ** (level / 10), kernel, "same") + 1e-12)
    loud, quiet = np.percentile(smooth, [95, 5])
    flags = smooth > max(loud - range_db, quiet + 6)
    for value, shortest in ((False, round(bridge_s * 100)), (True, 5)):
        runs = np.concatenate([[0], np.flatnonzero(np.diff(flags)) + 1, [len(flags)]])
        for begin, end in itertools.pairwise(runs):
            inside = begin > 0 and end < len(flags)
            if flags[begin] == value and end - begin < shortest and (inside or value):
                flags[begin:end] = not value
    return flags


def _clip(name: str, speaker: str, sound: Sound) -> Clip | None:
    speech = speech_frames(sound)
    if not speech.any():
        return None
    at = np.flatnonzero(speech)
    begin, end = max(0, at[0] - 2), min(len(speech), at[-1] + 3)
    sound, speech = sound[begin * FRAME : end * FRAME], speech[begin:end]
    active = sound[np.repeat(speech, FRAME)]
    return Clip(name, speaker, sound / np.float32(np.sqrt(np.mean(active**2))), speech)


def _pieces(sound: Sound, longest_s: float = 8.0) -> Iterator[Sound]:
    """Cut a long recording where it is quiet, into pieces of 2 to `longest_s`."""
    flags = speech_frames(sound, bridge_s=0.15)
    at = 0
    while len(flags) - at > 200:
        end = min(len(flags), at + round(longest_s * 100))
        quiet = np.flatnonzero(~flags[at + 200 : end])
        end = at + 200 + int(quiet[-1]) if len(quiet) and end < len(flags) else end
        yield sound[at * FRAME : end * FRAME]
        at = end


def read_clip(path: Path) -> Sound:
    """Return a recording at 16 kHz."""
    sound, rate = soundfile.read(path, dtype="float32")
    return sound if rate == RATE else soxr.resample(sound, rate, RATE).astype(np.float32)


def clips(data: Path, speakers: Callable[[str], bool] = lambda _: True) -> list[Clip]:
    """Return the sentences of `read` and `affect`; `speakers` chooses by name."""
    found = [
        _clip(path.stem, f"affect-{path.stem.split('-')[6]}", read_clip(path))
        for path in sorted((data / "affect").glob("*.flac"))
    ]
    for path in sorted((data / "read").glob("*.flac")):
        whole = read_clip(path)
        pieces = _pieces(whole) if len(whole) > 20 * RATE else iter([whole])
        voice = path.stem.split("_")[0]
        found += [_clip(f"{path.stem}-{k}", voice, piece) for k, piece in enumerate(pieces)]
    return [clip for clip in found if clip is not None and speakers(clip.speaker)]


def phone_clips(data: Path, speakers: Callable[[str], bool] = lambda _: True) -> list[Clip]:
    """Return pieces of the telephone recordings."""
    found = [
        _clip(f"{path.stem}-{k}", path.stem, piece)
        for path in sorted((data / "phone").glob("*.flac"))
        for k, piece in enumerate(_pieces(read_clip(path)))
    ]
    return [clip for clip in found if clip is not None and speakers(clip.speaker)]


def noises(data: Path) -> dict[str, Sound]:
    """Return the recorded background noises at 0 dB."""
    return {
        path.stem: at_level(read_clip(path), 0.0)
        for path in sorted((data / "noise").glob("*.flac"))
    }


def pink(length: int, rng: np.random.Generator) -> Sound:
    """Return 1/f noise at 0 dB."""
    white = rng.standard_normal(length, dtype=np.float32)
    return at_level(filtered(white, lambda hz: 1 / np.sqrt(np.maximum(hz, 20))), 0.0)


def _resonance(hz: Sound, centre: float, width: float) -> Sound:
    return 1 / np.sqrt(((hz / centre) ** 2 - 1) ** 2 * (centre / width) ** 2 + 1)


BREATHS: dict[str, Callable[[Sound], Sound]] = {
    "flat": lambda hz: ((hz > 200) & (hz < 3500)) / np.sqrt(np.maximum(hz, 200)),
    "formants": lambda hz: (
        _resonance(hz, 500, 150) + 0.6 * _resonance(hz, 1500, 200) + 0.4 * _resonance(hz, 2500, 250)
    ),
    "dark": lambda hz: (hz > 100) / np.maximum(hz, 300),
}
"""How a breath is coloured: by nothing much, by an open mouth, by a nose."""


def breath(length: int, rng: np.random.Generator, kind: str | None = None) -> Sound:
    """Return breathing at 0 dB over all: .8-1.8 s a breath, .3-1.5 s between, coloured noise."""
    kind = kind or list(BREATHS)[rng.integers(len(BREATHS))]
    noise = filtered(rng.standard_normal(length, dtype=np.float32), BREATHS[kind])
    swell = np.zeros(length, np.float32)
    at = 0
    while at < length:
        n = int(rng.uniform(0.8, 1.8) * RATE)
        curve = np.sin(np.pi * np.arange(n) / n) ** 0.7 * rng.uniform(0.6, 1)
        swell[at : at + n] = curve[: length - at]
        at += n + int(rng.uniform(0.3, 1.5) * RATE)
    return at_level(noise * swell, 0.0)


def recorded(length: int, rng: np.random.Generator, sounds: dict[str, Sound]) -> Sound:
    """Return one of the recorded noises from somewhere on, again and again."""
    sound = sounds[sorted(sounds)[rng.integers(len(sounds))]]
    return np.resize(np.roll(sound, -int(rng.integers(len(sound)))), length)


def machine(length: int, rng: np.random.Generator) -> Sound:
    """Return a made-up noise at 0 dB: coloured at random, swelling, droning, rattling or keyed."""
    knots = rng.uniform(-15, 15, 8)
    octaves = np.linspace(np.log2(60), np.log2(7800), 8)
    sound = filtered(
        rng.standard_normal(length, dtype=np.float32),
        lambda hz: 10 ** (np.interp(np.log2(np.maximum(hz, 40)), octaves, knots) / 20),
    )
    sound = at_level(sound, 0.0)
    time_s = np.arange(length, dtype=np.float32) / RATE
    if rng.random() < 0.6:
        depth, rate = rng.uniform(0.3, 1.0), np.exp(rng.uniform(np.log(0.1), np.log(12)))
        wave = np.sin(2 * np.pi * rate * time_s + rng.uniform(0, 6)) ** (1 + 2 * rng.integers(3))
        sound *= (1 + depth * wave).astype(np.float32)
    if rng.random() < 0.5:
        sound += drone(length, rng) * db(rng.uniform(-12, 12))
    if rng.random() < 0.4:
        sound += rattle(length, rng) * db(rng.uniform(-6, 12))
    if rng.random() < 0.3:
        sound += steps(length, rng) * db(rng.uniform(-6, 12))
    return at_level(sound, 0.0)


def drone(length: int, rng: np.random.Generator) -> Sound:
    """Return machines' steady tones at 0 dB, some of them switched on and off, or beeping."""
    time_s = np.arange(length, dtype=np.float32) / RATE
    sound = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        keyed = rng.random() < 0.5
        # What is keyed between 80 and 400 Hz with many partials would be a voice's murmur.
        pitch = np.exp(rng.uniform(np.log(400 if keyed else 50), np.log(2500)))
        partials = int(rng.integers(1, 5 if keyed else 12))
        glide = rng.uniform(0, 0.3) if pitch > 400 else rng.uniform(0, 0.004)
        wander = 1 + glide * np.sin(2 * np.pi * rng.uniform(0.02, 0.5) * time_s)
        phase = 2 * np.pi * np.cumsum(pitch * wander) / RATE
        tone = sum(
            (
                rng.uniform(0.1, 1) / k**0.5 * np.sin(k * phase)
                for k in range(1, partials + 1)
                if k * pitch < 7500
            ),
            np.zeros(length),
        )
        if keyed:
            period, share = rng.uniform(0.3, 12), rng.uniform(0.1, 0.9)
            on = (time_s % period < period * share).astype(np.float32)
            tone = tone * np.convolve(on, np.hanning(200) / np.hanning(200).sum(), "same")
        sound += tone.astype(np.float32) * db(rng.uniform(-10, 0))
    return at_level(sound, 0.0)


def rattle(length: int, rng: np.random.Generator) -> Sound:
    """Return knocks, clicks and rustles at 0 dB, at random times."""
    sound = np.zeros(length, np.float32)
    for at in rng.integers(0, length, int(length / RATE * rng.uniform(0.2, 4)) + 1):
        n = int(rng.uniform(0.005, 0.25) * RATE)
        decay = np.exp(-np.arange(n) / (n / 5))
        ring = np.sin(2 * np.pi * rng.uniform(80, 3000) * np.arange(n) / RATE)
        burst = decay * (ring if rng.random() < 0.5 else rng.standard_normal(n))
        sound[at : at + n] += (burst * rng.uniform(0.2, 1))[: length - at]
    return at_level(sound, 0.0)


def steps(length: int, rng: np.random.Generator) -> Sound:
    """Return thuds at 0 dB, one after the other as feet or tools make them, with a dark tail."""
    sound = np.zeros(length, np.float32)
    period, top = rng.uniform(0.25, 1.2), rng.uniform(300, 3000)
    at = 0
    while at < length:
        n = int(rng.uniform(0.08, 0.4) * RATE)
        sound[at : at + n] += (
            rng.standard_normal(n) * np.exp(-np.arange(n) / (n / 4)) * rng.uniform(0.3, 1)
        )[: length - at]
        at += int(period * rng.uniform(0.85, 1.15) * RATE)
    return at_level(filtered(sound, lambda hz: 1 / (1 + (hz / top) ** 2)), 0.0)


def murmur(seconds: float, rng: np.random.Generator) -> Sound:
    """Return a made-up hum or a held vowel of one voice, at 0 dB: pulses through resonances."""
    n = round(seconds * 100) * FRAME
    t = np.arange(n) / RATE
    pitch = np.exp(rng.uniform(np.log(80), np.log(320)))
    drift = 1 + rng.uniform(0, 0.02) * np.sin(
        2 * np.pi * rng.uniform(0.3, 5) * t + rng.uniform(0, 6)
    )
    phase = 2 * np.pi * np.cumsum(pitch * drift) / RATE
    if rng.random() < 0.6:
        formants, tilt = [(rng.uniform(220, 330), 120.0)], 10.0
    else:
        formants = [
            (rng.uniform(300, 800), 90.0),
            (rng.uniform(900, 2200), 120.0),
            (rng.uniform(2300, 2900), 160.0),
        ]
        tilt = 6.0
    sound = np.zeros(n)
    for k in range(1, int(3800 / pitch)):
        hz = np.array(k * pitch)
        gain = sum(float(_resonance(hz, centre, width)) for centre, width in formants)
        sound += gain * 10 ** (-tilt / 20 * np.log2(k)) * np.sin(k * phase)
    ramp = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.05 * RATE))
    return at_level((sound * ramp).astype(np.float32), 0.0)


def keys(length: int, rng: np.random.Generator) -> Sound:
    """Return a telephone's key tones at 0 dB: .08 to .4 s each, in runs of one to eight."""
    time_s = np.arange(length) / RATE
    sound = np.zeros(length, np.float32)
    at = 0
    while at < length:
        for _ in range(int(rng.integers(1, 9))):
            n = int(rng.uniform(0.08, 0.4) * RATE)
            low = rng.choice([697, 770, 852, 941])
            high = rng.choice([1209, 1336, 1477])
            t = time_s[:n]
            tone = np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)
            sound[at : at + n] = tone[: max(0, min(n, length - at))]
            at += n + int(rng.uniform(0.06, 0.3) * RATE)
        at += int(rng.uniform(1, 8) * RATE)
    return at_level(sound, 0.0)


def music(length: int, rng: np.random.Generator) -> Sound:
    """Return chords and a melody at 0 dB: plucked, bowed or blown, never sung."""
    sound = np.zeros(length, np.float32)
    beat = rng.uniform(0.25, 0.7)
    root = rng.uniform(80, 200)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    harmonics, plucked = int(rng.integers(3, 10)), rng.random() < 0.5
    at = 0
    while at < length:
        n = int(beat * rng.choice([1, 1, 2, 4]) * RATE)
        t = np.arange(n) / RATE
        shape = np.exp(-t * rng.uniform(2, 8)) if plucked else np.minimum(1, t / 0.05)
        shape = shape * np.minimum(1, (n - np.arange(n)) / 400)
        chord = np.zeros(n)
        for step in rng.choice(scale, int(rng.integers(1, 4)), replace=False):
            pitch = root * rng.choice([1, 2, 4]) * 2 ** (step / 12)
            vibrato = 1 + 0.003 * np.sin(2 * np.pi * 5 * t)
            for k in range(1, harmonics + 1):
                if k * pitch < 7500:
                    chord += np.sin(2 * np.pi * k * pitch * t * vibrato) / k
        sound[at : at + n] += (chord * shape)[: max(0, min(n, length - at))]
        at += n
    return at_level(sound, 0.0)


def telephone(sound: Sound) -> Sound:
    """Return what a G.711 mu-law line lets through: 8 kHz, 300 to 3400 Hz, 8 bits."""
    narrow = filtered(sound, lambda hz: (hz > 300) & (hz < 3400))
    at_8k = soxr.resample(narrow, RATE, RATE // 2, quality="HQ")
    folded = np.sign(at_8k) * np.log1p(255 * np.minimum(np.abs(at_8k), 1)) / np.log(256)
    coded = np.round(folded * 127) / 127
    decoded = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    back = soxr.resample(decoded.astype(np.float32), RATE // 2, RATE, quality="HQ")
    return np.resize(back, len(sound)).astype(np.float32)


def db(value: float) -> np.float32:
    """Return an amplitude."""
    return np.float32(10 ** (value / 20))


def room(length: int, rng: np.random.Generator) -> Sound:
    """Return what a quiet microphone gives: noise at -75 dBFS."""
    return rng.standard_normal(length, dtype=np.float32) * db(-75)


@dataclass(frozen=True)
class Sources:
    """What mixes are made of."""

    wide: Sequence[Clip]
    narrow: Sequence[Clip]
    noises: dict[str, Sound]
    talk: Sequence[Sound] = ()

    def television(self, length: int, rng: np.random.Generator) -> Sound:
        """Return other people talking, at 0 dB, without an end."""
        sound = self.talk[rng.integers(len(self.talk))]
        return np.resize(np.roll(sound, -int(rng.integers(len(sound)))), length)

    @classmethod
    def load(cls, data: Path, speakers: Callable[[str], bool] = lambda _: True) -> "Sources":
        """Read all recordings; `speakers` chooses voices by name."""
        wide, narrow = clips(data, speakers), phone_clips(data, speakers)
        if not wide:
            raise SystemExit(f"No recordings below {data}: set VOICE_AGENT_EVAL_DATA.")
        talk = [read_clip(path) for path in sorted((data / "conversation").glob("*.flac"))]
        return cls(wide, narrow, noises(data), [at_level(sound, 0.0) for sound in talk])


def scene(
    sources: Sources,
    seconds: float,
    rng: np.random.Generator,
    *,
    phone: bool,
    longest_s: float = LONGEST_SILENCE_S,
    level_dbfs: float | None = None,
) -> tuple[Sound, Flags, float]:
    """Return speech between silences, where it lies, and its active level in dBFS.

    One to three clips, .3 to 1.5 s apart, then a silence of 5 to 60 s; one speaking level a scene
    (-26 dBFS, 3 dB up or down) with 2 dB between clips; with `level_dbfs` every clip has that one.
    """
    voices = [*sources.wide, *sources.narrow] if phone else sources.wide
    length = round(seconds * 100)
    sound, flags = np.zeros(length * FRAME, np.float32), np.zeros(length, bool)
    level, spread = float(rng.uniform(-29, -23)), 2.0
    if level_dbfs is not None:
        level, spread = level_dbfs, 0.0
    at = round(rng.uniform(0.5, 10) * 100)
    while at < length:
        for _ in range(int(rng.integers(1, 4))):
            clip = voices[rng.integers(len(voices))]
            n = len(clip.speech)
            if at + n + 50 > length:
                return sound, flags, level
            gain = db(level + spread * rng.uniform(-1, 1))
            sound[at * FRAME : (at + n) * FRAME] = clip.sound * gain
            flags[at : at + n] = clip.speech
            at += n + round(rng.uniform(0.3, 1.5) * 100)
        at += round(rng.uniform(min(SHORTEST_SILENCE_S, longest_s / 4), longest_s) * 100)
    return sound, flags, level


def _breathy(sound: Sound, rng: np.random.Generator) -> Sound:
    return sound + breath(len(sound), rng) * db(-40)


KINDS = (
    "clean",
    "breath",
    "pink",
    "noise",
    "phone",
    "phone-breath",
)
"""No noise but the microphone's; breath at -40 dBFS; pink noise at -30 dBFS; recorded noise 10 dB
below the speech; a telephone line; a telephone line with breath at -40 dBFS."""


HARD = ("television", "music", "keys", "machine", "whisper")
"""Not among the goals: others talking 20 dB below, music 15 and key tones 6 dB below, made-up
machines 10 dB below, and the same sentences whispered."""


def whispered(speech: Sound) -> Sound:
    """Return speech without a voice: its spectrum's envelope and its level, over noise.

    Frames of 32 ms, half overlapping; the envelope is the magnitude smoothed over 300 Hz; what lies
    below 300 Hz, which a whisper lacks, is taken down; 10 dB quieter, as whispering is.
    """
    size, hop = 512, 256
    rng = np.random.default_rng(len(speech))
    window = np.sqrt(np.hanning(size + 1)[:-1]).astype(np.float32)
    hz = np.fft.rfftfreq(size, 1 / RATE)
    low = np.minimum(1, (hz / 300) ** 2).astype(np.float32)
    made = np.zeros(len(speech) + size, np.float32)
    kernel = np.hanning(12)[1:-1] / np.hanning(12).sum()
    for at in range(0, len(speech) - size, hop):
        part = speech[at : at + size]
        if not part.any():
            continue
        envelope = np.convolve(np.abs(np.fft.rfft(part * window)), kernel, "same")
        noise = np.fft.rfft(rng.standard_normal(size).astype(np.float32) * window)
        noise *= envelope * low / (np.sqrt(size / 2))
        made[at : at + size] += np.fft.irfft(noise).astype(np.float32) * window
    return made[: len(speech)] * db(-10)


def mix(
    kind: str, sources: Sources, seconds: float, seed: int, level_dbfs: float | None = None
) -> Mix:
    """Return one scene of a kind; the same arguments give the same samples.

    `level_dbfs` is the active level of all speech, where it is not to be drawn (`scene`).

    Raises:
        ValueError: There is no such kind.
    """
    rng = np.random.default_rng([seed, (*KINDS, *HARD).index(kind)])
    on_phone = kind.startswith("phone")
    speech, flags, level = scene(sources, seconds, rng, phone=on_phone, level_dbfs=level_dbfs)
    sound = speech + room(len(speech), rng)
    match kind:
        case "clean" | "phone":
            pass
        case "breath" | "phone-breath":
            sound = _breathy(sound, rng)
        case "pink":
            sound += pink(len(sound), rng) * db(-30)
        case "noise":
            sound += recorded(len(sound), rng, sources.noises) * db(level - 10)
        case "television":
            sound += filtered(sources.television(len(sound), rng), lambda hz: hz < 5000) * db(
                level - 20
            )
        case "music":
            sound += music(len(sound), rng) * db(level - 15)
        case "keys":
            sound += keys(len(sound), rng) * db(level - 6)
        case "machine":
            sound += machine(len(sound), rng) * db(level - 10)
        case "whisper":
            sound += whispered(speech) * db(0)
            sound -= speech
    if on_phone:
        sound = telephone(sound)
    whole = np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)
    return Mix(f"{kind}-{seed}", kind, whole, flags)


def stream(
    sources: Sources, hours: float, seed: int, *, kinds: Sequence[str] = KINDS, minutes: float = 10
) -> Iterator[Mix]:
    """Yield scenes of `minutes`, kind after kind, until there are `hours` of them."""
    count = round(hours * 60 / minutes)
    for k in range(count):
        yield mix(kinds[k % len(kinds)], sources, minutes * 60, seed + k // len(kinds))


def write(folder: Path, mixes: Iterator[Mix]) -> int:
    """Write scenes and their manifest; return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["audio", "start_s", "end_s", "label"])
        for made in mixes:
            soundfile.write(folder / f"{made.name}.flac", made.sound, RATE)
            table.writerows(
                [f"{made.name}.flac", f"{a:.2f}", f"{b:.2f}", "speech"] for a, b in made.segments
            )
            count += 1
    return count


def main() -> None:
    """Write a folder of mixes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    sources = Sources.load(data_folder())
    kinds = options.kinds.split(",")
    made = (mix(kind, sources, options.minutes * 60, options.seed) for kind in kinds)
    print(f"{write(options.folder, made)} scenes in {options.folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
