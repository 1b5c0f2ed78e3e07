"""What a good practice keeps to beyond its form: each rule finds its faults in one script."""

import functools
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from voice_agent.core.script import VARIANTS, Line, Script
from voice_agent.library.files import Source
from voice_agent.library.finding import Finding
from voice_agent.library.promise import promised_minutes
from voice_agent.library.reading import grade, sentences_of, words_of
from voice_agent.library.way import silent_way

_CATALOGUE = Path(__file__).with_name("catalogue.toml")

SENTENCE_WORDS_MOST = 18
"""The longest sentence that is followed by ear without holding on to it."""
GRADE_MOST = 6.0
"""The school grade (Flesch-Kincaid) of a whole script (PRACTICES asks for about the sixth)."""
LINE_GRADE_MOST = 8.0
LINE_WORDS_LEAST = 8
"""A grade means nothing below some words: shorter lines are not graded alone."""
LENGTH_OFF_MOST = 0.1
"""How far the estimated length may be from the promise, as a share of it."""
SILENCE_LEAST = 0.3
"""The least share of a practice that is silence."""
PAUSE_LEAST_S = 1.0
ORIENTING = frozenset({"feet", "room", "what holds you", "hands and feet"})
"""Hints of lines that lead the attention to the room or to the body's edges."""
_ROOM = frozenset({"room", "floor", "feet"})
WITHOUT_WORDS = (
    (frozenset({"yes", "first"}), "yes or first", "a hum and key 1 are an answer"),
    (frozenset({"no", "second", "stay"}), "no, second or stay", "key 2 or 7 is one"),
)
NO_CHOICE = frozenset({"silence", "other", "rated", "skip", "again"})
"""Answers that are given by words or by nothing, and need no button."""
_OPEN_ENDED = "as long as"


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


def _at(source: Source, line: Line) -> int | None:
    index = source.script.lines.index(line)
    return source.line_of("lines", index, "ask" if line.is_question else "text")


def _field(source: Source, line: Line, name: str) -> int | None:
    return source.line_of("lines", source.script.lines.index(line), name)


def long_sentences(source: Source) -> Iterator[Finding]:
    """Find sentences too long to follow by ear."""
    for line in source.script.lines:
        for sentence in sentences_of(line.spoken):
            count = len(sentence.split())
            if count > SENTENCE_WORDS_MOST:
                start = " ".join(sentence.split()[:4])
                yield Finding(
                    source.path,
                    _at(source, line),
                    f"the sentence '{start} …' has {count} words; "
                    f"write sentences of {SENTENCE_WORDS_MOST} at most.",
                )


def hard_words(source: Source) -> Iterator[Finding]:
    """Find lines, and scripts as a whole, that ask for more schooling than they may."""
    spoken = [line.spoken for line in source.script.lines]
    whole = grade([sentence for text in spoken for sentence in sentences_of(text)])
    if whole > GRADE_MOST:
        yield Finding(
            source.path, source.line_of("lines"),
            f"it reads at grade {whole:.1f}; write shorter words and sentences, "
            f"for grade {GRADE_MOST:g} at most.",
        )  # fmt: skip
    for line in source.script.lines:
        if len(words_of(line.spoken)) < LINE_WORDS_LEAST:
            continue
        level = grade(sentences_of(line.spoken))
        if level > LINE_GRADE_MOST:
            hardest = max(words_of(line.spoken), key=len)
            yield Finding(
                source.path, _at(source, line),
                f"this line reads at grade {level:.1f}; write shorter words "
                f"(as for '{hardest}') or sentences.",
            )  # fmt: skip


def wrong_length(source: Source) -> Iterator[Finding]:
    """Find a practice that lasts longer or shorter than it says, or does not say it."""
    script = source.script
    if script.kind != "practice":
        return
    takes = silent_way(script).length_s / 60
    if abs(takes - script.minutes) > LENGTH_OFF_MOST * script.minutes:
        yield Finding(
            source.path, source.line_of("minutes"),
            f"it takes about {takes:.1f} minutes in silence, not {script.minutes:g}; "
            "write other pauses, or that length.",
        )  # fmt: skip
    first = script.lines[0]
    promised = promised_minutes(first.spoken)
    if promised is None and _OPEN_ENDED not in first.spoken:
        if "minute" not in first.spoken:
            yield Finding(
                source.path, _at(source, first),
                "it does not say how long it takes; write 'It takes about two minutes.'",
            )  # fmt: skip
    elif promised is not None and abs(promised - script.minutes) > max(0.25, 0.25 * script.minutes):
        yield Finding(
            source.path, _at(source, first),
            f"it promises {promised:g} minutes, and minutes is {script.minutes:g}; "
            "write the same in both.",
        )  # fmt: skip


def too_much_talk(source: Source) -> Iterator[Finding]:
    """Find a practice that leaves too little silence, and lines that leave none."""
    script = source.script
    if script.kind != "practice":
        return
    way = silent_way(script)
    share = 1 - way.spoken_s / way.length_s
    if share < SILENCE_LEAST:
        yield Finding(
            source.path, source.line_of("lines"),
            f"only {share:.0%} of it is silence; write longer pauses, "
            f"for {SILENCE_LEAST:.0%} or more.",
        )  # fmt: skip
    for line in script.lines:
        if not line.is_question and line.lasts_s is None and line.pause_s < PAUSE_LEAST_S:
            yield Finding(
                source.path, _field(source, line, "pause_s"),
                f"the line '{line.id}' leaves {line.pause_s:g} s of silence; "
                f"write {PAUSE_LEAST_S:g} or more.",
            )  # fmt: skip


def needs_words(source: Source) -> Iterator[Finding]:
    """Find questions of a practice that cannot be answered by a hum, a key and a tap."""
    script = source.script
    if script.kind != "practice":
        return
    questions = [line for line in script.lines if line.is_question]
    first = questions[0] if questions else None
    for line in questions:
        where = _field(source, line, "answers")
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
                _at(source, line),
                f"the question '{line.id}' asks {asked} things; write one question at a time.",
            )


def goes_in_circles(source: Source) -> Iterator[Finding]:
    """Find lines from which silence never comes to an end."""
    for line in source.script.lines:
        if silent_way(source.script, line.id).circles_at == line.id:
            yield Finding(
                source.path, _at(source, line),
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
                source.path, _at(source, first), f"the first line lacks this; write '{instead}'"
            )
    heard = silent_way(script).lines
    last = heard[-3:]
    if not any(_orients(line) or _ROOM & set(words_of(line.spoken)) for line in last):
        yield Finding(
            source.path, _at(source, heard[-1]),
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
                source.path, _at(source, line),
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


RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    long_sentences,
    hard_words,
    wrong_length,
    too_much_talk,
    needs_words,
    one_at_a_time,
    goes_in_circles,
    no_way_out,
    unstated_contraindications,
)
