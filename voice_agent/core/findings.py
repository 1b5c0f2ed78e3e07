"""What the core noticed, in the past tense, each with the measurement it rests on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something noticed at session time `t`."""

    t: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One measurement against what is usual for this person, and the threshold it passed."""

    family: str
    measured: float
    baseline: float
    threshold: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceReached(Finding):
    """A rung of the ladder was reached, and why."""

    rung: str
    after_s: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownSuspected(Finding):
    """Possible shutdown: a score and reasons, never an emotion's name."""

    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationSuspected(Finding):
    """Possible escalation between two people: a score and reasons, never a verdict."""

    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisFlagged(Finding):
    """Words of crisis were heard; `kind` is `emergency`, `ask` or `check`."""

    cue: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolenceFlagged(Finding):
    """Words of violence were heard."""

    cue: str
    kind: str
