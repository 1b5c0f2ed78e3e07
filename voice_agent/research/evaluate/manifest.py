"""Reading the table that says what was recorded and what is in it."""

import csv
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from voice_agent.core.errors import UsageError


class Row(dict[str, str]):
    """One line of a table by column; `audio` is a path that can be opened as it stands."""

    place = ""
    """Which line of which table it is, for who has to mend it."""


def read(path: Path, columns: Sequence[str]) -> list[Row]:
    """Read a table, or the `manifest.csv` of a folder.

    Args:
        path: A CSV file (UTF-8, comma, first line names the columns) or a folder that holds
            `manifest.csv`. Further columns are kept and mean nothing.
        columns: The columns that must be there. A relative `audio` is looked for beside the table.

    Raises:
        UsageError: The table, a column, a value or a recording is missing.
    """
    table = path / "manifest.csv" if path.is_dir() else path
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [each for each in columns if each not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(
                    f"{table} lacks the column {', '.join(missing)}; "
                    f"it needs {','.join(columns)} in its first line."
                )
            rows = [_row(table, reader.line_num, each, columns) for each in reader]
    except FileNotFoundError:
        raise UsageError(f"{table} is not there: name a folder with manifest.csv.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{table} cannot be read as a table: {error}.") from error
    if not rows:
        raise UsageError(f"{table} has no rows: there is nothing to measure.")
    return rows


def _row(table: Path, line: int, raw: dict[str, str | None], columns: Sequence[str]) -> Row:
    row = Row({key: (value or "").strip() for key, value in raw.items() if isinstance(key, str)})
    row.place = f"{table}, line {line}: "
    if any(raw.get(each) is None for each in columns):
        raise UsageError(f"{table}, line {line}: has fewer values than columns.")
    if "audio" in columns:
        if not row["audio"]:
            raise UsageError(f"{table}, line {line}: names no recording.")
        audio = (table.parent / row["audio"]).resolve()
        if not audio.is_file():
            raise UsageError(f"{table}, line {line}: the recording {audio} is not there.")
        row["audio"] = str(audio)
    return row


def seconds(row: Row, column: str) -> float:
    """Return a value of a row in seconds.

    Raises:
        UsageError: It is not a number of seconds from 0 on.
    """
    try:
        value = float(row[column])
    except ValueError:
        value = -1.0
    if not (isfinite(value) and value >= 0):
        raise UsageError(
            f"{place(row)}'{row[column]}' in the column {column} is not a number of seconds."
        )
    return value


def one_of(row: Row, column: str, known: Sequence[str]) -> str:
    """Return a value that must be one of the known words.

    Raises:
        UsageError: It is another word.
    """
    if row[column] not in known:
        raise UsageError(
            f"{place(row)}'{row[column]}' in the column {column} is not known; known are {', '.join(known)}."
        )
    return row[column]


def place(row: dict[str, str]) -> str:
    """Return where a row stands; rows made in code stand nowhere."""
    return row.place if isinstance(row, Row) else ""
