"""Any inputs in any order: what the session promises whatever happens."""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from core_driver import STEADY, Driver, shipped_library
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_agent.core import commands as c
from voice_agent.core import inputs as i
from voice_agent.core import wire
from voice_agent.core.findings import CrisisFlagged, SilenceReached, ViolenceFlagged
from voice_agent.core.intents import DANGER
from voice_agent.core.journal import Journal, expand
from voice_agent.core.session import Session
from voice_agent.core.silence import Rung
from voice_agent.core.stages import Stage

LIBRARY = shipped_library()
CUES = (
    "stop", "pause", "resume", "repeat", "yes", "no", "first", "second", "hum", "stay", "skip",
    "back", "slower", "louder", "softer", "goodbye", "again", "something-else", "help", "numb",
    "keys", "person", "automated", "there", "break", "flat", "feet-and-room", "name-it", "rate_3",
)  # fmt: skip
CONTROLS = (
    "stop", "pause", "go_on", "say_again", "just_stay", "skip", "slower", "louder", "dot", "odd",
)  # fmt: skip
CHOICES = (
    "yes", "no", "first", "second", "stay", "again", "enough", "something-else", "not-now",
    "feet-and-room", "name-it", "wait-with-me", "crisis", "odd",
)  # fmt: skip
KEYS = (*"0123456789*#", "", "12", "x")


def cues_of(*more: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from((*CUES, *more)), max_size=3, unique=True).map(tuple)


# Raw inputs, of which many make no sense: nothing raises, and the same gives the same.

_LINES = [*((s.id, line.id) for s in LIBRARY.values() for line in s.lines), ("odd", "odd")]


def raw(cls: type, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(wire.NAMES[cls]), **fields})


_S = st.floats(-1, 4000).map(lambda s: round(s, 2))
RAW = st.one_of(
    *(raw(cls, onset_s=_S) for cls in (i.SpeechSuspected, i.SpeechStarted, i.SpeechWithdrawn)),
    raw(i.SpeechEnded, onset_s=_S, last_s=_S),
    raw(i.Ticked),
    raw(i.Ticked),
    raw(
        i.Transcript, utterance=st.integers(-1, 6), rev=st.integers(0, 9), audio_end_s=_S,
        final=st.booleans(), cues=cues_of(*DANGER), words=st.integers(0, 9),
        open_ended=st.booleans(),
    ),
    raw(
        i.UtteranceMeasured, utterance=st.integers(-1, 6), latency_s=st.none() | _S, length_s=_S,
        rate_per_s=st.none() | _S, pitch_movement=st.none() | st.integers(0, 4000),
        pitch_high_cents=st.none() | st.integers(0, 4000), brightness_db=st.none() | _S,
        voiced_share=st.none() | st.floats(0, 1).map(lambda share: round(share, 2)),
    ),
    raw(i.Hummed, length_s=_S),
    raw(i.Tapped, control=st.sampled_from(CONTROLS)),
    raw(i.Tapped, control=st.just("choice"), choice=st.sampled_from(CHOICES)),
    raw(i.KeyPressed, digit=st.sampled_from(KEYS)),
    raw(i.ConsentChanged, consent=st.sampled_from(["tone", "odd"]), given=st.booleans()),
    raw(i.DistressRated, when=st.sampled_from(["before", "odd"]), rating=st.integers(-9, 99)),
    st.sampled_from(_LINES).flatmap(
        lambda key: raw(
            i.PlayoutFinished, script=st.just(key[0]), line=st.just(key[1]),
            sample=st.integers(0, 9), stopped=st.booleans(),
        )
    ),
    st.just({"type": "finish"}),
    st.just({"type": "finish"}),
    *(raw(cls) for cls in (i.ConnectionLost, i.Held, i.Unheld, i.ParticipantLeft)),
    raw(i.ConnectionRestored, after=st.sampled_from(["lost", "restart"])),
    raw(i.ParticipantJoined, via=st.sampled_from(["web", "phone", "odd"])),
    raw(i.EngineFailed, engine=st.sampled_from(["stt", "tts"])),
    raw(i.EngineRecovered, engine=st.just("stt")),
    raw(
        i.SettingChanged, key=st.sampled_from(["ladder.soft_s", "ladder.odd", "odd"]),
        value=st.sampled_from([3.0, -1.0, "x", None, True]),
    ),
)  # fmt: skip
STEPS = st.lists(
    st.tuples(RAW, st.sampled_from([0, 1, 10, 100, 3000, 70_000])), min_size=20, max_size=80
)


