"""What `eval vad` counts: found, broken and invented silences, delays, one number a metric."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate import manifest
from voice_agent.research.evaluate import vad as evaluation

RATE = 16_000
SPEECH = [(10.0, 12.0), (22.0, 23.0)]


@pytest.mark.parametrize(
    ("reported", "found", "broken", "invented"),
    [
        ([(10.0, 12.0), (22.0, 23.0)], 3, 0, 0),
        ([(10.4, 11.6), (22.4, 23.4)], 3, 0, 0),
        ([(10.6, 12.0), (22.0, 23.0)], 2, 0, 0),
        ([(10.0, 12.0), (17.0, 17.5), (22.0, 23.0)], 2, 1, 0),
        ([(10.0, 12.0)], 1, 0, 1),
        ([], 0, 0, 1),
    ],
)
def test_silences_are_found_broken_or_invented(
    reported: list, found: int, broken: int, invented: int
) -> None:
    """Both ends within .5 s: found; a start inside: broken; labelled speech inside: invented."""
    counted = evaluation.compare(SPEECH, reported, 30.0)
    assert counted == {"silences": 3, "found": found, "broken": broken, "invented": invented}


def test_short_pauses_are_no_silences() -> None:
    """Five seconds exactly do not count."""
    assert evaluation.silences([(5.0, 6.0), (11.0, 12.0)], 17.5) == [(12.0, 17.5)]


def vowels(folder: Path) -> Path:
    """Write a recording of two vowels in silence and its manifest."""
    t = np.arange(RATE) / RATE
    phase = 2 * np.pi * np.cumsum(130 + 20 * np.sin(2 * np.pi * 3 * t)) / RATE
    vowel = sum(np.sin(k * phase) / (1 + abs(130 * k - 700) / 200) for k in range(1, 25))
    sound = np.random.default_rng(1).standard_normal(20 * RATE) * 1e-4
    for at in (7, 15):
        sound[at * RATE : (at + 1) * RATE] += 0.2 * vowel / np.abs(vowel).max()
    soundfile.write(folder / "a.flac", sound, RATE)
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [evaluation.COLUMNS, ("a.flac", 7, 8, "speech"), ("a.flac", 15, 16, "speech")]
        )
    return folder


def test_every_metric_of_the_design_is_there(tmp_path: Path) -> None:
    """Two vowels in silence: a near-perfect curve, both silences over 5 s found."""
    rows = manifest.read(vowels(tmp_path), evaluation.COLUMNS)
    result = evaluation.evaluate(rows)
    metrics = result.metrics
    assert result.n == 1
    assert metrics["roc_auc"] > 0.97
    assert metrics["recall"] > 0.9
    assert metrics["false_alarm_rate"] < 0.02
    assert (metrics["silences"], metrics["silences_found_share"]) == (2, 1.0)
    assert (metrics["silences_broken"], metrics["silences_invented_per_h"]) == (0, 0.0)
    assert result.rows[0]["audio"] == "a.flac"
    assert max(result.rows[0]["start_delays_s"]) <= 0.15


def test_a_file_that_is_no_sound_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A text named as a recording raises UsageError with its path."""
    (tmp_path / "a.wav").write_text("no sound")
    (tmp_path / "manifest.csv").write_text("audio,start_s,end_s,label\na.wav,1,2,speech\n")
    rows = manifest.read(tmp_path, evaluation.COLUMNS)
    with pytest.raises(UsageError, match=r"a\.wav cannot be read as a recording"):
        evaluation.evaluate(rows)


def test_speech_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    """Times in the wrong order raise UsageError."""
    vowels(tmp_path)
    (tmp_path / "manifest.csv").write_text("audio,start_s,end_s,label\na.flac,5,2,speech\n")
    with pytest.raises(UsageError, match="before it starts"):
        evaluation.evaluate(manifest.read(tmp_path, evaluation.COLUMNS))
