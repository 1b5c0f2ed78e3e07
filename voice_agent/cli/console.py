"""A conversation at this machine's own microphone, and practices played to its loudspeaker."""

import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from voice_agent.agent.loop import SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.renders import RenderQueue
from voice_agent.core import inputs as i
from voice_agent.core.journal import Journal
from voice_agent.store.logfile import LogWriter
from voice_agent.transport.base import Samples
from voice_agent.transport.console import PLAYOUT_RATE, Microphone, Speaker

KEYS = frozenset("0123456789*#")


def play(frames: Iterable[Samples], sample_rate: int) -> None:
    """Play frames to the loudspeaker."""
    with Speaker(sample_rate) as speaker:
        for frame in frames:
            speaker.write(frame)


def converse(parts: Parts, events: Path | None) -> None:
    """Hold a conversation until it ends; keys as on a phone, each with Enter."""
    keys: SimpleQueue[str] = SimpleQueue()
    with ExitStack() as stack:
        microphone = stack.enter_context(Microphone())
        speaker = stack.enter_context(Speaker(PLAYOUT_RATE))
        write = lambda _line: None  # noqa: E731 - a sink that takes nothing
        if events is not None:
            header = Journal().header(**parts.header(session="console", via="console", mode="solo"))
            write = stack.enter_context(LogWriter(events, header)).write
        recogniser = SharedRecogniser(parts.decode)
        stack.callback(recogniser.close)
        loop = SessionLoop(
            parts,
            recogniser=recogniser,
            want=RenderQueue(parts.renderer).want,
            write=write,
            send=_show,
            sample_rate=PLAYOUT_RATE,
            hears_itself=True,
            journal=Journal(seq=1),
        )
        print("Keys as on a phone, each with Enter: 1 yes, 2 no, 3 pause, 7 just stay, * stop.")
        threading.Thread(target=_read_keys, args=(keys,), daemon=True).start()
        loop.handle(i.ParticipantJoined(t=0.0, via="console"))
        while loop.ended is None:
            with suppress(Empty):
                loop.message({"type": "key_pressed", "digit": keys.get_nowait()})
            speaker.write(loop.step((microphone.read(),)))
        loop.flush()


def _show(message: Mapping[str, Any]) -> None:
    if message["type"] == "caption":
        print(message["text"], flush=True)


def _read_keys(keys: "SimpleQueue[str]") -> None:
    for line in sys.stdin:
        for key in line.strip():
            if key in KEYS:
                keys.put(key)
