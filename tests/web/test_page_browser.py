"""The page alone in a real Chromium, against a stand-in that can say anything at any time.

What the real service seldom shows, or late, is shown here at once: no place, no microphone,
the end, numbers in captions, choices that change under the focus.
"""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MISFITS, Visit, launch, violations, visit
from playwright.sync_api import sync_playwright

from voice_agent.library import load_library
from voice_agent.shipped import shipped

pytestmark = pytest.mark.browser

STUB = Path(__file__).with_name("page_stub.py")
OFFER = [
    {"id": "feet-and-room", "label": "Feet and room"},
    {"id": "name-it", "label": "A word for it"},
    {"id": "stay", "label": "Just stay"},
]
Screen = dict[str, Any]
SCREENS: dict[str, Screen] = {
    "opening": {"state": "opening"},
    "listening": {"state": "listening"},
    "here": {"state": "here", "choices": OFFER},
    "offering": {"state": "offering", "choices": OFFER},
    "guiding": {"state": "guiding", "hint": "feet", "remaining_s": 120},
    "dots": {"state": "guiding", "hint": "dots-5", "remaining_s": 200},
    "breath": {"state": "guiding", "breath": "in", "countdown_s": 4, "remaining_s": 60},
    "paused": {"state": "paused", "remaining_s": 100},
    "stopped": {"state": "stopped"},
    "ending": {"state": "stopped", "may_end": True},
    "waiting": {"state": "waiting", "resources": "quiet"},
    "rating": {"state": "rating", "rating": "before"},
    "crisis": {"state": "crisis", "resources": "crisis"},
    "ended": {"state": "ended"},
}
SIZES = ((320, 568), (360, 640), (390, 844), (640, 400), (1280, 800))
"""Small phones, a common one, a laptop's screen at 200 % zoom, and the laptop."""

WITHIN = """testids => testids.filter(id => {
  const e = document.getElementById(id) ?? document.querySelector(id)
  const {top, bottom, left, right} = e.getBoundingClientRect()
  const foot = document.querySelector('footer').getBoundingClientRect().top
  return !e.checkVisibility() || top < 0 || bottom > foot || left < 0 || right > innerWidth
})"""


IN_SIGHT = """() => {
  const words = document.getElementById('words'), line = document.getElementById('caption')
  return {
    needs: words.scrollHeight, has: words.clientHeight,
    bottom: line.getBoundingClientRect().bottom, edge: words.getBoundingClientRect().bottom,
    deeds: document.getElementById('deeds').getBoundingClientRect().top || innerHeight,
    letters: parseFloat(getComputedStyle(line).fontSize),
  }
}"""


