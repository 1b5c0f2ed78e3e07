"""What every request passes: the Host it names, its size, and the headers of every answer."""

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voice_agent import log
from voice_agent.web.answers import refusal

MOST_BYTES = 64 * 1024
"""A page's offer is 3 to 10 kB."""

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
DOCS_CSP = CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""The documentation page's library writes styles into its elements."""

_HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}

_log = log.get_logger(__name__)


def host_of(header: str) -> str:
    """Return the host of a Host header without its port, in lower case.

    Example:
        >>> host_of("[::1]:8080"), host_of("Localhost:8080")
        ('[::1]', 'localhost')
    """
    header = header.strip().lower()
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]


class TooLargeError(Exception):
    """The body is larger than any request of ours."""


class Guard:
    """ASGI middleware: refuses foreign Hosts and large bodies, and sets the headers.

    The Host is checked so that another site's name that is pointed at this machine
    (DNS rebinding) opens nothing.
    """

    def __init__(
        self, app: ASGIApp, allowed_hosts: Iterable[str], lines: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._lines = tuple(lines)
        """Who to call, for a person who came by a name that is refused."""
        self._allowed = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        started = False
        path: str = scope["path"]

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": [*message["headers"], *_own(path)]}
            await send(message)

        async def refuse(status: int, sentence: str) -> None:
            answer = refusal(scope, status, sentence, lines=self._lines)
            await answer(scope, receive, sending)

        host = host_of(headers.get(b"host", b"").decode("latin-1"))
        if "*" not in self._allowed and host not in self._allowed:
            await refuse(
                421,
                "This address is not one the service answers to; "
                "add it to VOICE_AGENT_ALLOWED_HOSTS.",
            )
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            await refuse(413, "That is more than this service takes at once.")
            return
        size = 0

        async def receiving() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise TooLargeError
            return message

        async def answering(message: Message) -> None:
            # The framework takes the error for a body that cannot be parsed, and would say so.
            if size <= MOST_BYTES:
                await sending(message)

        try:
            await self._app(scope, receiving, answering)
        except TooLargeError:
            pass
        except Exception as error:  # noqa: BLE001 - a fault of ours is answered with the headers too
            _log.exception("request_failed", kind=type(error).__name__)
            if not started:
                await refuse(500, "Something went wrong here; please try again.")
        if size > MOST_BYTES and not started:
            await refuse(413, "That is more than this service takes at once.")


def _own(path: str) -> list[tuple[bytes, bytes]]:
    csp = DOCS_CSP if path.startswith("/docs") else CSP
    values: dict[str, Any] = {**_HEADERS, "content-security-policy": csp}
    return [(name.encode(), value.encode()) for name, value in values.items()]
