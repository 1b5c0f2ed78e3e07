"""The documentation page in a real Chromium: what is described is also to be seen."""

import pytest
from browsing import launch
from playwright.sync_api import sync_playwright
from running import Running

pytestmark = pytest.mark.browser


def test_the_paths_are_rendered_with_their_bodies(chromium: str, running: Running) -> None:
    """Each path stands on the page, nothing is said to be unreadable, and one can be opened."""
    with sync_playwright() as driver:
        browser = launch(driver, chromium, None)
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{running.url}/docs")
        page.locator("#operations-sessions-create_api_sessions_post").wait_for()
        shown = page.locator(".opblock-summary-path").all_inner_texts()
        plain = {path.replace("\u200b", "") for path in shown}
        assert {"/api/sessions", "/api/sessions/{session}/offer", "/api/resources"} <= plain
        assert page.get_by_text("Unable to render this definition").count() == 0
        assert page.locator(".errors-wrapper").count() == 0
        page.locator("#operations-sessions-create_api_sessions_post .opblock-summary").click()
        example = page.locator(".body-param__example").first
        example.wait_for()
        assert '"microphone": true' in example.inner_text()
        assert [url for url in asked if not url.startswith((running.url, "data:"))] == []
        browser.close()
