"""Do cases survive the way through JSON, bit by bit?"""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_utils.checks.cases import Changed, Raised, Returned
from course_utils.checks.encode import (
    decode,
    decode_cases,
    decode_mistake,
    encode,
    encode_cases,
    encode_mistake,
    same_json,
)
from course_utils.checks.layout import LAYOUTS, layout_of, strided

LAYS = {"C": np.ascontiguousarray, "F": np.asfortranarray, "strided": strided}
DTYPES = st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_])


def through_json(value):
    return decode(json.loads(json.dumps(encode(value))))


@given(DTYPES.flatmap(lambda dtype: arrays(dtype, array_shapes(max_dims=4, max_side=3))))
def test_arrays_come_back_as_they_were(array):
    """Are values, shape and type the same, NaN and infinities included?"""
    back = through_json(array)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_kept(layout):
    """Does an array lie in memory as before?"""
    array = LAYS[layout](np.arange(24.0).reshape(2, 3, 4))
    back = through_json(array)
    assert layout_of(array) == layout_of(back) == layout
    assert back.flags.writeable
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    "value", [None, True, 3, 0.1, 10**15, "text", (1, (2.5, "a")), [1, [2]], {"a": (1,), "b": None}]
)
def test_plain_values_come_back(value):
    """Do tuples stay tuples and whole numbers whole?"""
    back = through_json(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1, 2}, 1j])
def test_what_json_cannot_hold_is_refused(value):
    """Is there an error instead of a pickle?"""
    with pytest.raises(TypeError, match="cannot freeze"):
        encode(value)


def test_a_set_of_cases_comes_back(double):
    """Is nothing of a case lost?"""
    data = encode_cases(double)
    back = decode_cases(json.loads(json.dumps(data)))
    assert encode_cases(back) == data
    assert (back.name, back.points, back.parameters) == ("double", 4, ("x", "times"))
    assert [case.weight for case in back.cases] == [2, 1, 1]


EXPECTED = Returned((3, np.ones(2), "text"))


@pytest.mark.parametrize(
    ("mistake", "stored"),
    [
        (Returned((3, np.zeros(2), "text")), 1),
        (Returned((3.0, np.ones(2), "text")), 1),
        (Returned((True, np.ones(2), "text")), 1),
        (Returned((3, np.ones(2, np.float32), "other")), 2),
        (Returned((3, np.ones(2))), None),
        (Returned(3), None),
        (Raised("ValueError"), None),
        (Changed("0"), None),
    ],
)
def test_a_mistake_is_stored_without_what_it_has_right(mistake, stored):
    """Is only what differs written down, and does the whole come back, types and all?"""
    data = json.loads(json.dumps(encode_mistake(mistake, EXPECTED)))
    assert len(data["differs"]) == stored if stored else "differs" not in data
    back = decode_mistake(data, EXPECTED)
    assert type(back) is type(mistake)
    if not isinstance(back, Returned) or not isinstance(mistake.value, tuple):
        assert back == mistake
        return
    for one, other in zip(back.value, mistake.value, strict=True):
        assert type(one) is type(other)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
        np.testing.assert_array_equal(one, other)


def test_a_mistake_in_a_result_without_parts_is_stored_whole():
    """Is a tuple that stands where a number is due not taken for parts of it?"""
    mistake = Returned((1, 2))
    assert decode_mistake(encode_mistake(mistake, Returned(1)), Returned(1)) == mistake


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([1, 0.1], [1, 0.1 + 1e-16], True),
        ([0.1], [0.1 + 1e-6], False),
        ({"dtype": "float32", "data": [0.1]}, {"dtype": "float32", "data": [0.1 + 1e-7]}, True),
        ({"dtype": "float64", "data": [0.1]}, {"dtype": "float64", "data": [0.1 + 1e-7]}, False),
        (float("nan"), float("nan"), True),
        (1, 1.0, False),
        (1, True, False),
        ([1], [1, 2], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ("a", "a", True),
        ({"mistakes": {"one": [0.1]}}, {"mistakes": {"one": [0.1 + 1e-9]}}, True),
        ({"mistakes": {"one": [0.1]}}, {"mistakes": {"one": [0.1 + 1e-5]}}, False),
        ({"expected": [0.1]}, {"expected": [0.1 + 1e-9]}, False),
    ],
)
def test_json_is_the_same_but_for_last_digits(one, other, same):
    """Do the machine's last digits not count, and all else does: types, lengths, order?"""
    assert same_json(one, other) is same
