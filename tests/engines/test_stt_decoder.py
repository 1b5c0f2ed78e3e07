"""The bundled models hear short answers, do not run away, and say nothing into silence."""

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from stt_clips import spoken, telephone

from voice_agent.core.errors import UsageError
from voice_agent.engines.stt.decoder import WhisperDecoder
from voice_agent.engines.stt.guards import guarded
from voice_agent.engines.stt.shared import shared_decoder

RATE = 16000
DATA = Path(
    os.environ.get("VOICE_AGENT_EVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data")
)
ANSWERS = [
    "Yes.",
    "No.",
    "Stop.",
    "Pause.",
    "Go on.",
    "Say it again.",
    "Just stay.",
    "I feel far away.",
    "I want to end my life.",
    "The first one.",
    "Thank you.",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def base(cache):
    return WhisperDecoder("base", cache_dir=cache)


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]", " ", text.lower()).split())


def word_errors(reference: list[str], heard: list[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(heard, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_short_answer_is_heard_once(answer, base, cache):
    """A short answer is recognised, once, and no guard takes it."""
    decoding = guarded(base.decode(spoken(answer, cache), final=True))
    assert plain(decoding.text) == plain(answer)
    assert not decoding.looped


@pytest.mark.parametrize("answer", ["Yes.", "No.", "Stop.", "Go on.", "I want to end my life."])
def test_a_short_answer_is_heard_on_the_telephone(answer, base, cache):
    """The answers that matter survive 300-3400 Hz."""
    decoding = guarded(base.decode(telephone(spoken(answer, cache)), final=True))
    assert plain(decoding.text) == plain(answer)


def test_the_same_audio_gives_the_same_decoding(base, cache):
    """Nothing is random: a second decode, and int16 of the same, read alike."""
    clip = spoken("I feel far away.", cache)
    first = base.decode(clip, final=True)
    assert base.decode(clip, final=True) == first
    assert base.decode((clip * 32768).round().astype(np.int16), final=True).text == first.text


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.5, 3.0])
def test_silence_has_no_words(seconds, base):
    """Digital silence of any length gives no words after the guard."""
    decoding = guarded(base.decode(np.zeros(int(seconds * RATE), np.float32), final=True))
    assert decoding.words == ()
    assert decoding.seconds == pytest.approx(seconds)


@pytest.mark.parametrize("level_dbfs", [-50, -40, -30])
def test_noise_shaped_like_breath_has_no_words(level_dbfs, base):
    """Broadband noise that swells like breathing gives no words after the guard."""
    rng = np.random.default_rng(5)
    swell = np.maximum(0, np.sin(2 * np.pi * np.arange(3 * RATE) / (3.5 * RATE))) ** 2
    breath = (rng.normal(0, 10 ** (level_dbfs / 20), 3 * RATE) * swell).astype(np.float32)
    assert guarded(base.decode(breath, final=True)).words == ()


def test_more_than_thirty_seconds_are_heard_in_windows(base, cache):
    """A long utterance is cut in its pauses; its first and last words are both there."""
    pause = np.zeros(RATE, np.float32)
    sentence = spoken("I feel far away.", cache)
    parts = [spoken("The first one.", cache), *[sentence] * 14, spoken("Say it again.", cache)]
    audio = np.concatenate([piece for part in parts for piece in (part, pause)])
    assert len(audio) > 30 * RATE
    heard = plain(base.decode(audio, final=True).text)
    assert heard.startswith("the first one")
    assert heard.endswith("say it again")


def test_real_length_costs_a_fraction_of_padding(base, cache):
    """A decode of one second takes less than half the CPU time of one padded to 30 s."""
    clip = spoken("Just stay.", cache)

    def cpu_s(audio):
        times = []
        for _ in range(3):
            begun = time.process_time()
            base.decode(audio, final=False)
            times.append(time.process_time() - begun)
        return min(times)

    padded = np.pad(clip, (0, 27 * RATE - len(clip)))
    assert cpu_s(clip) < cpu_s(padded) / 2


@pytest.mark.data
def test_read_sentences_are_heard_without_loops(base):
    """On the read recordings at most one word in ten is wrong and nothing runs away."""
    if not (DATA / "read").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the recordings are not in {DATA}")
        pytest.skip(f"no recordings in {DATA}; set VOICE_AGENT_EVAL_DATA")
    import soundfile

    errors = words = 0
    for transcript in sorted((DATA / "read").glob("*.txt")):
        audio, _ = soundfile.read(transcript.with_suffix(".flac"), dtype="float32")
        decoding = base.decode(audio, final=True)
        assert not decoding.looped
        reference = plain(transcript.read_text()).split()
        errors += word_errors(reference, plain(decoding.text).split())
        words += len(reference)
    assert errors / words < 0.1


def test_the_english_model_hears_too_and_refuses_other_languages(cache):
    """tiny.en decodes; asked for another language it says which model to use."""
    tiny = WhisperDecoder("tiny.en", cache_dir=cache)
    assert plain(tiny.decode(spoken("Go on.", cache), final=True).text) == "go on"
    with pytest.raises(UsageError, match="use base"):
        WhisperDecoder("tiny.en", cache_dir=cache, language="de")


def test_wrong_audio_is_refused_in_one_sentence(base):
    """Two channels or 64-bit floats are a wrong use."""
    with pytest.raises(UsageError, match="one channel"):
        base.decode(np.zeros((2, RATE), np.float32), final=True)
    with pytest.raises(UsageError, match="float32 or int16"):
        base.decode(np.zeros(RATE), final=True)


def test_a_voice_is_not_a_recogniser(cache):
    """The name of a voice gives a sentence, not a crash in a library."""
    with pytest.raises(UsageError, match="give base or tiny"):
        WhisperDecoder("en_US-joe-medium", cache_dir=cache)


def test_one_decoder_a_process(cache):
    """The same model asked for twice is loaded once."""
    assert shared_decoder("base", cache_dir=cache) is shared_decoder("base", cache_dir=cache)
