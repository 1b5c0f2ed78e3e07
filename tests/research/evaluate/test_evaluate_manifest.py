"""A table of somebody's own data: read as it is meant, refused in one sentence."""

from pathlib import Path

import pytest

from voice_agent.core.errors import UsageError
from voice_agent.research.evaluate.manifest import Row, one_of, read, seconds


def table(folder: Path, text: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_read_by_its_manifest(tmp_path):
    """A folder stands for its manifest.csv; further columns are kept; audio lies beside it."""
    (tmp_path / "a.wav").write_bytes(b"")
    table(tmp_path, "audio,text,note\na.wav,hello there,x\n")
    assert read(tmp_path, ("audio", "text")) == [
        {"audio": str(tmp_path / "a.wav"), "text": "hello there", "note": "x"}
    ]


def test_a_spreadsheets_mark_at_the_beginning_is_no_column(tmp_path):
    """Spreadsheets write a byte order mark; the first column is found all the same."""
    path = table(tmp_path, "\ufefftext,label\nhello,other\n")
    assert read(path, ("text", "label"))[0]["text"] == "hello"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("text\nhello\n", "lacks the column label"),
        ("text,label\n", "has no rows"),
        ("text,label\nhello\n", "line 2: has fewer values"),
        ("", "lacks the column text, label"),
    ],
)
def test_a_wrong_table_gets_one_sentence(tmp_path, text, says):
    """What is missing is named, with the line."""
    with pytest.raises(UsageError, match=says) as error:
        read(table(tmp_path, text), ("text", "label"))
    assert "\n" not in str(error.value)


def test_a_missing_recording_is_named_before_any_work(tmp_path):
    """A row whose recording is not there is refused at once, with its line."""
    path = table(tmp_path, "audio,text\nnot-there.wav,hello\n")
    with pytest.raises(UsageError, match=r"line 2: the recording .*not-there\.wav is not there"):
        read(path, ("audio", "text"))


def test_what_is_not_a_table_is_refused(tmp_path):
    """A recording given for a table, or a path that is not there, is one sentence."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UsageError, match="cannot be read as a table"):
        read(path, ("text",))
    with pytest.raises(UsageError, match="is not there"):
        read(tmp_path / "nowhere", ("text",))


@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf"])
def test_seconds_are_numbers_from_nought_on(value):
    """A time that is none is refused with its column."""
    with pytest.raises(UsageError, match="column start_s"):
        seconds(Row(start_s=value), "start_s")


def test_an_unknown_word_is_told_what_is_known():
    """A label outside the list is refused with the list."""
    assert one_of(Row(label="yes"), "label", ("yes", "no")) == "yes"
    with pytest.raises(UsageError, match="known are yes, no"):
        one_of(Row(label="maybe"), "label", ("yes", "no"))


def test_a_wrong_value_is_told_with_its_line(tmp_path):
    """Whoever has a thousand rows is told which one to mend."""
    rows = read(table(tmp_path, "text,label\nhello,yes\nhello,maybe\n"), ("text", "label"))
    with pytest.raises(UsageError, match=r"manifest\.csv, line 3: 'maybe' in the column label"):
        one_of(rows[1], "label", ("yes", "no"))
