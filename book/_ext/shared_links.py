"""Say what a link to a page shows where it is shared: title, description and picture.

The picture is the first figure of the page's topic, on its index page, with its alternative text.
Those who show shared links draw no SVG, so it is drawn once as PNG. The tags are those of
https://ogp.me. They ask for whole addresses: set `html.baseurl` in `_config.yml` where the book is
published; without it the addresses are relative.
"""

from __future__ import annotations

import posixpath
import re
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import resvg_py
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

WIDTH = 1200  # pixels, which is what sites ask for


def first_figure(env: BuildEnvironment, document: str) -> tuple[str, str] | None:
    """Return the file in `_images` and the alternative text of the first picture of a page."""
    for image in env.get_doctree(document).findall(nodes.image):
        if known := env.images.get(image["uri"]):
            return known[1], image.get("alt", "")
    return None


def shared_figure(env: BuildEnvironment, document: str) -> tuple[str, str] | None:
    """Return the picture to be shown with a link to a page: its topic's, else its own."""
    index = f"{posixpath.dirname(document)}/index"
    for page in (index, document):
        if page in env.found_docs and (figure := first_figure(env, page)):
            return figure
    return None


def drawn(app: Sphinx, file: str) -> str:
    """Return the address of a picture as pixels, which is drawn when there is none yet."""
    if not file.endswith(".svg"):
        return f"_images/{file}"
    address = f"_images/{Path(file).stem}-shared.png"
    target = Path(app.outdir, address)
    if not target.is_file():
        images = app.env.images.items()
        source = next(Path(app.srcdir, uri) for uri, (_, name) in images if name == file)
        target.parent.mkdir(exist_ok=True)
        svg = source.read_text(encoding="utf-8")
        target.write_bytes(resvg_py.svg_to_bytes(svg, width=WIDTH, dpi=96, background="#ffffff"))
    return address


def add_tags(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Add the tags to a page's head."""
    if doctree is None or app.builder.name != "html":
        return
    tags = {
        "og:type": "article",
        "og:site_name": app.config.html_title or app.config.project,
        "og:title": unescape(re.sub(r"<[^>]+>|^[\d.]+ ", "", context.get("title", ""))),
    }
    metatags = context.get("metatags", "")
    if said := re.search(r'<meta\s[^>]*content="([^"]*)"[^>]*name="description"', metatags):
        tags["og:description"] = unescape(said[1])
    base = app.config.html_baseurl
    if base:
        tags["og:url"] = urljoin(base, f"{pagename}.html")
    if figure := shared_figure(app.env, pagename):
        address = drawn(app, figure[0])
        here = posixpath.dirname(pagename) or "."
        tags["og:image"] = urljoin(base, address) if base else posixpath.relpath(address, here)
        tags["og:image:alt"] = figure[1]
        tags["twitter:card"] = "summary_large_image"
    lines = [
        f'<meta {"name" if name.startswith("twitter") else "property"}="{name}" '
        f'content="{escape(" ".join(value.split()))}" />'
        for name, value in tags.items()
    ]
    context["metatags"] = metatags + "\n".join(["", *lines, ""])


def showing_the_same(env: BuildEnvironment, read: set[str]) -> list[str]:
    """Return the pages of topics whose index page was read again: its picture may be another."""
    topics = {posixpath.dirname(name) for name in read if posixpath.basename(name) == "index"}
    return sorted(name for name in env.found_docs if posixpath.dirname(name) in topics)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    read: set[str] = set()
    app.connect("env-before-read-docs", lambda app, env, names: read.update(names))
    app.connect("env-get-updated", lambda app, env: showing_the_same(env, read))
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
