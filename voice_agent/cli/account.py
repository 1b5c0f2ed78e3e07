"""What happened in a run, for somebody who asked for no file: what was said, and at which time."""

import json
from collections.abc import Iterator
from typing import Any

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import written

_HEARD = {
    "key_pressed": "key {digit}",
    "hummed": "a hum",
    "speech_ended": "the person spoke from {onset_s:.1f} to {last_s:.1f} s",
    "connection_lost": "the line was lost",
    "connection_restored": "the line came back",
}
_KEPT = frozenset({"playout_started", "offer", "tapped", *_HEARD})


class Account:
    """Takes a log's lines as they come and keeps what a person would tell of them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: list[dict[str, Any]] = []

    def take(self, line: str) -> None:
        """Take a line of the log."""
        event = json.loads(line)
        if event["type"] in _KEPT:
            self._kept.append(event)

    def told(self, ended: str | None) -> Iterator[str]:
        """Yield one sentence for each thing that happened, with its time in seconds."""
        for event in self._kept:
            what = self._what(event)
            if what:
                yield f"{event['t']:8.1f} s  {what}"
        if ended and ended != "left":
            yield f"The session ended: {ended}."

    def _what(self, event: dict[str, Any]) -> str:
        match event["type"]:
            case "playout_started":
                if event.get("sample"):
                    return ""  # it goes on after a pause, and was told when it began
                values = self._parts.values(None)
                key = (event["script"], event["line"])
                return written(self._parts.library, key, values)
            case "offer":
                return f"(offered: {', '.join(event['practices'])})"
            case "tapped":
                return f"(tapped: {event.get('choice') or event['control']})"
            case kind:
                return f"({_HEARD[kind].format(**event)})"
