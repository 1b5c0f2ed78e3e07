"""What is said as plain words, and phrases as a clinician writes them as trees of words."""

import itertools
import re
import unicodedata
from collections.abc import Mapping

ANY_WORDS = 3
"""How many words `...` and `..` stand for, at most."""
I_WORD = "i"
"""The word that `..` stops at: what follows it is about the speaker."""

_PIECE = re.compile(r"\.\.\.?|<[a-z_]+>|[a-z0-9']+|[()|]")
_WORD = re.compile(r"[a-z0-9']+")
_NAME_IS = re.compile(
    r"\b(?!let's)([a-z]+)'s (?=[a-z]+ing\b|(?:not|been|got|had|gone|just|so|on|dead|never|always|here|taken)\b)"
)
"""Where an "'s" after any noun is an "is" (or a "has"), by the word that follows."""
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
    "cos": "because", "id": "i would", "theyd": "they would", "youd": "you would",
    "itd": "it would", "itll": "it will", "theyll": "they will", "youll": "you will",
    "wouldve": "would have", "shouldve": "should have", "couldve": "could have",
    "whos": "who is", "lifes": "life is", "nothings": "nothing is", "everythings": "everything is", "y'all": "you all", "ma'am": "madam", "yeahs": "yeah",
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
    if "'s " in plain:
        plain = _NAME_IS.sub(r"\1 is ", plain)
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


class Tree:
    """A phrase: one word, any word (or any but "I"), parts in a row or one of several."""

    __slots__ = (
        "all_of", "any_word", "but_i", "may_be_empty", "may_begin_with_any", "one_of", "word",
    )  # fmt: skip

    def __init__(
        self,
        word: str | None = None,
        *,
        any_word: bool = False,
        but_i: bool = False,
        all_of: tuple["Tree", ...] = (),
        one_of: tuple["Tree", ...] = (),
    ) -> None:
        self.word = word
        self.any_word = any_word
        self.but_i = but_i
        self.all_of = all_of
        self.one_of = one_of
        self.may_be_empty = not word and not any_word
        """Whether no word at all fits."""
        self.may_begin_with_any = any_word
        """Whether any word at all could be its first."""
        if one_of:
            self.may_be_empty = any(tree.may_be_empty for tree in one_of)
            self.may_begin_with_any = any(tree.may_begin_with_any for tree in one_of)
        for tree in all_of:
            self.may_begin_with_any = self.may_begin_with_any or tree.may_begin_with_any
            if not tree.may_be_empty:
                self.may_be_empty = False
                break


_NOTHING = Tree()
_ANY = Tree(one_of=(Tree(any_word=True), _NOTHING))
_ANY_BUT_I = Tree(one_of=(Tree(any_word=True, but_i=True), _NOTHING))


class Reader:
    """Reads phrases; the signs are explained at the top of `grammar.toml`."""

    def __init__(self, sets: Mapping[str, str]) -> None:
        self._sets = sets
        self._read: dict[str, Tree] = {}
        self._reading: list[str] = []
        self._words: dict[str, list[Tree]] = {}

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
        if "".join(phrase.lower().split()) != "".join(pieces):
            raise PhraseError(f"'{phrase}' has a sign that means nothing; take it out")
        tree, _, place = self._choices(pieces, 0, phrase)
        if place < len(pieces):
            raise PhraseError(f"'{phrase}' closes a bracket that it did not open")
        return tree

    def _set(self, name: str, phrase: str) -> Tree:
        if name not in self._sets or name in self._reading:
            raise PhraseError(f"'{phrase}' names <{name}>, which is no set it could use")
        if name not in self._read:
            self._reading.append(name)
            self._read[name] = self._whole(self._sets[name])
            self._reading.pop()
        return self._read[name]

    def _word(self, piece: str) -> list[Tree]:
        """Return a word's tree; most words stand in many phrases."""
        trees = self._words.get(piece)
        if trees is None:
            trees = self._words[piece] = [Tree(word=word) for word in words_of(piece)]
        return trees

    def _choices(self, pieces: list[str], place: int, phrase: str) -> tuple[Tree, int, int]:
        """Read up to a closing bracket or the end: the tree, how many choices, where it ends."""
        choices: list[Tree] = []
        row: list[Tree] = []
        while place < len(pieces) and pieces[place] != ")":
            piece = pieces[place]
            place += 1
            if piece == "|":
                choices.append(_row(row))
                row = []
            elif piece == "(":
                inner, count, place = self._choices(pieces, place, phrase)
                if place >= len(pieces):
                    raise PhraseError(f"'{phrase}' does not close a bracket")
                place += 1
                # A bracket around one thing makes it optional.
                row.append(inner if count > 1 else Tree(one_of=(inner, _NOTHING)))
            elif piece == "...":
                row.extend([_ANY] * ANY_WORDS)
            elif piece == "..":
                row.extend([_ANY_BUT_I] * ANY_WORDS)
            elif piece[0] == "<":
                row.append(self._set(piece[1:-1], phrase))
            else:
                row.extend(self._word(piece))
        choices.append(_row(row))
        tree = choices[0] if len(choices) == 1 else Tree(one_of=tuple(choices))
        return tree, len(choices), place


def _row(parts: list[Tree]) -> Tree:
    """Return parts in a row as one tree; one part is itself."""
    return parts[0] if len(parts) == 1 else Tree(all_of=tuple(parts))
