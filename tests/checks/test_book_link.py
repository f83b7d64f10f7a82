"""Does a named mistake link to the book's picture of it, where there is a book?"""

import json
import re
from dataclasses import replace
from html import escape

import pytest

from course_utils.checks import CheckFailed, check, hints
from course_utils.checks.as_html import to_picture
from course_utils.checks.book_link import COPY, SEE, link
from course_utils.checks.hints import settings
from course_utils.checks.progress import last_report
from course_utils.exercises import find

PICTURE = "convolution-arithmetic/counting-positions.html?size=5&kernel=2#try-it"
WRONG = find("output_size").mistakes["rounds_up"].function


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Work in the folder of an assignment, in a kit without a book."""
    folder = tmp_path / "exercises/convolution-arithmetic"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def said(capsys):
    with pytest.raises(CheckFailed):
        check("output_size", WRONG)
    return capsys.readouterr().out


def test_a_book_beside_the_exercises(capsys, notebook):
    """Does the text name the page in the kit, with the setting of the call that is told?"""
    (notebook / "../../book").mkdir()
    assert SEE not in said(capsys)  # its sources alone
    (notebook / "../../book/intro.html").touch()
    text = said(capsys)
    call = re.search(r"Try `output_size\((\d+), (\d+), stride=(\d+)\)`", text)
    size, kernel, stride = call.groups()
    query = f"size={size}&kernel={kernel}&stride={stride}&pad=0&dilation=1"
    page = f"book/convolution-arithmetic/counting-positions.html?{query}#try-it"
    address = f"{notebook.parents[1].as_uri()}/{page}"
    assert f"{SEE}: {address}" in " ".join(text.split())
    book = f"{notebook.parents[1].as_uri()}/book/"
    shown = replace(last_report("output_size"), book=book).to_html()
    assert f'<a href="../../{escape(page)}">{escape(SEE)}</a>' in shown
    assert f"{COPY} <code>{escape(address)}</code>" in shown


def test_a_book_elsewhere(capsys, notebook, monkeypatch):
    """Is the course's own address taken where the kit has no book, and no other?"""
    monkeypatch.setattr(hints, "book_address", lambda: "https://example.org/course/")
    assert f"{SEE}: https://example.org/course/book/convol" in " ".join(said(capsys).split())
    (notebook / "../../book").mkdir()
    (notebook / "../../book/intro.html").touch()
    assert f"{SEE}: {notebook.parents[1].as_uri()}/book/" in " ".join(said(capsys).split())


def test_a_book_on_the_web_needs_no_copying():
    """Is the link all there is to it?"""
    shown = to_picture(SEE, f"https://example.org/book/{PICTURE}")
    assert f'<a href="https://example.org/book/{escape(PICTURE)}">' in shown
    assert COPY not in shown


@pytest.mark.usefixtures("notebook")
def test_no_book_no_link(capsys):
    """Is nothing said of a picture that is nowhere?"""
    text = said(capsys)
    assert "You round the quotient up" in text
    assert SEE not in text
    assert "<a " not in last_report("output_size").to_html()


def test_hints_in_steps_end_with_it(capsys, notebook, monkeypatch):
    """Does the picture come with the sentence, and not before it?"""
    monkeypatch.setattr(hints, "in_steps", lambda: True)
    monkeypatch.setattr(hints, "_kept", {})
    (notebook / "../../book").mkdir()
    (notebook / "../../book/intro.html").touch()
    assert SEE not in said(capsys)
    for there in (False, True):
        shown = hints._next("output_size")
        address = f"{notebook.parents[1].as_uri()}/book/convolution-arithmetic/"
        assert (f"{SEE}: {address}" in str(shown)) is there
        assert ("&amp;kernel=1&amp;stride=2" in shown.to_html()) is there


def test_the_kit_says_where_the_book_is(monkeypatch):
    """Is the address read that was written, beside how hints come?"""
    for kept in ({"hints": "at-once"}, json.loads(settings("in-steps", "https://example.org"))):
        monkeypatch.setattr(hints, "_settings", lambda kept=kept: kept)
        assert hints.in_steps() is (len(kept) == 2)
        assert hints.book_address() == kept.get("book", "")


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "javascript:attack()",
        "//evil.example/a.html?size=5#b",
        "../a/b.html?size=5#c",
        "a/b.html?size=5",
        'a/b.html?size="#c',
        "a/b/c.html?size=5#d",
    ],
)
def test_what_is_no_picture_is_no_link(picture):
    """Does a report that somebody has touched lead nowhere else?"""
    assert link("https://example.org/book/", PICTURE) == f"https://example.org/book/{PICTURE}"
    assert link("https://example.org/book/", picture) == ""
    assert link("", PICTURE) == ""
