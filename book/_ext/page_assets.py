"""Load a script or a style sheet only on the pages that have its element.

The files `book/_static/NAME.js` and `NAME.css` are put on every page with an element of class
NAME, so that a page with `<div class="convolution-explorer">` loads `convolution-explorer.js`,
and no other page does. A page with an element of class NAME-explorer loads first what all live
pictures share, `explorer.js` and `explorer.css`. The scripts are classic scripts, loaded with
`defer`: modules do not work in a book that is opened from a folder. For the same reason
`NAME.json`, if there is one, is written into the page as an element `#NAME-data`, where a script
can read it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

STATIC = Path(__file__).parent.parent / "_static"


def add_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Add to a page what its elements ask for."""
    classes = {
        name
        for attribute in re.findall(r'\bclass="([^"]*)"', context.get("body") or "")
        for name in attribute.split()
    }
    if any(name.endswith("-explorer") for name in classes):
        classes.add("explorer")
    # Sorted by length, `explorer` comes before what it is shared by.
    for path in sorted(STATIC.glob("*"), key=lambda path: (len(path.stem), path)):
        if path.stem in classes:
            if path.suffix == ".css":
                app.add_css_file(path.name)
            elif path.suffix == ".js":
                app.add_js_file(path.name, loading_method="defer")
            elif path.suffix == ".json":
                data = path.read_text(encoding="utf-8").replace("<", r"\u003c")
                element = f'<script type="application/json" id="{path.stem}-data">{data}</script>'
                context["body"] += element


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", add_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
