"""The plugins in a real `livekit.agents.AgentSession`, without a server: heard, said, interrupted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from livekit.agents import Agent, AgentSession
from numpy.typing import NDArray
from scene import Scene
from session_line import Loudspeaker, Microphone

from voice_agent.agent.parts import Parts
from voice_agent.core.script import phrases_of
from voice_agent.engines.stt import STT
from voice_agent.engines.tts import TALKING, TTS, Line
from voice_agent.engines.vad import VAD

SAID = "I had an argument with my brother this morning."
TWO = "We can also just stay. There is no hurry."
LINE = (
    "Notice where your feet meet the floor, and what the chair carries of you, "
    "and whatever else there is to notice in this room, for as long as you like."
)
VAD_TURNS = {"turn_detection": "vad", "interruption": {"mode": "vad"}}


@dataclass
class Room:
    """A session with its line, and what it told."""

    session: AgentSession[None]
    microphone: Microphone
    loudspeaker: Loudspeaker
    finals: list[str] = field(default_factory=list)
    interims: list[str] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    errors: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        @self.session.on("user_input_transcribed")
        def _heard(event) -> None:
            (self.finals if event.is_final else self.interims).append(event.transcript)

        @self.session.on("user_state_changed")
        def _state(event) -> None:
            self.states.append((self.microphone.heard_s, event.new_state))

        self.session.on("error", lambda event: self.errors.append(event.error))

    def began_at(self) -> list[float]:
        """Return the seconds of the recording at which somebody began to speak."""
        return [at for at, state in self.states if state == "speaking"]


async def until(condition, timeout_s: float = 30) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - lists that a session fills: there is no event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def room(samples: NDArray[np.int16], **plugins) -> AsyncIterator[Room]:
    """Start a session that hears `samples`; closing it must not hang."""
    session: AgentSession[None] = AgentSession(
        llm=None, aec_warmup_duration=None, turn_handling=VAD_TURNS, **plugins
    )
    found = Room(session, Microphone(samples), Loudspeaker())
    session.input.audio = found.microphone
    session.output.audio = found.loudspeaker
    await session.start(Agent(instructions=""), record=False)
    try:
        yield found
    finally:
        async with asyncio.timeout(10):
            await session.aclose()
    assert found.errors == []


@pytest.fixture(scope="module")
def ears(parts: Parts) -> STT:
    return STT.load("base", cache_dir=parts.settings.cache_dir)


@pytest.fixture(scope="module")
def voice(parts: Parts) -> TTS:
    for text in (TWO, LINE):
        parts.renderer.render(Line(phrases_of(text), TALKING), 24_000)
    return TTS(parts.renderer, settings=TALKING)


def sound(scene: Scene) -> NDArray[np.int16]:
    return (np.clip(scene.samples, -1, 1) * 32767).astype(np.int16)


async def test_speech_is_heard_with_its_words(parts: Parts, ears: STT) -> None:
    """A sentence begins and ends, its words come as a final, and partials came before it."""
    scene = Scene(parts, 5).say(0.8, SAID)
    async with room(sound(scene), vad=VAD(), stt=ears, tts=None) as heard:
        await until(lambda: heard.finals and heard.states and heard.states[-1][1] == "listening")
    assert [state for _, state in heard.states] == ["speaking", "listening"]
    assert heard.began_at()[0] == pytest.approx(0.9, abs=0.6)
    assert "argument with my brother" in " ".join(heard.finals).lower()
    assert heard.interims


async def test_what_is_said_sounds_in_our_voice(parts: Parts, voice: TTS) -> None:
    """`say` plays the line that was rendered, its pauses included, and finishes once."""
    async with room(np.zeros(16_000, np.int16), vad=VAD(), stt=None, tts=voice) as heard:
        handle = heard.session.say(TWO)
        async with asyncio.timeout(30):
            await handle.wait_for_playout()
        assert not handle.interrupted
        assert len(heard.loudspeaker.finished) == 1
    line = parts.renderer.recall(Line(phrases_of(TWO), TALKING), 24_000)
    assert line is not None
    played = heard.loudspeaker.played[0][: len(line.samples)]
    assert len(played) >= len(line.samples) - 480
    np.testing.assert_array_equal(played, line.samples[: len(played)])


async def test_speech_interrupts_what_is_being_said(parts: Parts, ears: STT, voice: TTS) -> None:
    """Somebody speaks into a line: it ends early, their words come, and the next line sounds."""
    scene = Scene(parts, 5).say(0.8, SAID)
    async with room(sound(scene), vad=VAD(), stt=ears, tts=voice) as heard:
        handle = heard.session.say(LINE)
        async with asyncio.timeout(30):
            await handle.wait_for_playout()
        assert handle.interrupted
        await until(lambda: heard.finals)
        # The recording is long over: a late final of it would interrupt the next line, too.
        await until(lambda: heard.microphone.heard_s > 9)
        assert heard.states[-1][1] == "listening"
        after = heard.session.say(TWO)
        async with asyncio.timeout(30):
            await after.wait_for_playout()
        assert not after.interrupted
    first, *_ = heard.loudspeaker.finished
    assert first.interrupted
    assert first.playback_position < 4
    assert "brother" in " ".join(heard.finals).lower()


async def test_the_detector_alone_keeps_a_session(parts: Parts) -> None:
    """Without recogniser or voice, speech is started and ended, and a cough is not."""
    scene = Scene(parts, 3.5).cough(0.3).say(1.2, "The carpet is warm.")
    async with room(sound(scene), vad=VAD(), stt=None, tts=None) as heard:
        await until(lambda: heard.states and heard.states[-1][1] == "listening")
        await until(lambda: heard.microphone.heard_s > 3.5)
    assert [state for _, state in heard.states] == ["speaking", "listening"]
    assert heard.began_at()[0] > 1.2
