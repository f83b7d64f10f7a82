"""How many places a kernel has: `output_size`."""

import itertools

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.draw import size_for
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.live_picture import CONVOLUTION, Shown


def output_size(size, kernel, *, stride=1, pad=0, dilation=1):
    """Count the positions that a kernel takes along one axis.

    >>> output_size(8, 3, stride=2)
    3
    >>> output_size(8, 3, stride=2, dilation=2)
    2
    """
    padded = size + 2 * pad
    span = (kernel - 1) * dilation + 1  # one gap fewer than taps
    if span > padded:
        raise ValueError(f"a kernel that spans {span} does not fit into {padded} pixels")
    return (padded - span) // stride + 1


def inputs(rng):
    """Draw axes with remainders above half a stride."""
    yield case("the example", 8, 3, stride=2)
    yield case("stride 1, no padding", whole(rng, 12, 20), whole(rng, 3, 6))
    yield case("an even kernel and padding 2", whole(rng, 10, 20), 2 * whole(rng, 2, 3), pad=2)
    kernel = whole(rng, 2, 5)
    size = size_for(kernel, whole(rng, 4, 7), stride=3, left=2)
    yield case("stride 3 leaves 2 pixels over", size, kernel, stride=3)
    yield case("taps 3 pixels apart", whole(rng, 18, 25), whole(rng, 4, 6), dilation=3)
    kernel = whole(rng, 7, 9)
    size = size_for(kernel, whole(rng, 4, 7), stride=4, left=1, pad=3, dilation=4)
    yield case("stride 4, padding 3, dilation 4", size, kernel, stride=4, pad=3, dilation=4)
    size, stride = whole(rng, 5, 9), whole(rng, 2, 4)
    yield case("a kernel that fills the padded input", size, size + 6, stride=stride, pad=3)
    yield case("one pixel and one tap", 1, 1, stride=2, pad=whole(rng, 2, 5))

    size = whole(rng, 5, 9)
    yield refused("a kernel one pixel too long, stride 3", size, size + 7, stride=3, pad=3)
    kernel = whole(rng, 2, 4)
    yield refused("a dilated kernel that does not fit", 3 * (kernel - 1), kernel, dilation=3)


def wild(rng):
    """Draw small axes, on some of which the kernel does not fit."""
    ranges = range(1, 9), range(1, 6), range(1, 5), range(4), range(1, 4)
    every = list(itertools.product(*ranges))
    for size, kernel, stride, pad, dilation in rng.permutation(every).tolist():
        yield case("a small axis", size, kernel, stride=stride, pad=pad, dilation=dilation)


def setting(size, kernel, *, stride=1, pad=0, dilation=1):
    """Set the picture as the call says."""
    return {"size": size, "kernel": kernel, "stride": stride, "pad": pad, "dilation": dilation}


EXERCISE = Exercise(
    output_size,
    points=2,
    inputs=inputs,
    reference=arithmetic.output_size,
    wild=wild,
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "rounds_up",
            "rounds_to_the_nearest",
            "forgets_first_position",
            "adds_one_before_dividing",
            "pads_once",
            "multiplies_kernel_by_dilation",
            "ignores_dilation",
            "counts_without_checking",
            "checks_the_kernel_without_its_gaps",
            "ignores_stride",
            "ignores_padding",
            "spans_one_pixel_too_few",
        ),
    ),
)
mistake = EXERCISE.mistake

mistake("rounds_up", {"(padded - span) // stride": "-(-(padded - span) // stride)"}).says(
    "You round the quotient up, but a window that would hang over the end has no place; look at "
    "which way to round when the stride leaves a remainder."
)
mistake(
    "rounds_to_the_nearest", {"(padded - span) // stride": "round((padded - span) / stride)"}
).says(
    "You round the quotient to the nearest number, and more than half a stride left over makes "
    "that one position too many; a window that hangs over the end has no place."
)
mistake("forgets_first_position", {" // stride + 1": " // stride"}).says(
    "You count the steps but not the place where the kernel starts: try a kernel as large as the "
    "input, which makes no step and still has one position."
)
mistake(
    "adds_one_before_dividing", {"(padded - span) // stride + 1": "(padded - span + 1) // stride"}
).says(
    "You add the 1 before you divide; the first position is no part of the way that the stride "
    "cuts into steps, so look at your brackets."
)
mistake("pads_once", {"(padded - span)": "(padded - pad - span)"}).says(
    "You count the padding once, but `pad` zeros go on each side; draw the padded input and count."
)
mistake("multiplies_kernel_by_dilation", {"(kernel - 1) * dilation + 1": "kernel * dilation"}).says(
    "You multiply the whole kernel by the dilation, but only the gaps between taps stretch: draw "
    "three taps that are 2 pixels apart and count what they span."
)
mistake("ignores_dilation", {"(kernel - 1) * dilation + 1": "kernel"}).says(
    "You do not use `dilation`: a kernel whose taps lie further apart spans more pixels, so it "
    "has fewer positions."
)
mistake(
    "counts_without_checking",
    {
        """if span > padded:
    raise ValueError(f"a kernel that spans {span} does not fit into {padded} pixels")""": ""
    },
).says(
    "You count positions even where the kernel does not fit; check the arguments first and raise "
    "a ValueError where there is no position at all."
)
mistake("checks_the_kernel_without_its_gaps", {"span > padded": "kernel > padded"}).says(
    "You compare the number of taps with the padded input; it is the span, with the gaps between "
    "the taps, that has to fit."
)
mistake("ignores_stride", {" // stride": ""}).says(
    "You do not use `stride`: where the window moves on by more than one pixel, fewer positions "
    "fit into the same way."
)
mistake("ignores_padding", {"(padded - span)": "(size - span)"}).says(
    "You do not use `pad` for the length of the input; the zeros on both sides are pixels that "
    "the kernel may cover."
)
mistake("spans_one_pixel_too_few", {"(kernel - 1) * dilation + 1": "(kernel - 1) * dilation"}).says(
    "Your kernel spans one pixel too few: three neighbouring taps have two gaps, but they cover "
    "three pixels."
)
mistake(
    "misses_the_last_position",
    {"(padded - span) // stride + 1": "len(range(0, padded - span, stride))"},
).says(
    "You leave out the last position where the kernel ends with the padded input; a range stops "
    "before its second argument, so look at where yours ends."
)


@EXERCISE.right_answer
def counts_with_range(size, kernel, *, stride=1, pad=0, dilation=1):
    last = size + 2 * pad - (kernel + (kernel - 1) * (dilation - 1))
    if last < 0:
        raise ValueError(f"no position for a kernel of {kernel} on {size} pixels")
    return len(range(0, last + 1, stride))


@EXERCISE.right_answer
def walks_to_the_end(size, kernel, *, stride=1, pad=0, dilation=1):
    count, start = 0, -pad
    while start + dilation * (kernel - 1) < size + pad:
        count += 1
        start += stride
    if count == 0:
        raise ValueError("the kernel does not fit")
    return count


@EXERCISE.right_answer
def calls_itself(size, kernel, *, stride=1, pad=0, dilation=1):
    def positions(pixels):
        return 0 if pixels < dilation * (kernel - 1) + 1 else 1 + positions(pixels - stride)

    if positions(size + 2 * pad) == 0:
        raise ValueError("the kernel does not fit")
    return positions(size + 2 * pad)


@EXERCISE.right_answer
def divides_with_numpy(size, kernel, *, stride=1, pad=0, dilation=1):
    free = np.int64(size) + 2 * pad - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("the kernel does not fit")
    return np.floor_divide(free, stride) + 1
