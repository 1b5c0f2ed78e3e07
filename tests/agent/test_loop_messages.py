"""What a page may say: its own messages, well formed, and nothing that could be words."""

from typing import Any

import pytest

from voice_agent.agent.loop import SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import InlineRecogniser


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def loop(parts: Parts, written: list[str]) -> SessionLoop:
    return SessionLoop(
        parts,
        recogniser=InlineRecogniser(lambda _samples, *, final: ""),
        want=lambda _line, _rate, _done: None,
        write=written.append,
        send=lambda _message: None,
        sample_rate=24_000,
    )


@pytest.mark.parametrize(
    "message",
    [
        {"type": "tapped", "control": "stop"},
        {"type": "tapped", "control": "choice", "choice": "feet-and-room"},
        {"type": "key_pressed", "digit": "*"},
        {"type": "consent_changed", "consent": "tone", "given": True},
        {"type": "distress_rated", "when": "after", "rating": 10},
        {"type": "distress_rated", "when": "after"},
    ],
)
def test_a_pages_own_messages_are_taken(loop: SessionLoop, message: dict[str, Any]) -> None:
    """Taps, keys, consents and ratings become inputs at the session's time."""
    assert loop.message(message)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "tapped", "control": "choice", "choice": "my name is Ada Lovelace"},
        {"type": "tapped", "control": "ada_lovelace"},
        {"type": "tapped", "control": "choice"},
        {"type": "tapped", "control": "stop", "speaker": "my name is Ada Lovelace"},
        {"type": "key_pressed", "digit": "12"},
        {"type": "key_pressed", "digit": ""},
        {"type": "consent_changed", "consent": "everything", "given": True},
        {"type": "distress_rated", "when": "after", "rating": 11},
        {"type": "distress_rated", "when": "never", "rating": 1},
        {"type": "transcript", "utterance": 1, "rev": 1, "audio_end_s": 1.0, "final": True},
        {"type": "say", "script": "crisis", "line": "ask"},
        {"type": "participant_left"},
        {"type": "no such thing"},
        {},
    ],
)
def test_anything_else_is_left_out_and_not_kept(
    loop: SessionLoop, written: list[str], message: dict[str, Any]
) -> None:
    """What is not a page's to say, or is not well formed, changes and stores nothing."""
    assert not loop.message(message)
    loop.flush()
    assert written == []


def test_the_times_a_page_claims_are_not_believed(loop: SessionLoop, written: list[str]) -> None:
    """Session time comes from the service alone."""
    loop.message({"type": "key_pressed", "digit": "1", "t": 99999.0})
    assert '"t":0.0' in written[0]
