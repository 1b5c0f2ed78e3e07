"""In which order the lines of the library are spoken ahead."""

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import spoken
from voice_agent.core.lines import COMPANY, OFFERED, REQUIRED


def test_what_any_conversation_needs_is_spoken_before_the_other_practices(parts: Parts) -> None:
    """Safety first, then the frames and what is offered; no other practice delays them."""
    needed = {
        spoken(parts.library, (name, line.id), parts.values(None))
        for name in {*REQUIRED, *OFFERED, COMPANY}
        for line in parts.library[name].lines
    }
    ahead = list(parts.lines())
    assert ahead[0] == spoken(
        parts.library, ("crisis", parts.library["crisis"].first), parts.values(None)
    )
    soon = {ahead.index(line) for line in needed}
    assert max(soon) < min(at for at, line in enumerate(ahead) if line not in needed)
