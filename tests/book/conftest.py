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

import pytest
from playwright.sync_api import Browser, BrowserContext

from course_utils.book import build_book
from tests.book import reader

ROOT = Path(__file__).parents[2]


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


@pytest.fixture(scope="session")
def visit(browser: Browser, html: Path) -> Callable[[str], reader.Visit]:
    """A function that opens a page's file, in both modes and on a phone, once a session."""
    return cache(partial(reader.visit, browser, f"{html.as_uri()}/", []))
