"""A reader: opens pages of the built book in a real browser and notes what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

ROOT = Path(__file__).parents[2]
SCREEN = 800  # pixels, the height of a desktop screen
MOST_SCREENS, LIVE_WITHIN = 15, 5
# Nobody reads such a page from top to end, and each topic adds to it.
LOOKED_UP = ("book/functions/", "book/glossary", "book/bibliography", "book/concepts")
DESK: ViewportSize = {"width": 1280, "height": SCREEN}
PHONE: ViewportSize = {"width": 360, "height": 740}

UNFOLD = """() => {
    document.querySelectorAll("article details").forEach((fold) => (fold.open = true));
    document.querySelectorAll("article button.toggle-button-hidden").forEach((b) => b.click());
}"""

# Where a page's parts lie, with its folds closed.
MEASURE = """() => {
    const article = document.querySelector("article, main");
    const top = (selector) => {
        const all = [...article.querySelectorAll(selector)];
        const first = all.find((e) => e.getClientRects().length); // which is in no closed fold
        return first ? first.getBoundingClientRect().top + scrollY : null;
    };
    return {
        height: article.getBoundingClientRect().height,
        picture: top("figure img, .cell_output img, img, .explorer"),
        live: top(".explorer"),
    };
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

# What decides an element's colours is its kind and place: of each, one is enough, on any page with
# the same style sheets.
# What is left out goes from the leaves up, and where stripes or a state matter they are part of the
# kind; so is whether a link is in a sentence, where it must differ from the words around it, which
# stay as text. Kinds are told apart by 53 bits; those that are new are returned.
ONE_OF_A_KIND = """(before) => {
    const seen = new Set(before);
    const hash = (text) => {
        let [a, b] = [0xdeadbeef, 0x41c6ce57];
        for (let i = 0; i < text.length; i++) {
            a = Math.imul(a ^ text.charCodeAt(i), 2654435761);
            b = Math.imul(b ^ text.charCodeAt(i), 1597334677);
        }
        return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
    };
    const states = [
        "class", "style", "fill", "stroke", "type", "disabled", "aria-pressed", "aria-current"
    ];
    const inSentence = new Set([...document.links].filter((link) => {
        const block = link.closest("p, li, dt, dd, th, td, figcaption, div") ?? document.body;
        const linked = [...block.querySelectorAll("a")].map((a) => a.textContent).join("");
        return block.textContent.length > 2 * linked.length;
    }));
    const own = (e) => [
        e.tagName,
        inSentence.has(e),
        ...states.map((name) => e.getAttribute(name)),
        e.tagName === "TR" && [...e.parentElement.children].indexOf(e) % 2,
    ].join("|");
    const isPartOfText = (e) =>
        !e.matches("script, style") &&
        [...e.parentNode.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    const visit = (e, path) => {
        const kind = hash(`${path} > ${own(e)}`);
        [...e.children].forEach((child) => visit(child, kind));
        if (e.children.length || !seen.has(kind)) seen.add(kind);
        else e.replaceWith(isPartOfText(e) ? e.textContent : "");
    };
    const sheets = [...document.querySelectorAll("link[rel=stylesheet], body style")];
    visit(document.body, hash(sheets.map((s) => s.href?.split("/").pop() ?? s.textContent).join()));
    return [...seen].slice(before.length);
}"""

# Else axe would load the style sheets again, some from a wrong address, and write down the markup
# of all that it looks at.
LOOK = """async (options) => {
    axe.configure({ noHtml: true });
    const more = { preload: false, reporter: "no-passes", elementRef: true };
    const { violations } = await axe.run({ ...more, ...options });
    const markup = ({ element, target }) => (element ? element.outerHTML.slice(0, 200) : target);
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${markup(node)}`));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules about them

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


class Size(NamedTuple):
    """How high a page is on a desktop screen, and where pictures begin in it, in pixels."""

    height: float
    picture: float | None
    live: float | None


class Visit(NamedTuple):
    """What a reader's browser did and saw on one page. All of it but the size should be empty."""

    size: Size
    requests_elsewhere: list[str]
    complaints: list[str]
    bad_formulas: list[str]
    axe_light: list[str]
    axe_dark: list[str]
    too_wide_on_a_phone: list[str]


@contextmanager
def visits(browser: Browser, root: str) -> Iterator[Callable[[str], Visit]]:
    """Give a function that opens a page below an address: all in one tab, where scripts stay read.

    Nothing that a page stores or still says is there for the next one.
    """
    seen: list[int] = []
    with browser.new_context(reduced_motion="reduce", viewport=DESK) as context:
        context.add_init_script("localStorage.clear(); sessionStorage.clear();")
        tab = context.new_page()
        requests, complaints = listen(tab)

        def visit(page: str) -> Visit:
            """Open a page in light mode, unfold it, then see it on a phone and dark.

            Colours are looked at where the kind of element is in no page that was seen before.
            """
            tab.goto("about:blank")  # ends what the page before was still about
            tab.emulate_media(color_scheme="light")
            requests.clear()
            complaints.clear()
            tab.goto(f"{root}{page}.html")
            settle(tab)
            size = Size(**tab.evaluate(MEASURE))
            elsewhere = [url for url in requests if not url.startswith((root, "data:", "blob:"))]
            bad_formulas = tab.evaluate(FORMULAS)
            tab.evaluate(UNFOLD)
            tab.set_viewport_size(PHONE)
            too_wide = tab.evaluate(TOO_WIDE)
            tab.set_viewport_size(DESK)
            heard = list(complaints)  # without those of scripts whose elements are taken away below
            light, dark = axe_in_both_modes(tab, seen)
            return Visit(size, elsewhere, heard, bad_formulas, light, dark, too_wide)

        yield visit


def too_long(page: str, size: Size) -> str | None:
    """Say what to do about a page that takes too many screens, or has its pictures too late."""
    if size.height > MOST_SCREENS * SCREEN and not page.startswith(LOOKED_UP):
        return (
            f"{page}.md: {size.height / SCREEN:.1f} screens, at most {MOST_SCREENS}: fold cells "
            "that draw, make tables of lists, or give an idea its own page"
        )
    folder, _, name = page.removeprefix("book/").rpartition("/")
    opens_a_topic = name == "index" and (ROOT / "solutions" / folder).is_dir()
    if opens_a_topic and (size.picture is None or size.picture > SCREEN):
        where = "nowhere" if size.picture is None else f"at pixel {size.picture:.0f}"
        return f"{page}.md: the first picture begins {where}: move it up"
    if size.live is not None and size.live > LIVE_WITHIN * SCREEN:
        return (
            f"{page}.md: the live picture begins after {size.live / SCREEN:.1f} screens, "
            f"at most {LIVE_WITHIN}: move it up"
        )
    return None


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


def axe_in_both_modes(
    tab: Page, seen: list[int] | None = None, *, colours_alone: bool = False
) -> tuple[list[str], list[str]]:
    """Return what axe finds in a tab in light mode, and about colours in dark mode.

    What is not about colours is the same in both, and is not looked for if they alone matter. The
    page loses most of its elements, also those of the kinds that were `seen` on other pages; its
    own are added there.
    """
    seen = [] if seen is None else seen
    tab.evaluate(AXE_SCRIPT)
    tab.evaluate(THIN_OUT)
    others = {"rules": {rule: {"enabled": False} for rule in COLOURS}}
    light = [] if colours_alone else axe(tab, "light", others)
    seen += tab.evaluate(ONE_OF_A_KIND, seen)
    colours = {"runOnly": {"type": "rule", "values": COLOURS}}
    light += axe(tab, "light", colours)
    tab.emulate_media(color_scheme="dark")
    return light, axe(tab, "dark", colours)


def axe(tab: Page, mode: str, options: dict[str, Any]) -> list[str]:
    """Return what axe, which is in a tab already, finds there when it shows the book in a mode."""
    tab.wait_for_function("mode => document.documentElement.dataset.theme === mode", arg=mode)
    found: list[str] = tab.evaluate(LOOK, options)
    return found
