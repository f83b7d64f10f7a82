"""Is the PDF tagged, with an outline, complete, and made without a network?"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from course_utils.book import print_book
from tests.book.small import build_small_book

PAGES = {
    "start": "# A start\n\nSee {ref}`the end <end>`.\n\n$$ e = m c^2 $$ (eq-one)\n",
    "end": "(end)=\n# An end\n\n```{dropdown} A fold\nUnfolded.\n```\n\n"
    "```{find-the-bug} correlate1d\n```\n",
}
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, browser: Browser):
    """The folder of a small book. Without a browser there is nothing to test."""
    folder = tmp_path_factory.mktemp("pdf")
    build_small_book(folder, PAGES)
    return folder


@pytest.fixture(scope="module")
def pdf(folder) -> bytes:
    """The bytes of the PDF; what is looked at below is not compressed."""
    return print_book(folder, folder).read_bytes()


def test_tagged_with_language_and_outline(pdf: bytes):
    """Has it what a screen reader needs, and an entry in the outline for each page?"""
    assert b"/Marked true" in pdf
    assert b"/Lang (en)" in pdf
    titles = re.findall(rb"/Title \(([^)]*)\)", pdf)
    assert {b"A start", b"An end"} <= set(titles)


def test_each_page_of_the_book_begins_on_a_new_one(pdf: bytes):
    """Are there as many pages of paper as pages of the book, since these are short?"""
    assert len(re.findall(rb"/Type /Page\n", pdf)) == len(PAGES)


def test_links_stay_inside(pdf: bytes):
    """Does no link lead to a file of the machine on which it was made?"""
    assert b"file:" not in pdf
    assert b"/Dest" in pdf


def test_formulas_are_set(pdf: bytes):
    """Are the fonts of formulas in it, so that none is printed as TeX?"""
    assert re.search(rb"/FontName /\w*\+?MathJax_", pdf)


@pytest.fixture
def printed(browser: Browser, folder, pdf: bytes):
    """The book on a single page, as it is printed."""
    with browser.new_context() as context:
        tab = context.new_page()
        # `index.html` leads on to it, which would take a moment.
        tab.goto((folder / "_build" / "singlehtml" / "start.html").as_uri())
        tab.emulate_media(media="print")
        yield tab


def test_folds_are_open_on_paper(printed: Page):
    """Is folded text, the tutor's sentence too, to be read on paper?"""
    folded = printed.locator("article details:not(.hide) p")
    expect(folded.nth(1)).to_be_attached()
    for text in folded.all():
        assert text.bounding_box()["height"] > 0
        assert text.is_visible()


def test_keys_are_not_on_paper(printed: Page):
    """Is nothing printed that can only be clicked?"""
    assert not printed.locator(".headerlink").first.is_visible()
