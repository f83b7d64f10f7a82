"""What names stand for in a notebook's code, read without running it."""

from __future__ import annotations

import ast
import builtins
import contextlib
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence

# What a name means that the code uses but never binds: modules under their usual names.
CUSTOMS = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn", "sp": "scipy"}
IMPORTS = ("importlib.import_module", "builtins.__import__")
MODULES = "sys.modules"
LOOKUP = "builtins.getattr"
LONGEST = 200  # no dotted name grows beyond it
MOST = 50  # things that a name stands for before they are gathered into one
CANNOT_BE_READ = (SyntaxError, ValueError, RecursionError, MemoryError)

Functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Code:
    """A piece of the notebook that a name stands for, with what it uses in turn.

    Parameters
    ----------
    node : ast.AST, optional
        Code that runs later, such as a function's.
    uses : tuple
        What code used that ran at once, such as the right side of an assignment.
    """

    def __init__(self, node: ast.AST | None = None, uses: Value = ()) -> None:
        self.node = node
        self.uses = uses


# What a name may stand for: things of a library, by full name, and pieces of the notebook.
Value = tuple[str | Code, ...]


class Scope:
    """Names and what they stand for, within a function, a class or the whole notebook."""

    def __init__(self, parent: Scope | None = None, *, is_class: bool = False) -> None:
        self.parent = parent
        self.is_class = is_class
        self.names: dict[str, Value] = {}

    def find(self, name: str) -> Value | None:
        """Return what a name stands for, or None if nothing binds it."""
        if name in self.names:
            return self.names[name]
        return self.parent.find(name) if self.parent else None

    def add(self, name: str, value: Value, *, replace: bool = False) -> None:
        """Bind a name: to `value` alone, or to that as well."""
        before = () if replace else self.names.get(name, ())
        value = tuple(dict.fromkeys(before + value))
        if len(value) > MOST:
            value = (Code(uses=value), *(item for item in value if isinstance(item, str)))
        self.names[name] = value


