"""What is done beside the sessions and waited for by none: closing lines, deleting."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from voice_agent import log

_log = log.get_logger(__name__)


class Chores:
    """Tasks of their own, held until they are done; a fault of one is logged."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Future[Any]] = set()

    def add(self, work: Awaitable[Any]) -> None:
        """Do `work` beside all else."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._over)

    async def done(self) -> None:
        """Wait for all that is under way."""
        if self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _over(self, task: "asyncio.Future[Any]") -> None:
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("left_undone", kind=type(error).__name__, exc_info=error)
