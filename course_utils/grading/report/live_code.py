"""Of what a student wrote, the code that an answer can depend on: the rest is left out.

Names are followed, not values: what is never used, never reached or has no effect goes.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence

MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)
BLANKS = re.compile(r"\s{100,}+")
ROUNDS = 20  # of looking for what is used by what is used
# Calls of these alone do nothing that an answer can depend on.
IDLE = {*dir(builtins)} - {"delattr", "eval", "exec", "next", "setattr", "__import__"}
SPECIAL = {*dir(builtins), "self", "cls"}
ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
EFFECTS = (
    ast.Return, ast.Raise, ast.Assert, ast.Yield, ast.YieldFrom, ast.Await, ast.Break, ast.Continue,
)  # fmt: skip


def live(sources: Sequence[str], roots: Collection[str]) -> list[str]:
    r"""Return of each cell what the answers can depend on, in its plainest form.

    A cell that is no Python stays as it is; where no cell defines any answer, all stays.

    Parameters
    ----------
    sources : sequence of str
        The cells of one student.
    roots : collection of str
        The names of the answers.

    >>> live(["x = 1\ny = 2\ndef f(a):\n    z = 3\n    return (a + y)  # so", "f(3)"], ["f"])
    ['def f(a):\n    return a + y\ny = 2', '']
    """
    return [
        BLANKS.sub("\n", source) if tree is None else ast.unparse(tree)
        for tree, source in zip(live_trees(sources, roots), sources, strict=True)
    ]


def live_trees(sources: Sequence[str], roots: Collection[str]) -> list[ast.Module | None]:
    """Return of each cell what the answers can depend on as a tree, and None for what is no Python.

    Its nodes know where they are in the cell, but for what was put in where nothing was left. What
    binds an answer comes first.
    """
    trees = [_tree(source) for source in sources]
    for tree in trees:
        if tree is not None:
            tree.body = _pruned(tree.body)
    statements = [one for tree in trees if tree is not None for one in tree.body]
    needed = set(roots)
    for tree, source in zip(trees, sources, strict=True):
        if tree is None:
            needed |= set(re.findall(r"[^\W\d]\w*", source))
    bound = {one: _bound(one) for one in statements}
    given = {one: bound[one] | _changed(one) for one in statements}
    if not any(names & needed for names in bound.values()):
        needed |= set().union(*bound.values())
    _grow(needed, [(given[one], _names(one)) for one in statements])
    for tree in trees:
        if tree is not None:
            tree.body = [one for one in tree.body if given[one] & needed]
            tree.body.sort(key=lambda one: not bound[one] & set(roots))
    return trees


def plainest(source: str) -> str:
    r"""Return Python code in its plainest form, without texts that are statements, and magics.

    Code that is no Python is returned as it is, but for long runs of blanks.

    >>> plainest("%timeit f\ndef f(x):\n    '''Double it.'''\n    return ((2) * x)  # twice")
    'def f(x):\n    return 2 * x'
    """
    tree = _tree(source)
    return BLANKS.sub("\n", source) if tree is None else ast.unparse(_Bare().visit(tree))


class _Bare(ast.NodeTransformer):
    """Take away statements that are a text only, docstrings among them."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def _tree(source: str) -> ast.Module | None:
    for text in (source, MAGIC.sub("", source)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a student wrote
            try:
                tree = _plainly_named(ast.parse(text))
                ast.unparse(tree)  # what is nested too deeply for it is not looked into
                return tree
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return None


def _plainly_named(tree: ast.Module) -> ast.Module:
    """Give names of a student's own that are compared letter by letter others that are not.

    These are `self`, `cls` and those of built-in functions, where something is bound to them.
    """
    named = [node for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.arg))]
    bound = {_id(one) for one in named if isinstance(getattr(one, "ctx", ast.Store()), ast.Store)}
    for one in named:
        if _id(one) in bound & SPECIAL:
            setattr(one, "arg" if isinstance(one, ast.arg) else "id", f"{_id(one)}_")
    return tree


def _id(node: ast.Name | ast.arg) -> str:
    return node.arg if isinstance(node, ast.arg) else node.id


