"""What a run over a recording came to, easy to ask: events by type, and the sound by time."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from voice_agent.agent.parts import Parts
from voice_agent.agent.talk import header, talk
from voice_agent.core import wire
from voice_agent.core.journal import expand
from voice_agent.transport.file import Recording


@dataclass
class Told:
    lines: list[dict[str, Any]]
    events: list[dict[str, Any]]
    sound: NDArray[np.float64]
    rate: int

    def of(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        return [
            event
            for event in self.events
            if event["type"] == kind and all(event.get(k) == v for k, v in fields.items())
        ]

    def first(self, kind: str, after: float = 0.0, **fields: Any) -> dict[str, Any]:
        found = [event for event in self.of(kind, **fields) if event["t"] >= after]
        assert found, f"no {kind} {fields} after {after}; said: {self.said()}"
        return found[0]

    def said(self) -> list[tuple[float, str, str]]:
        return [(e["t"], e["script"], e["line"]) for e in self.of("say")]

    def level_dbfs(self, start_s: float, end_s: float) -> float:
        part = self.sound[round(start_s * self.rate) : round(end_s * self.rate)]
        power = float(np.mean(part**2)) if len(part) else 0.0
        return 10 * np.log10(power) if power > 0 else -200.0

    def silent(self, start_s: float, end_s: float) -> bool:
        """Whether not one sample sounds between the two times."""
        part = self.sound[round(start_s * self.rate) : round(end_s * self.rate)]
        return not part.any()


def run(parts: Parts, recording: Path, folder: Path, **options: Any) -> Told:
    lines: list[str] = []
    output = folder / f"{recording.stem}-out.wav"
    source = Recording(recording)
    lines.append(wire.dumps(header(parts, source)))
    talk(parts, source, output=output, write=lines.append, **options)
    sound, rate = soundfile.read(output)
    objects = [json.loads(line) for line in lines]
    events = [wire.encode(event) for line in objects[1:] for event in expand(line)]
    (folder / f"{recording.stem}.jsonl").write_text("\n".join(lines) + "\n")
    return Told(objects, events, sound, rate)
