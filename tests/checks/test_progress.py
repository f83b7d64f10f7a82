"""Does a student see how far he is, and is it true of what has run in this session?"""

import subprocess
import sys

import pytest

from course_utils.arithmetic import output_size, same_padding
from course_utils.checks import CheckFailed, check, progress
from course_utils.checks.progress import (
    GRADING,
    Lines,
    after,
    assignment,
    assignments,
    footer,
    forget,
    in_all,
    standings,
)

SLUG = "convolution-arithmetic"
NAMES = list(assignments()[SLUG])
CALLS = "cases_for_output_size"
FULL = dict(assignments()[SLUG])


@pytest.fixture(autouse=True)
def _fresh():
    forget()
    yield
    forget()


def test_a_check_ends_with_the_points_so_far(capsys):
    """Do the points add up below each check, right or wrong, with the exercise that comes next?"""
    check("output_size", output_size)
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "So far 2 of 27 points, in this session. Next: 2. `same_padding` (1 point)."
    with pytest.raises(CheckFailed):
        check("same_padding", lambda *args, **kwargs: None)
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("So far 2 of 27 points, in this session. Next: 3.")
    check("same_padding", same_padding)
    assert "So far 3 of 27 points" in capsys.readouterr().out


def test_an_answer_that_got_worse_counts_as_it_is(capsys):
    """Is the last check of an exercise the one that counts?"""
    check("output_size", output_size)
    with pytest.raises(CheckFailed):
        check("output_size", lambda *args, **kwargs: None)
    assert "So far 0 of 27 points" in capsys.readouterr().out


def test_progress_lists_every_exercise(capsys):
    """Is each exercise of the assignment there, with what it has and whether it was checked?"""
    check("output_size", output_size)
    with pytest.raises(CheckFailed):
        check("same_padding", lambda *args, **kwargs: None)
    capsys.readouterr()
    progress()
    first, *rows = capsys.readouterr().out.splitlines()
    assert "2 of 27 points, in this session. Next: 2. `same_padding`" in first
    assert [row.split()[1] for row in rows] == NAMES
    assert [row.rpartition("  ")[2] for row in rows[:3]] == ["done", "not right yet", "to do"]


def test_an_untouched_cell_is_still_to_do(capsys):
    """Is an exercise that is not begun told from one that is wrong, and its check one line?"""

    def blank(*args, **kwargs):
        raise NotImplementedError

    with pytest.raises(CheckFailed, match="nothing is written yet"):
        check("output_size", blank)
    assert capsys.readouterr().out == ""
    progress()
    assert capsys.readouterr().out.splitlines()[1].endswith("to do")


def test_nothing_checked_is_said(capsys):
    """Does a kernel that was just started say that it knows of nothing, rather than of 0 points?"""
    progress()
    assert capsys.readouterr().out.startswith("No check has run since the kernel was started")


@pytest.mark.parametrize(
    ("scores", "name", "says"),
    [
        ({}, "", "Next: 1. `output_size` (2 points)."),
        ({"output_size": 2}, "output_size", "Next: 2. `same_padding` (1 point)."),
        ({"output_size": 1}, "output_size", "Next: 2. `same_padding` (1 point)."),
        ({"output_size": 1}, "", "Next: 1. `output_size` (2 points)."),
        (FULL | {NAMES[1]: 0}, NAMES[-1], f"Next: 2. `{NAMES[1]}` (1 point)."),
        (FULL | {NAMES[1]: 0}, NAMES[1], "This is the last one that is open."),
        (FULL, NAMES[3], "Nothing is left to do: save the notebook and hand it in."),
    ],
)
def test_what_comes_next(scores, name, says):
    """Is it the first that is open behind this one, else before it, and else the end?"""
    assert after(standings(SLUG, scores), name) == says


def test_calls_that_are_valid_wait_to_be_graded(capsys):
    """Is an exercise that only a grader can score no longer open once its calls are valid?"""
    with pytest.raises(CheckFailed):
        check(CALLS, lambda: [{"size": 8}])
    progress()
    assert lines_of(CALLS, capsys) == "0 of 2  not right yet"
    check(CALLS, lambda: [{"size": 8, "kernel": 3, "stride": 2, "pad": 1, "dilation": 2}])
    progress()
    assert lines_of(CALLS, capsys) == "0 of 2  counted when graded"
    assert CALLS not in after(standings(SLUG, {}, [CALLS]), NAMES[-1])


def lines_of(name, capsys):
    """Return the last line that tells of an exercise, behind its name."""
    said = [line for line in capsys.readouterr().out.splitlines() if f". {name} " in line]
    return said[-1].split(name)[1].strip()


def test_points_in_all_are_those_of_the_assignment():
    """Is a sum of halves printed as one is used to?"""
    assert in_all(standings(SLUG, {"output_size": 1.5})) == "1.5 of 27 points"


def test_an_exercise_of_no_assignment_has_no_footer():
    """Does an instructor's own check show nothing below?"""
    assert str(footer("double")) == ""


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_grading_shows_no_footer(mode, monkeypatch, capsys):
    """Do points so far stay out of what is graded, where they would be none?"""
    monkeypatch.setenv(GRADING, mode)
    check("output_size", output_size)
    progress()
    assert ("So far" in capsys.readouterr().out) is (mode == "validate")


def test_what_is_shown_is_no_markup_of_a_students():
    """Are names and texts escaped, and is code set as code?"""
    shown = Lines(["a <b> and `c`"], [("1. <i>", "2", "done")]).to_html()
    assert "a &lt;b&gt; and <code>c</code>" in shown
    assert "1. &lt;i&gt;" in shown


def test_nothing_is_written(tmp_path):
    """Does the folder of a notebook stay as it is, whatever is checked there?"""
    code = (
        "from course_utils.checks import check, progress\n"
        "from course_utils.arithmetic import output_size\n"
        "check('output_size', output_size); progress()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_states_its_own_points(capsys):
    """Do checks count what the setup says, in its order, and leave to graders what has none?"""
    assignment("week-3", same_padding=2.5, output_size=6, why_stride=3)
    check("output_size", output_size)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert "6 of 6 points" in first
    assert last == (
        "So far 6 of 11.5 points, in this session. Next: 1. `same_padding` (2.5 points)."
    )
    check("same_padding", same_padding)
    assert "No check is open. See to what has none, 3. `why_stride`" in capsys.readouterr().out
    progress()
    said = capsys.readouterr().out
    assert said.startswith("week-3: 8.5 of 11.5 points")
    assert said.splitlines()[-1].split("  ")[-1] == "counted when graded"


def test_an_exercise_of_elsewhere_keeps_its_points(capsys):
    """Does a check that the setup does not name count as ever?"""
    assignment("week-3", same_padding=2.5)
    check("output_size", output_size)
    assert "So far 2 of 27 points" in capsys.readouterr().out


@pytest.mark.parametrize("points", [0, -1, float("nan"), float("inf"), True, "3"])
def test_points_are_positive_numbers(points):
    """Is a setup with points that are none an error?"""
    with pytest.raises(ValueError, match="points of output_size"):
        assignment("week-3", output_size=points)
