"""Does the one line in a notebook do the right thing, at the desk and when it is graded?"""

import os
import sys
import types

import pytest

from course_utils.arithmetic import output_size
from course_utils.checks import CheckFailed, case_inputs, check
from course_utils.checks.check import GRADING, HIDDEN_CASES, frozen_cases
from course_utils.exercises import catalog
from tests.checks.doubling import right


@pytest.fixture
def hidden(monkeypatch, double):
    """Let nbgrader autograde, with the small exercise as the hidden one."""
    module = types.ModuleType("made_up_course")
    module.cases = {"double": double}.__getitem__
    monkeypatch.setitem(sys.modules, "made_up_course", module)
    monkeypatch.setenv(GRADING, "autograde")
    monkeypatch.setenv(HIDDEN_CASES, "made_up_course:cases")


def test_a_right_answer_is_shown_and_returns_nothing(capsys):
    """Is there a table, and no number that nbgrader could misread?"""
    assert check("output_size", output_size) is None
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "✓ Right: output_size, all 8 cases, 2 of 2 points"


def test_a_wrong_answer_raises_one_line(capsys):
    """Does a failed check stop the cell with a line instead of a traceback?"""
    with pytest.raises(CheckFailed) as caught:
        check("output_size", lambda size, kernel, *, stride=1, pad=0, dilation=1: 0)
    assert caught.value._render_traceback_() == [str(caught.value)]
    assert "see above" in str(caught.value)
    assert capsys.readouterr().out.startswith("✗ Not right yet: output_size")


@pytest.mark.parametrize(
    ("name", "mend"),
    [("output_sise", "did you mean 'output_size'"), ("zzz", "there are "), ("../x", "there are ")],
)
def test_an_unknown_name_is_answered_with_a_known_one(name, mend):
    """Does the error name the mend?"""
    with pytest.raises(ValueError, match=f"unknown exercise .*{mend}"):
        check(name, output_size)


def test_a_result_in_place_of_the_function_is_explained():
    """Is a student told to leave out the parentheses?"""
    with pytest.raises(TypeError, match="without parentheses"):
        check("output_size", output_size(5, 3))


def test_every_exercise_has_frozen_cases():
    """Does the package ship the cases of each exercise, and none besides?"""
    for exercise in (e for exercises in catalog().values() for e in exercises):
        cases = frozen_cases(exercise.name)
        assert (cases.name, cases.points) == (exercise.name, exercise.points)
        assert not cases.hidden


def test_a_failed_case_can_be_tried_by_hand():
    """Does `case_inputs` give the inputs of a line in the table?"""
    args, kwargs = case_inputs("output_size", 1)
    assert output_size(*args, **kwargs) == frozen_cases("output_size").cases[0].expected.value
    with pytest.raises(ValueError, match="has the cases 1 to"):
        case_inputs("output_size", 99)


@pytest.mark.usefixtures("hidden")
def test_graded_answers_return_their_points(capsys):
    """Is the score the value of the cell, as nbgrader reads it?"""
    assert repr(check("double", right)) == "4.0"
    assert repr(check("double", lambda x, times=2: 2 * x)) == "3.0"
    with pytest.raises(CheckFailed, match="0 of 4 points"):
        check("double", lambda x, times=2: None)


def test_plain_nbgrader_grades_with_the_frozen_cases(monkeypatch):
    """Does the cell still give points where the course's configuration is not used?"""
    monkeypatch.setenv(GRADING, "autograde")
    monkeypatch.delenv(HIDDEN_CASES, raising=False)
    assert check("output_size", output_size) == 2


@pytest.mark.usefixtures("hidden")
def test_at_the_desk_hidden_cases_are_not_asked(monkeypatch):
    """Are the hidden cases used only while nbgrader autogrades?"""
    monkeypatch.setenv(GRADING, "validate")
    with pytest.raises(ValueError, match="unknown exercise 'double'"):
        check("double", right)
    assert os.environ[HIDDEN_CASES]
