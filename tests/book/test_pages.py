"""Do the built pages hold together: files, links, anchors, images?"""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.book.reader import toc_pages

POINTERS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}


class Document(HTMLParser):
    """What a page points at, what it can be pointed at by, and its images."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.pointers: list[str] = []
        self.anchors: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's pointer, id and image."""
        attributes = dict(attrs)
        self.anchors.update(filter(None, (attributes.get("id"), attributes.get("name"))))
        if target := attributes.get(POINTERS.get(tag, "")):
            self.pointers.append(target)
        if tag == "img":
            self.images.append(attributes)


read = cache(Document)


def broken_pointers(path: Path) -> list[str]:
    """Return the pointers of a page to files or anchors of the book that do not exist."""
    broken = []
    for pointer in read(path).pointers:
        parts = urlsplit(pointer)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchor = unquote(parts.fragment) if target.suffix == ".html" else ""
        if not target.is_file() or (anchor and anchor not in read(target).anchors):
            broken.append(pointer)
    return broken


def test_links_resolve(html: Path, page: str) -> None:
    """Does each link, anchor, script, style sheet and image of a page exist?"""
    assert broken_pointers(html / f"{page}.html") == []


def test_front_page_leads_to_the_book(html: Path) -> None:
    """Does index.html, which a reader opens first, lead to the first page?"""
    root = toc_pages()[0]
    assert f"url={root}.html" in (html / "index.html").read_text(encoding="utf-8")


def test_images_are_described(html: Path, page: str) -> None:
    """Has each image an alternative text that is not its file name, or an empty one for décor?"""
    for image in read(html / f"{page}.html").images:
        described = image.get("alt")
        assert described is not None, image
        decor = "logo" in (image["src"] or "")
        assert decor == (described == ""), image
        assert not described.endswith((".png", ".svg", ".jpg")), image
