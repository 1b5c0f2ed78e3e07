"""The page in a real Chromium against the real service: what a person sees, hears and does.

The visits run side by side, so that the openings are lived through once; each test reads its own.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browsing import Screens, Visit, launch, visit
from playwright.sync_api import sync_playwright
from running import Running
from scene import RATE, Scene

from voice_agent.agent.parts import Parts

pytestmark = pytest.mark.browser

SHORT_LADDER = {
    "VOICE_AGENT_LADDER__SOFT_S": "3",
    "VOICE_AGENT_LADDER__OFFER_S": "6",
    "VOICE_AGENT_LADDER__WAIT_S": "60",
}
OPENING = [f"opening/{line}" for line in ("what", "quiet", "kept", "driving", "need")]
OPENING_FOR_TAPS = [
    f"opening/{line}" for line in ("what", "quiet-taps", "kept", "driving", "need-taps")
]
PRACTICE = [
    "feet-and-room/invite", "check-in/before", "feet-and-room/feet", "feet-and-room/press",
]  # fmt: skip
PLAYOUT = {"say", "pause", "resume", "stop"}
QUIET_WITHIN_S = 0.35
"""From a tap or a word to silence (issue 3, "quiet within a third of a second")."""
HELD_S = 2.0
"""For so long a cough may hold the voice, in session time: a moment (issue 3, "and it goes on")."""


@pytest.fixture(scope="module")
def service(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(cache_dir, tmp_path_factory.mktemp("data"), **SHORT_LADDER) as running:
        yield running
        print("\n".join(running.output[-30:]))  # pytest shows it where a test failed


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Screens:
    return Screens(tmp_path_factory.mktemp("screens"))


def wave(scene: Scene, length_s: float) -> bytes:
    """Return the beginning of a scene as a WAV file."""
    file = io.BytesIO()
    sound = np.clip(scene.samples[: round(length_s * RATE)], -1, 1)
    soundfile.write(file, sound, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture(scope="module")
def speech(parts: Parts) -> list[tuple[str, float, str, bytes]]:
    """What somebody says: into the voice, a cough, yes to the offer, and stop."""

    def said(text: str) -> bytes:
        scene = Scene(parts, 5.0).say(0.0, text)
        return wave(scene, scene.said[0][1])

    return [
        ("opening/quiet", 2.0, "aside", said("It was such a long day today.")),
        ("opening/kept", 2.5, "cough", wave(Scene(parts, 1.0).cough(0.1), 0.5)),
        ("ladder/offer", 3.0, "yes", said("Yes.")),
        ("feet-and-room/invite", 2.5, "stop", said("Stop.")),
    ]


@pytest.fixture(scope="module")
def visits(
    service: Running,
    chromium: str,
    parts: Parts,
    speech: list[tuple[str, float, str, bytes]],
    screens: Screens,
    tmp_path_factory: Any,
) -> Iterator[dict[str, Visit]]:
    """Five people at once: silent, speaking, only tapping, refusing, and without a microphone."""
    folder = tmp_path_factory.mktemp("microphones")
    silence = Scene(parts, 240.0, room_dbfs=-75.0).write(folder / "silence.wav")
    with sync_playwright() as driver:
        hushed = launch(driver, chromium, silence)
        bare = launch(driver, chromium, None)
        made = {
            "silent": visit(hushed, service.url),
            "speaking": visit(hushed, service.url),
            "taps": visit(bare, service.url, reduced_motion="reduce"),
            "refused": visit(hushed, service.url, allowed=False),
            "absent": visit(bare, service.url),
        }
        screens.look(made["silent"], "arrival")
        made["speaking"].speech(speech)
        for name in ("speaking", "silent", "refused", "absent"):
            made[name].tap("start")
        made["taps"].page.locator("#tap-only").click()
        made["taps"].pilot(["choice", "A word for it"])
        yield made
        for browser in (hushed, bare):
            browser.close()


@pytest.fixture
def silent(visits: dict[str, Visit]) -> Visit:
    return visits["silent"]


def test_a_refused_microphone_gets_one_sentence_and_the_voice_goes_on(
    visits: dict[str, Visit],
) -> None:
    """Who says no to the microphone reads why and what to do, and hears the opening."""
    refused = visits["refused"]
    refused.until_said("opening/what")
    assert refused.detail == (
        "Going on without the microphone; everything works by taps. "
        "To be heard, allow it beside the page\u2019s address, then reload."
    )
    refused.until_heard(0)


def test_a_missing_microphone_gets_one_sentence_and_the_voice_goes_on(
    visits: dict[str, Visit],
) -> None:
    """A machine without a microphone is told so, and its person hears the opening."""
    absent = visits["absent"]
    absent.until_said("opening/what")
    assert absent.detail.startswith("No microphone was found; everything works by taps.")
    absent.until_heard(0)
    absent.page.context.close()
    visits["refused"].page.context.close()


def test_the_voice_is_heard_and_written(silent: Visit, screens: Screens) -> None:
    """Start, and the opening sounds in the page while its line stands there."""
    what = silent.until_said("opening/what")
    silent.until_heard(what.at - 0.1, 3)
    assert "an automated voice, not a person or a therapist" in silent.caption
    assert silent.status == "Speaking"
    screens.look(silent, "opening")


def test_the_opening_takes_less_than_twenty_seconds(silent: Visit) -> None:
    """What it is and what is kept has been said within 20 s; then it asks, and listens."""
    need = silent.until_said("opening/need")
    assert need.t - silent.said[0].t < 20
    silent.until_status("Listening")
    assert silent.lines == OPENING


def test_silence_is_met_by_a_soft_word_and_then_an_offer(silent: Visit, screens: Screens) -> None:
    """Nobody speaks: a soft word that asks nothing, then two choices, or to just stay."""
    silent.until_said("ladder/offer")
    assert silent.lines == [*OPENING, "ladder/soft-1", "ladder/offer"]
    assert silent.choices == ["Feet and room", "A word for it", "Just stay"]
    assert silent.status == "Choose, or just stay"
    screens.look(silent, "offer")


def test_a_tapped_choice_begins_its_practice(silent: Visit, screens: Screens) -> None:
    """The first choice is tapped; the voice leaves its question and begins the practice."""
    tapped = silent.tap("choice", "Feet and room")
    invite = silent.until_said("feet-and-room/invite", 5)
    assert invite.at - tapped < 1.5
    silent.until_status("Guiding you, slowly")
    silent.tap("skip")
    silent.until_said("check-in/before", 5)  # it was just chosen: "Shall we?" is not asked
    screens.look(silent, "question")
    silent.tap("skip")
    silent.until_said("feet-and-room/feet", 5)
    assert silent.detail.endswith("left")


def test_between_two_lines_there_is_the_silence_of_the_script(
    silent: Visit, service: Running
) -> None:
    """After "Notice where your feet meet the floor" come six seconds without any sound."""
    press = silent.until_said("feet-and-room/press")
    feet = silent.said[-2]
    assert silent.lines == [*OPENING, "ladder/soft-1", "ladder/offer", *PRACTICE]
    assert feet.text == "Notice where your feet meet the floor."
    silent.watch(0.5)  # until it is written
    told = service.events(silent.stored["id"])
    words = [e for e in told if e["type"] == "line_rendered" and e["line"] == "feet"][-1]
    over = next(e for e in told if e["type"] == "playout_finished" and e["line"] == "feet")
    words_s = words["samples"] / words["sample_rate"]
    assert over["t"] - feet.t == pytest.approx(words_s + 6, abs=0.02)
    # In the browser a lost packet is bridged with sound and a late one waited for, so that on a
    # busy machine its silence begins up to a second late; in the session's time it is exact.
    assert silent.longest_silence(feet.at, press.at) > 4
    assert silent.loudest(feet.at, press.at) > -30


def test_pause_holds_the_voice_and_go_on_takes_it_up(silent: Visit, screens: Screens) -> None:
    """Pause is quiet within a third of a second and stays so; going on says the line on."""
    press = silent.said[-1]
    silent.until_heard(press.at)
    paused = silent.tap("pause", "Pause")
    silent.until_status("Paused")
    screens.look(silent, "paused")
    silent.watch(1.5)
    assert silent.last_sound(paused + QUIET_WITHIN_S) is None
    assert silent.lines[-1] == press.key
    going = silent.tap("pause", "Go on")
    silent.until_heard(going, 3)
    silent.until_status("Guiding you, slowly")
    assert silent.said[-1].key == press.key
    assert silent.page.locator("#earlier-1").inner_text() != press.text


def test_stop_is_quiet_at_once_and_asks_nothing(silent: Visit, screens: Screens) -> None:
    """Stop while the voice speaks: silence within .35 s, and nothing more for five seconds."""
    silent.tap("skip")
    chair = silent.until_said("feet-and-room/chair", 5)
    silent.until_heard(chair.at + 0.3)
    stopped = silent.tap("stop")
    silent.until_status("Stopped. Still here.")
    screens.look(silent, "stopped")
    silent.until("five seconds", lambda: silent.now > stopped + 5)
    assert silent.last_sound(stopped + QUIET_WITHIN_S) is None
    assert len(silent.levels(stopped, stopped + 5)) > 100
    assert silent.said[-1] == chair
    assert silent.choices == []


def test_talk_into_the_voice_pauses_it_and_an_aside_lets_it_go_on(
    visits: dict[str, Visit], service: Running
) -> None:
    """Who speaks into a line is heard out in silence; then the line goes on at its phrase."""
    speaking = visits["speaking"]
    began, _ = speaking.spoken("aside")

    def gone_on() -> bool:
        told = service.events(speaking.stored["id"])
        ended = next((e["t"] for e in told if e["type"] == "speech_ended"), None)
        return ended is not None and any(e["type"] == "resume" and e["t"] > ended for e in told)

    speaking.until("the line goes on", gone_on)
    told = service.events(speaking.stored["id"])
    ended = next(e for e in told if e["type"] == "speech_ended")
    held = [e for e in told if e["type"] == "pause" and e["t"] < ended["t"]]
    on = next(e for e in told if e["type"] == "resume" and e["t"] > ended["t"])
    # One more where they took a breath, or where the beginning was soft.
    assert 1 <= len(held) <= 2
    assert held[0]["t"] - ended["onset_s"] < QUIET_WITHIN_S
    assert on["t"] > ended["last_s"]
    cut = next(e for e in told if e["type"] == "playout_paused" and e["t"] == held[-1]["t"])
    again = next(e for e in told if e["type"] == "playout_started" and e["t"] >= on["t"])
    line = next(e for e in told if e["type"] == "line_rendered" and e["line"] == cut["line"])
    assert again["line"] == cut["line"]
    assert again["sample"] == max(at for at in line["phrases"] if at <= cut["sample"])
    # And the same in the page: the voice, silence while they speak, the voice.
    paused_at, resumed_at = (
        next(at for at, m in speaking.messages if (m["type"], m["t"]) == (e["type"], e["t"]))
        for e in (held[-1], on)
    )
    assert speaking.loudest(began - 1, began) > -40
    # How soon it is quiet is asserted above in session time, for taps in the tests before this, and
    # by benchmarks/response.py; here, that nothing sounds while they go on (.54 s at a load of 18).
    assert speaking.last_sound(paused_at + 1, resumed_at) is None
    speaking.until_heard(resumed_at)


def test_a_cough_loses_no_line(visits: dict[str, Visit], service: Running) -> None:
    """A cough holds the voice for a moment at most, and every line of the opening is said."""
    speaking = visits["speaking"]
    need = speaking.until_said("opening/need")
    assert list(dict.fromkeys(speaking.lines))[: len(OPENING)] == OPENING
    speaking.spoken("cough")
    told = service.events(speaking.stored["id"])
    aside = next(e for e in told if e["type"] == "speech_ended")
    plays = [e for e in told if e["type"] in ("pause", "resume") and e["t"] < need.t]
    assert [e["type"] for e in plays] == ["pause", "resume"] * (len(plays) // 2)
    coughs = [
        on["t"] - off["t"]
        for off, on in zip(plays[::2], plays[1::2], strict=True)
        if off["t"] > aside["t"]
    ]
    assert all(held < HELD_S for held in coughs)


def test_a_spoken_yes_takes_the_first_choice(visits: dict[str, Visit], service: Running) -> None:
    """Yes, said after the offer, begins the practice that was named first."""
    speaking = visits["speaking"]
    invite = speaking.until_said("feet-and-room/invite", 60)
    began, _ = speaking.spoken("yes")
    assert began < invite.at
    told = service.events(speaking.stored["id"])
    yes = [e for e in told if e["type"] == "speech_ended" and e["t"] <= invite.t][-1]
    heard = [e for e in told if e["type"] == "transcript" and e["t"] <= invite.t][-1]
    assert heard["cues"] == ["yes"]
    assert invite.t - yes["last_s"] < 4  # words that lag 3 s are not waited for, .8 s is patience


def test_a_spoken_stop_is_quiet_and_asks_nothing(
    visits: dict[str, Visit], service: Running
) -> None:
    """Stop, said into a line: the voice falls silent with the word, and says no more."""
    speaking = visits["speaking"]
    speaking.until_status("Stopped. Still here.", 30)
    began, ended = speaking.spoken("stop")
    assert speaking.loudest(began - 1, began) > -40
    stopped_at, stop = next(
        (at, m) for at, m in speaking.messages if m["type"] == "stop" and at > began
    )
    speaking.until("four seconds", lambda: speaking.now > max(ended, stopped_at) + 4)
    told = service.events(speaking.stored["id"])
    onset = [e for e in told if e["type"] == "speech_suspected" and e["t"] <= stop["t"]][-1]
    after = [e for e in told if e["t"] >= onset["t"] and e["type"] in PLAYOUT]
    assert [e["type"] for e in after] == ["pause", "stop"]
    assert after[0]["t"] - onset["onset_s"] < QUIET_WITHIN_S
    assert (
        stop["t"] - onset["onset_s"] < 3
    )  # the word takes .6 s; benchmarks/response.py times the rest
    assert speaking.last_sound(stopped_at + QUIET_WITHIN_S) is None
    assert speaking.lines[-1] == "feet-and-room/invite"


def test_everything_can_be_done_by_taps_alone(visits: dict[str, Visit], screens: Screens) -> None:
    """Starting "without a microphone" asks for none; the first question can be tapped."""
    taps = visits["taps"]
    said = taps.until_said("name-it/invite", 60)
    assert taps.lines[:6] == [*OPENING_FOR_TAPS, "name-it/invite"]
    assert taps.page.evaluate("diary.mic") is None
    assert "Waiting for the microphone" not in taps.statuses
    taps.until_heard(said.at - 0.1)
    screens.look(taps, "practice")


def test_reduced_motion_stands_still(visits: dict[str, Visit]) -> None:
    """Who asked for less motion sees no animation run."""
    assert visits["taps"].page.evaluate("document.getAnimations().length") == 0


def test_help_and_leaving_are_on_every_screen(screens: Screens) -> None:
    """The numbers and "Leave now" can be tapped wherever one is."""
    assert {"arrival", "opening", "offer", "question", "paused", "stopped"} <= set(screens.seen)
    assert screens.without_help == []


def test_axe_finds_nothing_on_any_screen(screens: Screens) -> None:
    """No violation of axe-core's rules, light and dark."""
    assert screens.violations == []


def test_every_screen_fits_a_small_phone(screens: Screens) -> None:
    """At 320 by 568 and 390 by 844 nothing is cut off, and what can be tapped needs no scroll."""
    assert screens.misfits == []


def test_the_console_is_clean_and_nothing_is_asked_elsewhere(visits: dict[str, Visit]) -> None:
    """No errors, no warnings, and no request to any other origin."""
    assert {name: v.complaints for name, v in visits.items() if v.complaints} == {}
    assert {name: v.foreign for name, v in visits.items() if v.foreign} == {}
