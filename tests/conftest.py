"""What tests share: the engines' parts with one cache, and what may be missing on a machine."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_RECORDING = Path(__file__).with_name("recording")
sys.path.insert(0, str(_RECORDING))
import recorded  # noqa: E402 - it must come before what it records

_SESSIONS = tempfile.TemporaryDirectory(prefix="still-here-sessions-")
os.environ[recorded.FOLDER] = _SESSIONS.name
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(_RECORDING), os.environ.get("PYTHONPATH")))
)
recorded.install()

from voice_agent.agent.parts import Parts, prepare  # noqa: E402 - see above
from voice_agent.settings import Settings, load_settings  # noqa: E402 - see above

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


# Every session that any test makes, here or in a process it starts, is replayed at the end.


@pytest.fixture(scope="session")
def recorded_sessions() -> Path:
    """The folder in which every session of this run is recorded (tests/recording)."""
    return Path(_SESSIONS.name)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Fail the run where a session's log does not replay to the same decisions."""
    logs = list(recorded.recordings(Path(_SESSIONS.name)))
    differing = [found for found in map(recorded.difference, logs) if found]
    session.config.stash[_REPLAYED] = (len(logs), differing)
    if differing and session.exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    _SESSIONS.cleanup()
    return (yield)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many sessions were replayed, and which of them decide otherwise."""
    count, differing = config.stash.get(_REPLAYED, (0, []))
    for found in differing:
        terminalreporter.section("a session does not replay", red=True)
        terminalreporter.line(found)
    if count:
        terminalreporter.line(f"{count} sessions replayed, {len(differing)} of them differ.")


_REPLAYED = pytest.StashKey[tuple[int, list[str]]]()
