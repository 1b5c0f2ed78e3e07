"""`replay` as somebody calls it: logs in, a verdict out."""

import json
from pathlib import Path

import pytest
from calling import Command, quiet

from voice_agent.core import wire


@pytest.fixture(scope="module")
def silence(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of a minute of silence: the opening, a soft word, an offer."""
    folder = tmp_path_factory.mktemp("silence")
    log = folder / "run.jsonl"
    command = Command(cache_dir, folder / "data")
    called = command("talk", "--input", quiet(folder / "q.wav", 75), "--events", log)
    assert called.code == 0
    assert '"type":"offer"' in log.read_text("utf-8")
    return log


def edited(log: Path, to: Path, kind: str, **fields: object) -> Path:
    """Write the log with one decision changed: the first of this kind."""
    lines = log.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        row = json.loads(line)
        if row["type"] == kind:
            lines[number] = json.dumps({**row, **fields}, separators=(",", ":"))
            break
    to.write_text("\n".join(lines) + "\n", "utf-8")
    return to


def test_identical_log_exits_with_nought(command: Command, silence: Path) -> None:
    """The verdict names the log, what it holds, and that it is the same."""
    called = command.real("replay", silence, "--verify")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith(f"{silence}: identical; ")


def test_edited_decision_is_shown_and_exits_with_one(
    command: Command, silence: Path, tmp_path: Path
) -> None:
    """The first difference says after what, what the log has and what is decided now."""
    log = edited(silence, tmp_path / "edited.jsonl", "offer", why="a hunch")
    called = command("replay", log, "--verify")
    assert (called.code, called.err) == (1, "")
    first, after, logged, decided, change = called.out.splitlines()
    assert first.startswith(f"{log}: different; ")
    assert after.startswith('After {"type":')
    assert logged.startswith('  the log has  {"type":"offer"')
    assert "a hunch" in logged
    assert decided.startswith('  replay gives {"type":"offer"')
    assert change.startswith("  the offer: at ")
    assert change.endswith(" instead of a hunch")
    assert command("replay", log).code == 0


def offer_s(log: Path) -> float:
    rows = map(json.loads, log.read_text("utf-8").splitlines())
    return next(float(row["t"]) for row in rows if row["type"] == "offer")


def test_other_setting_shows_what_moved(command: Command, silence: Path) -> None:
    """With an earlier offer each decision that moved stands in a line with both times."""
    called = command("replay", silence, "--set", "ladder.offer_s=20")
    assert (called.code, called.err) == (0, "")
    verdict, *moved = called.out.splitlines()
    assert verdict.startswith(f"{silence}: different; ")
    was = offer_s(silence)
    offer = next(line for line in moved if line.startswith("  the offer: "))
    assert offer.startswith(f"  the offer: {was - 10:.1f} s instead of {was:.1f} s; why ")
    assert f"  the line ladder.offer: {was - 10:.1f} s instead of {was:.1f} s" in moved
    assert not any("After {" in line for line in moved)
    assert command("replay", silence, "--set", "ladder.offer_s=20", "--verify").code == 1


def test_setting_as_it_was_changes_nothing(command: Command, silence: Path) -> None:
    """A value that was in force gives an identical replay; several may be given."""
    called = command(
        "replay", silence, "--verify", "--set", "ladder.offer_s=30", "--set", "ladder.soft_s=12"
    )
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith(f"{silence}: identical; ")


def test_long_account_is_shortened_and_whole_as_json(
    command: Command, silence: Path, tmp_path: Path
) -> None:
    """At most twelve changes are shown, the rest is counted; --json has every one."""
    log, out = tmp_path / "bare.jsonl", tmp_path / "out.json"
    rows = [json.loads(line) for line in silence.read_text("utf-8").splitlines()]
    kept = [row for row in rows if row["type"] not in wire.COMMANDS]
    log.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
    called = command("replay", log, "--set", "ladder.wait_s=61", "--json", out)
    assert called.code == 0
    gone = len(rows) - len(kept)
    assert called.out.splitlines()[-1] == f"  … and {gone - 12} more (--json OUT has them all)"
    assert len(called.out.splitlines()) == 14
    result = json.loads(out.read_text("utf-8"))
    assert result["set"] == {"ladder.wait_s": "61"}
    (row,) = result["replayed"]
    assert (row["path"], row["identical"], row["truncated"]) == (str(log), False, False)
    assert len(row["changes"]) == gone
    assert all(each["change"] == "appeared" for each in row["changes"])
    assert command.refused("replay", log, "--json", tmp_path / "no" / "x").endswith(
        "name a file in a folder that can."
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("ladder.offer_s", "'ladder.offer_s' sets nothing; write e.g. ladder.offer_s=20."),
        ("ladder.ofer_s=3", "There is no setting ladder.ofer_s; the nearest is ladder.offer_s."),
        ("ladder.offer_s=x", "ladder.offer_s is 'x'; give a number, more than 0 and at most 3600."),
    ],
)
def test_wrong_change_is_one_sentence(
    command: Command, silence: Path, change: str, says: str
) -> None:
    """A change that changes nothing, an unknown setting and a wrong value are each named."""
    assert command.refused("replay", silence, "--set", change) == says


def test_folder_of_logs_is_replayed_whole(command: Command, silence: Path, tmp_path: Path) -> None:
    """All logs below a folder are replayed in order; a bad one hides none of the others."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jsonl").write_bytes(silence.read_bytes())
    (tmp_path / "z.jsonl").write_bytes(silence.read_bytes())
    (tmp_path / "notes.txt").write_text("no log")
    called = command("replay", tmp_path, "--verify")
    assert called.code == 0
    assert [line.split(":")[0] for line in called.out.splitlines()] == [
        str(tmp_path / "deep" / "a.jsonl"),
        str(tmp_path / "z.jsonl"),
        "2 logs",
    ]
    assert called.out.endswith("2 logs: 2 identical.\n")
    (tmp_path / "bad.jsonl").write_text("no log\n")
    edited(silence, tmp_path / "y.jsonl", "offer", why="a hunch")
    called = command("replay", tmp_path, "--verify")
    assert called.code == 2
    assert called.sentence.startswith(f"{tmp_path / 'bad.jsonl'}, line 1: not a JSON object")
    assert called.out.endswith("4 logs: 2 identical, 1 different, 1 not readable.\n")
    assert called.out.count("jsonl: identical") == 2
    assert called.out.count("jsonl: different") == 1


