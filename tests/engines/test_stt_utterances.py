"""Utterances in pieces: what is decoded when, what stands, and that long talk stays small."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.engines.stt.pieces import Failed, Words
from voice_agent.engines.stt.queue import Heard
from voice_agent.engines.stt.utterances import (
    FRAME,
    PIECE,
    PIECE_LONGEST,
    PREROLL,
    UTTERANCE_LONGEST,
    Utterances,
)

LOUD = np.full(FRAME, 1000, np.int16)
QUIET = np.ones(FRAME, np.int16)


class Recogniser:
    """Keeps what it is asked; answers with what `says` makes of a job, at once or when told."""

    def __init__(self, says=lambda samples, final: "words", *, at_once: bool = True) -> None:
        self.says = says
        self.at_once = at_once
        self.asked: list[tuple[str, int, bool]] = []
        self.jobs: list[tuple[int, int, bool, object]] = []
        self.settled: list[int] = []

    def submit(self, _who, samples, *, final, done, utterance=None, piece=0, early=False) -> None:
        kind = "early" if early else "final" if final else "partial"
        self.asked.append((kind, len(samples), final))
        if self.at_once:
            done(Heard(self.says(samples, final), 0.1))
        else:
            self.jobs.append((utterance, piece, early, done))

    def settle(self, _who, _utterance, piece=0) -> None:
        self.settled.append(piece)

    def withdraw(self, _who, utterance, piece=0) -> bool:
        before = len(self.jobs)
        self.jobs = [j for j in self.jobs if j[:3] != (utterance, piece, True)]
        return len(self.jobs) < before

    def forget(self, _who, utterance=None) -> None:
        pass


class Talk:
    """Feeds frames of speech (#), of a pause in it (.) and of silence ( ) and takes the results."""

    def __init__(self, recogniser: Recogniser, **options: int) -> None:
        self.recogniser = recogniser
        self.utterances = Utterances(recogniser, **options)
        self.now = 0
        self.told: list[Words] = []
        self.failed: list[Failed] = []
        self._speaking = False

    def frame(self, mark: str) -> None:
        self.now += 1
        for each in self.utterances.results(self.now):
            if isinstance(each, Words):
                self.told.append(each)
            elif isinstance(each, Failed):
                self.failed.append(each)
        self.utterances.hear(LOUD if mark == "#" else QUIET, voiced=mark == "#")
        if mark == " ":
            if self._speaking:
                self.utterances.ended(self.now)
            self._speaking = False
            return
        if not self._speaking:
            self.utterances.started(self.now, self.now, goes_on=True)
            self._speaking = True
        self.utterances.speech(self.now, may_be_over=mark == ".")

    def say(self, marks: str) -> "Talk":
        for mark in marks:
            self.frame(mark)
        return self


def test_the_first_words_are_looked_for_after_a_third_of_a_second() -> None:
    """A "stop" takes .35 s to .5 s: the first partial is due at .35 s of speech."""
    recogniser = Recogniser()
    talk = Talk(recogniser).say(" " * 50 + "#" * 35)
    assert not recogniser.asked
    talk.say("#")
    assert [kind for kind, _, _ in recogniser.asked] == ["partial"]
    assert recogniser.asked[0][1] == (PREROLL + 35) * FRAME


def test_the_beginning_of_a_word_is_decoded_however_late_speech_was_sure() -> None:
    """Sound from .3 s before the onset is there, also where it took .25 s to be sure of speech."""
    talk = Talk(Recogniser()).say(" " * 100)
    talk.utterances.started(talk.now, talk.now - 25, goes_on=False)
    talk.utterances.ended(talk.now)
    assert talk.recogniser.asked[-1][1] == (25 + PREROLL) * FRAME


def test_a_final_is_begun_when_a_pause_begins_and_told_before_it_is_final() -> None:
    """Its words are there as words so far; when speech is over they are final, not decoded again."""
    talk = Talk(Recogniser(lambda _s, final: "stop it" if final else "sto")).say("#" * 40 + "." * 3)
    assert [kind for kind, _, _ in talk.recogniser.asked] == ["partial", "early"]
    assert (talk.told[-1].text, talk.told[-1].raw) == ("stop it", "stop it")
    assert not talk.told[-1].final
    talk.say("  ")
    assert talk.told[-1].final
    assert len(talk.recogniser.asked) == 2


def test_an_early_final_is_withdrawn_when_the_person_goes_on() -> None:
    """It is not decoded if it still waits, and its place is given to a partial."""
    talk = Talk(Recogniser(at_once=False)).say("#" * 40 + "." * 3)
    talk.say("#")
    assert [early for _, _, early, _ in talk.recogniser.jobs] == [False]
    talk.say("#" * 40)
    assert [kind for kind, _, _ in talk.recogniser.asked] == ["partial", "early", "partial"]


def test_a_withdrawn_final_is_not_missed_as_late() -> None:
    """Who went on talking is not told that words cannot be heard."""
    talk = Talk(Recogniser(at_once=False), lag=100).say("#" * 40 + "." * 3 + "#" * 300)
    assert not talk.failed


def test_what_is_said_after_seven_seconds_and_a_pause_is_a_piece_of_its_own() -> None:
    """Its decodes hold the new piece alone; its words follow those of the piece before."""
    recogniser = Recogniser(
        lambda samples, final: "long" if len(samples) > 400 * FRAME else "short"
    )
    talk = Talk(recogniser).say(
        "#" * (PIECE + 20) + "." * 9 + " " * 40 + "#" * 60 + "." * 9 + " " * 2
    )
    assert talk.told[-1].final
    assert talk.told[-1].text == "long short"
    assert recogniser.asked[-1][1] < 120 * FRAME
    assert {each.utterance for each in talk.told} == {1}


def test_a_soft_syllable_does_not_part_a_word() -> None:
    """A dip in which speech is not over, or only just, leaves the piece whole."""
    recogniser = Recogniser()
    Talk(recogniser).say("#" * (PIECE + 20) + "." * 15 + "#" * 40 + "." * 15 + "  " + "#" * 20)
    assert recogniser.asked[-1][1] > PIECE * FRAME


def test_ten_minutes_without_a_pause_stay_small() -> None:
    """No decode is longer than a piece, no more than a piece is kept, and all of it is decoded."""
    recogniser = Recogniser()
    talk = Talk(recogniser)
    most = 0
    for _ in range(600):
        talk.say("#" * 100)
        said = talk.utterances._utterance
        assert said is not None
        most = max(most, sum(len(piece.frames) for piece in said.pieces))
        assert len(said.pieces) <= UTTERANCE_LONGEST // PIECE + 1
    assert most <= PIECE_LONGEST
    assert max(samples for _, samples, _ in recogniser.asked) <= PIECE_LONGEST * FRAME
    whole = sum(samples for kind, samples, _ in recogniser.asked if kind == "final")
    assert whole >= (60_000 - PIECE_LONGEST) * FRAME
    finals = [each for each in talk.told if each.final]
    assert max(len(each.text) for each in talk.told) < 100
    assert len({each.utterance for each in finals}) == len(finals) >= 60_000 // 4800


def test_a_stock_phrase_without_voice_is_not_told() -> None:
    """What Whisper says into silence needs a tenth of a second of voice."""
    talk = Talk(Recogniser(lambda _s, _f: "Thank you."))
    for at in range(60):
        talk.now += 1
        talk.utterances.hear(QUIET, voiced=False)
        if at == 10:
            talk.utterances.started(talk.now, talk.now, goes_on=False)
        if at > 10:
            talk.utterances.speech(talk.now, may_be_over=False)
    talk.utterances.ended(talk.now)
    talk.say(" ")
    assert [each.text for each in talk.told] == [""]


def test_words_that_do_not_come_are_missed_once() -> None:
    """A final that is later than the lag counts as a failure."""
    talk = Talk(Recogniser(at_once=False), lag=100).say("#" * 50 + "." * 9 + " " * 300)
    assert [each.reason for each in talk.failed] == ["lags"]


marks = st.lists(
    st.tuples(st.sampled_from("##. "), st.integers(1, 90)), min_size=1, max_size=12
).map(lambda runs: "".join(mark * count for mark, count in runs))
vocabulary = st.lists(st.sampled_from(["no", "not", "now", "I", "am"]), max_size=5).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(marks=marks, decoded=st.lists(vocabulary, min_size=1, max_size=8))
def test_a_committed_word_is_never_taken_back(marks: str, decoded: list[str]) -> None:
    """Whatever is said and decoded: between two finals, words that stand go on standing."""
    turn = iter(range(10**6))
    talk = Talk(Recogniser(lambda _s, _f: decoded[next(turn) % len(decoded)])).say(marks + "   ")
    stood: dict[int, list[str]] = {}
    for each in talk.told:
        words = each.text.split()
        assert each.committed <= len(words)
        if not each.final:
            before = stood.get(each.utterance, [])
            assert words[: len(before)] == before
            stood[each.utterance] = words[: each.committed]


@settings(max_examples=40, deadline=None)
@given(marks=marks)
def test_every_frame_of_speech_is_in_a_final(marks: str) -> None:
    """Nothing that was said is left out, in whatever pieces it was decoded."""
    loud = 0
    finals: dict[tuple[int, int], int] = {}

    class Counting(Recogniser):
        def submit(self, who, samples, *, final, done, utterance=None, piece=0, early=False):
            if final:
                finals[utterance, piece] = int((samples == 1000).sum())
            super().submit(
                who, samples, final=final, done=done, utterance=utterance, piece=piece, early=early
            )

    Talk(Counting()).say(marks + " ")
    loud = marks.count("#") * FRAME
    assert sum(finals.values()) == loud
