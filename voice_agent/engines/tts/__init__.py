"""Speech from text: the bundled Piper voice, its rendered lines, and the LiveKit plugin."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voice_agent.engines.tts.cache import CacheFault, FaultKind, Found, LineCache
    from voice_agent.engines.tts.line import (
        GUIDING,
        TALKING,
        Line,
        RenderedLine,
        RenderSettings,
        measure_pace,
    )
    from voice_agent.engines.tts.plugin import TTS
    from voice_agent.engines.tts.renderer import Renderer, RenderFigures
    from voice_agent.engines.tts.voice import Voice

__all__ = [
    "GUIDING",
    "TALKING",
    "TTS",
    "CacheFault",
    "FaultKind",
    "Found",
    "Line",
    "LineCache",
    "RenderFigures",
    "RenderSettings",
    "RenderedLine",
    "Renderer",
    "Voice",
    "measure_pace",
]

_HOME = {
    "TTS": "plugin",
    "CacheFault": "cache",
    "FaultKind": "cache",
    "Found": "cache",
    "LineCache": "cache",
    "RenderFigures": "renderer",
    "Renderer": "renderer",
    "Voice": "voice",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: livekit.agents alone takes seconds (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'line')}"), name)
