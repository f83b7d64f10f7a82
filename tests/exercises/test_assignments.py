"""The assignments: is every exercise in order, and does its notebook say what it says?"""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import nbformat
import pytest

from course_utils.authoring import prove
from course_utils.authoring.changes import prove_changes, without_mistakes
from course_utils.authoring.prove import CHECKS, work
from course_utils.authoring.screen import in_book, in_notebook
from course_utils.checks.grade import grade
from course_utils.exercises import catalog, find
from course_utils.exercises.catalog import drawn_cases, exercise_names, topics
from course_utils.grading.handout.assignment import write_exercises

COURSE = Path(__file__).parent.parent.parent
NAMES = [name for slug in topics() for name in exercise_names(slug)]
TRIED = 25  # changes of an exercise's right answers; `course prove` tries all
MOST_WORK = 95_000  # calls that a topic may cost; 83,000 took less than a minute of one core


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch):
    """Try answers on a few draws; `course prove` tries them on many."""
    monkeypatch.setattr(prove, "effort", prove.SAMPLE)


each_slug = pytest.mark.parametrize("slug", topics())
each_name = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]
)
# Where answers are measured, a changed one may be as good.
each_that_has_one_answer = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xdist_group(name))
        for name in NAMES
        if not find(name).measured
    ],
)


# A mistake may build a layer without weights, of which PyTorch warns; it is no error in a notebook.
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@each_name
def test_is_an_exercise_in_order(name, check):
    """Has nobody anything to do?"""
    assert list(check(find(name))) == []


# A time limit may ring in the collector's callback of hypothesis, and be swallowed there.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@each_that_has_one_answer
def test_does_a_changed_answer_lose_points(name):
    """Is a right answer with one fault caught on each draw, if anything can tell it from right?"""
    proof = prove_changes(find(name), most=TRIED)
    assert not proof.holes, "\n".join(proof.holes)
    assert proof.caught > 5 * proof.equivalent


@each_name
def test_does_every_failed_case_cost_points(name):
    """Does an answer that is right but for one case get less than full marks?"""
    exercise = find(name)
    cases = without_mistakes(drawn_cases(exercise, "one"))
    for missed in range(len(cases.cases)):
        number = itertools.count()

        def misses_one(*args, number=number, missed=missed, **kwargs):
            if next(number) == missed:
                return "something else"
            return exercise.reference_or_model(*args, **kwargs)

        assert grade(cases, misses_one).score < exercise.points


@each_slug
def test_does_a_topic_take_no_more_than_its_share(slug):
    """Is the number of calls that its tests make below the share of a topic?"""
    assert sum(work(exercise) for exercise in catalog()[slug]) <= MOST_WORK


def test_has_every_mistake_its_own_sentence():
    """Is no sentence said for two different mistakes of the whole course?"""
    said = [m.sentence for name in NAMES for m in find(name).mistakes.values()]
    assert len(set(said)) == len(said)


@each_slug
def test_does_the_notebook_say_what_the_exercises_say(slug):
    """Are headings, answers, checks and points in step?"""
    assert write_exercises(COURSE, slug, check=True) == []


@cache
def notebook(slug):
    path = COURSE / "solutions" / slug / f"{slug}.ipynb"
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@each_slug
def test_do_the_cells_know_their_part(slug):
    """Has each cell an id that is its grade_id, and is it locked unless it is an answer?"""
    known = [cell for cell in notebook(slug).cells if "nbgrader" in cell.metadata]
    for cell in known:
        part = cell.metadata.nbgrader
        assert cell.id == part.grade_id
        assert part.schema_version == 3
        assert part.locked is not part.solution
        assert part.solution is part.grade_id.endswith("-answer")


@each_slug
def test_does_the_statement_say_what_is_refused_and_give_an_example(slug):
    """Does a statement name the error where a case asks for one, and there alone?"""
    for exercise in catalog()[slug]:
        assert [*in_notebook(COURSE, exercise), *in_book(COURSE, exercise)] == [], exercise.name


@each_slug
def test_does_the_head_say_the_points(slug):
    """Does the first cell name the sum of the points, which are those of the exercises?"""
    cells = {cell.id: cell for cell in notebook(slug).cells}
    for exercise in catalog()[slug]:
        assert cells[exercise.name].metadata.nbgrader.points == exercise.points, exercise.name
    total = sum(exercise.points for exercise in catalog()[slug])
    assert f"There are {total:g} points in all" in " ".join(notebook(slug).cells[0].source.split())
