"""Sessions that wait in the store, taken up from there: each once, however many ask for it."""

import asyncio
import contextlib
from collections.abc import Callable

from voice_agent import log
from voice_agent.agent.chores import Chores
from voice_agent.agent.kept import Kept, rebuild
from voice_agent.agent.live import LiveSession
from voice_agent.agent.parts import Parts
from voice_agent.agent.places import OVER, GoneError
from voice_agent.core.config import CoreSettings
from voice_agent.core.errors import StillHereError
from voice_agent.core.session import Session
from voice_agent.core.stages import Stage
from voice_agent.settings import LogSettingError, settings_of
from voice_agent.store import SessionRecord, SessionState, Store, StoreError

_log = log.get_logger(__name__)


class Returning:
    """Makes kept sessions live again; `live` is told of each that could be."""

    def __init__(
        self,
        parts: Parts,
        store: Store,
        chores: Chores,
        unix_s: Callable[[], float],
        live: Callable[[SessionRecord, Kept], LiveSession],
    ) -> None:
        self._parts = parts
        self._store = store
        self._chores = chores
        self._unix_s = unix_s
        self._live = live
        self._under_way: dict[str, asyncio.Task[LiveSession]] = {}

    @property
    def ids(self) -> set[str]:
        """The sessions that are being taken up just now."""
        return set(self._under_way)

    async def take_up(self, session_id: str) -> LiveSession:
        """Take up a session; whoever asks for one that is under way waits for the same.

        Raises:
            GoneError: the session is gone.
            StoreError: what was kept cannot be read just now.
        """
        task = self._under_way.get(session_id)
        if task is None:
            task = asyncio.ensure_future(self._take_up(session_id))
            self._under_way[session_id] = task
            task.add_done_callback(lambda _done: self._under_way.pop(session_id, None))
        return await asyncio.shield(task)

    async def settled(self, session_id: str) -> None:
        """Wait until this session is not being taken up any more."""
        task = self._under_way.get(session_id)
        if task is not None:
            with contextlib.suppress(StillHereError):
                await asyncio.shield(task)

    async def _take_up(self, session_id: str) -> LiveSession:
        record = await asyncio.to_thread(self._store.resume_session, session_id, self._unix_s())
        if record is None:
            raise GoneError(OVER)
        try:
            kept = await asyncio.to_thread(
                lambda: rebuild(
                    Session(self._parts.library, self._settings_of(record)),
                    self._store.lines(session_id),
                    self._unix_s(),
                )
            )
        except StoreError:  # the disk may be back in a moment: nothing is given up for it
            self._store.close_session(session_id, SessionState.INTERRUPTED, self._unix_s())
            raise
        except Exception as error:
            _log.exception("session_not_taken_up", kind=type(error).__name__)
            raise GoneError(OVER) from error
        if kept.core.stage is Stage.ENDED:
            self._chores.add(asyncio.to_thread(self._store.delete, session_id))
            raise GoneError(OVER)
        return self._live(record, kept)

    def _settings_of(self, record: SessionRecord) -> CoreSettings:
        """Return the settings a session began with, under which its log goes on to replay."""
        try:
            return settings_of(record.header)
        except LogSettingError:  # from another version: to go on matters more than to replay
            return self._parts.settings.core
