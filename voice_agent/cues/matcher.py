"""The phrase grammar: from what was recognised to cue ids, the most urgent first."""

import functools
import itertools
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from voice_agent.core.errors import UsageError
from voice_agent.cues.automaton import Automaton, Tag
from voice_agent.cues.heard import Heard
from voice_agent.cues.phrases import (
    PhraseError,
    Reader,
    Tree,
    first_clause_of,
    sentences_of,
    words_of,
)
from voice_agent.cues.together import Rules, Span, is_clear, is_covered

SCHEMA = 1
SHORT_WORDS = 12
"""The number of words up to which any one sentence of an utterance may be what is meant."""
STARTS_WITHIN = 8
"""The number of words up to which an utterance may be understood by how it begins."""

_LISTS = (
    "whole",
    "opens",
    "starts",
    "anywhere",
    "unless",
    "softened_by",
    "kept_by",
    "settled_by",
    "made_of",
)
_FIELDS = {"id", "says", "softer", "together", *_LISTS}


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LEADING = _listed("""
    um uh er erm ah oh well so hey hi hello okay and but just like please sorry actually honestly
    now then hmm hm mm
""")
_PADDING: Tag = (-1, "padding")
_HUM_WORDS = 2
_FILLED_PAUSES = frozenset(["um", "uh", "er", "erm", "uhm"])
_TRAILING = frozenset(["please", "thanks", "now", "then"])
_HUMS = frozenset(["m", "mm", "mmm", "hm", "hmm", "hmmm", "mhm", "mmhm"])
_OPEN_WORDS = _listed("""
    and but because i um uh er erm uhm the my if when while although
""")
_OPEN_IF_UNPUNCTUATED = _listed("""
    so or am a an to that with for of like then is was were are have had it he she we they you in
    on at about not than as what who maybe your his her our their
""")


@dataclass(frozen=True, slots=True)
class _Cue:
    id: str
    softer: str | None


class Grammar:
    """What people may say, by cue; made once and shared, because it keeps nothing they said."""

    def __init__(
        self,
        cues: Iterable[tuple[str, str | None]],
        phrases: Automaton,
        rules: Rules,
        heard: Heard,
        hedges: Iterable[str],
    ) -> None:
        self._cues = tuple(_Cue(*cue) for cue in cues)
        self._phrases = phrases
        self._rules = rules
        self._heard = heard
        self._hedges = frozenset(hedges)
        self.ids = tuple(cue.id for cue in self._cues)
        """The ids of all cues, the most urgent first."""
        self._order = {cue_id: index for index, cue_id in enumerate(self.ids)}

    @classmethod
    def from_text(cls, toml: str) -> "Grammar":
        """Read a grammar; its form is explained at the top of `grammar.toml`.

        Raises:
            UsageError: it is no TOML, has an unknown field, or a phrase that cannot be read.
        """
        try:
            written = tomllib.loads(toml)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"The grammar is no TOML: {error}.") from error
        if written.get("schema") != SCHEMA:
            raise UsageError(
                f"The grammar has schema {written.get('schema')!r}; write 'schema = {SCHEMA}'."
            )
        cues = written.get("cue", ())
        ids = [cue.get("id") for cue in cues]
        if not ids or not all(ids) or len(set(ids)) != len(ids):
            raise UsageError("The grammar's cues need ids; give each its own.")
        for cue in cues:
            _check_fields(cue, ids)
        reader = Reader(written.get("sets", {}))
        rules = _rules(cues, reader)
        padding = [(_padding(phrase, reader), _PADDING) for phrase in written.get("padding", ())]
        phrases = Automaton(itertools.chain(_phrases(cues, reader), rules.phrases, padding))
        return cls(
            [(cue["id"], cue.get("softer")) for cue in cues],
            phrases,
            rules,
            Heard(written.get("heard", {}), written.get("spelled", "").split()),
            written.get("hedges", "").split(),
        )

    def cues(self, text: str) -> tuple[str, ...]:
        """Return the ids of what `text` says, the most urgent first; of nothing, nothing."""
        right = self._heard.righted
        sentences = [_without_fillers(right(words)) for words in sentences_of(text)]
        if not sentences:
            return ()
        said = list(itertools.chain.from_iterable(sentences))
        spans = self._spans(said)
        given = self._inside(spans)
        alone = self._made(said, sentences, spans)
        plain = [word for word in said if word not in self._hedges]
        if len(plain) != len(said):
            given |= self._inside(self._spans(plain))
        for core in _cores(right(first_clause_of(text))):
            alone.update(self._alone(core, {"opens"}))
        for place, words in enumerate(sentences):
            for core in _cores(words):
                alone.update(self._alone(core, _fitting(len(said), place, len(sentences))))
        if len(sentences) > 1:
            for core in _cores(said):
                alone.update(self._alone(core, {"whole"}))
        given |= {self._cues[cue].id for cue in alone}
        return tuple(sorted(given, key=self._order.__getitem__))

    def _inside(self, spans: Mapping[Tag, list[Span]]) -> set[str]:
        """Return the cues that stand somewhere, by the places of all phrases."""
        unless = {cue: at for (cue, kind), at in spans.items() if kind == "unless"}
        found = {
            cue
            for (cue, kind), at in spans.items()
            if kind == "anywhere" and any(is_clear(span, unless.get(cue)) for span in at)
        }
        found |= self._rules.holding(spans, unless)
        return {self._given(cue, spans) for cue in found}

    def _spans(self, words: Sequence[str]) -> dict[Tag, list[Span]]:
        """Return where in `words` each cue's phrases stand, by the list they are in."""
        spans: dict[Tag, list[Span]] = {}
        for begin in range(len(words)):
            for end, tags in self._phrases.walk(words, begin):
                for tag in tags:
                    spans.setdefault(tag, []).append((begin, end))
        return spans

    def _made(
        self, said: Sequence[str], sentences: Sequence[Sequence[str]], spans: dict[Tag, list[Span]]
    ) -> set[int]:
        """Return the cues whose pieces, with padding, make up a short utterance or a sentence of it."""
        pieces = {cue: at for (cue, kind), at in spans.items() if kind == "made_of"}
        if not pieces or len(said) > SHORT_WORDS:
            return set()
        padding = list(spans.get(_PADDING, ()))
        padding += [(at, at + 1) for at, word in enumerate(said) if word in self._hedges]
        ends = list(itertools.accumulate(map(len, sentences)))
        rows = {(0, len(said)), *zip([0, *ends], ends, strict=False)}
        found = set[int]()
        for cue, at in pieces.items():
            unless = spans.get((cue, "unless"))
            clear = [span for span in at if is_clear(span, unless)]
            if clear and any(is_covered(row, clear, padding) for row in rows):
                found.add(cue)
        return found

    def _alone(self, core: Sequence[str], kinds: Container[str]) -> Iterator[int]:
        """Yield the cues that a sentence without the words around it is, or begins with."""
        begun: list[tuple[int, Span]] = []
        for end, tags in self._phrases.walk(core):
            for cue, kind in tags:
                if kind not in kinds:
                    continue
                if kind == "starts":
                    begun.append((cue, (0, end)))
                elif end == len(core):
                    yield cue
        if begun:
            spans = self._spans(core)
            yield from (cue for cue, span in begun if is_clear(span, spans.get((cue, "unless"))))

    def _given(self, cue: int, spans: Mapping[Tag, object]) -> str:
        """Return the cue's id, or the softer one where something else that was said asks it."""
        softer = self._cues[cue].softer
        if softer is None:
            return self._cues[cue].id
        softened = (cue, "softened_by") in spans and (cue, "kept_by") not in spans
        return softer if softened or (cue, "settled_by") in spans else self._cues[cue].id


