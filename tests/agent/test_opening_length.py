"""How long the first words take, as the bundled voice says them."""

import pytest

from voice_agent.agent.parts import Parts
from voice_agent.agent.speaking import spoken
from voice_agent.core.practice import Guide

RATE = 16_000


@pytest.mark.parametrize(
    ("script", "variant"), [("opening", None), ("opening", "taps"), ("opening-phone", "phone")]
)
def test_all_first_words_and_the_question_take_under_twenty_seconds(
    parts: Parts, script: str, variant: str | None
) -> None:
    """On the page, without a microphone and on the phone; then the person has the floor."""
    guide = Guide(parts.library)
    guide.variant = variant
    place = guide.begin(script)
    total_s = 0.0
    while True:
        line = spoken(parts.library, place.key, parts.values(None))
        total_s += len(parts.renderer.render(line, RATE).samples) / RATE + place.line.pause_s
        if place.line.is_question:
            break
        following = guide.onward()
        assert following is not None
        place = following
    print(f"{script}, {variant or 'as written'}: {total_s:.1f} s")
    assert total_s < 20
