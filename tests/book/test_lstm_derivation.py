"""Is each stage of the LSTM's backward passes displayed, and proved by a cell that can fail?"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.book.derivation import Block, blocks, spoiled

FOLDER = Path(__file__).parents[2] / "book" / "lstm"
PAGES = sorted(FOLDER.glob("*.md"))
DERIVATION = FOLDER / "backward-pass.md"


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
    assert proof.comparisons >= stage.gradients, f"{file.name}: {stage.label}"


def test_each_equation_has_a_label_of_its_own() -> None:
    """Can each equation of the topic be cited?"""
    labels = [block.label for page in PAGES for block in blocks(page) if block.kind == "math"]
    assert all(labels)
    assert len(set(labels)) == len(labels)


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
