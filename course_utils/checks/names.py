"""What a function in a notebook names of a library, read without running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

CANNOT_BE_READ = (SyntaxError, ValueError, RecursionError, MemoryError)

Functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Scopes = Functions | Comprehensions | ast.ClassDef


class Notebook:
    """The code of a notebook.

    Parameters
    ----------
    cells : sequence of str
        Each for itself: one with a syntax error does not run, and the others do.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        self._imported: dict[str, str] = {}  # what names stand for in a library
        self._defined: dict[str, ast.AST] = {}  # what else they stand for: code
        self._replaced: set[str] = set()  # attributes of a library that the notebook sets
        for tree in filter(None, map(_parse, cells)):
            for node in _of_scope(tree):
                self._bind(node)

    def names(self, function: str, wanted: Sequence[str]) -> list[str]:
        """Return the wanted things that a function names, by full name and in order.

        It follows the functions, classes and variables of the notebook that the function names.
        """
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [function]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self._imported:
                reached = [self._imported[name]]
            elif name in self._defined:
                reached = list(self._reached(self._defined[name], [self._imported]))
            else:
                continue
            for full in reached:
                if full in self._defined or full in self._imported:
                    waiting.append(full)
                is_wanted = any(f"{full}.".startswith(f"{each}.") for each in wanted)
                if is_wanted and full not in self._replaced:
                    found[full] = None
        return list(found)

    def _bind(self, node: ast.AST) -> None:
        """Take note of what a statement binds in the notebook; the last one holds."""
        for name, full in _imports(node):
            self._defined.pop(name, None)
            self._imported[name] = full
        bound: dict[str, ast.AST] = {}
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and (
            node.value is not None
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            full = _full(node.value, [self._imported])
            for target in targets:
                self._replaced.add(_full(target, [self._imported]))
                bound |= dict.fromkeys(_stored(target), node.value)
                if isinstance(target, ast.Name) and _root(node.value) in self._imported:
                    self._imported[target.id] = full  # another name for it
                    bound.pop(target.id)
                    self._defined.pop(target.id, None)
        for name, code in bound.items():
            self._imported.pop(name, None)
            self._defined[name] = code

    def _reached(self, node: ast.AST, scopes: list[dict[str, str]]) -> Iterator[str]:
        """Yield what code names: things of a library by full name, those of the notebook by theirs.

        Parameters
        ----------
        node : ast.AST
        scopes : list of dict
            What names stand for, from the notebook's own to the innermost function's; nothing
            that is known where the text is empty.
        """
        if isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node.ctx, ast.Load):
                full = _full(node, scopes)
                if full:
                    yield full
                    return
            if isinstance(node, ast.Name):
                return
        outer = scopes
        if isinstance(node, Functions | Comprehensions):  # a method does not see its class's names
            scopes = [*scopes, _local(node, scopes)]
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.arguments):
                for default in (*child.defaults, *filter(None, child.kw_defaults)):
                    yield from self._reached(default, outer)
            elif child not in _types(node):
                decorates = child in getattr(node, "decorator_list", ())
                yield from self._reached(child, outer if decorates else scopes)


def plain_python(text: str) -> str:
    """Return a cell's code line by line without what is IPython's: magics and shell commands."""
    return re.sub(r"(?m)^([ \t]*)[%!?].*$", r"\1pass", text)


def _parse(text: str) -> ast.Module | None:
    # IPython's magics and shell commands are no Python, and leave no name behind that matters.
    plain = plain_python(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for attempt in (text, plain):
            try:
                return ast.parse(attempt)
            except CANNOT_BE_READ:
                continue
    return None


def _of_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that belong to the scope that a node opens, functions' insides left out."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Scopes):
            yield from _of_scope(child)


def _local(node: ast.AST, scopes: list[dict[str, str]]) -> dict[str, str]:
    """Return the names that a function, a class or a comprehension binds for itself."""
    names: dict[str, str] = {}
    outer: set[str] = set()
    arguments = getattr(node, "args", None)
    if isinstance(arguments, ast.arguments):
        names |= {each.arg: "" for each in ast.walk(arguments) if isinstance(each, ast.arg)}
    for child in _of_scope(node):
        if isinstance(child, ast.Global | ast.Nonlocal):
            outer |= set(child.names)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[child.name] = ""
        elif isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            names.setdefault(child.id, "")
        names |= dict(_imports(child))
        if isinstance(child, ast.Assign) and len(child.targets) == 1:
            (target,) = child.targets
            if isinstance(target, ast.Name):
                names[target.id] = _full(child.value, [*scopes, names])
    return {name: full for name, full in names.items() if name not in outer}


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what an import binds, and what that stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (top, top)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _full(node: ast.AST, scopes: list[dict[str, str]]) -> str:
    """Return what a name or a chain of attributes stands for; nothing where that is not known.

    A name that no scope binds stands for itself: it may be one of the notebook's.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    found = next((scope[node.id] for scope in reversed(scopes) if node.id in scope), None)
    if found is None:
        return node.id  # what is asked of a thing of the notebook does not matter
    return ".".join([found, *reversed(parts)]) if found else ""


def _root(node: ast.AST) -> str:
    """Return the name at the beginning of a chain of attributes; nothing if it is none."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _stored(target: ast.AST) -> Iterator[str]:
    """Yield the names that an assignment binds or changes: also those into which it puts a part."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id


def _types(node: ast.AST) -> list[ast.AST]:
    """Return the annotations of a node, which call nothing."""
    return [
        each
        for each in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if each is not None
    ]
