"""Mutate modules and count how many mutants their tests kill.

    python -m tests.mutate reference/pooling reference/lstm

takes ``course_utils/reference/pooling.py`` and ``tests/reference/test_pooling.py``, and so on;
``--most=20`` draws twenty mutants of each module. The work is done in a copy of the checkout, so
that the tree is never touched. Each mutant is tested in a process forked from this one, in which
the slow imports are done.

A mutant that survives is printed: it is either equivalent, or a test is missing. Those known to be
equivalent are listed in ``tests/equivalent_mutants.txt``, each with the reason. They are run too,
so that the list stays honest: an entry whose mutant is killed, or is no longer made, is printed.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

from course_utils.mutants import Mutant, mutants

ROOT = Path(__file__).parent.parent
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.txt"
# The kinds that are taken here. The others (names, order, arguments, statements) make four times as
# many mutants, and do for a short answer what would take hours for a library.
KINDS = {
    "operator", "comparison", "condition", "constant", "axis", "dropped term", "assignment",
}  # fmt: skip
SECONDS = 90  # a mutant that takes longer loops for ever, and counts as killed


class Score(NamedTuple):
    """What became of the mutants of a module; `stale` counts entries of the list."""

    made: int
    killed: int
    equivalent: int
    survived: int
    stale: int

    def __str__(self) -> str:
        """Return the counts as a phrase."""
        counts = f"{self.killed} of {self.made} mutants killed, {self.equivalent} equivalent"
        return f"{counts}, {self.survived} survived, {self.stale} entries stale"


def score(module: str, most: int | None) -> Score:
    """Mutate one module, print what needs a hand, and return the counts."""
    tests, listed = tests_of(module), equivalent_mutants(module)
    source = (ROOT / "course_utils" / f"{module}.py").read_text(encoding="utf-8")
    made = [
        mutant
        for mutant in mutants(source)
        if mutant.kind in KINDS and bare(mutant.source) != bare(source)
    ]
    chosen = made if most is None else random.Random(0).sample(made, min(most, len(made)))
    alive: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_checkout(Path(folder) / "course")
        if not survives(copy, tests):
            sys.exit(f"{' '.join(tests)} fails before anything is mutated")
        for mutant in chosen:
            (copy / "course_utils" / f"{module}.py").write_text(mutant.source, encoding="utf-8")
            name = name_of(mutant, module, source)
            if survives(copy, tests):
                alive.append(name)
                if name not in listed:
                    print(f"survived, line {mutant.line}, {name}", flush=True)
    stale = listed - set(alive)
    if most is not None:  # a mutant that was not drawn is not known to be killed
        stale -= {name_of(mutant, module, source) for mutant in made if mutant not in chosen}
    for name in sorted(stale):
        print(f"listed, but killed or not made, {name}", flush=True)
    equivalent = sum(name in listed for name in alive)
    killed = len(chosen) - len(alive)
    return Score(len(chosen), killed, equivalent, len(alive) - equivalent, len(stale))


def name_of(mutant: Mutant, module: str, source: str) -> str:
    """Return ``module function: statement``, with the statement as the mutant has it.

    It says what is changed and where, and outlives a change of line numbers.
    """
    function = ".".join(
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.lineno <= mutant.line <= (node.end_lineno or node.lineno)
    )
    lines = ast.unparse(ast.parse(source)).splitlines(), mutant.source.splitlines()
    pairs = zip(*lines, strict=False)  # a dropped block leaves fewer lines
    before, after = next((one.strip(), other.strip()) for one, other in pairs if one != other)
    statement = f"pass instead of {before}" if after == "pass" else after
    return f"{' '.join([module, function]).strip()}: {statement}"


def bare(source: str) -> str:
    """Return a program without annotations and aliases of types, which nothing reads in a run."""
    tree = ast.parse(source)
    tree.body = [
        node for node in tree.body if not is_alias(node) and not isinstance(node, ast.Pass)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.unparse(tree)


def is_alias(node: ast.stmt) -> bool:
    """Say whether a statement only names a type, as ``Array = NDArray[Any]`` does."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)


def equivalent_mutants(module: str) -> set[str]:
    """Return the names of a module's listed mutants: the lines that are not indented."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line.startswith((f"{module} ", f"{module}:"))}


def tests_of(module: str) -> list[str]:
    """Return the module's own tests, else all that import it."""
    folder, _, name = module.rpartition("/")
    own = f"tests/{folder}/test_{name}.py"
    if (ROOT / own).is_file():
        return [own]
    wanted = f"course_utils.{folder.replace('/', '.')}.{name} "
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(f.relative_to(ROOT)) for f in files if wanted in f.read_text(encoding="utf-8")]


def copy_checkout(copy: Path) -> Path:
    """Copy the checkout without what is built from it."""
    built = (".venv", ".git", "_build", "_demo", "*_cache", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*built))
    return copy


def survives(copy: Path, tests: list[str]) -> bool:
    """Run the tests in the copy, in a process of their own, and say whether they all pass."""
    child = os.fork()
    if child == 0:
        run_tests(copy, tests)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        finished, status = os.waitpid(child, os.WNOHANG)
        if finished:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def run_tests(copy: Path, tests: list[str]) -> None:
    """Run the tests in silence and end this process with pytest's exit status."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    hypothesis.settings.register_profile("mutants", database=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    status = pytest.main(["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", *tests])
    os._exit(int(status))


def main() -> int:
    """Mutate each module in turn; return 1 if a test or an entry of the list needs a hand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="such as reference/pooling")
    parser.add_argument("--most", type=int, help="draw at most so many mutants of each module")
    arguments = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # a fork wants one thread
    for name in ("numpy", "torch"):  # not before: they read these variables when imported
        importlib.import_module(name)
    scores = []
    for module in arguments.modules:
        scores.append(score(module, arguments.most))
        print(f"{module}: {scores[-1]}", flush=True)
    total = Score(*(sum(column) for column in zip(*scores, strict=True)))
    print(f"all: {total}")
    return 1 if total.survived or total.stale else 0


if __name__ == "__main__":
    sys.exit(main())
