"""A service for phone tests: its practices with a short opening, its ladder quick."""

import shutil
from pathlib import Path

from running import Running

from voice_agent.shipped import shipped

QUICK = {"VOICE_AGENT_LADDER__SOFT_S": "2", "VOICE_AGENT_LADDER__OFFER_S": "5"}
SHORT = ("what", "need")
"""What is left of the opening: the first line and the question."""


def short_opening(folder: Path) -> Path:
    """Return a copy of the practices whose first words on the phone take 8 s instead of 30."""
    copy = folder / "scripts"
    shutil.copytree(shipped("scripts_audio"), copy)
    path = copy / "opening-phone.yaml"
    head, *lines = path.read_text().split("  - id: ")
    kept = [line for line in lines if line.split("\n", 1)[0] in SHORT]
    path.write_text("  - id: ".join([head, *kept]))
    return copy


def phone_service(cache_dir: Path, folder: Path, **env: str) -> Running:
    """Return a service, not started yet, that answers calls at a free port."""
    data = folder / "data"
    data.mkdir()
    return Running(
        cache_dir,
        data,
        "--sip",
        "127.0.0.1:0",
        VOICE_AGENT_SCRIPTS_DIR=str(short_opening(folder)),
        **QUICK,
        **env,
    )
