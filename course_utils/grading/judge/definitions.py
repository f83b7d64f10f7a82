"""What a test cell reads, and which statements of the release define it; nothing is run here."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

PYTHONS_OWN = frozenset(dir(builtins))
SHOWS = {"print", "display", "plt"}  # what is handed to these stays as it is
Scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
Comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Cell:
    """A locked code cell of a release.

    Attributes
    ----------
    source : str
    test : bool
        Whether it is a test, and so runs in the judge.
    """

    source: str
    test: bool


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement at the left edge of a locked cell.

    Attributes
    ----------
    node : ast.stmt
    test : bool
        Whether it stands in a test.
    reads : frozenset of str
        Names that it has from elsewhere.
    binds, changes : frozenset of str
        Names that it defines; names whose value it changes.
    hands_on : frozenset of str
        Names whose value it hands to a function that may change it.
    """

    node: ast.stmt
    test: bool
    reads: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str]
    hands_on: frozenset[str]

    @property
    def sets(self) -> frozenset[str]:
        """The names that have another value after it."""
        return self.binds | self.changes

    def run(self, namespace: dict[str, object]) -> None:
        """Run it."""
        code = compile(ast.Module([self.node], []), "<release>", "exec")
        exec(code, namespace)


@lru_cache(maxsize=256)
def parsed(source: str) -> ast.Module:
    """Parse a cell as IPython would; one that is no Python has no statements."""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def free_names(tree: ast.AST) -> frozenset[str]:
    """Return the names that a piece of code reads without having set them.

    Examples
    --------
    >>> sorted(free_names(ast.parse("y = f(x); print(y)")))
    ['f', 'print', 'x']
    """
    read, own = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Load()):
                read.add(name)
            case ast.Name(name) | ast.arg(name):
                own.add(name)
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.ExceptHandler(name=str(name)):
                own.add(name)
            case ast.alias(name, asname):
                own.add(asname or name.partition(".")[0])
    return frozenset(read - own)


def needed(source: str, before: Iterable[Cell]) -> list[Statement]:
    """Return the statements of the cells before a test that what it reads comes from, in order."""
    there = [statement for cell in before for statement in _statements(cell)]
    wanted = set(free_names(parsed(source)))
    found: set[Statement] = set()
    while more := [s for s in there if s not in found and (s.sets | s.hands_on) & wanted]:
        found.update(more)
        wanted.update(*(statement.reads | statement.sets for statement in more))
    return [statement for statement in there if statement in found]


def of_students(statements: Sequence[Statement], known: frozenset[str]) -> frozenset[str]:
    """Return the names that read-only cells set from something that the student defines.

    Parameters
    ----------
    statements : sequence of Statement
        As :func:`needed` returns them.
    known : set of str
        Names that are there besides: Python's own, and what the release imports.
    """
    ours = known.union(*(statement.binds for statement in statements))
    theirs: frozenset[str] = frozenset()
    while True:
        found = frozenset(
            name
            for statement in statements
            if not statement.test and (statement.reads - ours or statement.reads & theirs)
            for name in statement.sets - known
        )
        if found <= theirs:
            return theirs
        theirs |= found


def for_judge(
    statements: Sequence[Statement], known: frozenset[str], theirs: frozenset[str]
) -> list[Statement]:
    """Return the statements that the judge is to run: what is the release's, and tests' own names.

    Parameters
    ----------
    statements, known
        As for :func:`of_students`.
    theirs : set of str
        What that returned.
    """
    ours = known.union(*(statement.binds for statement in statements))
    kept = []
    for statement in statements:
        depends = statement.reads - ours or (statement.reads | statement.sets) & theirs
        # A test that hands a student's value on is an assertion, and no definition.
        if not depends or (statement.test and statement.sets - known):
            kept.append(statement)
    return kept


def tainted(tree: ast.Module, names: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Return the names whose values come from those of some others, these included."""
    found = frozenset(names)
    while True:
        more = {
            name
            for node in tree.body
            if free_names(node) & found
            for name in {*_binds(node), *_changes(node)} - known
        }
        if more <= found:
            return found
        found |= more


@lru_cache(maxsize=256)
def _statements(cell: Cell) -> tuple[Statement, ...]:
    return tuple(
        Statement(
            node,
            cell.test,
            free_names(node),
            *(frozenset(names(node)) for names in (_binds, _changes, _hands_on)),
        )
        for node in parsed(cell.source).body
    )


def _binds(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds where it stands."""
    match node:
        case ast.Name(name, ast.Store() | ast.Del()):
            yield name
        case ast.alias(name, asname):
            yield asname or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name
    if not isinstance(node, Scopes | Comprehensions):
        for child in ast.iter_child_nodes(node):
            yield from _binds(child)


def _changes(node: ast.AST) -> Iterator[str]:
    """Yield the names whose value a statement changes: in place, or by a method."""
    match node:
        case ast.Attribute() | ast.Subscript() if not isinstance(node.ctx, ast.Load):
            yield from _root(node)
        case ast.Expr(ast.Call(ast.Attribute() as method)):
            yield from set(_root(method)) - SHOWS
    if not isinstance(node, Scopes | Comprehensions):
        for child in ast.iter_child_nodes(node):
            yield from _changes(child)


def _hands_on(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement hands to a function whose result it does not keep."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if not set(_root(node.value.func)) & SHOWS:
            for argument in (*node.value.args, *(word.value for word in node.value.keywords)):
                yield from _root(argument)
    elif not isinstance(node, Scopes):
        for child in ast.iter_child_nodes(node):
            yield from _hands_on(child)


def _root(node: ast.AST) -> Iterator[str]:
    """Yield the name with which a chain of attributes, items and calls begins."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
