"""Keep in one line what is read in one breath: "4 %", "10 × 10", a formula with its comma."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

AMOUNT = re.compile(r"[−-]?\d[\d.,]*(?:(?: × \d[\d.,]*)+(?: %)?| %)")
BEHIND = re.compile(r"[.,;:!?)’”]+")
KEPT_AS_IT_IS = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.math_block, nodes.raw)


class Unbroken(SphinxPostTransform):
    """Put what belongs together into a box of its own, which `custom.css` does not let break."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at the whole page."""
        keep_together(self.document)


def keep_together(page: nodes.Element) -> None:
    """Put boxes around what is in a page's text, but not in its code and formulas."""
    for text in list(page.findall(nodes.Text)):
        if not isinstance(text.parent, KEPT_AS_IT_IS):
            _keep_together(text)


def _keep_together(text: nodes.Text) -> None:
    parent = text.parent
    place = next(i for i, child in enumerate(parent) if child is text)  # not one that reads alike
    before = parent[place - 1] if place else None
    said = text.astext()
    behind = BEHIND.match(said) if isinstance(before, nodes.math) else None
    rest = list(_pieces(said[behind.end() :] if behind else said))
    if behind:
        parent[place - 1 : place + 1] = [_box(before, nodes.Text(behind[0])), *rest]
    elif len(rest) > 1 or isinstance(rest[0], nodes.inline):
        parent[place : place + 1] = rest


def _pieces(said: str) -> Iterator[nodes.Node]:
    """Yield the text with its amounts in boxes."""
    end = 0
    for found in AMOUNT.finditer(said):
        if found.start() > end:
            yield nodes.Text(said[end : found.start()])
        yield _box(nodes.Text(found[0]))
        end = found.end()
    if end < len(said) or not end:
        yield nodes.Text(said[end:])


def _box(*parts: nodes.Node) -> nodes.inline:
    return nodes.inline("", "", *parts, classes=["unbroken"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(Unbroken)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
