"""The whole agent over a recording, on audio time: deterministic, and faster than real time."""

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice_agent.agent.loop import FROM_PAGE, SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import InlineRecogniser
from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.errors import MalformedEventError, UsageError
from voice_agent.core.journal import Journal
from voice_agent.core.times import to_seconds, to_ticks
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.transport.file import OUTPUT_RATE, Output, Recording

GIVEN = (*FROM_PAGE, i.ConnectionLost, i.ConnectionRestored, i.Held, i.Unheld, i.ParticipantLeft,
         i.SettingChanged)  # fmt: skip
"""Inputs that may stand in `--inputs`."""


@dataclass(frozen=True, slots=True)
class Talked:
    """What a run over a recording came to."""

    audio_s: float
    spent_s: float
    ended: str | None

    @property
    def times_real_time(self) -> float:
        """Seconds of recording a second of work."""
        return self.audio_s / self.spent_s if self.spent_s else 0.0


def read_inputs(path: Path) -> list[i.Input]:
    """Read taps, keys and ratings with their times, one JSON object a line.

    Raises:
        UsageError: the file cannot be read, or a line is no such input.
    """
    try:
        rows = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The inputs {path} cannot be read; give a JSONL file.") from error
    out: list[i.Input] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            event = wire.decode(json.loads(row))
        except (ValueError, MalformedEventError) as error:
            raise UsageError(f"{path}, line {number}: {_why(error)}") from error
        if not isinstance(event, GIVEN):
            raise UsageError(
                f"{path}, line {number}: '{wire.NAMES[type(event)]}' cannot be given; "
                "give tapped, key_pressed, consent_changed, distress_rated or what a line does."
            )
        out.append(event)
    return sorted(out, key=lambda event: event.t)


def _why(error: Exception) -> str:
    if isinstance(error, MalformedEventError):
        return str(error)
    return 'this is not JSON; write e.g. {"t": 12.5, "type": "key_pressed", "digit": "1"}.'


def header(parts: Parts, recording: Recording) -> dict[str, Any]:
    """Return the first line of the run's log; the session's id is the recording's digest."""
    with recording.path.open("rb") as file:
        session = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    return Journal().header(**parts.header(session=session, via="file", mode="solo"))


def talk(
    parts: Parts,
    recording: Recording,
    *,
    output: Path | None = None,
    write: Callable[[str], None] = lambda _line: None,
    inputs: list[i.Input] | None = None,
    consents: tuple[str, ...] = (),
    script: str | None = None,
    realtime: bool = False,
    progress: Callable[[float], None] = lambda _done_s: None,
) -> Talked:
    """Run a session over `recording` and return what it came to.

    A recogniser's result is delivered at the end of the audio it used plus
    `stt.file_latency_s`; rendering takes no session time. So the same recording, settings and
    line cache give the same lines, to the byte.

    Raises:
        UsageError: `script` names no practice, or `output` cannot be written.
    """
    practice = script is None or (script in parts.library and
                                  parts.library[script].kind == "practice")  # fmt: skip
    if not practice:
        known = ", ".join(sorted(s for s in parts.library if parts.library[s].kind == "practice"))
        raise UsageError(f"There is no practice '{script}'; give one of: {known}.")

    def want(
        line: Line, sample_rate: int, done: Callable[[RenderedLine | Exception], None]
    ) -> None:
        try:
            done(parts.renderer.render(line, sample_rate))
        except Exception as error:  # noqa: BLE001 - a line that cannot be spoken is shown instead
            done(error)

    loop = SessionLoop(
        parts,
        recogniser=InlineRecogniser(parts.decode),
        want=want,
        write=write,
        send=lambda _message: None,
        sample_rate=OUTPUT_RATE,
        latency_ticks=to_ticks(parts.settings.stt.file_latency_s),
        journal=Journal(seq=1),
    )
    sink = Output(output) if output else None
    begun_s = time.perf_counter()
    try:
        _begin(loop, consents, script)
        _run(loop, recording, deque(inputs or ()), sink, realtime=realtime, progress=progress)
        loop.handle(i.ParticipantLeft(t=loop.t, reason="recording_over"))
        loop.flush()
    finally:
        if sink:
            sink.close()
    return Talked(to_seconds(loop.tick), time.perf_counter() - begun_s, loop.ended)


def _begin(loop: SessionLoop, consents: tuple[str, ...], script: str | None) -> None:
    for consent in consents:
        loop.handle(i.ConsentChanged(t=0.0, consent=consent, given=True))
    loop.handle(i.ParticipantJoined(t=0.0, via="file"))
    if script is not None:
        loop.handle(i.Tapped(t=0.0, control="choice", choice=script))


def _run(
    loop: SessionLoop,
    recording: Recording,
    given: deque[i.Input],
    sink: Output | None,
    *,
    realtime: bool,
    progress: Callable[[float], None],
) -> None:
    for frame in _paced(recording, realtime=realtime):
        while given and to_ticks(given[0].t) <= loop.tick:
            loop.handle(replace(given.popleft(), t=loop.t))
        sound = loop.step((frame,))
        if sink:
            sink.write(sound)
        if loop.tick % 100 == 0:
            progress(loop.t)


def _paced(recording: Recording, *, realtime: bool) -> Iterator[Any]:
    begun_s = time.monotonic()
    for number, frame in enumerate(recording.frames(), 1):
        if realtime:
            time.sleep(max(0.0, begun_s + number / 100 - time.monotonic()))
        yield frame
