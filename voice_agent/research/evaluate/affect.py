"""`eval affect`: flat speech against expressive, each utterance against its speaker's own baseline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from voice_agent.core.baseline import Baseline
from voice_agent.core.inputs import UtteranceMeasured
from voice_agent.core.prosody import HEARD, flatness
from voice_agent.engines.pitch.tracker import PitchTracker
from voice_agent.engines.pitch.utterance import Measures, measure
from voice_agent.research.evaluate.curves import roc, roc_auc
from voice_agent.research.evaluate.manifest import Row, one_of
from voice_agent.research.evaluate.plots import draw_roc, figure_to
from voice_agent.research.evaluate.result import Number, Result
from voice_agent.research.evaluate.work import OnProgress, over
from voice_agent.transport.file import Recording

COLUMNS = ("audio", "speaker", "group", "role", "label")
GROUPS = ("female", "male")
ROLES = ("baseline", "test")
LABELS = ("expressive", "flat")
LEAST_VOICED_S = 2.5
"""Voiced speech that a speaker's baseline rows must hold together; live it is a minute."""


def evaluate(rows: Sequence[Row], *, jobs: int = 1, progress: OnProgress | None = None) -> Result:
    """Score every test utterance: higher is flatter against its own speaker's baseline rows.

    Nothing is learned from the rows: a speaker's score depends on that speaker alone.

    Args:
        rows: `audio`, `speaker`, `group`, `role` and `label` (that of baseline rows is not read).
        jobs: processes.
        progress: told how many are done.

    Raises:
        UsageError: a recording cannot be read, or a word of a column is not known.
    """
    for row in rows:
        one_of(row, "group", GROUPS)
        if one_of(row, "role", ROLES) == "test":
            one_of(row, "label", LABELS)
    measured = over(_measure, [row["audio"] for row in rows], jobs=jobs, progress=progress)
    baselines = _baselines(rows, measured)
    found = [
        _scored(row, measures, baselines[row["speaker"]])
        for row, measures in zip(rows, measured, strict=True)
        if row["role"] == "test"
    ]
    return Result("affect", len(found), _metrics(found), found)


@cache
def _tracker() -> PitchTracker:
    return PitchTracker()


def _measure(audio: str) -> Measures:
    """Measure one recording as one utterance."""
    samples = np.concatenate(list(Recording(Path(audio)).frames()))
    return measure(samples, _tracker())


def _baselines(rows: Sequence[Row], measured: Sequence[Measures]) -> dict[str, Baseline]:
    """Return each speaker's baseline, in the order of the rows."""
    baselines: dict[str, Baseline] = defaultdict(Baseline)
    for row, measures in zip(rows, measured, strict=True):
        if row["role"] == "baseline" and measures.not_measurable is None:
            values = asdict(measures)
            baselines[row["speaker"]].add({name: values[name] for name in HEARD}, measures.voiced_s)
    return baselines


def _scored(row: Row, measures: Measures, baseline: Baseline) -> dict[str, Any]:
    known = {field.name for field in fields(UtteranceMeasured)}
    values = {name: value for name, value in asdict(measures).items() if name in known}
    event = UtteranceMeasured(t=0.0, utterance=0, **values)
    reason = measures.not_measurable
    if reason is None and baseline.voiced_s < LEAST_VOICED_S:
        reason = "no baseline"
    score = flatness(event, baseline.usual) if reason is None else None
    return {
        "audio": Path(row["audio"]).name,
        "speaker": row["speaker"],
        "group": row["group"],
        "label": row["label"],
        "score": None if score is None else round(score, 4),
        "not_measurable": reason,
        "measures": {name: value for name, value in values.items() if value is not None},
    }


def _metrics(found: Sequence[Mapping[str, Any]]) -> dict[str, Number]:
    left_out = sum(row["score"] is None for row in found)
    return {
        "roc_auc": _auc(found),
        **{f"roc_auc_{g}": _auc([row for row in found if row["group"] == g]) for g in GROUPS},
        "not_measurable_share": round(left_out / len(found), 4) if found else None,
    }


def _auc(found: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the area under the curve of the measurable rows; None with one label alone."""
    rows = [row for row in found if row["score"] is not None]
    flat = [row["label"] == "flat" for row in rows]
    if len(set(flat)) < 2:
        return None
    return round(roc_auc([row["score"] for row in rows], flat), 4)


def plot(result: Result, path: Path) -> None:
    """Draw the curves of both groups, and every speaker's utterances on a strip of their own.

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    rows = [row for row in result.rows if row["score"] is not None]
    with figure_to(path, columns=2, title="Flat against expressive, own baseline") as axes:
        curves = {}
        for name in ("all", *GROUPS):
            group = [row for row in rows if name in ("all", row["group"])]
            auc = _auc(group)
            if auc is not None:
                flat = [row["label"] == "flat" for row in group]
                false_alarm, recall, _ = roc([row["score"] for row in group], flat)
                curves[f"{name}: {auc:.3f}"] = (false_alarm, recall)
        draw_roc(axes[0], curves, "ROC")
        speakers = sorted({(row["group"], row["speaker"]) for row in rows})
        for place, (_, speaker) in enumerate(speakers):
            for label, colour, shift in (
                ("expressive", "#c06c4a", 0.15),
                ("flat", "#4a8f86", -0.15),
            ):
                scores = [
                    row["score"]
                    for row in rows
                    if row["speaker"] == speaker and row["label"] == label
                ]
                axes[1].plot(scores, [place + shift] * len(scores), "|", color=colour, markersize=9)
        axes[1].axvline(0.0, color="0.8", linewidth=1)
        axes[1].set_yticks(range(len(speakers)), [f"{name} ({group})" for group, name in speakers])
        axes[1].set(xlabel="flatness against own baseline (0: as usual)")
        axes[1].set_title("orange: expressive, green: flat")
