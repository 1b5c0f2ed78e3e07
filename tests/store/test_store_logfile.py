"""What a log as a file promises: whole from its first moment, and clear about what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from voice_agent.core.errors import SchemaError, StillHereError, UsageError
from voice_agent.store import LogWriter, read_log

HEADER = {"code": "0.1.0", "settings": {"ladder.offer_s": 30.0}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def _write(path: Path, *lines: str) -> None:
    first = '{"type":"session","schema":1}'
    path.write_text("\n".join([first, *lines]), encoding="utf-8")


def test_log_comes_back_as_it_was_written(path: Path) -> None:
    """Header and lines are read in order, objects and finished lines alike."""
    with LogWriter(path, HEADER) as log:
        log.write({"type": "say", "t": 1.0, "line": "grüß"})
        log.write('{"type":"wait","t":2.0}')
    header, lines = read_log(path)
    assert header == {"type": "session", "schema": 1, **HEADER}
    assert list(lines) == [
        {"type": "say", "t": 1.0, "line": "grüß"},
        {"type": "wait", "t": 2.0},
    ]
    assert lines.truncated is False


def test_same_lines_give_the_same_bytes(tmp_path: Path) -> None:
    """Two logs of the same events are equal to the byte, each line with its end."""
    for name in ("a", "b"):
        with LogWriter(tmp_path / name, HEADER) as log:
            log.write({"type": "say", "t": 1.0})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes().endswith(b'{"type":"say","t":1.0}\n')


def test_each_line_is_in_the_file_when_write_returns(path: Path) -> None:
    """A log can be read while it grows: a killed process loses no line it has written."""
    log = LogWriter(path, HEADER)
    assert list(read_log(path)[1]) == []
    log.write({"type": "say", "t": 1.0})
    assert list(read_log(path)[1]) == [{"type": "say", "t": 1.0}]
    log.close()
    log.close()


def test_older_log_is_replaced_whole_and_nothing_lies_beside(path: Path) -> None:
    """The new log takes the old one's place with its first line in it; no other file stays."""
    path.write_text("an older log\n")
    log = LogWriter(path, HEADER)
    assert json.loads(path.read_text())["type"] == "session"
    log.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_header_that_cannot_be_written_leaves_the_older_log(path: Path) -> None:
    """A fault before the first line is complete changes nothing."""
    path.write_text("an older log\n")
    with pytest.raises(ValueError, match="JSON"):
        LogWriter(path, {"bad": float("nan")})
    assert path.read_text() == "an older log\n"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_folder_that_is_missing_or_a_file_is_one_sentence(tmp_path: Path) -> None:
    """A place that cannot be written is named, with what would work."""
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "none" / "log", tmp_path / "file" / "log", tmp_path):
        with pytest.raises(UsageError, match="cannot be written") as caught:
            LogWriter(place, HEADER)
        assert str(place) in str(caught.value)


def test_full_disk_is_one_sentence() -> None:
    """A line that does not fit any more is a sentence that says what is left."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    log = LogWriter.__new__(LogWriter)
    log._path = full
    log._file = full.open("w")
    with pytest.raises(StillHereError, match="No space left"):
        log.write({"type": "say", "t": 1.0})


@pytest.mark.parametrize("cut", ['{"type":"sa', '{"type":"say","t":1.0', '"', '{"text":"\\ud8'])
def test_last_line_cut_off_is_left_out_and_flagged(path: Path, cut: str) -> None:
    """What a killed process leaves at the end is ignored, and one can ask."""
    _write(path, '{"type":"ticked","t":0.1}', cut)
    _, lines = read_log(path)
    assert list(lines) == [{"type": "ticked", "t": 0.1}]
    assert lines.truncated is True


def test_last_line_cut_inside_a_character_is_left_out(path: Path) -> None:
    """Half a UTF-8 character at the end is a cut too."""
    path.write_bytes(b'{"type":"session","schema":1}\n{"text":"\xc3')
    _, lines = read_log(path)
    assert list(lines) == []
    assert lines.truncated is True


def test_whole_last_line_without_its_end_counts(path: Path) -> None:
    """An editor that drops the last newline loses nothing."""
    _write(path, '{"type":"ticked","t":0.1}')
    _, lines = read_log(path)
    assert len(list(lines)) == 1
    assert lines.truncated is False


@pytest.mark.parametrize(
    "bad", ["not json", "[1]", "3", '{"t":NaN}', '{"a":1} {"b":2}', "\ufeff{}"]
)
def test_line_that_is_no_object_is_named_by_its_number(path: Path, bad: str) -> None:
    """A broken log does not look finished: the line's number is in the sentence."""
    _write(path, '{"type":"ticked","t":0.1}', "", bad, '{"type":"ticked","t":0.2}', "")
    _, lines = read_log(path)
    assert next(lines)["t"] == 0.1
    with pytest.raises(UsageError, match="line 4: not a JSON object"):
        next(lines)


@pytest.mark.parametrize("schema", ["2", '"1"', "null", "1.5"])
def test_unknown_schema_is_refused(path: Path, schema: str) -> None:
    """A log of another schema is named as such, not read wrongly."""
    path.write_text(f'{{"type":"session","schema":{schema}}}\n')
    with pytest.raises(SchemaError, match="schema"):
        read_log(path)


@pytest.mark.parametrize("text", ["", "\n", '{"type":"say"}\n', "RIFF....WAVE", '{"type":"sess'])
def test_file_that_is_no_log_is_one_sentence(path: Path, text: str) -> None:
    """An empty, cut or other file is refused at its first line."""
    path.write_text(text)
    with pytest.raises(UsageError, match="line 1: not a"):
        read_log(path)


def test_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """A file that is not there, or a folder, is named."""
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_log(place)


def test_files_do_without_the_databases_library() -> None:
    """Reading and writing logs does not load SQLAlchemy, which costs .6 s of a start."""
    code = "import sys, voice_agent.store as s; s.read_log; sys.exit('sqlalchemy' in sys.modules)"
    root = Path(__file__).parent.parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
