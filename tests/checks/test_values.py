"""Has the check an answer for everything that a function may return, and soon?"""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from course_utils.checks.agree import agree, alike
from course_utils.checks.call import Answer, StandIn, changed, settled
from course_utils.checks.cases import Case, CaseSet, Changed, Raised, Returned
from course_utils.checks.check import frozen_cases
from course_utils.checks.compare import brief, compare
from course_utils.checks.grade import grade
from course_utils.checks.wire import MOST_BITS, WireError, as_sent, pack

EXPECTED = (
    3, 2.5, "a text", True, (1, 2.5), {"a": 1.0}, np.arange(3), np.ones((2, 3)),
    np.ones(2, np.float32), np.ones((0, 4)), (np.ones(2), np.int64(3)), np.float32(2),
)  # fmt: skip


class Given(Answer, StandIn):
    """Answers with what it is given, as another process would."""

    def __init__(self, outcomes):
        self._outcomes = outcomes

    def answering(self, cases):
        return self

    def outcomes(self):
        return self._outcomes

    def shortcuts(self):
        return []

    def named(self):
        return []


def exercise(hidden=False):
    """Return cases of every kind of result, each with mistakes of every other kind."""
    made = [
        Case(f"case {i}", (1, [2]), {}, Returned(value),
             {f"m{j}": Returned(other) for j, other in enumerate(EXPECTED) if j != i})
        for i, value in enumerate(EXPECTED)
    ]  # fmt: skip
    made.append(Case("refused", (0, []), {}, Raised("ValueError"), {"m0": Returned(3)}))
    says = {f"m{j}": f"Mistake {j}." for j in range(len(EXPECTED))}
    return CaseSet("f", 2.0, ("x", "y"), ("one", "two"), tuple(made), says, hidden=hidden)


CASES = exercise()
HIDDEN = exercise(hidden=True)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(),
    st.integers(-(2**MOST_BITS) + 1, 2**MOST_BITS - 1),
    st.sampled_from([10**400, -(10**400), 10**1200, 2**63, 0.0, -0.0, float("nan"), float("inf")]),
    npst.from_dtype(np.dtype(np.longdouble)), npst.from_dtype(np.dtype(np.float16)),
    npst.from_dtype(np.dtype(np.complex64)), npst.from_dtype(np.dtype(np.uint64)),
    st.sampled_from([len, {1, 2}, object(), b"bytes", range(3)]),
)  # fmt: skip
ARRAYS = npst.arrays(
    st.sampled_from(["?", "b", "B", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16", "G"]),
    st.one_of(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), st.just((2, 3))),
)
ODD = st.sampled_from(
    [np.zeros((0, 2**40)), np.zeros((2**30, 0, 2)), np.full(3, np.nan), np.full((2, 3), np.inf),
     np.full((2, 3), 1e308), np.arange(3) + 2**62, np.array([None]), np.array(["a"]),
     np.ones((1,) * 30), np.ones(2, ">f8")]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(SCALARS, ARRAYS, ODD, st.sampled_from(EXPECTED)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=7).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(-9, 9)), inner, max_size=3),
    ),
    max_leaves=12,
)


def outcomes(value):
    """Return a value as an outcome of each case."""
    return [settled(Returned(value))] * len(CASES.cases)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_no_value_breaks_a_check(value):
    """Does every value that can cross the wire get a report, in a notebook and when hidden?"""
    for cases in (CASES, HIDDEN):
        report = grade(cases, Given(outcomes(value)))
        assert 0 <= report.score <= 2
        assert len(str(report)) < 20_000
        assert report.to_html()


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_comparisons_are_total(one, other):
    """Do all comparisons come to an answer, whichever two values they get?"""
    one, other = as_sent(one), as_sent(other)
    assert agree(one, other) in (True, False)
    assert alike(one, other) in (True, False)
    assert len(brief(one)) <= 80
    for expected in EXPECTED:
        assert compare(expected, one) is None or compare(expected, one).says
    case = Case("", (one,), {"key": other}, Returned(0))
    assert changed(case, [one], {"key": other}) is None
    assert changed(case, [other], {"key": one}) in (None, "0", "key")


@given(st.lists(st.one_of(st.just(None), VALUES.map(Returned), st.just(Changed("0")),
                          st.just(Raised("ValueError", "no")), st.just(Raised("Odd", "\ud800"))),
                min_size=len(CASES.cases), max_size=len(CASES.cases)))  # fmt: skip
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_mixture_of_outcomes_breaks_a_check(found):
    """Does a check end well whatever its cases come to, one by one?"""
    found = [settled(outcome) if outcome is not None else None for outcome in found]
    report = grade(CASES, Given(found))
    assert [row.passed is None for row in report.rows] == [outcome is None for outcome in found]


