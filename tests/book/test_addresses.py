"""Do old addresses lead on, and does a shared link show what a page is about?"""

from __future__ import annotations

import json
import re
import struct
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import BrowserContext

from tests.book.extension import extension
from tests.book.reader import ROOT, toc_pages

FOLDERS = [page.removesuffix("/index") for page in toc_pages() if page.endswith("/index")]
TOPICS = [folder for folder in FOLDERS if (ROOT / "solutions" / Path(folder).name).is_dir()]


def moved(html: Path, folder: str) -> dict[str, str]:
    """Return the pages to which the forwarding page of a folder leads, by anchor."""
    text = (html / f"{folder}.html").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(re.search(r"const moved = (\{.*\});", text)[1])
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_anchor_is_on_the_page_it_leads_to(html: Path, folder: str) -> None:
    """Does the old address of a folder name pages that exist and have the anchor?"""
    known = moved(html, folder)
    for anchor, page in known.items():
        target = html / "book" / page
        assert target.is_file(), page
        ids = set(re.findall(r'\bid="([^"]+)"', target.read_text(encoding="utf-8")))
        assert anchor in ids


@pytest.mark.browser
@pytest.mark.parametrize("folder", FOLDERS)
def test_old_addresses_lead_on_from_files(context: BrowserContext, html: Path, folder: str) -> None:
    """Without a server, does `book/lstm.html#place` open the page that has the place?"""
    tab = context.new_page()
    places = {"": f"{Path(folder).name}/index.html", "nowhere": f"{Path(folder).name}/index.html"}
    if known := moved(html, folder):
        anchor = sorted(known)[-1]
        places[anchor] = known[anchor]
    for anchor, page in places.items():
        tab.goto((html / f"{folder}.html").as_uri() + (f"#{anchor}" if anchor else ""))
        tab.wait_for_url(f"**/{page}*")
        assert tab.url.endswith(f"/book/{page}" + (f"#{anchor}" if anchor else ""))


@pytest.mark.browser
def test_old_addresses_lead_on_without_scripts(browser, html: Path) -> None:
    """Where scripts are off, does the page still lead to the folder's first page?"""
    with browser.new_context(java_script_enabled=False) as context:
        tab = context.new_page()
        tab.goto((html / f"{FOLDERS[0]}.html").as_uri())
        tab.wait_for_url(f"**/{Path(FOLDERS[0]).name}/index.html")


def tags(path: Path) -> dict[str, str]:
    """Return what a page says to those who show links to it."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)"', text)
    return {name: unescape(value) for name, value in found}


def test_links_say_what_a_page_is_about(html: Path, page: str) -> None:
    """Has each page a title and its description for those who share it?"""
    if page == "search":
        return
    said = tags(html / f"{page}.html")
    assert said["og:title"]
    assert said["og:description"].endswith((".", "?"))


@pytest.mark.parametrize("folder", TOPICS)
def test_links_show_the_topics_picture(html: Path, folder: str) -> None:
    """Do all pages of a topic show one described picture, in pixels, wide enough to be shown?"""
    pages = [page for page in toc_pages() if page.startswith(f"{folder}/")]
    shown = {
        ((html / page).parent / said["og:image"]).resolve(): said["og:image:alt"]
        for page, said in ((page, tags(html / f"{page}.html")) for page in pages)
    }
    ((picture, alt),) = shown.items()
    assert len(alt) > 40
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:24])
    assert width >= 1200
    assert height >= 200


def test_a_changed_picture_reaches_all_pages_of_its_topic() -> None:
    """Are they written again when the page is read again that the picture comes from?"""
    pages = ["book/lstm/gates", "book/lstm/index", "book/convnet/index", "book/intro"]
    showing = extension("shared_links").showing_the_same
    env = SimpleNamespace(found_docs=set(pages))
    assert showing(env, {"book/lstm/index", "book/intro"}) == pages[:2]
    assert showing(env, {"book/lstm/gates"}) == []
