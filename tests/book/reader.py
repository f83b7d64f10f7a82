"""A reader: opens pages of the built book in a real browser and notes what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

ROOT = Path(__file__).parents[2]
DESK: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 360, "height": 740}

UNFOLD = """() => {
    document.querySelectorAll("article details").forEach((fold) => (fold.open = true));
    document.querySelectorAll("article button.toggle-button-hidden").forEach((b) => b.click());
}"""

# axe looks at each element: of code's parts and formulas of one kind in one kind of place, it
# gets the first.
THIN_OUT = """() => {
    const seen = new Set();
    const kind = (e) =>
        e && e.tagName !== "ARTICLE" ? `${e.tagName} ${e.className} ${kind(e.parentElement)}` : "";
    const parts = "article :is(.highlight span, .sig span, code span, mjx-container)";
    document.querySelectorAll(parts).forEach((e) => {
        if (seen.has(kind(e))) e.replaceWith(e.tagName === "SPAN" ? e.textContent : "x");
        else seen.add(kind(e));
    });
}"""

FORMULAS = """() => {
    const lines = [...document.querySelectorAll("article .math")];
    const bad = lines.filter((line) => {
        const wrong = line.querySelector("mjx-merror, [data-mjx-error], [style*=red]");
        return wrong || !line.querySelector("mjx-container");
    });
    return bad.map((line) => line.outerHTML.slice(0, 200));
}"""

# Elements that stick out of the page and are in no box that scrolls.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const boxed = (e) =>
        e && (getComputedStyle(e).overflowX !== "visible" || boxed(e.parentElement));
    return [...document.querySelectorAll("main *")]
        .filter((e) => e.getBoundingClientRect().right > width && !boxed(e.parentElement))
        .map((e) => e.outerHTML.slice(0, 120)).concat(["the page"]);
}"""


def toc_pages() -> list[str]:
    """Return the pages of `_toc.yml` in their order, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(page for chapter in chapters for page in _files(chapter))]


def _files(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the page of an entry of `_toc.yml` and of the sections below it, at any depth."""
    yield entry["file"]
    for section in entry.get("sections", []):
        yield from _files(section)


class Visit(NamedTuple):
    """What a reader's browser did and saw on one page. All of it should be empty."""

    requests_elsewhere: list[str]
    complaints: list[str]
    bad_formulas: list[str]
    axe_light: list[str]
    axe_dark: list[str]
    too_wide_on_a_phone: list[str]


def visit(browser: Browser, site: str, page: str) -> Visit:
    """Open a page in light mode, unfold it, then see it on a phone and in dark mode."""
    with browser.new_context(color_scheme="light", reduced_motion="reduce") as context:
        tab = context.new_page()
        requests, complaints = listen(tab)
        tab.goto(f"{site}{page}.html")
        settle(tab)
        elsewhere = [url for url in requests if not url.startswith((site, "data:", "blob:"))]
        bad_formulas = tab.evaluate(FORMULAS)
        tab.evaluate(UNFOLD)
        tab.set_viewport_size(PHONE)
        too_wide = tab.evaluate(TOO_WIDE)
        tab.set_viewport_size(DESK)
        tab.evaluate(THIN_OUT)
        light = axe(tab, "light")
        tab.emulate_media(color_scheme="dark")
        dark = axe(tab, "dark")
        return Visit(elsewhere, complaints, bad_formulas, light, dark, too_wide)


def listen(tab: Page) -> tuple[list[str], list[str]]:
    """Collect what a tab requests, and what its console complains about."""
    requests: list[str] = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text}")

    tab.on("request", lambda request: requests.append(request.url))
    tab.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    tab.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    tab.on("console", hear)
    return requests, complaints


def settle(tab: Page) -> None:
    """Wait until formulas are set."""
    tab.wait_for_load_state("load")
    tab.evaluate("() => window.MathJax?.startup?.promise")


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page in a tab of its own, in which nothing moves by itself."""
    with browser.new_context(reduced_motion="reduce") as context:
        tab = context.new_page()
        tab.goto(address)
        settle(tab)
        yield tab


def numbers(text: str) -> list[float]:
    """Read the numbers that a text shows, with a minus sign of either kind."""
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def axe(tab: Page, mode: str) -> list[str]:
    """Return what axe finds in a tab that shows the book in a mode."""
    tab.wait_for_function("mode => document.documentElement.dataset.theme === mode", arg=mode)
    # Without `preload`, axe would fetch the style sheets again, some from a wrong address.
    found = Axe().run(tab, options={"preload": False, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
