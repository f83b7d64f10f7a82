"""Is each stage of the LSTM's backward passes displayed, and proved by a cell that can fail?"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FOLDER = Path(__file__).parents[2] / "book" / "lstm"
PAGES = sorted(FOLDER.glob("*.md"))
DERIVATION = FOLDER / "backward-pass.md"
BLOCK = re.compile(r"^```\{(math|code-cell)\}[^\n]*\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A displayed equation or a cell: its kind, and what stands in it."""

    kind: str
    text: str

    @property
    def label(self) -> str:
        """The label of an equation, empty if it has none."""
        found = re.match(r":label: (eq-lstm-[a-z-]+)\n", self.text)
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
    def gradients(self) -> int:
        """How many gradients and slopes a display defines, one a line."""
        return len(re.findall(r"^(?:\\mathrm\{d\}|\\tanh'|\\sigma')[^&\n]*&=", self.text, re.M))


def blocks(page: Path) -> list[Block]:
    """Return the displayed equations and code cells of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    assert "$$" not in text, "a displayed equation without a label"
    return [Block(*match.groups()) for match in BLOCK.finditer(text)]


def stages(page: Path) -> list[tuple[Block, Block]]:
    """Return the displays that define gradients, each with the block after it."""
    found = blocks(page)
    return [(block, after) for block, after in pairwise(found) if block.gradients]


ALL = [(page, *stage) for page in PAGES for stage in stages(page)]


def test_number_of_stages() -> None:
    """Are eight stages with 23 gradients and slopes derived for the LSTM, and others beside it?"""
    assert len(stages(DERIVATION)) == 8
    assert sum(stage.gradients for stage, _ in stages(DERIVATION)) == 23
    assert sum(stage.gradients for _, stage, _ in ALL) >= 23 + 5 + 6  # peepholes, the GRU


@pytest.mark.parametrize(("file", "stage", "proof"), ALL, ids=[stage.label for _, stage, _ in ALL])
def test_each_stage_has_a_proof_of_its_own(file: Path, stage: Block, proof: Block) -> None:
    """Is the block after a stage a folded proof that compares as often as the stage has lines?"""
    assert proof.is_proof, f"{file.name}: {stage.label} needs a folded proof right behind it"
    assert proof.code.lstrip().startswith("# checked: ")
    comparisons = len(re.findall(r"\bassert_allclose\(", proof.code))
    assert comparisons >= stage.gradients, f"{file.name}: {stage.label}"


def test_each_equation_has_a_label_of_its_own() -> None:
    """Can each equation of the topic be cited?"""
    labels = [block.label for page in PAGES for block in blocks(page) if block.kind == "math"]
    assert all(labels)
    assert len(set(labels)) == len(labels)


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


@pytest.mark.parametrize("file", sorted({page for page, *_ in ALL}), ids=lambda path: path.stem)
def test_proofs_hold_and_each_comparison_would_fail(file: Path) -> None:
    """Does each proof pass as it is, and fail when any one formula is off by a thousandth?"""
    names: dict[str, Any] = {}
    proofs = [proof for _, proof in stages(file)]
    for block in blocks(file):
        if block.kind == "math" or "plt.show" in block.text:
            continue
        exec(compile(block.code, block.code[:60], "exec"), names)
        if block not in proofs:
            continue
        for code in spoiled(block):
            with pytest.raises(AssertionError):
                exec(code, dict(names))
