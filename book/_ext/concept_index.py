"""The concept index: what a concept is, where it is explained, computed and asked.

The directive `concept-index` makes a table of `book/concepts.yml`, the one place that knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

DATA = Path(__file__).parent.parent / "concepts.yml"
PACKAGE = "course_utils."


def concepts() -> list[dict[str, Any]]:
    """Return the entries in the order of the alphabet."""
    entries: list[dict[str, Any]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return sorted(entries, key=lambda entry: entry["concept"].lower())


def table(entries: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the table."""
    rows = ["| concept | explained in | functions | exercises |", "|---|---|---|---|"]
    for entry in entries:
        name, term = entry["concept"], entry.get("term")
        named = f"{{term}}`{name} <{term}>`" if term else name
        functions = ", ".join(f"`{PACKAGE}{function}`" for function in entry["functions"])
        exercises = ", ".join(f"`{exercise}`" for exercise in entry["exercises"])
        rows.append(f"| {named} | {{ref}}`{entry['section']}` | {functions} | {exercises} |")
    return rows


class ConceptIndex(SphinxDirective):
    """The directive `concept-index`, without arguments."""

    def run(self) -> list[nodes.Node]:
        """Return the table; the functions in it become links where the book has them."""
        self.env.note_dependency(str(DATA))
        place = nodes.container(classes=["concept-index"])
        lines = table(concepts())
        self.state.nested_parse(StringList(lines, str(DATA)), self.content_offset, place)
        for code in place.findall(nodes.literal):
            if code.astext().startswith(PACKAGE):
                code["function"] = code.astext()
                code.clear()
                code += nodes.Text(code["function"].rpartition(".")[2])
        return [place]


def link_functions(app: Sphinx, doctree: nodes.document, document: str) -> None:
    """Link the functions of the index to where the book documents them, if it does."""
    known = app.env.domaindata["py"]["objects"]
    for code in list(doctree.findall(nodes.literal)):
        if (name := code.get("function")) in known:
            at = known[name]
            link = make_refnode(
                app.builder, document, at.docname, at.node_id, code.deepcopy(), name
            )
            code.replace_self(link)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("concept-index", ConceptIndex)
    app.connect("doctree-resolved", link_functions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
