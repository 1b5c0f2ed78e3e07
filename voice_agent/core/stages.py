"""Where a conversation is, and the one table of what leads where."""

from enum import StrEnum

from voice_agent.core.errors import StateError


class Stage(StrEnum):
    """Where a conversation is."""

    OPENING = "opening"
    LISTENING = "listening"
    OFFERING = "offering"
    GUIDING = "guiding"
    CHECKING_IN = "checking_in"
    WAITING = "waiting"
    STOPPED = "stopped"
    CRISIS = "crisis"
    CLOSING = "closing"
    ENDED = "ended"


class Happening(StrEnum):
    """What can move a conversation on."""

    INTRODUCED = "introduced"
    SPOKE = "spoke"
    OFFERED = "offered"
    DECLINED = "declined"
    CHOSE = "chose"
    FINISHED = "finished"
    CHECKED_IN = "checked_in"
    STAYED = "stayed"
    STOPPED = "stopped"
    WENT_ON = "went_on"
    FLAGGED = "flagged"
    BELIEVED = "believed"
    ATTACKED = "attacked"
    SAID_GOODBYE = "said_goodbye"
    ENDED = "ended"


BACK = None
"""In the table: to the stage before the stop (after an attack: to listening)."""

_S, _H = Stage, Happening

_CALM = (
    _S.OPENING, _S.LISTENING, _S.OFFERING, _S.GUIDING, _S.CHECKING_IN, _S.WAITING, _S.CLOSING,
)  # fmt: skip
"""Stages from which a person may go anywhere: not stopped, in no crisis, not over."""
_OPEN = tuple(stage for stage in Stage if stage is not _S.ENDED)

TABLE: dict[tuple[Stage, Happening], Stage | None] = {
    (_S.OPENING, _H.INTRODUCED): _S.LISTENING,
    (_S.LISTENING, _H.SPOKE): _S.LISTENING,
    (_S.WAITING, _H.SPOKE): _S.LISTENING,
    (_S.CLOSING, _H.SPOKE): _S.LISTENING,
    (_S.OFFERING, _H.DECLINED): _S.LISTENING,
    (_S.GUIDING, _H.DECLINED): _S.LISTENING,
    (_S.GUIDING, _H.FINISHED): _S.CHECKING_IN,
    (_S.CHECKING_IN, _H.CHECKED_IN): _S.LISTENING,
    (_S.CRISIS, _H.STAYED): _S.WAITING,
    (_S.CRISIS, _H.BELIEVED): _S.LISTENING,
    (_S.STOPPED, _H.WENT_ON): BACK,
    **{(stage, _H.OFFERED): _S.OFFERING for stage in (_S.LISTENING, _S.GUIDING, _S.WAITING)},
    **{(stage, _H.CHOSE): _S.GUIDING for stage in _CALM},
    **{(stage, _H.STAYED): _S.WAITING for stage in _CALM},
    **{(stage, _H.SAID_GOODBYE): _S.CLOSING for stage in _CALM if stage is not _S.CLOSING},
    **{(stage, _H.STOPPED): _S.STOPPED for stage in _OPEN},
    **{(stage, _H.ATTACKED): _S.STOPPED for stage in _OPEN},
    **{(stage, _H.FLAGGED): _S.CRISIS for stage in _OPEN},
    **{(stage, _H.ENDED): _S.ENDED for stage in _OPEN},
}
"""From a stage and a happening to the next stage; a pair that is not here cannot happen."""


class Stages:
    """The stage of one conversation; `move` alone changes it."""

    def __init__(self) -> None:
        self.now = Stage.OPENING
        self._before = Stage.LISTENING

    def move(self, happening: Happening) -> Stage:
        """Go where the table says.

        Raises:
            StateError: the pair is not in the table; nothing has changed.
        """
        if (self.now, happening) not in TABLE:
            raise StateError(self.now, happening)
        target = TABLE[self.now, happening]
        if happening is Happening.STOPPED and self.now is not Stage.STOPPED:
            self._before = self.now
        elif happening is Happening.ATTACKED:
            self._before = Stage.LISTENING
        self.now = self._before if target is BACK else target
        return self.now
