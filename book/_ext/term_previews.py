"""Put the glossary's entries that a page links to on that page, to be shown beside the link.

The script `term-previews.js` shows them to those who point at a term or reach it with the Tab key;
Escape takes them away. Nothing is fetched, so that it works in a book that is opened from a folder.
Without the script a link leads to the glossary, as links do.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment

GLOSSARY = "book/glossary"
TERM = re.compile(r'<a class="reference internal" href="[^"#]*glossary\.html#(term-[^"]+)"')


def definitions(builder: StandaloneHTMLBuilder, env: BuildEnvironment) -> dict[str, str]:
    """Return the definition of each term of the glossary as HTML without links, by its anchor."""
    found: dict[str, str] = {}
    if GLOSSARY not in env.found_docs:
        return found
    for entry in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        (definition,) = entry.findall(nodes.definition)
        for link in list(definition.findall(addnodes.pending_xref)):
            link.replace_self(nodes.inline("", link.astext()))
        html = builder.render_partial(definition)["fragment"]
        html = re.sub(r"</?(?:dd|a|p)\b[^>]*>", " ", html).strip()
        for term in entry.findall(nodes.term):
            for anchor in term["ids"]:
                found[anchor] = html
    return found


class Previews:
    """Adds previews to pages; the glossary is read once for all of them."""

    def __init__(self) -> None:
        self._known: dict[str, str] | None = None

    def add(
        self,
        app: Sphinx,
        pagename: str,
        templatename: str,
        context: dict[str, Any],
        doctree: object,
    ) -> None:
        """Add to a page the definitions of the terms that it links to."""
        builder = app.builder
        if not isinstance(builder, StandaloneHTMLBuilder) or builder.name != "html":
            return
        if doctree is None or pagename == GLOSSARY:
            return
        body = context["body"]
        linked = sorted(set(TERM.findall(body)))
        if not linked:
            return
        if self._known is None:
            self._known = definitions(builder, app.env)
        previews = [
            f'<div class="term-preview" role="tooltip" id="preview-{anchor}" hidden>'
            f"{self._known[anchor]}</div>"
            for anchor in linked
            if anchor in self._known
        ]
        if any('class="math' in preview for preview in previews):  # then the page needs MathJax
            app.env.domaindata["math"]["has_equations"][pagename] = True
        context["body"] = body + f'<div class="term-previews">{"".join(previews)}</div>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the page's scripts are chosen."""
    app.connect("html-page-context", Previews().add, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
