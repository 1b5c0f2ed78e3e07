"""What the page shows, drawn from where the conversation is."""

from collections.abc import Sequence

from voice_agent.core import lines
from voice_agent.core.commands import Choice, Show
from voice_agent.core.conversation import Conversation
from voice_agent.core.practice import Place
from voice_agent.core.script import Line, Shown
from voice_agent.core.stages import Stage


def draw(
    talk: Conversation, *, rating: str | None, practices: Sequence[str], may_end: bool
) -> Show:
    """Return the whole picture for this moment.

    Args:
        talk: where the conversation is.
        rating: whether a number is asked for, `before` or `after`.
        practices: what may be tapped where nothing is asked, by its ids.
        may_end: whether one more stop ends the session.
    """
    place = talk.guide.place
    shown = place.line.show if place and not talk.at(Stage.STOPPED) else None
    guiding = talk.at(Stage.GUIDING)
    return Show(
        t=talk.t,
        state=_state(talk, rating),
        choices=_choices(talk, shown, practices),
        breath=shown.breath if shown else None,
        hint=shown.hint if shown else None,
        remaining_s=_remaining_s(talk.guide.base) if guiding else None,
        countdown_s=talk.voice.lasts_s(place) if place and shown and shown.breath else None,
        rating=rating,
        resources=talk.resources,
        emergency=talk.emergency,
        may_end=may_end,
    )


def _choices(
    talk: Conversation, shown: Shown | None, practices: Sequence[str]
) -> tuple[Choice, ...]:
    """Return what may be tapped: each choice for as long as a tap on it counts."""
    if talk.at(Stage.STOPPED, Stage.ENDED, Stage.CLOSING):
        return ()
    if talk.at(Stage.OFFERING):
        return talk.offered
    if talk.voice.paused:
        return ()
    asked = talk.guide.asked(unless=lines.SAFETY)
    if asked is not None and asked[0].line is asked[1]:
        shown = asked[1].show
    elif shown is None or not shown.choices:
        shown = talk.late.line.show if talk.late else None
    if shown and shown.choices:
        return tuple(Choice(id=each.id, label=each.label) for each in shown.choices)
    return _always(talk, practices) if _something_to_tap(talk) else ()


def _something_to_tap(talk: Conversation) -> bool:
    """Whether there is something to tap though nothing is asked: nobody has to speak for it."""
    place = talk.guide.place
    asks_first = talk.at(Stage.OPENING) and place is not None and place.line.is_question
    if not asks_first and not talk.at(Stage.LISTENING, Stage.WAITING):
        return False
    return talk.resources != "crisis"


def _always(talk: Conversation, practices: Sequence[str]) -> tuple[Choice, ...]:
    """Return two practices, and to stay; where we stay already, an end."""
    done = lines.ENOUGH if talk.at(Stage.WAITING) else lines.JUST_STAY
    (script, line), choice = done
    return (
        *(Choice(id=each, label=talk.library[each].title) for each in practices),
        *_named(talk.library[script].line(line), choice),
    )


def _named(line: Line, choice: str) -> tuple[Choice, ...]:
    shown = line.show.choices if line.show else ()
    return tuple(Choice(id=each.id, label=each.label) for each in shown if each.id == choice)


def _state(talk: Conversation, rating: str | None) -> str:
    if talk.voice.paused and not talk.at(Stage.ENDED):
        return "paused"
    if rating:
        return "rating"
    match talk.stage:
        case Stage.LISTENING:
            return _listening(talk)
        case Stage.CRISIS if talk.resources != "crisis":
            return _listening(talk)  # a gentle check is no alarm
        case Stage.CHECKING_IN:
            return "offering"
        case Stage.CLOSING:
            return "speaking"
        case Stage.STOPPED if talk.voice.playing:
            return "speaking"  # numbers that were asked for: they can be stopped
        case _:
            return str(talk.stage)


def _listening(talk: Conversation) -> str:
    if talk.voice.playing:
        return "speaking"
    return "listening" if talk.hears else "here"


def _remaining_s(base: Place | None) -> float | None:
    """About how long the practice still takes: its length, by the share of lines left."""
    if base is None:
        return None
    ids = base.script.spine
    left = len(ids) - ids.index(base.script.plain(base.line.id))
    return float(round(base.script.minutes * 60 * left / len(ids)))
