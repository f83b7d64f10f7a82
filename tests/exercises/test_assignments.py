"""The assignments: are wrong answers caught and named, and right ones not?"""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import textwrap
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_utils.checks.cases import CaseSet, Raised
from course_utils.checks.check import frozen_cases
from course_utils.checks.encode import decode_cases, encode_cases
from course_utils.checks.grade import grade
from course_utils.exercises import catalog, hidden_cases
from course_utils.exercises.exercise import Exercise

SLUGS = list(catalog())
EXERCISES = [exercise for exercises in catalog().values() for exercise in exercises]
SEEDS = range(20)
SOLUTIONS = Path(__file__).parent.parent.parent / "solutions"

each_slug = pytest.mark.parametrize("slug", SLUGS)
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
each_wrong = pytest.mark.parametrize(
    ("exercise", "name"),
    [pytest.param(e, name, id=f"{e.name}-{name}") for e in EXERCISES for name in e.wrong],
)
each_right = pytest.mark.parametrize(
    ("exercise", "name"),
    [pytest.param(e, name, id=f"{e.name}-{name}") for e in EXERCISES for name in e.right],
)


def slug_of(name: str) -> str:
    """Return the topic of an exercise."""
    return next(slug for slug in SLUGS if name in {e.name for e in catalog()[slug]})


@cache
def draws(name: str) -> tuple[CaseSet, ...]:
    """Return the cases that students have and one hidden draw for each seed.

    Shortcuts are not looked for: it takes longer than all the rest, and has a test of its own.
    """
    exercise = next(e for e in EXERCISES if e.name == name)
    seeds = SEEDS[:3] if exercise.probe else SEEDS  # networks take their time
    hidden = (exercise.cases(np.random.default_rng(seed), hidden=True) for seed in seeds)
    return tuple(replace(cases, forbidden=()) for cases in (frozen_cases(name), *hidden))


def alone(exercise: Exercise, function):
    """Run a function's source, without its decorators, after the assignment's imports alone."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree.body[0].decorator_list = []
    space = {}
    exec(setup(slug_of(exercise.name)) + "\n" + ast.unparse(tree), space)
    return space[function.__name__]


@each_wrong
def test_is_a_wrong_answer_caught_and_named(exercise: Exercise, name: str) -> None:
    """Does it lose points on every draw, on the same cases each time, and is it named first?"""
    wrong, _ = exercise.wrong[name]
    reports = [grade(cases, wrong) for cases in draws(exercise.name)]
    assert {report.mistakes[:1] for report in reports} == {(name,)}
    assert len({tuple(row.passed for row in report.rows) for report in reports}) == 1
    assert len({report.score for report in reports}) == 1
    assert reports[0].score < exercise.points


@each_right
def test_does_a_right_answer_get_full_marks(exercise: Exercise, name: str) -> None:
    """Does every style get all points, with no hint and no shortcut, whatever is drawn?"""
    assert grade(frozen_cases(exercise.name), exercise.right[name]).score == exercise.points
    for cases in draws(exercise.name):
        report = grade(cases, exercise.right[name])
        assert report.passed, str(report)
        assert report.score == exercise.points
        assert not report.mistakes


@each_exercise
def test_may_an_answer_be_an_object(exercise: Exercise) -> None:
    """Does an instance with `__call__` get full marks?"""

    class Answer:
        def __call__(self, *args, **kwargs):
            return exercise.reference(*args, **kwargs)

    assert grade(frozen_cases(exercise.name), Answer()).passed


@each_wrong
def test_does_a_wrong_answer_run_alone(exercise: Exercise, name: str) -> None:
    """Does a wrong answer that is pasted into a notebook come to the same?"""
    wrong, _ = exercise.wrong[name]
    cases = draws(exercise.name)[0]
    assert grade(cases, alone(exercise, wrong)).to_json() == grade(cases, wrong).to_json()


@each_right
def test_does_a_right_answer_run_alone(exercise: Exercise, name: str) -> None:
    """Does a right answer that is pasted into a notebook need nothing but its imports?"""
    assert grade(draws(exercise.name)[0], alone(exercise, exercise.right[name])).passed


@each_exercise
def test_are_there_enough_answers(exercise: Exercise) -> None:
    """Are there at least six wrong answers, each with one sentence of its own, and two right?"""
    sentences = [sentence for _, sentence in exercise.wrong.values()]
    assert len(sentences) >= 6
    assert len(set(sentences)) == len(sentences)
    assert len(exercise.right) >= 2
    for sentence in sentences:
        assert 20 <= len(sentence) <= 200
        assert sentence.endswith(".")
        assert not {"simply", "just", "obviously"} & set(sentence.lower().split())


def test_has_every_mistake_its_own_sentence() -> None:
    """Is no sentence said for two different mistakes?"""
    sentences = [sentence for e in EXERCISES for _, sentence in e.wrong.values()]
    assert len(set(sentences)) == len(sentences)


@each_exercise
def test_do_the_cases_keep_their_form(exercise: Exercise) -> None:
    """Are labels the same on every draw, and is at most a third of the points for errors?"""
    drawn = draws(exercise.name)
    assert len({tuple(case.label for case in cases.cases) for cases in drawn}) == 1
    labels = [case.label for case in drawn[0].cases]
    assert len(set(labels)) == len(labels)
    weights = [case.weight for case in drawn[0].cases]
    errors = [case.weight for case in drawn[0].cases if isinstance(case.expected, Raised)]
    assert len(errors) >= 2 or exercise.probe  # some networks take whatever sizes there are
    assert sum(errors) <= sum(weights) / 3


@each_exercise
def test_do_hidden_cases_follow_the_secret(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Does another secret give other numbers, and the same secret the same?"""
    texts = []
    for secret in ("one", "two", "one"):
        monkeypatch.setenv("COURSE_SECRET", secret)
        texts.append(json.dumps(encode_cases(hidden_cases(exercise.name))))
    assert texts[0] == texts[2] != texts[1]


