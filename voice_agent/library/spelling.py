"""Spelling: words that no English word list knows, where a slip of a key would be spoken."""

import functools
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from voice_agent.library.files import Source
from voice_agent.library.finding import Finding
from voice_agent.library.reading import words_of
from voice_agent.library.written import written

if TYPE_CHECKING:
    from spellchecker import SpellChecker

_WORDS = Path(__file__).with_name("words.toml")


@functools.cache
def _speller() -> "SpellChecker":
    from spellchecker import SpellChecker  # its word list takes a moment to load

    speller = SpellChecker(distance=1)
    speller.word_frequency.load_words(tomllib.loads(_WORDS.read_text(encoding="utf-8"))["words"])
    return speller


def misspelt(source: Source) -> Iterator[Finding]:
    """Find words that are in no list, with the nearest that is."""
    for place, text in written(source.script):
        for word in dict.fromkeys(words_of(text)):
            stem = word.removesuffix("'s")
            if _speller().known([word, stem]):
                continue
            near = _speller().correction(word)
            instead = f"write '{near}'" if near and near != word else "write a plain word"
            yield Finding(
                source.path,
                source.line_of(*place),
                f"'{word}' is no word that the list knows; {instead}, or add it to {_WORDS.name}.",
            )
