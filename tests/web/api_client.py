"""What tests of the HTTP API share: sessions made over it, and how its answers are read."""

import asyncio
import re
from typing import Any

import httpx

from voice_agent.web.app import make_app
from voice_agent.web.service import Service

PLACES = 3
"""Places of the service that `tests/web/conftest.py` runs."""
GONE = "This conversation is over, and nothing of it is kept. You can start a new one."
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


class Session:
    """A session made over HTTP, and left at the end of the test."""

    def __init__(self, client: httpx.Client, **body: Any) -> None:
        made = client.post("/api/sessions", json=body)
        assert made.status_code == 201, made.text
        self.id: str = made.json()["id"]
        self.token: str = made.json()["token"]
        self.path = f"/api/sessions/{self.id}"
        self.headers = {"authorization": f"Bearer {self.token}"}


def sentence_of(answer: httpx.Response) -> str:
    """The one sentence of a refusal."""
    message = answer.json()["message"]
    assert re.fullmatch(r"[^\n]+[.!]", message), message
    return str(message)


def figure(client: httpx.Client, name: str) -> float:
    found = re.search(rf"^still_here_{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def ask(
    service: Service, method: str, path: str, *, client: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    """Ask the app itself, as from the address `client`."""
    body = {} if method == "POST" else None

    async def asked() -> httpx.Response:
        app = make_app(service)

        @app.get("/fault")
        async def fault() -> None:
            raise RuntimeError("a secret")

        transport = httpx.ASGITransport(app, client=(client, 40_000), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.request(method, path, json=body, headers=headers)

    return asyncio.run(asked())
