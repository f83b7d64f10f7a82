"""The proof of the grader: does every wrong answer made from a right one lose points?

    python -m tests.exercises.test_solution_mutants

prints how many mutants of each exercise are killed, and how many of those a tutor's sentence meets.
The right answers are the solution in the notebook, the reference, and the corpus's other styles. A
mutant that keeps all points must stand in ``equivalent_mutants/`` with the reason why nobody can
see a difference, and the inputs of ``probes/`` must not show one either.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import os
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

import course_utils.checks.call as calling
from course_utils.checks.cases import Case, CaseSet, Raised, Returned
from course_utils.checks.compare import compare
from course_utils.checks.diagnose import same_outcome
from course_utils.checks.encode import strided
from course_utils.checks.grade import grade
from course_utils.checks.probes import probed
from course_utils.checks.report import Report
from course_utils.exercises import Exercise, case, catalog, find, hidden_cases
from course_utils.exercises.exercise import Function
from tests.mutants import Mutant, mutants

HERE = Path(__file__).parent
SOLUTIONS = HERE.parent.parent / "solutions"
EQUIVALENT = HERE / "equivalent_mutants"
NAMES = [exercise.name for exercises in catalog().values() for exercise in exercises]
SECRETS = ("first", "second", "third", "fourth", "fifth")
SECONDS = 0.2  # for one call of a mutant that is to be killed, because some never end

each_name = pytest.mark.parametrize("name", NAMES)
# The time limit of a mutant may ring in the collector's callback of hypothesis, and be swallowed
# there; it rings again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
some_probes = pytest.mark.parametrize("most", [100, pytest.param(1500, marks=pytest.mark.slow)])


@dataclass(frozen=True)
class Answer:
    """A right answer as source, with the names that it needs around it."""

    name: str
    style: str
    source: str
    names: dict[str, Any]

    def run(self, source: str) -> Function:
        """Return the answer that a source defines, the answer's own or a mutant's."""
        space = dict(self.names)
        exec(source, space)
        return space[self.name]


@cache
def answers(name: str) -> tuple[Answer, ...]:
    """Return the solution in the notebook, the reference and the corpus's right answers."""
    slug = next(s for s, exercises in catalog().items() if name in {e.name for e in exercises})
    exercise = find(name)
    sources, space = solutions(slug)
    found = [Answer(name, "solution", sources[name], space)]
    for style, function in {"reference": exercise.reference, **exercise.right}.items():
        definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.name, definition.decorator_list, definition.returns = name, [], None
        for argument in ast.walk(definition.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        found.append(Answer(name, style, ast.unparse(definition), function.__globals__))
    return tuple(found)


@cache
def solutions(slug: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the answer cells' sources by exercise, and the names that they define."""
    notebook = nbformat.read(SOLUTIONS / slug / f"{slug}.ipynb", as_version=nbformat.NO_CONVERT)
    sources: dict[str, str] = {}
    space: dict[str, Any] = {}
    imports = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    exec(imports, space)
    for cell in notebook.cells:
        part = cell.metadata.get("nbgrader", {})
        if part.get("solution"):
            sources[part["grade_id"].removesuffix("-answer")] = cell.source
            exec(cell.source, space)
    return sources, space


@cache
def made(name: str) -> tuple[tuple[str, Answer, Mutant], ...]:
    """Return all mutants of an exercise that can be defined, each with its name in the list."""
    found = []
    for answer in answers(name):
        seen: Counter[str] = Counter()
        for mutant in mutants(answer.source):
            seen[mutant.change] += 1
            count = f" ({seen[mutant.change]})" if seen[mutant.change] > 1 else ""
            try:
                answer.run(mutant.source)
            except Exception:  # say, a default that divides by zero
                continue
            found.append((f"{name}/{answer.style}: {mutant.change}{count}", answer, mutant))
    return tuple(found)


@cache
def equivalent() -> dict[str, str]:
    """Return the listed mutants with the reason that stands above them."""
    found: dict[str, str] = {}
    reason: list[str] = []
    ended = True
    for path in sorted(EQUIVALENT.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                reason = [line[2:]] if ended else [*reason, line[2:]]
                ended = False
            elif line:
                assert line not in found, f"{line} is listed twice"
                found[line] = " ".join(reason)
                ended = True
    return found


@contextmanager
def calls(seconds: float = calling.SECONDS) -> Iterator[None]:
    """Set the limit for one call, and let a mutant warn as it may in a notebook."""
    before, calling.SECONDS = calling.SECONDS, seconds
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        calling.SECONDS = before


def drawn(name: str, secret: str) -> CaseSet:
    """Draw an exercise's hidden cases with a secret of the test's own."""
    before = os.environ.get("COURSE_SECRET")
    os.environ["COURSE_SECRET"] = secret
    try:
        return hidden_cases(name)
    finally:
        os.environ.pop("COURSE_SECRET")
        if before is not None:
            os.environ["COURSE_SECRET"] = before


@cache
def graded(name: str) -> dict[str, Report]:
    """Grade every mutant of an exercise on one draw."""
    cases = drawn(name, SECRETS[0])
    with calls(SECONDS):
        return {key: grade(cases, answer.run(m.source)) for key, answer, m in made(name)}


def bare_cases(cases: CaseSet) -> CaseSet:
    """Leave out a tutor's sentences and the shortcuts, which take ten times as long as the rest."""
    bare = tuple(replace(one, mistakes={}) for one in cases.cases)
    return replace(cases, cases=bare, forbidden=())


def passes(cases: CaseSet, function: Function, seconds: float) -> bool:
    """Say whether every case is right, and look no further than the first one that is not."""
    bare = bare_cases(cases)
    singles = (replace(bare, cases=(one,)) for one in bare.cases)
    with calls(seconds):
        return all(grade(single, function).passed for single in singles)


@pytest.mark.parametrize(
    "secret", [SECRETS[0], *(pytest.param(s, marks=pytest.mark.slow) for s in SECRETS[1:])]
)
@each_name
def test_does_every_mutant_fail_a_case(name: str, secret: str) -> None:
    """Is a right answer with one fault caught on each draw, but for the listed mutants?"""
    if find(name).probe and secret != SECRETS[0]:
        return  # a network takes its time, and its numbers follow from a seed alone
    cases = drawn(name, secret)
    listed = {key for key in equivalent() if key.startswith(f"{name}/")}
    kept = {
        key
        for key, answer, mutant in made(name)
        if passes(cases, answer.run(mutant.source), calling.SECONDS if key in listed else SECONDS)
    }
    assert not kept - listed, "\n".join(["these pass every case:", *sorted(kept - listed)])
    assert not listed - kept, "\n".join(["listed, but not made or killed:", *sorted(listed - kept)])


@each_name
def test_does_every_failed_case_cost_points(name: str) -> None:
    """Does an answer that is right but for one case get less than full marks?"""
    exercise, cases = find(name), bare_cases(drawn(name, SECRETS[0]))
    for missed in range(len(cases.cases)):
        number = itertools.count()

        def misses_one(*args: Any, number=number, missed=missed, **kwargs: Any) -> Any:
            if next(number) == missed:
                return "something else"
            return exercise.reference(*args, **kwargs)

        assert grade(cases, misses_one).score < exercise.points


def test_has_every_listed_mutant_a_reason() -> None:
    """Does the list say why, in a sentence, and is each exercise in it a real one?"""
    for key, reason in equivalent().items():
        assert reason.endswith("."), key
        assert key.partition("/")[0] in NAMES


@some_probes
@each_name
def test_can_no_probe_tell_a_listed_mutant_from_the_original(name: str, most: int) -> None:
    """Do they agree on many small inputs, sensible ones and ones to refuse?"""
    listed = [(key, answer, m) for key, answer, m in made(name) if key in equivalent()]
    with calls():
        for key, answer, mutant in listed:
            told = told_apart(name, most, answer.run(answer.source), answer.run(mutant.source))
            assert told is None, f"{key}\n{told}"


@some_probes
@each_name
def test_do_all_right_answers_agree_with_the_reference(name: str, most: int) -> None:
    """Do they come to the same on every probe, errors included?"""
    with calls():
        for answer in answers(name):
            told = told_apart(name, most, find(name).reference, answer.run(answer.source))
            assert told is None, f"{answer.style}\n{told}"


@pytest.mark.parametrize("form", ["instance", "method", "lambda", "partial"])
@each_name
def test_may_a_right_answer_be_anything_that_can_be_called(name: str, form: str) -> None:
    """Does every style get full marks as an object, a method, a lambda and a partial?"""

    class Holder:
        def __init__(self, function: Function) -> None:
            self.function = function

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return self.function(*args, **kwargs)

    wrap: Callable[[Function], Function] = {
        "instance": Holder,
        "method": lambda function: Holder(function).__call__,
        "lambda": lambda function: lambda *args, **kwargs: function(*args, **kwargs),
        "partial": lambda function: partial(function),
    }[form]
    for answer in answers(name):
        report = grade(drawn(name, SECRETS[0]), wrap(answer.run(answer.source)))
        assert report.score == find(name).points, f"{answer.style}\n{report}"


def test_may_an_answer_be_a_builtin() -> None:
    """Does a function without Python source get full marks?"""
    inputs = [case("two and three", 2, 3), case("a tie", 4, 4)]
    largest = Exercise("largest", 1, lambda a, b: a if a > b else b, lambda rng: inputs)
    assert grade(largest.cases(np.random.default_rng(0)), max).passed


@each_name
def test_does_a_right_answer_only_read(name: str) -> None:
    """Does every style work on arrays that cannot be written and are not contiguous?"""
    for asked in drawn(name, SECRETS[0]).cases:
        if not isinstance(asked.expected, Returned):
            continue
        args = [_read_only(arg) if isinstance(arg, np.ndarray) else arg for arg in asked.args]
        for answer in answers(name):
            function = probed(answer.run(answer.source), find(name).probe)
            value = function(*args, **asked.kwargs)
            assert compare(asked.expected.value, value) is None, answer.style


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = strided(array)
    copy.flags.writeable = False
    return copy


def told_apart(name: str, most: int, one: Function, other: Function) -> str | None:
    """Return the first of `most` probes on which two functions differ, with what each came to."""
    functions = [probed(function, find(name).probe) for function in (one, other)]
    for tried in probes(name)[:most]:
        outcomes = [calling.call(function, tried) for function in functions]
        if not same_outcome(*outcomes):
            return f"{tried.args}, {tried.kwargs}: {outcomes[0]}, {outcomes[1]}"
    return None


@cache
def known_probes() -> dict[str, Callable[[np.random.Generator], Iterator[Case]]]:
    """Return what makes the probes of each exercise, from all modules beside this one."""
    found = {}
    for path in sorted((HERE / "probes").glob("*.py")):
        module = importlib.import_module(f"tests.exercises.probes.{path.stem}")
        found |= getattr(module, "PROBES", {})
    return found


@cache
def probes(name: str) -> tuple[Case, ...]:
    """Return many small inputs of an exercise, about half of them such as must be refused."""
    rng = np.random.default_rng(0)
    inputs = list(known_probes()[name](rng))
    return tuple(inputs[i] for i in rng.permutation(len(inputs)))


def kind(name: str, report: Report) -> str:
    """Say how a mutant's fault came out."""
    if report.score >= find(name).points:
        return "equivalent"
    if report.mistakes:
        return "sentence"
    wrong = [row for row in report.rows if row.passed is False and row.error != "raised"]
    if not wrong:
        return "raises"
    cases = drawn(name, SECRETS[0]).cases
    refused = all(isinstance(cases[row.number - 1].expected, Raised) for row in wrong)
    return "accepts" if refused else "wrong"


def table() -> str:
    """Return, for each exercise, how many mutants were made and what became of them."""
    kinds = ("equivalent", "raises", "sentence", "accepts", "wrong")
    head = ("mistakes", "mutants", "killed", *kinds)
    rows = []
    for name in NAMES:
        count = Counter(kind(name, report) for report in graded(name).values())
        killed = count.total() - count["equivalent"]
        rows.append([len(find(name).wrong), count.total(), killed, *(count[k] for k in kinds)])
    rows.append([sum(column) for column in zip(*rows, strict=True)])
    lines = [f"{'':20}" + "".join(f"{title:>12}" for title in head)]
    for name, row in zip([*NAMES, "all"], rows, strict=True):
        lines.append(f"{name:20}" + "".join(f"{number:12}" for number in row))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
