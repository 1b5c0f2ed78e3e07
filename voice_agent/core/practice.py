"""Where we are in what is being said: scripts, lines, questions and asides on top of them."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from voice_agent.core.script import END, Line, Script
from voice_agent.core.times import to_ticks


@dataclass(slots=True)
class Place:
    """A line of a script, and whether its question waits for an answer until `deadline`."""

    script: Script
    line: Line
    alone: bool = False
    """Only this line is said; what follows it in the file is not."""
    between: bool = False
    """Put in between: afterwards the place below is taken up again."""
    deadline: int | None = None
    lapsed: bool = False
    """The time for an answer has passed; one that comes late still counts."""

    @property
    def key(self) -> tuple[str, str]:
        """The line as (script id, line id)."""
        return self.script.id, self.line.id

    @property
    def waits(self) -> bool:
        """Whether the question has been asked and its answer is waited for."""
        return self.deadline is not None


@dataclass(frozen=True, slots=True)
class Late:
    """A question that silence has answered: another answer still counts until more is said."""

    script: Script
    line: Line
    then: tuple[str, str] | None
    """The line that silence led to; any other one closes the question."""
    since: int
    """When its time was up, in ticks."""

    def same(self, key: str) -> bool:
        """Whether this answer leads where silence has led."""
        return self.line.answers[key] == self.line.answers["silence"]


class Guide:
    """The scripts under way: one, and on top of it what was put in between.

    It only knows places; what is said at them is the session's. Each method that moves
    returns the line to say next, or None where nothing is left (`over`).
    """

    def __init__(self, library: Mapping[str, Script]) -> None:
        self._library = library
        self._places: list[Place] = []
        self.variant: str | None = None
        """Lines that have a variant `<id>-<variant>` are said in it: `phone` or `taps`."""
        self.left: tuple[str, str] | None = None
        """The last line of the script that was ended last."""

    @property
    def place(self) -> Place | None:
        """Where we are, or None where nothing is being guided."""
        return self._places[-1] if self._places else None

    @property
    def base(self) -> Place | None:
        """Where we are below all that was put in between."""
        return self._places[0] if self._places else None

    @property
    def depth(self) -> int:
        """How many places lie on each other."""
        return len(self._places)

    def clear(self) -> None:
        """Leave everything."""
        self._places.clear()

    def begin(self, script_id: str, line_id: str | None = None, *, alone: bool = False) -> Place:
        """Leave everything and begin a script at its first line, or at `line_id`."""
        self._places.clear()
        return self._push(script_id, line_id, alone=alone, between=False)

    def put_between(self, script_id: str, line_id: str, *, alone: bool = True) -> Place:
        """Say something in between; afterwards the place below is taken up again."""
        return self._push(script_id, line_id, alone=alone, between=True)

    def _push(self, script_id: str, line_id: str | None, *, alone: bool, between: bool) -> Place:
        script = self._library[script_id]
        place = Place(script, self._line(script, line_id or script.first), alone, between)
        self._places.append(place)
        return place

    def _line(self, script: Script, line_id: str) -> Line:
        if self.variant is not None:
            wanted = f"{line_id}-{self.variant}"
            for line in script.lines:
                if line.id == wanted:
                    return line
        return script.line(line_id)

    def ask(self, now: int) -> bool:
        """Begin to wait for the answer if the line is a question; whether it is one."""
        place = self._places[-1]
        if not place.line.is_question:
            return False
        place.deadline = now + to_ticks(place.line.wait_s or 0)
        place.lapsed = False
        return True

    def go(self, target: str) -> Place | None:
        """Go to a line of this script, another script, or the end of it."""
        place = self._places[-1]
        if target == END:
            return self.leave()
        place.deadline = None
        if target in self._library and not any(line.id == target for line in place.script.lines):
            script = self._library[target]
            first = self._line(script, script.first)
            self._places[-1] = Place(script, first, between=place.between)
        else:
            place.line = self._line(place.script, target)
        return self._places[-1]

    def onward(self) -> Place | None:
        """Go where the line leads: its `then`, the next line, or the end."""
        place = self._places[-1]
        return self.leave() if place.alone else self.go(place.script.after(place.line.id))

    def asked(self, *, unless: Container[str] = ()) -> tuple[Place, Line] | None:
        """Return the question that an answer is to now, and its place.

        It is the one being asked, or the next one, as an answer may come before it; what was put
        in between hides it only where its script is one of `unless`.
        """
        for place in reversed(self._places):
            line = self._question(place)
            if line is not None:
                return place, line
            if not place.between or place.script.id in unless:
                return None
        return None

    def _question(self, place: Place) -> Line | None:
        if place.line.is_question:
            return place.line
        following = place.script.after(place.line.id)
        if place.alone or place.line.on_speech != "answer":
            return None
        if all(line.id != following for line in place.script.lines):
            return None
        coming = self._line(place.script, following)
        return coming if coming.is_question else None

    def leave_to(self, place: Place) -> None:
        """End all that lies on `place`."""
        while self._places and self._places[-1] is not place:
            self._places.pop()

    def leave(self) -> Place | None:
        """End the script on top; the place below, or None where all is over."""
        self.left = self._places.pop().key
        return self.place

    def leave_between(self) -> Place | None:
        """End all that was put in between; the place below, or None."""
        while self._places and self._places[-1].between:
            self._places.pop()
        return self.place

    def back(self) -> Place | None:
        """Go to the line before this one, or stay at the first."""
        place = self._places[-1]
        ids = place.script.spine
        place.deadline = None
        here = ids.index(place.script.plain(place.line.id))
        place.line = self._line(place.script, ids[max(0, here - 1)])
        return place
