"""What the page shows, drawn from where the conversation is."""

from voice_agent.core.commands import Choice, Show
from voice_agent.core.practice import Guide, Place
from voice_agent.core.stages import Stage
from voice_agent.core.times import to_seconds
from voice_agent.core.voice import Voice


def draw(
    now: int,
    stage: Stage,
    guide: Guide,
    voice: Voice,
    *,
    offered: tuple[Choice, ...],
    rating: str | None,
    resources: str | None,
) -> Show:
    """Return the whole picture for this moment."""
    place = guide.place
    shown = place.line.show if place and stage is not Stage.STOPPED else None
    choices = offered if stage is Stage.OFFERING else ()
    if not choices and shown and not voice.paused:
        choices = tuple(Choice(id=c.id, label=c.label) for c in shown.choices)
    guiding = stage is Stage.GUIDING
    return Show(
        t=to_seconds(now),
        state=_state(stage, voice, rating, resources),
        choices=choices,
        breath=shown.breath if shown else None,
        hint=shown.hint if shown else None,
        remaining_s=_remaining_s(guide.base) if guiding else None,
        rating=rating,
        resources=resources,
    )


def _state(stage: Stage, voice: Voice, rating: str | None, resources: str | None) -> str:
    if voice.paused and stage is not Stage.ENDED:
        return "paused"
    match stage:
        case Stage.LISTENING:
            return "speaking" if voice.playing else "listening"
        case Stage.CRISIS if resources != "crisis":
            return "speaking" if voice.playing else "listening"  # a gentle check is no alarm
        case Stage.CHECKING_IN:
            return "rating" if rating else "offering"
        case Stage.CLOSING:
            return "speaking"
        case _:
            return str(stage)


def _remaining_s(base: Place | None) -> float | None:
    """About how long the practice still takes: its length, by the share of lines left."""
    if base is None:
        return None
    ids = [line.id for line in base.script.lines]
    left = len(ids) - ids.index(base.line.id)
    return float(round(base.script.minutes * 60 * left / len(ids)))
