"""One real service for all tests of the HTTP API, and sessions on it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import PLACES, Session
from running import Running

from voice_agent.settings import Settings
from voice_agent.web.service import Service


@pytest.fixture(scope="session")
def running(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real service, with few places."""
    data_dir = tmp_path_factory.mktemp("api")
    with Running(cache_dir, data_dir, VOICE_AGENT_MAX_SESSIONS=str(PLACES)) as service:
        yield service


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60) as client:
        yield client


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


@pytest.fixture
def idle(settings: Settings) -> Iterator[Service]:
    """A service that has not been started."""
    service = Service(settings)
    yield service
    service.recogniser.close()
    service.renders.close()
