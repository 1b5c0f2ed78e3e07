"""Coming back to the page: after a crash, a reload, a lost line, in a second tab, and leaving."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Said, Screens, Visit, launch, visit
from playwright.sync_api import sync_playwright
from running import Running

from voice_agent.shipped import shipped

pytestmark = pytest.mark.browser

LOST = "Connection lost. Trying again."
LADDER = {"VOICE_AGENT_LADDER__SOFT_S": "2", "VOICE_AGENT_LADDER__OFFER_S": "2.5"}
GAP_S = 10.0


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped practices with an opening of its last line alone: it is heard elsewhere."""
    folder = tmp_path_factory.mktemp("practices") / "scripts"
    shutil.copytree(shipped("scripts_audio"), folder)
    opening = folder / "opening.yaml"
    head, lines = opening.read_text().split("lines:\n", 1)
    opening.write_text(f"{head}lines:\n{re.split(r'(?m)^(?=  - id: need)', lines)[1]}")
    return folder


@pytest.fixture(scope="module")
def service(
    cache_dir: Path, scripts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    env = {"VOICE_AGENT_SCRIPTS_DIR": str(scripts), **LADDER}
    with Running(cache_dir, tmp_path_factory.mktemp("data"), **env) as running:
        yield running
        print("\n".join(running.output[-30:]))  # pytest shows it where a test failed


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_playwright() as driver:
        made = launch(driver, chromium, None)
        yield made
        made.close()


@pytest.fixture(scope="module")
def kept() -> list[Visit]:
    return []


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Screens:
    return Screens(tmp_path_factory.mktemp("screens"))


@pytest.fixture
def practising(service: Running, browser: Any, kept: list[Visit]) -> Visit:
    """Somebody in the middle of "feet and room"; the same from test to test while it lasts."""
    there = kept[0] if kept else None
    if there is None or there.status != "Guiding you, slowly" or len(set(there.lines)) > 11:
        there = visit(browser, service.url)
        there.page.locator("#tap-only").click()
        there.pilot(["choice", "Feet and room"], ["skip"], ["choice", "Yes"], ["rating", "3"])
        there.until_said("feet-and-room/feet")
        kept[:] = [there]
    return there


def in_a_line(there: Visit) -> Said:
    """Bring about that a line has sounded for more than half a second, and goes on."""
    tapped = there.tap("say-again")
    there.until("the line again", lambda: there.said[-1].at > tapped)
    line = there.said[-1]
    there.until_heard(line.at + 0.5)
    return line


def listed(service: Running) -> str:
    """What `voice-agent sessions list` prints."""
    env = {**os.environ, "VOICE_AGENT_DATA_DIR": str(service.data_dir)}
    done = subprocess.run(
        [sys.executable, "-m", "voice_agent", "sessions", "list"],
        env=env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


def stored_lines(service: Running, session: str) -> list[str]:
    """The lines that began to sound, as the stored log has them."""
    rows = service.events(session)
    return [f"{r['script']}/{r['line']}" for r in rows if r["type"] == "playout_started"]


def test_a_reload_is_silent_until_one_tap_and_loses_nothing(
    practising: Visit, screens: Screens
) -> None:
    """After a reload nothing sounds; one tap on "Go on", and the same line is said on."""
    line = in_a_line(practising)
    practising.page.reload()
    practising.page.get_by_test_id("go-on").wait_for()
    screens.look(practising, "returning")
    practising.watch(2.0)
    assert practising.page.evaluate("document.getElementById('voice').srcObject") is None
    assert practising.levels(0) == []
    practising.tap("go-on")
    again = practising.until_said(line.key, 10)
    practising.until_heard(again.at - 0.1)
    assert set(practising.lines) == {line.key}
    assert practising.said[-1].t > line.t
    assert practising.status == "Guiding you, slowly"
    assert practising.caption == line.text


def test_a_reload_in_a_silence_shows_the_line_it_belongs_to(practising: Visit) -> None:
    """Who reloads between two lines reads the one that was said, and waits with it."""
    line = in_a_line(practising)
    practising.until(
        "the silence after it", lambda: practising.last_sound(practising.now - 0.8) is None
    )
    practising.page.reload()
    tapped = practising.tap("go-on")
    practising.until("the line", lambda: practising.caption == line.text, 5)
    assert practising.status == "Guiding you, slowly"
    assert practising.last_sound(tapped) is None


def test_a_lost_network_heals_by_itself(practising: Visit, screens: Screens) -> None:
    """Ten seconds without any network: the page says so, goes on alone, and skips no line."""
    line = in_a_line(practising)
    practising.page.context.set_offline(True)
    practising.page.evaluate("diary.pcs.at(-1).close()")
    practising.until_status(LOST)
    assert practising.detail == "Nothing is lost. It goes on by itself."
    screens.look(practising, "lost")
    practising.watch(GAP_S)
    assert practising.said[-1] == line
    assert practising.last_sound(practising.now - GAP_S + 1) is None
    back = practising.now
    practising.page.context.set_offline(False)
    again = practising.until_said(line.key, since=back)
    practising.until_heard(again.at - 0.1)
    practising.until_status("Guiding you, slowly")


def test_a_service_that_stands_still_is_waited_for(practising: Visit, service: Running) -> None:
    """The service hangs for ten seconds: the page says so, and the practice goes on after."""
    line = in_a_line(practising)
    os.kill(service.pid, signal.SIGSTOP)
    try:
        practising.until_status(LOST)
        practising.watch(GAP_S - 3)
    finally:
        os.kill(service.pid, signal.SIGCONT)
    back = practising.now
    practising.until_status("Guiding you, slowly", 40)
    practising.until("a line", lambda: practising.said[-1].at > back)
    practising.until_heard(back + 0.5)
    order = list(dict.fromkeys(practising.lines))
    assert order.index(practising.said[-1].key) <= order.index(line.key) + 1


def test_a_second_tab_reads_one_sentence_and_the_first_goes_on(
    practising: Visit, screens: Screens
) -> None:
    """The same session in another tab: it says where to go on; the first tab is untouched."""
    line = in_a_line(practising)
    before = practising.statuses
    second = Visit(practising.page.context.new_page(), practising.url)
    kept = json.dumps(json.dumps(practising.stored))
    second.page.add_init_script(f"sessionStorage.setItem('session', {kept})")
    second.open()
    second.tap("go-on")
    second.until_status("This is open in another window.")
    assert second.detail == "Close it there, and it goes on here by itself."
    screens.look(second, "elsewhere")
    second.watch(2.0)
    assert second.levels(0) == []
    assert LOST not in second.statuses
    second.page.close()
    assert in_a_line(practising).key == line.key
    assert practising.statuses == before


def test_after_a_crash_it_says_sorry_once_and_the_same_line_again(
    practising: Visit, service: Running
) -> None:
    """Killed in the middle of a line and started again: silence, one tap, sorry, that line."""
    line = in_a_line(practising)
    session = practising.stored["id"]
    practising.watch(0.6)
    service.kill()
    practising.until_status(LOST)
    practising.page.route("**/offer", lambda route: route.abort())
    service.start()
    practising.page.unroute("**/offer")
    practising.page.reload()
    practising.page.get_by_test_id("go-on").wait_for()
    practising.watch(2.0)
    assert practising.levels(0) == []
    assert practising.said == []
    tapped = practising.tap("go-on")
    again = practising.until_said(line.key)
    assert practising.lines == ["conversation/sorry", line.key]
    assert practising.said[0].at > tapped
    assert practising.said[0].t > line.t
    practising.until_heard(again.at)
    assert practising.stored["id"] == session
    practising.watch(0.5)
    lines = stored_lines(service, session)
    at = lines.index("conversation/sorry")
    assert (lines[at - 1], lines[at + 1]) == (line.key, line.key)
    assert lines.count("conversation/sorry") == 1


def test_leave_now_deletes_everything(practising: Visit, service: Running) -> None:
    """Leave now: silence, an ordinary page, no way back, and nothing of it left anywhere."""
    in_a_line(practising)
    session, token = practising.stored["id"], practising.stored["token"]
    assert service.events(session)
    assert asked(service, session, token) == 200
    practising.page.get_by_test_id("leave-now").click()
    practising.page.wait_for_url("**/ordinary")
    practising.until("the token is revoked", lambda: asked(service, session, token) == 404)
    practising.until("it is gone", lambda: not service.events(session))
    assert session not in listed(service)
    files = [path for path in service.data_dir.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if session.encode() in path.read_bytes()] == []
    assert practising.page.evaluate("sessionStorage.length") == 0
    practising.page.go_back()
    assert practising.page.get_by_test_id("caption").count() == 0 or practising.said == []


def asked(service: Running, session: str, token: str) -> int:
    """The status of asking how the session stands."""
    request = urllib.request.Request(
        f"{service.url}/api/sessions/{session}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_screens_of_a_return_are_sound(screens: Screens) -> None:
    """Coming back, being lost and being elsewhere: axe is content, and all can be reached."""
    assert {"returning", "lost", "elsewhere"} <= set(screens.seen)
    assert screens.violations == []
    assert screens.misfits == []
    assert screens.without_help == []
