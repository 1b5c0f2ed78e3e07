"""Padded faster-whisper against ours, side by side in one run: CPU, word errors, loops.

    python benchmarks/stt.py [--json] [--repeats N] [--models base,tiny.en] [--every N] [--latency]

Greedy, int8, one thread for both; medians of the repeats. Recordings of VOICE_AGENT_EVAL_DATA
(default: ../shared/data): those in `read` that have a transcript beside them, and the acted
sentences in `affect`, whose file names say which of two sentences was said (`--every 4` takes each
fourth); at 16 kHz and through 300-3400 Hz. A recording both sides hear goes to one and then at once
to the other, so that what else the machine does hits both alike. Then the decodes that ran away on
any recording there is, in windows of 12 s, and the words that the noises in `noise` are taken for,
before and after the guard. `--latency` adds the wall time of decodes of .5, 1, 2 and 5 s with one
and two threads, and the time to load each model.
"""

import argparse
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from voice_agent.engines import models
from voice_agent.engines.stt.decoder import WhisperDecoder
from voice_agent.engines.stt.decoding import ran_away, token_limit
from voice_agent.engines.stt.guards import guarded

RATE = 16000
DATA = Path(
    os.environ.get("VOICE_AGENT_EVAL_DATA", Path(__file__).parents[1].parent / "shared" / "data")
)
Audio = npt.NDArray[np.float32]
Clip = tuple[list[str], Audio]
Decode = Callable[[Audio], tuple[str, bool]]
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
"""What field 5 of a file name in `affect` says."""


def words_of(text: str) -> list[str]:
    """Return lower-case words without punctuation; a hyphen parts two."""
    return re.sub(r"[^a-z' ]", "", text.lower().replace("-", " ")).split()


def word_errors(reference: list[str], heard: list[str]) -> int:
    """Return the least number of substitutions, insertions and deletions."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(heard, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1]


def telephone(audio: Audio) -> Audio:
    """Return `audio` through 300-3400 Hz at 8 kHz, back at 16 kHz."""
    narrow = soxr.resample(audio, RATE, 8000)
    spectrum = np.fft.rfft(narrow)
    hz = np.fft.rfftfreq(len(narrow), 1 / 8000)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    back = np.fft.irfft(spectrum, len(narrow)).astype(np.float32)
    return np.asarray(soxr.resample(back, 8000, RATE), dtype=np.float32)


def read(path: Path) -> Audio:
    """Return a recording at 16 kHz."""
    audio, rate = soundfile.read(path, dtype="float32")
    return audio if rate == RATE else np.asarray(soxr.resample(audio, rate, RATE), np.float32)


def padded(name: str, cache: Path) -> Decode:
    """Return faster-whisper's own transcribe, which pads to 30 s."""
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(models.locate(name, cache)), device="cpu", compute_type="int8", cpu_threads=1
    )

    def decode(audio: Audio) -> tuple[str, bool]:
        segments, _ = model.transcribe(
            audio, language="en", beam_size=1, temperature=0.0, without_timestamps=True
        )
        found = list(segments)
        text = " ".join(segment.text.strip() for segment in found)
        tokens = [token for segment in found for token in segment.tokens]
        return text, ran_away(tokens, text, token_limit(len(audio) / RATE))

    return decode


def ours(name: str, cache: Path) -> Decode:
    """Return our decoder as it is used for finals."""
    decoder = WhisperDecoder(name, cache_dir=cache)

    def decode(audio: Audio) -> tuple[str, bool]:
        decoding = decoder.decode(audio, final=True)
        return decoding.text, decoding.looped

    return decode


def measure(
    sides: dict[str, Decode], clips: list[Clip], repeats: int
) -> dict[str, dict[str, float]]:
    """Return each side's CPU seconds per second of audio (median of repeats), WER and loops."""
    audio_s = sum(len(audio) for _, audio in clips) / RATE
    words = sum(len(reference) for reference, _ in clips)
    costs: dict[str, list[float]] = {side: [0.0] * repeats for side in sides}
    errors, loops = dict.fromkeys(sides, 0), dict.fromkeys(sides, 0)
    for decode in sides.values():
        decode(clips[0][1])
    for turn in range(repeats):
        for reference, audio in clips:
            for side, decode in sides.items():
                begun = time.process_time()
                text, looped = decode(audio)
                costs[side][turn] += (time.process_time() - begun) / audio_s
                if turn == 0:
                    errors[side] += word_errors(reference, words_of(text))
                    loops[side] += looped
    return {
        side: {
            "cpu_s_per_audio_s": round(statistics.median(costs[side]), 4),
            "wer": round(errors[side] / words, 4),
            "loops": loops[side],
        }
        for side in sides
    }


