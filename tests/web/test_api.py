"""The HTTP API from outside: what it answers, what it refuses, and what it leaves behind."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running import Running
from webrtc_peer import PagePeer

from voice_agent.settings import Settings, load_settings
from voice_agent.web.app import make_app
from voice_agent.web.guard import MOST_BYTES
from voice_agent.web.metrics import is_local
from voice_agent.web.service import Service

PLACES = 3
GONE = "This conversation is over, and nothing of it is kept. You can start a new one."
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


@pytest.fixture(scope="module")
def running(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real service, with few places."""
    data_dir = tmp_path_factory.mktemp("api")
    with Running(cache_dir, data_dir, VOICE_AGENT_MAX_SESSIONS=str(PLACES)) as service:
        yield service


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


class Session:
    """A session made over HTTP, and left at the end of the test."""

    def __init__(self, client: httpx.Client, **body: Any) -> None:
        made = client.post("/api/sessions", json=body)
        assert made.status_code == 201, made.text
        self.id: str = made.json()["id"]
        self.token: str = made.json()["token"]
        self.path = f"/api/sessions/{self.id}"
        self.headers = {"authorization": f"Bearer {self.token}"}


@pytest.fixture
def session(client: httpx.Client) -> Iterator[Session]:
    made = Session(client, mode="solo", microphone=True)
    yield made
    client.delete(made.path, headers=made.headers)


@pytest.fixture
def other(client: httpx.Client) -> Iterator[Session]:
    """A second one, of somebody else."""
    made = Session(client)
    yield made
    client.delete(made.path, headers=made.headers)


def sentence_of(answer: httpx.Response) -> str:
    """The one sentence of a refusal."""
    message = answer.json()["message"]
    assert re.fullmatch(r"[^\n]+[.!]", message), message
    return str(message)


