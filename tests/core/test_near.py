"""A television, or somebody across the room, is not the person; and the person never is one."""

import pytest
from core_driver import Driver

from voice_agent.core import inputs as i
from voice_agent.core.findings import CrisisFlagged, SilenceReached
from voice_agent.core.near import MARGIN_DB, UNKNOWN_DBFS, Near
from voice_agent.core.session import Output

PERSON, TELEVISION = -26.0, -47.0


class Room(Driver):
    """A person and a television, each with a level."""

    level = -70.0
    onset_s = 0.0

    def starts(self) -> list[Output]:
        self.onset_s = self.t
        return super().starts()

    def ends(self) -> list[Output]:
        return self.give(i.SpeechEnded(t=self.t, onset_s=self.onset_s, last_s=self.t))

    def _play(self, ticks: int) -> None:
        for _ in range(ticks):
            if self.now % 10 == 5:
                self.give(i.Features(t=self.t, level_dbfs=self.level, noise_dbfs=-72.0, voiced=0.6))
            super()._play(1)

    def sounds(self, level: float, for_s: float, *cues: str, words: int) -> None:
        """Speak at a level, and be understood."""
        self.level = level
        self.says(*cues, words=words, for_s=for_s)
        self.level = -70.0

    def person(self, *cues: str, words: int = 8, for_s: float = 3.0) -> None:
        self.sounds(PERSON, for_s, *cues, words=words)

    def television(self, *cues: str, words: int = 20, for_s: float = 6.0) -> None:
        self.sounds(TELEVISION, for_s, *cues, words=words)


def rungs(d: Driver) -> list[str]:
    return [f.rung for f in d.findings if isinstance(f, SilenceReached)]


def test_silence_is_counted_while_a_television_talks_on() -> None:
    """Sentence after sentence in the background: soft word, offer and company come in time."""
    d = Room().listening()
    d.person()
    before = d.t
    while d.t < before + 100:
        d.television()
    assert rungs(d)[:3] == ["soft", "offer", "wait"]


def test_a_television_that_never_pauses_does_not_freeze_the_ladder() -> None:
    """One speech without an end, behind somebody who has gone quiet."""
    d = Room().listening()
    d.person()
    d.level = TELEVISION
    d.starts()
    d.wait(40)
    assert rungs(d) == ["soft", "offer"]


def test_a_television_that_goes_on_where_the_person_left_off() -> None:
    """The detector hears one stretch of speech; silence counts from the person's last word."""
    d = Room().listening()
    d.person()
    d.level = PERSON
    d.starts()
    d.wait(4)
    d.level = TELEVISION
    d.wait(11)
    assert rungs(d) == []
    d.wait(6)
    assert rungs(d) == ["soft"]


def test_a_television_heard_before_anybody_spoke_is_let_be() -> None:
    """Also where the person has never been heard: far below a voice at the microphone."""
    d = Room().listening()
    d.sounds(UNKNOWN_DBFS - 2, 10, words=30)
    d.sounds(UNKNOWN_DBFS - 2, 10, words=30)
    assert rungs(d) == ["soft"]


def test_a_television_does_not_keep_pausing_the_voice() -> None:
    """The first of its sentences pauses a practice for a moment; later ones do not."""
    d = Room().listening()
    d.person()
    d.taps("just_stay")
    d.wait(3)
    d.television()
    assert not d.player.held
    before = len(d.outputs)
    d.television()
    assert "Pause" not in [type(o).__name__ for o in d.outputs[before:]]


def test_no_rung_comes_while_the_person_speaks() -> None:
    """However long they talk, with a television or without one."""
    d = Room().listening()
    d.person()
    d.television()
    d.level = PERSON
    d.starts()
    d.wait(90)
    assert rungs(d) == []


@pytest.mark.parametrize("level", [PERSON, PERSON - MARGIN_DB + 3])
def test_the_persons_softer_sentences_are_theirs(level: float) -> None:
    """Somebody who sinks to a mumble is still heard: the silence begins anew with it."""
    d = Room().listening()
    d.person()
    for _ in range(4):
        d.wait(8)
        d.sounds(level, 2, words=6)
    assert rungs(d) == []


def test_a_whispered_answer_to_a_question_is_taken() -> None:
    """As soft as a television, but short and an answer: yes is yes."""
    d = Room().listening()
    d.person()
    d.until(state="offering", at_most_s=60)
    d.wait(1)
    d.sounds(TELEVISION, 0.7, "yes", words=1)
    assert d.state == "guiding"


