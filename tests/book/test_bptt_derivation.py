"""Is each displayed stage of backpropagation through time proved by a cell that can fail?"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.book.derivation import Block, blocks, spoiled

FOLDER = Path(__file__).parents[2] / "book" / "backpropagation-through-time"
PAGES = sorted(FOLDER.glob("*.md"))
COUNTS = {  # displayed stages and the equations in them
    "index": (0, 0),
    "two-sums": (7, 11),
    "one-pass-back": (4, 11),
    "truncated": (2, 3),
    "find-the-bug": (0, 0),
}


def stages(file: Path) -> list[tuple[Block, Block]]:
    """Return the displayed equations of a page, each with the first cell after it."""
    found = blocks(file)
    assert not found or found[-1].kind == "code-cell", f"{file.name}: an equation without a cell"
    return [(block, after) for block, after in pairwise(found) if block.kind == "math"]


ALL = [(page, *stage) for page in PAGES for stage in stages(page)]


@pytest.mark.parametrize("file", PAGES, ids=lambda path: path.stem)
def test_number_of_stages(file: Path) -> None:
    """Are 13 stages with 25 equations displayed, and as many folded proofs behind them?"""
    shown = stages(file)
    assert (len(shown), sum(stage.lines for stage, _ in shown)) == COUNTS[file.stem]
    assert sum(proof.is_proof for _, proof in shown) == len(shown)


@pytest.mark.parametrize(("file", "stage", "proof"), ALL, ids=[stage.label for _, stage, _ in ALL])
def test_each_stage_has_a_proof_of_its_own(file: Path, stage: Block, proof: Block) -> None:
    """Is what follows a stage a folded proof that compares as often as the stage has lines?"""
    assert proof.is_proof, f"{file.name}: {stage.label} needs a folded proof right behind it"
    assert proof.code.lstrip().startswith("# checked: ")
    assert proof.comparisons >= stage.lines > 0, f"{file.name}: {stage.label}"


def test_each_equation_has_a_label_of_its_own() -> None:
    """Can each equation of the topic be cited?"""
    labels = [stage.label for _, stage, _ in ALL]
    assert all(label.startswith("eq-bptt-") for label in labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("file", sorted({page for page, *_ in ALL}), ids=lambda path: path.stem)
def test_proofs_hold_and_each_comparison_would_fail(file: Path) -> None:
    """Does each proof pass as it is, and fail when any one formula is off by a thousandth?"""
    names: dict[str, Any] = {}
    proofs = [proof for _, proof in stages(file)]
    last = blocks(file).index(proofs[-1])
    for block in blocks(file)[: last + 1]:
        if block.kind == "math" or "plt.show" in block.text:
            continue
        exec(compile(block.code, block.code[:60], "exec"), names)
        for code in spoiled(block) if block in proofs else []:
            with pytest.raises(AssertionError):
                exec(code, dict(names))
