"""Edges: what the detector noticed, in samples at 16 kHz counted from the first frame."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suspected:
    """Perhaps speech, since sample `onset`: playout pauses at once."""

    onset: int


@dataclass(frozen=True, slots=True)
class Started:
    """It is speech, since sample `onset`."""

    onset: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was suspected at `onset` was no speech: a breath, a cough, a tap."""

    onset: int


@dataclass(frozen=True, slots=True)
class Hum:
    """The segment that ends now was a hum from `onset` to `last`: nothing to recognise."""

    onset: int
    last: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Speech was over at sample `last` (exclusive); the hangover has passed since."""

    onset: int
    last: int


Edge = Suspected | Started | Withdrawn | Hum | Ended
