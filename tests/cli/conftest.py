"""What tests of the command share."""

from pathlib import Path

import pytest
from calling import Command, quiet


@pytest.fixture
def command(cache_dir: Path, tmp_path: Path) -> Command:
    return Command(cache_dir, tmp_path / "data")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Two seconds of a quiet room."""
    return quiet(tmp_path / "room.wav", 2.0)
