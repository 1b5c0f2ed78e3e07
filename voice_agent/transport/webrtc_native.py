"""Load libwebrtc's one factory, hold what must be held for a connection to live, and let it go."""

import asyncio
import atexit
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voice_agent.core.errors import StillHereError

if TYPE_CHECKING:
    import reactor_webrtc as rtc

_factory: "rtc.PeerConnectionFactory | None" = None
_factory_lock = threading.Lock()


def library() -> "tuple[Any, rtc.PeerConnectionFactory]":
    """Return the WebRTC library and the one factory it allows a process."""
    global _factory  # noqa: PLW0603 - the library allows one factory a process, made on first use
    try:
        import reactor_webrtc
    except ImportError as error:
        raise StillHereError(
            "The web page's sound needs the package reactor-webrtc, which is not installed or does "
            "not run here; install it with 'pip install reactor-webrtc==0.24.2'."
        ) from error
    with _factory_lock:
        if _factory is None:
            _factory = reactor_webrtc.PeerConnectionFactory()
        return reactor_webrtc, _factory


def tell(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Call back in the event loop, from any thread; nothing when the loop has ended."""
    with suppress(RuntimeError):  # the loop is closed: the process is ending
        loop.call_soon_threadsafe(callback)


_alive: "weakref.WeakSet[Held]" = weakref.WeakSet()


@dataclass(eq=False)
class Held:
    """What must stay referenced for the connection to live, and be let go for it to end."""

    observer: Any
    connection: Any = None
    voice: Any = None
    channel: Any = None
    heard: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        _alive.add(self)

    def let_go(self) -> None:
        """Drop everything: this closes the connection. Blocks up to about 20 ms."""
        observer = self.observer
        if observer is not None:
            observer.on_connection_state_change = None
            observer.on_ice_gathering_change = None
            observer.on_ice_candidate = None
            observer.on_track = None
            observer.on_data_channel = None
        self.channel = self.voice = self.connection = self.observer = None
        self.heard.clear()


@atexit.register
def _let_all_go() -> None:
    """End what is still connected: a callback into an ended interpreter aborts the process."""
    for held in list(_alive):
        held.let_go()
