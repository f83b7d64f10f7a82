"""Mutate a module and count how many mutants its tests kill.

    python -m tests.mutate course_utils/reference/pooling.py tests/reference/test_pooling.py

Each mutant changes one operator, comparison, constant or sign. The work is done in a copy of the
checkout, so that the tree is never touched. A mutant that survives is printed: it is either
equivalent, or a test is missing.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECONDS = 120  # a mutant that takes longer loops for ever, and counts as killed
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Add,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd, ast.UAdd: ast.USub,
}  # fmt: skip


def mutants(tree: ast.Module) -> Iterator[ast.AST]:
    """Change the tree in one place at a time; yield the changed node, then undo the change."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.AugAssign):
            swap = SWAPS.get(type(node.op))
            if swap:
                before, node.op = node.op, swap()
                yield node
                node.op = before
        elif isinstance(node, ast.Compare):
            for i, before in enumerate(node.ops):
                node.ops[i] = SWAPS[type(before)]()
                yield node
                node.ops[i] = before
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
            before = node.value
            node.value = not before if isinstance(before, bool) else before + 1
            yield node
            node.value = before


def survives(copy: Path, tests: list[str]) -> bool:
    """Run the tests in the copy and say whether they all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def main(module: str, *tests: str, most: int = 0) -> None:
    """Mutate `module` and print survivors and the share killed; `most` draws a sample."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "course"
        ignore = shutil.ignore_patterns(".venv", ".git", "_build", "_demo", "*_cache")
        shutil.copytree(ROOT, copy, ignore=ignore)
        path = copy / module
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not survives(copy, list(tests)):
            sys.exit(f"the tests of {module} fail before anything is mutated")
        made = [(ast.unparse(tree), node.lineno, ast.unparse(node)) for node in mutants(tree)]
        if most:
            made = random.Random(0).sample(made, min(most, len(made)))
        killed = 0
        for source, line, text in made:
            path.write_text(source, encoding="utf-8")
            if survives(copy, list(tests)):
                print(f"survived: {module}:{line}: {text[:100]}", flush=True)
            else:
                killed += 1
        print(f"{module}: {killed} of {len(made)} mutants killed")


if __name__ == "__main__":
    sample = next((int(w[7:]) for w in sys.argv if w.startswith("--most=")), 0)
    main(*(word for word in sys.argv[1:] if not word.startswith("--most=")), most=sample)