@each_exercise
def test_can_the_cases_be_frozen(exercise: Exercise) -> None:
    """Do cases survive JSON, and are their inputs short, so that a person can read them?"""
    cases = draws(exercise.name)[0]
    text = json.dumps(encode_cases(cases))
    assert json.dumps(encode_cases(decode_cases(json.loads(text)))) == text
    assert len(text) < 400_000


def of_topic(slug: str):
    return pytest.mark.parametrize("exercise", catalog()[slug], ids=lambda e: e.name)


@of_topic("convolution-arithmetic")
def test_are_the_numbers_small_and_whole(exercise: Exercise) -> None:
    """Are all numbers small and whole, with no negative zero, so that one can count along?"""
    for case in draws(exercise.name)[0].cases:
        for value in (*case.args, getattr(case.expected, "value", 0)):
            numbers = np.array(value)
            assert np.array_equal(numbers, np.round(numbers))
            assert not np.signbit(numbers[numbers == 0]).any()


@of_topic("convolution-arithmetic")
def test_are_the_shapes_unfriendly(exercise: Exercise) -> None:
    """Has no output of several numbers as many rows as columns?"""
    for cases in draws(exercise.name):
        for case in cases.cases:
            value = getattr(case.expected, "value", None)
            if exercise.name == "conv_output_shape" and value is not None:
                assert len(set(value)) == 3
            if isinstance(value, np.ndarray) and value[0].size > 1:
                assert value.shape[-2] != value.shape[-1]


def blank(*args, **kwargs):
    raise NotImplementedError


def refuses(*args, **kwargs):
    raise ValueError("no")


@pytest.mark.parametrize("answer", [blank, refuses, lambda *args, **kwargs: None])
@each_exercise
def test_does_no_answer_earn_nothing(exercise: Exercise, answer) -> None:
    """Do a blank cell, an empty function and one that always raises score 0?"""
    assert grade(frozen_cases(exercise.name), answer).score == 0


@cache
def notebook(slug: str) -> nbformat.NotebookNode:
    return nbformat.read(SOLUTIONS / slug / f"{slug}.ipynb", as_version=nbformat.NO_CONVERT)


def cells(slug: str, key: str) -> list[nbformat.NotebookNode]:
    """Return the cells that nbgrader knows with `key` set, in order."""
    return [cell for cell in notebook(slug).cells if cell.metadata.get("nbgrader", {}).get(key)]


def setup(slug: str) -> str:
    """Return the notebook's first code cell, which imports what answers need."""
    return next(cell.source for cell in notebook(slug).cells if cell.cell_type == "code")


@cache
def solutions(slug: str) -> dict:
    """Run the notebook's answers, without its checks."""
    space = {"__name__": "solutions"}
    exec(setup(slug), space)
    for cell in cells(slug, "solution"):
        exec(cell.source, space)
    return space


@each_slug
def test_does_the_notebook_check_each_exercise_once(slug: str) -> None:
    """Are the test cells one line each, in the order of the exercises, worth the same points?"""
    found = [
        (cell.metadata.nbgrader.grade_id, cell.source, cell.metadata.nbgrader.points)
        for cell in cells(slug, "grade")
    ]
    assert found == [(e.name, f'check("{e.name}", {e.name})', e.points) for e in catalog()[slug]]


@each_slug
def test_is_each_answer_between_its_statement_and_its_check(slug: str) -> None:
    """Does every exercise come as statement, answer, check, with cells that know their part?"""
    known = [cell for cell in notebook(slug).cells if "nbgrader" in cell.metadata]
    order = [cell.metadata.nbgrader.grade_id for cell in known]
    parts = [(f"{e.name}-statement", f"{e.name}-answer", e.name) for e in catalog()[slug]]
    assert order == ["setup", *(part for three in parts for part in three)]
    assert [cell.id for cell in known] == order
    for cell in known:
        part = cell.metadata.nbgrader
        assert part.schema_version == 3
        assert part.locked is not part.solution
        assert ("### BEGIN SOLUTION" in cell.source) is part.solution


@each_exercise
def test_does_the_statement_name_function_and_points(exercise: Exercise) -> None:
    """Is the statement's heading in step with the exercise, and does it say what is refused?"""
    slug = slug_of(exercise.name)
    cell = next(c for c in notebook(slug).cells if c.id == f"{exercise.name}-statement")
    number = catalog()[slug].index(exercise) + 1
    unit = "point" if exercise.points == 1 else "points"
    heading = f"### {number}. `{exercise.name}` ({exercise.points} {unit})"
    assert cell.source.splitlines()[0] == heading
    refuses = any(isinstance(case.expected, Raised) for case in draws(exercise.name)[0].cases)
    assert ("**Raise a `ValueError`**" in cell.source) is refuses
    assert "**Example.**" in cell.source


@each_exercise
def test_is_the_authors_solution_right(exercise: Exercise) -> None:
    """Does the solution in the notebook get full marks on every draw?"""
    for cases in draws(exercise.name):
        report = grade(cases, solutions(slug_of(exercise.name))[exercise.name])
        assert report.passed, str(report)


@each_exercise
def test_do_the_examples_of_the_statement_hold(exercise: Exercise) -> None:
    """Does the worked example in the docstring come out as written?"""
    space = solutions(slug_of(exercise.name))
    parser = doctest.DocTestParser()
    test = parser.get_doctest(space[exercise.name].__doc__, dict(space), exercise.name, None, 0)
    said: list[str] = []
    result = doctest.DocTestRunner().run(test, out=said.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(said)
