"""Voice activity: the detector of our own loop, and the LiveKit plugin on top of it."""

from typing import TYPE_CHECKING, Any

from voice_agent.engines.vad.detector import SCORE_DELAY_FRAMES, DetectorSettings, SpeechDetector
from voice_agent.engines.vad.edges import Edge, Ended, Hum, Started, Suspected, Withdrawn

if TYPE_CHECKING:
    from voice_agent.engines.vad.plugin import VAD, VADStream

__all__ = [
    "SCORE_DELAY_FRAMES",
    "VAD",
    "DetectorSettings",
    "Edge",
    "Ended",
    "Hum",
    "SpeechDetector",
    "Started",
    "Suspected",
    "VADStream",
    "Withdrawn",
]


def __getattr__(name: str) -> Any:
    """Import the plugin, and livekit with it, only when it is asked for."""
    if name in {"VAD", "VADStream"}:
        from voice_agent.engines.vad import plugin

        return getattr(plugin, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
