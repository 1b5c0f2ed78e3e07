"""When to listen again while somebody speaks, and which words of a partial stand (pure)."""

import re
from collections.abc import Sequence

MAX_EDITS = 0.34
"""A partial that differs from more of the committed words than this is another guess."""


class PartialSchedule:
    """Decides when a partial decode of a growing utterance is due.

    First after `first_s` of speech, then every `every_s`; as the utterance grows and each decode
    costs more, after every `share` of its length, so that decoding stays a bounded part of a core.

    Args:
        first_s: seconds of speech before the first; a "stop" is .35 s to .5 s long.
        every_s: least seconds of new speech between two.
        share: new speech between two as a share of all speech so far.
    """

    def __init__(self, *, first_s: float = 0.35, every_s: float = 0.4, share: float = 0.1) -> None:
        self._first_s = first_s
        self._every_s = every_s
        self._share = share
        self._taken_s: float | None = None

    def next_s(self) -> float:
        """Return the length of the utterance, in seconds, at which the next partial is due."""
        if self._taken_s is None:
            return self._first_s
        return self._taken_s + max(self._every_s, self._share * self._taken_s)

    def due(self, length_s: float) -> bool:
        """Whether a partial is due at this length of the utterance, in seconds."""
        # Lengths are sums of frames: a hair under the mark is the mark.
        return length_s >= self.next_s() - 1e-6

    def taken(self, length_s: float) -> None:
        """Note that a partial of this length was begun."""
        self._taken_s = length_s

    def reset(self) -> None:
        """Begin a new utterance."""
        self._taken_s = None


class Agreement:
    """Commits the words on which two partials in a row agree; takes none back.

    Source: LocalAgreement-2, Macháček et al. 2023, "Turning Whisper into a Real-Time
    Transcription System".

    Example:
        >>> agreement = Agreement()
        >>> agreement.update("I feel far".split())
        ()
        >>> agreement.update("I feel far away".split())
        ('I', 'feel', 'far')
        >>> agreement.text
        'I feel far away'
    """

    def __init__(self) -> None:
        self._committed: tuple[str, ...] = ()
        self._pending: tuple[str, ...] = ()

    @property
    def committed(self) -> tuple[str, ...]:
        """The words that stand until the utterance is over."""
        return self._committed

    @property
    def text(self) -> str:
        """The committed words and the newest guess at what follows."""
        return " ".join(self._committed + self._pending)

    def update(self, words: Sequence[str]) -> tuple[str, ...]:
        """Take a new partial of the whole utterance; return the words it commits.

        What follows the committed words in it is found by the fewest edits, as a later partial may
        hear a word more or less at the beginning. One that contradicts too much of what is
        committed commits nothing. An empty one (a guard dropped it) changes nothing.
        """
        if not words:
            return ()
        at, edits = _follows(list(map(_plain, self._committed)), list(map(_plain, words)))
        fresh = tuple(words[at:])
        agreed = 0
        for before, now in zip(self._pending, fresh, strict=False):
            if _plain(before) != _plain(now):
                break
            agreed += 1
        newly = fresh[:agreed] if edits <= MAX_EDITS * len(self._committed) else ()
        self._committed += newly
        self._pending = fresh[len(newly) :]
        return newly

    def settle(self, words: Sequence[str]) -> None:
        """Commit the words of a final past those that stand; no guess is left."""
        self._committed += tuple(words[len(self._committed) :])
        self._pending = ()

    def reset(self) -> None:
        """Begin a new utterance."""
        self._committed = ()
        self._pending = ()


def _follows(committed: list[str], words: list[str]) -> tuple[int, int]:
    """Return where in `words` the committed ones end, and how many edits apart they are.

    Among places that fit equally well the one nearest to the committed length is meant.
    """
    row = list(range(len(words) + 1))
    for i, word in enumerate(committed, 1):
        before, row = row, [i]
        for j, other in enumerate(words, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other)))
    at = min(range(len(row)), key=lambda j: (row[j], abs(j - len(committed))))
    return at, row[at]


def _plain(word: str) -> str:
    return re.sub(r"[^\w']", "", word).lower()
