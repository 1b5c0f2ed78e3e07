"""Rules of words that must stand together in any order, as a clinician writes them."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voice_agent.cues.automaton import Tag
from voice_agent.cues.phrases import PhraseError, Reader, Tree

WITHIN_WORDS = 14
"""How many words apart the first and the last word of a rule may be."""
_NEAR_WORDS = 5
"""How close to the parts something is that bars a rule."""
_MOST_SPANS = 6
"""Of a part that was said more often, so many nearest to the rarest part are looked at."""
_SIGN = re.compile(r"\s([+\-])\s")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be said (`parts`) and what must not (`without`), by the numbers of the parts."""

    cue: int
    parts: tuple[int, ...]
    without: tuple[int, ...]


class Rules:
    """Reads rules like "<people> + <better> + without me - <he>", and finds those that hold."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._by_first: dict[int, list[Rule]] = {}
        self.phrases: list[tuple[Tree, Tag]] = []
        """The phrases of all parts, for the automaton."""

    def add(self, cue: int, written: str, reader: Reader) -> None:
        """Read one rule.

        Raises:
            PhraseError: it has fewer than two parts, or one that cannot be read.
        """
        first, *rest = _SIGN.split(f" {written.strip()} ")
        parts = [self._part(first, reader)]
        without: list[int] = []
        for sign, phrase in zip(rest[::2], rest[1::2], strict=True):
            (parts if sign == "+" else without).append(self._part(phrase, reader))
        if len(parts) < 2 and not without:
            raise PhraseError(f"'{written}' needs a second part; write it after ' + '")
        rule = Rule(cue, tuple(parts), tuple(without))
        self._by_first.setdefault(parts[0], []).append(rule)

    def _part(self, phrase: str, reader: Reader) -> int:
        phrase = phrase.strip()
        if phrase not in self._numbers:
            number = self._numbers[phrase] = len(self._numbers)
            self.phrases.append((reader.read(phrase), (number, "part")))
        return self._numbers[phrase]

    def holding(
        self, spans: Mapping[Tag, Sequence[Span]], excepted: Mapping[int, Iterable[Span]]
    ) -> set[int]:
        """Return the cues of the rules that hold; `excepted` is what does not count, by cue."""
        said = {number for number, kind in spans if kind == "part"}
        cues: set[int] = set()
        for number in said:
            for rule in self._by_first.get(number, ()):
                if rule.cue not in cues and said.issuperset(rule.parts):
                    exceptions = tuple(excepted.get(rule.cue, ()))
                    if _holds(rule, spans, exceptions):
                        cues.add(rule.cue)
        return cues


def _holds(rule: Rule, spans: Mapping[Tag, Sequence[Span]], exceptions: Sequence[Span]) -> bool:
    clear = []
    for part in rule.parts:
        kept = [span for span in spans[part, "part"] if is_clear(span, exceptions)]
        if not kept:
            return False
        clear.append(kept)
    clear.sort(key=len)
    barred = [span for part in rule.without for span in spans.get((part, "part"), ())]
    for chosen in _chosen(clear[0], clear[1:]):
        begin = min(span[0] for span in chosen)
        end = max(span[1] for span in chosen)
        if end - begin <= WITHIN_WORDS and _apart(chosen):
            near = (begin - _NEAR_WORDS, end + _NEAR_WORDS)
            if not any(near[0] <= at[0] and at[1] <= near[1] for at in barred):
                return True
    return False


def _chosen(rarest: Sequence[Span], others: Sequence[Sequence[Span]]) -> Iterator[tuple[Span, ...]]:
    """Yield a span of each part: each of the rarest part, with those of the others nearest to it.

    However often a part was said before ("i", "it"), what is said at the end of a long utterance
    is found as well as what is said at its beginning.
    """
    for first in rarest:
        near = [
            sorted(spans, key=lambda at: abs(at[0] - first[0]))[:_MOST_SPANS] for spans in others
        ]
        for rest in itertools.product(*near):
            yield (first, *rest)


def _apart(chosen: Sequence[Span]) -> bool:
    """Return whether no two parts share a word."""
    ordered = sorted(chosen)
    return all(one[1] <= other[0] for one, other in itertools.pairwise(ordered))


def is_clear(span: Span, excepted: Iterable[Span] | None) -> bool:
    """Return whether no exception covers a part of `span`."""
    return all(end <= span[0] or span[1] <= begin for begin, end in excepted or ())


def is_covered(row: Span, pieces: Iterable[Span], padding: Iterable[Span]) -> bool:
    """Return whether `row` is pieces and padding end to end, with a piece at least."""
    begin, end = row
    reached = {(begin, False)}
    steps = sorted([(*span, True) for span in pieces] + [(*span, False) for span in padding])
    for first, last, means in steps:
        if (first, True) in reached:
            reached.add((last, True))
        if (first, False) in reached:
            reached.add((last, means))
    return (end, True) in reached