def acted(every: int) -> list[Clip]:
    """Return the acted sentences with what was said."""
    paths = sorted((DATA / "affect").glob("*.flac"))[::every]
    return [(words_of(STATEMENTS[path.stem.split("-")[4]]), read(path)) for path in paths]


def ran_away_anywhere(name: str, cache: Path, every: int) -> dict[str, Any]:
    """Return how many windows of 12 s of all recordings there are still loop when decoded."""
    decoder = WhisperDecoder(name, cache_dir=cache)
    looped = count = 0
    for folder in ("read", "phone", "conversation", "noise", "affect"):
        step = every if folder == "affect" else 1
        for path in sorted((DATA / folder).glob("*.flac"))[::step]:
            audio = read(path)
            for at in range(0, len(audio), 12 * RATE):
                looped += decoder.decode(audio[at : at + 12 * RATE], final=True).looped
                count += 1
    return {"model": name, "windows": count, "loops": looped}


def noise_words(name: str, cache: Path) -> dict[str, float]:
    """Return words an hour that pieces of 1 to 3 s of the noises are taken for."""
    decoder = WhisperDecoder(name, cache_dir=cache)
    raw = kept = samples = 0
    for path in sorted((DATA / "noise").glob("*.flac")):
        audio = read(path)
        at, count = 0, 0
        while at + RATE <= len(audio):
            piece = audio[at : at + RATE * (1 + count % 3)]
            at, count = at + len(piece), count + 1
            decoding = decoder.decode(piece, final=True)
            raw += len(decoding.words)
            kept += len(guarded(decoding).words)
            samples += len(piece)
    hours = samples / RATE / 3600
    return {
        "noise_s": round(samples / RATE, 1),
        "words_per_h_raw": round(raw / hours),
        "words_per_h": round(kept / hours),
    }


def latency(name: str, cache: Path, clip: Audio) -> list[dict[str, Any]]:
    """Return load time, and p50 and worst wall milliseconds of a decode by length and threads."""
    rows = []
    for threads in (1, 2):
        begun = time.perf_counter()
        decoder = WhisperDecoder(name, cache_dir=cache, cpu_threads=threads)
        row: dict[str, Any] = {
            "model": name,
            "threads": threads,
            "load_s": round(time.perf_counter() - begun, 3),
        }
        for seconds in (0.5, 1.0, 2.0, 5.0):
            piece = clip[: int(seconds * RATE)]
            times = []
            for _ in range(9):
                begun = time.perf_counter()
                decoder.decode(piece, final=False)
                times.append((time.perf_counter() - begun) * 1000)
            row[f"p50_ms_{seconds}s"] = round(statistics.median(times))
            row[f"max_ms_{seconds}s"] = round(max(times))
        rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> None:
    """Print rows that have the same keys."""
    keys = list(rows[0])
    widths = [max(len(key), *(len(str(row[key])) for row in rows)) for key in keys]
    for line in [keys, *[[str(row[key]) for key in keys] for row in rows]]:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    print()


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--models", default="base,tiny.en")
    parser.add_argument("--every", type=int, default=1, help="each N-th of the acted sentences")
    parser.add_argument("--latency", action="store_true")
    chosen = parser.parse_args()
    aloud = [
        (words_of(path.read_text("utf-8")), read(path.with_suffix(".flac")))
        for path in sorted((DATA / "read").glob("*.txt"))
    ]
    sets = {"read": aloud, "affect": acted(chosen.every)}
    if not all(sets.values()):
        parser.error(f"there are no recordings in {DATA}; set VOICE_AGENT_EVAL_DATA.")
    rows, noises, waits, anywhere = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        for name in chosen.models.split(","):
            sides = {"padded faster-whisper": padded(name, cache), "ours": ours(name, cache)}
            for what, clips in sets.items():
                for band, change in (("16 kHz", None), ("telephone", telephone)):
                    heard = [(words, change(audio) if change else audio) for words, audio in clips]
                    repeats = chosen.repeats if what == "read" else 1
                    for side, figures in measure(sides, heard, repeats).items():
                        row = {"model": name, "set": what, "band": band, "decoder": side}
                        rows.append({**row, **figures})
            anywhere.append(ran_away_anywhere(name, cache, chosen.every))
            noises.append({"model": name, **noise_words(name, cache)})
            if chosen.latency:
                waits += latency(name, cache, aloud[0][1])
    report: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, one thread",
        "clips": {what: len(clips) for what, clips in sets.items()},
        "finals": rows,
        "anywhere": anywhere,
        "noise": noises,
        "latency": waits,
    }
    if chosen.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{report['machine']}; recordings: {report['clips']}")
    for part in (rows, anywhere, noises, waits):
        if part:
            table(part)


if __name__ == "__main__":
    main()
