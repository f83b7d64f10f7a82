"""The padding that keeps the size: `same_padding`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, refused, whole


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
