"""The one thread that writes: batches, in order, kept and tried again while the disk will not."""

import itertools
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from voice_agent.log import get_logger
from voice_agent.store.engine import WRITE, place, rebuild, truncate_wal
from voice_agent.store.errors import fault_sentence
from voice_agent.store.record import SessionRecord

_log = get_logger(__name__)
_MOST_A_BATCH = 500
_LONGEST_RETRY_S = 5.0
_REFUSED = (IntegrityError, DataError)
"""Faults of a change itself, which no later try will heal."""

Change = Callable[[SessionRecord | None], SessionRecord | None]


@dataclass(eq=False, slots=True)
class Job:
    """One thing to write."""

    session_id: str | None
    run: Callable[[Connection], Any]
    change: Change | None = None
    """What it makes of the session's record: readers see it before it is on disk."""
    lines: int = 0
    deletes: bool = False
    """What remains in the files must be cleared after it, unless it returned an empty list."""
    done: "Future[Any]" = field(default_factory=Future)
    number: int = 0
    since_s: float = 0.0


class Writer:
    """Commits jobs in the order they came, in batches begun at most `batch_s` after their first.

    While the database fails, jobs stay in the queue and are tried again; `on_fault` hears one
    sentence for each outage, from the writer's thread.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        batch_s: float,
        retry_s: float,
        on_fault: Callable[[str], None] | None,
    ) -> None:
        self._engine = engine
        self._batch_s = batch_s
        self._retry_s = retry_s
        self._on_fault = on_fault
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._newest = 0
        self._waiting_lines = 0
        self._tries = 0
        self._failed_try = 0
        self.fault: str | None = None
        """What keeps the database from being written, in one sentence; None when nothing does."""
        self._urgent = False
        self._stopping = False
        self._rebuild_due = False
        self._truncate_due = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting_lines(self) -> int:
        """Lines that are not on disk yet."""
        return self._waiting_lines

    @property
    def remains(self) -> bool:
        """Whether something of deleted rows may still stand in the files."""
        return self._rebuild_due or self._truncate_due

    def submit(self, job: Job) -> "Future[Any]":
        """Queue `job`; never waits for the disk."""
        with self._changed:
            job.number = self._newest = next(self._numbers)
            job.since_s = time.monotonic()
            self._jobs.append(job)
            self._waiting_lines += job.lines
            self._urgent = self._urgent or job.deletes
            self._changed.notify_all()
        return job.done

    def forget(self, session_id: str) -> None:
        """Drop what is queued for a session that is about to be deleted.

        An earlier deletion stays: somebody may be waiting for it.
        """
        with self._changed:
            gone = [j for j in self._jobs if j.session_id == session_id and not j.deletes]
            self._drop(gone)

    def changes(self, session_id: str) -> list[Change]:
        """What the queue will make of the session's record, the oldest first."""
        with self._changed:
            return [j.change for j in self._jobs if j.session_id == session_id and j.change]

    def changed_ids(self) -> list[str]:
        """The sessions whose records the queue will change."""
        with self._changed:
            return list(
                dict.fromkeys(j.session_id for j in self._jobs if j.change and j.session_id)
            )

    def flush(self, timeout_s: float) -> bool:
        """Write all that is queued by now; False when it could not be within `timeout_s`."""
        with self._changed:
            target, tries = self._newest, self._tries
            self._urgent = True
            self._changed.notify_all()

            def written() -> bool:
                return not self._jobs or self._jobs[0].number > target

            self._changed.wait_for(
                lambda: written() or self._failed_try > tries or not self._thread.is_alive(),
                timeout_s,
            )
            return written()

    def close(self, timeout_s: float) -> bool:
        """Write what is queued, try once if it fails, and end the thread; False if jobs remain."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._jobs

    def _run(self) -> None:
        retry_s = self._retry_s
        while (batch := self._next_batch()) is not None:
            fault = self._write(batch)
            if fault is None:
                retry_s = self._retry_s
                self.fault = None
                continue
            self._report(fault)
            if not self._rest(retry_s):
                return
            retry_s = min(2 * retry_s, _LONGEST_RETRY_S)

    def _next_batch(self) -> list[Job] | None:
        """Wait for jobs; an empty batch means that only the log has to be emptied."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._jobs or self._stopping,
                self._retry_s if self.remains else None,
            )
            self._tries += 1
            if not self._jobs:
                return None if self._stopping else []
            left_s = self._jobs[0].since_s + self._batch_s - time.monotonic()
            if left_s > 0:
                self._changed.wait_for(lambda: self._urgent or self._stopping, left_s)
            self._urgent = False
            return list(itertools.islice(self._jobs, _MOST_A_BATCH))

    def _rest(self, retry_s: float) -> bool:
        """Wait until the next try; False when closing, after one try for its sake."""
        with self._changed:
            self._failed_try = self._tries
            self._changed.notify_all()
            if self._stopping:
                return False
            self._changed.wait_for(lambda: self._stopping or self._urgent, retry_s)
            return True

    def _write(self, batch: list[Job]) -> BaseException | None:
        """Commit `batch`; return what prevented it, when a later try may succeed."""
        try:
            results = self._commit(batch)
        except Exception as error:  # noqa: BLE001  nothing may end the only thread that writes
            if isinstance(error, SQLAlchemyError) and not isinstance(error, _REFUSED):
                return error
            if len(batch) > 1:  # find the faulty one: it must not hold up the others
                return next((f for f in (self._write([job]) for job in batch) if f), None)
            self._refuse(batch[0], error)
            return None
        deleted = any(j.deletes and found != [] for j, found in zip(batch, results, strict=True))
        with self._changed:
            self._drop(batch)
            self._rebuild_due = self._rebuild_due or deleted
        fault = self._clear_remains()
        for job, result in zip(batch, results, strict=True):
            job.done.set_result(result)
        return fault

    def _clear_remains(self) -> BaseException | None:
        """Take what is left of deleted rows out of the files."""
        try:
            if self._rebuild_due:
                rebuild(self._engine)
                self._rebuild_due, self._truncate_due = False, True
            if self._truncate_due:
                self._truncate_due = not truncate_wal(self._engine)
        except (SQLAlchemyError, sqlite3.Error) as error:
            return error
        return None

    def _commit(self, batch: list[Job]) -> list[Any]:
        if not batch:
            return []
        with self._engine.execution_options(**WRITE).begin() as connection:
            return [job.run(connection) for job in batch]

    def _refuse(self, job: Job, error: Exception) -> None:
        _log.error("the database refused a change", exc_info=error)
        job.done.set_exception(error)  # first: whoever waits for the queue looks at it then
        with self._changed:
            self._drop([job])

    def _drop(self, jobs: list[Job]) -> None:
        """Take `jobs` from the queue (the lock is held); some may be gone already."""
        gone = set(jobs)
        self._jobs = deque(job for job in self._jobs if job not in gone)
        self._waiting_lines = sum(job.lines for job in self._jobs)
        self._changed.notify_all()

    def _report(self, fault: BaseException) -> None:
        known, sentence = self.fault, fault_sentence(fault, place(self._engine.url))
        self.fault = sentence
        if known is not None:
            return
        _log.warning("the store cannot write", fault=sentence)
        if self._on_fault is None:
            return
        try:
            self._on_fault(sentence)
        except Exception as error:  # noqa: BLE001  the caller's fault must not end this thread
            _log.error("on_fault failed", exc_info=error)
