"""Progress on stderr, where somebody is looking; nothing where nobody is."""

import sys
from types import TracebackType
from typing import Self


class Progress:
    """A bar with rate and time left, shown on a terminal only."""

    def __init__(self, what: str, total: float, *, unit: str) -> None:
        self._what = what
        self._total = total
        self._unit = unit
        self._bar: object | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn(f"{{task.completed:.0f}} of {{task.total:.0f}} {self._unit}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            bar.start()
            bar.add_task(self._what, total=self._total)
            self._bar = bar
        return self

    def update(self, done: float) -> None:
        """Show that `done` of the total is done."""
        if self._bar is not None:
            from rich.progress import Progress, TaskID

            assert isinstance(self._bar, Progress)
            self._bar.update(TaskID(0), completed=done)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            from rich.progress import Progress

            assert isinstance(self._bar, Progress)
            self._bar.stop()
