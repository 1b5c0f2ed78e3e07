"""The numbers the decisions go by: frozen groups, each field with its unit, bounds and meaning."""

from pydantic import BaseModel, ConfigDict, Field


class _Group(BaseModel):
    """A frozen group; an unknown field is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LadderSettings(_Group):
    """The silence ladder: what follows when nothing is said, tapped or hummed, and when."""

    soft_s: float = Field(
        default=12.0,
        gt=0,
        le=3600,
        description="Seconds of silence until a soft word that asks nothing.",
    )
    offer_s: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds of silence until a practice is offered."
    )
    wait_s: float = Field(
        default=60.0, gt=0, le=7200, description="Seconds of silence until wait-with-me begins."
    )
    announce_s: float = Field(
        default=600.0,
        gt=0,
        le=86400,
        description="Seconds of nothing at all until the end is first announced.",
    )
    announce_again_s: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds from the first announcement to the second.",
    )
    end_s: float = Field(
        default=60.0, gt=0, le=3600, description="Seconds from the second announcement to the end."
    )
    habit_gain: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="How much the first three rungs move with the person's own pauses: seconds for "
        "each second by which their long pauses exceed ordinary ones; 0 leaves them in place.",
    )
    habit_later_s: float = Field(
        default=12.0, ge=0, le=600, description="The most by which habit makes a rung later."
    )
    habit_earlier_s: float = Field(
        default=2.0, ge=0, le=10, description="The most by which habit makes a rung earlier."
    )


class PatienceSettings(_Group):
    """How long after the last frame of speech an utterance counts as over."""

    word_s: float = Field(
        default=0.3, ge=0, le=10, description="Seconds after a question that wants one word."
    )
    talk_s: float = Field(default=0.8, ge=0, le=10, description="Seconds after any other speech.")
    open_s: float = Field(
        default=2.0, ge=0, le=30, description='Seconds after "and", "I…" or a filled pause.'
    )
    lag_s: float = Field(
        default=3.0,
        ge=0.5,
        le=30,
        description="Seconds after which late words are no longer waited for.",
    )


class OfferSettings(_Group):
    """How often a practice may be offered again."""

    quiet_after_no_s: float = Field(
        default=600.0, ge=0, le=86400, description='Seconds without an offer after a first "no".'
    )
    quiet_factor: float = Field(
        default=2.0,
        ge=1,
        le=10,
        description='What that time is multiplied by at each further "no".',
    )


class StopSettings(_Group):
    """What a second stop means."""

    second_stop_s: float = Field(
        default=5.0,
        ge=0,
        le=60,
        description="Seconds after a stop from which a second one ends the session.",
    )


class PaceSettings(_Group):
    """What "slower" and "louder" do."""

    slower_factor: float = Field(
        default=1.35, ge=1, le=3, description='What pauses are multiplied by at each "slower".'
    )
    slower_most: float = Field(
        default=2.5, ge=1, le=5, description="The most they are multiplied by."
    )
    louder_db: float = Field(
        default=3.0, ge=0, le=12, description='How much the voice rises at each "louder", in dB.'
    )
    louder_most_db: float = Field(default=9.0, ge=0, le=20, description="The most it rises, in dB.")


class ShutdownSettings(_Group):
    """When flat speech is noticed; each line is against the person's own baseline."""

    baseline_s: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="Seconds of voiced speech until it is known what is usual for somebody.",
    )
    turns: int = Field(default=3, ge=1, le=20, description="Turns in a row that must be flat.")
    families: int = Field(
        default=2, ge=1, le=6, description="Families of signs past their line in each of them."
    )
    habit_turns: int = Field(
        default=30, ge=1, le=1000, description="Flat turns in a row after which that is usual."
    )
    aside_s: float = Field(
        default=1.0, ge=0, le=10, description='Seconds below which an "mhm" is no turn.'
    )
    latency_s: float = Field(
        default=0.8, ge=0, le=60, description="Seconds later than usual that an answer comes."
    )
    latency_factor: float = Field(
        default=2.0, ge=1, le=20, description="Times the usual latency, where that is more."
    )
    length_share: float = Field(
        default=0.5, gt=0, lt=1, description="Share of the usual length that is short."
    )
    length_least_s: float = Field(
        default=1.5, ge=0, le=60, description="Usual length in seconds from which that is judged."
    )
    pitch_steps: float = Field(
        default=0.8, gt=0, le=3, description="Steps that pitch falls in movement and height."
    )
    effort_steps: float = Field(
        default=0.8, gt=0, le=3, description="Steps that the voice falls in brightness."
    )
    pace_share: float = Field(
        default=0.7, gt=0, lt=1, description="Share of the usual syllables a second that is slow."
    )
    pace_least_s: float = Field(
        default=1.0, ge=0, le=60, description="Seconds an utterance must last to have a pace."
    )
    words_share: float = Field(
        default=0.5, gt=0, le=1, description='Share of turns with "I don\'t know" or the like.'
    )
    words_factor: float = Field(
        default=3.0, ge=1, le=20, description="Times one's own rate of them, where that is more."
    )


class CoreSettings(_Group):
    """All that the decisions depend on; written into the first line of each log."""

    ladder: LadderSettings = Field(default_factory=LadderSettings)
    patience: PatienceSettings = Field(default_factory=PatienceSettings)
    offers: OfferSettings = Field(default_factory=OfferSettings)
    stop: StopSettings = Field(default_factory=StopSettings)
    pace: PaceSettings = Field(default_factory=PaceSettings)
    shutdown: ShutdownSettings = Field(default_factory=ShutdownSettings)


def with_setting(settings: CoreSettings, key: str, value: object) -> CoreSettings:
    """Return `settings` with one value changed; `key` is dotted, as `ladder.offer_s`.

    Raises:
        KeyError: there is no such setting.
        ValueError: the value does not fit it (pydantic's ValidationError is one).
    """
    group, _, name = key.partition(".")
    values = settings.model_dump()
    if name not in values.get(group, {}):
        raise KeyError(key)
    values[group][name] = value
    return CoreSettings.model_validate(values)
