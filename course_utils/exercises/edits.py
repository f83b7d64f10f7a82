"""Answers as text: the model answer, what is changed in it, and the function that comes of it."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's marks
INDENT = "    "


class EditError(ValueError):
    """An edit that does not fit the text that it is made in."""


def edited(source: str, edits: Mapping[str, str]) -> str:
    r"""Return a source with each old text replaced by its new one.

    Lines after the first, of an old text as of a new one, are indented as the line is in which the
    old text begins. A line of which nothing is left goes.

    Parameters
    ----------
    source : str
    edits : dict of str to str
        Old texts, each of which stands in the source exactly once, and new ones.

    Raises
    ------
    EditError
        If an old text stands there never or more than once, or nothing changes.

    Examples
    --------
    >>> print(edited("def f(x):\n    y = x + 1\n    return y", {"x + 1": "x - 1"}))
    def f(x):
        y = x - 1
        return y
    """
    found = []
    for old, new in edits.items():
        places = list(_places(source, old))
        if len(places) != 1:
            often = "nowhere" if not places else f"{len(places)} times"
            raise EditError(
                f"{old!r} stands {often} in the answer, and must stand there once: take "
                f"{'what it says' if not places else 'more of it'}\n{source}"
            )
        start, text, indent = places[0]
        found.append((start, start + len(text), _indented(new, indent)))
    found.sort()
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise EditError(f"two of the texts in {dict(edits)} overlap: make one of them")
    changed = source
    for start, end, new in reversed(found):
        changed = changed[:start] + new + changed[end:]
    if changed == source:
        raise EditError(f"{dict(edits)} changes nothing")
    blank = {line.strip() == "" for line in source.splitlines()} == {False}
    lines = changed.splitlines()
    return "\n".join(line for line in lines if line.strip() or (not blank and line == ""))


def _places(source: str, old: str) -> Iterator[tuple[int, str, str]]:
    """Yield where an old text begins, how it reads there, and the indentation of that line."""
    if not old.strip() or old.endswith("\n"):
        raise EditError(f"{old!r} must be a text, without the end of its last line")
    for found in re.finditer(re.escape(old.partition("\n")[0]), source):
        line = source[source.rfind("\n", 0, found.start()) + 1 :]
        indent = line[: len(line) - len(line.lstrip(" "))]
        text = _indented(old, indent)
        if source.startswith(text, found.start()):
            yield found.start(), text, indent


def _indented(text: str, indent: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(indent + line if line else line for line in rest)])


def definition(function: Callable[..., Any]) -> str:
    """Return the source of a function, without decorators, as if it stood at the margin."""
    source = textwrap.dedent(inspect.getsource(function))
    node = _function_in(source)
    return "\n".join(source.splitlines()[node.lineno - 1 :])


def without_docstring(source: str) -> str:
    """Return a function's source without its docstring and the blank lines after it."""
    lines = source.splitlines()
    node = _function_in(source)
    if ast.get_docstring(node) is None:
        return source
    docstring = node.body[0]
    after = node.body[1].lineno if len(node.body) > 1 else len(lines) + 1
    rest = lines[(docstring.end_lineno or 0) : after - 1] + lines[after - 1 :]
    while rest and not rest[0].strip():
        rest.pop(0)
    return "\n".join([*lines[: docstring.lineno - 1], *rest])


def renamed(source: str, name: str) -> str:
    """Return a function's source under another name."""
    node = _function_in(source)
    lines = source.splitlines()
    line = lines[node.lineno - 1]
    lines[node.lineno - 1] = line.replace(f"def {node.name}(", f"def {name}(", 1)
    return "\n".join(lines)


def answer_cell(model: Callable[..., Any]) -> str:
    """Return the cell of an assignment in which a model answer stands, with nbgrader's marks.

    What is above the marks, the signature and the docstring, is what students get.
    """
    source = definition(model)
    node = _function_in(source)
    lines = source.splitlines()
    end = node.body[0].end_lineno or 0  # of the docstring
    if ast.get_docstring(node) is None:
        raise EditError(f"{node.name} needs a docstring: it is what students get of the answer")
    while not lines[end].strip():
        end += 1
    marked = [*lines[:end], INDENT + BEGIN, *lines[end:], INDENT + END]
    return "\n".join(marked)


def function_of(source: str, module: str, title: str) -> Callable[..., Any]:
    """Return the function that a source defines, as if it stood in a module.

    Tracebacks show its lines, and `inspect.getsource` returns them.

    Parameters
    ----------
    source : str
    module : str
        The name of a module that is imported.
    title : str
        What tracebacks call its file.
    """
    file = f"<{title}>"
    space: dict[str, Any] = {}
    exec(compile(source, file, "exec"), vars(sys.modules[module]), space)
    (function,) = space.values()
    linecache.cache[file] = (len(source), None, [f"{line}\n" for line in source.splitlines()], file)
    function.__module__ = module
    return function


def _function_in(source: str) -> ast.FunctionDef:
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise EditError("an answer is one function")
    return node