def test_several_paths_are_replayed_in_their_order(
    command: Command, silence: Path, tmp_path: Path
) -> None:
    """Files and folders may stand beside each other."""
    (tmp_path / "a.jsonl").write_bytes(silence.read_bytes())
    called = command("replay", silence, tmp_path, silence, "--verify")
    assert called.code == 0
    names = [line.partition(": ")[0] for line in called.out.splitlines()]
    assert names == [str(silence), str(tmp_path / "a.jsonl"), str(silence), "3 logs"]


def test_log_cut_off_is_replayed_and_that_is_said(
    command: Command, silence: Path, tmp_path: Path
) -> None:
    """What a killed process left verifies as far as it goes, at whatever byte it ends."""
    whole = silence.read_bytes()
    starts = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for start in starts[2 : len(starts) - 1 : 11]:
        log = tmp_path / "cut.jsonl"
        log.write_bytes(whole[: start + 20])
        called = command("replay", log)
        assert called.code == 0
        assert called.sentence == f"{log}: the last line was cut off and is left out."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "{path}, line 1: not a log; a log begins with"),
        (b"hello\n", "{path}, line 1: not a JSON object; a log has one on each line."),
        (b"RIFF\x00\xff\xfe\n", "{path}, line 1: not a JSON object;"),
        (b'{"type":"say","t":1}\n', "{path}, line 1: not a log; a log begins with"),
        (b'{"type":"session","schema":99}\n', "{path}: The log has schema 99; this version reads"),
        (b'{"type":"session","schema":1}\n{"type":"x"}\n', "{path}, line 2: 'x' is not the type"),
        (b'{"type":"session","schema":1,"settings":[1]}\n', "{path}, line 1: The log's settings"),
        (
            b'{"type":"session","schema":1,"settings":{"ladder.up_s":1}}\n',
            "{path}, line 1: The log's setting ladder.up_s = 1 does not fit this version",
        ),
        (
            b'{"type":"session","schema":1}\n{"type":"setting_changed","t":1,"key":"a","value":1}\n',
            "{path}, line 2: The setting a cannot be 1.0 in this version.",
        ),
    ],
)
def test_file_that_is_no_log_is_one_sentence(
    command: Command, tmp_path: Path, content: bytes, says: str
) -> None:
    """The file, the line and what is wrong there are named."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert command.refused("replay", path).startswith(says.format(path=path))


def test_missing_log_and_empty_folder_are_one_sentence(command: Command, tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    path = tmp_path / "none.jsonl"
    assert command.refused("replay", path) == f"There is no log {path}; check the path."
    sentence = command.refused("replay", tmp_path)
    assert sentence == f"There is no log in {tmp_path}; give a folder with *.jsonl files."
