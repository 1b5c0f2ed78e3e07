"""How well the speech detector does on somebody's own recordings, by frame and by silence."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.core.errors import UsageError
from voice_agent.engines.vad import (
    SCORE_DELAY_FRAMES,
    Ended,
    SpeechDetector,
    Suspected,
)
from voice_agent.research.evaluate import manifest, work
from voice_agent.research.evaluate.curves import roc, roc_auc
from voice_agent.research.evaluate.plots import draw_histogram, draw_roc, figure_to
from voice_agent.research.evaluate.result import Number, Result

COLUMNS = ("audio", "start_s", "end_s", "label")
LONG_SILENCE_S = 5.0
TOLERANCE_S = 0.5
"""A silence is found when both of its ends are met this closely."""
_MISSED_S = 0.2
_OVERLAP_S = 1.0
_RATE = 16_000
_FRAME = 160
_PER_S = 100
_SHOWN = 8
GRID = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 120)])
"""False-alarm rates at which a recording's recall is kept."""
Segment = tuple[float, float]
Frames = NDArray[np.int16]


@dataclass(slots=True)
class Heard:
    """What the detector made of one recording."""

    scores: NDArray[np.float32]
    """One a frame of 10 ms: the log-odds of speech, moved to the frame they are about."""
    gates: NDArray[np.bool_]
    """webrtcvad alone, one row a mode 0 to 3."""
    starts: list[tuple[float, float, float]] = field(default_factory=list)
    """Confirmed segments: onset, end, and when the start was first suspected."""
    suspected: list[float] = field(default_factory=list)
    """When each suspicion was reported."""


def listen(frames: Frames, *, gates: bool = True) -> Heard:
    """Run the detector over frames (int16, shape (n, 160), 16 kHz) as a session would."""
    detector = SpeechDetector()
    scores = np.zeros(len(frames), np.float32)
    heard = Heard(scores, np.zeros((4, len(frames) if gates else 0), bool))
    suspected = 0.0
    told: list[tuple[float, float, float]] = []
    for k, frame in enumerate(frames):
        for edge in detector.process(frame):
            if isinstance(edge, Suspected):
                suspected = (k + 1) / _PER_S
                heard.suspected.append(suspected)
            elif isinstance(edge, Ended):
                told.append((edge.onset / _RATE, edge.last / _RATE, suspected))
        scores[k] = detector.log_odds
    if detector.speaking:
        told.append((detector.onset / _RATE, len(frames) / _PER_S, suspected))
    heard.starts = told
    late = min(SCORE_DELAY_FRAMES, len(scores))
    heard.scores = np.concatenate([scores[late:], np.repeat(scores[-1:], late)])
    if gates:
        _add_gates(heard.gates, frames)
    return heard


def _add_gates(rows: NDArray[np.bool_], frames: Frames) -> None:
    import webrtcvad

    for mode, row in enumerate(rows):
        gate = webrtcvad.Vad(mode)
        for k, frame in enumerate(frames):
            row[k] = gate.is_speech(frame.tobytes(), _RATE)


def silences(speech: Sequence[Segment], length_s: float) -> list[Segment]:
    """Return what lies between, before and after segments of speech, where it lasts over 5 s."""
    edges = [0.0, *(at for segment in speech for at in segment), length_s]
    gaps = list(zip(edges[::2], edges[1::2], strict=True))
    return [(begin, end) for begin, end in gaps if end - begin > LONG_SILENCE_S]


def merged(speech: Sequence[Segment], length_s: float) -> list[Segment]:
    """Return labelled speech in order, overlaps joined, cut to the recording."""
    joined: list[Segment] = []
    for begin, end in sorted(speech):
        begin, end = min(begin, length_s), min(end, length_s)
        if end <= begin:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def compare(
    speech: Sequence[Segment], reported: Sequence[Segment], length_s: float
) -> dict[str, Any]:
    """Count silences over 5 s that were there, found, broken and invented.

    Found: a reported silence has both ends within .5 s. Broken: a start was reported inside, more
    than .5 s from either end. Invented: a reported silence that holds more than a second of
    labelled speech, or a labelled segment of .2 s or more from its start to its end.
    """
    real, told = silences(speech, length_s), silences(reported, length_s)
    near = TOLERANCE_S
    found = sum(any(abs(a - c) <= near and abs(b - d) <= near for c, d in told) for a, b in real)
    broken = sum(any(a + near < c < b - near for c, _ in reported) for a, b in real)
    invented = sum(_is_invented(silence, speech) for silence in told)
    return {"silences": len(real), "found": found, "broken": broken, "invented": invented}


