"""What all sessions of a process share: practices, numbers, grammar, models and the cache."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from voice_agent import __version__
from voice_agent.agent.decoders import Decoders
from voice_agent.agent.recogniser import Decode
from voice_agent.agent.speaking import spoken
from voice_agent.core.lines import COMPANY, OFFERED
from voice_agent.cues import Grammar, default_grammar
from voice_agent.engines import models
from voice_agent.engines.manifest import entry
from voice_agent.engines.pitch.queue import SharedMeasurer
from voice_agent.engines.tts.cache import CacheFault, LineCache
from voice_agent.engines.tts.line import Line
from voice_agent.engines.tts.renderer import Renderer
from voice_agent.engines.tts.voice import Voice
from voice_agent.library import Library, Resources, load_library, load_resources
from voice_agent.settings import Settings, in_force

FIRST_SCRIPTS = ("crisis", "opening", "opening-phone")
"""Rendered before a service says "ready": safety first, then what is heard first."""

NEXT_SCRIPTS = (
    "conversation", "ladder", *OFFERED, COMPANY, "check-in", "goodbye", "keys",
)  # fmt: skip
"""Rendered next, while the first conversation may be beginning: what it may lead to soon."""


@dataclass(slots=True)
class Parts:
    """Everything a session needs besides its transport; made once a process by `prepare`."""

    settings: Settings
    library: Library
    resources: Resources
    grammar: Grammar
    renderer: Renderer
    decode: Decode
    measurer: SharedMeasurer = field(default_factory=SharedMeasurer)
    faults: list[str] = field(default_factory=list)

    def values(self, country: str | None) -> dict[str, str]:
        """Return what fills the braces in lines: the numbers of a country."""
        return self.resources.for_country(country or self.settings.country).variables()

    def lines(self, country: str | None = None) -> Iterator[Line]:
        """Yield every line of the library as the voice is given it, the most needed first."""
        first = [name for name in (*FIRST_SCRIPTS, *NEXT_SCRIPTS) if name in self.library]
        yield from self.soon(country)
        yield from self._of([name for name in self.library if name not in first], country)

    def soon(self, country: str | None = None) -> Iterator[Line]:
        """Yield what a conversation may come to by itself, the most needed first.

        Practices that are only reached by name are rendered when somebody names them.
        """
        first = [name for name in (*FIRST_SCRIPTS, *NEXT_SCRIPTS) if name in self.library]
        yield from self._of(first, country)

    def _of(self, scripts: Iterable[str], country: str | None) -> Iterator[Line]:
        values = self.values(country)
        for name in scripts:
            for line in self.library[name].lines:
                yield spoken(self.library, (name, line.id), values)

    def numbers(self) -> Iterator[Line]:
        """Yield the lines that hold a helpline's number, for every country."""
        for code in self.resources.countries:
            values = self.values(code)
            for script in (self.library["crisis"], self.library["conversation"]):
                for line in script.lines:
                    if line.variables:
                        yield spoken(self.library, (script.id, line.id), values)

    def header(self, **fields: Any) -> dict[str, Any]:
        """Return what the first line of a session's log says of code, scripts and settings."""
        stt, tts = self.settings.stt, self.settings.tts
        return {
            "version": __version__,
            "scripts": self.library.digest,
            "models": {"partial": stt.partial_model, "final": stt.final_model, "voice": tts.voice},
            "engines": {
                name: metadata.version(name)
                for name in ("faster-whisper", "piper-tts", "swift-f0", "webrtcvad-wheels")
            },
            "settings": in_force(self.settings.core),
            **fields,
        }


def prepare(
    settings: Settings,
    decode: Decode | None = None,
    *,
    on_fault: Callable[[str], None] | None = None,
) -> Parts:
    """Read practices, numbers and grammar; name the models without loading them.

    Args:
        settings: where everything lies.
        decode: decoders that are being loaded already; without, they load when first needed.
        on_fault: told, in any thread, of each fault of the line cache; without, they are added
            to `Parts.faults`.

    Raises:
        StillHereError: something without which no conversation can be held is missing or wrong.
    """
    library = load_library(settings.scripts_dir)
    faults = [str(error) for error in library.refused]
    voice = settings.tts.voice
    cache = LineCache(settings.cache_dir / "lines", settings.tts.line_cache_mb * 1024 * 1024)

    def tell(fault: CacheFault) -> None:
        (on_fault or faults.append)(fault.sentence)

    def load_voice() -> Voice:
        return Voice.load(models.locate(voice, settings.cache_dir), settings.stt.threads)

    renderer = Renderer(load_voice, cache, voice_digest=entry(voice).digest, on_fault=tell)
    return Parts(
        settings=settings,
        library=library,
        resources=load_resources(Path(settings.scripts_dir) / "resources.yaml"),
        grammar=default_grammar(),
        renderer=renderer,
        decode=decode or Decoders(settings),
        faults=faults,
    )