@settings(STEADY, max_examples=150)
@given(STEPS)
def test_no_input_raises_and_the_log_replays_to_the_same(
    steps: list[tuple[Mapping[str, Any], int]],
) -> None:
    """Any order of any inputs is taken; fed again through JSON, it decides the same."""
    session, journal = Session(LIBRARY), Journal()
    now = 0
    playing: c.Say | None = None
    lines: list[dict[str, Any]] = []
    decided: list[Any] = []
    for obj, gone in steps:
        now += gone
        if obj["type"] == "finish":
            if playing is None:
                continue
            obj = {"type": "playout_finished", "script": playing.script, "line": playing.line,
                   "sample": 1}  # fmt: skip
        event = wire.decode({**obj, "t": now / 100})
        assert isinstance(event, i.Input)
        lines += journal.add(event)
        outputs = session.handle(event)
        for output in outputs:
            lines += journal.add(output)
            playing = output if isinstance(output, c.Say) else playing
        decided += outputs
    lines += journal.close()
    again, replayed = Session(LIBRARY), []
    for line in (json.loads(wire.dumps(line)) for line in lines):
        for event in expand(line):
            if isinstance(event, i.Input):
                replayed += again.handle(event)
    assert replayed == decided
    assert again.shown == session.shown


# A person and a player: what holds through a whole conversation.

DOES = st.one_of(
    st.tuples(st.just("waits"), st.sampled_from([0.1, 1.0, 5.0, 13.0, 40.0, 100.0, 700.0])),
    st.tuples(st.just("waits"), st.sampled_from([0.1, 1.0, 5.0, 13.0, 40.0])),
    st.tuples(st.just("says"), cues_of()),
    st.tuples(st.just("says"), cues_of(*DANGER)),
    st.tuples(st.just("noises"), st.none()),
    st.tuples(st.just("talks"), st.sampled_from([0.5, 20.0])),
    st.tuples(st.just("hums"), st.none()),
    st.tuples(st.just("taps"), st.sampled_from(CONTROLS)),
    st.tuples(st.just("chooses"), st.sampled_from(CHOICES)),
    st.tuples(st.just("chooses_shown"), st.integers(0, 3)),
    st.tuples(st.just("presses"), st.sampled_from(KEYS)),
    st.tuples(st.just("loses"), st.sampled_from([1.0, 30.0])),
    st.tuples(st.just("restarts"), st.none()),
)


def do(d: Driver, what: str, how: Any) -> None:
    match what:
        case "waits":
            d.wait(how)
        case "says":
            d.says(*how, words=len(how))
        case "noises":
            d.says(words=0)
        case "talks":
            d.says(words=9, for_s=how)
        case "hums":
            d.hums()
        case "taps":
            d.taps(how)
        case "chooses":
            d.taps("choice", how)
        case "chooses_shown":
            choices = d.session.shown.choices if d.session.shown else ()
            if choices:
                told = d.taps("choice", choices[how % len(choices)].id)
                assert told, f"{choices[how % len(choices)]} is shown and leads nowhere"
        case "presses":
            d.presses(how)
        case "loses":
            d.give(i.ConnectionLost(t=d.t))
            d.wait(how)
            d.give(i.ConnectionRestored(t=d.t))
        case "restarts":
            d.player.stop()
            d.give(i.ConnectionRestored(t=d.t, after="restart"))


def at_listening(d: Driver) -> None:
    d.listening()


def at_offer(d: Driver) -> None:
    d.offered()


def at_passed_offer(d: Driver) -> None:
    d.offered().wait(27)


def at_invitation(d: Driver) -> None:
    d.offered().taps("choice", "feet-and-room")
    d.until(line="feet-and-room.ready", at_most_s=30)


def at_practice(d: Driver) -> None:
    d.guided()


def at_rating(d: Driver) -> None:
    d.guided().until(state="rating", at_most_s=120)


def at_after(d: Driver) -> None:
    d.guided().until(line="goodbye.after", at_most_s=180)


def at_goodbye(d: Driver) -> None:
    d.listening().says("goodbye")


def at_stop(d: Driver) -> None:
    d.guided().taps("stop")


def at_stopped_question(d: Driver) -> None:
    at_invitation(d)
    d.wait(4)
    d.taps("stop")


def at_crisis(d: Driver) -> None:
    d.listening().says("crisis")


def at_announcement(d: Driver) -> None:
    d.until(line="ladder.end-first", at_most_s=800)


def at_beginning(d: Driver) -> None:
    d.wait(0.1)


STARTS = (
    at_beginning, at_listening, at_offer, at_passed_offer, at_invitation, at_practice, at_rating, at_after,
    at_goodbye, at_stop, at_stopped_question, at_crisis, at_announcement,
)  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@settings(STEADY, max_examples=15)
@given(
    via=st.sampled_from(["web", "phone"]),
    doings=st.lists(DOES, min_size=3, max_size=12),
)
def test_conversation_keeps_its_promises(
    start: Callable[[Driver], None], via: str, doings: list[tuple[str, Any]]
) -> None:
    """Ladder, stop, crisis and end hold from wherever, and nothing ever gets stuck."""
    d = Driver(via=via)
    with contextlib.suppress(AssertionError):  # on a phone some lines have other names
        start(d)
    live(d, [*doings, ("waits", 13.0), ("waits", 200.0)])


