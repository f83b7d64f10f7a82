"""Does an explanation tell all of a grade, nothing that is not so, and nothing to anybody else?"""

import dataclasses
import hashlib
import json
import re

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_utils.errors import CourseError
from course_utils.exercises.catalog import drawn_cases, find
from course_utils.grading.appeal.again import run_again
from course_utils.grading.appeal.as_text import as_text, to_json
from course_utils.grading.appeal.explain import SINCE, explain
from course_utils.grading.batch.task import run_task
from course_utils.grading.judge.disclosed import NOT_ASKED, RIGHT
from tests.grading.batch.small_class import (
    ANSWERS,
    COURSE,
    PADDING,
    SECRET,
    SIZE,
    SLUG,
    hand_in,
)

pytestmark = pytest.mark.xdist_group("appeal")  # the class is graded once


def text_of(explained, student, exercise=""):
    return as_text(explained(student)[1], exercise)


def test_the_cases_are_those_of_the_grade(explained):
    """Are calls and numbers those that follow from secret and submission?"""
    subject, found = explained("student-002")
    cases = drawn_cases(find("output_size"), SECRET, subject.submission)
    (check,) = found.again.tests[0].checks
    for case, told in zip(cases.cases, check.cases, strict=True):
        words = [*map(str, case.args), *(f"{key}={value}" for key, value in case.kwargs.items())]
        assert told.call == f"`output_size({', '.join(words)})`"
        assert told.weight == case.weight
        if not told.refusal:
            assert told.results[0].expected == str(case.expected.value)
            assert (told.results[0].came == told.results[0].expected) is (told.verdict == RIGHT)


def test_the_sum_is_the_grade(explained):
    """Do weights and points make the very score that the gradebook has?"""
    for student, (_, _, scores) in ANSWERS.items():
        _, found = explained(student)
        assert found.same
        for test, score in zip(found.again.tests, scores, strict=True):
            assert test.score == score == found.entry.exercises[test.name].auto
            for check in test.checks:
                assert round(check.points * check.earned / check.weight, 2) == score
    text = text_of(explained, "student-002")
    assert (
        "5 of 8 cases right, 2 of 2 inputs refused, which weighs 5.8889 of 7.8889, times 2" in text
    )


def test_right_exercises_take_a_line(explained):
    """Is a right one told in a line, and in full if it is asked for?"""
    text = text_of(explained, "student-002")
    assert "\n✓ same_padding: 1 of 1 point, all 7 cases right\n" in text
    assert "`same_padding(" not in text
    alone = text_of(explained, "student-002", "same_padding")
    assert "`same_padding(" in alone
    assert "`output_size(" not in alone


def test_what_is_worth_nothing_is_told(explained):
    """Is a case that students have named as such?"""
    text = " ".join(text_of(explained, "student-002").split())
    assert "Case 1, the example: wrong; weighs nothing, as students know it" in text


def test_a_kernel_that_ends_is_told(explained):
    """Are cases not run told apart from wrong ones?"""
    _, found = explained("student-003")
    (check,) = found.again.tests[0].checks
    assert [case.verdict for case in check.cases].count(NOT_ASKED) == len(check.cases) - 1
    text = text_of(explained, "student-003")
    assert "came      the kernel ended" in text
    assert "After a call that does not come back, no other case counts." in text


def test_what_is_no_function_is_told(explained):
    """Is the reason named where no case was asked?"""
    assert "The test ended with TypeError, 'the second argument must be your function" in text_of(
        explained, "student-004"
    )


def test_a_cell_that_raised_is_told(explained):
    """Does one see why there is no function?"""
    text = text_of(explained, "student-005")
    assert "The test ended with NameError" in text
    assert "(same_padding-answer): ZeroDivisionError, 'division by zero'" in text


def test_nobody_speaks_for_the_judge(explained):
    """Is whatever a student prints, raises or returns left out or between quotes, in its line?"""
    text = text_of(explained, "student-006")
    assert "\x1b" not in text
    lines = [line for line in text.splitlines() if "2 of 2" in line or "right, 1 of 1" in line]
    assert lines
    for line in lines:
        place = min(line.find(word) for word in ("2 of 2", "right, 1 of 1") if word in line)
        assert re.match(r" {6}(came     | {9}) ", line)
        assert line[:place].count("'") % 2 == 1  # it is within quotes
    assert not re.search("^✓ output_size", text, re.MULTILINE)


