"""Edges become inputs and utterances; what is decoded, when, and when it is delivered."""

from collections.abc import Callable

import numpy as np
import pytest

from voice_agent.agent.hearing import Hearing
from voice_agent.agent.recogniser import Done, Heard
from voice_agent.core import inputs as i
from voice_agent.cues import default_grammar
from voice_agent.engines.vad.edges import Edge, Ended, Hum, Started, Suspected

FRAME = np.ones(160, np.int16)


class Script:
    """A detector that gives written edges: speech from frame to frame, a hum or not."""

    def __init__(self, *spans: tuple[int, int], hums: bool = False) -> None:
        self._spans = spans
        self._hums = hums
        self._frame = 0
        self.speaking = False
        self.log_odds = 3.0

    @property
    def samples(self) -> int:
        return self._frame * 160

    @property
    def may_be_over(self) -> bool:
        return self.speaking and any(e - 11 <= self._frame < e for _, e in self._spans)

    def process(self, _frame: object, _playout_dbfs: float | None = None) -> tuple[Edge, ...]:
        self._frame += 1
        for start, end in self._spans:
            if self._frame == start + 6:
                return (Suspected(start * 160),)
            if self._frame == start + 10:
                self.speaking = True
                return (Started(start * 160),)
            if self._frame == end:
                self.speaking = False
                ended = Ended(start * 160, (end - 20) * 160)
                return (Hum(start * 160, (end - 20) * 160), ended) if self._hums else (ended,)
        return ()

    def take_features(self) -> tuple[float, float, float]:
        return -30.0, -60.0, 0.5

    def reset(self) -> None:
        self.speaking = False


class Recogniser:
    """Keeps what it is given; answers at once with written words, or when told."""

    def __init__(self, words: str = "yes", *, at_once: bool = True) -> None:
        self.words = words
        self.at_once = at_once
        self.jobs: list[tuple[int, bool, Done]] = []
        self.forgotten: list[int | None] = []

    def submit(
        self, _who: object, samples: np.ndarray, *, final: bool, done: Done, **_of: object
    ) -> None:
        self.jobs.append((len(samples), final, done))
        if self.at_once:
            done(Heard(self.words, 0.1))

    def settle(self, *_of: object) -> None:
        pass

    def withdraw(self, *_of: object) -> bool:
        return False

    def forget(self, _who: object, utterance: int | None = None) -> None:
        self.forgotten.append(utterance)


def listen(
    detector: Script,
    recogniser: Recogniser,
    frames: int,
    attending: Callable[[], bool] = lambda: False,
    **options: int,
) -> list[i.Input]:
    hearing = Hearing(
        detector,  # type: ignore[arg-type]
        recogniser,
        default_grammar(),
        keeps_text=lambda: True,
        attending=attending,
        **options,
    )
    out: list[i.Input] = []
    for tick in range(frames):
        out += hearing.results(tick)
        out += hearing.hear(FRAME, tick)
    return out


def finals(events: list[i.Input]) -> list[i.Transcript]:
    return [e for e in events if isinstance(e, i.Transcript) and e.final]


def test_edges_become_inputs_with_the_times_of_the_sound() -> None:
    """Onset and end are where they were in the sound, not when they were noticed."""
    events = listen(Script((100, 200)), Recogniser(), 260)
    suspected = next(e for e in events if isinstance(e, i.SpeechSuspected))
    ended = next(e for e in events if isinstance(e, i.SpeechEnded))
    assert suspected.onset_s == pytest.approx(1.0, abs=0.011)
    assert suspected.t == pytest.approx(1.05, abs=0.011)
    assert ended.last_s == pytest.approx(1.8, abs=0.011)


def test_the_final_is_begun_when_speech_may_be_over_and_delivered_once() -> None:
    """One final an utterance; it uses the sound from before the onset on."""
    recogniser = Recogniser()
    events = listen(Script((100, 200)), recogniser, 260)
    assert len(finals(events)) == 1
    assert finals(events)[0].cues == ("yes",)
    longest = max(samples for samples, _, _ in recogniser.jobs)
    assert longest > 90 * 160


def test_a_final_waits_for_the_end_of_its_segment() -> None:
    """Words decoded early are final only when nothing more was said."""
    events = listen(Script((100, 200)), Recogniser(), 260)
    ended = next(e for e in events if isinstance(e, i.SpeechEnded))
    assert finals(events)[0].t >= ended.t


def test_a_result_over_a_file_comes_a_fixed_time_after_its_audio() -> None:
    """Two runs over a recording deliver at the same times, however fast the machine is."""
    events = listen(Script((100, 200)), Recogniser(), 320, latency_ticks=40)
    final = finals(events)[0]
    assert final.t == pytest.approx(final.audio_end_s + 0.4, abs=0.001)


