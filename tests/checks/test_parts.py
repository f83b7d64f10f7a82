import numpy as np
import pytest

from course_utils.checks.cases import Axis, Case, CaseSet, Raised, Returned
from course_utils.checks.grade import grade
from course_utils.checks.parts import compare_result, verdicts
from course_utils.checks.report import Part

DX, DB = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0, 4.0])
CASE = Case("a step", (1,), {}, Returned((DX, DB)))
CASES = CaseSet(
    "back", 1, ("x",), ("dx", "db"), (CASE,), {},
    axes={"dx": (Axis("sequence"), Axis("unit")), "db": (Axis("gate", ("i", "o")),)},
)  # fmt: skip


def judged(*parts):
    """Return whether and where dx and db are wrong."""
    return [(p.right, p.where) for p in verdicts(CASES, [Returned(tuple(parts))], 1)]


@pytest.mark.parametrize(
    ("db", "where"),
    [
        (DB + 1, ""),
        (DB + np.array([0, 0, 1, 1]), "gate o"),
        (DB[:2], "shape (2,) in place of (4,)"),
        (DB.astype(np.float32), "float32 in place of float64"),
        (None, "None"),
        (DB.tolist(), "a list"),
        (DB * [1, 1, np.nan, 1], "NaN; gate o; unit 0 of the gate"),
        (DB * np.nan, "NaN"),
    ],
)
def test_every_output_has_its_verdict(db, where):
    """Is each judged for itself, though another is wrong, with the place or what it is?"""
    assert judged(DX, db) == [(True, ""), (False, where)]
    assert judged(DX + 1, db) == [(False, ""), (False, where)]


@pytest.mark.parametrize("outcome", [Raised("ValueError"), Returned(DX), Returned((DX,))])
def test_what_has_no_outputs_has_no_verdicts(outcome):
    """Is nothing said of the outputs of an exception, or of a result of another form?"""
    assert verdicts(CASES, [outcome], 1) == ()


def in_cases(*results, asked=None, axes=()):
    """Return the verdict of the first of several cases in which results of one output came."""
    asked = asked or [np.arange(1.0, 7)] * len(results)
    cases = [Case("one", (), {}, Returned(each)) for each in asked]
    made = CaseSet("f", 1, (), ("out",), tuple(cases), {}, axes={"out": axes})
    return verdicts(made, [Returned(each) for each in results], 1)[0]


GATES = (Axis("gate", ("i", "f", "o")),)
RIGHT, GATE_F = np.arange(1.0, 7), np.array([0.0, 0, 1, 1, 0, 0])
I_AND_F, I_F_AND_O = np.array([1.0, 0, 2, 0, 0, 0]), np.array([1.0, 0, 2, 0, 1, 0])


@pytest.mark.parametrize(
    ("others", "where"),
    [
        ([RIGHT, RIGHT], "gate f"),
        ([RIGHT + GATE_F, RIGHT], "gate f"),
        ([RIGHT + 1, RIGHT + GATE_F], "gate f"),
        ([RIGHT + I_AND_F], ""),
        ([RIGHT + GATE_F, RIGHT + I_F_AND_O, RIGHT + I_F_AND_O], "gate f"),
        ([RIGHT + I_F_AND_O, RIGHT + I_F_AND_O], ""),
    ],
)
def test_a_place_is_said_if_most_wrong_cases_share_it(others, where):
    """Is what is seen in one case alone, and may be chance, not told?"""
    part = in_cases(RIGHT + GATE_F, *others, axes=GATES)
    assert (part.right, part.where) == (False, where)


@pytest.mark.parametrize(
    ("results", "where"),
    [
        ([RIGHT / 2, RIGHT / 2], "every number is half of what it must be"),
        ([-2 * RIGHT], "every number is twice what it must be, with the wrong sign"),
        ([RIGHT / 7, RIGHT / 7], "every number is 0.1429 times what it must be"),
        ([-RIGHT, -RIGHT], "every sign is turned round"),
        (
            [RIGHT / 2, RIGHT / 3],
            "all numbers are wrong by one factor, which differs from case to case",
        ),
        ([RIGHT / 2, RIGHT + 1], ""),
    ],
)
def test_multiples_are_named(results, where):
    """Is the factor told that all numbers of all wrong cases share, and none where they do not?"""
    assert in_cases(*results).where == where


def test_single_numbers_are_multiples_only_if_cases_agree():
    """Does a factor rest on three numbers at least, wherever they stand?"""
    asked = [1.5, 2.5, 4.0]
    where = in_cases(*(2.5 * each for each in asked), asked=asked).where
    assert where == "it is 2.5 times what it must be"
    assert in_cases(*(-each for each in asked), asked=asked).where == "every sign is turned round"
    assert in_cases(2.5 * 1.5, 2.5 * 2.5, asked=asked[:2]).where == ""
    assert in_cases(3.0, 6.0, 7.0, asked=asked).where == ""


