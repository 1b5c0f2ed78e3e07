"""One fault of a script, with its place and a sentence that says what to write instead."""

from dataclasses import dataclass

from voice_agent.core.errors import ScriptError


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it stands, and a sentence that says what to write instead."""

    path: str
    line: int | None
    sentence: str

    def __str__(self) -> str:
        return str(ScriptError(self.path, self.line, self.sentence))
