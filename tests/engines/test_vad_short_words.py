"""Short words as the bundled voice says them: each is heard, wherever it falls among the blocks."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from scene import NATURAL
from sip_peer import from_ulaw, to_ulaw

from voice_agent.agent.parts import Parts
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line
from voice_agent.engines.vad import Edge, SpeechDetector, Started, Withdrawn

RATE = 16_000
STEP_S = 0.005
"""Six steps are a block of the detector: a word begins anywhere in one."""


def told(sound: NDArray[np.int16]) -> list[Edge]:
    detector = SpeechDetector()
    return [
        edge
        for at in range(0, len(sound) - 160, 160)
        for edge in detector.process(sound[at : at + 160])
    ]


def on_the_page(word: NDArray[np.int16], before_s: float, room_dbfs: float) -> NDArray[np.int16]:
    """Return the word (16 kHz) in a room, after some quiet."""
    sound = np.pad(word.astype(np.float64), (round(before_s * RATE), RATE))
    sound += np.random.default_rng(7).normal(0, 32768 * 10 ** (room_dbfs / 20), len(sound))
    return np.clip(sound, -32768, 32767).astype(np.int16)


def on_the_phone(word: NDArray[np.int16], before_s: float, room_dbfs: float) -> NDArray[np.int16]:
    """Return the same by telephone: 8 kHz, mu-law, and resampled as a call is."""
    low = soxr.resample(on_the_page(word, before_s, room_dbfs), RATE, RATE // 2)
    sent = from_ulaw(to_ulaw(low)).astype(np.int16)
    return soxr.resample(sent, RATE // 2, RATE).astype(np.int16)


@pytest.mark.parametrize("room_dbfs", [-70.0, -60.0])
@pytest.mark.parametrize("line", [on_the_page, on_the_phone])
@pytest.mark.parametrize("text", ["Stop.", "Stop!", "Yes."])
def test_a_word_is_started_and_never_withdrawn(parts: Parts, text, line, room_dbfs) -> None:
    """A single word begins one segment, on the page and on the phone, and is not taken back first.

    Half of "stop" is its s, which suspects speech long before the vowel can confirm it.
    """
    word = parts.renderer.render(Line(phrases_of(text), NATURAL), RATE).samples
    for step in range(6):
        edges = told(line(word, 4 + step * STEP_S, room_dbfs))
        kinds = [type(edge) for edge in edges if _about_the_word(edge, step)]
        assert Started in kinds, step
        assert Withdrawn not in kinds[: kinds.index(Started)], step


def _about_the_word(edge: Edge, step: int) -> bool:
    return edge.onset >= (4 + step * STEP_S - 0.1) * RATE


def told_while_we_sound(sound: NDArray[np.int16]) -> list[Edge]:
    """Return the edges where our voice sounds until speech is suspected, as in a call."""
    detector = SpeechDetector()
    edges: list[Edge] = []
    sounds = True
    for at in range(0, len(sound) - 160, 160):
        played_dbfs = -20 + 5 * np.sin(9 * at / RATE) if sounds else -120.0
        new = detector.process(sound[at : at + 160], played_dbfs)
        sounds = isinstance(new[-1], Withdrawn) if new else sounds
        edges += new
    return edges


@pytest.mark.parametrize("text", ["Stop.", "Yes.", "Please stop now."])
def test_a_word_said_into_our_own_voice_on_the_phone_is_started(parts: Parts, text) -> None:
    """Nothing cancels a telephone's echo: a word is heard all the same, with its soft sounds."""
    word = parts.renderer.render(Line(phrases_of(text), NATURAL), RATE).samples
    for step in range(6):
        edges = told_while_we_sound(on_the_phone(word, 4 + step * STEP_S, -70.0))
        assert Started in [type(edge) for edge in edges], step
