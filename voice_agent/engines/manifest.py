"""The models' manifest as plain values: what each model is, where it comes from, its digests."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from voice_agent.core.errors import UsageError
from voice_agent.shipped import shipped


@dataclass(frozen=True, slots=True)
class Package:
    """A data wheel that brings model files."""

    name: str
    version: str
    module: str
    folder: str


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a file that was split to fit a wheel."""

    package: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model, sizes in bytes; `parts` (if any) joined in order make it."""

    path: str
    size: int
    sha256: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a model hub has the same files."""

    id: str
    revision: str
    folder: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest; `main` is the file that names it to its library.

    `hub` is None where a package is where the model is published.
    """

    name: str
    kind: str
    used_for: str
    licence: str
    publisher: str
    main: str
    hub: Hub | None
    packages: tuple[Package, ...]
    files: tuple[ModelFile, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the main file: what a cache of this model's results is keyed by."""
        return next(file.sha256 for file in self.files if file.path == self.main)


@cache
def manifest() -> list[ModelEntry]:
    """Return the models of `models/manifest.toml`, in its order."""
    data = tomllib.loads((shipped("models") / "manifest.toml").read_text("utf-8"))
    return [_entry(row) for row in data["model"]]


def entry(name: str) -> ModelEntry:
    """Return the model `name`.

    Raises:
        UsageError: if the manifest has no such model.
    """
    for model in manifest():
        if model.name == name:
            return model
    known = ", ".join(model.name for model in manifest())
    raise UsageError(f"There is no model '{name}'; give one of: {known}.")


def _entry(row: dict[str, Any]) -> ModelEntry:
    files = tuple(
        ModelFile(
            file["path"],
            file["size"],
            file["sha256"],
            tuple(Part(**part) for part in file.get("part", ())),
        )
        for file in row["file"]
    )
    return ModelEntry(
        name=row["name"],
        kind=row["kind"],
        used_for=row["used_for"],
        licence=row["licence"],
        publisher=row["publisher"],
        main=row["main"],
        hub=Hub(**row["hub"]) if "hub" in row else None,
        packages=tuple(Package(**package) for package in row["package"]),
        files=files,
    )
