"""What keeps a practice kind: answers without words, ways out, and no breath before the room."""

from collections.abc import Iterator, Mapping

from voice_agent.core.script import VARIANTS, Line, Script
from voice_agent.library.files import Source
from voice_agent.library.finding import Finding
from voice_agent.library.reading import sentences_of, words_of
from voice_agent.library.way import silent_way

ORIENTING = frozenset({"feet", "room", "what holds you", "hands and feet"})
"""Hints of lines that lead the attention to the room or to the body's edges."""
_KEYS = frozenset({"one", "two", "seven", "key", "keys", "press"})
_ROOM = frozenset({"room", "floor", "feet"})
WITHOUT_WORDS = (
    (frozenset({"yes", "first"}), "yes or first", "a hum and key 1 are an answer"),
    (frozenset({"no", "second", "stay"}), "no, second or stay", "key 2 or 7 is one"),
)
NO_CHOICE = frozenset({"silence", "other", "rated", "skip", "again"})
"""Answers that are given by words or by nothing, and need no button."""


def needs_words(source: Source) -> Iterator[Finding]:
    """Find questions of a practice that cannot be answered by a hum, a key and a tap."""
    script = source.script
    if script.kind != "practice":
        return
    questions = [line for line in script.lines if line.is_question]
    first = questions[0] if questions else None
    for line in questions:
        where = source.line_at(line, "answers")
        for some, named, why in WITHOUT_WORDS:
            if not some & set(line.answers):
                yield Finding(
                    source.path, where,
                    f"the question '{line.id}' lacks {named}; add one, so that {why}.",
                )  # fmt: skip
        shown = {choice.id for choice in line.show.choices} if line.show else set()
        led = {line.answers[answer] for answer in shown & set(line.answers)}
        for answer in sorted(set(line.answers) - NO_CHOICE - shown):
            if line.answers[answer] not in led:
                yield Finding(
                    source.path, where,
                    f"the answer '{answer}' of '{line.id}' cannot be tapped; "
                    "add a choice for it to show.",
                )  # fmt: skip
        if line.id.endswith("-phone") and not _KEYS & set(words_of(line.spoken)):
            yield Finding(
                source.path,
                source.line_at(line),
                f"'{line.id}' names no key; write 'One is yes, two is no.'",
            )
        keys_known = line != first and {"yes", "no"} <= set(line.answers)
        known = {other.id for other in script.lines}
        if not keys_known and script.plain(line.id) == line.id and f"{line.id}-phone" not in known:
            yield Finding(
                source.path, where,
                f"the question '{line.id}' names no keys; write '{line.id}-phone' that does.",
            )  # fmt: skip


def one_at_a_time(source: Source) -> Iterator[Finding]:
    """Find questions that ask several things at once; a variant may name a key for each."""
    if source.script.kind != "practice":
        return
    for line in source.script.lines:
        asked = sum(
            sentence.rstrip("\"'”\u2019)").endswith("?") for sentence in sentences_of(line.spoken)
        )
        variant = source.script.plain(line.id) != line.id
        if line.is_question and asked > 1 and not variant:
            yield Finding(
                source.path,
                source.line_at(line),
                f"the question '{line.id}' asks {asked} things; write one question at a time.",
            )


def goes_in_circles(source: Source) -> Iterator[Finding]:
    """Find lines from which silence never comes to an end."""
    for line in source.script.lines:
        if silent_way(source.script, line.id).circles_at == line.id:
            yield Finding(
                source.path, source.line_at(line),
                f"from '{line.id}' silence comes round to it again; lead it to end.",
            )  # fmt: skip


def no_way_out(source: Source) -> Iterator[Finding]:
    """Find a practice whose first words leave out open eyes or stopping, or whose end the room."""
    script = source.script
    if script.kind != "practice":
        return
    first = script.lines[0]
    small = first.spoken.lower()
    for word, instead in (
        ("eyes open", "Eyes open is fine."),
        ("stop", "You can stop at any time."),
    ):
        if word not in small:
            yield Finding(
                source.path, source.line_at(first), f"the first line lacks this; write '{instead}'"
            )
    heard = silent_way(script).lines
    last = heard[-3:]
    if not any(_orients(line) or _ROOM & set(words_of(line.spoken)) for line in last):
        yield Finding(
            source.path, source.line_at(heard[-1]),
            "it does not come back to the room at its end; write a line about the room, or the "
            "feet, with that hint.",
        )  # fmt: skip


def _orients(line: Line) -> bool:
    return bool(line.show and line.show.hint in ORIENTING)


def breathes(script: Script) -> bool:
    """Whether the practice leads the breath."""
    return any(_leads_breath(line) for line in script.lines)


def _leads_breath(line: Line) -> bool:
    return bool(line.show and line.show.breath in ("in", "hold", "out"))


def breath_before_orienting(source: Source, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Find a breath that is led, or offered, before the person has found the room."""
    script = source.script
    for name in script.only_after:
        if name not in sources:
            yield Finding(
                source.path, source.line_of("only_after"),
                f"'{name}' is no practice; write the id of one that orients.",
            )  # fmt: skip
    for index, line in enumerate(script.lines):
        for answer, target in line.answers.items():
            other = sources.get(target)
            if other and breathes(other.script) and script.id not in other.script.only_after:
                yield Finding(
                    source.path, source.line_of("lines", index, "answers", answer),
                    f"it leads to a breath ('{target}') without orienting; "
                    "lead to one of its only_after.",
                )  # fmt: skip
    if not breathes(script):
        return
    if not script.only_after:
        yield Finding(
            source.path, source.line_of("lines"),
            "it leads the breath and may be offered first; write only_after: [feet-and-room].",
        )  # fmt: skip
    ids = {line.id: line for line in script.lines}
    todo, seen = [script.first], {script.first}
    while todo:
        line = ids[todo.pop()]
        if _leads_breath(line):
            yield Finding(
                source.path, source.line_at(line),
                f"the breath of '{line.id}' comes before the room; write a line with the hint "
                "feet or room before it.",
            )  # fmt: skip
            return
        if _orients(line) and not line.is_question:
            continue
        onward = {*line.answers.values(), *(() if line.is_question else (script.after(line.id),))}
        onward |= {f"{name}-{variant}" for name in onward for variant in VARIANTS}
        todo += [name for name in onward & set(ids) if name not in seen]
        seen |= onward


CARE = (needs_words, one_at_a_time, goes_in_circles, no_way_out)
"""The rules of this module that look at one script alone."""
