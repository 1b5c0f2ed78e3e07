"""A stand-in for the service, to develop the page against: HTTP, a data channel and a soft tone.

Run it with `python tests/web/page_stub.py [PORT]`, open the page, then push what the service
would send: `curl -X POST localhost:PORT/stub/send -d '{"type": "show", "state": "listening"}'`.
"""

import asyncio
import contextlib
import gc
import json
import secrets
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import reactor_webrtc as rtc
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

PAGE = Path(__file__).resolve().parents[2] / "voice_agent" / "web" / "page"
CSP = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}
RESOURCES = {
    "US": [
        {
            "id": "988",
            "name": "988 Suicide & Crisis Lifeline",
            "about": "Somebody to talk to, day and night.",
            "call": "988",
            "text": "988",
            "emergency": False,
        },
        {
            "id": "domestic",
            "name": "National Domestic Violence Hotline",
            "about": "When somebody at home is frightening or hurting you.",
            "call": "1-800-799-7233",
            "emergency": False,
        },
        {
            "id": "emergency",
            "name": "Emergency",
            "about": "If life is in danger now.",
            "call": "911",
            "emergency": True,
        },
    ],
    "GB": [
        {
            "id": "samaritans",
            "name": "Samaritans",
            "about": "Somebody to talk to, day and night.",
            "call": "116 123",
            "emergency": False,
        },
        {
            "id": "emergency",
            "name": "Emergency",
            "about": "If life is in danger now.",
            "call": "999",
            "emergency": True,
        },
    ],
}
COUNTRIES = [{"code": "US", "name": "United States"}, {"code": "GB", "name": "United Kingdom"}]
RATE = 48_000


def resources(country: str | None) -> dict[str, Any]:
    code = country if country in RESOURCES else "US"
    name = next(each["name"] for each in COUNTRIES if each["code"] == code)
    return {
        "country": code,
        "name": name,
        "source": "the lines' own pages",
        "checked": "2026-11",
        "lines": RESOURCES[code],
        "countries": COUNTRIES,
    }


class Peer:
    """One page's connection: plays a soft tone and keeps what the page sent."""

    def __init__(self, stub: "Stub") -> None:
        self.stub = stub
        self.channel: Any = None
        self.observer = rtc.PeerConnectionObserver()
        self.gathered = threading.Event()
        self.candidates: list[str] = []
        self.observer.on_ice_candidate = lambda c: self.candidates.append(c.candidate)
        self.observer.on_ice_gathering_change = self._gathering
        self.observer.on_data_channel = self._channel
        self.observer.on_track = self._track
        self.pc = stub.factory.create_peer_connection(rtc.RtcConfiguration(), self.observer)
        self.track = stub.factory.create_audio_track_with_local_source("voice")
        self.pc.add_track(self.track)
        self.heard_frames = 0
        self.heard: Any = None

    def _gathering(self, state: Any) -> None:
        if str(state).lower().endswith("complete"):
            self.gathered.set()

    def _channel(self, channel: Any) -> None:
        self.channel = channel
        channel.on_message(lambda data, _binary: self.stub.received.append(json.loads(data)))

    def _track(self, _kind: Any, track: Any) -> None:
        self.heard = track
        track.on_audio_frame(self._frame)

    def _frame(self, *_args: Any) -> None:
        self.heard_frames += 1

    async def answer(self, sdp: str) -> str:
        await self.pc.set_remote_description(rtc.SessionDescription("offer", sdp))
        answer = await self.pc.create_answer()
        await self.pc.set_local_description(answer)
        await asyncio.to_thread(self.gathered.wait, 2)
        head, *media = answer.sdp.split("m=")
        lines = "".join(f"a={candidate}\r\n" for candidate in self.candidates)
        return "m=".join([head, media[0] + lines + "a=end-of-candidates\r\n", *media[1:]])


