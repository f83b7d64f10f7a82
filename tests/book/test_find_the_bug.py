"""Can readers find the bug: by mouse, by keys, by ear, without a network, without scripts?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.authoring.bugs import Bug, Span, bug
from course_utils.exercises import catalog
from tests.book.node import run_in_node
from tests.book.reader import DESK, PHONE, TOO_WIDE, UNFOLD, axe_in_both_modes, settle

SCRIPT = "find-the-bug.js"
BOOK = Path(__file__).parents[2] / "book"
# What is measured is an open task: nobody's answer to it is shown.
EXERCISES = {
    slug: [one.name for one in topic if not one.measured] for slug, topic in catalog().items()
}
PAGE = "find-the-bug"  # of each topic


@cache
def shown(slug: str) -> dict[str, Bug]:
    """Return the bugs that a topic's page shows, by exercise."""
    text = (BOOK / slug / f"{PAGE}.md").read_text(encoding="utf-8")
    found = re.findall(r"^```\{find-the-bug\} (\w+) *(\w*)$", text, re.MULTILINE)
    return {name: bug(name, mistake) for name, mistake in found}


NAMES = [(slug, name) for slug, names in EXERCISES.items() for name in names]
SLUG, NAME = "convolution-arithmetic", "correlate1d"  # what is tried by mouse, by keys and by ear
FOUND = shown(SLUG)[NAME]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab in light mode."""
    with browser.new_context(color_scheme="light", reduced_motion="reduce") as context:
        yield context.new_page()


def address(html: Path, slug: str) -> str:
    """Return where a topic's page lies in the built book."""
    return (html / "book" / slug / f"{PAGE}.html").as_uri()


def show(tab: Page, html: Path) -> Locator:
    """Open a page from its folder, and return the box of an exercise."""
    tab.goto(address(html, SLUG))
    settle(tab)
    return tab.locator(box_of(NAME))


def box_of(name: str) -> str:
    """Select the box of an exercise."""
    return f'.find-the-bug[aria-label="Find the bug in {name}"]'


@pytest.mark.parametrize("slug", EXERCISES)
def test_each_exercise_has_a_bug_in_the_book(slug: str) -> None:
    """Does a topic's page show a bug of each of its exercises, in their order?"""
    assert list(shown(slug)) == EXERCISES[slug]


def test_verdicts() -> None:
    """Does a reader hear whether the line was the one, and after how many tries?"""
    said = run_in_node(SCRIPT, "value.map((v) => explorer.verdict(...v))", [
        [3, False, 1], [5, True, 1], [5, True, 4],
    ])  # fmt: skip
    assert said == [
        "Line 3 is right.", "Yes, line 5, at the first try.", "Yes, line 5, after 4 tries.",
    ]  # fmt: skip


def test_keys_lead_to_lines() -> None:
    """Do arrow keys, Home and End move among the lines and stop at the ends?"""
    asked = [["ArrowDown", 1], ["ArrowDown", 4], ["ArrowUp", 0], ["End", 1], ["Home", 3], ["a", 2]]
    lines = run_in_node(SCRIPT, "value.map(([key, at]) => explorer.lineAfter(key, at, 5))", asked)
    assert lines == [2, 4, 0, 4, 0, -1]


@pytest.fixture(scope="module")
def fresh(browser: Browser, html: Path) -> Iterator[Callable[[str], Page]]:
    """A function that opens a topic's page, once for all its bugs."""
    with browser.new_context(reduced_motion="reduce") as context:

        @cache
        def open_page(slug: str) -> Page:
            tab = context.new_page()
            tab.goto(address(html, slug))
            settle(tab)
            return tab

        yield open_page


