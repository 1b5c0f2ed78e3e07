"""Every text of a script that somebody hears or reads, with its place in the file."""

from collections.abc import Iterator

from voice_agent.core.script import Script


def written(script: Script) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text of a script that somebody hears or reads, and its place in the file."""
    yield ("title",), script.title
    yield ("about",), script.about
    for index, line in enumerate(script.lines):
        yield ("lines", index, "ask" if line.is_question else "text"), line.spoken
        if line.show:
            yield ("lines", index, "show", "hint"), line.show.hint or ""
            for at, choice in enumerate(line.show.choices):
                yield ("lines", index, "show", "choices", at, "label"), choice.label
