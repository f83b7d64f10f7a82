"""Does a reader's browser show the book as it should, without a network and without a mouse?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import isqrt
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Page, expect

from course_utils.arithmetic import dilated_size, output_size
from course_utils.reference.convolution import correlate_volume
from tests.book import reader
from tests.book.reader import PHONE, Size, Visit, axe_in_both_modes, listen, opened, settle

pytestmark = pytest.mark.browser
Visitor = Callable[[str], Visit]
EXPLORER = "book/convolution-arithmetic/counting-positions.html"
FAULTY = "book/lstm/variants.html"  # has code, a table and figures
SERVED = ("book/intro.html", EXPLORER, "search.html?q=stride")
WIDE = "book/convolution-arithmetic/correlation-and-convolution.html"  # has wide formulas
BOXES = (
    "pre, figure, .pst-scrollable-table-container, .output.text_html, mjx-container[display=true]"
)
# A box that lets its content stick out does not scroll.
SCROLLS = """(box) =>
    box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible"
"""
SLIDERS = ("size", "kernel", "stride", "pad", "dilation")


def test_no_request_leaves_the_machine(visit: Visitor, page: str) -> None:
    """Does a page, opened from its folder without any server, ask for files of the book alone?"""
    assert visit(page).requests_elsewhere == []


def test_console_is_silent(visit: Visitor, page: str) -> None:
    """Does a page load without an error, a warning or a missing file?"""
    assert visit(page).complaints == []


def test_formulas_are_set(visit: Visitor, page: str) -> None:
    """Is each formula set, and none of them marked as wrong TeX?"""
    assert visit(page).bad_formulas == []


def test_accessible_in_light_mode(visit: Visitor, page: str) -> None:
    """Does axe find nothing in light mode, with everything unfolded?"""
    assert visit(page).axe_light == []


def test_accessible_in_dark_mode(visit: Visitor, page: str) -> None:
    """Does axe find no colours that are hard to read in dark mode, with everything unfolded?"""
    assert visit(page).axe_dark == []


def test_fits_a_phone(visit: Visitor, page: str) -> None:
    """Is nothing wider than 360 pixels, except inside boxes that scroll?"""
    assert visit(page).too_wide_on_a_phone == []


def test_takes_few_screens(visit: Visitor, page: str) -> None:
    """Is a page no longer than 15 screens, and do its pictures come early?"""
    assert (complaint := reader.too_long(page, visit(page).size)) is None, complaint


@pytest.mark.parametrize(
    ("name", "size", "complaint"),
    [
        ("book/lstm/index", Size(12001, 500, None), "15.0 screens, at most 15"),
        ("book/functions/a", Size(12001, None, None), None),
        ("book/lstm/index", Size(12000, 800, 4000), None),
        ("book/lstm/index", Size(12000, 801, 4000), "the first picture begins at pixel 801"),
        ("book/lstm/index", Size(900, None, None), "the first picture begins nowhere"),
        ("book/lstm/idea", Size(900, None, None), None),
        ("book/lstm/idea", Size(9000, None, 4001), "the live picture begins after 5.0 screens"),
    ],
)
def test_too_many_screens_are_named(name: str, size: Size, complaint: str | None) -> None:
    """Are length, first picture and live picture judged in screens?"""
    said = reader.too_long(name, size)
    assert said == complaint or (complaint is not None and complaint in str(said))


HARD_TO_READ = {
    "a line of code's colour": "article .highlight span { color: #8886 !important }",
    "every second row": "article tr:nth-child(even) td { background: #777 !important }",
    "links in the contents": ".bd-sidebar-primary a { color: #8884 !important }",
    "captions": "article figcaption { color: #8884 !important }",
}


@pytest.mark.parametrize("fault", HARD_TO_READ)
def test_colours_that_are_hard_to_read_are_found(browser: Browser, html: Path, fault: str) -> None:
    """Does axe find such colours in both modes, though it sees one element of each kind?"""
    with opened(browser, (html / FAULTY).as_uri()) as tab:
        tab.add_style_tag(content=HARD_TO_READ[fault])
        for found in axe_in_both_modes(tab, colours_alone=True):
            assert any(line.startswith("color-contrast") for line in found)


def test_links_like_the_words_around_them_are_found(browser: Browser, html: Path) -> None:
    """Does axe find such links where a page's own style makes them, though it saw their kind?"""
    alike = "p { color: #777 } p a { color: #666 !important; text-decoration: none !important }"
    seen: list[int] = []
    with opened(browser, (html / FAULTY).as_uri()) as tab:
        assert axe_in_both_modes(tab, seen, colours_alone=True) == ([], [])
        tab.emulate_media(color_scheme="light")
        tab.reload()
        settle(tab)
        tab.evaluate(
            "css => document.body.append(new Range().createContextualFragment(css))",
            f"<style>{alike}</style>",
        )
        for found in axe_in_both_modes(tab, seen, colours_alone=True):
            assert any(line.startswith("link-in-text-block") for line in found)


@pytest.mark.parametrize("address", SERVED)
def test_served(browser: Browser, site: str, address: str) -> None:
    """Does a page from a server ask for nothing else, and find all that it asks for?"""
    with browser.new_context(reduced_motion="reduce") as context:
        tab = context.new_page()
        requests, complaints = listen(tab)
        tab.goto(site + address)
        settle(tab)
        assert [r for r in requests if not r.startswith((site, "data:", "blob:"))] == []
        assert complaints == []


