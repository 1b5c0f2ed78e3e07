"""Doing many measurements at once, in order, with a word on how far it is."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import joblib

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
OnProgress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


def over(
    function: Callable[[Item], Outcome],
    items: Iterable[Item],
    *,
    jobs: int = 1,
    progress: OnProgress | None = None,
) -> list[Outcome]:
    """Apply a function of a module to every item, in `jobs` processes; outcomes in order.

    Errors of an item end the work and reach the caller as they are.
    """
    todo = list(items)
    # joblib is its distributed backend's interface too (DESIGN, "Choices made").
    run = joblib.Parallel(n_jobs=jobs, return_as="generator")
    outcomes = []
    for outcome in run(joblib.delayed(function)(each) for each in todo):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(todo))
    return outcomes
