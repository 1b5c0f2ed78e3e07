"""Whisper on clips of their real length: greedy, repeatable, and caught when it runs away.

Whisper was trained on clips padded to 30 s, and pays for 30 s whatever was said. Encoding the real
length is several times cheaper, but with little silence in view the decoder says a short answer
over and over. So the encoder sees the clip and a second of silence, and the decoder sees that
followed, up to `horizon_s`, by what the encoder makes of silence at those places, computed once at
load: it costs next to nothing, and short answers end where they end (`benchmarks/stt.py`).
"""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_agent.core.errors import UsageError
from voice_agent.engines import models
from voice_agent.engines.models import ModelError
from voice_agent.engines.stt.decoding import (
    NOTHING,
    Decoding,
    only_repeats,
    ran_away,
    said_once,
    said_twice,
    token_limit,
)
from voice_agent.engines.stt.features import SAMPLE_RATE, Samples, log_mel

MAX_WINDOW_S = 28.0
"""Longer audio is decoded in windows of at most this, cut where it is quietest."""
_PADDED_S = 30.0
_CUT_FROM_S = 18.0
_MIN_S = 0.1
_FRAMES_PER_S = 50  # the encoder's output, for 100 mel frames a second
_LONG_S = 6.0  # from here the clip reaches near the horizon, and needs more silence of its own
_SHORT_WORDS = 3
_UNSURE_LOGPROB = -0.8
_UNSURE_NO_SPEECH = 0.5
_HINT_GAIN = 0.3
_HINT_LONGEST_S = 1.5
"""A longer clip holds no single control: music of 2 to 5 s was heard as "Pause"."""

HINTS = ("Stop", "Pause", "Go on", "Say it again", "Just stay", "Skip")
"""Short controls this service listens for; never an answer such as yes: doubt is not consent."""


@dataclass(frozen=True, slots=True)
class _View:
    """How much silence the encoder sees after the clip, and how much of it the decoder."""

    silence_s: float
    keep_s: float


_FIRST = _View(silence_s=1.0, keep_s=0.5)
_FIRST_OF_LONG = _View(silence_s=2.0, keep_s=2.0)
_AGAIN = (_View(silence_s=4.0, keep_s=4.0), _View(silence_s=_PADDED_S, keep_s=_PADDED_S))


