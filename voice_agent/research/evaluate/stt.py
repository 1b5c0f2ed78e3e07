"""`eval stt`: words as they come, through the same path as a live session (DESIGN, "Data")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import jiwer
import numpy as np
from numpy.typing import NDArray

from voice_agent.core.config import PatienceSettings
from voice_agent.core.errors import UsageError
from voice_agent.cues.danger import says_danger
from voice_agent.engines.stt.decoder import WhisperDecoder
from voice_agent.engines.stt.guards import guarded
from voice_agent.engines.stt.queue import Kind
from voice_agent.research.evaluate.manifest import Row
from voice_agent.research.evaluate.onecore import RATE, Decoded, Listened, listen
from voice_agent.research.evaluate.plots import draw_histogram, figure_to
from voice_agent.research.evaluate.result import Number, Result
from voice_agent.research.evaluate.wordtimes import LONGEST_S, as_float, word_times
from voice_agent.research.evaluate.work import OnProgress, over
from voice_agent.settings import Settings, load_settings

COLUMNS = ("audio", "text")
EDGE_S = 0.2
"""A word may be heard in a partial whose audio ends so long before the word's measured end."""


@dataclass(frozen=True, slots=True)
class _Work:
    audio: str
    text: str
    final_model: str
    partial_model: str
    cache_dir: Path
    threads: int
    patience: PatienceSettings


def evaluate(
    rows: Sequence[Row],
    *,
    jobs: int = 1,
    progress: OnProgress | None = None,
    settings: Settings | None = None,
) -> Result:
    """Hear every recording as a live session would, and compare what was understood.

    Args:
        rows: `audio` and `text`; where the text is empty nobody speaks.
        jobs: processes.
        progress: told how many are done.
        settings: models and patience; without, those of the environment.

    Raises:
        UsageError: a recording cannot be read.
        ModelError: a model is missing.
    """
    chosen = settings or load_settings()
    work = [
        _Work(
            row["audio"],
            row["text"],
            chosen.stt.final_model,
            chosen.stt.partial_model,
            chosen.cache_dir,
            chosen.stt.threads,
            chosen.patience,
        )
        for row in rows
    ]
    measured = over(_measure, work, jobs=jobs, progress=progress)
    return Result("stt", len(measured), _metrics(measured), measured)


def normal(text: str) -> str:
    """Return what is compared: lower case, no punctuation but apostrophes, hyphens as spaces.

    Example:
        >>> normal("Well-known, isn't it?")
        "well known isn't it"
    """
    plain = text.lower().replace("\u2019", "'")
    return " ".join(re.sub(r"[^\w' ]", " ", plain).split())


@cache
def _decoder(model: str, cache_dir: Path, threads: int) -> WhisperDecoder:
    return WhisperDecoder(model, cache_dir=cache_dir, cpu_threads=threads)


def _measure(work: _Work) -> dict[str, Any]:
    """Return all that is told of one recording."""
    samples = _read(work.audio)
    final = _decoder(work.final_model, work.cache_dir, work.threads)
    partial = _decoder(work.partial_model, work.cache_dir, work.threads)

    def decode(clip: NDArray[np.int16], *, final_: bool) -> str:
        decoder = final if final_ else partial
        return guarded(decoder.decode(clip, final=final_), keeps=says_danger).text

    heard = listen(samples, lambda clip, *, final: decode(clip, final_=final), work.patience)
    reference, understood = normal(work.text), normal(heard.text)
    audio_s = len(samples) / RATE
    row: dict[str, Any] = {
        "audio": Path(work.audio).name,
        "audio_s": round(audio_s, 3),
        "words": len(reference.split()),
        "words_heard": len(understood.split()),
        "partial_words_heard": _most_in_partials(heard),
        "turns": len(heard.turns),
        "final_latency_s": [round(there - over_, 2) for over_, there in heard.ends],
        "cpu_s": {kind.name.lower(): _spent_s(heard.decoded, kind) for kind in Kind},
        "finals_cpu_s": round(sum(d.spent_s for d in heard.decoded if d.used), 4),
        "decodes": len(heard.decoded),
    }
    if not reference:
        return row
    compared = jiwer.process_words(reference, understood) if understood else None
    row["errors"] = (
        compared.substitutions + compared.deletions + compared.insertions
        if compared
        else len(reference.split())
    )
    row["wer"] = round(row["errors"] / row["words"], 4)
    if audio_s <= LONGEST_S:
        row |= _word_latency(samples, reference, heard, work)
    return row


