"""What an operator asks: health, readiness, figures, documentation; and the helplines."""

import asyncio
import json
import re

import httpx
import pytest
from api_client import Session, ask, sentence_of
from sqlalchemy.exc import OperationalError

from voice_agent.settings import Settings, load_settings
from voice_agent.web.metrics import is_local
from voice_agent.web.service import Service


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
    assert "\nstill_here_session_behind_seconds " in answer.text
    assert session.id not in answer.text
    for line in answer.text.splitlines():
        assert re.match(r'(# (HELP|TYPE) )?still_here_\w+(\{kind="[a-z]+"\})?( |$)', line), line


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


def test_openapi_is_of_the_version_that_the_page_renders(client: httpx.Client) -> None:
    """3.0 throughout: what only 3.1 knows (`const`, a null type, a summary of all) is not there."""
    api = client.get("/openapi.json").json()
    assert api["openapi"].startswith("3.0.")
    assert "summary" not in api["info"]
    assert '"const"' not in json.dumps(api)
    assert '"null"' not in json.dumps(api)
    fields = api["components"]["schemas"]
    assert fields["NewSession"]["properties"]["mode"]["enum"] == ["solo"]
    country = fields["NewSession"]["properties"]["country"]
    assert country["nullable"] is True
    assert country["allOf"] == [{"type": "string", "maxLength": 8}]


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


def test_page_that_cannot_be_led_gets_the_numbers(idle: Service) -> None:
    """Every 503 of the API names who else is there."""
    answer = ask(idle, "POST", "/api/sessions")
    assert answer.status_code == 503
    assert answer.json()["resources"]["country"] == idle.settings.country
    assert answer.json()["resources"]["lines"]


async def started(service: Service) -> None:
    """Let a service seem ready, with a pump that runs and an open store."""
    service.store.open(0.0)
    service.ready = True
    service._pump = asyncio.create_task(asyncio.sleep(60))


async def test_service_at_work_has_no_trouble(idle: Service) -> None:
    """What runs and can write is ready; a place that is taken does not change that."""
    await started(idle)
    assert idle.trouble() is None
    idle.store.close()


async def test_database_that_cannot_be_written_is_trouble(
    idle: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the database; it is ready again when the database is."""

    def full(*_: object) -> None:
        raise OperationalError("x", {}, Exception("database or disk is full"))

    await started(idle)
    with monkeypatch.context() as broken:
        broken.setattr("voice_agent.store.statements.insert_session", full)
        await idle.host.open(via="web", microphone=True, country=None, mode="solo")
        trouble = idle.trouble()
        assert trouble is not None
        assert trouble.startswith("The disk that holds the database")
    assert idle.store.flush(30)
    assert idle.trouble() is None
    idle.store.close()


async def test_pump_that_ended_is_trouble(idle: Service) -> None:
    """A service that stands still must be started again, and says so."""
    await started(idle)
    assert idle._pump is not None
    idle._pump.cancel()
    await asyncio.wait([idle._pump])
    assert "start it again" in str(idle.trouble())
    idle.store.close()


def test_voice_that_is_prepared_says_how_far_it_is(idle: Service) -> None:
    """The first start takes a while: /readyz counts the lines."""
    idle._progress = (3, 29)
    answer = ask(idle, "GET", "/readyz")
    assert answer.status_code == 503
    assert sentence_of(answer) == "The service is preparing its voice: 3 of 29 lines."
