"""All live sessions of a process: made, joined to lines, moved on together, kept and deleted."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voice_agent.agent.chores import Chores
from voice_agent.agent.kept import Kept
from voice_agent.agent.live import LiveSession
from voice_agent.agent.loop import SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.places import OVER, FullError, GoneError, HeldElsewhereError
from voice_agent.agent.pump import Pump
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.refusal import Refusal
from voice_agent.agent.renders import RenderQueue
from voice_agent.agent.returning import Returning
from voice_agent.core.errors import StillHereError
from voice_agent.core.journal import Journal
from voice_agent.store import (
    SessionRecord,
    SessionState,
    Store,
    hash_token,
    new_id,
    new_token,
)
from voice_agent.transport.base import Transport


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page gets for a new session; the token is held by that page alone."""

    id: str
    token: str


class Host:
    """Owns the live sessions. Everything runs on the event loop; engines have their threads."""

    def __init__(
        self,
        parts: Parts,
        store: Store,
        recogniser: SharedRecogniser,
        renders: RenderQueue,
        *,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self.parts = parts
        self.store = store
        self.recogniser = recogniser
        self.renders = renders
        self.sessions: dict[str, LiveSession] = {}
        self.began = 0
        self.refused = 0
        self.refused_behind = 0
        """Of those refused: because the recogniser is behind, and those who are here come first."""
        self.late_s = 0.0
        self.unix_s = unix_s
        self._tokens: dict[str, str] = {}
        self._opening = 0
        self.refusals: set[Refusal] = set()
        self.chores = Chores()
        self._returning = Returning(parts, store, self.chores, unix_s, self._back)

    # Making and finding sessions

    async def open(self, *, via: str, microphone: bool, country: str | None, mode: str) -> Opened:
        """Make a session that waits for its line; it is on disk when this returns.

        Raises:
            FullError: the service has as many as it can look after.
        """
        code = self.parts.resources.code_for(country or self.parts.settings.country)
        behind = self.recogniser.overloaded
        if self._full or behind:
            self.refused += 1
            self.refused_behind += behind
            raise FullError(code)
        opened = Opened(new_id(), new_token())
        header = Journal().header(
            **self.parts.header(session=opened.id, via=via, mode=mode, country=code)
        )
        now = self.unix_s()
        record = SessionRecord(
            id=opened.id,
            token_hash=hash_token(opened.token),
            mode=mode,
            via=via,
            country=code,
            created_unix=now,
            touched_unix=now,
            header=header,
        )
        self._opening += 1
        try:
            await asyncio.to_thread(self.store.create, record)
        finally:
            self._opening -= 1
        self._tokens[opened.id] = record.token_hash
        self._add(opened.id, via=via, microphone=microphone, country=code)
        self.began += 1
        return opened

    @property
    def _full(self) -> bool:
        coming = self._returning.ids - set(self.sessions)
        return len(self.sessions) + self._opening + len(coming) >= self.parts.settings.max_sessions

    def _add(
        self,
        session_id: str,
        *,
        via: str,
        microphone: bool,
        country: str,
        kept: Kept | None = None,
    ) -> LiveSession:
        lines: list[str] = []
        live: LiveSession

        def send(message: Mapping[str, Any]) -> None:
            live.send(message)

        loop = SessionLoop(
            self.parts,
            recogniser=self.recogniser,
            want=self.renders.want,
            write=lines.append,
            send=send,
            sample_rate=8_000 if via == "phone" else 48_000,
            country=country,
            hears_itself=via == "phone",
            session=kept.core if kept else None,
            journal=Journal(kept.seq if kept else 1),
            tick=kept.tick if kept else 0,
            utterances=kept.utterances if kept else 0,
        )
        live = LiveSession(
            session_id,
            loop,
            via=via,
            microphone=microphone,
            country=country,
            now_s=time.monotonic(),
            append=lambda rows: self.store.append(session_id, rows),
            lines=lines,
        )
        self.sessions[session_id] = live
        return live

    def _back(self, record: SessionRecord, kept: Kept) -> LiveSession:
        return self._add(
            record.id, via=record.via, microphone=True, country=record.country, kept=kept
        )

    async def knows(self, session_id: str, token: str) -> bool:
        """Whether this token opens this session."""
        known = self._tokens.get(session_id)
        if known is not None:
            return hmac.compare_digest(known, hash_token(token))
        return await asyncio.to_thread(self.store.verify_token, session_id, token)

    async def state(self, session_id: str) -> tuple[str, bool]:
        """Return how a session stands, and whether it can be gone on with.

        A live one always can: a page that is reloaded asks before its old line is seen to be
        gone, and one that is open elsewhere is told so when it tries (`may_attach`).
        """
        live = self.sessions.get(session_id)
        if live is not None:
            return ("ended", False) if live.loop.ended is not None else ("live", True)
        record = await asyncio.to_thread(self.store.get, session_id)
        if record is None or record.state is SessionState.ENDED:
            return "ended", False
        return "interrupted", True

    def country_of(self, session_id: str) -> str | None:
        """Return the country a live session was opened for; None when it is not live."""
        live = self.sessions.get(session_id)
        return None if live is None else live.country

    # Lines

    def may_attach(self, session_id: str, page: str) -> None:
        """Check that `page` may take the session's line.

        Raises:
            HeldElsewhereError: another page holds it and is still there, or is connecting.
        """
        live = self.sessions.get(session_id)
        if live is not None and live.held_against(page, time.monotonic()):
            raise HeldElsewhereError(
                "This conversation is already open in another window. Go on there, or close it."
            )

    async def attach(self, session_id: str, transport: Transport, page: str | None) -> None:
        """Join a line to its session; one that waits in the store is taken up from there.

        Raises:
            GoneError: the session is gone.
            FullError: it is no longer live, and there is no place to take it up.
            HeldElsewhereError: another page took the line meanwhile.
            StoreError: what was kept cannot be read just now.
        """
        live = self.sessions.get(session_id)
        if live is None:
            if self._full and session_id not in self._returning.ids:
                raise await self._no_place(session_id)
            live = await self._returning.take_up(session_id)
        if page is not None:
            self.may_attach(session_id, page)
        old = live.attach(transport, page, time.monotonic())
        if old is not None:
            self.chores.add(old.close())

    async def _no_place(self, session_id: str) -> StillHereError:
        """Why it cannot be taken up just now; it waits in the store for the next try."""
        record = await asyncio.to_thread(self.store.get, session_id)
        if record is None:
            return GoneError(OVER)
        self.refused += 1
        return FullError(record.country)

    def away(self, session_id: str, page: str) -> None:
        """Take that a page is gone; its session waits for it."""
        live = self.sessions.get(session_id)
        if live is not None and live.page == page and live.transport is not None:
            live.page = None  # whoever comes next may take the line, also before it has closed
            self.chores.add(live.transport.close())

    def answer_call(self, transport: Transport, *, refused: bool = False) -> None:
        """Begin a session on the phone, or say one line and close where none fits."""
        self.chores.add(self._answer_call(transport, refused=refused))

    async def _answer_call(self, transport: Transport, *, refused: bool) -> None:
        opened = None
        if not refused:
            # Full, or the disk will not: whoever calls hears the numbers all the same.
            with contextlib.suppress(StillHereError):
                opened = await self.open(via="phone", microphone=True, country=None, mode="solo")
        if opened is None:
            self.refusals.add(Refusal(self.parts, self.renders.want, transport))
            return
        await self.attach(opened.id, transport, None)

    async def leave(self, session_id: str) -> None:
        """End at once and delete everything: "Leave now"."""
        await self._returning.settled(session_id)  # or it would come back after the deletion
        live = self.sessions.pop(session_id, None)
        self._tokens.pop(session_id, None)
        if live is not None:
            live.leave("left_now")
            live.loop.hearing.close()
            if live.transport is not None:
                self.chores.add(live.transport.close())
        await asyncio.to_thread(self.store.delete, session_id)

    async def run(self) -> None:
        """Move every session on every 10 ms, until cancelled."""
        await Pump(self).run()

    def drop(self, live: LiveSession) -> None:
        """Let go of a session that ended: nothing of it is kept (PRACTICES, "What is kept")."""
        self.sessions.pop(live.id, None)
        self._tokens.pop(live.id, None)
        live.loop.hearing.close()
        if live.transport is not None:
            self.chores.add(live.transport.close())
        self.chores.add(asyncio.to_thread(self.store.delete, live.id))

    def put_back(self, live: LiveSession) -> None:
        """Let go of a session whose line never came; what was kept of it stays on disk."""
        if live.restarted:
            self._to_the_store(live, self.unix_s())
        else:
            self.drop(live)

    def park(self, live: LiveSession, gone_s: float) -> None:
        """Let a session wait in the store, its line gone for `gone_s`: it takes no place there."""
        live.keep()
        self._to_the_store(live, self.unix_s() - gone_s)

    def _to_the_store(self, live: LiveSession, closed_unix: float) -> None:
        """Make a session interrupted, as a crash would; its token is asked for there from now."""
        self.sessions.pop(live.id, None)
        self._tokens.pop(live.id, None)
        live.loop.hearing.close()
        if live.transport is not None:
            self.chores.add(live.transport.close())
        self.store.close_session(live.id, SessionState.INTERRUPTED, closed_unix)

    async def close(self) -> None:
        """Close all lines; what pages had under way stays in the store, to be gone on with."""
        for refusal in list(self.refusals):
            await refusal.transport.close()
        self.refusals.clear()
        for live in list(self.sessions.values()):
            live.loop.hearing.close()
            if live.transport is not None:
                await live.transport.close()
            if live.via == "phone":
                self.chores.add(asyncio.to_thread(self.store.delete, live.id))
        self.sessions.clear()
        await self.chores.done()