@pytest.mark.browser
@pytest.mark.parametrize(("slug", "name"), NAMES)
def test_each_bug_can_be_found(fresh: Callable[[str], Page], slug: str, name: str) -> None:
    """Is nothing shown until the wrong line is picked, and then the sentence and what changed?"""
    found = shown(slug)[name]
    box = fresh(slug).locator(box_of(name))
    answer, lines = box.locator("details"), box.locator(".ftb-line")
    assert "".join(lines.all_text_contents()).splitlines() == list(found.lines)
    marked = box.locator(".ftb-changed, .ftb-gap").first
    plain = marked.evaluate("e => getComputedStyle(e).backgroundColor + e.clientWidth")
    lines.nth((found.start + 1) % len(found.lines)).click()
    expect(box.locator("[role=status]")).to_have_text(
        f"Line {(found.start + 1) % len(found.lines) + 1} is right."
    )
    expect(answer).not_to_have_attribute("open", "")
    lines.nth(found.start).click()
    expect(box.locator("[role=status]")).to_contain_text(
        f"Yes, line {found.start + 1}, after 2 tries. {found.sentence}".replace("`", "")
    )
    expect(answer).to_have_attribute("open", "")
    expect(answer.locator(".ftb-sentence")).to_have_text(found.sentence.replace("`", ""))
    assert marked.evaluate("e => getComputedStyle(e).backgroundColor + e.clientWidth") != plain
    wrong, *others = answer.locator("pre").all()
    assert_is(wrong, found.wrong, [change for change, _ in found.changes])
    assert len(others) == bool(found.right)
    for right in others:
        assert_is(right, found.right, [change for _, change in found.changes])
    label = answer.locator(".ftb-label").last
    expect(label).to_have_text("As it should be:" if others else "It should not be there.")


def assert_is(box: Locator, lines: tuple[str, ...], changes: list[Span]) -> None:
    """See that a box holds these lines, with these places in them marked."""
    text = "\n".join(lines)
    assert box.text_content() == text
    marks = box.locator("mark").all_text_contents()
    assert marks == [text[start:stop] for start, stop in changes]


@pytest.mark.browser
def test_keyboard(tab: Page, html: Path) -> None:
    """Is the code one stop of the Tab key, in which arrows move and Enter or Space picks?"""
    box = show(tab, html)
    lines = box.locator(".ftb-line")
    expect(box.locator(".ftb-line[tabindex='0']")).to_have_count(1)
    lines.first.focus()
    tab.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    tab.keyboard.press(" ")
    expect(box.locator("[role=status]")).to_have_text("Line 2 is right.")
    tab.keyboard.press("Tab")
    expect(box.locator("summary")).to_be_focused()
    tab.keyboard.press("Shift+Tab")
    expect(lines.nth(1)).to_be_focused()
    for _ in range(FOUND.start - 1):
        tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(box.locator("details")).to_have_attribute("open", "")
    expect(lines.nth(FOUND.start)).to_be_focused()


@pytest.mark.browser
def test_screen_reader_hears_lines(tab: Page, html: Path) -> None:
    """Is each line a button that says its number and its code?"""
    box = show(tab, html)
    buttons = box.get_by_role("group", name="The lines").get_by_role("button")
    names = [f"Line {k}: {line.strip()}" for k, line in enumerate(FOUND.lines, 1)]
    assert buttons.evaluate_all("es => es.map((e) => e.ariaLabel)")[0] == names[0]
    expect(buttons).to_have_count(len(names))


@pytest.mark.browser
def test_text_can_be_selected(tab: Page, html: Path) -> None:
    """Is a line not picked by a reader who selects its text, but by one who then clicks it?"""
    box = show(tab, html)
    line, said = box.locator(".ftb-line").nth(1), box.locator("[role=status]")
    place = line.bounding_box()
    assert place is not None
    x, y = place["x"] + 100, place["y"] + 10
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 50, y, steps=3)
    tab.mouse.up()
    assert tab.evaluate("getSelection().toString()")
    expect(said).to_be_empty()
    line.click()
    expect(said).to_have_text("Line 2 is right.")


@pytest.mark.browser
def test_readable_without_scripts(browser: Browser, html: Path) -> None:
    """Without scripts, is the code there, and the answer in a fold that opens?"""
    with browser.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto(address(html, SLUG))
        box = tab.locator(box_of(NAME))
        expect(box.locator(".ftb-line").nth(3)).to_be_visible()
        sentence = box.locator(".ftb-sentence")
        expect(sentence).not_to_be_visible()
        box.locator("summary").click()
        expect(sentence).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("slug", EXERCISES)
def test_accessible(tab: Page, html: Path, slug: str) -> None:
    """With every line picked, does axe find nothing, and does nothing stick out on a phone?

    `test_browser.py` sees the book's pages before a line is picked.
    """
    tab.goto(address(html, slug))
    settle(tab)
    tab.evaluate("document.querySelectorAll('.ftb-line').forEach((line) => line.click())")
    tab.evaluate(UNFOLD)
    tab.set_viewport_size(PHONE)
    assert tab.evaluate(TOO_WIDE) == []
    tab.set_viewport_size(DESK)
    assert axe_in_both_modes(tab) == ([], [])
