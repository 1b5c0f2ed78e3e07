"""What moved, appeared, vanished or reads otherwise between two runs of decisions, in words."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from voice_agent.core import commands as c
from voice_agent.core import findings as f
from voice_agent.core import wire
from voice_agent.core.session import Output


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that is not what it was; times in seconds of the session."""

    what: str
    """The decision in words, such as "the offer"."""
    logged_s: float | None
    """When it was, None where it was not."""
    decided_s: float | None
    """When it is now, None where it is not."""
    details: tuple[str, ...] = ()
    """What else reads otherwise, field by field."""

    @property
    def kind(self) -> str:
        """`moved`, `appeared`, `vanished` or `changed`."""
        if self.logged_s is None:
            return "appeared"
        if self.decided_s is None:
            return "vanished"
        return "changed" if self.logged_s == self.decided_s else "moved"

    def __str__(self) -> str:
        match self.kind:
            case "appeared":
                when = f"at {_s(self.decided_s)}, not there before"
            case "vanished":
                when = f"not there any more, was at {_s(self.logged_s)}"
            case "moved":
                when = f"{_s(self.decided_s)} instead of {_s(self.logged_s)}"
            case _:
                when = f"at {_s(self.decided_s)} as before"
        return "; ".join((f"{self.what}: {when}", *self.details))

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "change": self.kind,
            "what": self.what,
            "logged_s": self.logged_s,
            "decided_s": self.decided_s,
            "details": list(self.details),
        }


def changes(logged: Sequence[Output], decided: Sequence[Output]) -> list[Change]:
    """Return what differs, in the order of time.

    Decisions are paired by what they are (the offer, a line, a rung), in their order; what has
    no partner there is paired with the next one of its name that has none either.
    """
    before, now = [name(each) for each in logged], [name(each) for each in decided]
    pairs: list[tuple[int | None, int | None]] = []
    waiting: dict[str, deque[int]] = defaultdict(deque)
    new: list[int] = []
    matcher = SequenceMatcher(a=before, b=now, autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            pairs += zip(range(a, a_end), range(b, b_end), strict=True)
            continue
        new += range(b, b_end)
        for place in range(a, a_end):
            waiting[before[place]].append(place)
    for place in new:
        same = waiting[now[place]]
        pairs.append((same.popleft() if same else None, place))
    pairs += [(place, None) for left in waiting.values() for place in left]
    found: list[tuple[float, int, Change]] = []
    for there, here in pairs:
        was = None if there is None else logged[there]
        is_ = None if here is None else decided[here]
        if was is None or is_ is None or was != is_:
            when = min(each.t for each in (was, is_) if each is not None)
            found.append((when, max(there or 0, here or 0), _change(was, is_)))
    return [change for _, _, change in sorted(found, key=lambda row: row[:2])]


def _change(was: Output | None, is_: Output | None) -> Change:
    some = is_ or was
    assert some is not None
    details: tuple[str, ...] = ()
    if was is not None and is_ is not None and type(was) is type(is_):
        details = tuple(_details(wire.encode(was), wire.encode(is_)))
    logged_s = None if was is None else was.t
    decided_s = None if is_ is None else is_.t
    return Change(name(some), logged_s, decided_s, details)


def _details(was: dict[str, Any], is_: dict[str, Any]) -> list[str]:
    fields = [field for field in {**was, **is_} if field not in ("type", "t")]
    return [
        f"{field} {_value(is_.get(field))} instead of {_value(was.get(field))}"
        for field in fields
        if was.get(field) != is_.get(field)
    ]


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else wire.dumps({"": value})[4:-1]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST = 60


def _s(t: float | None) -> str:
    assert t is not None
    return f"{t:.1f} s" if round(t, 1) == t else f"{t:.2f} s"


def name(output: Output) -> str:
    """Return what a decision is, in words, without when and why."""
    match output:
        case c.Say():
            return f"the line {output.script}.{output.line}"
        case c.Show():
            return f"the page {output.state}"
        case c.Pause() | c.Resume() | c.Stop():
            return f"the {wire.NAMES[type(output)]} of playout"
        case c.Wait():
            return "staying present"
        case c.End():
            return f"the end ({output.why})"
        case c.Transfer():
            return f"the transfer to {output.to}"
        case f.SilenceReached():
            return f"the silence ({output.rung})"
        case f.CrisisFlagged() | f.ViolenceFlagged():
            return f"the flag {output.cue} ({output.kind})"
        case f.ShutdownSuspected():
            return "the possible shutdown"
        case f.EscalationSuspected():
            return "the possible escalation"
        case _:
            return f"the {wire.NAMES[type(output)].replace('_', ' ')}"
