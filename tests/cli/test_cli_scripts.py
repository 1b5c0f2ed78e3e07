"""`scripts`: the practices listed, checked and heard."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from calling import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the practices, to be spoilt."""
    source = Path(__file__).parents[2] / "scripts_audio"
    return Path(shutil.copytree(source, tmp_path / "scripts"))


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first `old` of a file; return the number of its line."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_list_as_json_is_a_list_of_objects(command: Command) -> None:
    """Each practice has id, source, title, for whom and minutes; nothing else is printed."""
    called = command("scripts", "list", "--json")
    assert (called.code, called.err) == (0, "")
    rows = json.loads(called.out)
    assert {"feet-and-room", "wait-with-me"} <= {row["id"] for row in rows}
    for row in rows:
        assert set(row) == {"id", "source", "title", "for", "minutes"}
        assert set(row["for"]) <= {"solo", "both", "pursuer", "withdrawer"}
        assert row["minutes"] > 0
    assert rows == sorted(rows, key=lambda row: (row["source"], row["id"]))


def test_list_shows_each_practice_on_a_line(command: Command) -> None:
    """The readable list names the same practices; with --all also the lines around them."""
    practices = command("scripts", "list").out.splitlines()
    everything = command("scripts", "list", "--all").out.splitlines()
    assert any("feet-and-room" in line for line in practices)
    assert not any("opening" in line for line in practices)
    assert any("opening" in line for line in everything)
    assert set(practices) < set(everything)


def test_list_tells_what_is_left_out(command: Command, folder: Path) -> None:
    """A practice with a wrong key is told on stderr; the others are listed, JSON stays JSON."""
    number = spoil(folder / "feet-and-room.yaml", "pause_s:", "paus_s:")
    called = command("scripts", "list", "--json", scripts_dir=str(folder))
    assert called.code == 0
    assert called.sentence.startswith(f"feet-and-room.yaml, line {number}: 'paus_s' is no field")
    assert "feet-and-room" not in {row["id"] for row in json.loads(called.out)}


def test_shipped_practices_are_right(command: Command) -> None:
    """Nothing is found in what ships."""
    called = command("scripts", "check")
    assert (called.code, called.out) == (0, "Every practice is as it should be.\n")


def test_check_names_every_fault_with_its_line(command: Command, folder: Path) -> None:
    """A wrong key, a number out of bounds and a missing script are all found, and exit with 1."""
    first = spoil(folder / "feet-and-room.yaml", "pause_s:", "paus_s:")
    second = spoil(folder / "wait-with-me.yaml", "minutes: ", "minutes: -")
    (folder / "goodbye.yaml").unlink()
    called = command("scripts", "check", folder)
    assert called.code == 1
    found = called.out.splitlines()
    assert any(line.startswith(f"feet-and-room.yaml, line {first}: ") for line in found)
    assert any(line.startswith(f"wait-with-me.yaml, line {second}: minutes is -") for line in found)
    assert "goodbye.yaml: is missing; write it." in found


@pytest.mark.parametrize("what", ["nowhere", "file"])
def test_folder_that_is_none_is_one_sentence(command: Command, tmp_path: Path, what: str) -> None:
    """A folder that is not there is told as such, not as a list of missing files."""
    (tmp_path / "file").write_text("x")
    place = tmp_path / what
    sentence = f"There is no folder {place}; name one with practices (*.yaml) in it."
    assert command.refused("scripts", "check", place) == sentence
    assert command.refused("scripts", "list", scripts_dir=str(place)) == sentence


def test_check_writes_the_schema_that_is_older_than_the_model(
    command: Command, folder: Path
) -> None:
    """The finding names `--write`, which does what it promises, once."""
    schema = folder / "practice.schema.json"
    schema.write_text("{}", "utf-8")
    called = command("scripts", "check", folder)
    assert called.code == 1
    assert "practice.schema.json: is older than the model" in called.out
    assert "`scripts check --write`" in called.out
    written = command("scripts", "check", folder, "--write")
    assert written.out.startswith(f"{schema}: written.\n")
    assert "is older than the model" not in written.out
    assert "written" not in command("scripts", "check", folder, "--write").out


def test_folder_without_practices_is_one_sentence(command: Command, tmp_path: Path) -> None:
    """An empty folder is wrong use, not a list of all that is missing in it."""
    sentence = command.refused("scripts", "check", tmp_path)
    assert sentence == f"There is no practice in {tmp_path}; name a folder with *.yaml files."


def test_preview_is_a_practice_with_its_pauses(command: Command, tmp_path: Path) -> None:
    """What is written has speech and real silences, about as long as the practice says."""
    sound = tmp_path / "feet.wav"
    called = command("scripts", "preview", "feet-and-room", "--output", sound)
    assert called.code == 0
    samples, rate = soundfile.read(sound)
    assert called.out == f"{sound}: {len(samples) / rate:.1f} s.\n"
    assert 60 < len(samples) / rate < 240
    seconds = samples[: len(samples) // rate * rate].reshape(-1, rate)
    silent = np.count_nonzero(~seconds.any(axis=1))
    assert 0.2 < silent / len(seconds) < 0.9


def test_preview_of_no_practice_names_those_there_are(command: Command, tmp_path: Path) -> None:
    """An unknown id is refused before a file is touched."""
    sound = tmp_path / "x.wav"
    sentence = command.refused("scripts", "preview", "nope", "--output", sound)
    assert sentence.startswith("There is no practice 'nope'; give one of: ")
    assert ", feet-and-room, " in sentence or ": feet-and-room, " in sentence
    assert not sound.exists()


def test_preview_that_cannot_be_written_is_one_sentence(command: Command, tmp_path: Path) -> None:
    """A missing folder is named."""
    place = tmp_path / "none" / "x.wav"
    sentence = command.refused("scripts", "preview", "feet-and-room", "--output", place)
    assert sentence.startswith(f"{place} cannot be written (No such file or directory);")
