"""How hard a text is to follow by ear: its sentences, its syllables and its school grade."""

import re
from collections.abc import Sequence

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”\u2019)\]]*(?=\s|$)|$)", re.DOTALL)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_VARIABLE = re.compile(r"\{[^}]*\}")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^aeiouyl]e|[aeiou]le|[^aeiouytd]ed|[^aeiouyscxzg]es)$")
_TWO_VOWELS = re.compile(r"i[ao](?![nu])|(?<!t)(?<!fr)ie(?=n|t)|[aeoy]ing|ua(?!r)|rea(?=te)")
_SILENT_INSIDE = re.compile(r"[^aeiou]e(?=(?:ness|ment|less|ful|ly|thing|where|times?)$)")


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences of `text`, without the space between them.

    Example:
        >>> sentences_of("Feel your feet. Is there a word?")
        ('Feel your feet.', 'Is there a word?')
    """
    return tuple(" ".join(match.group().split()) for match in _SENTENCE.finditer(text))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of `text` in small letters; variables and digits are none."""
    return tuple(_WORD.findall(_VARIABLE.sub(" ", text).replace("\u2019", "'").lower()))


def syllables(word: str) -> int:
    """Estimate the syllables of an English word by its groups of vowels, at least one.

    Example:
        >>> [syllables(word) for word in ("feet", "notice", "quiet", "noticed")]
        [1, 2, 2, 2]
    """
    small = word.lower()
    count = len(_VOWELS.findall(small)) + len(_TWO_VOWELS.findall(small))
    count -= len(_SILENT_INSIDE.findall(small))
    if count > 1 and _SILENT_END.search(small):
        count -= 1
    return max(1, count)


def grade(sentences: Sequence[str]) -> float:
    """Return the Flesch-Kincaid grade of `sentences` (Kincaid et al. 1975); 0 where no word is."""
    words = [word for sentence in sentences for word in words_of(sentence)]
    if not words:
        return 0.0
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59
