"""Gathering an utterance's sound: from before its onset, through its pauses, to its end."""

import numpy as np

from voice_agent.engines.pitch.gathering import LONGEST, PREROLL, Gathered, Gathering


def frame(value: int) -> np.ndarray:
    return np.full(160, value, np.int16)


def say(gathering: Gathering, number: int, begin: int, end: int) -> None:
    """Speech of frames `begin` to `end`, confirmed ten frames after its onset."""
    for now in range(begin, end):
        gathering.hear(frame(now % 1000), -60.0)
        if now == begin + 10:
            gathering.started(number, begin)
        elif now > begin + 10:
            gathering.speech(number, now)
    gathering.ended(end - 1)


def quiet(gathering: Gathering, begin: int, end: int) -> None:
    for now in range(begin, end):
        gathering.hear(frame(now % 1000), -60.0)


def only(gathering: Gathering) -> Gathered:
    (said,) = gathering.take()
    return said


def test_an_utterance_begins_before_its_onset() -> None:
    """The frames before the onset, up to .3 s with the confirmation, belong to it."""
    gathering = Gathering()
    quiet(gathering, 0, 100)
    say(gathering, 1, 100, 200)
    gathering.settle()
    said = only(gathering)
    assert said.samples[0] == 100 + 10 - PREROLL + 1
    assert said.samples[-1] == 199
    assert (said.onset, said.last, said.cut) == (100, 199, 0)
    assert said.noise_dbfs == -60.0


def test_a_pause_inside_is_counted_where_it_is_not_kept() -> None:
    """What lies between two parts of one utterance and was not kept is in `cut`."""
    gathering = Gathering()
    quiet(gathering, 0, 50)
    say(gathering, 1, 50, 150)
    quiet(gathering, 150, 250)
    say(gathering, 1, 250, 300)
    gathering.settle()
    said = only(gathering)
    assert said.cut == 100 + 11 - PREROLL
    assert len(said.samples) / 160 + said.cut == 300 - (50 + 11 - PREROLL)


def test_nothing_is_over_while_somebody_speaks() -> None:
    """An utterance that did not end is not settled."""
    gathering = Gathering()
    say(gathering, 1, 0, 50)
    gathering.started(1, 50)
    gathering.settle()
    assert gathering.take() == []


def test_another_utterance_ends_the_one_before() -> None:
    """A new number settles what was open."""
    gathering = Gathering()
    say(gathering, 1, 0, 50)
    say(gathering, 2, 100, 150)
    assert only(gathering).number == 1


def test_latency_is_from_the_last_sound_of_the_question() -> None:
    """It counts from where the agent's voice ended, once for each thing it said."""
    gathering = Gathering()
    quiet(gathering, 0, 100)
    gathering.sounded(60)
    say(gathering, 1, 100, 150)
    say(gathering, 2, 200, 250)
    gathering.settle()
    first, second = gathering.take()
    assert first.latency == 40
    assert second.latency is None


def test_speech_into_the_agents_voice_answers_nothing() -> None:
    """Who speaks while the agent does has no latency."""
    gathering = Gathering()
    quiet(gathering, 0, 100)
    gathering.sounded(105)
    say(gathering, 1, 100, 150)
    gathering.settle()
    assert only(gathering).latency is None


def test_a_very_long_utterance_is_bounded() -> None:
    """More than 24 s are not kept."""
    gathering = Gathering()
    say(gathering, 1, 0, 2 * LONGEST)
    gathering.settle()
    assert len(only(gathering).samples) == LONGEST * 160


def test_what_is_forgotten_is_gone() -> None:
    """After a hum or a lost line nothing of it is left."""
    gathering = Gathering()
    say(gathering, 1, 0, 50)
    gathering.forget()
    gathering.settle()
    assert gathering.take() == []
