"""The promise of replay, kept for every session the suite makes: the net itself is tested here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import recorded
import soundfile

from voice_agent.agent.parts import Parts
from voice_agent.agent.talk import talk
from voice_agent.transport.file import Recording

TESTS = Path(__file__).parent


def silence(path: Path, length_s: int = 2) -> Path:
    soundfile.write(path, [0.0] * (16_000 * length_s), 16_000, subtype="PCM_16")
    return path


@pytest.fixture
def session(parts: Parts, recorded_sessions: Path, tmp_path: Path) -> Path:
    """What was recorded of a session of two seconds."""
    before = set(recorded.recordings(recorded_sessions))
    talk(parts, Recording(silence(tmp_path / "quiet.wav")))
    (log,) = set(recorded.recordings(recorded_sessions)) - before
    return log


def test_session_of_this_process_is_recorded_and_replays(session: Path) -> None:
    """What a test makes by a call has its log, its settings and its practices kept."""
    types = [json.loads(line)["type"] for line in session.read_text("utf-8").splitlines()]
    assert types[0] == "participant_joined"
    assert types[-2:] == ["end", "show"]
    assert recorded.difference(session) is None


def test_session_of_another_process_is_recorded_and_replays(
    recorded_sessions: Path, cache_dir: Path, tmp_path: Path
) -> None:
    """So is what the command does in a process of its own, as services and calls do."""
    before = set(recorded.recordings(recorded_sessions))
    subprocess.run(
        [sys.executable, "-m", "voice_agent", "talk", "--input", silence(tmp_path / "q.wav")],
        env={**os.environ, "VOICE_AGENT_CACHE_DIR": str(cache_dir)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    (log,) = set(recorded.recordings(recorded_sessions)) - before
    assert recorded.difference(log) is None


@pytest.mark.parametrize("how", ["changed", "left out", "added"])
def test_decision_that_differs_is_found(session: Path, tmp_path: Path, how: str) -> None:
    """A decision that is another one, that is gone or that nobody made is told with its test."""
    lines = session.read_text("utf-8").splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if json.loads(line)["type"] == "say")
    if how == "changed":
        lines[place] = lines[place].replace('"pause_s":', '"pause_s":1')
    elif how == "left out":
        del lines[place]
    else:
        lines.insert(place, lines[place])
    log = tmp_path / "changed.jsonl"
    log.write_text("".join(lines), "utf-8")
    log.with_suffix(".pickle").write_bytes(session.with_suffix(".pickle").read_bytes())
    found = recorded.difference(log)
    assert found is not None
    assert "test_decision_that_differs_is_found" in found
    assert "the log has" in found


def test_log_that_was_cut_off_replays_as_far_as_it_goes(session: Path, tmp_path: Path) -> None:
    """A process that was killed leaves half a turn: what came before it still has to be the same."""
    whole = session.read_text("utf-8")
    log = tmp_path / "cut.jsonl"
    log.with_suffix(".pickle").write_bytes(session.with_suffix(".pickle").read_bytes())
    for length in range(0, len(whole), 97):
        log.write_text(whole[:length], "utf-8")
        assert recorded.difference(log) is None


WAYWARD = """
from pathlib import Path

from voice_agent.agent.talk import talk
from voice_agent.core.voice import Voice
from voice_agent.transport.file import Recording

def test_wayward(parts, monkeypatch):
    say = Voice.say
    def other(self, now, place, **how):
        return [*say(self, now, place, **how), *say(self, now, place, **how)]
    monkeypatch.setattr(Voice, "say", other)
    talk(parts, Recording(Path({source!r})))
"""


def test_run_fails_where_a_session_does_not_replay(cache_dir: Path, tmp_path: Path) -> None:
    """A suite whose tests all pass is not green while one session decides otherwise afterwards."""
    source = silence(tmp_path / "quiet.wav")
    test = tmp_path / "test_wayward.py"
    test.write_text(WAYWARD.format(source=str(source)), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-c", os.devnull,
         "--rootdir", tmp_path, "-o", f"cache_dir={cache_dir.parents[1]}", test],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "1 sessions replayed, 1 of them differ." in done.stdout
    assert "test_wayward.py::test_wayward" in done.stdout
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
