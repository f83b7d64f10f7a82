"""Make wrong programs from a right one: change it in one small place at a time."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SWAPS: dict[type[ast.AST], type[Any]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Add,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd, ast.UAdd: ast.USub,
}  # fmt: skip
FUNCTIONS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "sum": "max", "argmin": "argmax",
    "argmax": "argmin", "floor": "ceil", "ceil": "floor", "zeros": "ones", "ones": "zeros",
    "prod": "sum",
}  # fmt: skip
METHODS = {**FUNCTIONS, "sum": "mean", "mean": "sum"}
COMMUTATIVE = {"min", "max", "result_type"}
EINSUM = re.compile(r"[a-z,]+->[a-z]*")

Neighbours = Mapping[str, set[str]]


@dataclass(frozen=True)
class Mutant:
    """A program that differs from the original in one place.

    Attributes
    ----------
    source : str
        The whole program.
    line : int
        Where it was changed, in the original.
    kind : str
        "operator", "comparison", "condition", "constant", "name", "function", "axis", "order",
        "off by one", "dropped term", "dropped argument", "assignment", "dropped statement".
    change : str
        The changed expression, or the first line of the statement, before and after.
    """

    source: str
    line: int
    kind: str
    change: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a program.

    An operator or comparison becomes its neighbour, a number grows or shrinks by one, a truth value
    or a condition flips; a transpose, a statement, an argument, one side of a sum or of an `or` is
    dropped; two neighbours in a tuple or a call change places, a name that was unpacked becomes the
    one unpacked beside it; a slice or a range begins late or ends early; `min` becomes `max`;
    ``a += b`` becomes ``a = b`` and ``a -= b``.
    """
    tree = ast.parse(source)
    neighbours = _neighbours(tree)
    fields = [
        (parent, name, place)
        for parent in ast.walk(tree)
        for name, value in ast.iter_fields(parent)
        if name not in ("annotation", "returns")
        for place in (range(len(value)) if isinstance(value, list) else (None,))
    ]
    seen = {ast.unparse(tree)}
    for parent, name, place in fields:
        node = _get(parent, name, place)
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        before = _first_line(node)
        for kind, changed in _changes(node, neighbours):
            _put(parent, name, place, changed)
            text = ast.unparse(tree)
            if text not in seen:
                seen.add(text)
                yield Mutant(text, node.lineno, kind, f"{before}  ->  {_first_line(changed)}")
        _put(parent, name, place, node)


def _changes(node: ast.AST, neighbours: Neighbours) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in a node's place, with the kind of the change."""
    yield from _changed_operators(node)
    yield from _changed_values(node, neighbours)
    yield from _changed_lists(node)
    if isinstance(node, ast.stmt):
        yield from _changed_statements(node)


