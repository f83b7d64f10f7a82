"""Is it told how an array lies in memory, and kept in a copy?"""

import numpy as np
import pytest

from course_utils.checks.layout import LAYOUTS, copy_like, layout_of, strided

LAYS = {"C": np.ascontiguousarray, "F": np.asfortranarray, "strided": strided}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_lies_as_the_array_does(layout):
    """Has a copy the same layout, the same numbers, and memory of its own that can be written?"""
    array = LAYS[layout](np.arange(24.0).reshape(2, 3, 4))
    array.flags.writeable = False
    copy = copy_like(array)
    assert layout_of(array) == layout_of(copy) == layout
    np.testing.assert_array_equal(copy, array)
    assert copy.flags.writeable
    assert not np.shares_memory(copy, array)


def test_a_strided_copy_keeps_the_type():
    """Is an array of whole numbers one of whole numbers, whatever lies between them?"""
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    assert strided(array).dtype == np.int32
    assert strided(array).strides == (24, 8)
    np.testing.assert_array_equal(strided(array), array)
