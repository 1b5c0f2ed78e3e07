"""Where the files lie that ship with the package: practices, page and models' manifest."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"


def shipped(name: str) -> Path:
    """Return the folder `name` (`scripts_audio` or `models`): of the wheel, or of the checkout."""
    inside = _SHIPPED / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
