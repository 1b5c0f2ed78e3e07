"""The curve and its area, against what they are defined as."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent.research.evaluate.curves import roc, roc_auc

SCORED = st.lists(
    st.tuples(st.integers(-3, 3).map(float), st.booleans()), min_size=2, max_size=60
).filter(lambda rows: len({positive for _, positive in rows}) == 2)


@given(SCORED)
def test_the_area_is_how_often_a_positive_scores_above_a_negative(rows):
    """Every pair counted by hand, ties as a half, gives the same area."""
    above = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, positive in rows
        if positive
        for low, other in rows
        if not other
    ]
    scores, labels = zip(*rows, strict=True)
    assert roc_auc(scores, labels) == pytest.approx(np.mean(above))


@given(SCORED)
def test_each_threshold_gives_the_rates_of_its_point(rows):
    """A point's rates are those of the values at or above its threshold."""
    scores, labels = (np.array(each) for each in zip(*rows, strict=True))
    for alarm, recall, threshold in zip(*roc(scores, labels), strict=True):
        found = scores >= threshold
        assert recall == pytest.approx(np.mean(found[labels]))
        assert alarm == pytest.approx(np.mean(found[~labels]))


def test_one_class_alone_has_no_curve():
    """Positives without negatives are refused, not called perfect."""
    with pytest.raises(ValueError, match="positives and negatives"):
        roc_auc([1.0, 2.0], [True, True])
