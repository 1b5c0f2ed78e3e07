"""The rows of PRACTICES: which there are, and whom each is not for."""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from voice_agent.library.files import Source
from voice_agent.library.finding import Finding

_CATALOGUE = Path(__file__).with_name("catalogue.toml")


@functools.cache
def catalogue() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """Return the rows of PRACTICES by id, and what each may not be offered with."""
    read = tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))
    return read["rows"], {row: tuple(names) for row, names in read["not_for"].items()}


def missing_rows(sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find the rows of PRACTICES that no practice is written for."""
    written = {source.script.source for source in sources.values()}
    for row, title in catalogue()[0].items():
        if row not in written:
            yield Finding(
                f"PRACTICES {row}", None, f"no practice is written for it; write '{title}'."
            )


def unstated_contraindications(source: Source) -> Iterator[Finding]:
    """Find a practice of no row, or one that leaves out whom it is not for."""
    script = source.script
    if script.kind != "practice":
        return
    rows, not_for = catalogue()
    if script.source not in rows:
        yield Finding(
            source.path, source.line_of("source"),
            f"'{script.source}' is no row of PRACTICES; write one of A1 to G6.",
        )  # fmt: skip
    if "not_for" not in source.tree:
        yield Finding(source.path, 1, "it does not say whom it is not for; write 'not_for: []'.")
    for name in not_for.get(script.source, ()):
        if name not in script.not_for:
            yield Finding(
                source.path, source.line_of("not_for"),
                f"not_for lacks '{name}', which {script.source} asks for; add it.",
            )  # fmt: skip
