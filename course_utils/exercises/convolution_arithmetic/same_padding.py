"""The padding that keeps the size: `same_padding`."""

import itertools

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.live_picture import CONVOLUTION, Shown


def same_padding(kernel, *, dilation=1):
    """Return the padding on each side with which stride 1 keeps the size.

    >>> same_padding(5), same_padding(1), same_padding(4, dilation=2)
    (2, 0, 3)
    """
    lost = (kernel - 1) * dilation  # positions fewer than pixels, without padding
    if lost % 2 == 1:
        raise ValueError(f"{lost} zeros cannot be shared by two equal sides")
    return lost // 2


def inputs(rng):
    """Draw odd and even kernels with odd and even gaps."""
    yield case("the example", 5)
    yield case("an odd kernel", 2 * whole(rng, 3, 12) + 1)
    yield case("a kernel of one tap", 1, dilation=whole(rng, 2, 12))
    yield case("an odd kernel, taps 2 apart", 2 * whole(rng, 2, 11) + 1, dilation=2)
    yield case("an even kernel, taps 2 apart", 2 * whole(rng, 2, 11), dilation=2)
    yield case("an odd kernel, taps 3 apart", 2 * whole(rng, 1, 10) + 1, dilation=3)
    yield case("an even kernel, taps 4 apart", 2 * whole(rng, 3, 12), dilation=4)

    yield refused("an even kernel", 2 * whole(rng, 3, 6))
    yield refused("an even kernel, taps 3 apart", 2 * whole(rng, 1, 4), dilation=3)


def wild(rng):
    """Yield all small kernels."""
    for kernel, dilation in itertools.product(range(1, 20), range(1, 9)):
        yield case("a kernel", kernel, dilation=dilation)


def setting(kernel, *, dilation=1):
    """Show that the output is as large as an input of 8 pixels, or one pixel short of it."""
    pad = (kernel - 1) * dilation // 2
    return {"size": 8, "kernel": kernel, "stride": 1, "pad": pad, "dilation": dilation}


EXERCISE = Exercise(
    same_padding,
    points=1,
    inputs=inputs,
    reference=arithmetic.same_padding,
    wild=wild,
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "pads_for_undilated_kernel",
            "counts_both_sides",
            "pads_one_too_many",
            "takes_one_gap_too_many",
            "halves_too_early",
            "accepts_even_spans",
            "accepts_dilated_even_spans",
            "adds_the_dilation",
        ),
    ),
)
mistake = EXERCISE.mistake

mistake("pads_for_undilated_kernel", {"return lost // 2": "return (kernel - 1) // 2"}).says(
    "Your padding suits a kernel without gaps; with a dilation the kernel spans more pixels, and "
    "it is the span that the padding makes up for."
)
mistake("counts_both_sides", {"lost // 2": "lost"}).says(
    "You return the zeros of both sides together; the answer is how many go on each side."
)
mistake("pads_one_too_many", {"return lost // 2": "return lost // 2 + 1"}).says(
    "Your padding is one too large: a kernel of one tap needs none, so see what yours gives there."
)
mistake("takes_one_gap_too_many", {"(kernel - 1) * dilation": "kernel * dilation - 1"}).says(
    "You take the span as the dilation times the kernel, but there is one gap fewer than there "
    "are taps; draw three taps that are 2 pixels apart."
)
mistake("halves_too_early", {"return lost // 2": "return kernel // 2 * dilation"}).says(
    "You halve the kernel before you multiply by the dilation, and that rounding is wrong for an "
    "even kernel; work out the whole span first and halve it last."
)
mistake(
    "accepts_even_spans",
    {
        """if lost % 2 == 1:
    raise ValueError(f"{lost} zeros cannot be shared by two equal sides")""": ""
    },
).says(
    "You give a padding for an even span too, but there the output comes out one pixel short; "
    "raise a ValueError where two equal sides cannot do it."
)
mistake("accepts_dilated_even_spans", {"lost % 2 == 1": "kernel % 2 == 0 and dilation == 1"}).says(
    "You take every dilated kernel, but four taps that are 3 pixels apart span ten pixels, an even "
    "number; ask whether the span is odd, gaps and all."
)
mistake("adds_the_dilation", {"return lost // 2": "return (kernel - 1 + dilation) // 2"}).says(
    "You add the dilation to the kernel, but it stretches every gap between two taps; multiply "
    "the number of gaps by it."
)


@EXERCISE.right_answer
def searches_for_it(kernel, *, dilation=1):
    size, pad = 100, 0
    while size + 2 * pad - dilation * (kernel - 1) < size:
        pad += 1
    if size + 2 * pad - dilation * (kernel - 1) > size:
        raise ValueError("no padding that is equal on both sides keeps the size")
    return pad


@EXERCISE.right_answer
def divides_with_rest(kernel, *, dilation=1):
    pad, rest = divmod((kernel - 1) * dilation, 2)
    if rest:
        raise ValueError("the span is even")
    return pad


@EXERCISE.right_answer
def counts_taps_from_the_middle(kernel, *, dilation=1):
    taps = np.arange(kernel) * dilation
    if taps[-1] % 2:
        raise ValueError("the kernel has no middle pixel")
    return taps[-1] - taps[-1] // 2
