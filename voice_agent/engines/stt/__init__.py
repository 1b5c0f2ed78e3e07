"""Speech to text by Whisper: the plain decoder for our loop, and a LiveKit plugin for anybody's."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voice_agent.engines.stt.plugin import STT

__all__ = ["STT"]


def __getattr__(name: str) -> Any:
    if name == "STT":
        from voice_agent.engines.stt.plugin import STT

        return STT
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
