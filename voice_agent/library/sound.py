"""How a practice sounds: its sentences, words and spelling, its length and its silence."""

from collections.abc import Iterator

from voice_agent.library.files import Source
from voice_agent.library.finding import Finding
from voice_agent.library.promise import promised_minutes
from voice_agent.library.reading import grade, sentences_of, words_of
from voice_agent.library.way import silent_way

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
_OPEN_ENDED = "as long as"


def long_sentences(source: Source) -> Iterator[Finding]:
    """Find sentences too long to follow by ear."""
    for line in source.script.lines:
        for sentence in sentences_of(line.spoken):
            count = len(sentence.split())
            if count > SENTENCE_WORDS_MOST:
                start = " ".join(sentence.split()[:4])
                yield Finding(
                    source.path,
                    source.line_at(line),
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
                source.path, source.line_at(line),
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
                source.path, source.line_at(first),
                "it does not say how long it takes; write 'It takes about two minutes.'",
            )  # fmt: skip
    elif promised is not None and abs(promised - script.minutes) > max(0.25, 0.25 * script.minutes):
        yield Finding(
            source.path, source.line_at(first),
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
                source.path, source.line_at(line, "pause_s"),
                f"the line '{line.id}' leaves {line.pause_s:g} s of silence; "
                f"write {PAUSE_LEAST_S:g} or more.",
            )  # fmt: skip


SOUND = (long_sentences, hard_words, wrong_length, too_much_talk)
"""The rules of this module, each from a script to its faults."""
