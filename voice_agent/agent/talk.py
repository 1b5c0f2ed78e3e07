"""The whole agent over a recording, on audio time: deterministic, and faster than real time."""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voice_agent.agent.loop import SessionLoop
from voice_agent.agent.parts import Parts
from voice_agent.agent.recogniser import InlineRecogniser
from voice_agent.core import inputs as i
from voice_agent.core.errors import UsageError
from voice_agent.core.journal import Journal
from voice_agent.core.times import to_seconds, to_ticks
from voice_agent.engines.pitch.queue import InlineMeasurer
from voice_agent.engines.tts.line import Line, RenderedLine
from voice_agent.transport.file import OUTPUT_RATE, Output, Recording


@dataclass(frozen=True, slots=True)
class Talked:
    """What a run over a recording came to."""

    audio_s: float
    spent_s: float
    ended: str | None
    unused: int = 0
    """Inputs whose time lies after the end of the recording."""

    @property
    def times_real_time(self) -> float:
        """Seconds of recording a second of work."""
        return self.audio_s / self.spent_s if self.spent_s else 0.0


def header(parts: Parts, recording: Recording) -> dict[str, Any]:
    """Return the first line of the run's log; the session's id is the recording's digest."""
    with recording.path.open("rb") as file:
        session = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    return Journal().header(**parts.header(session=session, via="file", mode="solo"))


def talk(
    parts: Parts,
    recording: Recording,
    *,
    output: Output | Path | None = None,
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

    Args:
        parts: the practices and models.
        recording: what is heard.
        output: what was said, of exactly the recording's length; kept only if the run is whole.
        write: takes each line of the log.
        inputs: taps, keys and ratings, each at its time.
        consents: what the person agreed to before the beginning.
        script: a practice to begin with.
        realtime: at live speed instead of as fast as it can.
        progress: told the session time in seconds, once a second of it.

    Raises:
        UsageError: `script` names no practice, or `output` cannot be written.
        StillHereError: the disk is full.
    """
    if script is not None:
        check_practice(parts, script)

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
        measurer=InlineMeasurer(),
        want=want,
        write=write,
        send=lambda _message: None,
        sample_rate=OUTPUT_RATE,
        latency_ticks=to_ticks(parts.settings.stt.file_latency_s),
        journal=Journal(seq=1),
    )
    sink = Output(output) if isinstance(output, Path) else output
    begun_s = time.perf_counter()
    given = deque(inputs or ())
    with sink or nullcontext():
        _begin(loop, consents, script)
        _run(loop, recording, given, sink, realtime=realtime, progress=progress)
        loop.handle(i.ParticipantLeft(t=loop.t, reason="recording_over"))
        loop.flush()
        if sink:
            sink.complete(round(recording.heard_s * OUTPUT_RATE))
    spent_s = time.perf_counter() - begun_s
    return Talked(to_seconds(loop.tick), spent_s, loop.ended, unused=len(given))


def check_practice(parts: Parts, script: str) -> None:
    """Check that there is such a practice.

    Raises:
        UsageError: there is none; the sentence names those there are.
    """
    known = sorted(practice.id for practice in parts.library.practices)
    if script not in known:
        raise UsageError(f"There is no practice '{script}'; give one of: {', '.join(known)}.")


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
