"""The guide's example is code that runs: it loads the plugins and makes a session of them."""

import re
from pathlib import Path
from types import SimpleNamespace

from livekit.agents import AgentSession

from voice_agent.agent.parts import Parts
from voice_agent.engines.tts import TTS

GUIDE = Path(__file__).parents[2] / "docs" / "plugins.md"


async def test_the_guides_example_makes_a_session_with_our_plugins(parts: Parts) -> None:
    """Its code runs up to the server: prewarm loads, and the session holds what was loaded."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    example: dict[str, object] = {"__name__": "example"}
    exec(compile(code, str(GUIDE), "exec"), example)  # the guide's own code
    example["CACHE"] = parts.settings.cache_dir
    process = SimpleNamespace(userdata={})
    example["prewarm"](process)  # type: ignore[operator]
    session = example["make_session"](process)  # type: ignore[operator]
    assert isinstance(session, AgentSession)
    assert isinstance(session.tts, TTS)
    assert session.stt is process.userdata["stt"]
    assert session.vad is not None
    frame = await session.tts.synthesize("We can also just stay.").collect()
    assert frame.duration > 0.5
