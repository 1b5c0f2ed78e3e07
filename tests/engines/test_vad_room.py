"""What the room's own sounds do to the detector: more is asked for, and its breath ends no silence."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from voice_agent.engines.vad import DetectorSettings, Ended, SpeechDetector, Started, Suspected
from voice_agent.engines.vad.detector import BLOCK_FRAMES
from voice_agent.engines.vad.edges import Edge, Withdrawn

FRAME = np.zeros(160, np.int16)


@dataclass
class Analyser:
    """A voice, or none."""

    peak: float = 0.1

    def voicing(self) -> None:
        """Say nothing: no hum is looked for."""


@dataclass
class Front:
    """A front end that is told what it hears."""

    heard: bool = False
    log_odds: float = -7.0
    level_dbfs: float = -70.0
    floor_dbfs: float = -65.0
    power: float = 0.0
    measured: bool = True
    analyser: Analyser = field(default_factory=Analyser)
    frames: int = 0

    def push(self, frame: Any) -> bool:
        """Take a frame; every third ends a block."""
        self.frames += 1
        return self.frames % BLOCK_FRAMES == 0


class Heard:
    """A detector that is told scores instead of sound."""

    def __init__(self) -> None:
        self.detector = SpeechDetector(DetectorSettings())
        self.front = Front()
        self.detector._front = self.front  # type: ignore[assignment]

    def listen(
        self, seconds: float, log_odds: float, *, dbfs: float = -30.0, peak: float = 0.1
    ) -> list[Edge]:
        """Hear so much of one score; webrtcvad hears speech where the level is over -60 dBFS."""
        front = self.front
        front.log_odds, front.level_dbfs, front.heard = log_odds, dbfs, dbfs > -60
        front.analyser.peak = peak
        return [e for _ in range(round(seconds * 100)) for e in self.detector.process(FRAME)]


def starts(edges: list[Edge]) -> int:
    """Count what was started."""
    return sum(isinstance(edge, Started) for edge in edges)


def test_in_a_quiet_room_a_low_score_starts() -> None:
    """After half a minute of nothing, a tenth of a second of even odds is speech."""
    heard = Heard()
    heard.listen(30, -7.0, dbfs=-70.0)
    assert starts(heard.listen(0.3, 0.0, peak=0.5)) == 1


def test_in_a_room_that_scores_like_speech_the_same_score_does_not_start() -> None:
    """Where the room itself reaches -1.5 now and then, even odds are more of the room."""
    heard = Heard()
    for _ in range(60):
        heard.listen(0.45, -4.0)
        heard.listen(0.15, -1.5)
    assert starts(heard.listen(0.4, 0.0, peak=0.5)) == 0
    heard.listen(1, -4.0)
    assert starts(heard.listen(0.4, 3.5, peak=0.5)) == 1


def test_a_breath_right_after_words_starts_nothing_and_a_word_does() -> None:
    """Within .6 s of an end, only sound with a voice in it starts."""
    for peak, expected in ((0.15, 0), (0.5, 1)):
        heard = Heard()
        heard.listen(30, -7.0, dbfs=-70.0)
        assert starts(heard.listen(1, 5.0, peak=0.5)) == 1
        ended = heard.listen(0.3, -7.0, dbfs=-70.0)
        assert sum(isinstance(edge, Ended) for edge in ended) == 1
        assert starts(heard.listen(0.25, 2.0, peak=peak)) == expected


def test_a_word_that_follows_a_breath_is_suspected_anew() -> None:
    """What grew 12 dB louder while it was suspected is a suspicion of its own, from there on."""
    heard = Heard()
    heard.listen(30, -7.0, dbfs=-70.0)
    first = heard.listen(0.2, -3.0, dbfs=-50.0)
    assert [type(edge) for edge in first] == [Suspected]
    later = heard.listen(0.2, -3.0, dbfs=-30.0)
    assert [type(edge) for edge in later] == [Withdrawn, Suspected]
    assert isinstance(later[1], Suspected)
    assert later[1].onset > first[0].onset
