"""Leave out the theme's scripts that no page of this book needs.

Two megabytes of script would be read on each page: one draws the icons, which the theme's style
sheet draws as well, and three search as the reader types, which this book does not do. The page
with what a search found brings its own copies.

The template `layout.html` says which scripts go from where.
"""

from __future__ import annotations

import re

from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.jinja2glue import BuiltinTemplateLoader


def without_scripts(html: str, *names: str) -> Markup:
    """Return a piece of a page without the script files of these names.

    Raises
    ------
    ValueError
        If one of them is not there, as when a new version of the theme has another.
    """
    for name in names:
        file = rf'src="(?:[^"]*/)?{name}\.js(?:\?[^"]*)?"'
        html, found = re.subn(rf"<script [^>]*{file}[^>]*></script>", "", html)
        if not found:
            raise ValueError(f"the theme loads no {name}.js here: mend layout.html")
    return Markup(html)


def add_filter(app: Sphinx) -> None:
    """Let templates call `without_scripts`."""
    if isinstance(templates := getattr(app.builder, "templates", None), BuiltinTemplateLoader):
        templates.environment.filters["without_scripts"] = without_scripts


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", add_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
