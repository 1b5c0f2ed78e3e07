"""When the recogniser is behind, those who are here come first: nobody new is taken."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voice_agent.agent.host import FullError, Host
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.renders import RenderQueue
from voice_agent.engines.stt import queue as decode_queue
from voice_agent.engines.stt.queue import Kind
from voice_agent.store import Store


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def recogniser(gate: threading.Event) -> Iterator[SharedRecogniser]:
    def decode(_samples: np.ndarray, *, final: bool) -> str:
        gate.wait(20)
        return "words"

    shared = SharedRecogniser(decode)
    yield shared
    gate.set()
    shared.close()


async def test_nobody_new_is_taken_while_the_decoder_is_stuck(
    parts: Parts,
    tmp_path: Path,
    recogniser: SharedRecogniser,
    gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is taken; while a decode is stuck the next is refused, and counted apart."""
    store = Store(f"sqlite:///{tmp_path / 'kept.sqlite3'}")
    store.open(1_000_000.0)
    renders = RenderQueue(parts.renderer)
    host = Host(parts, store, recogniser, renders)
    await host.open(via="web", microphone=True, country=None, mode="solo")
    monkeypatch.setattr(decode_queue, "STUCK_S", 0.0)
    monkeypatch.setattr("voice_agent.agent.recogniser.BEHIND_S", 0.0)
    told = threading.Semaphore(0)
    for who in ("a", "b"):
        recogniser.submit(
            who, np.zeros(1600, np.int16), final=True, done=lambda _heard: told.release()
        )
    with pytest.raises(FullError):
        await host.open(via="web", microphone=True, country=None, mode="solo")
    assert (host.refused, host.refused_behind) == (1, 1)
    gate.set()
    for _ in range(2):
        assert told.acquire(timeout=20)
    await host.open(via="web", microphone=True, country=None, mode="solo")
    assert host.refused == 1
    assert recogniser.counted.decodes[Kind.FINAL] == 2
    assert recogniser.counted.audio_s[Kind.FINAL] == pytest.approx(0.2)
    await host.close()
    renders.close()
    store.close()
