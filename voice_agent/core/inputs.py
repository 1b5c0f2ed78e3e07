"""What happened, in the past tense: everything the core may act on (DESIGN, "Words")."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Something that happened at session time `t` (seconds, a multiple of .01)."""

    t: float
    speaker: str | None = None
    """Whose: only set where two people are in the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSuspected(Input):
    """A provisional onset: playout pauses at once, until it is confirmed or withdrawn."""

    onset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted(Input):
    """The second opinion agrees: this is speech."""

    onset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechWithdrawn(Input):
    """It was no speech after all: a cough, a breath, a click."""

    onset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded(Input):
    """Speech is over, after the hangover; `last_s` is the end of its last frame."""

    onset_s: float
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Features(Input):
    """A tenth of a second of sound, measured."""

    level_dbfs: float
    noise_dbfs: float
    voiced: float
    """Share of the frames that were voiced, 0 to 1."""
    pitch_cents: int | None = None
    """Median pitch in cents above 55 Hz; null without the tone consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceMeasured(Input):
    """One utterance's measures, or why it could not be measured; absent without the consent."""

    utterance: int
    latency_s: float | None = None
    """From the end of what it answers to its onset; null where it answers nothing."""
    length_s: float | None = None
    rate_per_s: float | None = None
    """Syllable nuclei a second."""
    level_dbfs: float | None = None
    above_noise_db: float | None = None
    pitch_median_cents: int | None = None
    pitch_high_cents: int | None = None
    """The upper quartile."""
    pitch_spread_cents: int | None = None
    pitch_movement: int | None = None
    """Cents a second, up and down."""
    brightness_db: float | None = None
    """Energy from .5 to 5 kHz against that below: vocal effort, whatever the gain."""
    voiced_share: float | None = None
    pause_share: float | None = None
    not_measurable: str | None = None
    """`short`, `noise`, `clipped` or `gain`; latency and length stand all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript(Input):
    """What was recognised up to `audio_end_s`; text only where the person agreed to keep it."""

    utterance: int
    rev: int
    audio_end_s: float
    final: bool
    cues: tuple[str, ...] = ()
    words: int = 0
    open_ended: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hummed(Input):
    """An answer without words: a hum of `length_s`."""

    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped(Input):
    """A control of the page was tapped; `choice` names what was chosen, where there is one."""

    control: str
    choice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(Input):
    """A key of the phone: one of 0-9, `*` and `#`."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Input):
    """A yes or a no to `tone`, `research` or `transcript`."""

    consent: str
    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DistressRated(Input):
    """How far away or how flooded, 0 to 10, `before` or `after`; null where it was skipped."""

    when: str
    rating: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRendered(Input):
    """A line is ready to be played: its length and where its phrases begin, in samples."""

    script: str
    line: str
    sample_rate: int
    samples: int
    phrases: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutStarted(Input):
    """The line began to sound, from `sample`."""

    script: str
    line: str
    sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutPaused(Input):
    """The line fell silent at `sample`; nothing after it has been played."""

    script: str
    line: str
    sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutFinished(Input):
    """The line and the silence after it are over; `stopped` where a stop cut it off."""

    script: str
    line: str
    sample: int
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost(Input):
    """Nothing is heard from the other end any more."""

    reason: str = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRestored(Input):
    """The other end is back; `after` says from what: `lost` or `restart`."""

    after: str = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Input):
    """The phone put us on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheld(Input):
    """The phone took us off hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(Input):
    """Somebody is there; `via` is `web`, `phone`, `file` or `console`."""

    via: str
    microphone: bool = True
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(Input):
    """Somebody hung up or left."""

    reason: str = "hung_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked(Input):
    """A tenth of a second went by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAnchored(Input):
    """Session time `t` was this wall-clock time; the only place where one appears."""

    unix_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged(Input):
    """A setting took another value during the session."""

    key: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFailed(Input):
    """A part failed or lags; `engine` is `stt`, `tts` or `vad`."""

    engine: str
    reason: str = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRecovered(Input):
    """The part works again."""

    engine: str
