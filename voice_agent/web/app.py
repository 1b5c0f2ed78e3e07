"""The HTTP API and the page: thin routes over the host of sessions."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from voice_agent import __version__
from voice_agent.agent.places import FullError, GoneError, HeldElsewhereError
from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.web import docs, metrics
from voice_agent.web.addresses import hosts
from voice_agent.web.answers import refusal, who_to_call
from voice_agent.web.bodies import (
    Answer,
    Away,
    Full,
    Helplines,
    Message,
    NewSession,
    Offer,
    OpenedSession,
    SessionNow,
)
from voice_agent.web.guard import Guard
from voice_agent.web.service import Service

PAGE = Path(__file__).resolve().parent / "page"
GONE = "This conversation is over, and nothing of it is kept. You can start a new one."


_ANY: dict[int | str, dict[str, Any]] = {
    400: {"model": Message, "description": "The body is not JSON, or the offer cannot be used."},
    413: {"model": Message, "description": "The body is more than this service takes."},
    421: {"model": Message, "description": "The Host is not one the service answers to."},
    422: {"model": Message, "description": "A field is missing or wrong."},
}
"""What any request may be answered with."""


def service_of(request: Request) -> Service:
    """Return the service that lives and ends with the app."""
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(service_of)]


_bearer = HTTPBearer(auto_error=False, description="The token that came with the session.")


async def opened_by_token(
    session: str,
    service: Running,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str:
    """Return the session's id if the token opens it.

    Raises:
        HTTPException: 404; a wrong token and a session that is gone look alike.
    """
    if shown is None or not await service.host.knows(session, shown.credentials.strip()):
        raise HTTPException(404, GONE)
    return session


OpenSession = Annotated[str, Depends(opened_by_token)]


def make_app(service: Service) -> FastAPI:
    """Return the app for a service that has been started, or starts elsewhere."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = docs.DescribedApp(
        title="Still Here",
        version=__version__,
        description="Sessions of the embedded service: made by POST, opened by a token.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=_ANY,
    )
    app.state.service = service
    settings = service.settings
    lines = who_to_call(service.parts.resources, settings.country)
    app.add_middleware(Guard, allowed_hosts=hosts(settings), lines=lines)
    _errors(app)
    _sessions(app)
    _page(app)
    docs.add(app)
    metrics.add(app, service)
    return app


def _reworded(message: str) -> str:
    """Say what to give, where the checking library says what should have been."""
    for theirs, ours in (
        ("Input should be ", "give "),
        ("String should have ", "give "),
        ("Field required", "this is missing"),
    ):
        message = message.replace(theirs, ours)
    return message


def _errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        status, sentence = _what_was_wrong(error)
        return refusal(request.scope, status, sentence)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        known = {
            400: "That cannot be read; send JSON.",
            404: "There is nothing here.",
            405: "That cannot be done here.",
        }
        sentence = error.detail if error.detail.endswith((".", "!")) else None
        sentence = sentence or known.get(error.status_code, f"{error.detail}.")
        return refusal(request.scope, error.status_code, sentence, headers=error.headers)

    @app.exception_handler(StillHereError)
    async def _ours(request: Request, error: StillHereError) -> Response:
        if isinstance(error, HeldElsewhereError):
            return refusal(request.scope, 409, str(error))
        if isinstance(error, UsageError):
            return refusal(request.scope, 400, str(error))
        # Whoever cannot be led here just now is told who else is there.
        service = service_of(request)
        if isinstance(error, FullError):
            country = error.country
        else:
            session = request.path_params.get("session", "")
            country = service.host.country_of(session) or service.settings.country
        resources = service.parts.resources.as_json(country)
        return refusal(request.scope, 503, str(error), resources=resources)


def _what_was_wrong(error: RequestValidationError) -> tuple[int, str]:
    """Return the status and the sentence for a body or query that is not as it must be."""
    first = error.errors()[0]
    if first["type"] == "json_invalid" or isinstance(first["input"], bytes):
        return 400, "That is not JSON with the content type application/json."
    if first["loc"] == ("body",):
        return 422, "The body is no JSON object; send one, such as {}."
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    return 422, f"{place}: {_reworded(first['msg'])}."


def _sessions(app: FastAPI) -> None:
    problems: dict[int | str, dict[str, Any]] = {404: {"model": Message}}

    @app.post("/api/sessions", status_code=201, tags=["sessions"], responses={503: {"model": Full}})
    async def create(body: NewSession, service: Running) -> OpenedSession:
        """Make a session; it begins when its page's offer is answered."""
        service.check_ready()
        opened = await service.host.open(
            via="web", microphone=body.microphone, country=body.country, mode=body.mode
        )
        return OpenedSession(id=opened.id, token=opened.token)

    @app.get("/api/sessions/{session}", tags=["sessions"], responses=problems)
    async def read(session: OpenSession, service: Running) -> SessionNow:
        """Say how a session stands, and whether it can be gone on with."""
        state, resumable = await service.host.state(session)
        if state == "ended":
            raise HTTPException(404, GONE)
        return SessionNow(
            id=session, state="live" if state == "live" else "interrupted", resumable=resumable
        )

    @app.post(
        "/api/sessions/{session}/offer",
        tags=["sessions"],
        responses={**problems, 409: {"model": Message}, 503: {"model": Full}},
    )
    async def offer(session: OpenSession, body: Offer, service: Running) -> Answer:
        """Answer a page's offer; a new one from the same page mends a lost connection."""
        service.host.may_attach(session, body.page)
        sdp, transport = await service.answer(body.sdp)
        try:
            await service.host.attach(session, transport, body.page)
        except GoneError:
            await transport.close()
            raise HTTPException(404, GONE) from None
        except BaseException:
            await transport.close()
            raise
        return Answer(sdp=sdp)

    @app.post(
        "/api/sessions/{session}/away", status_code=204, tags=["sessions"], responses=problems
    )
    async def away(session: OpenSession, body: Away, service: Running) -> None:
        """Take that a page was closed or reloaded; its session waits."""
        service.host.away(session, body.page)

    @app.delete("/api/sessions/{session}", status_code=204, tags=["sessions"], responses=problems)
    async def leave(session: OpenSession, service: Running) -> None:
        """Leave now: silence, the token revoked, and everything deleted."""
        await service.host.leave(session)

    @app.get("/api/resources", tags=["resources"], responses={200: {"model": Helplines}})
    async def resources(
        service: Running, country: Annotated[str | None, "ISO 3166-1 alpha-2"] = None
    ) -> dict[str, Any]:
        """Give the helplines of a country, or of the settings' country."""
        known = service.parts.resources
        return known.as_json(country or service.settings.country)


def _page(app: FastAPI) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> FileResponse:
        return FileResponse(PAGE / "index.html", media_type="text/html")

    @app.get("/ordinary", response_class=HTMLResponse, include_in_schema=False)
    async def ordinary() -> FileResponse:
        return FileResponse(PAGE / "ordinary.html", media_type="text/html")

    app.mount("/static", StaticFiles(directory=PAGE), name="static")

    @app.get("/healthz", tags=["operation"])
    async def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operation"], responses={503: {"model": Message}})
    async def readyz(service: Running) -> dict[str, str]:
        """Say whether the service can do all it should, and if not, why.

        It stays ready when every place is taken: whoever has one must still be sent here.
        """
        trouble = service.trouble()
        if trouble is not None:
            raise HTTPException(503, trouble)
        return {"status": "ready"}
