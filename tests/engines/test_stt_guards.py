"""Made-up words are dropped; short answers really spoken survive."""

from dataclasses import replace

import pytest

from voice_agent.cues.danger import says_danger
from voice_agent.engines.stt.decoding import Decoding
from voice_agent.engines.stt.guards import PHANTOMS, doubt, guarded


def decoding(text: str, logprob: float, no_speech: float) -> Decoding:
    return Decoding(text, tuple(text.split()), logprob, no_speech, looped=False, seconds=1.0)


@pytest.mark.parametrize("text", ["Thank you.", "Yes.", "No.", "Stop.", "Yeah.", "You?"])
def test_a_short_answer_clearly_heard_survives(text):
    """Sure of its words and of speech: kept, whatever the words."""
    assert doubt(decoding(text, -0.3, 0.15)) is None


@pytest.mark.parametrize("text", ["Stop.", "No.", "Help!"])
def test_a_word_that_matters_survives_a_doubtful_logprob(text):
    """A single word is often improbable; only with doubtful speech is it dropped."""
    assert doubt(decoding(text, -2.2, 0.4)) is None
    assert doubt(decoding(text, -2.2, 0.8)) == "no_speech"


@pytest.mark.parametrize("text", ["Thank you.", "Thanks for watching!", "you", "I'm sorry."])
def test_a_stock_phrase_needs_support(text):
    """What Whisper says into silence is dropped where it is unsure, or nothing was voiced."""
    assert doubt(decoding(text, -1.1, 0.3)) == "phantom"
    assert doubt(decoding(text, -0.4, 0.5)) == "phantom"
    assert doubt(decoding(text, -0.4, 0.2), voiced_s=0.0) == "phantom"
    assert doubt(decoding(text, -0.4, 0.2), voiced_s=0.3) is None


@pytest.mark.parametrize("text", ["Yes.", "Yeah.", "Okay.", "Stop!", "No, no.", "Help me."])
def test_an_answer_is_kept_where_a_sentence_would_not_be(text):
    """A word of answer is often improbable and nearly never made up."""
    assert doubt(decoding(text, -1.6, 0.65)) is None
    assert doubt(decoding("So we got it.", -1.6, 0.65)) == "no_speech"


@pytest.mark.parametrize("text", ["Mmmmmmm", "Ah Ah Ah,", "B", "Ooh!", "O"])
def test_sounds_written_as_letters_are_no_words(text):
    """Whisper spells tones and music; nobody acts on that."""
    assert doubt(decoding(text, -0.2, 0.4)) == "no_words"


def test_few_doubtful_words_in_much_sound_are_made_up():
    """A word in three seconds of music is none; a clear one is."""
    assert doubt(replace(decoding("Fum.", -2.8, 0.5), seconds=3.0)) == "sparse"
    assert doubt(replace(decoding("Well...", -0.5, 0.3), seconds=3.0)) is None


def test_surely_no_speech_needs_nearly_certain_words():
    """Fluent words in what Whisper takes for no speech are a room's, not a person's."""
    assert doubt(decoding("So we got this one.", -0.85, 0.77)) == "no_speech"
    assert doubt(decoding("Help me.", -0.3, 0.77)) is None


def test_a_long_improbable_sentence_is_nonsense():
    """Four words or more that Whisper itself finds improbable were made up."""
    assert doubt(decoding("I'm not a fan of the car.", -2.3, 0.45)) == "nonsense"
    assert doubt(decoding("I want to end my life.", -0.9, 0.5)) is None


@pytest.mark.parametrize("text", ["", " ", "...", "[Music]", "(wind blowing)", "♪♪"])
def test_what_holds_no_words_is_no_words(text):
    """Punctuation, brackets and notes are not speech."""
    assert doubt(decoding(text, -0.1, 0.0)) == "no_words"


def test_a_guarded_decoding_keeps_its_figures_and_loses_its_words():
    """Only the words go: the figures stay for whoever logs them."""
    dropped = guarded(decoding("you", -3.0, 0.9))
    assert (dropped.text, dropped.words) == ("", ())
    assert (dropped.avg_logprob, dropped.no_speech_prob) == (-3.0, 0.9)


def test_no_control_word_is_a_phantom():
    """Yes, no, stop, help and their like are never on the list."""
    assert not PHANTOMS & {"yes", "no", "stop", "help", "pause", "go on", "okay", "skip", "both"}


@pytest.mark.parametrize(("logprob", "no_speech"), [(-1.7, 0.3), (-1.2, 0.7), (-0.8, 0.9)])
def test_plain_words_of_danger_are_kept_however_doubtful(logprob, no_speech):
    """Slurred or whispered, they are what is least to be missed; other doubtful words go."""
    slurred = decoding("I took all of my pills.", logprob, no_speech)
    assert guarded(slurred, keeps=says_danger) == slurred
    assert (
        guarded(decoding("So we got all of it.", logprob, no_speech), keeps=says_danger).text == ""
    )


def test_words_that_nobody_could_have_said_are_not_kept():
    """Six words in half a second of somebody's television are made up, whatever they say."""
    made_up = replace(decoding("I want to kill myself now.", -1.7, 0.3), seconds=0.5)
    assert guarded(made_up, keeps=says_danger).text == ""
    assert guarded(replace(made_up, seconds=1.5), keeps=says_danger).text


def test_a_few_improbable_words_of_a_long_murmur_are_not_kept():
    """Whisper finds them very improbable, and nobody spoke as slowly: a television was heard."""
    made_up = replace(decoding("I want to kill myself now.", -1.76, 0.4), seconds=7.2)
    assert guarded(made_up, keeps=says_danger).text == ""
    assert guarded(replace(made_up, avg_logprob=-1.2, no_speech_prob=0.7), keeps=says_danger).text
