"""Work in several processes: in order, counted, and honest about errors."""

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate.plots import draw_histogram, draw_roc, figure_to
from voice_agent.research.evaluate.work import over


def double(value: int) -> int:
    if value == 13:
        raise UsageError("Thirteen is not doubled.")
    return 2 * value


@pytest.mark.parametrize("jobs", [1, 2])
def test_outcomes_come_in_order_with_progress(jobs):
    """However many processes work, outcomes stand in the order of the items."""
    told = []
    assert over(double, range(6), jobs=jobs, progress=lambda *n: told.append(n)) == [
        0, 2, 4, 6, 8, 10,
    ]  # fmt: skip
    assert told == [(n, 6) for n in range(1, 7)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_one_item_is_told_as_it_is(jobs):
    """The sentence about one bad recording reaches the person, from whichever process."""
    with pytest.raises(UsageError, match="Thirteen is not doubled"):
        over(double, [1, 13], jobs=jobs)


def test_a_picture_is_written(tmp_path):
    """Curves and a histogram, empty or not, end in a PNG."""
    path = tmp_path / "out.png"
    with figure_to(path, columns=3, title="test") as axes:
        draw_roc(axes[0], {"ours": ([0, 0.1, 1], [0, 0.9, 1])})
        draw_histogram(axes[1], [0.1, 0.2, 0.2], xlabel="s")
        draw_histogram(axes[2], [], xlabel="s")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path):
    """An ending matplotlib does not know, or a folder that is not there."""
    for name in ("out.nothing", "no/where.png"):
        with pytest.raises(UsageError, match="cannot be written"), figure_to(tmp_path / name):
            pass
