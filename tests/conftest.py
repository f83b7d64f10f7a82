"""A real browser, for all tests that look at pages; and what runs in which process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from course_utils.cores import cores
from course_utils.grading import nbgrader_command
from tests.grading import quick_nbgrader

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=BackForwardCache",  # nobody goes back to a page
]


LONGEST_FIRST = ("grading", "book", "exercises", "test_notebooks.py")  # in tests/


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the tests of a file, which share fixtures, or of an exercise, run in one process.

    What takes longest starts first, so that no process waits for another at the end.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))
    items.sort(key=when)


def when(item: pytest.Item) -> int:
    """Return the place of a test's folder or file among those that start first."""
    place = item.nodeid.removeprefix("tests/").partition("/")[0].partition(":")[0]
    return LONGEST_FIRST.index(place) if place in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Take one process more than there are cores, since many tests wait: for limits, for pages."""
    return cores() + 1


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        mend = "chromium is not installed: on Debian, apt-get install chromium"
        pytest.fail(mend) if os.environ.get("CI") else pytest.skip(mend)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS + sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def nbgrader_is_quick() -> Iterator[None]:
    """Have nbgrader's commands forked from a process that has imported it."""
    with quick_nbgrader.forking():
        yield


@pytest.fixture
def nbgrader_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nbgrader's commands started, as users do."""
    monkeypatch.setattr(nbgrader_command, "run", quick_nbgrader.started)
