"""Take a page's messages in and hold ours until they can go, both bounded; never fail on them."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, NoReturn

MAX_MESSAGES = 64
MAX_MESSAGE_BYTES = 16_384


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def decoded(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object with a `type` that the bytes are, or None for anything else."""
    try:
        message = json.loads(data.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if isinstance(message, dict) and isinstance(message.get("type"), str):
        return message
    return None


class Inbox:
    """What a page sent and nobody has read yet. `put` is called from a foreign thread.

    Each of the two counts has one writer, so no lock is needed.
    """

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._refused = 0
        self._malformed = 0

    @property
    def dropped(self) -> int:
        """How many messages were too large, too many, or no JSON object with a `type`."""
        return self._refused + self._malformed

    def put(self, data: bytes) -> None:
        """Keep a message, or count it as dropped."""
        if len(data) > MAX_MESSAGE_BYTES or len(self._waiting) >= MAX_MESSAGES:
            self._refused += 1
        else:
            self._waiting.append(data)

    def take(self) -> list[dict[str, Any]]:
        """Return the messages that came since the last call, in order."""
        taken = []
        for _ in range(len(self._waiting)):
            message = decoded(self._waiting.popleft())
            if message is None:
                self._malformed += 1
            else:
                taken.append(message)
        return taken


class Outbox:
    """What waits for the page's channel: when full, the oldest goes, as the newest picture counts."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.dropped = 0

    def put(self, message: Mapping[str, Any]) -> None:
        """Keep a message until it can be sent."""
        if len(self.waiting) >= MAX_MESSAGES:
            self.waiting.popleft()
            self.dropped += 1
        self.waiting.append(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())
