"""What tests share: the engines' parts with one cache, and what may be missing on a machine."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_agent.agent.parts import Parts, prepare
from voice_agent.settings import Settings, load_settings

DATA = Path(
    os.environ.get("VOICE_AGENT_EVAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
Needs = Callable[[bool, str], None]


def skip_without(there: bool, what: str) -> None:
    """Skip where something is missing; with CI=true a missing one is a failure."""
    if not there:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{what} is missing, and under CI nothing may be")
        pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def cache_dir(pytestconfig: pytest.Config) -> Path:
    """One folder for rendered lines and joined models, kept from run to run."""
    return Path(pytestconfig.cache.mkdir("still-here"))


@pytest.fixture(scope="session")
def settings(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(cache_dir=cache_dir, data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def parts(settings: Settings) -> Parts:
    """The real models, practices and line cache, loaded once for all tests."""
    return prepare(settings)


@pytest.fixture(scope="session")
def eval_data() -> Path:
    skip_without(DATA.is_dir(), f"the recordings (VOICE_AGENT_EVAL_DATA, {DATA.name})")
    return DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    skip_without(bool(path), "Chromium (Debian: chromium)")
    return path
