"""Find the speech models on disk: one manifest, every file verified once, nothing downloaded.

Imports no model library: packages are found by their spec and never executed.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from voice_agent.core.errors import StillHereError
from voice_agent.engines.manifest import ModelEntry, ModelFile, Package, entry, manifest

__all__ = ["FileCheck", "ModelEntry", "ModelError", "check", "entry", "home", "locate", "manifest"]

_BLOCK = 1 << 20


class ModelError(StillHereError):
    """A model is missing, damaged, or cannot be prepared."""

    def __init__(self, model: str, sentence: str) -> None:
        self.model = model
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What `check` found for one file: `found` is its SHA-256, None when it is not there."""

    path: Path
    expected: str
    found: str | None

    @property
    def ok(self) -> bool:
        """Whether the file is there and is the one the manifest names."""
        return self.found == self.expected


def home(name: str, cache_dir: Path) -> Path:
    """Return the folder below `cache_dir` for a model that does not lie whole in one package.

    It is named after the digest, so that another version never lies half over this one.
    """
    model = entry(name)
    return cache_dir / f"{model.name}-{model.digest[:12]}"


def locate(name: str, cache_dir: Path) -> Path:
    """Return where the model lies, every file verified against its SHA-256 (blocking).

    A file is hashed once; a stamp in `cache_dir` remembers path, size, modification time and
    digest. A model split over packages is joined once into `cache_dir`, atomically; a joined copy
    that was damaged since is joined again.

    Args:
        name: a name of the manifest, e.g. `base` or `en_US-joe-medium`.
        cache_dir: folder for joined files and stamps; made when missing.

    Returns:
        The folder with `model.bin`, `config.json`, `tokenizer.json` and `vocabulary.txt` for
        whisper; the `.onnx` file, with its `.onnx.json` beside it, for piper.

    Raises:
        ModelError: if a package is missing, a file is damaged, or it cannot be joined.
        UsageError: if the manifest has no such model.
    """
    model = entry(name)
    stamps = _Stamps(cache_dir / f"{model.name}.verified.json")
    folder = _folder(model, cache_dir)
    for file in model.files:
        path = folder / file.path
        if stamps.holds(path, file.sha256):
            continue
        found = _digest(path)
        if found != file.sha256 and _must_be_copied(model):
            found = _join(model, file, path)
        if found is None:
            raise _missing(model, path)
        if found != file.sha256:
            raise _damaged(model, file, path, found)
        stamps.add(path, file.sha256)
    stamps.write()
    return folder if model.kind == "whisper" else folder / model.main


def check(name: str, cache_dir: Path) -> list[FileCheck]:
    """Hash every file of the model again, and its parts, whatever the stamps say (blocking).

    A file that has not been joined yet is left out when its parts are there.

    Raises:
        ModelError: if a package is missing.
        UsageError: if the manifest has no such model.
    """
    model = entry(name)
    folder = _folder(model, cache_dir)
    checks = []
    for file in model.files:
        path = folder / file.path
        sources = _sources(model, file) if _must_be_copied(model) else []
        checks += [FileCheck(source, digest, _digest(source)) for source, digest in sources]
        if not sources or path.exists():
            checks.append(FileCheck(path, file.sha256, _digest(path)))
    return checks


def _package_folder(package: Package) -> Path | None:
    """Return where the wheel's data lies, without importing it; None when not installed."""
    spec = importlib.util.find_spec(package.module)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / package.folder if places else None


def _must_be_copied(model: ModelEntry) -> bool:
    """Whether the model is spread over several packages and all of them are installed."""
    return len(model.packages) > 1 and all(_package_folder(one) for one in model.packages)


def _folder(model: ModelEntry, cache_dir: Path) -> Path:
    missing = [package for package in model.packages if _package_folder(package) is None]
    own = home(model.name, cache_dir)
    if not missing and len(model.packages) == 1:
        folder = _package_folder(model.packages[0])
        assert folder is not None
        return folder
    if missing and not (own / model.main).exists():
        package = missing[0]
        raise ModelError(
            model.name,
            f"The model '{model.name}' comes with the package {package.name}, which is not "
            f"installed; run: pip install {package.name}=={package.version}.",
        )
    return own


def _sources(model: ModelEntry, file: ModelFile) -> list[tuple[Path, str]]:
    """Return the files in the packages, with their SHA-256, that joined in order make `file`."""
    folders = {one.name: _package_folder(one) for one in model.packages}
    if file.parts:
        return [
            (folder / part.path, part.sha256)
            for part in file.parts
            if (folder := folders[part.package])
        ]
    for folder in folders.values():
        if folder and (folder / file.path).exists():
            return [(folder / file.path, file.sha256)]
    return []


def _join(model: ModelEntry, file: ModelFile, path: Path) -> str | None:
    """Write `file` from its sources to `path`, whole or not at all; return its SHA-256.

    The file is put in place only when the digest is right, so another process never loads half.
    """
    sources = [source for source, _ in _sources(model, file)]
    if not sources or not all(source.exists() for source in sources):
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.path}-", dir=path.parent)
    except OSError as error:
        raise _unwritable(model, path.parent, file.size, error) from error
    temporary = Path(name)
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out:
            for block in _blocks(sources):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() == file.sha256:
            temporary.chmod(0o644)
            temporary.replace(path)
        return digest.hexdigest()
    except OSError as error:
        raise _unwritable(model, path.parent, file.size, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _blocks(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                yield block


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of the file; None when it is not there or not readable."""
    try:
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError:
        return None


class _Stamps:
    """Remembers which files were verified, keyed by path, size, modification time and digest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = False
        try:
            self._known = set(map(tuple, json.loads(path.read_text("utf-8"))))
        except (OSError, ValueError, TypeError):
            self._known = set()  # no stamp, or not ours: hash again

    def holds(self, path: Path, digest: str) -> bool:
        try:
            return self._key(path, digest) in self._known
        except OSError:
            return False

    def add(self, path: Path, digest: str) -> None:
        self._known = {known for known in self._known if known[0] != str(path)}
        self._known.add(self._key(path, digest))
        self._changed = True

    def write(self) -> None:
        if not self._changed:
            return
        # A cache that cannot be written costs a hash at every start, not the session.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".stamp-", dir=self._path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(sorted(self._known), out, indent=0)
            Path(name).replace(self._path)

    @staticmethod
    def _key(path: Path, digest: str) -> tuple[str, int, int, str]:
        stat = path.stat()
        return (str(path), stat.st_size, stat.st_mtime_ns, digest)


def _missing(model: ModelEntry, path: Path) -> ModelError:
    packages = " ".join(f"{one.name}=={one.version}" for one in model.packages)
    return ModelError(
        model.name,
        f"The model '{model.name}' has no readable file {path}; run: "
        f"pip install --force-reinstall {packages}.",
    )


def _damaged(model: ModelEntry, file: ModelFile, path: Path, found: str) -> ModelError:
    packages = " ".join(f"{one.name}=={one.version}" for one in model.packages)
    return ModelError(
        model.name,
        f"The model '{model.name}' is damaged: {path} has SHA-256 {found[:12]}… where "
        f"{file.sha256[:12]}… is expected; run: pip install --force-reinstall {packages}.",
    )


def _unwritable(model: ModelEntry, folder: Path, size: int, error: OSError) -> ModelError:
    reason = error.strerror or str(error)
    return ModelError(
        model.name,
        f"The model '{model.name}' cannot be joined in {folder} ({reason}); make room for "
        f"{size / 1e6:.0f} MB there, or set VOICE_AGENT_CACHE_DIR to a folder that can be written.",
    )
