"""Does one case run by itself, with what the function prints and raises?"""

import traceback

import pytest

from course_utils.arithmetic import output_size
from course_utils.checks import check
from course_utils.checks.check import GRADING
from course_utils.exercises import find


def test_prints_are_shown_and_the_verdict_follows(capsys):
    """Does a student see what his function prints on that case, then whether it is right?"""

    def mine(size, kernel, **options):
        print("called with", size, kernel, options)
        return output_size(size, kernel, **options)

    assert check("output_size", mine, case=4) is None
    first, printed, verdict = capsys.readouterr().out.splitlines()
    assert first == "Case 4, stride 3 leaves 2 pixels over:"
    assert printed == "called with 18 4 {'stride': 3}"
    assert verdict == "Right."


def test_a_wrong_value_says_what_was_expected(capsys):
    """Is the verdict the check's own, of this case alone?"""
    check("output_size", lambda *args, **kwargs: 7, case=1)
    assert capsys.readouterr().out.endswith("Expected 3, got 7.\n")


def test_an_exception_comes_with_its_traceback():
    """Does it leave the check as it is, with the student's own line in it?"""

    def mine(size, kernel, **options):
        return size / 0  # this very line

    with pytest.raises(ZeroDivisionError) as caught:
        check("output_size", mine, case=1)
    assert "this very line" in "".join(traceback.format_tb(caught.tb))


def test_an_error_that_is_asked_for_is_right(capsys):
    """Is the error of the statement right, another one raised, and none at all wrong?"""
    check("output_size", output_size, case=9)
    assert "Right: it raised ValueError: " in capsys.readouterr().out

    def other(*args, **kwargs):
        raise KeyError("no")

    with pytest.raises(KeyError):
        check("output_size", other, case=9)
    check("output_size", lambda *args, **kwargs: 0, case=9)
    assert "Wrong: these inputs make no sense: raise ValueError" in capsys.readouterr().out


def test_an_argument_that_was_changed_is_named(capsys):
    """Is it wrong to change what was handed in, as it is in a check?"""

    def mine(x, w, **options):
        x *= 2
        return find("correlate2d").reference_or_model(x, w)

    check("correlate2d", mine, case=1)
    assert "changed its argument `x`" in capsys.readouterr().out


@pytest.mark.parametrize("number", [0, 11, -1])
def test_a_case_that_is_not_there(number):
    """Is a student told which cases there are?"""
    with pytest.raises(ValueError, match="output_size has the cases 1 to 10, got"):
        check("output_size", output_size, case=number)


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_one_case_earns_no_points(mode, monkeypatch):
    """Is a check of one case an error where points are counted, since silence is full marks?"""
    monkeypatch.setenv(GRADING, mode)
    with pytest.raises(ValueError, match="runs all cases"):
        check("output_size", output_size, case=1)


def test_a_network_is_run_as_its_check_does(capsys):
    """Does an exercise that builds a network have its cases, too?"""
    check("build_lenet", find("build_lenet").reference_or_model, case=1)
    assert capsys.readouterr().out.endswith("Right.\n")
