"""What people install is whole: the wheel holds the practices, the page, the manifest and more."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "voice_agent/py.typed",
        "voice_agent/_shipped/scripts_audio/opening.yaml",
        "voice_agent/_shipped/scripts_audio/resources.yaml",
        "voice_agent/_shipped/scripts_audio/practice.schema.json",
        "voice_agent/_shipped/models/manifest.toml",
        "voice_agent/cues/grammar.toml",
        "voice_agent/web/page/index.html",
        "voice_agent/web/page/js/main.js",
    ],
)
def test_the_wheel_holds(names: set[str], name: str) -> None:
    """Each of the files without which nothing runs is in the wheel."""
    assert name in names


def test_the_wheel_holds_every_practice_and_migration(names: set[str]) -> None:
    """Nothing that lies in the checkout is forgotten."""
    for path in (ROOT / "scripts_audio").glob("*.yaml"):
        assert f"voice_agent/_shipped/scripts_audio/{path.name}" in names
    for path in (ROOT / "voice_agent" / "store" / "migrations").rglob("*.py"):
        assert str(path.relative_to(ROOT)) in names


def test_the_wheel_holds_no_sound_and_no_tests(names: set[str]) -> None:
    """No recording, no weights and no test is shipped."""
    assert not [n for n in names if n.endswith((".wav", ".flac", ".onnx", ".bin", ".pyc"))]
    assert not [n for n in names if n.startswith("tests/")]
