"""Link the names of functions in the code of pages to what the function reference says of them.

The pages under `book/functions` are made from docstrings by Sphinx's own `autodoc`. Here the code
of every page is searched for what that page imports from `course_utils`, in cells that are hidden,
too. Where such a name first stands in a block of code, and where it is set as code in a sentence,
it becomes a link. A name to which the page itself gives another meaning is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PACKAGE = "course_utils"
CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)*)(.*?)^```", re.M | re.S
)
BLOCK = re.compile(
    r'<div class="highlight">.*?</pre>|<code class="docutils literal[^>]*>.*?</code>', re.S
)
NAME = re.compile(r'<span class="(?:n|pre)">([A-Za-z_]\w*)(\(\))?</span>')
SHAPE = re.compile(r"\(<em>(\(.*?\))</em>\)")  # a type in brackets that brings its own


def imported(source: str) -> dict[str, str]:
    """Return what a page's cells import from the package: each name, and what it is in full."""
    names: dict[str, str] = {}
    own: set[str] = set()
    for cell in CELL.findall(source):
        try:
            tree = ast.parse(re.sub(r"^[%!].*$", "", cell, flags=re.MULTILINE))
        except SyntaxError:  # a cell that shows one, or is not Python
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            own.update(_given(node))
    return {name: full for name, full in names.items() if name not in own}


def _given(node: ast.AST) -> Iterator[str]:
    """Yield the names to which a piece of code itself gives a meaning."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg


def link_names(body: str, addresses: dict[str, str]) -> str:
    """Make the first of each name in each block of code of a page's body a link."""

    def block(found: re.Match[str]) -> str:
        linked: set[str] = set()

        def link(name: re.Match[str]) -> str:
            word = name[1]
            if word not in addresses or word in linked:
                return name[0]
            linked.add(word)
            start, end = name[0].split(f"{word}{name[2] or ''}", 1)
            text = f"{word}{name[2] or ''}"
            return f'{start}<a class="function-link" href="{addresses[word]}">{text}</a>{end}'

        return NAME.sub(link, found[0])

    return BLOCK.sub(block, body)


def link_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Link the names in the code of a page."""
    if "body" not in context or pagename not in app.env.found_docs:
        return
    if 'class="py ' in context["body"]:
        context["body"] = SHAPE.sub(r"<em>\1</em>", context["body"])
    names = imported(Path(app.env.doc2path(pagename)).read_text(encoding="utf-8"))
    known = app.env.domaindata["py"]["objects"]
    addresses = {}
    for name, full in names.items():
        if full in known:
            place = known[full]
            address = app.builder.get_relative_uri(pagename, place.docname)
            addresses[name] = escape(f"{address}#{place.node_id}")
    if addresses:
        context["body"] = link_names(context["body"], addresses)


def without_members(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Leave out the members of classes: a class's own docstring says what it holds."""
    return True if what == "class" else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, and set what makes docstrings plain and short."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-skip-member", without_members)
    app.connect("html-page-context", link_page, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