def figure(client: httpx.Client, name: str) -> float:
    found = re.search(rf"^still_here_{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])


# Sessions


@pytest.mark.parametrize(
    "body",
    [{}, {"mode": "solo", "microphone": False, "country": "GB"}, {"country": None, "more": 1}]
    + [{"country": odd} for odd in ("", "zz", "../", "\x00", "uk", "ÄÖ")],
    ids=ascii,
)
def test_session_is_made(client: httpx.Client, body: dict[str, Any]) -> None:
    """All fields may be left out, and a country nobody knows is no reason to refuse."""
    content = json.dumps(body).encode()
    made = client.post(
        "/api/sessions", content=content, headers={"content-type": "application/json"}
    )
    assert made.status_code == 201
    assert set(made.json()) == {"id", "token"}
    assert len(made.json()["token"]) >= 32
    path, token = f"/api/sessions/{made.json()['id']}", made.json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    read = client.get(path, headers=headers)
    assert read.json() == {"id": made.json()["id"], "state": "live", "resumable": True}
    assert client.delete(path, headers=headers).status_code == 204


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "couple"}, "mode: give 'solo'."),
        ({"mode": 3}, "mode: give 'solo'."),
        ({"microphone": "maybe"}, "microphone: give a valid boolean"),
        ({"country": "X" * 9}, "country: give at most 8 characters."),
        ({"country": 7}, "country: give a valid string."),
        ({"country": "\ud800"}, "country: give a valid string"),
        ([], "The body is no JSON object; send one, such as {}."),
        (None, "The body is no JSON object; send one, such as {}."),
        ("text", "The body is no JSON object; send one, such as {}."),
    ],
)
def test_wrong_type_is_one_sentence(client: httpx.Client, body: Any, says: str) -> None:
    """422 names the field and what to give; the value itself is not repeated."""
    before = figure(client, "sessions")
    answer = client.post(
        "/api/sessions",
        content=json.dumps(body),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert sentence_of(answer).startswith(says)
    assert figure(client, "sessions") == before


def test_missing_body_is_one_sentence(client: httpx.Client) -> None:
    """Nothing sent is told from something wrong."""
    answer = client.post("/api/sessions")
    assert answer.status_code == 422
    assert sentence_of(answer) == "The body is no JSON object; send one, such as {}."


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{bad", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"[" * 60_000, "application/json"),
        (b'{"mode": "solo"}', "text/plain"),
        (b"mode=solo", "application/x-www-form-urlencoded"),
    ],
)
def test_garbage_is_no_json(client: httpx.Client, content: bytes, kind: str) -> None:
    """400 says so; a form of another site, which needs no permission to be sent, is none either."""
    answer = client.post("/api/sessions", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "JSON" in sentence_of(answer)


@pytest.mark.parametrize("chunked", [False, True])
def test_oversized_body_is_refused(client: httpx.Client, chunked: bool) -> None:
    """413, whether the length was announced or not; and the next request is answered."""
    body = b'{"country": "' + b"x" * MOST_BYTES + b'"}'
    parts = (body[at : at + 4096] for at in range(0, len(body), 4096))
    answer = client.post(
        "/api/sessions",
        content=parts if chunked else body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert sentence_of(answer) == "That is more than this service takes at once."
    assert client.get("/healthz").status_code == 200


def test_capacity_is_answered_with_helplines(client: httpx.Client) -> None:
    """Where every place is taken, 503 carries numbers that answer; a place is free again after."""
    held = [Session(client) for _ in range(PLACES)]
    refused = client.post("/api/sessions", json={})
    assert refused.status_code == 503
    assert "place is taken" in sentence_of(refused)
    assert refused.json()["resources"]["country"] == "US"
    theirs = client.post("/api/sessions", json={"country": "GB"}).json()["resources"]
    assert theirs["country"] == "GB"
    assert refused.json()["resources"]["lines"]
    assert {"id", "name", "about"} <= set(refused.json()["resources"]["lines"][0])
    for each in held:
        assert client.delete(each.path, headers=each.headers).status_code == 204
    again = Session(client)
    client.delete(again.path, headers=again.headers)


@pytest.mark.parametrize(
    ("method", "below"),
    [("GET", ""), ("POST", "/offer"), ("POST", "/away"), ("DELETE", "")],
)
def test_wrong_token_and_no_session_look_alike(
    client: httpx.Client, session: Session, other: Session, method: str, below: str
) -> None:
    """A wrong, missing or foreign token, and an unknown id, are one and the same 404."""
    body = {"sdp": SDP, "type": "offer", "page": "p"} if method == "POST" else None
    wrong = [
        {},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {session.token}x"},
        {"authorization": f"Basic {session.token}"},
        {"authorization": f"Bearer {other.token}"},
    ]
    answers = [
        client.request(method, session.path + below, headers=headers, json=body)
        for headers in wrong
    ]
    unknown = client.request(
        method, "/api/sessions/none" + below, headers=session.headers, json=body
    )
    for answer in (*answers, unknown):
        assert (answer.status_code, answer.json()) == (404, {"message": GONE})
        headers = {k: v for k, v in answer.headers.items() if k != "date"}
        assert headers == {k: v for k, v in unknown.headers.items() if k != "date"}
    assert client.get(session.path, headers=session.headers).status_code == 200


@pytest.mark.parametrize(
    ("sdp", "says"),
    [
        ("garbage", "The offer is not a session description"),
        ("", "The offer is not a session description"),
        (SDP, "The offer has the media none"),
        (SDP + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "The offer has the media video"),
        (SDP + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "The offer "),
        ("v=0\r\n" + "m=audio\r\n" * 3, "The offer has the media"),
        ("v=0\x00", "The offer is not a session description"),
        ("ü", "The offer is not a session description"),
    ],
)
def test_garbage_offer_leaves_nothing_behind(
    client: httpx.Client, session: Session, sdp: str, says: str
) -> None:
    """400 says what to send; the session waits as before, and can be left."""
    before = figure(client, "sessions")
    answer = client.post(
        f"{session.path}/offer",
        headers={**session.headers, "content-type": "application/json"},
        content=json.dumps({"sdp": sdp, "type": "offer", "page": "p"}),
    )
    assert answer.status_code == 400
    assert sentence_of(answer).startswith(says)
    assert figure(client, "sessions") == before
    read = client.get(session.path, headers=session.headers)
    assert read.json() == {"id": session.id, "state": "live", "resumable": True}


@pytest.mark.parametrize(
    "body",
    [
        {"sdp": SDP, "type": "answer", "page": "p"},
        {"sdp": 1, "page": "p"},
        {"sdp": SDP, "page": ""},
        {"sdp": SDP, "page": "x" * 65},
        {"sdp": SDP},
        {"page": "p"},
    ],
)
def test_wrong_offer_is_one_sentence(
    client: httpx.Client, session: Session, body: dict[str, Any]
) -> None:
    """A field that is missing or wrong is named."""
    answer = client.post(f"{session.path}/offer", headers=session.headers, json=body)
    assert answer.status_code == 422
    assert re.match(r"(sdp|type|page): ", sentence_of(answer))


def test_second_page_is_told_where_the_session_is(running: Running) -> None:
    """While one page holds the line, another gets 409; a new offer of the same page is taken."""

    async def story() -> None:
        async with httpx.AsyncClient(base_url=running.url, timeout=60) as client:
            made = (await client.post("/api/sessions", json={})).json()
            path = f"/api/sessions/{made['id']}"
            headers = {"authorization": f"Bearer {made['token']}"}
            first, second, third = PagePeer(), PagePeer(), PagePeer()

            async def offer(peer: PagePeer, page: str) -> httpx.Response:
                body = {"sdp": await peer.offer(), "type": "offer", "page": page}
                return await client.post(f"{path}/offer", headers=headers, json=body)

            try:
                answer = await offer(first, "one")
                assert answer.status_code == 200
                assert set(answer.json()) == {"sdp", "type"}
                await first.accept(answer.json()["sdp"])
                await asyncio.wait_for(first.opened(), 60)
                refused = await offer(second, "two")
                assert refused.status_code == 409
                assert "another window" in sentence_of(refused)
                read = await client.get(path, headers=headers)
                assert read.json() == {"id": made["id"], "state": "live", "resumable": True}
                again = await offer(third, "one")
                assert again.status_code == 200
            finally:
                for peer in (first, second, third):
                    await peer.leave()
                left = await client.delete(path, headers=headers)
                assert (left.status_code, left.content) == (204, b"")
                assert (await client.get(path, headers=headers)).status_code == 404
                assert (await client.delete(path, headers=headers)).status_code == 404

    asyncio.run(story())


def test_leaving_leaves_nothing(client: httpx.Client, running: Running) -> None:
    """After DELETE the token opens nothing, and no file holds the session's id or token."""
    before = figure(client, "sessions")
    session = Session(client)
    assert client.delete(session.path, headers=session.headers).status_code == 204
    assert client.get(session.path, headers=session.headers).status_code == 404
    assert figure(client, "sessions") == before
    for file in running.data_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert session.id.encode() not in content
            assert session.token.encode() not in content
    assert not any(session.id in line or session.token in line for line in running.output)


# Helplines, operation and documentation


def test_helplines_are_given_by_country(client: httpx.Client) -> None:
    """Each country's own; an unknown one, however odd, gets those for anywhere."""
    assert client.get("/api/resources", params={"country": "gb"}).json()["country"] == "GB"
    anywhere = client.get("/api/resources", params={"country": "ZZ"}).json()
    for odd in ("\x00", "a" * 5000, "<b>", "GB;", "\u202eGB"):
        found = client.get("/api/resources", params={"country": odd})
        assert (found.status_code, found.json()) == (200, anywhere)
    for line in client.get("/api/resources").json()["lines"]:
        assert set(line) <= {"id", "name", "about", "call", "text", "emergency"}


def test_health_and_readiness(client: httpx.Client) -> None:
    """Both answer once the service is ready."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_metrics_are_prometheus_text_without_anybody(
    client: httpx.Client, session: Session
) -> None:
    """Counts and times; no id, no token."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "still_here_sessions_begun_total" in answer.text
    assert session.id not in answer.text
    for line in answer.text.splitlines():
        assert re.match(r"(# (HELP|TYPE) )?still_here_\w+( |$)", line), line


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("10.0.0.1", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_this_machine_is_told_from_others(address: str, local: bool) -> None:
    """Only loopback addresses are this machine's."""
    assert is_local(address) is local


def test_documentation_is_shipped(client: httpx.Client) -> None:
    """/docs and all it loads come from here; nothing is loaded from elsewhere."""
    page = client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for path in loaded:
        assert path.startswith("/docs/")
        asset = client.get(path)
        assert asset.status_code == 200
        assert len(asset.content) > 50
    assert "<script>" not in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]


def test_openapi_is_complete(client: httpx.Client) -> None:
    """Every path is described, with its refusals as they are answered and the token it needs."""
    api = client.get("/openapi.json").json()
    assert set(api["paths"]) == {
        "/api/sessions",
        "/api/sessions/{session}",
        "/api/sessions/{session}/offer",
        "/api/sessions/{session}/away",
        "/api/resources",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    for path, methods in api["paths"].items():
        for operation in methods.values():
            assert operation["description"].endswith((".", "\n")), path
            assert {"400", "413", "421", "422"} <= set(operation["responses"])
            assert "HTTPValidationError" not in json.dumps(operation)
            if "{session}" in path:
                assert operation["security"] == [{"HTTPBearer": []}]
                assert "404" in operation["responses"]
    assert "409" in api["paths"]["/api/sessions/{session}/offer"]["post"]["responses"]
    created = api["paths"]["/api/sessions"]["post"]["responses"]
    assert created["503"]["content"]["application/json"]["schema"]["$ref"].endswith("/Full")
    assert "text/plain" in api["paths"]["/metrics"]["get"]["responses"]["200"]["content"]


# What every request passes


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/ordinary", 200),
        ("GET", "/static/style.css", 200),
        ("GET", "/static/none.js", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/nope", 404),
        ("GET", "/api/sessions", 405),
        ("PUT", "/api/sessions", 405),
        ("POST", "/api/sessions", 422),
        ("TRACE", "/", 405),
    ],
)
def test_every_answer_has_the_headers(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    """Policy, referrer, sniffing, permissions and caching are said with every answer."""
    answer = client.request(method, path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert ("'unsafe-inline'" in policy) == path.startswith("/docs")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["permissions-policy"].startswith("microphone=(self)")
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    if status >= 400:
        sentence_of(answer)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "localhost.", "[::2]"],
)
def test_foreign_host_is_misdirected(client: httpx.Client, host: str) -> None:
    """A name that was pointed at this machine opens nothing: 421, and how to allow it."""
    for path in ("/", "/api/resources", "/metrics"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "VOICE_AGENT_ALLOWED_HOSTS" in sentence_of(answer)
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8080"])
def test_own_hosts_are_answered(client: httpx.Client, host: str) -> None:
    """This machine's names are taken with any port, in any case."""
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(
    client: httpx.Client, running: Running, request_bytes: bytes
) -> None:
    """Broken requests end with their connection; the service goes on."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as line:
        line.sendall(request_bytes)
        assert line.recv(100).startswith(b"HTTP/1.1 4")
    assert client.get("/healthz").status_code == 200


# A service that is not ready, asked from elsewhere, or at fault


@pytest.fixture
def idle(settings: Settings) -> Service:
    """A service that has not been started."""
    return Service(settings)


def ask(service: Service, method: str, path: str, *, client: str = "127.0.0.1") -> httpx.Response:
    """Ask the app itself, as from the address `client`."""

    async def asked() -> httpx.Response:
        app = make_app(service)

        @app.get("/fault")
        async def fault() -> None:
            raise RuntimeError("a secret")

        transport = httpx.ASGITransport(app, client=(client, 40_000), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.request(method, path, json={} if method == "POST" else None)

    return asyncio.run(asked())


def test_service_that_starts_says_so(idle: Service) -> None:
    """Until it is ready, it is alive, not ready, and makes no session."""
    assert ask(idle, "GET", "/healthz").status_code == 200
    for method, path in (("GET", "/readyz"), ("POST", "/api/sessions")):
        answer = ask(idle, method, path)
        assert answer.status_code == 503
        assert "still starting" in sentence_of(answer)


def test_figures_are_for_this_machine_alone(idle: Service, settings: Settings) -> None:
    """Another machine gets 403, unless the settings say otherwise."""
    assert ask(idle, "GET", "/metrics").status_code == 200
    refused = ask(idle, "GET", "/metrics", client="192.0.2.1")
    assert refused.status_code == 403
    assert sentence_of(refused) == "The figures are for this machine alone."
    told = load_settings(
        cache_dir=settings.cache_dir, data_dir=settings.data_dir, metrics_public=True
    )
    assert ask(Service(told), "GET", "/metrics", client="192.0.2.1").status_code == 200


def test_fault_of_ours_is_one_sentence_with_the_headers(idle: Service) -> None:
    """500 says nothing of what went wrong, and carries the same headers."""
    answer = ask(idle, "GET", "/fault")
    assert answer.status_code == 500
    assert sentence_of(answer) == "Something went wrong here; please try again."
    assert "content-security-policy" in answer.headers
