"""Where a cell, as its student wrote it, has a part of its code in the plainest form.

Code is compared in its plainest form, and shown as it was written. Both are trees of the same
kind: a node's place in the one and in the other is known, and what lies between two such places
belongs together.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pygments.lexers import PythonLexer
from pygments.token import Comment, Literal, Name, Text

from course_utils.grading.report.live_code import BLANKS

Span = tuple[int, int]  # from and to, in characters
REMARK = re.compile(r"#[^\n]*")
BETWEEN = re.compile(r"[\s()\\,;]+")  # what may differ where two forms of code are the same
LEAVES = (ast.Name, ast.Constant, ast.JoinedStr, ast.arg, ast.alias)


class Origin:
    r"""What the compared characters of a cell stand for in the cell as it was written.

    Parameters
    ----------
    source : str
        The cell as it was written.
    tree : ast.Module or None
        Its live code, as :func:`.live_code.live_trees` gives it.

    >>> source = "# mine\ndef f(a):\n    return (a + 1)  # so"
    >>> spans = Origin(source, ast.parse(source)).spans([True] * 18)
    >>> [source[start:end] for start, end in spans]
    ['def f(a):', 'return (a + 1)']
    """

    def __init__(self, source: str, tree: ast.Module | None) -> None:
        self.source = source
        plain = BLANKS.sub("\n", source) if tree is None else ast.unparse(tree)
        places = filtered_places(plain)
        # Which characters that are compared a part of the source stands for, and its spans.
        self._parts: list[tuple[slice, list[Span]]] = []
        for (start, end), (first, last), is_leaf in _segments(source, tree, plain):
            spans = [(first, last)] if is_leaf else _between(plain[start:end], source, first, last)
            if spans:
                compared = slice(bisect_left(places, start), bisect_left(places, end))
                self._parts.append((compared, spans))

    def spans(self, known: Sequence[bool]) -> list[Span]:
        """Return the parts of the source that are known, in order and apart, each within a line.

        Nothing but blanks and remarks is left out between known parts.

        Parameters
        ----------
        known : sequence of bool
            For each character that is compared, from the first on, whether somebody else has it.
        """
        found: list[Span] = []
        for compared, spans in self._parts:
            inside = known[compared]
            # What is written and not compared, such as brackets, goes with what is before it.
            follows = compared.start == compared.stop and found and found[-1][1] == spans[0][0]
            if 2 * sum(inside) > len(inside) or follows:
                found += spans
        return list(_joined(self.source, sorted(found)))


def filtered_places(code: str) -> list[int]:
    """Return for each character that copydetect compares where it begins in the code.

    Of names and texts one character is compared, of blanks and remarks none.
    """
    places: list[int] = []
    start = len(code) - len(code.lstrip("\n"))  # the lexer drops these
    for kind, text in PythonLexer().get_tokens(code):
        one = kind in (Name, Name.Variable, Name.Attribute) or kind in Name.Function
        one = one or kind in Name.Class or kind in Literal.String
        one = one or kind in (Comment.Preproc, Comment.Hashbang)
        if one:
            places.append(start)
        elif kind not in Text and kind not in Comment:
            places += range(start, start + len(text))
        start += len(text)
    return places


def _segments(
    source: str, tree: ast.Module | None, plain: str
) -> Iterator[tuple[Span, Span, bool]]:
    """Yield what belongs together: a part of the plain form, one of the source, whether a leaf."""
    if tree is None:
        at, start = 0, 0
        for blanks in [*BLANKS.finditer(source), None]:
            end = blanks.start() if blanks else len(source)
            for word in re.finditer(r"\S+", source[start:end]):
                span = (start + word.start(), start + word.end())
                yield (at + word.start(), at + word.end()), span, True
            if blanks:
                at, start = at + end - start + 1, blanks.end()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            again = ast.parse(plain)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
    there, here = _Lines(source), _Lines(plain)
    anchors, leaves = set(), set()
    for node, plainer in _together(tree, again):
        (first, last), (start, end) = there.span(node), here.span(plainer)
        anchors |= {(start, first), (end, last)}
        if isinstance(node, LEAVES):
            leaves.add((start, first))
    for (start, first), (end, last) in pairwise(sorted(anchors)):
        if first < last:
            yield (start, end), (first, last), (start, first) in leaves


def _together(one: ast.AST, other: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield the nodes of two trees that stand for each other and have places."""
    todo = [(one, other)]
    while todo:
        node, twin = todo.pop()
        if type(node) is not type(twin):
            continue
        if hasattr(node, "lineno") and hasattr(twin, "lineno"):
            yield node, twin
        mine, theirs = list(ast.iter_child_nodes(node)), list(ast.iter_child_nodes(twin))
        if len(mine) == len(theirs) and not isinstance(node, LEAVES):
            todo += zip(mine, theirs, strict=True)


class _Lines:
    """The lines of a text, to find in it what a tree's node says, which counts bytes."""

    def __init__(self, text: str) -> None:
        self.lines = [line.encode("utf-8", "surrogatepass") for line in split_lines(text)]
        self.starts = [0]
        for line in split_lines(text):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> Span:
        """Return from where to where a node is, in characters: a statement or an expression."""
        # Both have a place, which the type of all nodes does not say.
        at = [self._place(node.lineno, node.col_offset)]  # type: ignore[attr-defined]
        at.append(self._place(node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]
        return at[0], at[1]

    def _place(self, line: int, column: int) -> int:
        before = self.lines[line - 1][:column]
        return self.starts[line - 1] + len(before.decode("utf-8", "replace"))


def split_lines(text: str) -> list[str]:
    """Return the lines that Python sees, with their ends."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text) or [""]


def _between(plain: str, source: str, start: int, end: int) -> list[Span]:
    """Return what of a part between leaves stands for the plainest form of it, without remarks.

    That is the part if it holds the same words and signs, else its first line if that does, as
    where a docstring follows, else nothing.
    """
    line = re.compile(r"[^\r\n]*").match(source, start, end)
    for last in (end, line.end() if line else end):
        spans = list(_without_remarks(source, start, last))
        written = "".join(source[one:other] for one, other in spans)
        if BETWEEN.sub("", plain) == BETWEEN.sub("", written):
            return spans
    return []


def _without_remarks(source: str, start: int, end: int) -> Iterator[Span]:
    for remark in REMARK.finditer(source, start, end):
        yield start, remark.start()
        start = remark.end()
    yield start, end


def _joined(source: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans line by line and without blanks at their ends, those that touch as one."""
    last: Span | None = None
    for start, end in spans:
        for piece in re.finditer(r"[^\s](?:[^\r\n]*[^\s])?", source[start:end]):
            span = (start + piece.start(), start + piece.end())
            gap = source[last[1] : span[0]] if last else "\n"
            if last and not gap.strip(" \t"):
                last = (last[0], max(last[1], span[1]))
                continue
            if last:
                yield last
            last = span
    if last:
        yield last
