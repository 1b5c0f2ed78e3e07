"""The whole agent while a television talks behind somebody who has gone quiet."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scene import RATE, Scene
from told import Told, run

from voice_agent.agent.parts import Parts

BELOW_DB = 20.0
"""A television across the room, against a voice at the microphone."""


def television(eval_data: Path, length_s: float) -> np.ndarray:
    """Several people talking at once, on and on, at 0 dBFS, as even in level as broadcasts are."""
    seconds = []
    for path in sorted((eval_data / "conversation").glob("trn*.flac")):
        sound, rate = soundfile.read(path)
        seconds += [
            second / max(np.sqrt(np.mean(second**2)), 1e-3)
            for second in np.array_split(sound, len(sound) // rate)
        ]
    return np.concatenate(seconds)[: round(length_s * RATE)]


@pytest.fixture(scope="session")
def evening(parts: Parts, eval_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Somebody says two sentences and goes quiet; a television goes on behind them."""
    folder = tmp_path_factory.mktemp("television")
    scene = Scene(parts, 75)
    for at_s, name in ((24.0, "austen_0880"), (27.5, "austen_0890")):
        # A recording, not our voice: that is rendered anew, and otherwise, on each machine.
        sentence, _ = soundfile.read(eval_data / "read" / f"{name}.flac")
        scene.add(at_s, sentence)
    loud = np.sqrt(np.mean(sentence**2))
    scene.add(21.0, television(eval_data, 54) * loud * 10 ** (-BELOW_DB / 20))
    return run(parts, scene.write(folder / "evening.wav"), folder)


@pytest.mark.data
def test_the_silence_is_noticed_behind_the_television(evening: Told) -> None:
    """A soft word and an offer come as they would in a quiet room."""
    last_word_s = 32.6
    came = [(e["rung"], e["t"] - last_word_s) for e in evening.of("silence_reached")]
    assert [rung for rung, _ in came[:2]] == ["soft", "offer"]
    for (_, after_s), due_s in zip(came, (12, 30), strict=False):
        assert due_s - 0.5 <= after_s <= due_s + 6


@pytest.mark.data
def test_the_persons_own_words_are_heard_over_it(evening: Told) -> None:
    """What they said begins the silence anew: no soft word comes while they talk."""
    assert not [e for e in evening.of("silence_reached") if 24 < e["t"] < 32 + 8]
