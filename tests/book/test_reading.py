"""Do the helps of reading work: the list that follows, the terms' previews, shipped fonts?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from course_utils.plotting import INK

pytestmark = pytest.mark.browser
PAGE = "book/notation.html"


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A page with sections and terms, on a desktop."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        tab = context.new_page()
        tab.goto(site + PAGE)
        tab.wait_for_load_state("load")
        yield tab


def test_on_this_page_follows_the_reader(tab: Page) -> None:
    """Is the section at the top of the screen the one that is marked, and no other?"""
    links = tab.locator(".bd-sidebar-secondary nav.page-toc a")
    assert links.count() > 3
    marked = tab.locator(".bd-sidebar-secondary nav.page-toc a.is-read")
    for number in (1, 2, links.count() - 1, 0):
        link = links.nth(number)
        target = (link.get_attribute("href") or "").removeprefix("#")
        tab.evaluate("id => document.getElementById(id).scrollIntoView(true)", target)
        expect(marked).to_have_count(1)
        expect(marked).to_have_text((link.text_content() or "").strip())
        expect(marked).to_have_attribute("aria-current", "true")
        expect(marked).to_be_in_viewport()


def test_a_term_shows_its_entry(tab: Page) -> None:
    """Does the Tab key show the entry, Escape take it away, and is it tied to the link?"""
    tab.keyboard.press("Tab")  # so that focus is seen to come from the keyboard
    link = tab.locator("article a[href*='glossary.html#term-stride']").first
    preview = tab.locator("#preview-term-stride")
    expect(preview).to_be_hidden()
    link.focus()
    expect(preview).to_be_visible()
    expect(preview).to_be_in_viewport(ratio=1)
    expect(link).to_have_attribute("aria-describedby", "preview-term-stride")
    tab.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(link).to_be_focused()


def test_a_pointer_may_go_to_the_entry(tab: Page) -> None:
    """Does the entry stay while the pointer is on it, and go when it leaves?"""
    link = tab.locator("article a[href*='glossary.html#term-stride']").first
    preview = tab.locator("#preview-term-stride")
    link.hover()
    expect(preview).to_be_visible()
    preview.hover()
    tab.wait_for_timeout(600)  # more than the script waits before it hides
    expect(preview).to_be_visible()
    tab.mouse.move(2, 2)
    expect(preview).to_be_hidden()


def test_each_linked_term_has_its_entry(tab: Page) -> None:
    """Is no link to a term without its entry, and does no entry hold a link or a bad formula?"""
    missing = tab.evaluate("""() =>
        [...document.querySelectorAll("article a[href*='glossary.html#term-']")]
            .map((link) => link.hash.slice(1))
            .filter((anchor) => !document.getElementById("preview-" + anchor))""")
    assert missing == []
    expect(tab.locator(".term-preview a")).to_have_count(0)


def test_fonts_come_with_the_book(tab: Page) -> None:
    """Are text and code set in the faces that the book ships?"""
    loaded = tab.evaluate("""async () => {
        await document.fonts.ready;
        return [...document.fonts].filter((f) => f.status === "loaded").map((f) => f.family);
    }""")
    assert {name.strip('"') for name in loaded} >= {"Source Serif 4", "Source Code Pro"}
    assert "Source Serif 4" in tab.evaluate(
        "getComputedStyle(document.querySelector('p')).fontFamily"
    )


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #58606b, as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_grey_of_figures_has_contrast(html: Path, mode: str) -> None:
    """Have letters and axes of each figure a contrast of 4.5 on the ground of the page?"""
    style = (html / "_static" / "custom.css").read_text(encoding="utf-8")
    block = style[style.index(f'data-theme="{mode}"') :]
    ground = re.search(r"--pst-color-background: (#\w{6})", block)
    figures = [path.read_text(encoding="utf-8") for path in (html / "_images").glob("*.svg")]
    drawn = [svg for svg in figures if "--ink:" in svg]
    assert len(drawn) > 3
    for svg in drawn:
        assert INK not in svg
        inks = re.findall(r"--ink:(#\w{6})", svg)
        ink = inks[0 if mode == "light" else 1]
        high, low = sorted((luminance(ink), luminance(ground[1])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
