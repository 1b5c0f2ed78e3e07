"""What a decode gives, and the marks by which a decoder that ran away is known (pure)."""

import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

TOKENS_PER_S = 8
"""Faster than anybody speaks; a decode that uses them all has run away."""
SPARE_TOKENS = 12
MAX_COMPRESSION_RATIO = 2.0
REPEATED_TOKENS = 5
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Decoding:
    """One decode of one stretch of audio.

    Attributes:
        text: what was said, "" when nothing; before any guard.
        words: `text` at its spaces.
        avg_logprob: mean natural-log probability of a token, at most 0.
        no_speech_prob: Whisper's own probability that nobody spoke, 0 to 1.
        looped: the decoder ran away, and what it hides is not known; `text` holds a repeated part
            once.
        seconds: length of the audio in seconds.
    """

    text: str
    words: tuple[str, ...]
    avg_logprob: float
    no_speech_prob: float
    looped: bool
    seconds: float


NOTHING = Decoding("", (), 0.0, 1.0, looped=False, seconds=0.0)


def token_limit(seconds: float) -> int:
    """Return how many tokens a clip of `seconds` may have."""
    return int(TOKENS_PER_S * seconds) + SPARE_TOKENS


def ran_away(tokens: Sequence[int], text: str, limit: int) -> bool:
    """Whether a decode looks like a loop: no end in sight, compressible, or one token over and over.

    Source: the length limit and the repeats are ours (measured on 58 read clips); the compression
    ratio is Whisper's own test, at 2 instead of 2.4.
    """
    raw = text.encode()
    # Under some 20 bytes zlib's header alone decides, so short texts never compress.
    if len(raw) / max(1, len(zlib.compress(raw))) > MAX_COMPRESSION_RATIO:
        return True
    same = 1
    for before, token in itertools.pairwise(tokens):
        same = same + 1 if token == before else 1
        if same >= REPEATED_TOKENS:
            return True
    return len(tokens) >= limit


def said_once(text: str) -> str:
    """Return `text` without the repeats a loop left at its end.

    Example:
        >>> said_once("Yes, please. Yes, please. Yes, please. Yes,")
        'Yes, please.'
        >>> said_once("Well, stop. Stop stop stop stop")
        'Well, stop.'
    """
    words = text.split()
    plain = _plain(words)
    for start in range(len(words)):
        rest = plain[start:]
        for length in range(1, len(rest) // _REPEATS + 1):
            unit = rest[:length]
            if _is_over_and_over(rest, unit):
                return " ".join(words[: start + length])
    return text


def said_twice(text: str) -> bool:
    """Whether the whole text is one sentence of three words or more, twice over.

    People say that too ("I don't know, I don't know"), so it is a reason to look again, no more.
    """
    plain = _plain(text.split())
    half, odd = divmod(len(plain), 2)
    return not odd and half >= _REPEATS and plain[:half] == plain[half:]


def only_repeats(text: str) -> bool:
    """Whether the text is a sentence of three words or more over and over, from its beginning.

    Such a loop hides nothing: 17 of 24 acted sentences with a second of silence after them looped,
    and in each of them the sentence said once was what a decode padded to 30 s gave.
    """
    once = len(said_once(text).split())
    plain = _plain(text.split())
    enough = _REPEATS <= once <= len(plain) // _REPEATS
    return enough and _is_over_and_over(plain, plain[:once])


def _is_over_and_over(words: Sequence[str], unit: Sequence[str]) -> bool:
    """Whether `words` repeat `unit` to their end, whose last word may be cut off by the limit."""
    should = [unit[i % len(unit)] for i in range(len(words))]
    return should[:-1] == list(words[:-1]) and should[-1].startswith(words[-1])


def _plain(words: Sequence[str]) -> list[str]:
    return [re.sub(r"[^\w']", "", word).lower() for word in words]
