"""How fast the voice answers, stops and gives way: live, on the wall clock, with real models.

    python benchmarks/response.py [--trials 20] [--json OUT]

The bundled voice speaks as the person into a line inside this process, 10 ms at a time, as a
transport would; what the agent plays is timed to the sample. Patience is .2 s. So the figures hold
everything but the network: add the jitter buffer of the line (20 to 60 ms).
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_agent.agent.host import Host
from voice_agent.agent.parts import RenderQueue, prepare
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line, RenderSettings
from voice_agent.settings import load_settings
from voice_agent.shipped import shipped
from voice_agent.store import Store
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, LineState

NATURAL = RenderSettings(length_scale=1.0, pace_wpm=190.0, clause_gap_s=(0.05, 0.2))
LOOP = """
id: measured
source: A5
title: Measured
minutes: 1
about: A question that is asked again and again, to time the answers to it.
lines:
  - id: question
    ask: Shall we go on?
    answers: {yes: guide, no: end, other: guide, silence: question}
    wait_s: 30
  - id: guide
    text: This is a line of the practice, and somebody may speak while it is being said, at any time.
    pause_s: 1
    then: question
"""


class Wire:
    """A line inside this process: what the person says is queued, what is played is timed."""

    via = "web"
    playout_rate = 48_000
    cancels_echo = True

    def __init__(self) -> None:
        self.state = LineState.CONNECTED
        self.said: list[NDArray[np.int16]] = []
        self.tapped: list[Mapping[str, Any]] = []
        self.messages: list[Mapping[str, Any]] = []
        self.sounded_s: list[float] = []
        self.last_sound_s = 0.0
        self.silent_since_s = time.monotonic()
        self.began_s = 0.0
        rng = np.random.default_rng(3)
        self._room = (rng.normal(0, 10, HEARING_RATE)).astype(np.int16)
        self._at = 0
        self.spoken_until_s = 0.0

    def read(self) -> NDArray[np.int16] | None:
        if time.monotonic() - self.began_s < self._at / 100:
            return None
        if not self.began_s:
            self.began_s = time.monotonic()
        self._at += 1
        if self.said:
            frame = self.said.pop(0)
            if not self.said:
                self.spoken_until_s = time.monotonic()
            return frame
        start = self._at % 100 * HEARING_FRAME
        return self._room[start : start + HEARING_FRAME]

    def write(self, frame: NDArray[np.int16]) -> None:
        now = time.monotonic()
        if frame.any():
            if now - self.last_sound_s > 0.05:
                self.silent_since_s = now
            self.last_sound_s = now

    def received(self) -> Sequence[Mapping[str, Any]]:
        tapped, self.tapped = self.tapped, []
        return tapped

    def send(self, message: Mapping[str, Any]) -> None:
        self.messages.append(message)

    async def close(self) -> None:
        self.state = LineState.CLOSED

    async def sounding(self, timeout_s: float = 20) -> float:
        """Wait until the agent speaks; return when its first sample was played."""
        begun = time.monotonic()
        while time.monotonic() - begun < timeout_s:
            if self.last_sound_s > begun and time.monotonic() - self.last_sound_s < 0.03:
                return max(begun, self.silent_since_s)
            await asyncio.sleep(0.002)
        raise TimeoutError("the agent did not speak")

    async def silent(self, for_s: float, timeout_s: float = 30) -> float:
        """Wait until the agent has been silent for so long; return when its last sample was."""
        begun = time.monotonic()
        while time.monotonic() - begun < timeout_s:
            if time.monotonic() - max(self.last_sound_s, self.began_s) > for_s:
                return self.last_sound_s
            await asyncio.sleep(0.002)
        raise TimeoutError("the agent did not fall silent")

    async def caption(self, line: str, timeout_s: float = 30) -> None:
        """Wait for a line to begin."""
        begun = time.monotonic()
        while time.monotonic() - begun < timeout_s:
            if any(m["type"] == "caption" and m["line"] == line for m in self.messages):
                self.messages.clear()
                return
            await asyncio.sleep(0.002)
        raise TimeoutError(f"the line '{line}' did not begin")


async def measure(trials: int) -> dict[str, list[float]]:
    """Run the trials and return seconds by what they measure."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder) / "scripts"
        copytree(shipped("scripts_audio"), scripts)
        (scripts / "measured.yaml").write_text(LOOP)
        settings = load_settings(
            scripts_dir=scripts, data_dir=Path(folder), patience={"word_s": 0.2, "talk_s": 0.2}
        )
        parts = prepare(settings)
        store = Store(settings.database_url)
        store.open(time.time())
        recogniser = SharedRecogniser(parts.decode)
        host = Host(parts, store, recogniser, RenderQueue(parts.renderer))
        pump = asyncio.create_task(host.run())
        try:
            return await _trials(host, trials)
        finally:
            pump.cancel()
            await host.close()
            recogniser.close()
            store.close()


