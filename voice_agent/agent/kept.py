"""A session that a crash cut off, made again from what was kept of it: its inputs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from voice_agent.core.inputs import ClockAnchored, Input, Transcript
from voice_agent.core.journal import expand
from voice_agent.core.session import Session
from voice_agent.core.times import to_ticks


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it stood, and where its log, its time and its utterances go on."""

    core: Session
    seq: int
    tick: int
    utterances: int
    """The highest number an utterance had: later ones count on, or would be taken for heard."""


def rebuild(core: Session, rows: Iterable[str], unix_s: float) -> Kept:
    """Feed the inputs of a kept log to a new `core` (long for a long log: in a worker thread).

    Args:
        core: a session that has heard nothing.
        rows: the log's lines after the first.
        unix_s: the time now, seconds since 1970; session time went on while nobody was there.

    Raises:
        StillHereError: a line is none that this version can read.
        KeyError: the log names a line that the practices no longer have.
    """
    seq, tick, utterances = 1, 0, 0
    anchor: ClockAnchored | None = None
    for row in rows:
        obj = json.loads(row)
        seq = obj["seq"] + obj.get("rows", 1)
        for event in expand(obj):
            if not isinstance(event, Input):
                continue
            core.handle(event)
            tick = to_ticks(event.t)
            if isinstance(event, ClockAnchored):
                anchor = event
            elif isinstance(event, Transcript):
                utterances = max(utterances, event.utterance)
    if anchor is not None:
        tick = max(tick, to_ticks(unix_s - anchor.unix_s + anchor.t))
    return Kept(core, seq, tick, utterances)