def _check_fields(cue: Mapping[str, Any], ids: Sequence[str]) -> None:
    unknown = sorted(set(cue) - _FIELDS)
    if unknown:
        raise UsageError(f"The cue '{cue['id']}' has the unknown field '{unknown[0]}'; drop it.")
    softer = cue.get("softer")
    if softer is not None and softer not in ids:
        raise UsageError(f"The cue '{cue['id']}' softens to '{softer}'; give the id of a cue.")


def _phrases(cues: Sequence[Mapping[str, Any]], reader: Reader) -> Iterator[tuple[Tree, Tag]]:
    for index, cue in enumerate(cues):
        for kind in _LISTS:
            for phrase in cue.get(kind, ()):
                try:
                    yield reader.read(phrase), (index, kind)
                except PhraseError as error:
                    raise UsageError(f"In the cue '{cue['id']}', {error}.") from error


def _padding(phrase: str, reader: Reader) -> Tree:
    try:
        return reader.read(phrase)
    except PhraseError as error:
        raise UsageError(f"In the padding, {error}.") from error


def _rules(cues: Sequence[Mapping[str, Any]], reader: Reader) -> Rules:
    rules = Rules()
    for index, cue in enumerate(cues):
        for written in cue.get("together", ()):
            try:
                rules.add(index, written, reader)
            except PhraseError as error:
                raise UsageError(f"In the cue '{cue['id']}', {error}.") from error
    return rules


def _fitting(words: int, place: int, sentences: int) -> set[str]:
    """Return the lists that a sentence at `place` in an utterance of so many words may match."""
    kinds = set()
    if place == 0 and words <= STARTS_WITHIN:
        kinds.add("starts")
    if place == sentences - 1 or words <= SHORT_WORDS:
        kinds.add("whole")
    return kinds


def _without_fillers(words: list[str]) -> list[str]:
    """Return a sentence without filled pauses; a very short one may be a hum, and stays."""
    if len(words) <= _HUM_WORDS:
        return words
    return [word for word in words if word not in _FILLED_PAUSES] or words


def _cores(words: list[str]) -> Iterator[list[str]]:
    """Yield a sentence as it is, without repeated words, and without the words around it."""
    yield words
    once = [word for word, _ in itertools.groupby(words)]
    if len(once) != len(words):
        yield once
    begin, end = 0, len(once)
    while begin < end - 1 and once[begin] in _LEADING:
        begin += 1
        yield once[begin:end]
    while begin < end - 1 and once[end - 1] in _TRAILING:
        end -= 1
        yield once[begin:end]
    if once[end - 2 : end] == ["thank", "you"] and end - 2 > begin:
        yield once[begin : end - 2]


def is_open_ended(text: str) -> bool:
    """Return whether `text` sounds unfinished: it ends in "and", "I", a filled pause or a comma.

    Example:
        >>> is_open_ended("I was at home and"), is_open_ended("I was at home.")
        (True, False)
    """
    bare = text.rstrip(" \"'\u201d\u2019)")
    words = words_of(bare)
    if not words or all(word in _HUMS for word in words):
        return False
    if bare.endswith((",", "...", "\u2026", "-", "\u2014", "\u2013", ":")):
        return True
    last = words[-1]
    if last in _OPEN_WORDS or last in _HUMS:
        return True
    return bare[-1] not in ".?!" and last in _OPEN_IF_UNPUNCTUATED and len(words) > 1


@functools.cache
def default_grammar() -> Grammar:
    """Return the grammar that ships with the package, read once a process."""
    return Grammar.from_text(
        resources.files("voice_agent.cues").joinpath("grammar.toml").read_text(encoding="utf-8")
    )