def test_calls_without_a_check_are_told(explained):
    """Does one see what a test that an instructor wrote has asked?"""
    subject, found = explained("student-002")
    source = "assert output_size(9, 9) == 1\nassert output_size(10, 3, stride=2) == 4"
    test = dataclasses.replace(subject.release.tests["output_size"], source=source)
    release = dataclasses.replace(subject.task.release, tests={"output_size": test})
    again = run_again(subject.notebook, dataclasses.replace(subject.task, release=release))
    assert again.tests[0].calls == (
        ("`output_size(9, 9)`", "1"),
        ("`output_size(10, 3, stride=2)`", "5"),
    )
    text = as_text(dataclasses.replace(found, again=again))
    assert "The test ended with AssertionError" in text
    assert "      `output_size(10, 3, stride=2)`\n      came      5\n" in text
    assert "The gradebook has other scores: output_size is 0 here and 1.49 there" in text


def test_nothing_is_written(graded):
    """Are gradebook, notebooks and all else the same afterwards, and hidden numbers in none?"""

    def files():
        return {
            path: hashlib.sha256(path.read_bytes()).digest()
            for path in graded.rglob("*")
            if path.is_file()
        }

    before = files()
    explain(COURSE, graded, SLUG, "student-002")
    assert files() == before


def test_outputs_are_as_ever(explained, graded):
    """Does a test that is told show nothing else than it showed when it was graded?"""
    subject, _ = explained("student-002")
    path = graded / "autograded" / "student-002" / SLUG / f"{SLUG}.ipynb"
    kept = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    judged = run_task(subject.task)
    assert judged.told
    shown = [[o.get("data") or o.get("text") for o in outputs] for outputs in judged.outputs]
    assert shown == [[o.get("data") or o.get("text") for o in cell.outputs] for cell in kept]


def test_it_can_be_read_by_programs(explained):
    """Is all of it in the JSON?"""
    _, found = explained("student-002")
    data = json.loads(to_json(found))
    assert data["same"]
    assert data["total"] == data["gradebook"]["grade"] == 2.49
    (check,) = data["exercises"][0]["checks"]
    assert len(check["cases"]) == 10
    assert [e["name"] for e in json.loads(to_json(found, "output_size"))["exercises"]] == [
        "output_size"
    ]


def change_grade(root, student, name, **values):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(name, SLUG, SLUG, student)
        for key, value in values.items():
            setattr(grade, key, value)
        grade.notebook.late_submission_penalty = 0.25
        gradebook.db.commit()


def test_what_a_person_gave_is_told(root):
    """Are points by hand, extra credit and the penalty named, and does the grade follow?"""
    change_grade(root, "student-002", "output_size", manual_score=1.8, extra_credit=0.1)
    _, found = explain(COURSE, root, SLUG, "student-002")
    text = as_text(found)
    assert "output_size: 1.8 by hand, in place of 1.49" in text
    assert "output_size: +0.1 extra credit" in text
    assert "late: -0.25" in text
    assert "The grade in the gradebook: 2.65 of 3 points." in text
    assert found.same


def test_another_score_is_told(root):
    """Is it said where the gradebook has another score than the notebook comes to?"""
    change_grade(root, "student-002", "output_size", auto_score=2.0)
    hand_in(root, "student-002", SIZE, PADDING)
    _, found = explain(COURSE, root, SLUG, "student-002")
    assert not found.same
    assert SINCE in found.notes
    assert "output_size is 1.49 here and 2 there" in as_text(found)


@pytest.mark.parametrize(
    ("student", "exercise", "says"),
    [
        ("student-02", "", "'student-02' handed no convolution-arithmetic in: did you mean"),
        ("student-002", "output_sizes", "no exercise 'output_sizes': did you mean 'output_size'"),
    ],
)
def test_a_wrong_name_is_one_line(graded, student, exercise, says):
    """Is it said what was meant?"""
    with pytest.raises(CourseError, match=re.escape(says)):
        explain(COURSE, graded, SLUG, student, exercise)
