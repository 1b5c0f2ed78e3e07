"""The picture in README: the real page in Chromium, taken while the real service guides.

    python benchmarks/screenshot.py [--output docs/page.png]

Starts the service on a free port, taps "Start without a microphone", waits for the offer, chooses "Feet and
room", leaves out its introduction, and takes the picture during the first line.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUICK = {"VOICE_AGENT_LADDER__SOFT_S": "1", "VOICE_AGENT_LADDER__OFFER_S": "2"}


def take(output: Path, chromium: str) -> None:
    """Drive the page to a practice in progress and write its picture."""
    # What drives the page and the service stands with the tests.
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web")]
    from browsing import launch, visit
    from playwright.sync_api import sync_playwright
    from running import Running

    from voice_agent.settings import load_settings

    with (
        tempfile.TemporaryDirectory() as data,
        Running(load_settings().cache_dir, Path(data), **QUICK) as service,
        sync_playwright() as driver,
    ):
        browser = launch(driver, chromium, None)
        page = visit(browser, service.url, device_scale_factor=2, reduced_motion="reduce")
        page.page.locator("#tap-only").click()
        page.pilot(["choice", "Feet and room"], ["skip"], ["choice", "Yes"], ["rating", "3"])
        line = page.until_said("feet-and-room/press", 90)
        page.until("its caption", lambda: page.caption == line.text)
        page.watch(1.0)
        page.page.screenshot(path=str(output))
        browser.close()


def main() -> None:
    """Read the command line."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--output", type=Path, default=ROOT / "docs" / "page.png")
    given = asked.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing; install it (Debian: apt-get install chromium).")
    take(given.output, chromium)
    print(f"{given.output}: {given.output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
