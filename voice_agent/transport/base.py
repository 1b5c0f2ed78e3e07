"""What every transport promises: 10 ms of sound each way, messages each way, and its state."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono 16-bit PCM, shape (n,)."""

HEARING_RATE = 16_000
"""Hz; what the engines hear at, whatever the line brings."""

FRAMES_PER_S = 100
HEARING_FRAME = HEARING_RATE // FRAMES_PER_S
"""160 samples: a frame of what is heard."""


class LineState(StrEnum):
    """How the line to the person is."""

    CONNECTED = "connected"
    LOST = "lost"
    HELD = "held"
    CLOSED = "closed"


class Transport(Protocol):
    """One person's line. Nothing here blocks; the pump calls it from the event loop.

    Promises, checked for every transport by the same test (`tests/transport/promises.py`):
    frames come in order and are exactly `HEARING_FRAME` samples of mono int16 at 16 kHz;
    `write` takes exactly `playout_rate // 100` samples; after `close` (twice is fine) the
    state is CLOSED, `read` gives None, and `write` and `send` do nothing.
    """

    via: str
    """`web`, `phone`, `file` or `console`."""
    playout_rate: int
    """Hz of the frames `write` takes, a multiple of 100."""
    cancels_echo: bool
    """Whether the agent's own voice is taken out of what is heard."""

    @property
    def state(self) -> LineState:
        """How the line is just now."""
        ...

    def read(self) -> Samples | None:
        """Return the next 10 ms that were heard, or None when nothing more has come."""
        ...

    def write(self, frame: Samples) -> None:
        """Send 10 ms of the agent's voice."""
        ...

    def flush(self) -> None:
        """Throw away what was written and is not sent yet; a line that holds nothing does nothing."""
        ...

    def received(self) -> Sequence[Mapping[str, Any]]:
        """Return the messages that came since the last call: JSON objects with `type`."""
        ...

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a JSON object to the person's page; a line without a page ignores it."""
        ...

    async def close(self) -> None:
        """Hang up and free what was held."""
        ...
