"""A decoder that ran away is known by its marks, and said once."""

import numpy as np
import pytest

from voice_agent.engines.stt import features
from voice_agent.engines.stt.decoder import MAX_WINDOW_S, quietest, windows
from voice_agent.engines.stt.decoding import (
    only_repeats,
    ran_away,
    said_once,
    said_twice,
    token_limit,
)


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("Yes. Yes. Yes. Yes. Yes", "Yes."),
        ("I want to die. I want to die. I want to die. I want", "I want to die."),
        ("Well, stop. Stop stop stop stop", "Well, stop."),
        ("No, no.", "No, no."),
        ("I don't know, I don't know", "I don't know, I don't know"),
        ("Kids are talking by the door.", "Kids are talking by the door."),
        ("", ""),
    ],
)
def test_repeats_at_the_end_are_said_once(text, once):
    """Three repeats or more are a loop; two may be a person's."""
    assert said_once(text) == once


def test_a_loop_is_known_by_length_repeats_or_compression():
    """Each mark alone is enough; an ordinary sentence has none."""
    limit = token_limit(1.0)
    assert limit == 20
    assert ran_away(list(range(limit)), "abc", limit)
    assert not ran_away(list(range(limit - 1)), "abc", limit)
    assert ran_away([1, 2, 2, 2, 2, 2], "abc", limit)
    assert not ran_away([1, 2, 2, 2, 2], "abc", limit)
    assert ran_away([1, 2, 3], "Please stop. " * 8, limit)


def test_a_sentence_twice_over_is_worth_a_second_look():
    """Three words or more, twice: suspected; a doubled word is not."""
    assert said_twice("I don't know. I don't know.")
    assert not said_twice("No. No.")
    assert not said_twice("I don't know.")


def test_long_audio_is_cut_in_the_pause_and_nothing_is_lost():
    """A minute becomes windows of at most 28 s, cut where it is silent, that join to the whole."""
    rng = np.random.default_rng(0)
    audio = rng.normal(0, 0.1, 60 * 16000).astype(np.float32)
    audio[20 * 16000 : 21 * 16000] = 0
    parts = windows(audio)
    assert np.array_equal(np.concatenate(parts), audio)
    assert all(len(part) <= MAX_WINDOW_S * 16000 for part in parts)
    assert 20.1 < quietest(audio) / 16000 < 20.9
    assert len(parts[0]) == quietest(audio)


def test_the_quietest_place_is_the_same_in_integers():
    """Loud int16 audio does not overflow the measure."""
    audio = np.full(28 * 16000, 20000, np.int16)
    audio[25 * 16000 : 26 * 16000] = 0
    assert 25.1 < quietest(audio) / 16000 < 25.9


def test_features_are_those_of_faster_whisper():
    """Our log-mel equals the reference extractor's, to its float32 rounding."""
    from faster_whisper.feature_extractor import FeatureExtractor

    audio = np.random.default_rng(3).normal(0, 0.1, 16160).astype(np.float32)
    theirs = FeatureExtractor()(audio, padding=0)
    ours = features.log_mel(audio)
    assert ours.shape == (80, 101)
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs[:, :101]).max() < 1e-4


def test_a_sentence_over_and_over_is_known_though_the_limit_cut_a_word():
    """The last word of a loop may be cut off; it is the same loop, and said once."""
    text = "Kids are talking. Kids are talking. Kids are talking. Kids are t"
    assert only_repeats(text)
    assert said_once(text) == "Kids are talking."


@pytest.mark.parametrize(
    "text",
    ["Kids are talking.", "Stop. Stop. Stop.", "Well then. Kids run by. Kids run by. Kids run by."],
)
def test_what_may_hide_words_is_no_mere_repetition(text):
    """One word, or a beginning that is not repeated, is looked at again."""
    assert not only_repeats(text)
