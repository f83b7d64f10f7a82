"""Does a class of each further topic get its exact scores from nbgrader?

`test_sample_class.py` looks at the first topic in every detail; here each topic is graded once, by
a few students whose answers are its own: right ones, wrong ones and none. All right answers and all
mistakes meet the grader, without notebooks, in `tests/exercises/`.
"""

import pytest

from course_utils.checks.grade import grade
from course_utils.exercises import catalog, hidden_cases
from course_utils.grading.demo import grade_class, release_class
from course_utils.grading.handout.sample_class import chosen_mistake, roster
from course_utils.grading.report.results import results
from tests.grading.handout.test_sample_class import ROOT, SECRET, SLUG, assert_recognised

FULL = "the course's own solution"
KINDS = (0,)  # of the wrong students
WRONG = tuple(f"wrong, kind {kind + 1}" for kind in KINDS)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The folder of a term in which all topics are released at once."""
    root = tmp_path_factory.mktemp("term")
    release_class(ROOT, root, "*")
    return root


@pytest.fixture(scope="module", params=[slug for slug in catalog() if slug != SLUG])
def graded(request, root):
    """A topic, and the folder in which its class is graded."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("COURSE_SECRET", SECRET)
        grade_class(ROOT, root, request.param, {FULL, *WRONG, "blank"})
    return request.param, root


def scores(slug, root):
    return {result.student: result.scores for result in results(root, slug)}


def test_a_right_student_gets_all_and_a_blank_one_nothing(graded):
    """Does each submission get what it must, exercise by exercise?"""
    slug, root = graded
    found = scores(slug, root)
    points = {exercise.name: exercise.points for exercise in catalog()[slug]}
    of_kind = {kind: found[student] for student, kind in roster(slug).items() if student in found}
    assert of_kind[FULL] == points
    assert set(of_kind["blank"].values()) == {0}


def test_wrong_students_get_what_the_grader_says(graded, monkeypatch):
    """Is the gradebook's score that of the grader, called on the same wrong answer?"""
    slug, root = graded
    found = scores(slug, root)
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    for kind in KINDS:
        for place, exercise in enumerate(catalog()[slug]):
            wrong = exercise.mistakes[chosen_mistake(exercise, place, kind)].function
            score = grade(hidden_cases(exercise.name), wrong).score
            there = found[f"student-{4 + kind:03}"][exercise.name]
            # What is measured has other data for each submission, on which it scores otherwise.
            assert exercise.measured or there == score
            assert there < exercise.points


def test_wrong_students_hear_the_right_sentence(graded):
    """Is each wrong answer recognised after its way through notebook, sandbox and judge?"""
    slug, root = graded
    for kind in KINDS:
        assert_recognised(root, slug, kind)
