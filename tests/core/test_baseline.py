"""What is usual: running medians that one shout does not move."""

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from voice_agent.core.baseline import TO_SIGMA, Baseline, Usual


def usual(values: list[float]) -> Usual:
    baseline = Baseline()
    for value in values:
        baseline.add({"x": value}, 1.0)
    found = baseline.usual("x")
    assert found is not None
    return found


@given(st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=500))
def test_it_is_the_median_and_mad_of_the_last_values(values: list[int]) -> None:
    """However long somebody talks, the newest 200 utterances count."""
    latest = values[-Baseline.LONGEST :]
    found = usual([float(value) for value in values])
    middle = median(latest)
    assert found.median == middle
    assert found.spread == TO_SIGMA * median(abs(value - middle) for value in latest)
    assert found.n == len(latest)


def test_one_shout_moves_nothing_far() -> None:
    """An outlier moves the median by at most to its neighbour."""
    assert usual([1.0, 2.0, 3.0, 4.0, 1000.0]).median == 3.0
    assert usual([1.0, 2.0, 3.0, 4.0, 1000.0]).spread == TO_SIGMA


def test_what_was_never_measured_is_unknown() -> None:
    """None is not zero."""
    baseline = Baseline()
    baseline.add({"x": None, "y": 1.0}, 2.0)
    assert baseline.usual("x") is None
    assert baseline.usual("y") == Usual(1.0, 0.0, 1)
    assert baseline.voiced_s == 2.0
