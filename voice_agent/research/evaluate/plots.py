"""Pictures of an evaluation: matplotlib, wanted only by those who ask for `--plot`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from voice_agent.core.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from voice_agent.research.evaluate.curves import Floats


@contextmanager
def figure_to(path: Path, *, columns: int = 1, title: str = "") -> Iterator[Sequence["Axes"]]:
    """Give `columns` axes side by side and write them to `path` at the end.

    Raises:
        UsageError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        raise UsageError(
            "Pictures need matplotlib: install still-here with the extra 'plot'."
        ) from None
    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4 * columns, 5.2), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    if title:
        figure.suptitle(title)
    yield axes
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise UsageError(f"The picture {path} cannot be written: {error}.") from error


def draw_roc(
    axes: "Axes", curves: Mapping[str, tuple["Floats", "Floats"]], title: str = ""
) -> None:
    """Draw curves by name, each as (false-alarm rate, recall)."""
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    for name, (false_alarm, recall) in curves.items():
        axes.plot(false_alarm, recall, label=name)
    axes.set(xlabel="false-alarm rate", ylabel="recall", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_title(title)
    axes.set_aspect("equal")
    axes.grid(visible=True, color="0.92")
    if curves:
        axes.legend(loc="lower right")


def draw_histogram(
    axes: "Axes", values: Sequence[float], *, xlabel: str, title: str = "", bins: int = 30
) -> None:
    """Draw how often each value came, with the median marked."""
    axes.set(xlabel=xlabel, ylabel="how often")
    axes.set_title(title)
    if not values:
        axes.text(0.5, 0.5, "nothing to show", ha="center", transform=axes.transAxes)
        return
    axes.hist(values, bins=bins, color="#4a8f86")
    middle = sorted(values)[len(values) // 2]
    axes.axvline(middle, color="black", linewidth=1, label=f"median {middle:.2f}")
    axes.legend()
