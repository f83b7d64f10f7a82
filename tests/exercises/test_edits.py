"""Are answers changed as their author says, and is what does not fit refused?"""

import inspect
import traceback

import pytest

from course_utils.exercises.edits import (
    EditError,
    answer_cell,
    definition,
    edited,
    function_of,
    renamed,
    without_docstring,
)
from course_utils.exercises.exercise import Exercise, case

SOURCE = """\
def total(numbers, start=0):
    result = start
    for number in numbers:
        if number > 0:
            result += number
    return result"""


def total(numbers, start=0):
    """Add up what is positive.

    >>> total([1, -2, 3])
    4
    """

    def positive(number):
        return number > 0

    return start + sum(filter(positive, numbers))


def made(edits):
    return function_of(edited(SOURCE, edits), __name__, "a mistake")


@pytest.mark.parametrize(
    ("edits", "comes_to"),
    [
        ({"> 0": ">= 2"}, 3),
        ({"start=0": "start=10"}, 14),
        ({"+= number": "+= 2 * number\nresult += 1"}, 10),
        ({"if number > 0:\n    result += number": "result += number"}, 2),
        ({"result = start\nfor number": "result = start + 100\nfor number"}, 104),
        ({"result += number": "result += number\n\nresult -= 1"}, 2),
        ({"> 0": "> 1", "start=0": "start=1"}, 4),
        ({"numbers, start": "start, numbers", "= start": "= numbers", "in numbers": "in start"}, 4),
    ],
)
def test_a_text_is_exchanged_wherever_it_stands(edits, comes_to):
    """Do lines after the first take the indentation of the line in which the text begins?"""
    assert made(edits)([1, -2, 3]) == comes_to


def test_a_line_of_which_nothing_is_left_goes():
    """Does the rest stay as it was?"""
    assert edited(SOURCE, {"if number > 0:": "if True:"}).count("\n") == SOURCE.count("\n")
    without = edited(SOURCE.replace("result +=", "pass\n            result +="), {"pass": ""})
    assert without == SOURCE
    assert edited("def f():\n    a = 1\n\n    return a", {"a = 1": "a = 2"}).count("\n\n") == 1


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({"nowhere": "x"}, "'nowhere' stands nowhere"),
        ({"result": "x"}, "'result' stands 3 times in the answer, and must stand there once"),
        ({"": "x"}, "must be a text"),
        ({"return result\n": ""}, "without the end of its last line"),
        ({"> 0": "> 0"}, "changes nothing"),
        ({"if number": "if 1 < number", "number > 0": "number"}, "overlap"),
        ({"for number in numbers:\nif": "x"}, "stands nowhere"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edits, says):
    """Does the error name the text and what to do?"""
    with pytest.raises(EditError, match=says):
        edited(SOURCE, edits)


def test_an_edit_that_makes_no_program_names_its_mistake():
    """Is a syntax error said to be the mistake's, when the exercise is imported?"""
    made = Exercise(total, 1, lambda rng: [case("", [1])])
    with pytest.raises(EditError, match="mistake breaks of total: "):
        made.mistake("breaks", {"return start": "return ("})
    with pytest.raises(EditError, match="no right answer 'styl' stands above"):
        made.mistake("edits_nothing", {"start": "x"}, of="styl")


def test_a_mistakes_lines_can_be_read():
    """Do `inspect.getsource` and a traceback show the changed lines?"""
    function = made({"result = start": "result = start / 0"})
    assert inspect.getsource(function).splitlines()[1] == "    result = start / 0"
    try:
        function([1])
    except ZeroDivisionError as error:
        shown = "".join(traceback.format_exception(error))
    assert "<a mistake>" in shown
    assert "result = start / 0" in shown


def test_the_docstring_is_no_part_of_what_is_edited():
    """Can a text be edited that the docstring holds, too?"""
    source = without_docstring(definition(total))
    assert source.splitlines()[:2] == ["def total(numbers, start=0):", "    def positive(number):"]
    assert without_docstring(SOURCE) == SOURCE
    assert renamed(source, "other").startswith("def other(numbers")


def test_an_answers_cell_has_the_docstring_above_the_marks():
    """Do students get signature and docstring, and does the whole cell run as it stands?"""
    cell = answer_cell(total)
    given, _, answer = cell.partition("    ### BEGIN SOLUTION\n")
    assert given.rstrip().endswith('"""')
    assert answer.startswith("    def positive")
    assert cell.endswith("    ### END SOLUTION")
    space = {}
    exec(cell, space)
    assert space["total"]([1, -2, 3]) == 4
    with pytest.raises(EditError, match="needs a docstring"):
        answer_cell(made({"> 0": "> 1"}))
