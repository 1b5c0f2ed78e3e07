"""`eval intents`: what the live agent makes of words, against what somebody says they mean."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voice_agent.core.errors import UsageError
from voice_agent.cues import default_grammar
from voice_agent.cues.labels import LABELS, label_of
from voice_agent.research.evaluate.manifest import Row, place
from voice_agent.research.evaluate.plots import figure_to
from voice_agent.research.evaluate.result import Number, Result
from voice_agent.research.evaluate.work import OnProgress, over

COLUMNS = ("text", "label")


def evaluate(rows: Sequence[Row], *, jobs: int = 1, progress: OnProgress | None = None) -> Result:
    """Give every text its cues, as the live agent does, and compare the label they stand for.

    Args:
        rows: `text` and `label`; a label that names one of our further cues (louder, skip, ...)
            is compared with that cue, every other cue of that kind counts as "other".
        jobs: processes.
        progress: told how many are done.

    Raises:
        UsageError: a label is neither one of DESIGN's nor one of our cues.
    """
    known = {*LABELS, *default_grammar().ids}
    for row in rows:
        if row["label"] not in known:
            raise UsageError(
                f"{place(row)}'{row['label']}' is no label; use one of {', '.join(LABELS)}."
            )
    named = frozenset(row["label"] for row in rows) - frozenset(LABELS)
    heard = over(_heard, [row["text"] for row in rows], jobs=jobs, progress=progress)
    found = [
        {
            "text": row["text"],
            "label": row["label"],
            "given": _given(cues, named),
            "cues": list(cues),
        }
        for row, cues in zip(rows, heard, strict=True)
    ]
    return Result("intents", len(found), _metrics(found), found)


def _heard(text: str) -> tuple[str, ...]:
    return default_grammar().cues(text)


def _given(cues: Sequence[str], named: frozenset[str]) -> str:
    """Return the label of DESIGN, or, where there is none, a further cue that the data name."""
    label = label_of(cues)
    if label != "other":
        return label
    return next((cue for cue in cues if cue in named), label)


def _metrics(found: Sequence[dict[str, Any]]) -> dict[str, Number]:
    pairs = Counter((row["label"], row["given"]) for row in found)
    total = len(found)
    metrics: dict[str, Number] = {}
    for label in _labels(found):
        said = sum(count for (true, _), count in pairs.items() if true == label)
        given = sum(count for (_, got), count in pairs.items() if got == label)
        right = pairs[label, label]
        metrics[f"recall_{label}"] = _share(right, said)
        metrics[f"precision_{label}"] = _share(right, given)
        metrics[f"false_alarm_rate_{label}"] = _share(given - right, total - said)
    return metrics


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _labels(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return the labels of DESIGN in their order, then those that the data add."""
    return [*LABELS, *sorted({row["label"] for row in found} - set(LABELS))]


def plot(result: Result, path: Path) -> None:
    """Draw how often a text of each label (rows) was given each (columns).

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    labels = _labels(result.rows)
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for row in result.rows:
        counts[place[row["label"]], place[row["given"]]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with figure_to(path, title=f"intents: {result.n} texts") as (axes,):
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set(xlabel="given", ylabel="said")
        axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right", fontsize=7)
        axes.set_yticks(range(len(labels)), labels, fontsize=7)
        for said, given in np.argwhere(counts):
            axes.text(
                given,
                said,
                str(counts[said, given]),
                ha="center",
                va="center",
                fontsize=6,
                color="white" if shares[said, given] > 0.5 else "black",
            )
