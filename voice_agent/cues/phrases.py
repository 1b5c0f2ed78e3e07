"""What is said as plain words, and phrases as a clinician writes them as trees of words."""

import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

ANY_WORDS = 3
"""How many words `...` stands for, at most."""

_PIECE = re.compile(r"\.\.\.|<[a-z_]+>|[a-z0-9']+|[()|]")
_WORD = re.compile(r"[a-z0-9']+")
_SENTENCES = re.compile(r"[.?!\u2026;]+(?=\s|$)")

_CLAUSES = re.compile(r"[.?!\u2026;,:\u2014\u2013]+(?=\s|$)")

_IS_AFTER = {
    "he", "she", "it", "life", "that", "this", "there", "what", "who", "where", "how", "here",
    "someone", "somebody", "everyone", "everybody", "everything", "nobody", "nothing", "something", "name",
}  # fmt: skip
_WITHOUT_APOSTROPHE = {
    "im": "i am", "ive": "i have", "youre": "you are", "youve": "you have", "theyre": "they are",
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not",
    "cannot": "can not", "couldnt": "could not", "wont": "will not", "wouldnt": "would not",
    "shouldnt": "should not", "isnt": "is not", "arent": "are not", "wasnt": "was not",
    "werent": "were not", "havent": "have not", "hasnt": "has not", "hadnt": "had not",
    "aint": "is not", "thats": "that is", "whats": "what is", "theres": "there is",
    "hes": "he is", "shes": "she is", "lets": "let us", "gonna": "going to", "wanna": "want to",
    "gotta": "got to", "gimme": "give me", "lemme": "let me", "imma": "i am going to",
    "kinda": "kind of", "sorta": "sort of", "tryna": "trying to", "ok": "okay", "okey": "okay",
    "mom": "mother", "mum": "mother", "dad": "father", "til": "till", "cuz": "because",
    "cos": "because", "y'all": "you all", "ma'am": "madam", "yeahs": "yeah",
}  # fmt: skip
_ENDINGS = {
    "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would",
}  # fmt: skip


class PhraseError(ValueError):
    """A phrase that cannot be read; the sentence says why."""


def words_of(text: str) -> list[str]:
    """Return the words of `text` in small letters, contractions written out.

    Example:
        >>> words_of("I\u2019m gonna stop. Don't!")
        ['i', 'am', 'going', 'to', 'stop', 'do', 'not']
    """
    plain = unicodedata.normalize("NFKD", text).replace("\u2019", "'").replace("\u2018", "'")
    plain = "".join(c for c in plain.lower() if not unicodedata.combining(c))
    return list(itertools.chain.from_iterable(map(_written_out, _WORD.findall(plain))))


def _written_out(word: str) -> list[str]:
    word = word.strip("'")
    if word in _WITHOUT_APOSTROPHE:
        return _WITHOUT_APOSTROPHE[word].split()
    if "'" not in word:
        return [word] if word else []
    if word == "can't":
        return ["can", "not"]
    if word == "won't":
        return ["will", "not"]
    if word == "let's":
        return ["let", "us"]
    if word.endswith("n't"):
        return [word[:-3] if word != "ain't" else "is", "not"]
    for ending, meaning in _ENDINGS.items():
        if word.endswith(ending):
            return [*_written_out(word[: -len(ending)]), meaning]
    stem, _, rest = word.partition("'")
    if rest == "s" and stem in _IS_AFTER:
        return [stem, "is"]
    return _written_out(stem + rest)


def sentences_of(text: str) -> list[list[str]]:
    """Return the words of each sentence of `text`, without empty ones."""
    return [words for part in _SENTENCES.split(text) if (words := words_of(part))]


def first_clause_of(text: str) -> list[str]:
    """Return the words up to the first comma, dash or end of a sentence.

    Example:
        >>> first_clause_of("Stop, I want to rest.")
        ['stop']
    """
    return next((words for part in _CLAUSES.split(text) if (words := words_of(part))), [])


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A phrase: one word, any word, parts in a row (`all_of`) or one of several (`one_of`)."""

    word: str | None = None
    any_word: bool = False
    all_of: tuple["Tree", ...] = ()
    one_of: tuple["Tree", ...] = ()

    @property
    def may_be_empty(self) -> bool:
        """Whether no word at all fits."""
        if self.one_of:
            return any(tree.may_be_empty for tree in self.one_of)
        return self.word is None and not self.any_word and all(t.may_be_empty for t in self.all_of)

    @property
    def may_begin_with_any(self) -> bool:
        """Whether any word at all could be its first."""
        if self.any_word:
            return True
        if self.one_of:
            return any(tree.may_begin_with_any for tree in self.one_of)
        for tree in self.all_of:
            if tree.may_begin_with_any:
                return True
            if not tree.may_be_empty:
                return False
        return False


_NOTHING = Tree()
_ANY = Tree(one_of=(Tree(any_word=True), _NOTHING))


@dataclass(slots=True)
class Reader:
    """Reads phrases; the signs are explained at the top of `grammar.toml`."""

    sets: Mapping[str, str]
    _read: dict[str, Tree] = field(default_factory=dict)
    _reading: list[str] = field(default_factory=list)

    def read(self, phrase: str) -> Tree:
        """Return the tree of a phrase.

        Raises:
            PhraseError: a bracket or a set is missing, or it could begin with anything or be empty.
        """
        tree = self._whole(phrase)
        if tree.may_be_empty or tree.may_begin_with_any:
            raise PhraseError(f"'{phrase}' could begin with anything; give it a first word")
        return tree

    def _whole(self, phrase: str) -> Tree:
        pieces = _PIECE.findall(phrase.lower())
        if re.sub(r"\s", "", phrase.lower()) != "".join(pieces):
            raise PhraseError(f"'{phrase}' has a sign that means nothing; take it out")
        tree, _, rest = self._choices(pieces, phrase)
        if rest:
            raise PhraseError(f"'{phrase}' closes a bracket that it did not open")
        return tree

    def _set(self, name: str, phrase: str) -> Tree:
        if name not in self.sets or name in self._reading:
            raise PhraseError(f"'{phrase}' names <{name}>, which is no set it could use")
        if name not in self._read:
            self._reading.append(name)
            self._read[name] = self._whole(self.sets[name])
            self._reading.pop()
        return self._read[name]

    def _choices(self, pieces: list[str], phrase: str) -> tuple[Tree, int, list[str]]:
        """Read up to a closing bracket or the end: the tree, how many choices, what is left."""
        choices: list[Tree] = []
        row: list[Tree] = []
        while pieces and pieces[0] != ")":
            piece, *pieces = pieces
            if piece == "|":
                choices.append(Tree(all_of=tuple(row)))
                row = []
            elif piece == "(":
                inner, count, pieces = self._choices(pieces, phrase)
                if not pieces:
                    raise PhraseError(f"'{phrase}' does not close a bracket")
                pieces = pieces[1:]
                # A bracket around one thing makes it optional.
                row.append(inner if count > 1 else Tree(one_of=(inner, _NOTHING)))
            elif piece == "...":
                row.extend([_ANY] * ANY_WORDS)
            elif piece.startswith("<"):
                row.append(self._set(piece[1:-1], phrase))
            else:
                row.extend(Tree(word=word) for word in words_of(piece))
        choices.append(Tree(all_of=tuple(row)))
        tree = choices[0] if len(choices) == 1 else Tree(one_of=tuple(choices))
        return tree, len(choices), pieces