class Notebook:
    """The code of a notebook.

    Parameters
    ----------
    source : str or iterable of str
        All code, or the cells.
    wanted : sequence of str
        The full names to look for; names that do not lead to them are not kept.
    """

    def __init__(self, source: str | Iterable[str], wanted: Sequence[str]) -> None:
        self._wanted = tuple(wanted)
        self._stars: list[str] = []  # modules of which everything is imported
        self._top = Scope()
        self._statements: list[ast.stmt] = []
        for tree in _trees(source):
            for statement in tree.body:
                try:
                    self._bind(statement, self._top, replace=True)
                except RecursionError:
                    continue
                self._statements.append(statement)

    def uses(self, function: str = "") -> list[str]:
        """Return the wanted things that a function can reach, or all code if it is not here."""
        start = self._top.names.get(function)
        if start is None:
            start = tuple(Code(statement) for statement in self._statements)
        found: dict[str, None] = {}
        seen: set[Code] = set()
        waiting = list(reversed(start))
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                if self._is_wanted(item):
                    found[item] = None
            elif item not in seen:
                seen.add(item)
                waiting += reversed(self._inside(item))
        return list(found)

    def _inside(self, code: Code) -> Value:
        if code.node is None:
            return code.uses
        found: list[str | Code] = []
        with contextlib.suppress(RecursionError):  # what is nested deeper is not read
            for item in self._loads(code.node, self._top):
                found.append(item)
        return tuple(found)

    # What statements bind

    def _bind(self, node: ast.AST, scope: Scope, *, replace: bool) -> None:
        """Bind what a statement binds; one within an `if` or a loop may not be run, and adds."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                stands_for = alias.name if alias.asname else name
                scope.add(name, self._leading((stands_for,)), replace=replace)
        elif isinstance(node, ast.ImportFrom):
            self._bind_from(node, scope, replace=replace)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            # Within a function its code is read in place.
            scope.add(node.name, (Code(node),) if scope is self._top else (), replace=replace)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope, replace=replace)
        elif isinstance(node, ast.AnnAssign) and node.value:
            self._assign(node.target, node.value, scope, replace=replace)
        elif isinstance(node, ast.AugAssign):
            self._assign(node.target, node.value, scope, replace=False)
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._assign(node.target, node.iter, scope, replace=False)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self._assign(node.optional_vars, node.context_expr, scope, replace=False)
        elif isinstance(node, ast.NamedExpr):
            self._assign(node.target, node.value, scope, replace=False)
        if not isinstance(node, ast.ClassDef | Functions | Comprehensions):
            for child in ast.iter_child_nodes(node):
                self._bind(child, scope, replace=False)

    def _bind_from(self, node: ast.ImportFrom, scope: Scope, *, replace: bool) -> None:
        if node.level or not node.module:
            return
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(node.module)
            else:
                value = self._leading((f"{node.module}.{alias.name}",))
                scope.add(alias.asname or alias.name, value, replace=replace)

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope, *, replace: bool) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = getattr(value, "elts", [])
            if len(parts) != len(target.elts):
                parts = [value] * len(target.elts)
            for part, worth in zip(target.elts, parts, strict=True):
                self._assign(part, worth, scope, replace=replace)
        elif isinstance(target, ast.Name):
            scope.add(target.id, self._value(value, scope), replace=replace)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, value, scope, replace=replace)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            # What is put into an object is reached through the object's name.
            root: ast.expr = target
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            if isinstance(root, ast.Name):
                held = Code(uses=self._value(value, scope))
                scope.add(root.id, (*(scope.find(root.id) or ()), held))

    def _value(self, node: ast.expr, scope: Scope) -> Value:
        """Return what a variable stands for to which an expression is assigned."""
        known = self._resolve(node, scope)
        if known is not None:
            return known
        if isinstance(node, ast.IfExp):
            return self._value(node.body, scope) + self._value(node.orelse, scope)
        if isinstance(node, ast.BoolOp):
            return tuple(item for part in node.values for item in self._value(part, scope))
        if scope is not self._top:
            return ()  # read in place
        if isinstance(node, ast.Lambda):
            return (Code(node),)
        uses = tuple(dict.fromkeys(self._loads(node, scope)))
        return (Code(uses=uses),) if uses else ()

    # What expressions stand for

    def _resolve(self, node: ast.expr, scope: Scope) -> Value | None:
        """Return what a name or a chain of attributes stands for; None for other expressions."""
        if isinstance(node, ast.Name):
            return self._name(node.id, scope)
        if isinstance(node, ast.Attribute):
            return self._attribute(node.value, node.attr, scope)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute | ast.Name):
            text = _text(node.slice)
            held = self._resolve(node.value, scope)
            return self._leading((text,)) if text and MODULES in (held or ()) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            called = self._resolve(node.func, scope) or ()
            texts = [_text(arg) for arg in node.args]
            if LOOKUP in called and len(texts) > 1 and texts[1]:
                return self._attribute(node.args[0], texts[1], scope)
            if texts and texts[0]:
                if IMPORTS[0] in called:
                    return self._leading((texts[0],))
                if IMPORTS[1] in called:
                    deep = len(texts) > 3 or any(word.arg == "fromlist" for word in node.keywords)
                    return self._leading((texts[0] if deep else texts[0].partition(".")[0],))
        return None

    def _name(self, name: str, scope: Scope) -> Value:
        value = scope.find(name)
        if value is not None:
            return value
        guesses = [f"{module}.{name}" for module in self._stars if not hasattr(builtins, name)]
        return self._leading((CUSTOMS.get(name, name), f"builtins.{name}", *guesses))

    def _attribute(self, node: ast.expr, attribute: str, scope: Scope) -> Value | None:
        base = self._resolve(node, scope)
        if base is None:
            return None
        return self._leading(
            f"{item}.{attribute}" if isinstance(item, str) and len(item) < LONGEST else item
            for item in base
        )

    def _leading(self, value: Iterable[str | Code]) -> Value:
        """Keep what may lead to a wanted thing."""
        ways = (*self._wanted, *IMPORTS, MODULES, LOOKUP)
        return tuple(
            item
            for item in value
            if isinstance(item, Code)
            or self._is_wanted(item)
            or any(f"{way}.".startswith(f"{item}.") for way in ways)
        )

    def _is_wanted(self, name: str) -> bool:
        return any(f"{name}.".startswith(f"{wanted}.") for wanted in self._wanted)

    # What code uses

    def _loads(self, node: ast.AST, scope: Scope) -> Iterator[str | Code]:
        """Yield what a piece of code uses, in order."""
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            known = None if _is_stored(node) else self._resolve(node, scope)
            if known is not None:
                yield from known
                return
        if isinstance(node, Functions):
            yield from self._function_loads(node, scope)
            return
        if isinstance(node, Comprehensions | ast.ClassDef):
            scope = Scope(scope, is_class=isinstance(node, ast.ClassDef))
            for part in getattr(node, "generators", ()):
                _shadow(part.target, scope)
            for part in getattr(node, "body", ()):
                self._bind(part, scope, replace=False)
        skipped = node.annotation if isinstance(node, ast.AnnAssign) else None
        for child in ast.iter_child_nodes(node):
            if child is not skipped:
                yield from self._loads(child, scope)

    def _function_loads(self, node: Functions, scope: Scope) -> Iterator[str | Code]:
        """Yield what a function uses: first what it does when it is defined, then its body."""
        args = node.args
        for part in (*getattr(node, "decorator_list", ()), *args.defaults, *args.kw_defaults):
            if part is not None:
                yield from self._loads(part, scope)
        # A method does not see the names of its class.
        inner = Scope(scope.parent if scope.is_class else scope)
        for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            if arg is not None:
                inner.names[arg.arg] = ()
        body: list[ast.AST] = [*node.body] if isinstance(node.body, list) else [node.body]
        for part in body * 2:  # a second time for names that are bound below
            self._bind(part, inner, replace=False)
        for name in _outer_names(body):
            inner.names.pop(name, None)
        for part in body:
            yield from self._loads(part, inner)


def _trees(source: str | Iterable[str]) -> Iterator[ast.Module]:
    """Parse cells, each for itself; of one text that cannot be parsed, the pieces that can be."""
    for cell in [source] if isinstance(source, str) else source:
        tree = _parse(cell)
        if tree is not None:
            yield tree
        elif isinstance(source, str):
            pieces = re.split(r"\n\s*\n(?=\S)", source)
            yield from (tree for tree in map(_parse, pieces) if tree is not None)


def _parse(text: str) -> ast.Module | None:
    # IPython's magics and shell commands are no Python, and leave no name behind that matters.
    plain = re.sub(r"(?m)^([ \t]*)[%!?].*$", r"\1pass", text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for attempt in (text, plain):
            try:
                return ast.parse(attempt)
            except CANNOT_BE_READ:
                continue
    return None


def _text(node: ast.expr) -> str:
    """Return the text of a literal string, or nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_stored(node: ast.AST) -> bool:
    return not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _shadow(target: ast.expr, scope: Scope) -> None:
    """Let the names in a comprehension's target stand for nothing that is known."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            scope.names[node.id] = ()


def _outer_names(body: Iterable[ast.AST]) -> set[str]:
    """Return the names that a function declares to be global or nonlocal."""
    found = (node for part in body for node in ast.walk(part))
    return {n for node in found if isinstance(node, ast.Global | ast.Nonlocal) for n in node.names}
