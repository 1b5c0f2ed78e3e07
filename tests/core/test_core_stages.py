"""Where a conversation may go: the one table, and nothing besides it."""

import itertools
from pathlib import Path

import pytest

from voice_agent.core.diagram import drawn
from voice_agent.core.errors import StateError
from voice_agent.core.stages import BACK, TABLE, Happening, Stage, Stages

DOCS = Path(__file__).parents[2] / "docs" / "states.md"
PAIRS = list(itertools.product(Stage, Happening))


def at(stage: Stage) -> Stages:
    stages = Stages()
    stages.now = stage
    return stages


@pytest.mark.parametrize(("stage", "happening"), [pair for pair in PAIRS if pair not in TABLE])
def test_pair_outside_the_table_raises_and_changes_nothing(
    stage: Stage, happening: Happening
) -> None:
    """What is not provided for is a fault that names both, and the stage stays."""
    stages = at(stage)
    with pytest.raises(StateError, match=f"'{happening}' cannot happen while '{stage}'"):
        stages.move(happening)
    assert stages.now is stage


@pytest.mark.parametrize(("stage", "happening"), [p for p in PAIRS if TABLE.get(p) is not None])
def test_pair_of_the_table_leads_where_it_says(stage: Stage, happening: Happening) -> None:
    """The table is what happens."""
    assert at(stage).move(happening) is TABLE[stage, happening]


@pytest.mark.parametrize("stage", [s for s in Stage if s not in (Stage.STOPPED, Stage.ENDED)])
def test_going_on_leads_back_to_before_the_stop(stage: Stage) -> None:
    """Also where the stop was said twice."""
    stages = at(stage)
    stages.move(Happening.STOPPED)
    stages.move(Happening.STOPPED)
    assert TABLE[Stage.STOPPED, Happening.WENT_ON] is BACK
    assert stages.move(Happening.WENT_ON) is stage


def test_going_on_after_an_attack_leads_to_listening() -> None:
    """What was under way was left for good."""
    stages = at(Stage.GUIDING)
    stages.move(Happening.STOPPED)
    stages.move(Happening.ATTACKED)
    assert stages.move(Happening.WENT_ON) is Stage.LISTENING


def test_every_stage_can_be_reached_and_be_left_by_a_stop_and_by_danger() -> None:
    """No dead end: from everywhere there is silence, help and an end."""
    assert set(TABLE.values()) - {BACK} == set(Stage) - {Stage.OPENING}
    for stage in set(Stage) - {Stage.ENDED}:
        for always in (Happening.STOPPED, Happening.FLAGGED, Happening.ATTACKED, Happening.ENDED):
            assert (stage, always) in TABLE


def test_nothing_leads_out_of_the_end() -> None:
    """An ended session stays ended."""
    assert not [pair for pair in TABLE if pair[0] is Stage.ENDED]


def test_diagram_in_the_docs_is_the_table() -> None:
    """`python -m voice_agent.core.diagram > docs/states.md` writes it anew."""
    assert DOCS.read_text(encoding="utf-8") == drawn()
