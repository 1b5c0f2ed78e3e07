"""The phone without a server: a SIP endpoint that answers calls and hands each one over."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice_agent.core.errors import UsageError
from voice_agent.log import get_logger
from voice_agent.transport.base import LineState
from voice_agent.transport.sip_call import LOST_AFTER_S, SipTransport
from voice_agent.transport.sip_listen import (
    PhoneError,
    free_address,
    joined,
    keep_callers_out_of_logs,
)

if TYPE_CHECKING:
    from baresip import Call, Config, Runtime, StackEvent, UserAgent

_log = get_logger(__name__)

RESERVED_CALLS = 4
"""Calls beyond `max_calls` that are still answered, to say one line and hang up."""

CODECS = ("pcmu", "pcma", "g722/16000/1")
"""What is taken, all at 8 or 16 kHz; the caller's order decides."""

_GOODBYE_S = 1.0


@dataclass(frozen=True, slots=True)
class Registration:
    """An account at a provider or PBX that calls come through."""

    domain: str
    """Host, or host:port."""
    user: str
    password: str = field(repr=False)
    auth_user: str | None = None
    registrar: str | None = None
    """Outbound proxy, where that is not the domain itself."""
    interval_s: int = 600


class SipEndpoint:
    """Answers calls to any number at `host:port` and gives each to `on_call` when it has sound.

    One a process. `port=0` takes a free one; `port` then says which. `host="0.0.0.0"` listens
    on every address but loopback. Calls beyond `max_calls` come with `refused=True`; beyond
    `RESERVED_CALLS` more the stack itself answers busy (486). Nothing of a caller (number,
    address, Call-ID) is kept or logged; a caller's wish that we dial elsewhere is declined.

    Raises (from `start`):
        UsageError: the host or port is not one.
        PhoneError: port in use, no such address here, library missing, registration refused.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 5060,
        max_calls: int = 50,
        on_call: Callable[[SipTransport], None] = lambda _: None,
        *,
        registration: Registration | None = None,
        codecs: tuple[str, ...] = CODECS,
        rtp_ports: tuple[int, int] | None = None,
        lost_after_s: float = LOST_AFTER_S,
    ) -> None:
        self.host = host
        self.port = port
        self.max_calls = max_calls
        self.registered = False
        self._on_call = on_call
        self._registration = registration
        self._codecs = codecs
        self._rtp_ports = rtp_ports
        self._lost_after_s = lost_after_s
        self._runtime: Runtime | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._calls: set[SipTransport] = set()

    @property
    def address(self) -> str:
        """Where it listens, `host:port`."""
        return joined(self.host, self.port)

    @property
    def calls(self) -> int:
        """Number of calls being served, without the refused ones."""
        return sum(not call.refused for call in self._live())

    def _live(self) -> set[SipTransport]:
        self._calls = {call for call in self._calls if call.state is not LineState.CLOSED}
        return self._calls

    def check(self) -> None:
        """Check that calls could be answered there, before anything is started.

        Raises:
            UsageError: the host or port is not one.
            PhoneError: port in use, or no such address here.
        """
        free_address(self.host, self.port)

    async def start(self) -> None:
        """Begin to answer calls; returns when the port is open (and the account registered)."""
        keep_callers_out_of_logs()
        try:
            from baresip import BaresipError, Runtime, UserAgent
        except ImportError as error:
            raise PhoneError(
                "The phone needs the package baresip-python, which is not there for this "
                "system: install baresip-python==0.5.2a3, or start without --sip."
            ) from error
        self.host, self.port = free_address(self.host, self.port)
        runtime = Runtime(native_log_level="error")
        try:
            await runtime.start(self._config())
        except BaresipError as error:
            if "another Runtime" in str(error):
                raise PhoneError(
                    "There can be only one phone endpoint a process: close the other one first."
                ) from None
            raise PhoneError(
                f"The phone could not start at {self.host}:{self.port} ({error}): "
                "end the program that uses the port, or give another one with --sip HOST:PORT."
            ) from error
        self._runtime = runtime
        runtime.on_dead = self._on_dead
        try:
            agent = await UserAgent.create(runtime, self._account(), transfer_policy="reject")
            agent.on_incoming(self._on_incoming)
            if self._registration is not None:
                agent.on(self._on_registration)
                await self._register(agent, self._registration)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up every call and close the port; twice is fine."""
        runtime, self._runtime = self._runtime, None
        if runtime is None:
            return
        from baresip import BaresipError

        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await asyncio.gather(*(call.close() for call in self._live()))
        with contextlib.suppress(BaresipError, TimeoutError):
            await asyncio.wait_for(runtime.drain(), _GOODBYE_S)
        with contextlib.suppress(BaresipError):
            await runtime.close()

    def _config(self) -> "Config":
        from baresip import Config

        everywhere = ipaddress.ip_address(self.host).is_unspecified
        lines = [
            f"sip_listen {joined(self.host, self.port)}",
            # The default waits a fixed 100 ms for late packets; this starts at 20 and adapts.
            "audio_jitter_buffer_type adaptive",
            "audio_jitter_buffer_ms 20-200",
        ]
        if self._rtp_ports is not None:
            lines.append("rtp_ports {}-{}".format(*self._rtp_ports))
        return Config(
            audio_driver="aumem",
            net_interface=None if everywhere else self.host,
            max_concurrent_calls=self.max_calls + RESERVED_CALLS,
            native_log_level="error",
            extra_config_text="\n".join(lines) + "\n",
        )

    def _account(self) -> object:
        from baresip import Account

        # Without "no video" the stack sends a second INVITE just after every answer, which
        # restarts the sound; "catchall" takes calls to any number.
        extra = ("catchall=yes", "video_codecs=none")
        given = self._registration
        if given is None:
            return Account(
                user="still-here",
                domain=joined(self.host, self.port),
                password="",
                reg_interval=0,
                audio_codecs=self._codecs,
                extra_params=extra,
            )
        try:
            return Account(
                user=given.user,
                domain=given.domain,
                password=given.password,
                auth_user=given.auth_user,
                registrar=given.registrar,
                reg_interval=given.interval_s,
                audio_codecs=self._codecs,
                extra_params=extra,
            )
        except ValueError as error:
            field_name = str(error).split(" ", 1)[0]
            raise UsageError(
                f"The phone account's {field_name} has a character that SIP cannot carry: "
                "give it without spaces, quotes, brackets and backslashes."
            ) from None

    async def _register(self, agent: "UserAgent", given: Registration) -> None:
        from baresip import RegistrationError

        try:
            await agent.register()
        except RegistrationError as error:
            why = f"it answered {error.status}" if error.status else "it did not answer"
            raise PhoneError(
                f"The phone account at {given.domain} could not be registered ({why}): "
                "check domain, user and password, and that --sip names an address that "
                "reaches the provider."
            ) from None

    def _on_registration(self, event: "StackEvent") -> None:
        from baresip import Event

        if event.event is Event.REGISTER_OK:
            self.registered = True
        elif event.event is Event.REGISTER_FAIL and self.registered:
            self.registered = False
            _log.warning("the phone account is no longer registered; trying again")

    def _on_incoming(self, call: "Call") -> None:
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, call: "Call") -> None:
        from baresip import BaresipError

        try:
            await call.answer()
            await call.wait_established()
        except (BaresipError, TimeoutError):
            _log.info("a call ended before it was answered")
            return
        transport = SipTransport(
            call, refused=self.calls >= self.max_calls, lost_after_s=self._lost_after_s
        )
        self._calls.add(transport)
        try:
            self._on_call(transport)
        except Exception:
            await transport.close()
            raise

    def _on_dead(self) -> None:
        _log.critical("the phone stopped working; start the service again")
        for call in self._live():
            call.line_died()