async def _trials(host: Host, trials: int) -> dict[str, list[float]]:
    parts = host.parts
    for name in ("measured",):
        for line in parts.library[name].lines:
            from voice_agent.agent.speaking import spoken

            await asyncio.to_thread(
                parts.renderer.render, spoken(parts.library, (name, line.id), {}), 48_000
            )
    opened = await host.open(via="web", microphone=True, country=None, mode="solo")
    wire = Wire()
    await host.attach(opened.id, wire, None)
    figures: dict[str, list[float]] = {
        "end of speech to voice": [],
        "end of patience to voice": [],
        "onset to playout paused": [],
        "stop to silence": [],
    }
    words = [await _frames(host, word) for word in ("Yes.", "Yes, please.", "Okay, yes.")]
    stop = await _frames(host, "Stop.")
    aside = await _frames(host, "My hands are warm today.")
    await asyncio.sleep(0.5)
    wire.tapped.append({"type": "tapped", "control": "choice", "choice": "measured"})
    for trial in range(trials + 1):
        await wire.caption("question")
        await wire.silent(0.4)
        answer = words[trial % len(words)]
        wire.said.extend(answer)
        while wire.said:
            await asyncio.sleep(0.002)
        ended = wire.spoken_until_s
        voice = await wire.sounding()
        await wire.caption("guide")
        await asyncio.sleep(1.0)
        onset = time.monotonic()
        wire.said.extend(aside if trial % 2 else stop)
        paused = await wire.silent(0.12)
        while wire.said:
            await asyncio.sleep(0.002)
        stop_ended = wire.spoken_until_s
        if trial % 2 == 0:
            await wire.silent(1.0)
            wire.tapped.append({"type": "tapped", "control": "go_on"})
            silent_s = max(0.0, wire.last_sound_s - stop_ended)
        if trial == 0:
            continue  # warms caches and models
        figures["end of speech to voice"].append(voice - ended)
        figures["end of patience to voice"].append(voice - ended - 0.2)
        figures["onset to playout paused"].append(paused - onset)
        if trial % 2 == 0:
            figures["stop to silence"].append(silent_s)
    return figures


async def _frames(host: Host, text: str) -> list[NDArray[np.int16]]:
    line = Line(phrases_of(text), NATURAL)
    sound = (await asyncio.to_thread(host.parts.renderer.render, line, HEARING_RATE)).samples
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 400)
    sound = sound[loud[0] : loud[-1] + 1]
    whole = len(sound) // HEARING_FRAME * HEARING_FRAME
    return [sound[i : i + HEARING_FRAME] for i in range(0, whole, HEARING_FRAME)]


GOALS = {
    "end of speech to voice": (0.5, 0.8),
    "end of patience to voice": (0.15, None),
    "onset to playout paused": (0.15, None),
    "stop to silence": (0.35, None),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    figures = asyncio.run(measure(options.trials))
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(f"Live, patience .2 s, {machine}; seconds")
    print(f"{'':28}{'n':>4}{'p50':>8}{'p95':>8}{'goal p50':>10}{'goal p95':>10}")
    rows = []
    for name, values in figures.items():
        p50 = statistics.median(values)
        p95 = float(np.quantile(values, 0.95))
        goal50, goal95 = GOALS[name]
        rows.append({"what": name, "n": len(values), "p50_s": p50, "p95_s": p95})
        print(f"{name:28}{len(values):4}{p50:8.3f}{p95:8.3f}{goal50:10.2f}{goal95 or '':>10}")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
