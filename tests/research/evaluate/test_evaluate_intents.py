"""What `eval intents` reports is what the live agent would have heard."""

from pathlib import Path

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.cues import default_grammar
from voice_agent.research.evaluate.intents import evaluate, plot

ROWS = [
    {"text": "I want to kill myself", "label": "crisis"},
    {"text": "please stop", "label": "stop"},
    {"text": "the bus was late", "label": "stop"},
    {"text": "louder please", "label": "other"},
    {"text": "this traffic is killing me", "label": "other"},
]


def test_metrics_count_what_was_given() -> None:
    """Recall, precision and false alarms follow from the rows; an absent label has no recall."""
    metrics = evaluate(ROWS).metrics
    assert metrics["recall_crisis"] == 1.0
    assert metrics["recall_stop"] == 0.5
    assert metrics["precision_stop"] == 1.0
    assert metrics["false_alarm_rate_other"] == pytest.approx(1 / 3)
    assert metrics["recall_violence"] is None


def test_cues_are_those_of_the_live_agent() -> None:
    """Every row's cues are the shared grammar's, most urgent first."""
    for row in evaluate(ROWS).rows:
        assert tuple(row["cues"]) == default_grammar().cues(row["text"])


def test_a_further_cue_counts_where_the_data_name_it() -> None:
    """The cue "louder" is other, unless a row is labelled so."""
    assert evaluate([{"text": "louder please", "label": "other"}]).metrics["recall_other"] == 1.0
    named = evaluate([{"text": "louder please", "label": "louder"}]).metrics
    assert named["recall_louder"] == 1.0


def test_an_unknown_label_is_refused() -> None:
    """A typing error in the table is told, not counted."""
    with pytest.raises(UsageError, match="'crysis' is no label"):
        evaluate([{"text": "x", "label": "crysis"}])


def test_the_picture_is_written(tmp_path: Path) -> None:
    """The confusion matrix is a picture."""
    pytest.importorskip("matplotlib")
    plot(evaluate(ROWS), tmp_path / "intents.png")
    assert (tmp_path / "intents.png").read_bytes().startswith(b"\x89PNG")
