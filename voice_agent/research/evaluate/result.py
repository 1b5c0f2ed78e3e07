"""What an evaluation found, in the one form that all of them share."""

from dataclasses import dataclass, field
from typing import Any

Number = float | int | None
"""A metric; None where the data do not let it be computed (no row of a label, say)."""


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation's outcome (DESIGN, "Data for `eval`")."""

    name: str
    """Which component: vad, stt, affect, offers or intents."""
    n: int
    """How many rows (recordings, utterances, texts) were measured."""
    metrics: dict[str, Number]
    """Flat names to numbers."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """What was found for each; never more of a transcript than the table itself held."""

    def as_json(self) -> dict[str, Any]:
        """Return `{"eval", "n", "metrics", "rows"}`."""
        return {"eval": self.name, "n": self.n, "metrics": self.metrics, "rows": self.rows}
