"""What is to be done, as imperatives; the agent carries them out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something to do, decided at session time `t`."""

    t: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that can be chosen: what it is, and the words on its button."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Command):
    """Play a line, then `pause_s` of silence, exact to the sample; variables by name only.

    With `lasts_s` the words and the silence together last so long, unless the words last longer.
    """

    script: str
    line: str
    pause_s: float = 0.0
    lasts_s: float | None = None
    gain_db: float = 0.0
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Command):
    """Stay present, silently, for up to `up_to_s` (null: as long as wanted)."""

    up_to_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Command):
    """Offer these practices, and why."""

    practices: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Command):
    """Silence playout at once; it can go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Command):
    """Go on at the beginning of the phrase that was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Command):
    """Silence playout at once and forget what was to be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show(Command):
    """What the page shows: the whole picture, so that the newest one is all it needs.

    `state` `here` is listening where no microphone hears words. A choice is shown for as long as
    a tap on it counts. `resources` is `crisis` (large), or small: `quiet`, `violence` (the line
    for it), `attacked` (the emergency number); with `emergency` the emergency number comes first.
    `may_end` says that one more stop would end the session now.
    """

    state: str
    choices: tuple[Choice, ...] = ()
    breath: str | None = None
    hint: str | None = None
    remaining_s: float | None = None
    countdown_s: float | None = None
    rating: str | None = None
    resources: str | None = None
    emergency: bool = False
    may_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chime(Command):
    """Play the sound that calls back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Command):
    """Connect the call to a helpline, named as in the resources file."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Separate(Command):
    """Part two people: neither hears the other from here on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reunite(Command):
    """Bring two people together again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Command):
    """End the session, and why."""

    why: str
