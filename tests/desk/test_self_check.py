"""Is each cell that tests something told, and no other one?"""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_utils.desk.self_check import _is_check, _result

ERROR = new_output("error", ename="AssertionError", evalue="no", traceback=[])


def cell(source, *outputs, **marks):
    marks = {"grade_id": "wide_kernels", "grade": True, **marks}
    return new_code_cell(source, outputs=list(outputs), metadata={"nbgrader": marks})


@pytest.mark.parametrize(
    ("source", "outputs", "says", "passed"),
    [
        ("assert f(1) == 2", [], "Passed.", True),
        ("assert f(1) == 2", [ERROR], "AssertionError: no", False),
        ("# hidden from you\n", [], "Counted when it is graded.", True),
        ("", [], "Counted when it is graded.", True),
        ('check("f", f)', [], "the check was not run", False),
        ('\n  check("f", f)', [], "the check was not run", False),
    ],
)
def test_a_test_without_a_report_says_what_came_of_it(source, outputs, says, passed):
    """Is a test of the instructor's own passed, failed, or left to the grader?"""
    assert _result(cell(source, *outputs)) == ("wide_kernels", says, passed)


def test_what_a_person_grades_is_no_check():
    """Are texts and pictures, which are graded and answers in one, left out?"""
    assert _is_check(cell("assert True"))
    assert not _is_check(cell("plt.plot(x)", solution=True))
    assert not _is_check(new_markdown_cell("text", metadata={"nbgrader": {"grade": True}}))
