"""Does a class of each further topic get its exact scores from nbgrader?

`test_sample_class.py` looks at the first topic in every detail; here each topic is graded once.
"""

import pytest

from course_utils.checks.grade import grade
from course_utils.exercises import catalog, hidden_cases
from course_utils.grading.demo import grade_sample_class
from course_utils.grading.handout.sample_class import WRONG_STUDENTS, chosen_mistake, roster
from course_utils.grading.report.results import results
from tests.grading.handout.test_sample_class import ROOT, SECRET, SLUG, assert_recognised

FULL = "the course's own solution", "right", "a test cell removed", "a cell added"


@pytest.fixture(scope="module", params=[slug for slug in catalog() if slug != SLUG])
def graded(request, tmp_path_factory):
    """A topic, and the folder with its graded class."""
    root = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("COURSE_SECRET", SECRET)
        assert grade_sample_class(ROOT, root, request.param)
    return request.param, root


def scores(slug, root):
    return {result.student: result.scores for result in results(root, slug)}


def test_right_students_get_all_and_a_blank_one_nothing(graded):
    """Does each kind of submission get what it must, exercise by exercise?"""
    slug, root = graded
    found = scores(slug, root)
    points = {exercise.name: exercise.points for exercise in catalog()[slug]}
    names = [exercise.name for exercise in catalog()[slug] if not exercise.measured]
    lost = {"a syntax error": names[2], "an exception": names[2], "an endless loop": names[-1]}
    for student, kind in roster(slug).items():
        if kind.startswith(FULL):
            assert found[student] == points, student
        elif kind in lost:
            assert found[student] == points | {lost[kind]: 0}, student
        elif kind == "blank":
            assert set(found[student].values()) == {0}, student


def test_wrong_students_get_what_the_grader_says(graded, monkeypatch):
    """Is the gradebook's score that of the grader, called on the same wrong answer?"""
    slug, root = graded
    found = scores(slug, root)
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    for kind in range(WRONG_STUDENTS):
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
    for kind in range(WRONG_STUDENTS):
        assert_recognised(root, slug, kind)
