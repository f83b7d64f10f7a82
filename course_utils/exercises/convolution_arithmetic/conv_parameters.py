"""What a layer has to learn: `conv_parameters`."""

import itertools

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, whole


def conv_parameters(w_shape, *, bias=True):
    """Count the parameters of a convolution layer with filters of shape (F, C, KH, KW).

    >>> conv_parameters((2, 3, 2, 2)), conv_parameters((2, 3, 2, 2), bias=False)
    (26, 24)
    """
    F, C, KH, KW = w_shape
    per_filter = C * KH * KW
    if bias:
        per_filter += 1
    return F * per_filter


def inputs(rng):
    """Draw filters of which no two sizes are alike."""
    C, F = whole(rng, 6, 8), whole(rng, 9, 20)
    KH, KW = whole(rng, 2, 3), whole(rng, 4, 5)
    yield case("the example", (2, 3, 2, 2))
    yield case("a kernel wider than high", (F, C, KH, KW))
    yield case("a kernel higher than wide, no biases", (F + 1, C, KW, KH), bias=False)
    yield case("more channels than filters", (C, F, KW, KH))
    yield case("1 x 1 kernels", (F, C + 1, 1, 1))
    yield case("one filter", (1, C, KH, KW))
    yield case("one channel, no biases", (F, 1, KH + 3, KW - 1), bias=False)


def wild(rng):
    """Yield all small filters."""
    for sizes in itertools.product(range(1, 5), repeat=4):
        yield from (case("small filters", sizes, bias=bias) for bias in (True, False))


EXERCISE = Exercise(
    conv_parameters, points=1, inputs=inputs, reference=arithmetic.conv_parameters, wild=wild
)
mistake = EXERCISE.mistake

mistake("forgets_biases", {"if bias:\n    per_filter += 1": ""}).says(
    "You leave the biases out where the layer has them; think which numbers share one bias."
)
mistake(
    "gives_each_channel_a_bias",
    {"if bias:\n    per_filter += 1\nreturn F * per_filter": "return F * per_filter + bias * C"},
).says(
    "You add one bias for each input channel; a bias is added to a finished map, so count the "
    "maps that come out."
)
mistake("gives_each_kernel_a_bias", {"per_filter += 1": "per_filter += C"}).says(
    "You give a bias to each channel of each filter; the channels of a filter are added up first, "
    "and the sum gets one bias."
)
mistake("adds_one_bias_in_all", {"F * per_filter": "F * C * KH * KW + int(bias)"}).says(
    "You add a single bias for the whole layer, but every filter has one of its own; look at your "
    "brackets."
)
mistake("takes_filters_as_flat", {"C * KH * KW": "KH * KW"}).says(
    "You count a filter as if it were flat; it has weights of its own for every input channel."
)
mistake("always_adds_biases", {"if bias:\n    per_filter": "per_filter"}).says(
    "You add the biases even when `bias` is False; let that argument decide."
)
mistake("takes_kernels_as_square", {"KH * KW": "KH**2"}).says(
    "You take every kernel as square; its height and its width may differ, so use both."
)
mistake("counts_a_single_filter", {"F * per_filter": "per_filter"}).says(
    "You count one filter and forget that the layer has F of them, each with its own weights."
)
mistake("adds_the_sides", {"KH * KW": "(KH + KW)"}).says(
    "You add the sides of the kernel; it has a weight for each row and column, so multiply them."
)


@EXERCISE.right_answer
def multiplies_with_numpy(w_shape, *, bias=True):
    return np.prod(w_shape) + (w_shape[0] if bias else 0)


@EXERCISE.right_answer
def adds_up_filters(w_shape, *, bias=True):
    filters, *taps = w_shape
    total = 0
    for _ in range(filters):
        weights = 1
        for size in taps:
            weights *= size
        total += weights + (1 if bias else 0)
    return total


@EXERCISE.right_answer
def counts_arrays(w_shape, *, bias=True):
    w = np.empty(w_shape)
    return w.size + len(w) if bias else w.size