class WhisperDecoder:
    """One Whisper model for a whole process; give its calls to one worker thread.

    Loading blocks (about .4 s for `base`); a lock keeps two calls apart. Greedy at temperature 0,
    no timestamps: the same audio gives the same text.

    Args:
        model: a whisper model of the manifest, `base` or `tiny.en`.
        cache_dir: where joined models and stamps lie.
        language: ISO 639-1 code; `tiny.en` knows English alone.
        cpu_threads: threads of one decode, 1 or 2.
        hints: short answers to try on a short clip whose words are doubtful; () for none. They
            never steer a clip that was understood, nor one that is probably not speech.
        horizon_s: up to where silence follows the clip for the decoder, at most 30; load time
            grows with it.

    Raises:
        ModelError: if the model is missing, damaged or cannot be loaded.
        UsageError: if the model or the language is not known.
    """

    def __init__(
        self,
        model: str = "base",
        *,
        cache_dir: Path,
        language: str = "en",
        cpu_threads: int = 1,
        hints: tuple[str, ...] = HINTS,
        horizon_s: float = 12.0,
    ) -> None:
        if models.entry(model).kind != "whisper":
            raise UsageError(f"'{model}' is not a speech recognition model; give base or tiny.en.")
        folder = models.locate(model, cache_dir)
        import ctranslate2
        import tokenizers

        self.model = model
        self.language = language
        self._lock = threading.Lock()
        self._storage = ctranslate2.StorageView.from_array
        try:
            self._whisper: Any = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", intra_threads=cpu_threads
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(model, f"The model '{model}' cannot be loaded: {error}.") from error
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._end = self._token("<|endoftext|>")
        self._prompt = self._make_prompt()
        self._hints = frozenset(_plain(hint) for hint in hints)
        self._hinted = self._make_hinted(hints)
        self._silence = self._make_silence(horizon_s)

    def decode(self, samples: npt.NDArray[Any], *, final: bool) -> Decoding:
        """Return what was said (blocking; about .1 s for an answer of one second).

        A loop of a whole sentence is said once. A final decode that looks like another loop is done
        again with 4 s and then 30 s of silence; a partial one is not, as the next is soon due. What
        still loops is said once, too.

        Args:
            samples: shape (n,), mono at 16 kHz, float32 with full scale 1.0, or int16.
            final: whether the utterance is over.

        Raises:
            UsageError: if `samples` has another shape or type.
        """
        audio = _as_float(samples)
        if len(audio) < _MIN_S * SAMPLE_RATE:
            return replace(NOTHING, seconds=len(audio) / SAMPLE_RATE)
        with self._lock:
            return _joined([self._window(window, final=final) for window in windows(audio)])

    def _window(self, samples: Samples, *, final: bool) -> Decoding:
        long = len(samples) > _LONG_S * SAMPLE_RATE
        seen = self._see(samples, _FIRST_OF_LONG if long else _FIRST)
        decoding = self._generate(seen, self._prompt, samples)
        suspected = said_twice(decoding.text) or (
            decoding.looped and not only_repeats(decoding.text)
        )
        for view in _AGAIN if final else ():
            if not suspected:
                break
            decoding = self._generate(self._see(samples, view), self._prompt, samples)
            suspected = decoding.looped and not only_repeats(decoding.text)
        if decoding.looped:
            text = said_once(decoding.text)
            left = not only_repeats(decoding.text)
            decoding = replace(decoding, text=text, words=tuple(text.split()), looped=left)
        if self._hints and decoding.seconds <= _HINT_LONGEST_S and _doubtful(decoding):
            hinted = self._generate(seen, self._hinted, samples)
            surer = hinted.avg_logprob > decoding.avg_logprob + _HINT_GAIN
            if surer and not hinted.looped and _plain(hinted.text) in self._hints:
                return replace(hinted, no_speech_prob=decoding.no_speech_prob)
        return decoding

    def _generate(self, seen: Any, prompt: list[int], samples: Samples) -> Decoding:
        seconds = len(samples) / SAMPLE_RATE
        limit = token_limit(seconds)
        result = self._whisper.generate(
            seen,
            [prompt],
            beam_size=1,
            sampling_temperature=0.0,
            max_length=len(prompt) + limit,
            suppress_blank=True,
            suppress_tokens=[-1],  # the model's own list: music notes, brackets, speaker names
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        text = self._tokenizer.decode(tokens).strip()
        return Decoding(
            text=text,
            words=tuple(text.split()),
            avg_logprob=float(result.scores[0]),
            no_speech_prob=float(result.no_speech_prob),
            looped=ran_away(tokens, text, limit),
            seconds=seconds,
        )

    def _see(self, samples: Samples, view: _View) -> Any:
        """Return what the decoder sees of the clip: a StorageView, shape (1, frames, width)."""
        room = int(_PADDED_S * SAMPLE_RATE) - len(samples)
        encoded = self._encode(np.pad(samples, (0, min(int(view.silence_s * SAMPLE_RATE), room))))
        kept = int((len(samples) / SAMPLE_RATE + view.keep_s) * _FRAMES_PER_S)
        encoded = encoded[:, :kept]
        rest = self._silence[:, encoded.shape[1] :]
        return self._storage(np.ascontiguousarray(np.concatenate([encoded, rest], axis=1)))

    def _encode(self, samples: Samples) -> Samples:
        """Return the encoder's output for real-length audio, shape (1, frames, width)."""
        features = log_mel(samples)
        even = features[None, :, : features.shape[1] // 2 * 2]
        output = self._whisper.encode(self._storage(np.ascontiguousarray(even)))
        return np.asarray(output, dtype=np.float32)

    def _make_silence(self, horizon_s: float) -> Samples:
        """Return the encoder's output for a short sound and silence up to `horizon_s`."""
        sound = np.random.default_rng(1).normal(0, 0.05, SAMPLE_RATE).astype(np.float32)
        silence = max(0, int((horizon_s - 1) * SAMPLE_RATE))
        return self._encode(np.pad(sound, (0, silence)))

    def _make_hinted(self, hints: tuple[str, ...]) -> list[int]:
        # Yes and no stand before the hints so that an answer is not pulled towards a control.
        before = self._tokenizer.encode(
            f" Yes. No. {'. '.join(hints)}.", add_special_tokens=False
        ).ids
        return [self._token("<|startofprev|>"), *before, *self._prompt]

    def _make_prompt(self) -> list[int]:
        prompt = [self._token("<|startoftranscript|>")]
        if self._whisper.is_multilingual:
            prompt += [self._token(f"<|{self.language}|>"), self._token("<|transcribe|>")]
        elif self.language != "en":
            raise UsageError(
                f"The model '{self.model}' knows English alone, not '{self.language}'; use base."
            )
        return [*prompt, self._token("<|notimestamps|>")]

    def _token(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise UsageError(
                f"The model '{self.model}' does not know '{name}'; give a language code such as en."
            )
        return int(found)


def windows(samples: Samples) -> list[Samples]:
    """Return `samples` cut into windows of at most 28 s, each cut in the quietest .3 s after 18 s.

    Args:
        samples: shape (n,), at 16 kHz.
    """
    cut = []
    while len(samples) > MAX_WINDOW_S * SAMPLE_RATE:
        at = quietest(samples)
        cut.append(samples[:at])
        samples = samples[at:]
    return [*cut, samples]


def quietest(samples: npt.NDArray[Any]) -> int:
    """Return the middle, in samples, of the quietest .3 s between 18 s and 28 s (or the end)."""
    start, stop = int(_CUT_FROM_S * SAMPLE_RATE), int(MAX_WINDOW_S * SAMPLE_RATE)
    block = SAMPLE_RATE // 20
    part = samples[start:stop].astype(np.float64)  # squares of int16 do not fit int16
    power = np.square(part[: len(part) // block * block]).reshape(-1, block).mean(axis=1)
    smooth = np.convolve(power, np.ones(6), mode="valid")
    return start + (int(np.argmin(smooth)) + 3) * block


def _doubtful(decoding: Decoding) -> bool:
    """Whether something short was said, but what is not clear."""
    return (
        0 < len(decoding.words) <= _SHORT_WORDS
        and decoding.avg_logprob < _UNSURE_LOGPROB
        and decoding.no_speech_prob < _UNSURE_NO_SPEECH
    )


def _plain(text: str) -> str:
    return text.strip(" .,!?").lower()


def _as_float(samples: npt.NDArray[Any]) -> Samples:
    if samples.ndim != 1:
        raise UsageError(f"Audio has shape {samples.shape}; give one channel, shape (n,).")
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(32768)
    if samples.dtype == np.float32:
        return samples
    raise UsageError(f"Audio is {samples.dtype}; give float32 or int16.")


def _joined(parts: list[Decoding]) -> Decoding:
    """Return one decoding for windows that follow each other, probabilities weighted by length."""
    if len(parts) == 1:
        return parts[0]
    seconds = sum(part.seconds for part in parts)
    text = " ".join(part.text for part in parts if part.text)
    return Decoding(
        text=text,
        words=tuple(text.split()),
        avg_logprob=sum(part.avg_logprob * part.seconds for part in parts) / seconds,
        no_speech_prob=sum(part.no_speech_prob * part.seconds for part in parts) / seconds,
        looped=any(part.looped for part in parts),
        seconds=seconds,
    )
