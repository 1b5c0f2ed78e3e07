"""The voice as the core knows it: a command for each change, and none for what is no change."""

from core_driver import small

from voice_agent.core.commands import Command, Pause, Resume, Say, Stop
from voice_agent.core.config import PaceSettings
from voice_agent.core.practice import Place
from voice_agent.core.voice import Voice

SCRIPT = small("a-script", {"id": "a", "text": "One two three.", "pause_s": 2})
PLACE = Place(SCRIPT, SCRIPT.line("a"))


def voice(*, saying: bool = True) -> Voice:
    fresh = Voice(PaceSettings())
    if saying:
        fresh.say(0, PLACE)
    return fresh


def kinds(commands: list[Command]) -> list[type]:
    return [type(command) for command in commands]


def test_holding_and_releasing_pause_and_resume_once() -> None:
    """The second of each says nothing."""
    v = voice()
    assert [kinds(v.hold(1)), kinds(v.hold(2))] == [[Pause], []]
    assert [kinds(v.release(3)), kinds(v.release(4))] == [[Resume], []]


def test_nothing_is_commanded_where_nothing_plays() -> None:
    """Silence cannot be paused, resumed or stopped."""
    v = voice(saying=False)
    assert v.hold(1) + v.release(1) + v.pause(1) + v.go_on(1) + v.cut(1, "lost") == []
    assert v.mend(1, "lost") + v.stop(1) == []


def test_pause_of_the_person_outlasts_what_else_holds_the_voice_back() -> None:
    """Speech and a lost line that end do not end a pause that was asked for."""
    v = voice()
    v.pause(1)
    assert v.hold(2) + v.release(3) + v.cut(4, "lost") + v.mend(5, "lost") == []
    assert kinds(v.go_on(6)) == [Resume]


def test_line_said_in_a_pause_waits_for_its_end() -> None:
    """It is made ready and held; a line that goes through the pause is not."""
    v = voice()
    v.pause(1)
    assert kinds(v.say(2, PLACE)) == [Say, Pause]
    assert not v.under_way
    assert kinds(v.say(3, PLACE, through_pause=True)) == [Say]
    assert v.under_way
    assert kinds(v.hold(4)) == [Pause]
    assert kinds(v.release(5)) == [Resume]
    assert v.go_on(6) == []


def test_dropping_a_line_keeps_the_pause_and_stopping_ends_it() -> None:
    """Both are silent at once."""
    v = voice()
    v.pause(1)
    assert kinds(v.drop(2)) == [Stop]
    assert v.paused
    v.say(3, PLACE)
    assert kinds(v.stop(4)) == [Stop]
    assert not v.paused


def test_only_the_line_being_played_can_be_over() -> None:
    """The end of another one, or of one that was replaced, is passed over."""
    v = voice()
    assert [v.over(("a-script", "b")), v.over(PLACE.key), v.over(PLACE.key)] == [False, True, False]


def test_slower_and_louder_have_bounds_and_softer_leads_back() -> None:
    """Pauses up to 2.5 times, the voice between plus and minus 9 dB, in steps of 3."""
    v = voice()
    for _ in range(9):
        v.slower()
        v.louder()
    said = v.say(1, PLACE)[0]
    assert isinstance(said, Say)
    assert (said.pause_s, said.gain_db) == (5.0, 9.0)
    for _ in range(9):
        v.softer()
    said = v.say(1, PLACE)[0]
    assert isinstance(said, Say)
    assert said.gain_db == -9.0
