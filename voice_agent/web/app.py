"""The HTTP API and the page: thin routes over the host of sessions."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from voice_agent import __version__
from voice_agent.agent.host import FullError, HeldElsewhereError
from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.web import docs, metrics
from voice_agent.web.guard import Guard
from voice_agent.web.service import Service

PAGE = Path(__file__).resolve().parent / "page"
GONE = "This conversation is over, and nothing of it is kept. You can start a new one."
WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, not bound to


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NewSession(_Body):
    """What a page asks for."""

    mode: Literal["solo"] = "solo"
    microphone: bool = True
    country: Annotated[str | None, Field(max_length=8)] = None


class OpenedSession(_Body):
    """What opens the new session; the token is shown once."""

    id: str
    token: str


class SessionNow(_Body):
    """How a session stands."""

    id: str
    state: Literal["live", "interrupted", "ended"]
    resumable: bool


class Offer(_Body):
    """A page's WebRTC offer, with all its candidates; `page` is new with every load."""

    sdp: Annotated[str, Field(max_length=60_000)]
    type: Literal["offer"] = "offer"
    page: Annotated[str, Field(min_length=1, max_length=64)]


class Answer(_Body):
    """Our answer, with all its candidates."""

    sdp: str
    type: Literal["answer"] = "answer"


class Away(_Body):
    """The page that went."""

    page: Annotated[str, Field(min_length=1, max_length=64)]


class Message(_Body):
    """One plain sentence."""

    message: str


def service_of(request: Request) -> Service:
    """Return the service that lives and ends with the app."""
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(service_of)]


async def opened_by_token(
    session: str, service: Running, authorization: Annotated[str | None, Header()] = None
) -> str:
    """Return the session's id if the token opens it.

    Raises:
        HTTPException: 404; a wrong token and a session that is gone look alike.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not await service.host.knows(session, token.strip()):
        raise HTTPException(404, GONE)
    return session


OpenSession = Annotated[str, Depends(opened_by_token)]


def make_app(service: Service) -> FastAPI:
    """Return the app for a service that has been started, or starts elsewhere."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = FastAPI(
        title="Still Here",
        version=__version__,
        summary="Sessions of the embedded service: made by POST, opened by a token.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    settings = service.settings
    hosts = set(settings.allowed_hosts)
    if settings.host not in WILDCARDS:
        hosts.add(f"[{settings.host}]" if ":" in settings.host else settings.host)
    app.add_middleware(Guard, allowed_hosts=hosts)
    _errors(app)
    _sessions(app)
    _page(app)
    docs.add(app)
    metrics.add(app, service)
    return app


def _errors(app: FastAPI) -> None:
    def answer(status: int, sentence: str) -> JSONResponse:
        return JSONResponse({"message": sentence}, status)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return answer(400, "That is not JSON.")
        place = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
        return answer(422, f"{place}: {first['msg']}.")

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        known = {404: "There is nothing here.", 405: "That cannot be done here."}
        sentence = error.detail if error.detail.endswith((".", "!")) else None
        return answer(error.status_code, sentence or known.get(error.status_code, error.detail))

    @app.exception_handler(StillHereError)
    async def _ours(_request: Request, error: StillHereError) -> Response:
        status = 409 if isinstance(error, HeldElsewhereError) else 400
        return answer(
            status if isinstance(error, (UsageError, HeldElsewhereError)) else 503, str(error)
        )

    @app.exception_handler(FullError)
    async def _full(request: Request, error: FullError) -> Response:
        resources = service_of(request).parts.resources.as_json(None)
        return JSONResponse({"message": str(error), "resources": resources}, 503)


def _sessions(app: FastAPI) -> None:
    problems: dict[int | str, dict[str, Any]] = {404: {"model": Message}}

    @app.post(
        "/api/sessions", status_code=201, tags=["sessions"], responses={503: {"model": Message}}
    )
    async def create(body: NewSession, service: Running) -> OpenedSession:
        """Make a session; it begins when its page's offer is answered."""
        if not service.ready:
            raise StillHereError("The service is still starting; try again in a moment.")
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
        responses={**problems, 409: {"model": Message}},
    )
    async def offer(session: OpenSession, body: Offer, service: Running) -> Answer:
        """Answer a page's offer; a new one from the same page mends a lost connection."""
        service.host.may_attach(session, body.page)
        sdp, transport = await service.answer(body.sdp)
        try:
            await service.host.attach(session, transport, body.page)
        except StillHereError:
            await transport.close()
            raise HTTPException(404, GONE) from None
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

    @app.get("/api/resources", tags=["resources"])
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
        """Say whether sessions can begin."""
        if not service.ready:
            raise HTTPException(503, "The service is still starting.")
        return {"status": "ready"}
