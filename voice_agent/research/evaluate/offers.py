"""`eval offers`: how often an offer comes that nobody expects, and how many expected ones come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from voice_agent.research.evaluate.manifest import Row, one_of, seconds
from voice_agent.research.evaluate.plots import draw_histogram, figure_to
from voice_agent.research.evaluate.result import Number, Result
from voice_agent.research.evaluate.work import OnProgress, over

COLUMNS = ("audio", "expected_s", "mode")
MODES = ("solo",)
WITHIN_S = 60.0
"""An offer so long after it was expected still counts as the expected one."""
EARLY_S = 2.0
"""And one so much before: where the last word ends is a matter of a second between two ears."""

Listen = Callable[[Path], tuple[float, list[float]]]
"""Runs the agent over a recording: its length and the times of all offers, in seconds."""


@dataclass(frozen=True, slots=True)
class _File:
    audio: Path
    expected_s: tuple[float, ...]


def evaluate(
    rows: Sequence[Row], *, listen: Listen, jobs: int = 1, progress: OnProgress | None = None
) -> Result:
    """Count offers over recordings, each heard once however many rows name it.

    An offer from `EARLY_S` before to `WITHIN_S` after an expected time is not false; each expected
    time is found by the first offer there that found no earlier one. Without an expected time there
    is no recall, without a recording longer than nothing no rate: both are null then.

    Args:
        rows: `audio`, `expected_s` (empty: none is expected) and `mode`.
        listen: can be pickled where `jobs` is more than 1.
        jobs: processes.
        progress: told how many recordings are done.

    Raises:
        UsageError: a recording cannot be read, an expected time is no number, or the mode is not known.
    """
    files = _files(rows)
    heard = over(partial(_heard, listen), files, jobs=jobs, progress=progress)
    found = [_judged(file, *what) for file, what in zip(files, heard, strict=True)]
    return Result("offers", len(found), _metrics(found), found)


def _heard(listen: Listen, file: _File) -> tuple[float, list[float]]:
    return listen(file.audio)


def _files(rows: Sequence[Row]) -> list[_File]:
    expected: dict[str, list[float]] = {}
    for row in rows:
        one_of(row, "mode", MODES)
        times = expected.setdefault(row["audio"], [])
        if row["expected_s"]:
            times.append(seconds(row, "expected_s"))
    return [_File(Path(audio), tuple(sorted(times))) for audio, times in expected.items()]


def _judged(file: _File, length_s: float, offers_s: list[float]) -> dict[str, Any]:
    """Return what came of one recording, pairs and false offers named."""
    left = list(offers_s)
    delays: list[float | None] = []
    for expected in file.expected_s:
        first = next((t for t in left if -EARLY_S <= t - expected <= WITHIN_S), None)
        if first is not None:
            left.remove(first)
        delays.append(None if first is None else round(first - expected, 2))
    false = [t for t in offers_s if not any(-EARLY_S <= t - e <= WITHIN_S for e in file.expected_s)]
    return {
        "audio": file.audio.name,
        "length_s": length_s,
        "expected_s": list(file.expected_s),
        "offers_s": offers_s,
        "delays_s": delays,
        "false_s": false,
    }


def _metrics(found: Sequence[dict[str, Any]]) -> dict[str, Number]:
    hours = sum(row["length_s"] for row in found) / 3600
    false = sum(len(row["false_s"]) for row in found)
    delays = [delay for row in found for delay in row["delays_s"]]
    came = [delay for delay in delays if delay is not None]
    return {
        "false_offers_per_h": false / hours if hours else None,
        "recall": len(came) / len(delays) if delays else None,
        "median_delay_s": median(came) if came else None,
        "false_offers": false,
        "expected_offers": len(delays),
        "hours": hours,
    }


def plot(result: Result, path: Path) -> None:
    """Draw how late expected offers came, and when in which recording false ones did."""
    with figure_to(path, columns=2, title="Offers") as (late, when):
        delays = [d for row in result.rows for d in row["delays_s"] if d is not None]
        draw_histogram(late, delays, xlabel="after the expected time (s)", title="expected offers")
        for place, row in enumerate(result.rows):
            when.plot([0, row["length_s"]], [place, place], color="0.85", linewidth=1)
            when.plot(row["expected_s"], [place] * len(row["expected_s"]), "|", color="black")
            when.plot(row["false_s"], [place] * len(row["false_s"]), "x", color="#b4552d")
        when.set(xlabel="seconds", ylabel="recording", title="| expected, x false")
