"""The same decisions again from what was kept of a session, or other ones, and what differs."""

from voice_agent.research.replay.differences import Change, changes
from voice_agent.research.replay.run import Difference, Replayed, Step, replay, replay_steps, steps

__all__ = [
    "Change",
    "Difference",
    "Replayed",
    "Step",
    "changes",
    "replay",
    "replay_steps",
    "steps",
]
