"""Which words belong to which utterance, with the real detector and core and given words."""

import json

import numpy as np
from numpy.typing import NDArray

from voice_agent.agent.loop import SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import InlineRecogniser
from voice_agent.core import inputs as i

RATE = 16_000


def voice(seconds: float) -> NDArray[np.int16]:
    """Return a vowel-like pulse train at about -23 dBFS."""
    t = np.arange(round(seconds * RATE)) / RATE
    sound = sum(
        np.sin(2 * np.pi * 120 * k * t) / (1 + abs(120 * k - 700) / 150) for k in range(1, 25)
    )
    return (sound / np.abs(sound).max() * 0.25 * 32767).astype(np.int16)


def quiet(seconds: float) -> NDArray[np.int16]:
    return np.random.default_rng(5).normal(0, 10, round(seconds * RATE)).astype(np.int16)


def finals(parts: Parts, sound: NDArray[np.int16]) -> list[int]:
    """Return the utterance of each final transcript of a session that hears `sound`."""
    rows: list[str] = []
    loop = SessionLoop(
        parts,
        recogniser=InlineRecogniser(lambda _samples, *, final: "my hands are warm"),
        want=lambda *_wanted: None,
        write=rows.append,
        send=lambda _message: None,
        sample_rate=24_000,
    )
    loop.handle(i.ParticipantJoined(t=0.0, via="file"))
    for at in range(0, len(sound) - 159, 160):
        loop.step((sound[at : at + 160],))
    told = [json.loads(row) for row in rows]
    return [
        event["utterance"] for event in told if event["type"] == "transcript" and event["final"]
    ]


def test_words_after_an_utterance_was_taken_are_a_new_one(parts: Parts) -> None:
    """What was understood once is not heard again with what is said next."""
    once = [quiet(1), voice(0.6), quiet(3)]
    assert finals(parts, np.concatenate(once * 3)) == [1, 2, 3]


def test_words_after_a_short_pause_belong_to_what_was_said_before(parts: Parts) -> None:
    """A pause shorter than the patience ends no utterance: its words are decoded together."""
    sound = np.concatenate([quiet(1), voice(0.6), quiet(0.45), voice(0.6), quiet(3)])
    assert set(finals(parts, sound)) == {1}
