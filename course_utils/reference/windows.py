"""Where a kernel's taps fall in an image: the geometry that convolution and pooling share.

A kernel of KH x KW taps takes HO x WO places. Seen the other way round, *one tap* visits HO x WO
pixels, and these are a strided slice of the image. A loop over the few taps, with a slice in it,
therefore does the work of a loop over the many places.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType
from typing import NamedTuple

from course_utils.arithmetic import output_size

Pair = tuple[int, int]
Slices = tuple[EllipsisType, slice, slice]


class Axis(NamedTuple):
    """The windows along one axis; all lengths but `kernel` (taps) and `out` (places) in pixels."""

    size: int
    kernel: int
    stride: int
    pad: int
    dilation: int
    out: int

    def taps(self) -> Iterator[tuple[int, slice, slice]]:
        """Yield each tap, the pixels that it visits, and the places at which it visits them.

        Places at which the tap lies in the padding are left out, and so is a tap that always does.

        Examples
        --------
        >>> list(Axis(size=5, kernel=2, stride=2, pad=1, dilation=1, out=3).taps())
        [(0, slice(1, 4, 2), slice(1, 3, None)), (1, slice(0, 5, 2), slice(0, 3, None))]
        """
        for tap in range(self.kernel):
            offset = tap * self.dilation - self.pad  # pixel of this tap at place 0
            first = max(0, -(offset // self.stride))  # rounded up
            stop = min(self.out, -((offset - self.size) // self.stride))
            if first < stop:
                start, last = (place * self.stride + offset for place in (first, stop - 1))
                yield tap, slice(start, last + 1, self.stride), slice(first, stop)


class Windows(NamedTuple):
    """All windows of a kernel over an image."""

    rows: Axis
    columns: Axis

    @property
    def size(self) -> Pair:
        """Height and width of the image, (H, W)."""
        return self.rows.size, self.columns.size

    @property
    def kernel(self) -> Pair:
        """Height and width of the kernel, (KH, KW)."""
        return self.rows.kernel, self.columns.kernel

    @property
    def out(self) -> Pair:
        """Height and width of the output, (HO, WO)."""
        return self.rows.out, self.columns.out

    def taps(self) -> Iterator[tuple[int, int, Slices, Slices]]:
        """Yield each tap (i, j), an index for its pixels and one for its places.

        They index (..., H, W) and (..., HO, WO) and pick arrays of the same shape.
        """
        for i, row_pixels, row_places in self.rows.taps():
            for j, column_pixels, column_places in self.columns.taps():
                yield i, j, (..., row_pixels, column_pixels), (..., row_places, column_places)


def place_windows(
    size: Pair,
    kernel: Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Windows:
    """Place a kernel over an image wherever it fits.

    Parameters
    ----------
    size, kernel : pair of int
        Height and width of the image and of the kernel.
    stride, pad, dilation : int or pair of int
        Pixels from one place to the next, zeros added on each side, pixels from one tap to the
        next; a pair is (rows, columns).

    Raises
    ------
    ValueError
        If an argument is no int and no pair, is out of range, or the kernel does not fit.

    Examples
    --------
    >>> place_windows((5, 7), (3, 3), stride=2, pad=(0, 1)).out
    (2, 4)
    """
    strides, pads = as_pair("stride", stride), as_pair("pad", pad)
    dilations = as_pair("dilation", dilation)
    rows, columns = (
        Axis(*numbers, output_size(numbers[0], numbers[1], stride=s, pad=p, dilation=d))
        for numbers in zip(size, kernel, strides, pads, dilations, strict=True)
        for s, p, d in [numbers[2:]]
    )
    return Windows(rows, columns)


def as_pair(name: str, value: int | Pair) -> Pair:
    """Return (rows, columns) from a number for both or a pair.

    Raises
    ------
    ValueError
        If `value` is no int and no pair of ints.
    """
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2 or not all(hasattr(number, "__index__") for number in pair):
        raise ValueError(f"{name} must be an int or a pair (rows, columns), got {value!r}")
    return int(pair[0]), int(pair[1])
