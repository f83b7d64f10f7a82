"""Is each equation of the LSTM's backward pass checked by the cell after it, and can that fail?"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PAGE = Path(__file__).parents[2] / "book" / "lstm.md"
BLOCK = re.compile(r"^```\{(math|code-cell)\}[^\n]*\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A displayed equation or a cell: its kind, and what stands in it."""

    kind: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the displayed equations and code cells of a text, in their order."""
    assert "$$" not in text, "a displayed equation without a label"
    return [Block(*match.groups()) for match in BLOCK.finditer(text)]


def code(block: Block) -> str:
    """Return the Python of a cell, without its settings and magics."""
    plain = re.sub(r"\A---\n.*?\n---\n", "", block.text, flags=re.S)
    return "\n".join(line for line in plain.splitlines() if not line.startswith(("%", ":")))


def asserts(block: Block) -> bool:
    """Is there an assertion in the cell?"""
    return block.kind == "code-cell" and "assert" in code(block)


def label(block: Block) -> str:
    """Return the label of an equation, empty if it has none."""
    found = re.match(r":label: (eq-lstm-[a-z-]+)\n", block.text)
    return found[1] if found else ""


TEXT = PAGE.read_text(encoding="utf-8")
SECTION = re.split(r"^\(sec-lstm-derivation\)=\n## ", TEXT, flags=re.M)[1]
BLOCKS = blocks(re.split(r"^## ", SECTION, flags=re.M)[0])
EQUATIONS = [n for n, block in enumerate(BLOCKS) if block.kind == "math"]
CHECKS = [n for n, block in enumerate(BLOCKS) if asserts(block)]


def test_each_equation_has_a_cell_of_its_own_that_checks_it() -> None:
    """Are there as many checks as equations, a dozen at least, and do they take turns?"""
    assert len(EQUATIONS) == len(CHECKS) >= 12
    ends = [*EQUATIONS[1:], len(BLOCKS)]
    for equation, check, end in zip(EQUATIONS, CHECKS, ends, strict=True):
        assert equation < check < end, label(BLOCKS[equation])
        assert check == equation + 1, "the first cell after an equation is the one that checks it"


def test_each_equation_has_a_label_of_its_own() -> None:
    """Can each equation be cited?"""
    labels = [label(BLOCKS[n]) for n in EQUATIONS]
    assert all(labels)
    assert len(set(labels)) == len(labels)


class Spoiled(ast.NodeTransformer):
    """Multiply the second argument of each `assert_allclose` by 1.001."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Spoil the call if it compares numbers."""
        if isinstance(node.func, ast.Name) and node.func.id == "assert_allclose":
            node.args[1] = ast.BinOp(node.args[1], ast.Mult(), ast.Constant(1.001))
            self.count += 1
        return node


@pytest.fixture(scope="module")
def namespace() -> dict[str, Any]:
    """What the page imports, and the helpers that draw nothing here."""
    setup = ast.parse(code(blocks(TEXT.split("(sec-lstm-forgets)=")[0])[0]))
    imports = [node for node in setup.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(imports, []), "imports", "exec"), names)
    return names


def test_checks_hold_and_would_fail(namespace: dict[str, Any]) -> None:
    """Does each check pass as it stands, and fail when its formula is off by a thousandth?"""
    for n, block in enumerate(BLOCKS):
        if block.kind == "math" or "plt.show" in block.text:
            continue
        exec(code(block), namespace)
        if n not in CHECKS:
            continue
        spoiler = Spoiled()
        spoiled = ast.fix_missing_locations(spoiler.visit(ast.parse(code(block))))
        assert spoiler.count, block.text
        with pytest.raises(AssertionError):
            exec(compile(spoiled, "spoiled", "exec"), dict(namespace))