class Stub:
    """The stand-in in its own process."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen([sys.executable, str(STUB), self.url.rpartition(":")[2]])

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def set(self, **what: Any) -> None:
        self.post("/stub/set", what)

    def show(self, **picture: Any) -> None:
        assert self.post("/stub/send", {"type": "show", **picture})["sent"]

    def caption(self, text: str) -> None:
        said = {"type": "caption", "t": 1.0, "script": "a", "line": "b", "text": text}
        assert self.post("/stub/send", said)["sent"]

    @property
    def seen(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + "/stub/seen", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def answers(self) -> bool:
        assert self.process.poll() is None, "the stand-in did not start"
        try:
            return bool(self.seen)
        except OSError:
            return False


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_playwright() as driver:
        made = launch(driver, chromium, None)
        yield made
        made.close()


@pytest.fixture(scope="module")
def running(browser: Any) -> Iterator[Stub]:
    made = Stub()
    try:
        waiting = browser.new_page()
        for _ in range(600):
            if made.answers():
                break
            waiting.wait_for_timeout(100)
        waiting.close()
        yield made
    finally:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def stub(running: Stub) -> Stub:
    running.set(full=False, offer_full=False, down=False, received=[], created=[], deleted=0)
    return running


Opened = Callable[..., Visit]


@pytest.fixture
def opened(browser: Any, stub: Stub) -> Iterator[Opened]:
    """Open the page; closed after the test."""
    made: list[Visit] = []

    def opening(**how: Any) -> Visit:
        made.append(visit(browser, stub.url, **how))
        made[-1].page.get_by_test_id("start").wait_for()
        return made[-1]

    yield opening
    for each in made:
        each.page.context.close()


def begun(there: Visit, button: str = "#tap-only") -> Visit:
    """Start, and be connected."""
    there.page.locator(button).click()
    there.until_status("Speaking")
    return there


def shown(there: Visit, stub: Stub, words: str, **picture: Any) -> None:
    """Show a picture and wait until its words are there."""
    stub.show(**picture)
    there.until_status(words)


# Arrival


@pytest.mark.parametrize("size", SIZES[:3], ids=str)
def test_the_essential_words_and_start_need_no_scrolling(
    opened: Opened, size: tuple[int, int]
) -> None:
    """On small phones what it is, Start, the way without a microphone and what is kept are seen."""
    there = opened(size=size)
    parts = [".lead", "start", "tap-only", ".kept > p"]
    assert there.page.evaluate(WITHIN, parts) == []


def test_one_mode_is_no_choice(opened: Opened) -> None:
    """While there is only one way to be here, no choice of one is shown."""
    page = opened().page
    assert not page.get_by_test_id("mode-solo").is_visible()
    assert page.get_by_test_id("mode-solo").is_checked()
    assert not page.get_by_test_id("mode-couple").is_visible()


def test_the_page_speaks_of_no_question_that_is_not_asked(opened: Opened) -> None:
    """Nothing on arrival, also unfolded, names research."""
    page = opened().page
    page.locator(".kept summary").click()
    words = page.locator("main").inner_text()
    assert "Nothing stays longer than that." in words
    assert "research" not in words


# During a conversation


def test_the_consent_for_the_tone_is_in_the_settings_of_a_conversation(
    opened: Opened, stub: Stub
) -> None:
    """In a practice the switch is out of the way; it can be found and given in the settings."""
    there = begun(opened())
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    switch = there.page.get_by_test_id("consent-tone")
    assert not switch.is_visible()
    there.page.locator("#settings summary").click()
    switch.check()
    wanted = {"type": "consent_changed", "consent": "tone", "given": True}
    there.until("the consent", lambda: wanted in stub.seen["received"])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_opened_settings_are_seen_and_have_the_focus(
    opened: Opened, stub: Stub, size: tuple[int, int]
) -> None:
    """Who opens the settings sees them, and the focus stands on the first of them."""
    there = begun(opened(size=size))
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    stub.caption("Notice where your feet meet the floor, and what the floor is like.")
    there.page.locator("#settings summary").click()
    there.until(
        "the focus", lambda: there.page.evaluate("document.activeElement.id") == "consent-tone"
    )
    seen = "() => { const b = document.getElementById('consent-tone').getBoundingClientRect()\n"
    seen += (
        "const hit = document.elementFromPoint((b.left + b.right) / 2, (b.top + b.bottom) / 2)\n"
    )
    seen += "return hit?.id }"
    there.until("it is seen", lambda: there.page.evaluate(seen) == "consent-tone")


def test_slower_stands_beside_pause(opened: Opened, stub: Stub) -> None:
    """In a practice, the next control after Pause is Slower, and a tap on it is sent."""
    there = begun(opened())
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    there.page.get_by_test_id("pause").focus()
    there.page.keyboard.press("Tab")
    there.page.keyboard.press("Enter")
    slower = {"type": "tapped", "control": "slower"}
    there.until("slower", lambda: slower in stub.seen["received"])


def longest(*, asked: bool) -> str:
    """The longest line that a caption shows, with choices below it or without."""
    library = load_library(shipped("scripts_audio")).values()
    lines = [line for script in library for line in script.lines]
    return max((line.spoken for line in lines if line.is_question is asked), key=len)


@pytest.mark.parametrize("size", [(320, 568), (390, 844)], ids=str)
@pytest.mark.parametrize("asked", [False, True], ids=["told", "asked"])
@pytest.mark.parametrize("name", ["guiding", "offering", "listening"])
def test_the_longest_line_is_in_sight_as_a_whole(
    opened: Opened, stub: Stub, size: tuple[int, int], asked: bool, name: str
) -> None:
    """No line of the scripts is cut, with its choices too; its letters stay 18 px or larger."""
    there = begun(opened(size=size))
    line = longest(asked=asked)
    stub.caption("Notice where your feet meet the floor, and what the floor is like.")
    stub.caption("And now the other foot. There is no hurry.")
    stub.caption(line)
    stub.show(**{**SCREENS[name], "choices": OFFER if asked else []})
    there.until("the line", lambda: there.caption == line)
    there.until(name, shows(there, name))
    seen = there.page.evaluate(IN_SIGHT)
    assert seen["needs"] <= seen["has"]
    assert seen["bottom"] <= seen["edge"] <= seen["deeds"]
    assert seen["letters"] >= 18


def test_after_a_stop_no_order_stands_large(opened: Opened, stub: Stub) -> None:
    """The line that a stop cut off is small and faint; a line said after it is as always."""
    there = begun(opened())
    stub.caption("Press them down a little.")
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    large = there.page.evaluate(IN_SIGHT)["letters"]
    shown(there, stub, "Stopped. Still here.", **SCREENS["stopped"])
    assert there.page.evaluate(IN_SIGHT)["letters"] <= large * 0.8
    stub.caption("You can talk to a person.")
    there.until("the line", lambda: there.caption == "You can talk to a person.")
    assert there.page.evaluate(IN_SIGHT)["letters"] == large


def test_without_a_microphone_nobody_is_said_to_listen(opened: Opened, stub: Stub) -> None:
    """Where nothing is heard the status is "Here with you", and there is something to tap."""
    there = begun(opened())
    shown(there, stub, "Here with you", state="listening")
    shown(there, stub, "Here with you", **SCREENS["here"])
    there.until("choices", lambda: there.choices == [each["label"] for each in OFFER])
    assert there.page.get_by_test_id("just-stay").count() == 1
    there.tap("just-stay")
    stay = {"type": "tapped", "control": "choice", "choice": "stay"}
    there.until("stay", lambda: stay in stub.seen["received"])


def test_choices_stay_until_the_picture_says_otherwise(opened: Opened, stub: Stub) -> None:
    """Choices are drawn in whatever state the service names them, and go with them."""
    there = begun(opened())
    for state, words in (
        ("offering", "Choose, or just stay"),
        ("guiding", "Guiding you, slowly"),
        ("speaking", "Speaking"),
        ("waiting", "Waiting with you"),
    ):
        shown(there, stub, words, state=state, choices=OFFER)
        assert there.choices == [each["label"] for each in OFFER]
    shown(there, stub, "Here with you", state="here")
    assert there.choices == []


def test_the_focus_is_not_lost_when_choices_change(opened: Opened, stub: Stub) -> None:
    """The focus stays on the same choice; where that went, on the choices, then on the page."""
    there = begun(opened())
    focused = "(document.activeElement.dataset.choice ?? document.activeElement.id)"
    shown(there, stub, "Choose, or just stay", state="offering", choices=OFFER)
    there.page.get_by_text("A word for it").focus()
    shown(there, stub, "Waiting with you", state="waiting", choices=OFFER[1:])
    assert there.page.evaluate(focused) == "name-it"
    shown(there, stub, "Speaking", state="speaking", choices=OFFER[:1])
    assert there.page.evaluate(focused) == "choices"
    shown(there, stub, "Here with you", state="here")
    assert there.page.evaluate(focused) == "main"


def test_a_stop_that_would_end_nothing_is_not_shown(opened: Opened, stub: Stub) -> None:
    """Once stopped, "Finish here" stands there only when a tap on it ends the conversation."""
    there = begun(opened())
    shown(there, stub, "Stopped. Still here.", state="stopped")
    stop = there.page.get_by_test_id("stop")
    assert not stop.is_visible()
    assert there.page.get_by_test_id("pause").inner_text() == "Go on"
    stub.show(state="stopped", may_end=True)
    there.until("Finish here", lambda: stop.is_visible() and stop.inner_text() == "Finish here")


def test_sound_that_comes_late_after_a_stop_is_not_heard(opened: Opened, stub: Stub) -> None:
    """What is still on its way when the service has stopped stays unheard; the next line is heard."""
    there = begun(opened())
    muted = "document.getElementById('voice').muted"
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    there.tap("stop")
    shown(there, stub, "Stopped. Still here.", state="stopped")
    there.watch(1.0)
    assert there.page.evaluate(muted)
    shown(there, stub, "Speaking", state="speaking")
    assert not there.page.evaluate(muted)


# Numbers


@pytest.mark.parametrize(
    ("spoken", "written", "links"),
    [
        (
            "There are people. You can call or text nine eight eight.",
            "There are people. You can call or text 988.",
            ["sms:988", "tel:988"],
        ),
        ("I will say it again, slowly. Nine, eight, eight.", "I will say it again, slowly. 988.", ["tel:988"]),
        ("In an emergency, call nine one one.", "In an emergency, call 911.", ["tel:911"]),
        (
            "About violence at home, call one, eight hundred, seven nine nine, seven two three three.",
            "About violence at home, call 1-800-799-7233.",
            ["tel:18007997233"],
        ),
        ("Call 1-800-799-7233.", "Call 1-800-799-7233.", ["tel:18007997233"]),
        ("Five, four, three, two, one. One thing.", "Five, four, three, two, one. One thing.", []),
        ("Name five things, one at a time.", "Name five things, one at a time.", []),
    ],
)  # fmt: skip
def test_spoken_numbers_are_written_in_digits_that_can_be_tapped(
    opened: Opened, stub: Stub, spoken: str, written: str, links: list[str]
) -> None:
    """A helpline's number in a caption is digits and a link; other numbers stay words."""
    there = begun(opened(locale="en-US"))
    stub.caption(spoken)
    there.until("the caption", lambda: there.caption == written)
    found = there.page.locator("#caption a").evaluate_all("all => all.map(a => a.href)")
    assert found == links


