"""Mend what axe finds wrong in the pages that Sphinx and its extensions write.

Each entry of `MENDS` is one finding: what they write, and what it should be.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

MENDS = {
    # ARIA 1.2 withdrew this role, and the parent says that it is a list.
    'role="doc-biblioentry"': 'role="listitem"',
}


def mend_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Replace each finding in the body of a page."""
    if "body" in context:
        for found, mended in MENDS.items():
            context["body"] = context["body"].replace(found, mended)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", mend_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
