"""Sizes along one axis: `output_size`, `same_padding` and `unread_border`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.draw import refused, size_for, whole
from course_utils.exercises.exercise import Exercise, case


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


def _same_padding_cases(rng):
    yield case("an odd kernel", 2 * whole(rng, 2, 5) + 1)
    yield case("a kernel of one tap", 1)
    yield case("an odd kernel, taps 2 apart", 2 * whole(rng, 2, 5) + 1, dilation=2)
    yield case("an even kernel, taps 2 apart", 2 * whole(rng, 2, 5), dilation=2)
    yield case("an odd kernel, taps 3 apart", 2 * whole(rng, 1, 4) + 1, dilation=3)
    yield case("an even kernel, taps 4 apart", 2 * whole(rng, 3, 5), dilation=4)

    yield refused("an even kernel", 2 * whole(rng, 2, 5))
    yield refused("an even kernel, taps 3 apart", 2 * whole(rng, 1, 4), dilation=3)
    yield refused("a kernel of 0 taps, 2 apart", 0, dilation=2)
    yield refused("a dilation of 0", 2 * whole(rng, 1, 4) + 1, dilation=0)
    yield refused("a negative kernel and dilation", -2 * whole(rng, 1, 4) - 1, dilation=-1)


SAME_PADDING = Exercise("same_padding", 1, arithmetic.same_padding, _same_padding_cases)


@SAME_PADDING.known_wrong(
    "Your padding suits a kernel without gaps; with a dilation the kernel spans more pixels, "
    "and it is the span that the padding makes up for."
)
def pads_for_undilated_kernel(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2 == 1:
        raise ValueError("no equal padding keeps the size")
    return (kernel - 1) // 2


@SAME_PADDING.known_wrong(
    "You return the zeros of both sides together; the answer is how many go on each side."
)
def counts_both_sides(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2 == 1:
        raise ValueError("no equal padding keeps the size")
    return dilation * (kernel - 1)


@SAME_PADDING.known_wrong(
    "Your padding is one too large: a kernel of one tap needs none, so see what yours gives there."
)
def pads_one_too_many(kernel, *, dilation=1):
    span = dilation * (kernel - 1) + 1
    if kernel < 1 or dilation < 1 or span % 2 == 0:
        raise ValueError("no equal padding keeps the size")
    return (span + 1) // 2


@SAME_PADDING.known_wrong(
    "You take the span as the dilation times the kernel, but there is one gap fewer than there "
    "are taps; draw three taps that are 2 pixels apart."
)
def takes_one_gap_too_many(kernel, *, dilation=1):
    span = dilation * kernel
    if kernel < 1 or dilation < 1 or span % 2 == 0:
        raise ValueError("no equal padding keeps the size")
    return (span - 1) // 2


@SAME_PADDING.known_wrong(
    "You halve the kernel before you multiply by the dilation, and that rounding is wrong for an "
    "even kernel; work out the whole span first and halve it last."
)
def halves_too_early(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2 == 1:
        raise ValueError("no equal padding keeps the size")
    return dilation * (kernel // 2)


@SAME_PADDING.known_wrong(
    "You give a padding for an even span too, but there the output comes out one pixel short; "
    "raise a ValueError where two equal sides cannot do it."
)
def accepts_even_spans(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1:
        raise ValueError("kernel and dilation must be at least 1")
    return dilation * (kernel - 1) // 2


@SAME_PADDING.known_wrong(
    "You add the dilation to the kernel, but it stretches every gap between two taps; "
    "multiply the number of gaps by it."
)
def adds_the_dilation(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1 or dilation * (kernel - 1) % 2 == 1:
        raise ValueError("no equal padding keeps the size")
    return (kernel - 1 + dilation) // 2


@SAME_PADDING.known_wrong(
    "You check that the span is odd, but not that there is a kernel at all; "
    "raise a ValueError where `kernel` or `dilation` is below 1."
)
def accepts_kernels_without_taps(kernel, *, dilation=1):
    if dilation * (kernel - 1) % 2 == 1:
        raise ValueError("no equal padding keeps the size")
    return dilation * (kernel - 1) // 2


@SAME_PADDING.known_right
def searches_for_it(kernel, *, dilation=1):
    if kernel < 1 or dilation < 1:
        raise ValueError("kernel and dilation must be at least 1")
    size = 10
    for pad in range(dilation * kernel):
        if size + 2 * pad - dilation * (kernel - 1) == size:
            return pad
    raise ValueError("no padding that is equal on both sides keeps the size")


@SAME_PADDING.known_right
def divides_with_rest(kernel, *, dilation=1):
    if min(kernel, dilation) < 1:
        raise ValueError("kernel and dilation must be at least 1")
    pad, rest = divmod((kernel - 1) * dilation, 2)
    if rest:
        raise ValueError("the span is even")
    return pad


@SAME_PADDING.known_right
def counts_taps_from_the_middle(kernel, *, dilation=1):
    if dilation < 1:
        raise ValueError("dilation must be at least 1")
    taps = np.arange(kernel) * dilation
    if taps.size == 0 or taps[-1] % 2:
        raise ValueError("the kernel has no middle pixel")
    return taps[-1] - taps[-1] // 2


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
    size = size_for(kernel, whole(rng, 4, 7), stride=5, left=1, pad=2)
    yield case("padding 2 and stride 5", size, kernel, stride=5, pad=2)
    kernel = whole(rng, 5, 7)
    size = size_for(kernel, whole(rng, 4, 7), stride=4, left=3, pad=1)
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