def test_every_number_of_the_shipped_countries_is_written_in_digits(
    opened: Opened, stub: Stub
) -> None:
    """Every way in which a number is spoken, in each country's file, becomes its own digits."""
    from voice_agent.library import load_resources
    from voice_agent.shipped import shipped

    known = load_resources(shipped("scripts_audio") / "resources.yaml")
    there = opened()
    wrong = []
    for country in known.countries.values():
        lines = [
            {"id": line.id, "name": line.name, "call": line.call, "text": line.text}
            for line in country.lines
            if line.call
        ]
        for line in country.lines:
            for words in {line.say, line.read_out} if line.call else set():
                parts = there.page.evaluate(
                    "async ([text, lines]) => (await import('/static/js/numbers.js'))"
                    ".withNumbers(text, lines)",
                    [f"Call {words}.", lines],
                )
                if [part["text"] for part in parts] != ["Call ", line.call, "."]:
                    wrong.append((country.name, words, parts))
    assert wrong == []


# The end, and no place


def test_the_end_says_what_became_of_the_notes_and_where_to_turn(
    opened: Opened, stub: Stub
) -> None:
    """After the goodbye: the notes are deleted, a person's number, and a way to start again."""
    there = begun(opened(locale="en-US"))
    stub.caption("Goodbye.")
    shown(there, stub, "That was all for now. Take your time.", state="ended")
    assert there.detail == "Your voice was not recorded. The notes of pauses are deleted."
    assert not there.page.get_by_test_id("caption").is_visible()
    assert there.page.locator("#quiet-number a[href='tel:988']").is_visible()
    there.page.get_by_role("button", name="Start again").click()
    there.page.get_by_test_id("start").wait_for()


