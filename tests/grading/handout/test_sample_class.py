"""Does nbgrader, with this course's configuration, give each submission its exact score?"""

import csv
from pathlib import Path

import nbformat
import pytest

from course_utils import cli
from course_utils.checks.grade import grade
from course_utils.checks.report import MIME
from course_utils.exercises import catalog, hidden_cases
from course_utils.grading.demo import grade_sample_class, summary
from course_utils.grading.handout.sample_class import (
    WRONG_STUDENTS,
    answer_source,
    chosen_mistake,
    roster,
)
from course_utils.grading.report.class_report import common_mistakes
from course_utils.grading.report.results import results

ROOT = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"
EXERCISES = catalog()[SLUG]
POINTS = {exercise.name: exercise.points for exercise in EXERCISES}
RIGHT = list(POINTS.values())
MEASURED = EXERCISES[-1].name  # it calls the answer to an earlier exercise, be it wrong

SECRET = "of the sample class"  # with others a wrong answer may now and then get a case by chance

# Scores in the order of the assignment.
SCORES = {
    "student-001": RIGHT,
    "student-002": RIGHT,
    "student-003": RIGHT,
    "student-010": RIGHT,
    "student-011": [0] * len(RIGHT),
    "student-012": [*RIGHT[:2], 0, *RIGHT[3:]],
    "student-013": [*RIGHT[:2], 0, *RIGHT[3:]],
    "student-014": [*RIGHT[:-3], 0, *RIGHT[-2:]],
    "student-015": RIGHT,
    "student-016": RIGHT,
}

# The wrong students, who keep the points of the cases that they get right.
WRONG = {
    "student-004": [1.49, 0.41, 0.0, 0.33, 0.33, 0.0, 0.96, 1.44, 1.33],
    "student-005": [1.75, 0.41, 0.0, 0.33, 0.33, 0.0, 0.96, 1.44, 1.33],
    "student-006": [0.0, 0.26, 0.0, 0.33, 0.33, 0.0, 0.96, 1.44, 1.33],
    "student-007": [1.24, 0.26, 0.44, 0.5, 0.33, 1.71, 0.96, 1.44, 1.5],
    "student-008": [0.99, 0.0, 0.44, 0.17, 0.0, 1.71, 0.96, 0.0, 1.5],
    "student-009": [1.49, 0.0, 0.44, 0.67, 0.0, 1.71, 0.0, 0.0, 1.5],
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder with the graded class."""
    root = tmp_path_factory.mktemp("class")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    assert grade_sample_class(ROOT, root, SLUG)
    monkeypatch.undo()
    return root


@pytest.fixture(scope="module")
def scores(graded):
    """The scores in nbgrader's gradebook, by student and exercise."""
    return {result.student: result.scores for result in results(graded, SLUG)}


def test_the_class_is_of_sixteen(scores):
    """Is everyone graded, broken notebooks included?"""
    assert list(scores) == [f"student-{i:03}" for i in range(1, 17)]
    assert list(roster(SLUG)) == list(scores)
    assert set(SCORES) | WRONG.keys() == set(scores)


@pytest.mark.parametrize("student", SCORES)
def test_scores_are_exact(scores, student):
    """Does each submission get, exercise by exercise, what it must?"""
    assert scores[student] == dict(zip(POINTS, SCORES[student], strict=True))


@pytest.mark.parametrize("student", WRONG)
def test_wrong_answers_keep_the_points_of_the_cases_that_are_right(scores, student):
    """Are partial scores exact, too?"""
    found = dict(scores[student])
    assert 0 <= found.pop(MEASURED) < POINTS[MEASURED]
    assert list(found.values()) == WRONG[student]


@pytest.mark.parametrize("kind", range(WRONG_STUDENTS))
def test_scores_in_the_kernel_are_those_of_the_grader(scores, kind, monkeypatch):
    """Is nothing gained or lost between the grader and nbgrader's gradebook?"""
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    student = f"student-{4 + kind:03}"
    for place, exercise in enumerate(EXERCISES[:-1]):
        wrong = exercise.mistakes[chosen_mistake(exercise, place, kind)].function
        assert scores[student][exercise.name] == grade(hidden_cases(exercise.name), wrong).score


def test_every_wrong_answer_is_recognised_in_the_class(graded):
    """Does each wrong student hear the sentence of the very mistake that was handed in?"""
    for kind in range(WRONG_STUDENTS):
        assert_recognised(graded, SLUG, kind)


def assert_recognised(root, slug, kind):
    """See that each mistake of a wrong student is named, but of what is measured."""
    path = root / "autograded" / f"student-{4 + kind:03}" / slug / f"{slug}.ipynb"
    said = [
        output.data[MIME]["mistakes"][:1]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    ]
    assert said == [
        [] if exercise.measured else [chosen_mistake(exercise, place, kind)]
        for place, exercise in enumerate(catalog()[slug])
    ]


@pytest.mark.parametrize("student", roster(SLUG))
def test_feedback_shows_a_table_for_each_check_that_ran(graded, student):
    """Does each student's page hold the tables, and no expected number of a hidden case?"""
    page = (graded / "feedback" / student / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    without_function = student == "student-012"  # a syntax error leaves nothing to check
    assert page.count('class="course-check"') == len(EXERCISES) - without_function
    assert "Expected" not in page


def test_grades_are_exported(graded, scores):
    """Does nbgrader's CSV hold a line for each student, with the total?"""
    with (graded / "grades.csv").open(encoding="utf-8") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert totals == {
        student: pytest.approx(sum(by_name.values())) for student, by_name in scores.items()
    }


def test_a_second_time_nothing_is_done(graded):
    """Is a class that is graded from the same files left alone?"""
    before = (graded / "gradebook.db").stat().st_mtime_ns
    assert not grade_sample_class(ROOT, graded, SLUG)
    assert (graded / "gradebook.db").stat().st_mtime_ns == before


def test_the_summary_names_everyone_and_the_commonest_mistakes(graded):
    """Does the demo's text hold each student with what was handed in, and five mistakes?"""
    text = summary(graded, SLUG)
    for student, kind in roster(SLUG).items():
        assert any(line.startswith(student) and line.endswith(kind) for line in text.splitlines())
    common = common_mistakes(graded, SLUG)
    assert len(common) >= 5
    assert common == sorted(common, key=lambda mistake: -mistake.students)
    assert common[0].students > 1
    assert all(mistake.sentence in " ".join(text.split()) for mistake in common[:5])


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_the_report_command_shows_the_class(graded, form, capsys):
    """Does `course report` print every student in each of its forms?"""
    assert cli.main(["report", SLUG, "--root", str(graded), *form]) == 0
    out = capsys.readouterr().out
    assert all(student in out for student in roster(SLUG))


def test_the_report_of_an_ungraded_topic_is_refused(graded, capsys):
    """Is an assignment that is not in the gradebook named?"""
    assert cli.main(["report", "zzz", "--root", str(graded)]) == 2
    assert "has no assignment 'zzz'" in capsys.readouterr().err


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_an_answer_taken_from_the_corpus_stands_alone(exercise):
    """Does a corpus function run from its source, under the exercise's name?"""
    for function in exercise.right.values():
        names = {}
        exec("import numpy as np\n" + answer_source(function, exercise.name), names)
        assert callable(names[exercise.name])
        assert "@" not in answer_source(function, exercise.name).splitlines()[0]