def test_stop_counts_however_soft() -> None:
    """Whispered or from across the room: the voice falls silent."""
    d = Room().listening()
    d.person()
    d.taps("just_stay")
    d.wait(2)
    d.sounds(TELEVISION, 1, "stop", words=1)
    assert d.state == "stopped"


def test_stop_counts_in_however_many_soft_words() -> None:
    """A quiet sentence silences the voice as one word does."""
    d = Room().listening()
    d.person()
    d.taps("just_stay")
    d.wait(2)
    d.sounds(TELEVISION, 3, "stop", words=9)
    assert d.state == "stopped"


@pytest.mark.parametrize("words", [1, 9])
def test_what_others_say_after_a_stop_ends_nothing(words: int) -> None:
    """One more stop ends where it is the person's: a film must not hang up for them."""
    d = Room().listening()
    d.person("stop", words=1)
    d.wait(8)
    d.sounds(TELEVISION, 1, "stop", words=words)
    assert d.state == "stopped"
    d.person("stop", words=1)
    assert d.state == "ended"


def test_a_word_of_the_person_counts_though_others_talk_on() -> None:
    """Too short to make a stretch of speech near, but loud enough to be theirs."""
    d = Room().listening()
    d.person()
    d.level = TELEVISION
    d.starts()
    d.utterances += 1
    d.wait(8)
    d.level = PERSON
    d.wait(0.4)
    d.level = TELEVISION
    d.wait(1.5)
    d.partial("crisis_check", words=30)
    d.wait(4)
    d._understood(("crisis_check",), 40, final=True)
    assert [f for f in d.findings if isinstance(f, CrisisFlagged)]


def test_any_short_sound_keeps_the_line_after_an_end_was_announced() -> None:
    """It was said that any sound does: a whispered sentence is one."""
    d = Room().listening()
    d.person()
    d.until(line="ladder.end-first", at_most_s=900)
    d.wait(10)
    d.sounds(TELEVISION, 3, words=8)
    d.wait(1)
    assert d.lines[-1] == "ladder.kept"


def test_whoever_has_only_a_soft_microphone_is_heard_after_a_while() -> None:
    """Never above the level at which an unknown voice is near: after half a minute it is theirs."""
    d = Room().listening()
    for _ in range(5):
        d.sounds(UNKNOWN_DBFS - 5, 8, words=25)
    before = len(rungs(d))
    for _ in range(4):
        d.wait(8)
        d.sounds(UNKNOWN_DBFS - 5, 3, words=8)
    assert len(rungs(d)) == before


def test_whoever_goes_on_far_from_the_microphone_is_heard_again() -> None:
    """Loud at first, then minutes of soft talk and nobody else: that is the person."""
    d = Room().listening()
    d.person()
    for _ in range(20):
        d.sounds(TELEVISION, 10, words=30)
    d.taps("just_stay")
    d.wait(2)
    d.level = TELEVISION
    d.starts()
    assert d.player.held


def test_a_person_who_comes_back_is_told_from_a_television_again() -> None:
    """One loud sentence, and what was taken for theirs in the meantime is let be."""
    d = Room().listening()
    d.person()
    for _ in range(20):
        d.television(words=30, for_s=10.0)
    d.person()
    before = len(rungs(d))
    start = d.t
    while d.t < start + 15:
        d.television()
    assert rungs(d)[before:] == ["soft"]


def test_an_announced_end_is_not_called_off_by_a_television() -> None:
    """Nobody is there: what the television says is not somebody who wants to be kept."""
    d = Room().listening()
    d.person()
    d.until(line="ladder.end-first", at_most_s=900)
    d.wait(10)
    d.television()
    d.wait(60)
    assert "ladder.kept" not in d.lines
    assert "ladder.end-second" in d.lines


def test_without_levels_all_speech_is_near() -> None:
    """Where no level is measured nothing is ever left out."""
    near = Near()
    near.begin(0)
    assert near.over(100) == (False, 100)
    assert not near.far


def test_a_film_about_death_is_not_asked_about_but_plain_words_are() -> None:
    """Behind somebody's quiet a possible crisis is let be; a plain one is never missed."""
    d = Room().listening()
    d.person()
    d.television("crisis_check")
    assert not [f for f in d.findings if isinstance(f, CrisisFlagged)]
    d.television("crisis")
    assert [f for f in d.findings if isinstance(f, CrisisFlagged)]
