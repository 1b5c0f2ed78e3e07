"""`models`: what there is, where it comes from, and whether it is whole."""

import json

from calling import Command


def test_list_names_licence_publisher_and_use(command: Command) -> None:
    """Each model is shown with what it may be used under and who made it."""
    rows = json.loads(command("models", "list", "--json").out)
    shown = command("models", "list").out
    assert rows
    for row in rows:
        origin = "hub" if row["hub"] else "publisher"
        assert all(row[name] in shown for name in ("name", "licence", "publisher", origin))


def test_check_names_each_file_once(command: Command) -> None:
    """A file that came in pieces and was joined is no second file."""
    called = command("models", "check")
    assert called.code == 0
    lines = called.out.splitlines()
    assert len(lines) == len(set(lines))
    assert all(line.startswith("ok ") for line in lines)
