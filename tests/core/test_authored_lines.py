"""Everything that is written is said: each line around the practices comes in some conversation."""

import pytest
from core_driver import Driver, shipped_library

from voice_agent.core import inputs as i
from voice_agent.core.lines import plain

ELSEWHERE = {
    "conversation.no-capacity": "said by the service, where no session can begin",
}
WAITING = {
    "crisis.connect": "issue 6: a telephone that can transfer a call",
    "crisis.connecting": "issue 6: a telephone that can transfer a call",
    "crisis.not-connected": "issue 6: a telephone that can transfer a call",
    "consent.tone": "issue 5: asking for it aloud; until then the page's switch gives it",
    "consent.tone-on": "issue 5: as above",
    "consent.tone-off": "issue 5: as above",
}
"""Lines that nothing leads to yet, and what they wait for. It must not grow by neglect."""


def silence(d: Driver) -> None:
    """Say nothing at all, to the announced end."""
    d.wait(900)


def quiet_again_and_again(d: Driver) -> None:
    """Say a word now and then: each soft word comes, and the thanks."""
    d.listening()
    for _ in range(5):
        d.says("flat", words=9)
        d.wait(16)


def kept(d: Driver) -> None:
    """Tap when an end is announced."""
    hear(d, "ladder.end-first")
    d.taps("louder_than_known")
    d.wait(5)


def hear(d: Driver, key: str) -> None:
    """Wait for a line, in the variant it is said in."""
    script, line = key.split(".")
    variant = f"{line}-{d.session._talk.guide.variant}"
    known = any(each.id == variant for each in d.library[script].lines)
    d.until(line=f"{script}.{variant}" if known else key, at_most_s=900)


def both_practices(d: Driver) -> None:
    """Take each practice in each of its ways, rate, and say goodbye."""
    for practice, answers in (
        ("feet-and-room", ("yes", "no")), ("name-it", ("yes", "no")),
    ):  # fmt: skip
        for answer in answers:
            d.taps("choice", practice)
            if answer == "no":
                hear(d, f"{practice}.ready")
            d.taps("choice", answer)
            if answer == "yes":
                d.give(i.DistressRated(t=d.t, when="before", rating=3))
                hear(d, f"{practice}.{_ASKS_LAST[practice]}")
                d.taps("choice", "yes")
            d.wait(100)
            d.give(i.DistressRated(t=d.t, when="after", rating=3))
            d.wait(20)
    d.taps("choice", "name-it")
    d.taps("choice", "yes")
    d.wait(60)
    hear(d, "goodbye.stay")
    d.taps("choice", "enough")
    d.wait(60)


_ASKS_LAST = {"name-it": "word", "feet-and-room": "feet"}


def rated(d: Driver) -> None:
    """Give a number before and after."""
    d.offered()
    d.taps("choice", "feet-and-room")
    d.taps("choice", "yes")
    d.give(i.DistressRated(t=d.t, when="before", rating=3))
    hear(d, "check-in.after")
    d.give(i.DistressRated(t=d.t, when="after", rating=3))
    d.wait(40)


def small_wishes(d: Driver) -> None:
    """Ask for this and that between things."""
    d.listening()
    for cue in ("slower", "louder", "softer", "there", "automated", "person", "keys"):
        d.says(cue)
        d.wait(5)
    d.wait(60)
    d.taps("just_stay")
    d.wait(1)
    d.taps("stop")
    d.taps("go_on")
    d.says(words=9)
    d.taps("stop")
    d.wait(1)
    d.taps("go_on")
    d.wait(3)
    d.presses("0")
    d.wait(200)


def refused(d: Driver) -> None:
    """Say no to what is offered, and ask for what there is not."""
    d.offered()
    d.says("dont_know")
    d.wait(8)
    d.says("break", words=9)
    d.says("help")
    d.wait(2)
    d.says("something-else")
    d.wait(10)
    d.taps("choice", "feet-and-room")
    d.says(words=2)
    hear(d, "feet-and-room.ready")
    d.wait(3)
    d.says(words=2)
    d.wait(5)
    d.says("no")
    d.wait(10)
    d.says("help")
    d.wait(2)
    d.says("no")


def talks_instead(d: Driver) -> None:
    """Tell something where a question was asked, and want to hear something again."""
    d.guided()
    hear(d, "goodbye.after")
    d.wait(8)
    d.says(words=12)
    d.says("repeat")


def deaf_and_gone(d: Driver) -> None:
    """Not be heard for a while, and be lost and back."""
    d.guided()
    hear(d, "check-in.after")
    d.wait(1)
    d.give(i.EngineFailed(t=d.t, engine="stt"))
    d.says("yes", words=1)
    d.wait(5)
    d.give(i.EngineRecovered(t=d.t, engine="stt"))
    d.wait(60)
    d.player.stop()
    d.give(i.ConnectionRestored(t=d.t, after="restart"))
    d.wait(10)


def in_danger(d: Driver) -> None:
    """Each kind of danger, and each answer."""
    d.listening()
    for cue, answer in (
        ("crisis_check", "no"), ("crisis", "no"), ("crisis", "yes"), ("harm_other", "flat"),
    ):  # fmt: skip
        d.says(cue)
        d.wait(4)
        d.says(answer)
        d.wait(200)
    d.says("crisis_emergency")
    d.wait(200)
    d.says("violence_now")
    d.wait(20)


CONVERSATIONS = (
    silence, quiet_again_and_again, kept, both_practices, rated, small_wishes, refused,
    talks_instead, deaf_and_gone, in_danger,
)  # fmt: skip


def person(via: str) -> Driver:
    d = Driver(join=False)
    web = "web" if via == "taps" else via
    d.give(i.ParticipantJoined(t=0.0, via=web, microphone=via != "taps"))
    return d


@pytest.fixture(scope="module")
def said() -> set[str]:
    """All that is said in all of these conversations."""
    lines: set[str] = set()
    for via in ("web", "phone", "taps"):
        for conversation in CONVERSATIONS:
            d = person(via)
            conversation(d)
            lines.update(d.lines)
    return lines


def test_every_authored_line_is_said_somewhere(said: set[str]) -> None:
    """Or is listed with the reason; a line that is said now leaves the list.

    The practices are walked in test_every_practice.
    """
    frames = [script for script in shipped_library().values() if script.kind == "frame"]
    written = {f"{script.id}.{line.id}" for script in frames for line in script.lines}
    listed = {*ELSEWHERE, *WAITING}
    assert sorted(written - said - listed) == []
    assert sorted(listed & said) == []
    assert sorted(listed - written) == []


def test_a_variant_stands_beside_its_line() -> None:
    """A line for the phone or for taps alone has the line it is said instead of."""
    for script in shipped_library().values():
        ids = {line.id for line in script.lines}
        for line in ids - {"attacked-phone"}:
            assert plain((script.id, line))[1] in ids