@pytest.mark.parametrize("where", ["full", "offer_full"])
def test_no_place_gives_a_sentence_and_the_numbers(opened: Opened, stub: Stub, where: str) -> None:
    """Refused when made or when connecting: one sentence, the numbers large, Start again there."""
    stub.set(**{where: True})
    there = opened()
    there.page.locator("#tap-only").click()
    there.until_status("Every place is taken right now. These numbers answer day and night.")
    assert there.page.get_by_test_id("crisis").is_visible()
    assert there.page.get_by_test_id("start").is_visible()
    assert there.stored == {}


def test_who_was_here_waits_for_a_place(opened: Opened, stub: Stub) -> None:
    """A service that is not ready for somebody who was here says so, and it goes on by itself."""
    there = begun(opened())
    session = there.stored
    stub.set(offer_full=True)
    there.page.evaluate("diary.pcs.at(-1).close()")
    there.until_status("Connection lost. Trying again.")
    there.until("why", lambda: there.detail.startswith("Every place is taken right now."))
    stub.set(offer_full=False)
    there.until_status("Speaking")
    assert there.stored == session


# By keys, without scripts, on a slow line


def test_everything_can_be_reached_by_keys(opened: Opened, stub: Stub) -> None:
    """Tab and Enter alone: start, choose, pause, open the numbers and close them, stop."""
    there = opened()
    keys = there.page.keyboard

    def go_to(element: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            if there.page.evaluate("e => document.activeElement.matches(e)", element):
                assert there.page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"Tab does not reach {element}")

    go_to("#tap-only")
    keys.press("Enter")
    there.until_status("Speaking")
    shown(there, stub, "Choose, or just stay", state="offering", choices=OFFER)
    go_to("[data-choice='name-it']")
    keys.press("Enter")
    shown(there, stub, "Guiding you, slowly", **SCREENS["guiding"])
    go_to("#pause")
    keys.press("Enter")
    go_to("#resources > summary")
    keys.press("Enter")
    go_to("#lines a")
    keys.press("Escape")
    assert there.page.evaluate("document.activeElement.matches('#resources > summary')")
    go_to("#stop")
    keys.press("Enter")
    controls = [each.get("control") for each in stub.seen["received"]]
    assert controls == ["choice", "pause", "stop"]


