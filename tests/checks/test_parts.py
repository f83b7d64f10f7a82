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
    return [(p.right, p.where) for p in verdicts(CASES, CASE, Returned(tuple(parts)))]


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
    assert verdicts(CASES, CASE, outcome) == ()


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
    return compare_result(made, asked, got), verdicts(made, case, Returned(got))


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
            "your network has no fully connected layers, 1 too few",
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