def _is_invented(silence: Segment, speech: Sequence[Segment]) -> bool:
    begin, end = silence
    inside = [(max(a, begin), min(b, end)) for a, b in speech if a < end and b > begin]
    missed = any(begin <= a and b <= end and b - a >= _MISSED_S for a, b in speech)
    return missed or sum(b - a for a, b in inside) > _OVERLAP_S


def delays(speech: Sequence[Segment], heard: Heard) -> list[float]:
    """Return how long after each labelled start it was suspected, over those after .3 s of none.

    A segment or suspicion open since before the start is a delay of 0; one never noticed has none.
    """
    found: list[float] = []
    previous = [-1.0, *(end for _, end in speech)]
    for (begin, end), before in zip(speech, previous, strict=False):
        if begin - before < 0.3:
            continue
        if any(a <= begin < b for a, b, _ in heard.starts):
            found.append(0.0)
            continue
        after = [at - begin for at in heard.suspected if begin - 0.1 <= at <= end]
        if after:
            found.append(max(0.0, round(after[0], 2)))
    return found


def evaluate(
    rows: Sequence[manifest.Row],
    *,
    jobs: int = 1,
    progress: work.OnProgress | None = None,
) -> Result:
    """Measure the detector over a table of `audio,start_s,end_s,label` (label: speech).

    Raises:
        UsageError: A recording cannot be read, or a label or a time is none.
    """
    by_audio: dict[str, list[Segment]] = defaultdict(list)
    for row in rows:
        by_audio[row["audio"]]  # a recording of nothing but silence has a row with another label
        if row["label"].casefold() == "speech":
            start_s, end_s = manifest.seconds(row, "start_s"), manifest.seconds(row, "end_s")
            if end_s <= start_s:
                raise UsageError(
                    f"{manifest.place(row)}speech ends ({end_s:g} s) before it starts."
                )
            by_audio[row["audio"]].append((start_s, end_s))
    found = work.over(_recording, list(by_audio.items()), jobs=jobs, progress=progress)
    return _result(found)


def _recording(item: tuple[str, list[Segment]]) -> dict[str, Any]:
    """Measure one recording."""
    audio, labelled = item
    frames = read_frames(Path(audio))
    length_s = len(frames) / _PER_S
    last_s = max((end for _, end in labelled), default=0.0)
    if last_s > length_s + _ROUNDED_S:
        raise UsageError(
            f"{audio} lasts {length_s:.1f} s, but speech is said to end at {last_s:g} s: "
            "the times are in seconds from its beginning."
        )
    speech = merged(labelled, length_s)
    heard = listen(frames)
    labels = np.zeros(len(frames), bool)
    for begin, end in speech:
        labels[round(begin * _PER_S) : round(end * _PER_S)] = True
    inside = np.zeros(len(frames), bool)
    for begin, end, _ in heard.starts:
        inside[round(begin * _PER_S) : round(end * _PER_S)] = True
    return {
        "audio": Path(audio).name,
        "hours": length_s / 3600,
        "labels": labels,
        "inside": inside,
        "heard": heard,
        "delays": delays(speech, heard),
        **compare(speech, [(a, b) for a, b, _ in heard.starts], length_s),
    }