def _pruned(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a block without what is never reached, or has no effect; with it, inner blocks."""
    kept: list[ast.stmt] = []
    for statement in body:
        kept += _reached(statement)
        if kept and isinstance(kept[-1], ENDS):
            break
    return kept


def _reached(statement: ast.stmt) -> list[ast.stmt]:
    """Return what of a statement can run and matter: itself, what is in it, or nothing."""
    if isinstance(statement, ast.Expr) and _is_idle(statement.value):
        return []
    if isinstance(statement, ast.Pass):
        return []
    if isinstance(statement, ast.Assert) and _constant(statement.test) is True:
        return []
    if isinstance(statement, (ast.If, ast.While)):
        decided = _constant(statement.test)
        if decided is False:
            return _pruned(statement.orelse)
        if decided is True and isinstance(statement, ast.If):
            return _pruned(statement.body)
    if isinstance(statement, ast.For) and _is_empty(statement.iter):
        return _pruned(statement.orelse)
    for block in ("body", "orelse", "finalbody"):
        if inner := getattr(statement, block, None):
            setattr(statement, block, _pruned(inner))
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        part.body = _pruned(part.body) or [ast.Pass()]
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        statement.body = _used(statement.body)
    if hasattr(statement, "body"):
        statement.body = statement.body or [ast.Pass()]
    return [statement]


def _used(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements of a function that its result or an effect can depend on."""
    for _ in range(ROUNDS):
        nodes = list(_inside(body))
        needed = {name for node in nodes if _acts(node) for name in _names(node)}
        needed |= {n for node in nodes for part in _head(node) for n in _names(part)}
        needed |= _changed_outside(nodes)
        _grow(needed, list(_links(nodes)))
        before = len(nodes)
        body = _kept(body, needed)
        if len(list(_inside(body))) == before:
            break
    return body


def _kept(body: list[ast.stmt], needed: Collection[str]) -> list[ast.stmt]:
    """Return the statements of a block, and in it of its blocks, that are needed."""
    kept: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if statement.name in needed:
                kept.append(statement)
            continue
        for block in ("body", "orelse", "finalbody"):
            if inner := getattr(statement, block, None):
                setattr(statement, block, _kept(inner, needed))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            part.body = _kept(part.body, needed) or [ast.Pass()]
        serves = (_bound(statement) | _changed(statement)) & set(needed)
        if serves or any(_acts(node) for node in _inside([statement])):
            if hasattr(statement, "body"):
                statement.body = statement.body or [ast.Pass()]
            kept.append(statement)
    return kept


def _changed_outside(nodes: Sequence[ast.AST]) -> set[str]:
    """Return what a function changes that is not its own: what it was given, or what is around it.

    A network's layers are attributes of what its function was given.
    """
    simple = [node for node in nodes if isinstance(node, ast.stmt) and not hasattr(node, "body")]
    changed = set().union(*map(_changed, simple))
    own = {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return changed - own


def _links(nodes: Iterable[ast.AST]) -> Iterator[tuple[set[str], set[str]]]:
    """Yield of each statement alone the names that it gives a value or changes, and uses."""
    for node in nodes:
        if isinstance(node, SCOPES) and not isinstance(node, ast.Lambda):
            yield {node.name}, _names(node)
        elif (
            isinstance(node, ast.stmt)
            and not hasattr(node, "body")
            and not isinstance(node, ast.Match)
        ):
            yield _bound(node) | _changed(node), _names(node)


def _head(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a compound statement decides by."""
    if isinstance(node, ast.stmt) and not isinstance(node, SCOPES):
        for name in ("test", "iter", "subject"):
            yield from [getattr(node, name)] if hasattr(node, name) else []
        yield from getattr(node, "items", [])
        yield from (part.type for part in getattr(node, "handlers", []) if part.type)
        for case in getattr(node, "cases", []):
            yield case.pattern
            yield from [case.guard] if case.guard else []


def _inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes of a function, the last first, but not those of functions in it."""
    todo = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, SCOPES):
            todo += ast.iter_child_nodes(node)


def _acts(node: ast.AST) -> bool:
    """Say whether a node alone returns, raises, waits, or calls something for its effect."""
    if isinstance(node, ast.Expr):
        return not _is_idle(node.value) and not _is_method(node.value)
    return isinstance(node, EFFECTS)


def _grow(needed: set[str], links: Sequence[tuple[set[str], set[str]]]) -> None:
    """Add the names that are used to make what is needed."""
    for _ in range(ROUNDS):
        before = len(needed)
        for given, used in links:
            if given & needed:
                needed |= used
        if len(needed) == before:
            return


def _bound(statement: ast.AST) -> set[str]:
    found = set()
    for node in _inside([statement]):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _changed(statement: ast.AST) -> set[str]:
    """Return the names of things of which an item or an attribute is set, or a method called."""
    found = set()
    for node in _inside([statement]):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            found |= _names(node)
        elif isinstance(node, ast.Expr) and _is_method(node.value):
            found |= _names(node.value)
    return found


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _is_method(value: ast.AST) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)


def _is_idle(value: ast.AST) -> bool:
    """Say whether an expression alone has no effect; to print has none on an answer."""
    return all(
        not isinstance(node, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IDLE)
        for node in ast.walk(value)
    )


def _constant(test: ast.AST) -> bool | None:
    """Return what a condition always is, or None if that depends."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _constant(test.operand)
        return None if inner is None else not inner
    return None


def _is_empty(value: ast.AST) -> bool:
    """Say whether a loop runs over nothing, plainly."""
    if isinstance(value, (ast.Tuple, ast.List)):
        return not value.elts
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id == "range" and [_constant(one) for one in value.args] == [False]
    return False
