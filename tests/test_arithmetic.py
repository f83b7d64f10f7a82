"""Is the arithmetic of convolution what counting windows one by one gives?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import arithmetic

axis = {
    "size": st.integers(1, 30),
    "kernel": st.integers(1, 9),
    "stride": st.integers(1, 5),
    "pad": st.integers(0, 5),
    "dilation": st.integers(1, 4),
}


def windows(size, kernel, stride, pad, dilation):
    """Yield the pixels of each window that lies in the padded input, by trying every start."""
    last = size + 2 * pad - 1
    for start in range(0, last + 1, stride):
        taps = [start + dilation * k for k in range(kernel)]
        if taps[-1] <= last:
            yield taps


@given(**axis)
def test_output_size_counts_the_windows(size, kernel, stride, pad, dilation):
    """Does the formula count as many windows as there are, and refuse when there is none?"""
    count = len(list(windows(size, kernel, stride, pad, dilation)))
    numbers = {"stride": stride, "pad": pad, "dilation": dilation}
    if count:
        assert arithmetic.output_size(size, kernel, **numbers) == count
    else:
        with pytest.raises(ValueError, match="does not fit"):
            arithmetic.output_size(size, kernel, **numbers)


@given(**axis)
def test_unread_border_is_what_lies_behind_the_last_window(size, kernel, stride, pad, dilation):
    """Are the pixels behind the last window as many as `unread_border` says?"""
    found = list(windows(size, kernel, stride, pad, dilation))
    if found:
        behind = size + 2 * pad - 1 - found[-1][-1]
        numbers = {"stride": stride, "pad": pad, "dilation": dilation}
        assert arithmetic.unread_border(size, kernel, **numbers) == behind


@given(kernel=axis["kernel"], dilation=axis["dilation"], size=st.integers(40, 50))
def test_same_padding_keeps_the_size_or_refuses(kernel, dilation, size):
    """Does "same" padding keep every size, and refuse only where no padding does?"""
    keeping = [
        pad
        for pad in range(20)
        if arithmetic.output_size(size, kernel, pad=pad, dilation=dilation) == size
    ]
    if keeping:
        assert [arithmetic.same_padding(kernel, dilation=dilation)] == keeping
    else:
        with pytest.raises(ValueError, match="odd span"):
            arithmetic.same_padding(kernel, dilation=dilation)


@pytest.mark.parametrize(
    ("call", "published"),
    [
        # Krizhevsky et al. (2012), first layer, with the input of 227 that fits.
        (lambda: arithmetic.output_size(227, 11, stride=4), 55),
        (lambda: arithmetic.conv_output_shape((3, 32, 32), (6, 3, 5, 5)), (6, 28, 28)),
        (lambda: arithmetic.conv_output_shape((3, 32, 32), (10, 3, 5, 5), pad=2), (10, 32, 32)),
        (lambda: arithmetic.conv_parameters((10, 3, 5, 5)), 760),
        (lambda: arithmetic.conv_parameters((96, 3, 11, 11), bias=False), 34848),
        (
            lambda: tuple(arithmetic.connection_counts((1, 1000, 1000), 10**6, (10, 10))),
            (10**12, 10**8, 100),
        ),
    ],
)
def test_numbers_that_are_known(call, published):
    """Do the numbers that every lecture shows come out?"""
    assert call() == published


@given(
    C=st.integers(1, 3), H=st.integers(3, 6), W=st.integers(3, 6), F=st.integers(1, 3),
    KH=st.integers(1, 3), KW=st.integers(1, 3), stride=st.integers(1, 3), pad=st.integers(0, 2),
)  # fmt: skip
def test_multiply_adds_are_those_that_loops_make(C, H, W, F, KH, KW, stride, pad):
    """Do five nested loops make as many products as the formula says?"""
    count = sum(
        C * KH * KW
        for _ in range(F)
        for _ in windows(H, KH, stride, pad, 1)
        for _ in windows(W, KW, stride, pad, 1)
    )
    numbers = {"stride": stride, "pad": pad}
    assert arithmetic.conv_multiply_adds((C, H, W), (F, C, KH, KW), **numbers) == count


@pytest.mark.parametrize("units", [1, 7])
@pytest.mark.parametrize("field", [(1, 1), (2, 3), (4, 5)])
def test_connection_counts_add_up_unit_by_unit(units, field):
    """Is each count the sum over units of the weights that the unit has of its own?"""
    C, H, W = 2, 4, 5
    patch = [(c, i, j) for c in range(C) for i in range(field[0]) for j in range(field[1])]
    image = [(c, i, j) for c in range(C) for i in range(H) for j in range(W)]
    full = {(unit, *pixel) for unit in range(units) for pixel in image}
    local = {(unit, *tap) for unit in range(units) for tap in patch}
    assert arithmetic.connection_counts((C, H, W), units, field) == (
        len(full), len(local), len(patch),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: arithmetic.dilated_size(0), "kernel"),
        (lambda: arithmetic.dilated_size(3, 0), "dilation"),
        (lambda: arithmetic.output_size(0, 1), "size"),
        (lambda: arithmetic.output_size(5, 3, stride=0), "stride"),
        (lambda: arithmetic.output_size(5, 3, pad=-1), "pad"),
        (lambda: arithmetic.unread_border(2, 3), "does not fit"),
        (lambda: arithmetic.same_padding(4), "odd span"),
        (lambda: arithmetic.conv_output_shape((3, 8, 8), (6, 4, 3, 3)), "channels"),
        (lambda: arithmetic.conv_output_shape((3, 8, 8), (0, 3, 3, 3)), "F must"),
        (lambda: arithmetic.conv_parameters((1, 1, 0, 3)), "KH must"),
        (lambda: arithmetic.connection_counts((1, 4, 4), 1, (5, 4)), "does not fit"),
        (lambda: arithmetic.connection_counts((1, 4, 4), 0, (2, 2)), "units"),
    ],
)
def test_bad_input_is_refused_by_name(call, names):
    """Does the error name what is wrong?"""
    with pytest.raises(ValueError, match=names):
        call()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: arithmetic.dilated_size(3), 3),
        (lambda: arithmetic.output_size(7, 2), 6),
        (lambda: arithmetic.unread_border(7, 2), 0),
        (lambda: arithmetic.unread_border(7, 2, stride=3), 2),
        (lambda: arithmetic.same_padding(3), 1),
        (lambda: arithmetic.conv_output_shape((1, 4, 5), (2, 1, 2, 2)), (2, 3, 4)),
        (lambda: arithmetic.conv_multiply_adds((1, 4, 5), (2, 1, 2, 2)), 2 * 3 * 4 * 4),
        (lambda: arithmetic.conv_parameters((2, 1, 2, 2)), 10),
    ],
)
def test_what_is_left_out_is_the_plain_case(call, expected):
    """Do the defaults mean stride 1, no padding, no dilation, and a bias?"""
    assert call() == expected
