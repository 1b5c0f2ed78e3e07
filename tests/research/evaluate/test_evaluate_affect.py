"""`eval affect` on made voices: scores against each one's own, and what is left out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate.affect import evaluate, plot
from voice_agent.research.evaluate.manifest import Row

RATE = 16_000


def write(
    path: Path,
    height: float,
    swing: float,
    *,
    tilt: float = 1.0,
    dbfs: float = -20.0,
    seconds: float = 3.0,
) -> str:
    """A buzz `height` semitones above 55 Hz that swings by `swing`; a larger tilt is duller."""
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 55 * 2 ** ((height + swing * np.sin(2 * np.pi * 2 * t)) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    sound = sum(np.sin(k * phase) / k**tilt for k in range(1, 14))
    sound = sound / np.sqrt(np.square(sound).mean()) * 10 ** (dbfs / 20)
    quiet = np.random.default_rng(1).standard_normal(RATE // 2) * 1e-4
    soundfile.write(path, np.concatenate((quiet, sound, quiet)), RATE)
    return str(path)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """A low and a high speaker, each lively, flat, and as usual; and one with too little usual."""
    folder = tmp_path_factory.mktemp("affect")
    out = []

    def add(speaker: str, group: str, role: str, label: str, *how: float, **more: float) -> None:
        audio = write(folder / f"{len(out)}.wav", *how, **more)
        out.append(
            {"audio": audio, "speaker": speaker, "group": group, "role": role, "label": label}
        )

    for speaker, group, height in (("a", "male", 12.0), ("b", "female", 24.0)):
        add(speaker, group, "baseline", "", height, 1.5)
        add(speaker, group, "baseline", "", height, 1.4)
        add(speaker, group, "test", "expressive", height + 5, 3.0, tilt=0.8)
        add(speaker, group, "test", "expressive", height + 4, 2.5, tilt=0.9)
        add(speaker, group, "test", "flat", height - 1, 0.4, tilt=1.4)
        add(speaker, group, "test", "flat", height, 0.6, tilt=1.2, dbfs=-32.0)
    add("c", "female", "baseline", "", 24.0, 1.5, seconds=1.0)
    add("c", "female", "test", "flat", 24.0, 0.5)
    return out


def test_each_is_scored_against_its_own(rows: list[Row]) -> None:
    """A high flat voice is flatter than a low lively one: only the own usual counts."""
    result = evaluate(rows)
    assert result.name == "affect"
    assert result.n == 9
    assert result.metrics["roc_auc"] == 1.0
    assert result.metrics["roc_auc_female"] == result.metrics["roc_auc_male"] == 1.0
    scores = {(r["speaker"], r["label"]): r["score"] for r in result.rows}
    assert scores["a", "expressive"] < 0 < scores["a", "flat"]


def test_too_little_usual_is_not_measurable(rows: list[Row]) -> None:
    """Under 2.5 s of voice there is no baseline: the row is left out and counted."""
    result = evaluate(rows)
    left_out = [row for row in result.rows if row["score"] is None]
    assert [(row["speaker"], row["not_measurable"]) for row in left_out] == [("c", "no baseline")]
    assert result.metrics["not_measurable_share"] == pytest.approx(1 / 9, abs=1e-4)


def test_processes_change_nothing(rows: list[Row]) -> None:
    """Two processes give the same rows, and progress is told."""
    told: list[tuple[int, int]] = []
    one, two = evaluate(rows), evaluate(rows, jobs=2, progress=lambda n, of: told.append((n, of)))
    assert one == two
    assert told[-1] == (len(rows), len(rows))


def test_one_label_alone_has_no_curve(rows: list[Row]) -> None:
    """Where only flat speech is there, the area is null and nothing fails."""
    flat = [row for row in rows if row["role"] == "baseline" or row["label"] == "flat"]
    metrics = evaluate(flat).metrics
    assert metrics["roc_auc"] is None
    assert metrics["roc_auc_male"] is None


@pytest.mark.parametrize(("column", "word"), [("group", "x"), ("role", "x"), ("label", "sad")])
def test_an_unknown_word_is_told(rows: list[Row], column: str, word: str) -> None:
    """The sentence names the column and what it may hold."""
    wrong = [rows[2] | {column: word}]
    with pytest.raises(UsageError, match=f"'{word}' in the column {column}"):
        evaluate(wrong)


def test_it_is_drawn(rows: list[Row], tmp_path: Path) -> None:
    """A picture with the curve and every speaker's strip."""
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    plot(evaluate(rows), tmp_path / "affect.png")
    assert (tmp_path / "affect.png").stat().st_size > 10_000