def live(d: Driver, doings: Sequence[tuple[str, Any]]) -> None:
    """Do one thing after another, and see each time that what is promised holds."""
    hushed = d.session.stage is Stage.STOPPED
    for what, how in doings:
        before = len(d.outputs)
        do(d, what, how)
        sounds = [o for o in d.outputs[before:] if isinstance(o, (c.Say, c.Resume))]
        if stops(what, how):
            hushed = True
            assert not sounds, "a stop says nothing"
            assert d.player.current is None, "a stop is silence at once"
        elif hushed and not may_sound(what, how):
            assert not sounds, "after a stop nothing sounds by itself"
            assert d.player.current is None
        elif what != "waits":
            hushed = False
        assert_not_stuck(d)
        if d.ended:
            break
    assert_ladder(d)
    assert_end(d)


def stops(what: str, how: Any) -> bool:
    """Whether this is a stop, by hand."""
    return (what, how) in (("taps", "stop"), ("presses", "*"))


def may_sound(what: str, how: Any) -> bool:
    """Whether something may sound after a stop because of this: what the person asks for."""
    match what:
        case "taps":
            return how == "go_on"
        case "presses":
            return how in ("0", "3")
        case "says":
            return not {"resume", "person", *DANGER}.isdisjoint(how)
        case _:
            return False


AT_THE_END = (
    ("waits", 900.0), ("presses", "*"), ("waits", 6.0), ("taps", "stop"), ("noises", None),
    ("waits", 6.0), ("taps", "stop"), ("says", ("stop",)), ("waits", 6.0), ("taps", "go_on"),
    ("says", ("goodbye",)), ("waits", 60.0), ("chooses", "enough"), ("waits", 900.0),
)  # fmt: skip
"""All that ends a session where nothing was feared: long silence, two stops, a goodbye."""


@pytest.mark.parametrize("danger", sorted(DANGER))
@settings(STEADY, max_examples=12)
@given(
    start=st.sampled_from([s for s in STARTS if s not in (at_crisis, at_announcement)]),
    via=st.sampled_from(["web", "phone"]),
    doings=st.lists(DOES, max_size=5),
)
def test_after_danger_only_leaving_ends_it(
    danger: str, start: Callable[[Driver], None], via: str, doings: list[tuple[str, Any]]
) -> None:
    """Neither silence nor stops nor a goodbye ends it, and a stop stays a stop; leaving does."""
    d = Driver(via=via)
    with contextlib.suppress(AssertionError):  # on a phone some lines have other names
        start(d)
    live(d, [("says", (danger,)), *doings, *AT_THE_END])
    assert d.ended is None
    d.give(i.ParticipantLeft(t=d.t))
    assert d.ended == "left"


def assert_not_stuck(d: Driver) -> None:
    """Somewhere kind follows: a line goes on, an answer is awaited, or the ladder counts."""
    talk = d.session._talk
    if talk.floor.busy:
        return
    assert not talk.voice.held
    assert (talk.voice.playing is None) == (d.player.current is None), "out of step"
    if talk.voice.under_way or talk.voice.paused:
        return
    place = talk.guide.place
    assert talk.at(Stage.LISTENING, Stage.WAITING, Stage.STOPPED, Stage.ENDED) or (
        place is not None and (place.waits or place.lapsed)
    )


def assert_ladder(d: Driver) -> None:
    """Never inside speech, one rung at a time, rising until something is done."""
    speaking = False
    last: Rung | None = None
    rungs = list(Rung)
    before: float | None = None
    for event in d.log:
        match event:
            case i.SpeechSuspected() | i.SpeechStarted():
                speaking = True
            case i.SpeechEnded() | i.SpeechWithdrawn() | i.ConnectionLost():
                speaking = False
            case i.Tapped() | i.KeyPressed() | i.Hummed() | i.Transcript():
                last = None
            case i.ConnectionRestored():
                last, speaking = None, False
            case c.Say() if event.line == "need":
                last = None
            case SilenceReached():
                assert not speaking
                assert event.t != before, "two rungs at once"
                before = event.t
                rung = Rung(event.rung)
                if last is not None and rung in (Rung.ANNOUNCE_AGAIN, Rung.END):
                    assert rungs.index(rung) == rungs.index(last) + 1
                last = rung
            case _:
                pass


def assert_end(d: Driver) -> None:
    """Silence ends after two announcements a minute apart, danger never but by leaving."""
    flagged = any(isinstance(f, (CrisisFlagged, ViolenceFlagged)) for f in d.findings)
    assert d.ended is None or not flagged
    if d.ended == "silence":
        at = {f.rung: f.t for f in d.findings if isinstance(f, SilenceReached)}
        assert at["announce_again"] - at["announce"] >= 60
        assert at["end"] - at["announce_again"] >= 60
        said = [o for o in d.outputs if isinstance(o, c.Say)][-2:]
        assert [o.line.removesuffix("-phone") for o in said] in (
            ["end-first", "end-second"],
            ["end-second", said[-1].line],
        )
    if d.ended == "stopped":
        assert d.session.stage is Stage.ENDED
