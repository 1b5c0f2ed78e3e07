"""One utterance against the speaker's own baseline: how flat it sounds, and what is past its line.

The model fits on a page (docs/listening.md, "Flat speech"): three falls of the voice, each
divided by what is a large step for it, weighed and added. Level has no weight: automatic gain
decides it. Nothing here names a feeling.
"""

from collections.abc import Callable
from dataclasses import dataclass

from voice_agent.core.baseline import Usual
from voice_agent.core.config import ShutdownSettings
from voice_agent.core.findings import Reason
from voice_agent.core.inputs import UtteranceMeasured

Habit = Callable[[str], Usual | None]
"""What is usual of a measure, by the name of its field in `UtteranceMeasured`."""

_FARTHEST = 3.0


@dataclass(frozen=True, slots=True)
class _Fall:
    """A measure of the voice that falls when it goes flat."""

    name: str
    weight: float
    step: float
    """A large step of it between a speaker's own ways of speaking; never less than their MAD."""


EFFORT = _Fall("brightness_db", 0.50, 4.0)
MOVEMENT = _Fall("pitch_movement", 0.33, 800.0)
HEIGHT = _Fall("pitch_high_cents", 0.17, 300.0)
HEARD = (EFFORT.name, MOVEMENT.name, HEIGHT.name)
"""The measures of the voice that `flatness` needs the usual of."""


def _fallen(fall: _Fall, event: UtteranceMeasured, habit: Habit) -> float | None:
    """Return how far a measure lies below the usual, in steps; None where it was not measured."""
    measured: float | None = getattr(event, fall.name)
    usual = habit(fall.name)
    if measured is None or usual is None:
        return None
    steps = (usual.median - measured) / max(fall.step, usual.spread)
    return min(max(steps, -_FARTHEST), _FARTHEST)


def flatness(event: UtteranceMeasured, habit: Habit) -> float | None:
    """Return how flat the voice is against its own usual: 0 as usual, above flatter, about -3 to 3.

    None where the utterance could not be measured.
    """
    total = 0.0
    for fall in (EFFORT, MOVEMENT, HEIGHT):
        steps = _fallen(fall, event, habit)
        if steps is None:
            return None
        total += fall.weight * steps
    return total


@dataclass(frozen=True, slots=True)
class Past:
    """One family of signs in one turn: how far, 1 is its line, and the sentence for it."""

    size: float
    reason: Reason


def past(event: UtteranceMeasured, habit: Habit, settings: ShutdownSettings) -> dict[str, Past]:
    """Return each family that can be judged in this utterance, by name, whether past its line or not."""
    found = [
        _latency(event, habit, settings),
        _length(event, habit, settings),
        _pitch(event, habit, settings),
        _effort(event, habit, settings),
        _pace(event, habit, settings),
    ]
    return {each.reason.family: each for each in found if each is not None}


def _latency(event: UtteranceMeasured, habit: Habit, s: ShutdownSettings) -> Past | None:
    usual = habit("latency_s")
    if event.latency_s is None or usual is None:
        return None
    later = max(s.latency_s, usual.median * (s.latency_factor - 1), 2 * usual.spread)
    line = usual.median + later
    return Past(
        (event.latency_s - usual.median) / later,
        Reason(
            family="latency",
            measured=event.latency_s,
            baseline=_tenth(usual.median),
            threshold=_tenth(line),
            sentence=f"answers in {event.latency_s:.1f} s, usually {usual.median:.1f} s "
            f"(noted from {line:.1f} s)",
        ),
    )


def _length(event: UtteranceMeasured, habit: Habit, s: ShutdownSettings) -> Past | None:
    usual = habit("length_s")
    if event.length_s is None or usual is None or usual.median < s.length_least_s:
        return None
    line = usual.median * s.length_share
    return Past(
        (usual.median - event.length_s) / (usual.median - line),
        Reason(
            family="length",
            measured=event.length_s,
            baseline=_tenth(usual.median),
            threshold=_tenth(line),
            sentence=f"speaks for {event.length_s:.1f} s, usually {usual.median:.1f} s "
            f"(noted below {line:.1f} s)",
        ),
    )


def _pitch(event: UtteranceMeasured, habit: Habit, s: ShutdownSettings) -> Past | None:
    movement = _fallen(MOVEMENT, event, habit)
    height = _fallen(HEIGHT, event, habit)
    usual = habit(MOVEMENT.name)
    if movement is None or height is None or usual is None or event.pitch_movement is None:
        return None
    both = (MOVEMENT.weight * movement + HEIGHT.weight * height) / (MOVEMENT.weight + HEIGHT.weight)
    measured, median = event.pitch_movement / 100, usual.median / 100
    line = median - s.pitch_steps * max(MOVEMENT.step, usual.spread) / 100
    return Past(
        both / s.pitch_steps,
        Reason(
            family="pitch",
            measured=_tenth(measured),
            baseline=_tenth(median),
            threshold=_tenth(line),
            sentence=f"pitch moves {measured:.1f} semitones a second, usually {median:.1f}, and "
            f"lies {_apart(height * max(HEIGHT.step, _spread(habit, HEIGHT)) / 100)} "
            f"(noted when both together fall by {s.pitch_steps:g} steps)",
        ),
    )


def _apart(lower: float) -> str:
    return f"{abs(lower):.1f} semitones {'lower' if lower >= 0 else 'higher'}"


def _spread(habit: Habit, fall: _Fall) -> float:
    usual = habit(fall.name)
    return usual.spread if usual is not None else 0.0


def _effort(event: UtteranceMeasured, habit: Habit, s: ShutdownSettings) -> Past | None:
    steps = _fallen(EFFORT, event, habit)
    usual = habit(EFFORT.name)
    if steps is None or usual is None or event.brightness_db is None:
        return None
    line = usual.median - s.effort_steps * max(EFFORT.step, usual.spread)
    return Past(
        steps / s.effort_steps,
        Reason(
            family="effort",
            measured=event.brightness_db,
            baseline=_tenth(usual.median),
            threshold=_tenth(line),
            sentence=f"voice {usual.median - event.brightness_db:.1f} dB softer in timbre than "
            f"usual (noted from {usual.median - line:.1f} dB)",
        ),
    )


def _pace(event: UtteranceMeasured, habit: Habit, s: ShutdownSettings) -> Past | None:
    usual = habit("rate_per_s")
    if event.rate_per_s is None or usual is None or not usual.median or event.length_s is None:
        return None
    if event.length_s < s.pace_least_s:
        return None
    slower = max(usual.median * (1 - s.pace_share), 2 * usual.spread)
    return Past(
        (usual.median - event.rate_per_s) / slower,
        Reason(
            family="pace",
            measured=event.rate_per_s,
            baseline=_tenth(usual.median),
            threshold=_tenth(usual.median - slower),
            sentence=f"speaks {event.rate_per_s:.1f} syllables a second, usually "
            f"{usual.median:.1f} (noted below {usual.median - slower:.1f})",
        ),
    )


def _tenth(value: float) -> float:
    return round(value, 1)