def test_the_order_read_aloud_is_words_then_choices_then_help(opened: Opened, stub: Stub) -> None:
    """A screen reader meets the status, the line, what can be chosen, the controls, then help."""
    there = begun(opened())
    stub.caption("What would help right now?")
    shown(there, stub, "Guiding you, slowly", state="guiding", choices=OFFER)
    order = ["status", "caption", "choices", "controls", "resources", "leave-now"]
    in_order = "ids => ids.slice(1).every((id, i) => document.getElementById(ids[i])"
    in_order += ".compareDocumentPosition(document.getElementById(id)) & 4)"
    assert there.page.evaluate(in_order, order)


def test_without_scripts_the_numbers_stand_open(browser: Any, stub: Stub) -> None:
    """Where JavaScript is off, the numbers are on the page without a tap."""
    there = visit(browser, stub.url, java_script_enabled=False)
    assert there.page.locator("main a[href='tel:988']").is_visible()
    assert not there.page.get_by_test_id("start").is_visible()
    there.page.context.close()


def test_the_ordinary_page_asks_for_nothing_that_is_not_there(browser: Any, stub: Stub) -> None:
    """The page that "Leave now" leads to makes no failed request, for an icon least of all."""
    context = browser.new_context()
    page = context.new_page()
    answers: list[Any] = []

    def keep(got: Any) -> None:  # Playwright marks the function: a list's own method bears no mark
        answers.append(got)

    page.on("response", keep)
    page.goto(stub.url + "/ordinary", wait_until="networkidle")
    icon = page.locator("link[rel=icon]").get_attribute("href")
    assert [got.url for got in answers if got.status > 399] == []
    context.close()
    assert icon == "data:,"


SLOW_3G = {
    "offline": False,
    "latency": 2000,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
"""Chromium's own preset: 2 s to answer, 50 kB a second."""


def test_a_slow_line_carries_the_page(browser: Any, stub: Stub) -> None:
    """On slow 3G Start can be tapped at once, and the tap is not lost; little is loaded, all ours."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    there = Visit(context.new_page(), stub.url)
    wire = context.new_cdp_session(there.page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW_3G)
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    there.page.goto(stub.url + "/", wait_until="commit")
    there.page.locator(".lead").first.wait_for(timeout=60_000)
    words_s = there.now
    there.page.get_by_test_id("start").wait_for(timeout=60_000)
    start_s = there.now
    there.page.locator("#tap-only").click()
    there.until_status("Speaking", 90)
    assert len(stub.seen["created"]) == 1
    ready_s = there.now
    print(
        f"slow 3G, s: words {words_s:.1f}, Start {start_s:.1f}, connected {ready_s:.1f}; {sum(sizes)} B"
    )
    assert there.foreign == []
    assert words_s <= start_s < 10
    assert sum(sizes) < 120_000
    context.close()


# Every screen


def shows(there: Visit, state: str) -> Callable[[], bool]:
    """Whether the newest picture has this state."""
    return lambda: bool(there.messages) and there.messages[-1][1].get("state") == state


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_screen_fits_and_axe_finds_nothing(
    opened: Opened, stub: Stub, size: tuple[int, int], tmp_path: Path
) -> None:
    """All screens, in small and large and at 200 % zoom: nothing cut off, no violation."""
    there = opened(size=size, reduced_motion="reduce", locale="en-US")
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        there.page.screenshot(path=str(tmp_path / f"{name}.png"))
        misfits = [] if size[1] < 500 else there.page.evaluate(MISFITS)
        for scheme in ("dark", "light"):
            there.page.emulate_media(color_scheme=scheme)
            misfits += violations(there.page)
        wide = there.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if misfits or wide:
            found[name] = [*misfits, *(["wide"] if wide else [])]

    look("arrival")
    begun(there)
    stub.caption("In an emergency, call nine one one. You can call or text nine eight eight.")
    for name, picture in SCREENS.items():
        stub.show(**picture)
        stub.show(**picture)
        there.until(name, shows(there, picture["state"]))
        look(name)
    assert found == {}
    assert [each for each in there.complaints if not re.search("favicon", each)] == []
