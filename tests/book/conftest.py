"""Build the book once, and open each of its pages once in a real browser.

`COURSE_BOOK_HTML=<folder with index.html>` takes a book that is already built instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from course_utils.book import build_book
from tests.book import reader
from tests.book.node import STATIC

ROOT = Path(__file__).parents[2]
Opener = Callable[..., Page]

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>A page</title>
<link rel="stylesheet" href="{static}/explorer.css">
<link rel="stylesheet" href="{static}/{name}.css">
<script defer src="{static}/explorer.js"></script>
<script defer src="{static}/{name}.js"></script></head>
<body>{data}<div style="height: 3000px">Before</div><section id="try-it"><h2>Try it</h2>
<div class="{name}" data-play data-kernel="4">No script.</div></section>
<div style="height: 3000px">After</div></body></html>"""


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not report each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `page` on every page of the book."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", [*reader.toc_pages(), "search"])


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book."""
    if built := os.environ.get("COURSE_BOOK_HTML"):
        return Path(built).resolve()
    return build_book(ROOT, tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """The address at which the book is served, with a slash at its end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(html))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile in light mode."""
    with browser.new_context(color_scheme="light", reduced_motion="reduce") as context:
        yield context


@pytest.fixture
def opener(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """A function that opens a live picture on a page of its own, from its file, with a query."""
    contexts: list[BrowserContext] = []

    def opened(name: str, query: str = "", **profile: Any) -> Page:
        page, stored = tmp_path / f"{name}.html", STATIC / f"{name}.json"
        text = stored.read_text(encoding="utf-8") if stored.exists() else ""
        data = f'<script type="application/json" id="{name}-data">{text}</script>' if text else ""
        made = PAGE.format(static=STATIC.as_uri(), name=name, data=data)
        page.write_text(made, encoding="utf-8")
        contexts.append(browser.new_context(**profile))
        tab = contexts[-1].new_page()
        tab.goto(f"{page.as_uri()}?{query}#try-it")
        return tab

    yield opened
    for context in contexts:  # or pictures would go on playing
        context.close()


@pytest.fixture(scope="session")
def visit(browser: Browser, html: Path) -> Iterator[Callable[[str], reader.Visit]]:
    """A function that opens a page's file, in both modes and on a phone, once a session."""
    with reader.visits(browser, f"{html.as_uri()}/") as visit:
        yield cache(visit)