def read_frames(audio: Path) -> Frames:
    """Return a recording as frames at 16 kHz, one channel.

    Raises:
        UsageError: It cannot be read as sound.
    """
    import soundfile
    import soxr

    try:
        sound, rate = soundfile.read(audio, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"{audio} cannot be read as a recording: {str(error).rstrip('.')}."
        ) from error
    mono = np.nan_to_num(sound.mean(axis=1))
    if rate != _RATE:
        mono = soxr.resample(mono, rate, _RATE)
    whole = len(mono) // _FRAME * _FRAME
    if not whole:
        raise UsageError(f"{audio} is shorter than 10 ms: there is nothing to measure.")
    scaled = np.clip(np.rint(mono[:whole] * 32768), -32768, 32767)
    frames: Frames = scaled.astype(np.int16).reshape(-1, _FRAME)
    return frames


def _result(found: list[dict[str, Any]]) -> Result:
    labels = np.concatenate([each["labels"] for each in found])
    inside = np.concatenate([each["inside"] for each in found])
    scores = np.concatenate([each["heard"].scores for each in found])
    hours = sum(each["hours"] for each in found)
    count = {name: sum(each[name] for each in found) for name in _COUNTS}
    late = sorted(delay for each in found for delay in each["delays"])
    both = labels.any() and not labels.all()
    metrics: dict[str, Number] = {
        "roc_auc": round(roc_auc(scores, labels), 5) if both else None,
        "recall": _share(int((inside & labels).sum()), int(labels.sum())),
        "false_alarm_rate": _share(int((inside & ~labels).sum()), int((~labels).sum())),
        "silences": count["silences"],
        "silences_found_share": _share(count["found"], count["silences"]),
        "silences_broken": count["broken"],
        "silences_invented_per_h": round(count["invented"] / hours, 4),
        "hours": round(hours, 3),
        "start_delay_p50_s": late[len(late) // 2] if late else None,
        "start_delay_p95_s": late[int(0.95 * (len(late) - 1))] if late else None,
    }
    return Result("vad", len(found), metrics, [_row(each) for each in found])


_ROUNDED_S = 1.0
"""Labels may end a little after the recording: they were rounded, or it was cut."""
_COUNTS = ("silences", "found", "broken", "invented")


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


def _row(each: dict[str, Any]) -> dict[str, Any]:
    labels, inside, heard = each["labels"], each["inside"], each["heard"]
    row: dict[str, Any] = {
        "audio": each["audio"],
        "roc_auc": None,
        "recall": _share(int((inside & labels).sum()), int(labels.sum())),
        "false_alarm_rate": _share(int((inside & ~labels).sum()), int((~labels).sum())),
        **{name: each[name] for name in _COUNTS},
        "start_delays_s": each["delays"],
    }
    if labels.any() and not labels.all():
        false_alarm, recall, _ = roc(heard.scores, labels)
        row["roc_auc"] = round(float(np.trapezoid(recall, false_alarm)), 5)
        row["recall_at"] = [round(float(at), 4) for at in np.interp(GRID, false_alarm, recall)]
        row["webrtcvad"] = [
            [round(float(mode[~labels].mean()), 4), round(float(mode[labels].mean()), 4)]
            for mode in heard.gates
        ]
    return row


def plot(result: Result, path: Path) -> None:
    """Draw the curve against webrtcvad's four modes, and how late starts were suspected.

    Up to eight recordings have a curve each; more are averaged, recall by false-alarm rate.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    rows = [row for row in result.rows if "recall_at" in row]
    late = [delay for row in result.rows for delay in row["start_delays_s"]]
    with figure_to(path, columns=2, title="Speech detector") as (left, right):
        shown = {row["audio"]: row["recall_at"] for row in rows}
        if len(rows) > _SHOWN:
            mean = np.mean([row["recall_at"] for row in rows], axis=0)
            shown = {f"{len(rows)} recordings": mean.tolist()}
        draw_roc(left, {name: (GRID, np.array(recall)) for name, recall in shown.items()})
        if rows:
            modes = np.mean([row["webrtcvad"] for row in rows], axis=0)
            left.plot(modes[:, 0], modes[:, 1], "kx", label="webrtcvad, modes 0-3, mean")
            left.legend(loc="lower right")
        draw_histogram(right, late, xlabel="start suspected after (s)")


__all__ = ["COLUMNS", "compare", "delays", "evaluate", "listen", "plot", "silences"]