def test_search_works_from_a_folder(context: BrowserContext, html: Path) -> None:
    """Does the search find a topic's first page, without any server?"""
    tab = context.new_page()
    tab.goto((html / "search.html").as_uri() + "?q=stride")
    found = tab.locator("#search-results a[href*='convolution-arithmetic/index']").first
    expect(found).to_have_text(re.compile(r"\d+\. Convolution arithmetic"))


def test_prints_on_white(browser: Browser, site: str) -> None:
    """Is paper white for a reader whose screen is dark, and the screen dark again afterwards?"""
    with browser.new_context(color_scheme="dark") as context:
        tab = context.new_page()
        tab.goto(site + "book/intro.html")
        mode = tab.locator("html")
        expect(mode).to_have_attribute("data-theme", "dark")
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(mode).to_have_attribute("data-theme", "light")
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(mode).to_have_attribute("data-theme", "dark")


@pytest.fixture(scope="module")
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """A tab as narrow as a phone, with a page of wide formulas."""
    with browser.new_context(viewport=PHONE) as context:
        tab = context.new_page()
        tab.goto(site + WIDE)
        settle(tab)
        yield tab


def test_wide_boxes_can_be_scrolled_with_the_keyboard(phone: Page) -> None:
    """On a phone, is each box that scrolls a stop of the Tab key, and no other?"""
    expect(phone.locator("article mjx-container[tabindex='0']")).not_to_have_count(0)
    boxes = phone.locator("article").locator(BOXES).filter(visible=True)
    for html, scrolls, is_stop in boxes.evaluate_all(
        f"""boxes => boxes.map((box) =>
            [box.outerHTML.slice(0, 200), ({SCROLLS})(box), box.tabIndex === 0])"""
    ):
        assert scrolls == is_stop, html


def test_wide_boxes_fade_until_their_end_is_seen(phone: Page) -> None:
    """On a phone, does each box that scrolls fade on the right, as long as there is more of it?"""
    boxes = phone.locator("article").locator(BOXES).filter(visible=True)
    fades = "boxes => boxes.filter((box) => getComputedStyle(box).maskImage !== 'none').length"
    scrolls = f"boxes => boxes.filter({SCROLLS}).length"
    assert boxes.evaluate_all(fades) == boxes.evaluate_all(scrolls) > 0
    boxes.evaluate_all("boxes => boxes.forEach((box) => (box.scrollLeft = box.scrollWidth))")
    still = """() => [...document.querySelectorAll("article .goes-on")].filter(
        (box) => box.checkVisibility()).length"""
    phone.wait_for_function(f"() => ({still})() === 0")
    assert boxes.evaluate_all(fades) == 0


@pytest.fixture(scope="module")
def explorer(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page's explorer, which the tests below leave in whatever state."""
    with opened(browser, site + EXPLORER) as tab:
        yield tab


def setting(tab: Page) -> dict[str, int]:
    """Read the explorer's sliders."""
    return {name: int(tab.locator(f"input[name={name}]").input_value()) for name in SLIDERS}


def cells(tab: Page, role: str, selector: str) -> NDArray[np.int64]:
    """Read the numbers of one of the explorer's two pictures as a square."""
    texts = tab.locator(f"[data-role={role}] {selector}").all_text_contents()
    side = isqrt(len(texts))
    return np.array([int(text.strip("×")) for text in texts]).reshape(side, side)


@pytest.mark.parametrize("slider", SLIDERS)
def test_explorer_slider_follows_the_keyboard(explorer: Page, slider: str) -> None:
    """After an arrow key on a slider, does the picture have the size that `output_size` says?"""
    before = setting(explorer)
    explorer.locator(f"input[name={slider}]").focus()
    explorer.keyboard.press("ArrowRight")
    after = setting(explorer)
    assert after == before | {slider: before[slider] + 1}
    size, kernel = after.pop("size"), after.pop("kernel")
    out = output_size(size, kernel, **after)
    expect(explorer.locator("[data-role=formula]")).to_have_text(
        f"output = floor(({size} + 2·{after['pad']} − {dilated_size(kernel, after['dilation'])})"
        f" / {after['stride']}) + 1 = {out}"
    )
    expect(explorer.locator("[data-role=output] .ce-cell")).to_have_count(out * out)


@pytest.mark.parametrize(
    ("keys", "row", "column"),
    [(["ArrowRight"], 0, 1), (["ArrowDown"], 1, 0), (["ArrowDown", "End", "ArrowLeft"], 1, -2)],
)
def test_explorer_window_follows_the_keyboard(
    explorer: Page, keys: list[str], row: int, column: int
) -> None:
    """Moved by keys, does the window give the number that `correlate_volume` computes?"""
    grid = explorer.locator("[data-role=output]")
    grid.focus()
    for key in ["Home", "PageUp", *keys]:
        explorer.keyboard.press(key)
    now = setting(explorer)
    padded = cells(explorer, "input", ".ce-cell > text:first-of-type")
    kernel = cells(explorer, "input", ".is-tap .ce-weight")
    out = correlate_volume(
        padded[None], kernel[None, None], stride=now["stride"], dilation=now["dilation"]
    )[0]
    np.testing.assert_array_equal(cells(explorer, "output", ".ce-cell"), out)
    row, column = row % out.shape[0], column % out.shape[1]
    expect(explorer.locator("[data-role=value]")).to_have_text(str(out[row, column]))
    expect(explorer.locator("[data-role=live]")).to_contain_text(
        f"Output row {row}, column {column}: {out[row, column]}."
    )
