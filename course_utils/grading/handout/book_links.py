"""Links from a statement to the sections of the book that it names.

They lead to `book/` beside `exercises/`, which is where the kit has the book. A line such as

    Book: *The LSTM*, page *One cell, three gates*, section *The equations*.

names the page last before its sections; a topic may stand before the page.
"""

from __future__ import annotations

import re
from pathlib import Path

from course_utils.errors import CourseError, did_you_mean

REFERENCE = re.compile(r"^Book: .+(?:\n\S.*)*", re.MULTILINE)
NAME = re.compile(r"""\*([^*]+)\*|"([^"]+)\"""")
LINK = re.compile(r"""\[(\*[^*]+\*|"[^"]+")\]\([^)\s]*\)""")
SECTIONS = re.compile(r"(.*?)(\bsections?\s|\Z)(.*)", re.DOTALL)
TO_BOOK = "../../book"  # from the folder of an assignment


def linked(statement: str, course: Path, slug: str) -> str:
    """Return a statement whose line on the book links to each section that it names.

    Parameters
    ----------
    statement : str
        Links that it has already are made anew. It stays as it is in a course without the pages.
    course : Path
        The course's folder, with the book's sources.
    slug : str
        The assignment, which is the topic's name in the book, too.

    Raises
    ------
    CourseError
        If the topic has no such page, or the page no such section.
    """
    if not (course / "book" / slug).is_dir():
        return statement

    def with_links(found: re.Match[str]) -> str:
        parts = SECTIONS.match(LINK.sub(r"\1", found[0]))
        assert parts  # it matches any text
        before, word, after = parts.groups()
        names = [_plain(one or other) for one, other in NAME.findall(before)]
        if not word or not names:
            raise CourseError(f"{slug}: name a page and a section in the line {found[0]!r}")
        if names[-1].startswith("("):  # as it stands in what `course exercise` writes
            return before + word + after
        page, anchors = _page(course, slug, names[-1])

        def link(name: re.Match[str]) -> str:
            title = _plain(name[1] or name[2])
            if title not in anchors:
                raise CourseError(
                    f"{slug}: {page} has no section {title!r}; {did_you_mean(title, anchors)}"
                )
            return f"[{name[0]}]({TO_BOOK}/{slug}/{page}.html#{anchors[title]})"

        return before + word + NAME.sub(link, after)

    return REFERENCE.sub(with_links, statement)


def references(statement: str) -> list[tuple[str, str]]:
    """Return the sections of the book to which a statement links: page and anchor of each."""
    return re.findall(rf"\]\({re.escape(TO_BOOK)}/([^)#\s]+)\.html#([^)\s]+)\)", statement)


def _page(course: Path, slug: str, title: str) -> tuple[str, dict[str, str]]:
    """Return a page's name in its topic, and the anchors of its sections by their titles.

    What stands behind a colon in a page's title may be left out.
    """
    titles: dict[str, tuple[str, dict[str, str]]] = {}
    for path in sorted((course / "book" / slug).glob("*.md")):
        headings = _headings(path.read_text(encoding="utf-8"))
        if headings:
            found = path.stem, {name: _anchor(name) for name in headings[1:]}
            titles |= {headings[0]: found, headings[0].partition(":")[0]: found}
    if title not in titles:
        raise CourseError(f"{slug}: the book has no page {title!r}; {did_you_mean(title, titles)}")
    return titles[title]


def _headings(source: str) -> list[str]:
    """Return the titles in a page, outside its blocks of code."""
    text = re.sub(r"^(`{3,}|:{3,}).*?^\1\s*$", "", source, flags=re.MULTILINE | re.DOTALL)
    return [_plain(title) for title in re.findall(r"^#{1,3} +(.+?)\s*$", text, re.MULTILINE)]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _anchor(title: str) -> str:
    """Return the id that Sphinx gives a section: docutils' rule for plain letters."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
