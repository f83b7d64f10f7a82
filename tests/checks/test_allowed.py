"""Is what an argument may be read, said, kept to and drawn?"""

import numpy as np
import pytest

from course_utils.checks.allowed import read_allowed, same

LAYERS = "list of 1 to 3: ('conv'; whole 1 to 9; whole 0 to 3) | ('pool'; whole 1 to 9)"
TEXTS = [
    "whole 1 to 9",
    "whole -3 to 3",
    "number 0 to 2",
    "True or False",
    "array N M",
    "array T N 4M, -1 to 1",
    "array N C H, -9 to 9, C H from 4",
    "array T N of whole, -1 to 2",
    "array T N of True or False",
    "(whole 1 to 3; True or False)",
    LAYERS,
    "dict of 1 to 3: array A, 0 to 2 | array A B",
]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("whole 1 to 9", "a whole number from 1 to 9"),
        ("True or False", "True or False"),
        ("array M", "an array of shape (M,) with numbers from -10 to 10"),
        ("array N 4M, -1 to 1", "an array of shape (N, 4M) with numbers from -1 to 1"),
        ("number 0 to 2", "a number from 0 to 2"),
        ("array N of whole, 0 to 2", "an array of shape (N,) with whole numbers from 0 to 2"),
        ("array N of True or False", "an array of shape (N,) of truths"),
        (
            "array A B, 0 to 1, A B from 3",
            "an array of shape (A, B) with numbers from 0 to 1, A at least 3, B at least 3",
        ),
        ("(whole 1 to 3; whole 1 to 4)", "(1 to 3, 1 to 4)"),
        (LAYERS, "a list of 1 to 3 of ('conv', 1 to 9, 0 to 3) or ('pool', 1 to 9)"),
    ],
)
def test_it_is_said_in_words(text, says):
    """Does a student read what is allowed?"""
    assert str(read_allowed(text)) == says


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whole",
        "whole 1 to x",
        "array",
        "array n m",
        "a number",
        "list of 1 to 3",
        "(whole 1 to 3; x)",
        "array N from 3",
    ],
)
def test_what_cannot_be_read_is_refused(text):
    """Does the error say how to write it?"""
    with pytest.raises(ValueError, match="write 'whole 1 to 9'"):
        read_allowed(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_drawn_is_allowed(text):
    """Is every draw allowed, and does it stay what it is?"""
    rule, rng = read_allowed(text), np.random.default_rng(0)
    for _ in range(50):
        value = rule.draw(rng, {})
        assert rule.fault(value, {}) == ""
        assert same(rule.plain(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("whole 1 to 9", 0),
        ("whole 1 to 9", 10),
        ("whole 1 to 9", 10**9),
        ("whole 1 to 9", 1 << 4000),
        ("whole 0 to 1", True),
        ("whole 0 to 1", np.True_),
        ("whole 1 to 9", 3.0),
        ("whole 1 to 9", np.float64("nan")),
        ("whole 1 to 9", "3"),
        ("whole 1 to 9", None),
        ("whole 1 to 9", [3]),
        ("whole 1 to 9", np.array(3)),
        ("True or False", 1),
        ("array N M", [[1.0]]),
        ("array N M", 1.0),
        ("array N M", np.zeros(3)),
        ("array N M", np.zeros((2, 2, 2))),
        ("array N M", np.zeros((0, 2))),
        ("array N M", np.zeros((7, 2))),
        ("array N M", np.zeros((1000, 1000))),
        ("array N M", np.zeros((2, 2), complex)),
        ("array N M", np.zeros((2, 2), bool)),
        ("array N M", np.full((2, 2), np.nan)),
        ("array N M", np.full((2, 2), np.inf)),
        ("array N M", np.full((2, 2), 10.1)),
        ("array N 4M", np.zeros((2, 6))),
        ("array M M", np.zeros((2, 3))),
        ("array N M, -1 to 1, M from 3", np.zeros((2, 2))),
        ("array N of whole", np.ones(2)),
        ("array N of whole, 0 to 2", np.array([0, 3])),
        ("array N of True or False", np.array([0, 1])),
        ("number 0 to 2", 2.5),
        ("number 0 to 2", float("nan")),
        ("number 0 to 2", True),
        ("number 0 to 2", 1 << 4000),
        ("number 0 to 2", 1j),
        ("number 0 to 2", np.ones(1)),
        ("(whole 1 to 3; whole 1 to 3)", 3),
        ("(whole 1 to 3; whole 1 to 3)", (1, 2, 3)),
        ("(whole 1 to 3; whole 1 to 3)", (1, 4)),
        ("(whole 1 to 3; whole 1 to 3)", np.array([1, 2])),
        (LAYERS, []),
        (LAYERS, [("pool", 2)] * 4),
        (LAYERS, [()]),
        (LAYERS, [("fc", 2)]),
        (LAYERS, [("pool", 2, 2)]),
        (LAYERS, ("pool", 2)),
        (LAYERS, {"pool": 2}),
        (LAYERS, [("x" * 10_000, 2)]),
        ("dict of 1 to 3: array A", {}),
        ("dict of 1 to 3: array A", [np.ones(2)]),
        ("dict of 1 to 3: array A", {0: np.ones(2)}),
        ("dict of 1 to 3: array A", {"w" * 11: np.ones(2)}),
        ("dict of 1 to 3: array A", {"a`": np.ones(2)}),
        ("dict of 1 to 3: array A", {"a": {"a": np.ones(2)}}),
        ("dict of 1 to 3: array A | array A B", {"a": np.ones((2, 2, 2))}),
    ],
)
def test_what_is_not_allowed_is_found(text, value):
    """Is there a fault, which is short however large the value is?"""
    fault = read_allowed(text).fault(value, {})
    assert fault
    assert len(fault) < 100


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_called_so(bad):
    """Is it said what is in the array?"""
    assert read_allowed("array N").fault(np.array([1, bad]), {}) == "it holds NaN or infinity"


def test_a_letter_is_one_size_in_a_call():
    """Is a second array held to the size that the first one has?"""
    sizes = {}
    assert read_allowed("array N M").fault(np.zeros((2, 3)), sizes) == ""
    assert sizes == {"N": 2, "M": 3}
    assert read_allowed("array M 4M").fault(np.zeros((3, 12)), sizes) == ""
    fault = read_allowed("array M M").fault(np.zeros((2, 2)), sizes)
    assert fault == "its shape is (2, 2), and elsewhere M is 3"


def test_it_is_told_where_a_fault_is():
    """Is the place named, as one writes it in Python, however deep it is?"""
    rule = read_allowed(LAYERS)
    assert rule.fault([("pool", 2), ["conv", 3, 4]], {}) == "at [1][2] it is 4"
    assert rule.fault([("conv", 3)], {}) == "at [0] it has 2 entries"
    assert rule.fault([("pool", 2), 7], {}) == "at [1] it is an int of another form"
    rule = read_allowed("dict of 1 to 3: array A | array A B")
    assert rule.fault({"b": np.full(2, np.nan)}, {}) == "at ['b'] it holds NaN or infinity"


def test_entries_have_sizes_of_their_own():
    """May arrays in a dict differ in size, though a letter is one size elsewhere?"""
    rule = read_allowed("dict of 1 to 3: array A")
    assert rule.fault({"a": np.ones(2), "b": np.ones(3)}, {"A": 4}) == ""


def test_what_is_allowed_becomes_plain():
    """Are a list for a tuple and NumPy's numbers those that the function expects?"""
    (layer,) = read_allowed(LAYERS).plain([["conv", np.int8(3), 0]])
    assert layer == ("conv", 3, 0)
    assert isinstance(layer, tuple)
    assert type(layer[1]) is int
    assert read_allowed("array N of whole, 0 to 2").plain(np.zeros(2, np.uint8)).dtype == np.int64
    assert type(read_allowed("number 0 to 2").plain(1)) is float


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": np.ones(2)}, {"b": np.ones(2)}),
        ({"a": np.ones(2)}, {"a": np.ones((2, 1))}),
        ({"a": np.ones(2)}, {"a": np.ones(2), "b": np.ones(2)}),
        ([("fc", 3)], [("fc", 3), ("fc", 3)]),
        ([("fc", 3)], [("pool", 3, 3)]),
        ((2, 3), (3, 2)),
        (1.0, 1.5),
    ],
)
def test_what_differs_is_not_the_same(one, other):
    """Are arguments compared by what they hold, in both directions?"""
    assert same(one, one)
    assert not same(one, other)
    assert not same(other, one)


def test_friendly_ones_are_told():
    """Is it seen what all have in common?"""
    layers, pair = read_allowed(LAYERS), read_allowed("(whole 1 to 3; whole 1 to 3)")
    assert layers.alike([[("pool", 2)], [("pool", 3)]]) == ["has one entry"]
    assert layers.alike([[("pool", 2)], [("pool", 3)] * 2]) == []
    assert pair.alike([(2, 2), (3, 3)]) == ["holds one number only"]
    assert pair.alike([(2, 2), (2, 3)]) == []
    truths = read_allowed("array N of True or False")
    assert truths.alike([np.ones(2, bool)]) == ["holds one value only"]