class Stub:
    """What the stand-in knows."""

    def __init__(self) -> None:
        self.factory = rtc.PeerConnectionFactory()
        self.token = ""
        self.id = ""
        self.page = ""
        self.peer: Peer | None = None
        self.received: list[Any] = []
        self.created: list[Any] = []
        self.full = False
        self.offer_full = False
        self.down = False
        self.away = 0
        self.deleted = 0
        self.offers = 0

    async def speak(self) -> None:
        """Send 10 ms of a soft tone for as long as somebody listens."""
        loop = asyncio.get_running_loop()
        start, frames = loop.time(), 0
        while True:
            if self.peer is not None:
                t = (np.arange(480) + 480 * frames) / RATE
                tone = (600 * np.sin(2 * np.pi * 220 * t)).astype(np.int16)
                self.peer.track.push_pcm(tone.tobytes(), RATE, 1)
            frames += 1
            await asyncio.sleep(max(0.0, start + frames * 0.01 - loop.time()))


def make_app() -> FastAPI:
    stub = Stub()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        task = asyncio.create_task(stub.speak())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)
    app.state.stub = stub

    @app.middleware("http")
    async def headers(request: Request, call_next: Any) -> Any:
        if stub.down and request.url.path.startswith("/api/"):
            return Response(status_code=502)
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    def allowed(request: Request, session: str) -> bool:
        bearer = request.headers.get("authorization", "")
        return bool(stub.id) and session == stub.id and bearer == f"Bearer {stub.token}"

    def no_place() -> JSONResponse:
        sentence = "Every place is taken right now. These numbers answer day and night."
        return JSONResponse({"message": sentence, "resources": resources("US")}, 503)

    gone = JSONResponse({"message": "That time has closed."}, 404)

    @app.get("/")
    async def index() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/ordinary")
    async def ordinary() -> FileResponse:
        return FileResponse(PAGE / "ordinary.html")

    @app.get("/api/resources")
    async def read_resources(country: str | None = None) -> dict[str, Any]:
        return resources(country)

    @app.post("/api/sessions", status_code=201)
    async def create(request: Request) -> Any:
        body = await request.json()
        if stub.full:
            return no_place()
        stub.id, stub.token, stub.page = secrets.token_hex(8), secrets.token_hex(16), ""
        stub.created.append(body)
        return {"id": stub.id, "token": stub.token}

    @app.get("/api/sessions/{session}")
    async def read(request: Request, session: str) -> Any:
        if not allowed(request, session):
            return gone
        return {"id": stub.id, "state": "interrupted", "resumable": True}

    @app.post("/api/sessions/{session}/offer")
    async def offer(request: Request, session: str) -> Any:
        if not allowed(request, session):
            return gone
        if stub.offer_full:
            return no_place()
        body = await request.json()
        if stub.page and body["page"] != stub.page:
            return JSONResponse({"message": "Open in another window."}, 409)
        stub.page = body["page"]
        stub.offers += 1
        peer = Peer(stub)
        sdp = await peer.answer(body["sdp"])
        stub.peer = peer
        return {"sdp": sdp, "type": "answer"}

    @app.post("/api/sessions/{session}/away", status_code=204)
    async def leave(request: Request, session: str) -> Response:
        if allowed(request, session):
            stub.away += 1
            stub.page = ""
            stub.peer = None
        return Response(status_code=204)

    @app.delete("/api/sessions/{session}", status_code=204)
    async def delete(request: Request, session: str) -> Response:
        if allowed(request, session):
            stub.deleted += 1
            stub.id = ""
            stub.peer = None
        return Response(status_code=204)

    @app.post("/stub/send")
    async def send(request: Request) -> dict[str, bool]:
        message = json.dumps(await request.json()).encode()
        if stub.peer is None or stub.peer.channel is None:
            return {"sent": False}
        stub.peer.channel.send(message, False)
        return {"sent": True}

    @app.post("/stub/set")
    async def change(request: Request) -> dict[str, Any]:
        for key, value in (await request.json()).items():
            setattr(stub, key, value)
        return {}

    @app.post("/stub/drop")
    async def drop() -> dict[str, Any]:
        stub.peer = None
        gc.collect()  # the library closes a connection when nothing holds it
        return {}

    @app.get("/stub/seen")
    async def seen() -> dict[str, Any]:
        return {
            "received": stub.received,
            "created": stub.created,
            "away": stub.away,
            "deleted": stub.deleted,
            "offers": stub.offers,
            "heard_frames": stub.peer.heard_frames if stub.peer else 0,
        }

    app.mount("/static", StaticFiles(directory=PAGE))
    return app


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
    uvicorn.run(make_app(), host="127.0.0.1", port=port, log_level="warning")
