"""What every request passes: headers, the Host it names, and whether it is HTTP at all."""

import html
import socket

import httpx
import pytest
from api_client import sentence_of
from running import Running


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


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [("/", "evil.example", 421), ("/nope", "localhost", 404), ("/readyz", "evil.example", 421)],
)
def test_browser_is_answered_with_a_page(
    client: httpx.Client, path: str, host: str, status: int
) -> None:
    """A person who came by a wrong name or way reads a sentence, not JSON."""
    answer = client.get(path, headers={"host": host, **BROWSER})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    sentence = client.get(path, headers={"host": host}).json()["message"]
    assert f"<p>{sentence}</p>" in answer.text
    assert "<style" not in answer.text
    assert "<script" not in answer.text


def test_browser_at_a_wrong_name_is_told_who_to_call(client: httpx.Client) -> None:
    """Whoever was looking for somebody to talk to finds the numbers even there."""
    text = client.get("/", headers={"host": "evil.example", **BROWSER}).text
    lines = client.get("/api/resources").json()["lines"]
    assert lines
    for line in lines:
        assert f"<li>{html.escape(line['name'])}:" in text
        if "call" in line:
            assert f"call {line['call']}" in text


def test_program_is_answered_with_json(client: httpx.Client) -> None:
    """The API's own paths speak JSON whatever the browser prefers."""
    answer = client.get("/api/nope", headers=BROWSER)
    assert answer.json() == {"message": "There is nothing here."}