def _changed_operators(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.BinOp(left, op, right):
            if type(op) in SWAPS:
                yield "operator", ast.BinOp(left, SWAPS[type(op)](), right)
            if isinstance(op, ast.Add | ast.Sub | ast.Mult):
                yield "dropped term", left
            if isinstance(op, ast.Add | ast.Mult):
                yield "dropped term", right
            elif not isinstance(op, ast.Mod):  # of a remainder nothing sensible comes
                yield "order", ast.BinOp(right, op, left)
        case ast.BoolOp(op, values):
            yield "operator", ast.BoolOp(SWAPS[type(op)](), values)
            for rest in _shorter(values):
                yield "dropped term", ast.BoolOp(op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op, operand):
            if type(op) in SWAPS:
                yield "operator", ast.UnaryOp(SWAPS[type(op)](), operand)
            elif isinstance(op, ast.Not):
                yield "operator", operand
        case ast.Compare(left, ops, comparators):
            for i, one in enumerate(ops):
                swapped = [*ops[:i], SWAPS[type(one)](), *ops[i + 1 :]]
                yield "comparison", ast.Compare(left, swapped, comparators)
        case ast.IfExp(test, body, orelse):
            yield "condition", ast.IfExp(test, orelse, body)
            yield "condition", body
            yield "condition", orelse


def _changed_values(node: ast.AST, neighbours: Neighbours) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Attribute(value, "T" | "mT"):
            yield "axis", value
        case ast.Attribute(value, attr, ctx) if attr in METHODS:
            yield "function", ast.Attribute(value, METHODS[attr], ctx)
        case ast.Constant(bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield "constant", ast.Constant(value + 1)
            yield "constant", ast.Constant(value - 1)
        case ast.Constant(str() as value) if EINSUM.fullmatch(value):
            for i, (one, other) in enumerate(pairwise(value)):
                if one.isalpha() and other.isalpha():
                    yield "axis", ast.Constant(value[:i] + other + one + value[i + 2 :])
        case ast.Name(name, ast.Load()):
            for other in sorted(neighbours[name]):
                yield "name", ast.Name(other, ast.Load())
            if name in FUNCTIONS:
                yield "function", ast.Name(FUNCTIONS[name], ast.Load())


def _changed_lists(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Change the order or the number of what stands between brackets."""
    match node:
        case ast.Tuple(elts, ctx) | ast.List(elts, ctx):
            for swapped in _swapped(elts):
                yield "order", type(node)(swapped, ctx)
        case ast.Call(func, args, keywords):
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            for swapped in _swapped(args) if name not in COMMUTATIVE else ():
                yield "order", ast.Call(func, swapped, keywords)
            for rest in _shorter(args):
                yield "dropped argument", ast.Call(func, rest, keywords)
            for i in range(len(keywords)):
                rest = [*keywords[:i], *keywords[i + 1 :]]
                yield "dropped argument", ast.Call(func, args, rest)
            if isinstance(func, ast.Name) and func.id == "range":
                for i in range(min(2, len(args))):
                    for op in (ast.Add(), ast.Sub()):
                        moved = ast.BinOp(args[i], op, ast.Constant(1))
                        yield "off by one", ast.Call(func, [*args[:i], moved, *args[i + 1 :]], [])
        case ast.Slice(lower, upper, step):
            late = ast.BinOp(lower, ast.Add(), ast.Constant(1)) if lower else ast.Constant(1)
            early = ast.BinOp(upper, ast.Sub(), ast.Constant(1)) if upper else ast.Constant(-1)
            yield "off by one", ast.Slice(late, upper, step)
            yield "off by one", ast.Slice(lower, early, step)
            yield "dropped term", ast.Slice(None, upper, step)
            yield "dropped term", ast.Slice(lower, None, step)
            yield "dropped term", ast.Slice(lower, upper, None)


def _changed_statements(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.AugAssign(target, op, value):
            if type(op) in SWAPS:
                yield "assignment", ast.AugAssign(target, SWAPS[type(op)](), value)
            yield "assignment", ast.Assign([target], value, lineno=node.lineno)
        case ast.If(test, body, orelse):
            yield "condition", ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Expr(ast.Constant(str())) | ast.Import() | ast.ImportFrom() | ast.Pass():
            return  # a docstring does nothing, and a missing import is no mistake to look for
        case ast.FunctionDef() | ast.ClassDef():
            return
    yield "dropped statement", ast.Pass()


def _neighbours(tree: ast.AST) -> Neighbours:
    """Return, for each name that is unpacked from a tuple, the names beside it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
            names = [item.id for item in node.elts if isinstance(item, ast.Name)]
            for one, other in pairwise(names):
                if "_" not in (one, other):
                    found[one].add(other)
                    found[other].add(one)
    return found


def _swapped(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _shorter(items: list[Any]) -> Iterator[list[Any]]:
    """Leave out each item in turn, where there are several."""
    if len(items) > 1:
        for i in range(len(items)):
            yield [*items[:i], *items[i + 1 :]]


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0]


def _get(parent: ast.AST, name: str, place: int | None) -> object:
    value = getattr(parent, name)
    return value if place is None else value[place]


def _put(parent: ast.AST, name: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[place] = node
