"""How fast the voice answers, stops and gives way: live, on the wall clock, with real models.

    python benchmarks/response.py [--trials 20] [--json OUT] [--log OUT.jsonl]

The bundled voice speaks as the person into a line inside this process, 10 ms at a time, each frame
when its last sample would have been spoken; what the agent plays is timed to the sample when it is
handed to the line. Patience is .2 s, the models and the lines are loaded before. So the figures
hold everything but the network: add the line's own buffers (20 to 60 ms).

An instant of the person is the first or the last sample of the word above -38 dBFS; one of the
agent the first or the last above -60 dBFS.

- end of speech to voice: from the last sample of an answer to the first of the line it leads to.
- end of patience to voice: the same, less the patience.
- onset to playout paused: from the first sample of an aside to the last of the line it interrupts.
- "stop" to silence: from the first sample of "Stop." to the last of the line.
- "stop" said to stopped: from the last sample of "Stop." until the page shows that it is stopped.
- tapped stop to silence: from the message to the last sample.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
from machine import describe, machine
from numpy.typing import NDArray

from voice_agent.agent.decoders import Decoders
from voice_agent.agent.host import Host
from voice_agent.agent.parts import prepare
from voice_agent.agent.recogniser import SharedRecogniser
from voice_agent.agent.renders import RenderQueue
from voice_agent.agent.speaking import spoken
from voice_agent.core.script import phrases_of
from voice_agent.engines.tts.line import Line, RenderSettings
from voice_agent.settings import load_settings
from voice_agent.shipped import shipped
from voice_agent.store import Store
from voice_agent.transport.base import HEARING_FRAME, HEARING_RATE, LineState

PATIENCE_S = 0.2
PLAYOUT_RATE = 48_000
SPEECH = 400
"""-38 dBFS: where the person's word begins and ends."""
AUDIBLE = 33
"""-60 dBFS: what counts of the agent's voice."""
NATURAL = RenderSettings(length_scale=1.0, pace_wpm=190.0, clause_gap_s=(0.05, 0.2))
# No comma: a pause between two words would be as long as the patience.
ANSWERS = ("Yes.", "Yes please.", "Yes let us go on.")
ASIDE = "My hands are warm today."
# The guide's line is one phrase, so that its silence is never a gap between two.
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
    text: >-
      This is a line of the practice that is so long that somebody may begin to speak while
      it is being said and that goes on for as long as nobody speaks
    pause_s: 5
    then: question
