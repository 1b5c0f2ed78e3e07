"""Voice activity: cost, false starts, onset delay and silences found, ours and webrtcvad's.

`python benchmarks/vad.py [--json OUT] [--minutes M] [--seed N]`. The recordings come from
VOICE_AGENT_EVAL_DATA (default ../shared/data); mixes are seeded, so two runs hear the same.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
import webrtcvad
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from voice_agent.engines.vad import Ended, SpeechDetector, Suspected  # noqa: E402

RATE = 16_000
FRAME = 160
SPEECH_DBFS = -26.0
Sound = NDArray[np.float64]
Segment = tuple[float, float]


def at_level(sound: Sound, dbfs: float) -> Sound:
    """Bring a sound to an RMS level."""
    return sound * 10 ** (dbfs / 20) / max(np.sqrt(np.mean(sound**2)), 1e-9)


def filtered(sound: Sound, gain: Callable[[Sound], Sound]) -> Sound:
    """Apply a gain by frequency in Hz."""
    spectrum = np.fft.rfft(sound) * gain(np.fft.rfftfreq(len(sound), 1 / RATE))
    return np.fft.irfft(spectrum, len(sound))


def telephone(sound: Sound) -> Sound:
    """Return what an 8 kHz line lets through: 300 to 3400 Hz."""
    narrow = soxr.resample(soxr.resample(sound, RATE, RATE // 2), RATE // 2, RATE)
    return filtered(narrow, lambda hz: ((hz > 300) & (hz < 3400)).astype(float))


def pink(seconds: float, rng: np.random.Generator) -> Sound:
    """Return 1/f noise at -30 dBFS."""
    white = rng.standard_normal(round(seconds * RATE))
    return at_level(filtered(white, lambda hz: 1 / np.sqrt(np.maximum(hz, 20))), -30)


def _resonance(hz: Sound, centre: float, width: float) -> Sound:
    return 1 / np.sqrt(((hz / centre) ** 2 - 1) ** 2 * (centre / width) ** 2 + 1)


BREATHS: dict[str, Callable[[Sound], Sound]] = {
    "breath, flat": lambda hz: ((hz > 200) & (hz < 3500)) / np.sqrt(np.maximum(hz, 200)),
    "breath, formants": lambda hz: (
        _resonance(hz, 500, 150) + 0.6 * _resonance(hz, 1500, 200) + 0.4 * _resonance(hz, 2500, 250)
    ),
    "breath, dark": lambda hz: (hz > 100) / np.maximum(hz, 300),
}


def breath(seconds: float, rng: np.random.Generator, kind: str = "breath, flat") -> Sound:
    """Return breath-shaped noise at -40 dBFS over all: .8-1.8 s a breath, .3-1.5 s between."""
    n = round(seconds * RATE)
    noise = filtered(rng.standard_normal(n), BREATHS[kind])
    swell = np.zeros(n)
    at = 0
    while at < n:
        length = int(rng.uniform(0.8, 1.8) * RATE)
        room = min(length, n - at)
        curve = np.sin(np.pi * np.arange(length) / length) ** 0.7 * rng.uniform(0.6, 1)
        swell[at : at + room] = curve[:room]
        at += length + int(rng.uniform(0.3, 1.5) * RATE)
    return at_level(noise * swell, -40)


def frames(sound: Sound) -> NDArray[np.int16]:
    """Return int16 frames, shape (n, 160)."""
    whole = len(sound) // FRAME * FRAME
    clipped = np.clip(np.round(sound[:whole] * 32768), -32768, 32767)
    return clipped.astype(np.int16).reshape(-1, FRAME)


class Ours:
    """The detector under test."""

    name = "voice_agent"

    def listen(self, sound: Sound) -> tuple[list[Segment], list[Segment]]:
        """Return segments (start, end), and (onset, when suspected), in seconds."""
        detector = SpeechDetector()
        segments: list[Segment] = []
        suspected: list[Segment] = []
        for frame in frames(sound):
            for edge in detector.process(frame):
                if isinstance(edge, Suspected):
                    suspected.append((edge.onset / RATE, detector.samples / RATE))
                elif isinstance(edge, Ended):
                    segments.append((edge.onset / RATE, edge.last / RATE))
        if detector.speaking:
            segments.append((detector.onset / RATE, detector.samples / RATE))
        return segments, suspected

    def cost_us(self, sound: Sound) -> float:
        """Return the median cost of a frame."""
        detector = SpeechDetector()
        return _median_us(detector.process, frames(sound))


class Plain:
    """webrtcvad alone, mode 2: started by 5 of 7 frames, ended by .2 s, as ours is."""

    name = "webrtcvad"

    def listen(self, sound: Sound) -> tuple[list[Segment], list[Segment]]:
        """Return segments and suspicions as `Ours` does; a suspicion is a start."""
        gate = webrtcvad.Vad(2)
        segments: list[Segment] = []
        suspected: list[Segment] = []
        bits, onset, last, speaking = 0, 0, 0, False
        whole = frames(sound)
        for k, frame in enumerate(whole, 1):
            speech = gate.is_speech(frame.tobytes(), RATE)
            bits = (bits << 1 | speech) & 0x7F
            if speech:
                last = k
            if not speaking and bits.bit_count() >= 5:
                speaking, onset = True, k - bits.bit_length()
                suspected.append((onset / 100, k / 100))
            elif speaking and k - last >= 20:
                speaking, bits = False, 0
                segments.append((onset / 100, last / 100))
        if speaking:
            segments.append((onset / 100, len(whole) / 100))
        return segments, suspected

    def cost_us(self, sound: Sound) -> float:
        """Return the median cost of a frame."""
        gate = webrtcvad.Vad(2)
        return _median_us(lambda frame: gate.is_speech(frame.tobytes(), RATE), frames(sound))


def _median_us(process: Callable[[NDArray[np.int16]], object], whole: NDArray[np.int16]) -> float:
    took = []
    for frame in whole:
        began = time.perf_counter_ns()
        process(frame)
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1000


def clips(data: Path) -> list[Sound]:
    """Return the read and acted sentences, cut to where speech begins and ends.

    Speech: a frame within 28 dB of the loudest above 300 Hz, and 5 of 8 from there on. A laxer
    rule takes the clips' lip noise and rumble for speech, half a second before the first word.
    """
    paths = sorted((data / "read").glob("austen*.flac"))
    paths += sorted((data / "affect").glob("*.flac"))[::4]
    if not paths:
        raise SystemExit(f"No recordings below {data}: set VOICE_AGENT_EVAL_DATA.")
    found = []
    for path in paths:
        sound, rate = soundfile.read(path, dtype="float64")
        assert rate == RATE
        sound = at_level(sound, SPEECH_DBFS)
        voice = frames(telephone(sound)).astype(float)
        level = 10 * np.log10(np.mean(voice**2, axis=1) + 1)
        near = level > level.max() - 28
        dense = np.convolve(near, np.ones(8))
        begins = near & (np.pad(dense, (0, 7))[7 : len(near) + 7] >= 5)
        ends = near & (dense[: len(near)] >= 5)
        loud = np.array([np.flatnonzero(begins)[0], np.flatnonzero(ends)[-1]])
        found.append(at_level(sound[loud[0] * FRAME : (loud[-1] + 1) * FRAME], SPEECH_DBFS))
    return found


def mixes(
    speech: list[Sound], minutes: float, rng: np.random.Generator
) -> Iterator[tuple[Sound, list[Segment]]]:
    """Yield minutes of sentences with pauses of 1 to 12 s, and where the sentences lie."""
    for _ in range(max(1, round(minutes))):
        parts: list[Sound] = []
        truth: list[Segment] = []
        at = 0.0
        while at < 60:
            pause = np.zeros(round(rng.uniform(1, 12) * 100) * FRAME)
            clip = speech[rng.integers(len(speech))]
            begin = at + len(pause) / RATE
            parts += [pause, clip]
            at = begin + len(clip) / RATE
            truth.append((begin, at))
        parts.append(np.zeros(RATE))
        yield np.concatenate(parts), truth


def silences(segments: list[Segment]) -> list[Segment]:
    """Return the gaps over 5 s between segments."""
    ends = itertools.pairwise(segments)
    return [(a[1], b[0]) for a, b in ends if b[0] - a[1] > 5]


CONDITIONS: dict[str, Callable[[Sound, np.random.Generator], Sound]] = {
    "clean": lambda sound, rng: sound + rng.standard_normal(len(sound)) * 1e-4,
    "breath -40": lambda sound, rng: sound + breath(len(sound) / RATE, rng),
    "breath -40, formants": lambda sound, rng: (
        sound + breath(len(sound) / RATE, rng, "breath, formants")
    ),
    "pink -30": lambda sound, rng: sound + pink(len(sound) / RATE, rng),
    "8 kHz": lambda sound, rng: telephone(sound + rng.standard_normal(len(sound)) * 1e-4),
    "8 kHz, breath -40": lambda sound, rng: telephone(
        sound + breath(len(sound) / RATE, rng, "breath, formants")
    ),
}


def measure_mix(detector: Ours | Plain, name: str, minutes: float, seed: int, data: Path) -> dict:
    """Return onset delays, recall and silences found under one condition."""
    rng = np.random.default_rng(seed)
    delays: list[float] = []
    sentences = heard = there = found = invented = 0
    for clean, truth in mixes(clips(data), minutes, rng):
        segments, suspected = detector.listen(CONDITIONS[name](clean, rng))
        for begin, end in truth:
            sentences += 1
            heard += any(a < end and b > begin for a, b in segments)
            # Being open already (on a breath) is no delay; a suspicion after the onset is one.
            already = any(a < begin < b for a, b in segments)
            after = [told - begin for _, told in suspected if begin <= told <= end]
            if after and not already:
                delays.append(after[0])
        real, reported = silences(truth), silences(segments)
        there += len(real)
        found += sum(
            any(abs(a - c) <= 0.5 and abs(b - d) <= 0.5 for c, d in reported) for a, b in real
        )
        # Invented: more than .5 s of it lie inside a sentence.
        invented += sum(any(min(b, d) - max(a, c) > 0.5 for c, d in truth) for a, b in reported)
    delays.sort()
    return {
        "sentences": sentences,
        "recall": heard / sentences,
        "onset_delay_p50_s": statistics.median(delays) if delays else None,
        "onset_delay_p95_s": delays[int(0.95 * (len(delays) - 1))] if delays else None,
        "silences": there,
        "silences_found_share": found / there if there else None,
        "silences_invented": invented,
    }


def false_starts_per_h(detector: Ours | Plain, sound: Sound) -> tuple[float, float]:
    """Return starts and suspicions an hour."""
    segments, suspected = detector.listen(sound)
    hours = len(sound) / RATE / 3600
    return len(segments) / hours, len(suspected) / hours


def main() -> None:
    """Measure both, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--minutes", type=float, default=10, help="of each mix and each noise")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    data = Path(os.environ.get("VOICE_AGENT_EVAL_DATA", ROOT.parent / "shared" / "data"))
    seconds = options.minutes * 60
    result: dict[str, dict] = {}
    for detector in (Ours(), Plain()):
        rng = np.random.default_rng(options.seed)
        speech = np.concatenate(clips(data)[:8])
        noises = {kind: breath(seconds, rng, kind) for kind in BREATHS}
        noises["pink -30"] = pink(seconds, rng)
        noises |= {
            f"noise/{path.stem}": np.tile(soundfile.read(path, dtype="float64")[0], 3)
            for path in sorted((data / "noise").glob("*.flac"))
        }
        starts = {kind: false_starts_per_h(detector, sound) for kind, sound in noises.items()}
        result[detector.name] = {
            "cost_us": {
                "silence": detector.cost_us(np.zeros(20 * RATE)),
                "room": detector.cost_us(rng.standard_normal(20 * RATE) * 1e-3),
                "breath": detector.cost_us(noises["breath, formants"][: 20 * RATE]),
                "speech": detector.cost_us(speech),
            },
            "starts_per_h": {kind: both[0] for kind, both in starts.items()},
            "suspected_per_h": {kind: both[1] for kind, both in starts.items()},
            "mixes": {
                name: measure_mix(detector, name, options.minutes, options.seed, data)
                for name in CONDITIONS
            },
        }
    result["machine"] = {"python": platform.python_version(), "cpu": platform.machine()}
    show(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))


def show(result: dict[str, dict]) -> None:
    """Print the figures as a table, one line each, one column a detector."""
    names = [Ours.name, Plain.name]
    print(f"{'':44}" + "".join(f"{name:>14}" for name in names))
    for group in ("cost_us", "starts_per_h", "suspected_per_h"):
        for key in result[names[0]][group]:
            values = "".join(f"{result[name][group][key]:14.1f}" for name in names)
            print(f"{group + ': ' + key:44}{values}")
    for mix, figures in result[names[0]]["mixes"].items():
        for key in figures:
            cells = [result[name]["mixes"][mix][key] for name in names]
            values = "".join(f"{'-' if cell is None else round(cell, 3):>14}" for cell in cells)
            print(f"{mix + ': ' + key:44}{values}")


if __name__ == "__main__":
    main()