@pytest.mark.parametrize("digits", [400, 4300, 5000, 10**6])
@pytest.mark.parametrize("name", ["output_size", "correlate1d", "layer_multiply_adds"])
def test_numbers_without_end_are_wrong_answers(name, digits):
    """Is a number just wrong that is too large for a float, or for a text?"""
    value = 10**digits
    cases = frozen_cases(name)
    assert grade(cases, lambda *args, **kwargs: value).score == 0
    assert grade(cases, lambda *args, **kwargs: (value, [value], {"a": value})).score == 0


class Hostile:
    """Raises whatever it is asked."""

    def raises(self, *args):
        raise ZeroDivisionError

    __eq__ = __ne__ = __len__ = __iter__ = __bool__ = __float__ = __array__ = __str__ = raises
    __repr__ = __hash__ = __index__ = __getattr__ = raises
    __class__ = property(raises)


class HostileInt(int):
    __eq__ = __hash__ = __index__ = __int__ = __float__ = __str__ = Hostile.raises
    __class__ = property(Hostile.raises)


class HostileText(str):
    __eq__ = __hash__ = __str__ = encode = __len__ = Hostile.raises


class HostileList(list):
    __iter__ = __len__ = __getitem__ = __eq__ = Hostile.raises


class HostileDict(dict):
    __iter__ = __len__ = items = keys = __eq__ = Hostile.raises


class HostileArray(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        raise ZeroDivisionError

    shape = property(Hostile.raises)
    __array_function__ = __array_finalize__ = Hostile.raises


class Meta(type):
    __name__ = property(Hostile.raises)


@pytest.mark.parametrize(
    "make",
    [Hostile, lambda: HostileInt(3), lambda: HostileText("a"), lambda: HostileList([1]),
     lambda: HostileDict(a=1), lambda: [Hostile()], lambda: {"a": Hostile()},
     lambda: np.ndarray.__new__(HostileArray, (2,)), lambda: Meta("T", (), {})(),
     lambda: np.array([Hostile()]), lambda: (HostileInt(3), HostileInt(3))],
)  # fmt: skip
def test_objects_of_ones_own_are_wrong_answers(make):
    """Is an object that raises whatever it is asked no fault of the check's?"""
    report = grade(frozen_cases("output_size"), lambda *args, **kwargs: make())
    assert report.score <= 2
    assert str(report)


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def in_a_circle():
    value = []
    value.append(value)
    return value


def shared(levels):
    value = [1]
    for _ in range(levels):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "make",
    [
        lambda: deep(100),
        lambda: deep(10**5),
        in_a_circle,
        lambda: shared(30),
        lambda: tuple(range(10**6)),
        lambda: [[0] * 1000] * 1000,
        lambda: {i: i for i in range(10**4)},
        lambda: {i * (2**61 - 1): i for i in range(2000)},
        lambda: {"x" * 10**6: 1},
        lambda: {1.5: 1},
        lambda: {(1, 2): 1},
        lambda: np.broadcast_to(1.0, (10**6, 10**6)),
        lambda: [np.broadcast_to(1.0, (10**4, 10**3))] * 100,
        lambda: "x" * 10**8,
    ],
)
def test_what_has_no_end_is_not_sent(make):
    """Is what would take long refused by the sender, soon, with a reason?"""
    value = make()
    start = time.process_time()
    with pytest.raises(WireError):
        pack(value)
    assert time.process_time() - start < 2
    assert settled(Returned(value)).kind == "NotSent"


def test_what_cannot_be_sent_refuses_nothing():
    """Is a result that cannot be sent no way to pass a case that asks for an error?"""
    cases = CaseSet("f", 1, ("x",), ("y",), (Case("", (1,), {}, Raised("ValueError")),), {})
    report = grade(cases, lambda x: deep(100))
    assert not report.rows[0].passed
    assert "cannot be checked" in report.first


def test_texts_are_not_made_as_long_as_their_longest():
    """Does a long text among short ones take no more memory than it has?"""
    import tracemalloc

    value = ["x" * 10**6, *["x"] * 10**4]
    tracemalloc.start()
    assert not agree([1.0], value)
    assert not agree(np.ones(3), value)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_whole_numbers_in_arrays_must_be_equal():
    """Is an array of large whole numbers that is one off wrong, as a number is?"""
    large = np.array([2**40, 3])
    assert compare(large, large.copy()) is None
    assert compare(large, large + np.array([1, 0])).kind == "value"
