"""Do live pictures play by themselves, and only for readers who want that?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
PAGE = "book/intro.html"
LIVE = "[data-role=live]"


@pytest.fixture(params=["no-preference", "reduce"])
def motion(request: pytest.FixtureRequest) -> str:
    """What a reader has asked of animations."""
    return str(request.param)


@pytest.fixture
def tab(browser: Browser, site: str, motion: str) -> Iterator[Page]:
    """The landing page, for such a reader."""
    with browser.new_context(reduced_motion=motion) as context:
        tab = context.new_page()
        tab.goto(site + PAGE)
        yield tab


def test_the_landing_page_moves_unless_asked_not_to(tab: Page, motion: str) -> None:
    """Does the picture move by itself, and rest for those who asked for reduced motion?"""
    button = tab.locator("[data-action=play]")
    expect(button).to_have_text("Play" if motion == "reduce" else "Pause")
    first = tab.locator(LIVE).text_content()
    if motion == "reduce":
        tab.wait_for_timeout(2000)  # two steps would have passed
        expect(tab.locator(LIVE)).to_have_text(first or "")
    else:
        expect(tab.locator(LIVE)).not_to_have_text(first or "")


def test_a_reader_takes_hold(tab: Page, motion: str) -> None:
    """Does a key on the picture stop it, where the key leads, and is the sentence read out then?"""
    grid = tab.locator("[data-stage]")
    grid.press("Home")
    grid.press("PageUp")
    grid.press("ArrowRight")
    expect(tab.locator("[data-action=play]")).to_have_text("Play")
    expect(tab.locator(LIVE)).to_have_attribute("aria-live", "polite")
    expect(tab.locator(LIVE)).to_contain_text("Output row 0, column 1")


def test_playing_is_silent_for_a_screen_reader(tab: Page, motion: str) -> None:
    """Does the button start and stop it, with the sentence not read out at each step?"""
    button = tab.locator("[data-action=play]")
    if motion != "reduce":
        button.press("Enter")
    expect(button).to_have_text("Play")
    button.press("Enter")
    expect(button).to_have_text("Pause")
    expect(tab.locator(LIVE)).to_have_attribute("aria-live", "off")
    before = tab.locator(LIVE).text_content()
    expect(tab.locator(LIVE)).not_to_have_text(before or "")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_landing_picture_fits(browser: Browser, site: str, width: int) -> None:
    """Is the picture on the first screen of a desktop, and no wider than a phone?"""
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        tab = context.new_page()
        tab.goto(site + PAGE)
        box = tab.locator(".explorer").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        if width == 1280:
            assert box["y"] + box["height"] <= 800
