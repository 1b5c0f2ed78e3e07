"""Keep what Whisper makes of breath, hiss and rooms from being taken for words (pure).

Whisper always says something. On noise it says a few stock phrases, unsure of them, and says of
itself that probably nobody spoke; on speech, however short or quiet, it is sure of one or other.
Measured on the shared noises and on made breath, music, tones and pink noise against short answers
(16 kHz, telephone band, 20 dB down, 10 dB over noise) with `base`: docs/listening.md has the curve.
A "yes" or a "stop" is nearly never made up, and often improbable, so such answers are judged apart.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from voice_agent.engines.stt.decoding import Decoding

NO_SPEECH_PROB = 0.6
"""Above this Whisper thinks that nobody spoke; believed when its words are doubtful, too."""
DOUBTFUL_LOGPROB = -1.0
SURELY_NO_SPEECH_PROB = 0.75
UNSURE_LOGPROB = -0.5
"""Above `SURELY_NO_SPEECH_PROB` only words that are nearly certain are kept."""
NONSENSE_LOGPROB = -1.5
"""A sentence of more than `_FEW_WORDS` below this was made up; one rare word may well be below."""
_FEW_WORDS = 3
_PHANTOM_NO_SPEECH_PROB = 0.45
_PHANTOM_LOGPROB = -1.0
_PHANTOM_VOICED_S = 0.1

PHANTOMS = frozenset(
    {
        "bye",
        "bye bye",
        "hmm",
        "i",
        "i'm",
        "i'm sorry",
        "mm",
        "oh",
        "please subscribe",
        "so",
        "thank you",
        "thank you for watching",
        "thank you so much",
        "thank you very much",
        "thanks",
        "thanks for watching",
        "the",
        "the end",
        "uh",
        "we",
        "you",
    }
)
"""What Whisper says into silence; each is kept where the audio supports it."""


ANSWERS = frozenset(
    {
        "all right",
        "go on",
        "help",
        "help me",
        "no",
        "no no",
        "no stop",
        "nope",
        "not now",
        "ok",
        "okay",
        "pause",
        "please stop",
        "skip",
        "stop",
        "stop it",
        "stop please",
        "stop stop",
        "yeah",
        "yep",
        "yes",
        "yes please",
    }
)
"""What a person says in a word. Of 816 words that `base` made of non-speech five were among these,
all of them suggested by the hints; of 960 spoken ones the rules for sentences dropped one in eight."""
_ANSWER_LOGPROB = -3.5
_SPARSE_S = 2.0
_SPARSE_WORDS_PER_S = 0.6
_VOCABLES = re.compile(r"(?:(?:[ao]+h*|h*m+h*m*|e+h*|(\w)\1{3,}|[b-hj-ln-z])(?: |$))+")
"""Sounds written as letters ("Mmmm", "Ah", "B"): nothing is said by them that anybody acts on."""


def doubt(decoding: Decoding, *, voiced_s: float | None = None) -> str | None:
    """Return why the words were probably not spoken, in a word for a log; None when they were.

    Args:
        decoding: what was decoded.
        voiced_s: seconds of voice (not only sound) in the audio, where something measured it.
    """
    text = _plain(decoding.text)
    if not text or re.fullmatch(r"[\[(♪*].*[\])♪*]", decoding.text.strip()):
        return "no_words"
    if text in ANSWERS:
        least = (
            UNSURE_LOGPROB if decoding.no_speech_prob > SURELY_NO_SPEECH_PROB else _ANSWER_LOGPROB
        )
        return "no_speech" if decoding.avg_logprob < least else None
    if _VOCABLES.fullmatch(text):
        return "no_words"
    sparse = decoding.seconds > _SPARSE_S and len(decoding.words) < (
        _SPARSE_WORDS_PER_S * decoding.seconds
    )
    if sparse and decoding.avg_logprob < DOUBTFUL_LOGPROB:
        return "sparse"
    if decoding.no_speech_prob > NO_SPEECH_PROB and decoding.avg_logprob < DOUBTFUL_LOGPROB:
        return "no_speech"
    if decoding.no_speech_prob > SURELY_NO_SPEECH_PROB and decoding.avg_logprob < UNSURE_LOGPROB:
        return "no_speech"
    if len(decoding.words) > _FEW_WORDS and decoding.avg_logprob < NONSENSE_LOGPROB:
        return "nonsense"
    if text in PHANTOMS:
        if decoding.no_speech_prob > _PHANTOM_NO_SPEECH_PROB:
            return "phantom"
        if decoding.avg_logprob < _PHANTOM_LOGPROB:
            return "phantom"
        if voiced_s is not None and voiced_s < _PHANTOM_VOICED_S:
            return "phantom"
    return None


def is_unvoiced_phantom(text: str, voiced_s: float) -> bool:
    """Whether `text` is a stock phrase, and there was hardly any voice to say it with."""
    return voiced_s < _PHANTOM_VOICED_S and _plain(text) in PHANTOMS


_MOST_WORDS_PER_S = 5.0
"""Nobody says more: six words "heard" in half a second of a television were made up."""

_LEAST_WORDS_PER_S = 1.0
"""What is very improbable and slower than this was made of a room's sounds: "I'm gonna push the
other side" of seven seconds of a television."""


def guarded(
    decoding: Decoding,
    *,
    voiced_s: float | None = None,
    keeps: Callable[[str], bool] | None = None,
) -> Decoding:
    """Return `decoding`, without its words where they were probably not spoken.

    Args:
        decoding: what was decoded.
        voiced_s: see `doubt`.
        keeps: told doubtful words; true where they must not be missed, however doubtful.
    """
    why = doubt(decoding, voiced_s=voiced_s)
    if why is None:
        return decoding
    words = len(decoding.words)
    sayable = words <= 1 + _MOST_WORDS_PER_S * decoding.seconds
    if why == "nonsense":
        sayable = sayable and words >= _LEAST_WORDS_PER_S * decoding.seconds
    if why != "no_words" and sayable and keeps is not None and keeps(decoding.text):
        return decoding
    return replace(decoding, text="", words=())


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())