"""

Samples = NDArray[np.int16]


class Wire:
    """A line inside this process: what the person says is queued, what is played is timed."""

    via = "web"
    playout_rate = PLAYOUT_RATE
    cancels_echo = True

    def __init__(self) -> None:
        self.state = LineState.CONNECTED
        self.messages: list[tuple[float, Mapping[str, Any]]] = []
        self.sounds: list[tuple[float, float]] = []
        """First and last audible sample of each stretch of sound less than 50 ms apart."""
        self._said: deque[Samples] = deque()
        self._tapped: list[Mapping[str, Any]] = []
        self._room = np.random.default_rng(3).normal(0, 10, HEARING_RATE).astype(np.int16)
        self._begun_s = time.monotonic()
        self._at = 0
        self._spoke: asyncio.Future[tuple[float, float]] | None = None
        self._onset_s = 0.0

    def read(self) -> Samples | None:
        """Give the next 10 ms of what the person says, or of the room, once they are over."""
        end_s = self._begun_s + (self._at + 1) / 100
        if time.monotonic() < end_s:
            return None
        start = self._at % 100 * HEARING_FRAME
        self._at += 1
        if not self._said:
            return self._room[start : start + HEARING_FRAME]
        frame = self._said.popleft()
        self._onset_s = self._onset_s or end_s - 0.01
        if not self._said and self._spoke is not None:
            self._spoke.set_result((self._onset_s, end_s))
            self._spoke = None
        return frame

    def write(self, frame: Samples) -> None:
        """Take 10 ms of the agent's voice and note when it is audible."""
        now = time.monotonic()
        loud = np.flatnonzero((frame > AUDIBLE) | (frame < -AUDIBLE))
        if not len(loud):
            return
        first, last = now + loud[0] / PLAYOUT_RATE, now + loud[-1] / PLAYOUT_RATE
        if self.sounds and first - self.sounds[-1][1] < 0.05:
            self.sounds[-1] = (self.sounds[-1][0], last)
        else:
            self.sounds.append((first, last))

    def flush(self) -> None:
        """Do nothing: nothing waits here."""

    def received(self) -> Sequence[Mapping[str, Any]]:
        """Give what was tapped."""
        tapped, self._tapped = self._tapped, []
        return tapped

    def send(self, message: Mapping[str, Any]) -> None:
        """Take a message to the page."""
        self.messages.append((time.monotonic(), message))

    async def close(self) -> None:
        """Close the line."""
        self.state = LineState.CLOSED

    # The person

    def tap(self, control: str, choice: str | None = None) -> float:
        """Tap, and return when."""
        tapped = {"type": "tapped", "control": control}
        self._tapped.append(tapped if choice is None else {**tapped, "choice": choice})
        return time.monotonic()

    async def say(self, sound: Samples) -> tuple[float, float]:
        """Speak, and return when the first and the last sample were spoken."""
        self._onset_s = 0.0
        self._spoke = spoke = asyncio.get_running_loop().create_future()
        self._said.extend(sound.reshape(-1, HEARING_FRAME))
        return await spoke

    # What they hear and see

    async def _until(self, what: str, found: Callable[[], float | None], timeout_s: float) -> float:
        begun = time.monotonic()
        while time.monotonic() - begun < timeout_s:
            at = found()
            if at is not None:
                return at
            await asyncio.sleep(0.005)
        last = [m.get("state") or m.get("line") or m["type"] for _, m in self.messages[-8:]]
        raise TimeoutError(f"{what} did not come; the last messages were {last}")

    async def told(self, after_s: float, kind: str, timeout_s: float = 20, **fields: str) -> float:
        """Wait for a message that came after `after_s`; return when it came."""

        def found() -> float | None:
            for at, message in self.messages:
                matches = all(message.get(key) == value for key, value in fields.items())
                if at >= after_s and message["type"] == kind and matches:
                    return at
            return None

        return await self._until(f"{kind} {fields}", found, timeout_s)

    async def sounding(self, after_s: float, timeout_s: float = 20) -> float:
        """Wait for a stretch of sound that began after `after_s`; return when."""

        def found() -> float | None:
            return next((first for first, _ in self.sounds if first >= after_s), None)

        return await self._until("a voice", found, timeout_s)

    async def silent(self, for_s: float, after_s: float = 0.0, timeout_s: float = 20) -> float:
        """Wait until something sounded after `after_s` and then nothing for so long; since when."""

        def found() -> float | None:
            last = self.sounds[-1][1] if self.sounds else 0.0
            return last if last > after_s and time.monotonic() - last > for_s else None

        return await self._until("silence", found, timeout_s)


