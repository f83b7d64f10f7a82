"""The pixels that no window reaches: `unread_border`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.draw import size_for
from course_utils.exercises.exercise import Exercise, case, refused, whole


def _unread_border_cases(rng):
    kernel = whole(rng, 3, 6)
    yield case("stride 1 leaves nothing", size_for(kernel, 2 * whole(rng, 3, 5)), kernel)
    kernel = 2 * whole(rng, 1, 3) + 1
    size = size_for(kernel, whole(rng, 4, 7), stride=2)
    yield case("stride 2 fits", size, kernel, stride=2)
    kernel = 3 * whole(rng, 1, 2) + whole(rng, 1, 2)
    size = size_for(kernel, whole(rng, 4, 7), stride=3, left=whole(rng, 1, 2))
    yield case("stride 3 leaves a remainder", size, kernel, stride=3)
    kernel = whole(rng, 6, 9)
    size = size_for(kernel, whole(rng, 4, 7), stride=5, left=whole(rng, 1, 4), pad=2)
    yield case("padding 2 and stride 5", size, kernel, stride=5, pad=2)
    kernel = whole(rng, 5, 7)
    size = size_for(kernel, whole(rng, 4, 7), stride=4, left=2 * whole(rng, 0, 1) + 1, pad=1)
    yield case("padding 1 and stride 4", size, kernel, stride=4, pad=1)
    size = size_for(2, whole(rng, 3, 5), stride=5, left=whole(rng, 3, 4))
    yield case("a stride larger than the kernel", size, 2, stride=5)
    size = 2 * whole(rng, 2, 4) + 1
    yield case("a kernel that fills the padded input", size, size + 6, stride=4, pad=3)
    yield case("one pixel and one tap", 1, 1, stride=3, pad=2)

    yield refused("a kernel larger than the padded input", size, size + 7, pad=3)
    yield refused("a size of 0", 0, 3, stride=2, pad=whole(rng, 3, 5))
    yield refused("a kernel of 0 taps", size, 0, stride=2)
    yield refused("a stride of 0", size, 3, stride=0)
    yield refused("a negative stride", size, 3, stride=-2)
    yield refused("a negative stride, a kernel too large", size, size + 2, stride=-2)
    yield refused("a negative padding", size, 3, pad=-1)


UNREAD_BORDER = Exercise("unread_border", 1, arithmetic.unread_border, _unread_border_cases)


@UNREAD_BORDER.known_wrong(
    "You leave the padding out, but it makes the input longer on both sides, "
    "and so it moves the place where the last window ends."
)
def forgets_padding(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size - kernel) % stride


@UNREAD_BORDER.known_wrong(
    "You pad one side only; `pad` zeros go before the first pixel and as many after the last."
)
def pads_one_side(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size + pad - kernel) % stride


@UNREAD_BORDER.known_wrong(
    "You divide the whole length by the stride, but the first window covers `kernel` pixels "
    "before any step is made; divide what is left for the steps."
)
def forgets_kernel(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (size + 2 * pad) % stride


@UNREAD_BORDER.known_wrong(
    "You count the pixels that are missing for one more window; "
    "count those that are there and that no window reaches."
)
def counts_missing_pixels(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return -(size + 2 * pad - kernel) % stride


@UNREAD_BORDER.known_wrong(
    "You also count the gaps between the windows; only the pixels after the end of the last "
    "window belong to the border."
)
def counts_gaps(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    starts = range(0, size + 2 * pad - kernel + 1, stride)
    read = {start + tap for start in starts for tap in range(kernel)}
    return size + 2 * pad - len(read)


@UNREAD_BORDER.known_wrong(
    "You count from where the last window starts; it reads `kernel` pixels from there on, "
    "so the border begins at its end."
)
def counts_from_last_start(size, kernel, *, stride=1, pad=0):
    padded = size + 2 * pad
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > padded:
        raise ValueError("the kernel does not fit")
    windows = (padded - kernel) // stride + 1
    return padded - (windows - 1) * stride


@UNREAD_BORDER.known_wrong(
    "You take away the padding at the end, but the question is about the padded input, "
    "so zeros that no window reaches count as well."
)
def leaves_padding_out(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return max(0, (size + 2 * pad - kernel) % stride - pad)


@UNREAD_BORDER.known_wrong(
    "Your last window starts one stride too far to the right: "
    "three windows are two steps apart, so count steps and not windows."
)
def steps_once_too_often(size, kernel, *, stride=1, pad=0):
    padded = size + 2 * pad
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > padded:
        raise ValueError("the kernel does not fit")
    windows = (padded - kernel) // stride + 1
    return padded - (windows * stride + kernel)


@UNREAD_BORDER.known_wrong(
    "You count what lies after the first window; let it step to the right as long as it fits, "
    "and count what lies after the last one."
)
def counts_after_first_window(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return size + 2 * pad - kernel


@UNREAD_BORDER.known_wrong(
    "Your difference has the wrong sign: take the end of the last window from the length of the "
    "padded input, not the other way round."
)
def subtracts_the_wrong_way(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    return -((size + 2 * pad - kernel) % stride)


@UNREAD_BORDER.known_wrong(
    "You answer even where no window fits; a kernel larger than the padded input leaves no border "
    "to speak of, so raise a ValueError there."
)
def accepts_large_kernels(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0:
        raise ValueError("an argument is out of range")
    return (size + 2 * pad - kernel) % stride


@UNREAD_BORDER.known_right
def steps_while_it_fits(size, kernel, *, stride=1, pad=0):
    if min(size, kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
        raise ValueError("the kernel does not fit")
    end = kernel
    while end + stride <= size + 2 * pad:
        end += stride
    return size + 2 * pad - end


@UNREAD_BORDER.known_right
def takes_last_window(size, kernel, *, stride=1, pad=0):
    if size < 1 or kernel < 1 or stride < 1 or pad < 0:
        raise ValueError("an argument is out of range")
    starts = range(0, size + 2 * pad - kernel + 1, stride)
    if not starts:
        raise ValueError("the kernel does not fit")
    return size + 2 * pad - (starts[-1] + kernel)


@UNREAD_BORDER.known_right
def measures_an_array(size, kernel, *, stride=1, pad=0):
    if size < 1 or kernel < 1 or stride < 1:
        raise ValueError("an argument is out of range")
    padded = np.pad(np.ones(size), pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel)[::stride]
    return padded.size - kernel - stride * (len(windows) - 1)