def _read(audio: str) -> NDArray[np.int16]:
    """Return a recording as one channel at 16 kHz.

    Raises:
        UsageError: it cannot be read.
    """
    import soundfile
    import soxr

    try:
        sound, rate = soundfile.read(audio, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UsageError(f"The recording {audio} cannot be read: {error}.") from error
    mono = sound.mean(axis=1)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    return np.asarray(np.clip(np.rint(mono * 32768), -32768, 32767), np.int16)


def _spent_s(decoded: Sequence[Decoded], kind: Kind) -> float:
    return round(sum(each.spent_s for each in decoded if each.kind is kind), 4)


def _most_in_partials(heard: Listened) -> int:
    """Return the words of each utterance's longest partial or final, together."""
    most: dict[int, int] = {}
    for told in heard.told:
        words = max(len(normal(text).split()) for text in (told.words.text, told.words.raw))
        number = told.words.utterance
        most[number] = max(most.get(number, 0), words)
    return sum(most.values())


def _word_latency(
    samples: NDArray[np.int16], reference: str, heard: Listened, work: _Work
) -> dict[str, Any]:
    """Return for each word how long after its end it was first told, and first committed.

    Words that were not understood at all have no latency; they count as errors already.
    """
    words = reference.split()
    times = word_times(work.final_model, work.cache_dir)
    ends_s = times.ends_s(as_float(samples), words)
    first: dict[int, float] = {}
    stands: dict[int, float] = {}
    before: dict[int, str] = {}
    lost = committed = 0
    newest: dict[int, list[str]] = {}
    for told in heard.told:
        now = told.words
        earlier = " ".join(
            text for number, text in sorted(before.items()) if number != now.utterance
        )
        if now.final:
            before[now.utterance] = now.text
        known = sum(end <= now.end_tick / 100 + EDGE_S for end in ends_s)
        own = now.text.split()
        for text, found in (
            (f"{earlier} {now.raw}", first),
            (f"{earlier} {now.text}", first),
            (f"{earlier} {' '.join(own[: now.committed])}", stands),
        ):
            for index in _hits(words[:known], normal(text).split()):
                found.setdefault(index, told.t - ends_s[index])
        stood = newest.get(now.utterance, [])
        if not now.final:
            lost += own[: len(stood)] != stood
            newest[now.utterance] = own[: now.committed]
            committed += 1
    return {
        "partial_latency_s": [round(first[i], 2) for i in sorted(first)],
        "committed_latency_s": [round(stands[i], 2) for i in sorted(stands)],
        "taken_back": lost,
    }


def _hits(reference: list[str], heard: list[str]) -> list[int]:
    """Return which words of the reference are in what was heard, where they belong."""
    if not reference or not heard:
        return []
    chunks = jiwer.process_words(" ".join(reference), " ".join(heard)).alignments[0]
    return [
        index
        for chunk in chunks
        if chunk.type == "equal"
        for index in range(chunk.ref_start_idx, chunk.ref_end_idx)
    ]


def _metrics(rows: Sequence[dict[str, Any]]) -> dict[str, Number]:
    speech = [row for row in rows if row["words"]]
    other = [row for row in rows if not row["words"]]
    finals = [value for row in speech for value in row["final_latency_s"]]
    partials = [value for row in speech for value in row.get("partial_latency_s", ())]
    committed = [value for row in speech for value in row.get("committed_latency_s", ())]
    speech_s = sum(row["audio_s"] for row in speech)
    hours = sum(row["audio_s"] for row in other) / 3600
    everything_s = sum(sum(row["cpu_s"].values()) for row in rows)
    audio_s = sum(row["audio_s"] for row in rows)
    return {
        "wer": _share(sum(row["errors"] for row in speech), sum(row["words"] for row in speech)),
        "rtf": _share(everything_s, audio_s),
        "cpu_s_per_audio_s": _share(sum(row["finals_cpu_s"] for row in speech), speech_s),
        "cpu_s_per_audio_s_with_partials": _share(
            sum(sum(row["cpu_s"].values()) for row in speech), speech_s
        ),
        "final_latency_p50_s": _quantile(finals, 0.5),
        "final_latency_p95_s": _quantile(finals, 0.95),
        "partial_latency_p50_s": _quantile(partials, 0.5),
        "partial_latency_p95_s": _quantile(partials, 0.95),
        "committed_latency_p50_s": _quantile(committed, 0.5),
        "committed_words_taken_back": sum(row.get("taken_back", 0) for row in speech),
        "words_per_h_of_non_speech": _share(sum(row["words_heard"] for row in other), hours),
        "partial_words_per_h_of_non_speech": _share(
            sum(row["partial_words_heard"] for row in other), hours
        ),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _quantile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    return round(median(values) if share == 0.5 else float(np.quantile(values, share)), 3)


def plot(result: Result, path: Path) -> None:
    """Draw how late words and finals come, and the word errors of each recording.

    Raises:
        UsageError: matplotlib is not there, or the file cannot be written.
    """
    finals = [value for row in result.rows for value in row["final_latency_s"]]
    partials = [value for row in result.rows for value in row.get("partial_latency_s", ())]
    wers = sorted(row["wer"] for row in result.rows if "wer" in row)
    with figure_to(path, columns=3, title="Words as they come") as axes:
        draw_histogram(axes[0], partials, xlabel="from a word's end to its first partial, s")
        draw_histogram(axes[1], finals, xlabel="from the end of speech to the final, s")
        axes[2].set(xlabel="recordings", ylabel="word error rate", title="by recording")
        axes[2].bar(range(len(wers)), wers, color="#4a8f86")
