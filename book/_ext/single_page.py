"""Let the book on a single page, from which the PDF is printed, have what its pages have.

Extensions say for each of their elements how it is written in HTML. Some say so for the builder
`singlehtml` as well, and then Sphinx asks for that builder's own list alone, in which the elements
of all other extensions are missing. Here that list gets them.
"""

from __future__ import annotations

from sphinx.application import Sphinx


def share_handlers(app: Sphinx) -> None:
    """Add to what is known for a single page what is known for pages."""
    known = app.registry.translation_handlers
    if "singlehtml" in known:
        known["singlehtml"] = {**known.get("html", {}), **known["singlehtml"]}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", share_handlers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