def test_lost_precision_is_no_factor():
    """Is nothing said of numbers that are right to some digits, by a factor near 1?"""
    asked = [1.5, 2.5, 4.0]
    assert in_cases(*(each * (1 + 1e-7) for each in asked), asked=asked).where == ""
    assert in_cases(RIGHT * (1 - 1e-8), RIGHT * (1 - 1e-8)).where == ""
    assert in_cases(1.5, 2.5 + 1e-8, 4.0 + 1e-7, asked=asked).where == ""


def test_what_is_right_here_and_wrong_elsewhere_is_told_as_that():
    """Is an output not called right whose mistake shows in another case?"""
    cases = CaseSet("back", 1, ("x",), ("dx", "db"), (CASE, CASE), {})
    outcomes = [Returned((DX, DB + 1)), Returned((DX * 2, DB + 1))]
    dx, db = verdicts(cases, outcomes, 1)
    assert (dx.right, dx.elsewhere, db.right, db.elsewhere) == (True, True, False, False)


def test_an_output_in_the_place_of_another_is_told():
    """Is it said that two outputs are exchanged, in each of them?"""
    one, other = np.array([1.0, 2]), np.array([3.0, 4])
    case = Case("one", (), {}, Returned((one, other)))
    cases = CaseSet("f", 1, (), ("h", "c"), (case,), {})
    parts = verdicts(cases, [Returned((other, one))], 1)
    assert [p.where for p in parts] == ["holds what belongs in c", "holds what belongs in h"]


def test_a_report_opens_the_first_wrong_case_with_its_parts():
    """Do the verdicts reach the report?"""
    opened = grade(CASES, lambda x: (DX, DB + np.array([1, 1, 0, 0]))).opened
    assert opened.parts == (Part("dx", True), Part("db", False, "gate i"))


NETWORK = ("the output", "the parameters' shapes", "the random draws")
SHAPES = ((4,), (4,), (4, 1, 3, 3), (10,), (10, 4))
DRAWS = ("(2, 4) after 2 parameters", "(2, 10) after 4 parameters")


def network(shapes=SHAPES, draws=DRAWS, out=0.0):
    """Return the difference and the verdicts of a network of which a probe found this."""
    asked = np.zeros((2, 10)), SHAPES, DRAWS
    case = Case("one", (), {}, Returned(asked))
    made = CaseSet("build", 1, (), NETWORK, (case,), {}, probe="module")
    got = asked[0] + out, tuple(sorted(shapes)), draws
    return compare_result(made, asked, got), verdicts(made, [Returned(got)], 1)


@pytest.mark.parametrize(
    ("shapes", "says", "where"),
    [
        (
            ((4,), (4,), (4, 1, 5, 5), (10,), (10, 4)),
            "your network has a convolution with weights of another shape",
            "convolutions",
        ),
        (
            SHAPES[:3],
            "PyTorch finds no fully connected layers in your network, where there must be 1",
            "fully connected layers and vectors of biases, scales or shifts",
        ),
        (
            (*SHAPES, (4, 4, 3, 3)),
            "your network has 2 convolutions, 1 too many; one of them has the shape (4, 4, 3, 3)",
            "convolutions",
        ),
        (
            ((4,), (4, 1, 3, 3), (10,), (10, 4)),
            "your network has 2 vectors of biases, scales or shifts, 1 too few",
            "vectors of biases, scales or shifts",
        ),
    ],
)
def test_layers_that_differ_are_named(shapes, says, where):
    """Are parameters told as layers, before an output that differs because of them?"""
    difference, parts = network(shapes, out=1.0)
    assert difference.says == says
    assert parts[1].where == where


def test_dropouts_are_told():
    """Is it said that a dropout is missing, or which stands elsewhere?"""
    assert "no dropout in training, and must have 2" in network(draws=())[0].says
    moved = network(draws=(DRAWS[0], "(2, 10) after 2 parameters"))[0]
    assert moved.says.startswith("dropout 2 of 2 stands at another place")
    assert network()[0] is None


def test_dropouts_are_not_blamed_for_parameters():
    """Is a dropout right that stands after fewer parameters only because some are missing?"""
    fewer = ("(2, 4) after 1 parameters", "(2, 10) after 2 parameters")
    assert network(SHAPES[:3], fewer)[1][2] == Part("the random draws", True)
    assert not network(SHAPES[:3], fewer[:1])[1][2].right
    assert not network(SHAPES, fewer)[1][2].right


def test_without_numbers_an_output_has_a_shape():
    """Is it said that the shape alone is right, where that is all that was compared?"""
    case = Case("one", (), {}, Returned(((2, 10), SHAPES, DRAWS)))
    made = CaseSet("build", 1, (), NETWORK, (case,), {}, probe="module")
    parts = verdicts(made, [Returned(((2, 10), SHAPES[:3], DRAWS))], 1)
    assert parts[0] == Part("the output's shape", True)
