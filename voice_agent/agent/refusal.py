"""A caller for whom there is no place: one line with the numbers, then a close."""

import time

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import Speaking, Want
from voice_agent.core.commands import Say
from voice_agent.core.inputs import Input, PlayoutFinished
from voice_agent.transport.base import LineState, Transport

LONGEST_S = 60.0
STALL_S = 0.05
"""Held up longer than this, the line goes on later: no word is left out to catch up."""


class Refusal:
    """Says `conversation.no-capacity` on a line; never a bare busy tone (PRACTICES, "Crisis")."""

    def __init__(self, parts: Parts, want: Want, transport: Transport) -> None:
        self.transport = transport
        self._speaking = Speaking(
            parts.library, parts.values(None), parts.renderer, want, transport.playout_rate
        )
        self._begun_s = time.monotonic()
        self._tick = 0
        self._done = False
        self._speaking.say(Say(t=0.0, script="conversation", line="no-capacity", pause_s=0.5), 0)

    def step_to(self, now_s: float) -> bool:
        """Move on to `now_s` (monotonic); whether all was said or nobody is there."""
        if self.transport.state is LineState.CLOSED:
            return True
        self._begun_s = max(self._begun_s, now_s - self._tick / 100 - STALL_S)
        while self._tick < min((now_s - self._begun_s), LONGEST_S) * 100 and not self._done:
            self._speaking.arrived(self._tick)
            self.transport.write(self._speaking.fill(self._tick, self._happened))
            self._tick += 1
        return self._done or now_s - self._begun_s > LONGEST_S

    def _happened(self, event: Input) -> None:
        self._done = self._done or isinstance(event, PlayoutFinished)
