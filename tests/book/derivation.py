"""The displayed equations and the cells of a derivation, and its proofs with a formula spoiled."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

BLOCK = re.compile(r"^```\{(math|code-cell)\}[^\n]*\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A displayed equation or a cell: its kind, and what stands in it."""

    kind: str
    text: str

    @property
    def label(self) -> str:
        """The label of an equation, empty if it has none."""
        found = re.match(r":label: (eq-[a-z-]+)\n", self.text)
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """The Python of a cell, without its settings and magics."""
        plain = re.sub(r"\A---\n.*?\n---\n", "", self.text, flags=re.S)
        return "\n".join(line for line in plain.splitlines() if not line.startswith(("%", ":")))

    @property
    def is_proof(self) -> bool:
        """Is it a folded cell that proves something?"""
        return self.kind == "code-cell" and ":tags: [hide-cell, proof]\n" in self.text

    @property
    def lines(self) -> int:
        """How many lines of a display state an equation."""
        return self.text.count("&=")

    @property
    def gradients(self) -> int:
        """How many gradients and slopes a display defines, one a line."""
        return len(re.findall(r"^(?:\\mathrm\{d\}|\\tanh'|\\sigma')[^&\n]*&=", self.text, re.M))

    @property
    def comparisons(self) -> int:
        """How often a proof compares two arrays."""
        return len(re.findall(r"\bassert_allclose\(", self.code))


def blocks(page: Path) -> list[Block]:
    """Return the displayed equations and code cells of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    assert "$$" not in text, "a displayed equation without a label"
    return [Block(*match.groups()) for match in BLOCK.finditer(text)]


class Spoiled(ast.NodeTransformer):
    """Multiply the second argument of one `assert_allclose`, by its number, by 1.001."""

    def __init__(self, number: int) -> None:
        self.number, self.count = number, 0

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Spoil the call if it is the one."""
        if isinstance(node.func, ast.Name) and node.func.id == "assert_allclose":
            if self.count == self.number:
                node.args[1] = ast.BinOp(node.args[1], ast.Mult(), ast.Constant(1.001))
            self.count += 1
        return node


def spoiled(proof: Block) -> list[Any]:
    """Return the code of a proof with each of its comparisons spoiled in turn."""
    counter = Spoiled(-1)
    counter.visit(ast.parse(proof.code))
    trees = [Spoiled(number).visit(ast.parse(proof.code)) for number in range(counter.count)]
    return [compile(ast.fix_missing_locations(tree), "spoiled", "exec") for tree in trees]
