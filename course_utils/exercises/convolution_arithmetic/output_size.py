"""How many places a kernel has: `output_size`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.draw import size_for
from course_utils.exercises.exercise import Exercise, case, refused, whole


def _output_size_cases(rng):
    yield case("stride 1, no padding", whole(rng, 12, 20), whole(rng, 3, 6))
    yield case("an even kernel and padding 2", whole(rng, 10, 20), 2 * whole(rng, 2, 3), pad=2)
    kernel = whole(rng, 2, 5)
    size = size_for(kernel, whole(rng, 4, 7), stride=3, left=1)
    yield case("stride 3 leaves one pixel over", size, kernel, stride=3)
    yield case("taps 3 pixels apart", whole(rng, 15, 25), whole(rng, 3, 5), dilation=3)
    kernel = whole(rng, 3, 5)
    left = whole(rng, 1, 2)
    size = size_for(kernel, whole(rng, 4, 7), stride=4, left=left, pad=3, dilation=4)
    yield case("stride 4, padding 3, dilation 4", size, kernel, stride=4, pad=3, dilation=4)
    size, stride = whole(rng, 5, 9), whole(rng, 2, 4)
    yield case("a kernel that fills the padded input", size, size + 6, stride=stride, pad=3)
    yield case("one pixel and one tap", 1, 1, stride=2, pad=whole(rng, 2, 5))

    size = whole(rng, 5, 9)
    yield refused("a kernel larger than the padded input", size, size + 7, pad=3)
    kernel = whole(rng, 2, 4)
    yield refused("a dilated kernel that does not fit", 3 * (kernel - 1), kernel, dilation=3)
    yield refused("a size of 0", 0, 3, pad=whole(rng, 3, 5))
    yield refused("a kernel of 0 taps", size, 0, stride=2)
    yield refused("a stride of 0", size, 3, stride=0)
    yield refused("a negative stride", size, 3, stride=-2)
    yield refused("a negative padding", size, 3, pad=-1)
    yield refused("a dilation of 0", size, 3, dilation=0)


OUTPUT_SIZE = Exercise("output_size", 2, arithmetic.output_size, _output_size_cases)


@OUTPUT_SIZE.known_wrong(
    "You round the quotient up, but a window that would hang over the end has no place; "
    "look at which way to round when the stride leaves a remainder."
)
def rounds_up(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * (kernel - 1) - 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return -(-free // stride) + 1


@OUTPUT_SIZE.known_wrong(
    "You count the steps but not the place where the kernel starts: "
    "try a kernel as large as the input, which makes no step and still has one position."
)
def forgets_first_position(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * (kernel - 1) - 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return free // stride


@OUTPUT_SIZE.known_wrong(
    "You add the 1 before you divide; the first position is no part of the way that the stride "
    "cuts into steps, so look at your brackets."
)
def adds_one_before_dividing(size, kernel, *, stride=1, pad=0, dilation=1):
    span = dilation * (kernel - 1) + 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or span > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size - span + 2 * pad + 1) // stride


@OUTPUT_SIZE.known_wrong(
    "You count the padding once, but `pad` zeros go on each side; draw the padded input and count."
)
def pads_once(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + pad - dilation * (kernel - 1) - 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < -pad:
        raise ValueError("the kernel does not fit")
    return free // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You multiply the whole kernel by the dilation, but only the gaps between taps stretch: "
    "draw three taps that are 2 pixels apart and count what they span."
)
def multiplies_kernel_by_dilation(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * kernel
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return free // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You do not use `dilation`: a kernel whose taps lie further apart spans more pixels, "
    "so it has fewer positions."
)
def ignores_dilation(size, kernel, *, stride=1, pad=0, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size + 2 * pad - kernel) // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You count positions even where the kernel does not fit; "
    "check the arguments first and raise a ValueError where there is no position at all."
)
def counts_without_checking(size, kernel, *, stride=1, pad=0, dilation=1):
    return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You do not use `stride`: where the window moves on by more than one pixel, "
    "fewer positions fit into the same way."
)
def ignores_stride(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * (kernel - 1) - 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return free + 1


@OUTPUT_SIZE.known_wrong(
    "You do not use `pad` for the length of the input; "
    "the zeros on both sides are pixels that the kernel may cover."
)
def ignores_padding(size, kernel, *, stride=1, pad=0, dilation=1):
    span = dilation * (kernel - 1) + 1
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or span > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size - span) // stride + 1


@OUTPUT_SIZE.known_wrong(
    "Your kernel spans one pixel too few: three neighbouring taps have two gaps, "
    "but they cover three pixels."
)
def spans_one_pixel_too_few(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * (kernel - 1)
    if min(size, kernel, stride, dilation) < 1 or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return free // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You check each argument by itself but not whether the kernel fits; where it spans more pixels "
    "than the padded input has, raise a ValueError."
)
def does_not_check_the_fit(size, kernel, *, stride=1, pad=0, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or pad < 0:
        raise ValueError("an argument is out of range")
    return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1


@OUTPUT_SIZE.known_wrong(
    "You accept a negative padding and cut pixels off the input; "
    "`pad` counts zeros, so raise a ValueError below 0."
)
def accepts_negative_padding(size, kernel, *, stride=1, pad=0, dilation=1):
    free = size + 2 * pad - dilation * (kernel - 1) - 1
    if min(size, kernel, stride, dilation) < 1 or free < 0:
        raise ValueError("the kernel does not fit")
    return free // stride + 1


@OUTPUT_SIZE.known_right
def counts_with_range(size, kernel, *, stride=1, pad=0, dilation=1):
    last = size + 2 * pad - (kernel + (kernel - 1) * (dilation - 1))
    if last < 0 or size < 1 or kernel < 1 or stride < 1 or pad < 0 or dilation < 1:
        raise ValueError(f"no position for a kernel of {kernel} on {size} pixels")
    return len(range(0, last + 1, stride))


@OUTPUT_SIZE.known_right
def walks_to_the_end(size, kernel, *, stride=1, pad=0, dilation=1):
    if size < 1 or kernel < 1 or stride < 1 or pad < 0 or dilation < 1:
        raise ValueError("an argument is out of range")
    count, start = 0, -pad
    while start + dilation * (kernel - 1) < size + pad:
        count += 1
        start += stride
    if count == 0:
        raise ValueError("the kernel does not fit")
    return count


@OUTPUT_SIZE.known_right
def calls_itself(size, kernel, *, stride=1, pad=0, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or pad < 0:
        raise ValueError("an argument is out of range")

    def positions(pixels):
        return 0 if pixels < dilation * (kernel - 1) + 1 else 1 + positions(pixels - stride)

    if positions(size + 2 * pad) == 0:
        raise ValueError("the kernel does not fit")
    return positions(size + 2 * pad)


@OUTPUT_SIZE.known_right
def divides_with_numpy(size, kernel, *, stride=1, pad=0, dilation=1):
    free = np.int64(size) + 2 * pad - dilation * (kernel - 1) - 1
    if np.any(np.array([size, kernel, stride, dilation]) < 1) or pad < 0 or free < 0:
        raise ValueError("the kernel does not fit")
    return np.floor_divide(free, stride) + 1
