"""Receiver operating characteristics, with ties counted as halves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def roc_auc(scores: Sequence[float] | Floats, labels: Sequence[bool] | NDArray[np.bool_]) -> float:
    """Return the area under the curve: how often a positive scores above a negative.

    The Mann-Whitney statistic (Hanley & McNeil 1982); a tie counts half.

    Args:
        scores: Shape (n,), higher means more likely positive.
        labels: Shape (n,), true for positive.

    Raises:
        ValueError: Only one of the two classes is there.
    """
    false_alarm, recall, _ = roc(scores, labels)
    return float(np.trapezoid(recall, false_alarm))


def roc(
    scores: Sequence[float] | Floats, labels: Sequence[bool] | NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Return the curve's false-alarm rate, recall and thresholds, each from (0, 0) to (1, 1).

    A value at or above its threshold counts as found; the first threshold is infinite.

    Raises:
        ValueError: Only one of the two classes is there.
    """
    values = np.asarray(scores, dtype=np.float64)
    positive = np.asarray(labels, dtype=bool)
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        raise ValueError("A curve needs positives and negatives.")
    order = np.argsort(-values, kind="stable")
    values, positive = values[order], positive[order]
    last_of_each = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    found = np.cumsum(positive)[last_of_each]
    alarms = last_of_each + 1 - found
    return (
        np.append(0.0, alarms / negatives),
        np.append(0.0, found / positives),
        np.append(np.inf, values[last_of_each]),
    )
