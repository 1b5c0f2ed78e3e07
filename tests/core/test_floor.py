"""When an utterance counts as over, and what was said in it."""

import pytest

from voice_agent.core.config import PatienceSettings
from voice_agent.core.floor import Floor
from voice_agent.core.inputs import (
    Hummed,
    SpeechEnded,
    SpeechStarted,
    SpeechSuspected,
    SpeechWithdrawn,
    Transcript,
)


def spoke(floor: Floor, *, until: float = 1.0) -> None:
    floor.take(SpeechStarted(t=0.5, onset_s=0.2))
    floor.take(SpeechEnded(t=until + 0.2, onset_s=0.2, last_s=until))


def heard(
    floor: Floor, *cues: str, number: int = 1, rev: int = 1, to: float = 1.2, final: bool = True,
    open_ended: bool = False, words: int = 1,
) -> None:  # fmt: skip
    floor.take(
        Transcript(
            t=to, utterance=number, rev=rev, audio_end_s=to, final=final, cues=cues, words=words,
            open_ended=open_ended,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wants_word", "open_ended", "patience"), [(True, False, 30), (False, False, 80),
                                               (True, True, 200), (False, True, 200)],
)  # fmt: skip
def test_patience_runs_from_the_last_frame_of_speech(
    wants_word: bool, open_ended: bool, patience: int
) -> None:
    """One hundredth before nothing, at it the utterance."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    heard(floor, "yes", open_ended=open_ended)
    assert floor.over(100 + patience - 1, wants_word=wants_word) is None
    said = floor.over(100 + patience, wants_word=wants_word)
    assert said is not None
    assert (said.cues, said.heard, said.last) == (("yes",), True, 100)
    assert not floor.busy


def test_words_are_waited_for_three_seconds() -> None:
    """Then the utterance is over unheard."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    assert floor.over(399, wants_word=True) is None
    said = floor.over(400, wants_word=True)
    assert said is not None
    assert (said.heard, said.words) == (False, 0)


def test_speech_that_goes_on_belongs_to_the_same_utterance() -> None:
    """Patience begins anew with each piece; words of before are not enough."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    heard(floor, "yes")
    floor.take(SpeechSuspected(t=1.5, onset_s=1.4))
    assert floor.over(500, wants_word=True) is None
    floor.take(SpeechStarted(t=1.6, onset_s=1.4))
    floor.take(SpeechEnded(t=2.2, onset_s=1.4, last_s=2.0))
    assert floor.over(300, wants_word=True) is None
    heard(floor, "no", rev=2, to=2.2)
    said = floor.over(300, wants_word=True)
    assert said is not None
    assert said.cues == ("no",)


def test_withdrawn_suspicion_changes_nothing_of_what_was_said() -> None:
    """A click in the patience only delays."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    heard(floor, "yes")
    floor.take(SpeechSuspected(t=1.5, onset_s=1.4))
    floor.take(SpeechWithdrawn(t=1.6, onset_s=1.4))
    assert floor.over(160, wants_word=True) is not None


def test_older_revision_never_replaces_a_newer_one() -> None:
    """Results may overtake each other."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    heard(floor, "no", rev=5)
    heard(floor, "yes", rev=4)
    said = floor.over(200, wants_word=True)
    assert said is not None
    assert said.cues == ("no",)


def test_words_recognised_while_still_speaking_are_kept() -> None:
    """A long utterance is recognised in parts; none is lost."""
    floor = Floor(PatienceSettings())
    floor.take(SpeechStarted(t=0.5, onset_s=0.2))
    heard(floor, "numb", number=1, to=24.0, words=40)
    floor.take(SpeechEnded(t=30.2, onset_s=0.2, last_s=30.0))
    heard(floor, number=2, to=30.2, words=9)
    said = floor.over(3100, wants_word=False)
    assert said is not None
    assert (said.cues, said.words, said.numbers) == (("numb",), 49, {1, 2})


def test_words_later_than_patience_are_an_utterance_of_their_own() -> None:
    """They are taken when they come; wordless results are not."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    floor.over(400, wants_word=True)
    heard(floor, to=1.2, words=0)
    assert not floor.busy
    heard(floor, "yes", rev=2, to=1.2)
    said = floor.over(600, wants_word=True)
    assert said is not None
    assert said.cues == ("yes",)


def test_what_was_taken_is_not_taken_again() -> None:
    """Later revisions and older numbers are passed over."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    heard(floor, "yes", number=2)
    floor.over(200, wants_word=True)
    heard(floor, "yes", number=2, rev=9)
    heard(floor, "no", number=1, rev=9)
    assert not floor.busy


def test_hum_is_no_utterance_and_its_transcript_is_passed_over() -> None:
    """The recogniser hears words in a hum; they are not said."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    floor.take(Hummed(t=1.2, length_s=0.8))
    heard(floor, "hum", to=1.2)
    assert not floor.busy


def test_reset_forgets_what_was_under_way() -> None:
    """A lost line leaves nothing half said."""
    floor = Floor(PatienceSettings())
    spoke(floor)
    floor.take(SpeechStarted(t=1.4, onset_s=1.3))
    floor.reset()
    assert not floor.busy