@asynccontextmanager
async def live(log: Path | None) -> AsyncIterator[tuple[Host, Wire]]:
    """Run a session as `serve` does, on a line of this process, and keep its log if wanted."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder) / "scripts"
        copytree(shipped("scripts_audio"), scripts)
        (scripts / "measured.yaml").write_text(LOOP)
        settings = load_settings(
            scripts_dir=scripts,
            data_dir=Path(folder),
            patience={"word_s": PATIENCE_S, "talk_s": PATIENCE_S},
        )
        decoders = Decoders(settings)
        # Unloaded models would make the first words come late, and an apology instead of a line.
        await asyncio.to_thread(decoders.load)
        parts = prepare(settings, decoders)
        for script in ("measured", "conversation", "opening"):
            for line in parts.library[script].lines:
                wanted = spoken(parts.library, (script, line.id), parts.values(None))
                await asyncio.to_thread(parts.renderer.render, wanted, PLAYOUT_RATE)
        store = Store(settings.database_url)
        store.open(time.time())
        recogniser = SharedRecogniser(decoders)
        host = Host(parts, store, recogniser, RenderQueue(parts.renderer))
        pump = asyncio.create_task(host.run())
        opened = await host.open(via="web", microphone=True, country=None, mode="solo")
        try:
            wire = Wire()
            await host.attach(opened.id, wire, None)
            yield host, wire
        finally:
            await asyncio.sleep(0.3)  # the store's writer is as far behind as that
            if log is not None:
                kept = store.get(opened.id)
                rows = [json.dumps(kept.header if kept else {}), *store.lines(opened.id)]
                await asyncio.to_thread(
                    log.write_text, "".join(f"{row.rstrip()}\n" for row in rows)
                )
            pump.cancel()
            await host.close()
            recogniser.close()
            store.close()


async def measure(trials: int, log: Path | None) -> dict[str, list[float]]:
    """Run the trials and return seconds by what they measure."""
    async with live(log) as (host, wire):
        answers = [await _sound(host, text) for text in ANSWERS]
        aside, stop = await _sound(host, ASIDE), await _sound(host, "Stop.")
        figures: dict[str, list[float]] = {name: [] for name in GOALS}
        for trial in range(-1, trials):  # the first one warms up what is not warm yet
            found = await _trial(wire, answers[trial % len(answers)], aside, stop)
            for name, seconds in found.items() if trial >= 0 else ():
                figures[name].append(seconds)
    return figures


async def _trial(wire: Wire, answer: Samples, aside: Samples, stop: Samples) -> dict[str, float]:
    """Answer a question, speak into the line that follows, and stop it by word and by tap."""
    found = {}
    for way in ("aside", "stop", "tap"):
        begun = wire.tap("choice", "measured")
        asked = await wire.told(begun, "caption", line="question")
        await wire.silent(0.4, asked + 0.1)
        _, ended = await wire.say(answer)
        voice = await wire.sounding(ended)
        await wire.told(ended, "caption", line="guide")
        if way == "aside":
            found["end of speech to voice"] = voice - ended
            found["end of patience to voice"] = voice - ended - PATIENCE_S
        await asyncio.sleep(1.0)  # the line is well under way
        if way == "aside":
            onset, ended = await wire.say(aside)
            paused = [last for first, last in wire.sounds if first < onset][-1]
            found["onset to playout paused"] = paused - onset
            await wire.told(ended, "resume")  # or its words would answer the next question
            continue
        if way == "stop":
            onset, ended = await wire.say(stop)
            stopped = await wire.told(onset, "show", state="stopped")
            found['"stop" to silence'] = await wire.silent(0.5) - onset
            found['"stop" said to stopped'] = stopped - ended
        else:
            tapped = wire.tap("stop")
            found["tapped stop to silence"] = await wire.silent(0.5) - tapped
        gone_on = wire.tap("go_on")
        await wire.told(gone_on, "show")
    return found


async def _sound(host: Host, text: str) -> Samples:
    """Return the words in whole frames, from their first loud sample to their last."""
    line = Line(phrases_of(text), NATURAL)
    sound = (await asyncio.to_thread(host.parts.renderer.render, line, HEARING_RATE)).samples
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > SPEECH)
    end = int(loud[-1]) + 1
    whole = (end - int(loud[0])) // HEARING_FRAME * HEARING_FRAME
    return sound[end - whole : end]


GOALS: dict[str, tuple[float | None, float | None]] = {
    "end of speech to voice": (0.5, 0.8),
    "end of patience to voice": (0.15, None),
    "onset to playout paused": (0.15, None),
    '"stop" to silence': (0.35, None),
    '"stop" said to stopped': (None, None),
    "tapped stop to silence": (0.35, None),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--log", type=Path, metavar="OUT", help="keep what happened, to look into")
    options = parser.parse_args()
    where = machine()
    figures = asyncio.run(measure(options.trials, options.log))
    print(f"Live, patience {PATIENCE_S} s, models and lines warm; seconds")
    print(describe(where))
    print(f"{'':28}{'n':>4}{'p50':>8}{'p95':>8}{'most':>8}{'goal p50':>10}{'goal p95':>10}")
    rows = []
    for name, values in figures.items():
        p50, p95 = statistics.median(values), float(np.quantile(values, 0.95))
        goals = "".join(f"{'-' if goal is None else goal:>10}" for goal in GOALS[name])
        print(f"{name:28}{len(values):4}{p50:8.3f}{p95:8.3f}{max(values):8.3f}{goals}")
        rows.append(
            {"what": name, "n": len(values), "p50_s": p50, "p95_s": p95, "most_s": max(values)}
        )
    if options.json:
        options.json.write_text(json.dumps({"machine": where, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
