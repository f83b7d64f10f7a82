"""A wrong answer to find the bug in: a directive that makes it from an exercise's mistakes.

    ```{find-the-bug} correlate1d
    ```

names an exercise, and, after a space, one of its mistakes where the first that changes a single
line is not the one to show. Everything else follows: the code, in which nothing is marked; what
`check` says to it; and, folded, the tutor's sentence with the wrong and the right text. With the
script `find-the-bug.js` readers pick the line; without it they open the fold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby, pairwise
from typing import Any

from docutils import nodes
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course_utils.authoring.bugs import Bug, Span, bug

BOX = """<div class="find-the-bug" role="group" aria-label="Find the bug in {name}">
<p class="ftb-title">Find the bug: <code>{name}</code></p>
<p>The task: {task}</p>
<pre class="ftb-code highlight">{code}</pre>
<p><code>check</code> says: {first} <span class="ftb-ask">{ask}</span></p>
<p class="ftb-said" role="status"></p>
<details><summary>The bug</summary>
<p class="ftb-sentence">{sentence}</p>
<p class="ftb-label">{where}, as it is:</p>
<pre class="highlight">{wrong}</pre>
<p class="ftb-label">{and_right}</p>
{right}</details>
</div>"""


class FindTheBug(SphinxDirective):
    """The directive `find-the-bug`: an exercise's name, and perhaps a mistake's."""

    required_arguments = 1
    optional_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the bug as HTML."""
        try:
            shown = bug(*self.arguments)
        except ValueError as error:
            raise self.error(str(error)) from None
        return [nodes.raw("", to_html(shown), format="html")]


def to_html(shown: Bug) -> str:
    """Return a bug as the HTML that readers see."""
    several = shown.stop - shown.start > 1
    wrong, right = ("\n".join(text) for text in (shown.wrong, shown.right))
    lines = f"Lines {shown.start + 1} to {shown.stop}" if several else f"Line {shown.start + 1}"
    return BOX.format(
        name=escape(shown.name),
        task=_text(shown.task),
        code=_code_with_lines(shown),
        first=_text(shown.first_difference()),
        ask="Some lines that belong together are wrong. Which?"
        if several
        else "One line is wrong. Which?",
        sentence=_text(shown.sentence),
        where=lines,
        wrong=_highlighted(wrong, [one for one, _ in shown.changes], "mark"),
        and_right="As it should be:" if right else "It should not be there.",
        right=f'<pre class="highlight">'
        f"{_highlighted(right, [other for _, other in shown.changes], 'mark')}</pre>\n"
        if right
        else "",
    )


def _code_with_lines(shown: Bug) -> str:
    """Return the code with an element for each line, and one around each change."""
    code = "\n".join(shown.lines)
    before = sum(len(line) + 1 for line in shown.lines[: shown.start])
    changes = [(before + begin, before + end) for (begin, end), _ in shown.changes]
    lines = _highlighted(code, changes, "span").split("\n")
    wrong = range(shown.start, shown.stop)
    return "".join(
        f'<span class="ftb-line" style="--ftb-indent: {len(line) - len(line.lstrip())}"'
        f"{' data-wrong' if k in wrong else ''}>{marked}\n</span>"
        for k, (line, marked) in enumerate(zip(shown.lines, lines, strict=True))
    )


def _highlighted(code: str, changes: Iterable[Span], tag: str) -> str:
    """Return code as HTML, with an element around each change, also where nothing is left."""
    changes = list(changes)
    edges = sorted({edge for change in changes for edge in change})
    gaps = {begin for begin, end in changes if begin == end}
    pieces: list[tuple[Span | None, str]] = []  # which change it belongs to, and the piece
    for start, kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(
        code
    ):
        cuts = [start, *(e for e in edges if start < e < start + len(text)), start + len(text)]
        for begin, end in pairwise(cuts):
            if begin in gaps:
                pieces.append(((begin, begin), ""))
            inside = next((one for one in changes if one[0] <= begin < one[1]), None)
            # An element ends with its line, so that the lines can be told apart.
            for part in re.split("(\n)", code[begin:end]):
                pieces.append((None if part == "\n" else inside, _piece(kind, part)))
    if len(code) in gaps:
        pieces.append(((len(code), len(code)), ""))
    joined = [
        (change, "".join(html for _, html in group))
        for change, group in groupby(pieces, key=lambda piece: piece[0])
    ]
    return "".join(html if change is None else _change(html, tag) for change, html in joined)


def _piece(kind: Any, text: str) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    css = STANDARD_TYPES[kind]
    text = escape(text, quote=False)
    return f'<span class="{css}">{text}</span>' if css and text.strip() else text


def _change(html: str, tag: str) -> str:
    return f'<{tag} class="{"ftb-changed" if html else "ftb-gap"}">{html}</{tag}>'


def _text(text: str) -> str:
    """Escape a text and set what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("find-the-bug", FindTheBug)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