def test_speech_after_a_taken_utterance_is_an_utterance_of_its_own() -> None:
    """Words that were taken are not decoded, and not meant, a second time."""
    events = listen(Script((100, 200), (300, 400)), Recogniser(), 460, attending=lambda: False)
    assert [f.utterance for f in finals(events)] == [1, 2]


def test_speech_within_patience_goes_on_with_the_same_utterance() -> None:
    """A short pause does not tear a sentence in two."""
    recogniser = Recogniser()
    events = listen(Script((100, 200), (215, 300)), recogniser, 360, attending=lambda: True)
    assert [f.utterance for f in finals(events)] == [1, 1]
    assert max(samples for samples, _, _ in recogniser.jobs) > 180 * 160


def test_what_was_taken_while_speech_was_only_suspected_is_not_gone_on_with() -> None:
    """Where others talk a suspicion holds nothing up: new words would count as taken, and be lost."""
    detector = Script((100, 200), (215, 300))
    events = listen(detector, Recogniser(), 360, attending=lambda: detector.samples < 223 * 160)
    assert [f.utterance for f in finals(events)] == [1, 2]


def test_a_hum_is_an_answer_and_is_not_decoded_as_words() -> None:
    """A hum gives no final transcript."""
    events = listen(Script((100, 180), hums=True), Recogniser("Mm."), 240)
    assert any(isinstance(e, i.Hummed) for e in events)
    assert not finals(events)


class ThenHums(Script):
    """Of its two spans the second is a hum."""

    def process(self, _frame: object, _playout_dbfs: float | None = None) -> tuple[Edge, ...]:
        self._hums = self._frame > 210
        return super().process(_frame)


def test_a_hum_right_after_words_is_not_an_answer_instead_of_them() -> None:
    """Whoever says "No. Mm." has said no."""
    events = listen(ThenHums((100, 200), (215, 300)), Recogniser("no"), 360, lambda: True)
    assert not any(isinstance(e, i.Hummed) for e in events)
    assert finals(events)[-1].cues == ("no",)


def test_recognition_that_lags_is_told_once() -> None:
    """When words do not come for longer than the lag, the engine counts as failed."""
    recogniser = Recogniser(at_once=False)
    events = listen(Script((100, 200)), recogniser, 700, lag_ticks=300)
    failed = [e for e in events if isinstance(e, i.EngineFailed)]
    assert len(failed) == 1
    assert failed[0].engine == "stt"
    assert failed[0].t == pytest.approx(4.9, abs=0.2)


def test_a_failed_decode_is_told_and_so_is_the_recovery() -> None:
    """A fault and its end are both inputs."""
    recogniser = Recogniser(at_once=False)
    hearing = Hearing(
        Script((100, 200), (300, 400)),  # type: ignore[arg-type]
        recogniser,
        default_grammar(),
        keeps_text=lambda: False,
        attending=lambda: False,
    )
    events: list[i.Input] = []
    for tick in range(460):
        events += hearing.results(tick)
        events += hearing.hear(FRAME, tick)
        while recogniser.jobs:
            _, _, done = recogniser.jobs.pop()
            done(RuntimeError("broken") if tick < 250 else Heard("hello", 0.1))
    kinds = [type(e).__name__ for e in events if "Engine" in type(e).__name__]
    assert kinds == ["EngineFailed", "EngineRecovered"]


def test_words_are_kept_only_with_consent() -> None:
    """Without it a transcript has cues and a count, and no text."""
    hearing = Hearing(
        Script((100, 200)),  # type: ignore[arg-type]
        Recogniser("my secret"),
        default_grammar(),
        keeps_text=lambda: False,
        attending=lambda: False,
    )
    events: list[i.Input] = []
    for tick in range(260):
        events += hearing.results(tick)
        events += hearing.hear(FRAME, tick)
    final = finals(events)[0]
    assert final.text is None
    assert final.words == 2


@pytest.mark.parametrize(("until", "heard"), [(150, 0), (210, 1)])
def test_a_lost_line_drops_what_was_not_said_to_its_end(until: int, heard: int) -> None:
    """Half an utterance is forgotten; words that were over when the line went are still heard."""
    recogniser = Recogniser(at_once=False)
    hearing = Hearing(
        Script((100, 200)),  # type: ignore[arg-type]
        recogniser,
        default_grammar(),
        keeps_text=lambda: True,
        attending=lambda: False,
    )
    for tick in range(until):
        hearing.hear(FRAME, tick)
    hearing.reset()
    for _, _, done in recogniser.jobs:
        done(Heard("yes", 0.1))
    assert len(finals(hearing.results(until))) == heard
    assert recogniser.forgotten == ([] if heard else [1])
