"""What a layer has to learn: `conv_parameters`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, refused, whole


def _conv_parameters_cases(rng):
    C, F = whole(rng, 6, 8), whole(rng, 9, 20)
    KH, KW = whole(rng, 2, 3), whole(rng, 4, 5)
    yield case("a kernel wider than high", (F, C, KH, KW))
    yield case("a kernel higher than wide, no biases", (F + 1, C, KW, KH), bias=False)
    yield case("more channels than filters", (C, F, KW, KH))
    yield case("1 x 1 kernels", (F, C + 1, 1, 1))
    yield case("one filter", (1, C, KH, KW))
    yield case("one channel, no biases", (F, 1, KH + 3, KW - 1), bias=False)

    yield refused("no filters", (0, C, KH, KW))
    yield refused("no channels", (F, 0, KH, KW))
    yield refused("a kernel of height 0", (F, C, 0, KW))
    yield refused("a kernel of width 0", (F, C, KH, 0), bias=False)


CONV_PARAMETERS = Exercise("conv_parameters", 1, arithmetic.conv_parameters, _conv_parameters_cases)


@CONV_PARAMETERS.known_wrong(
    "You leave the biases out where the layer has them; think which numbers share one bias."
)
def forgets_biases(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW


@CONV_PARAMETERS.known_wrong(
    "You add one bias for each input channel; a bias is added to a finished map, "
    "so count the maps that come out."
)
def gives_each_channel_a_bias(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW + (C if bias else 0)


@CONV_PARAMETERS.known_wrong(
    "You give a bias to each channel of each filter; the channels of a filter are added up first, "
    "and the sum gets one bias."
)
def gives_each_kernel_a_bias(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * (KH * KW + (1 if bias else 0))


@CONV_PARAMETERS.known_wrong(
    "You add a single bias for the whole layer, but every filter has one of its own; "
    "look at your brackets."
)
def adds_one_bias_in_all(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW + int(bias)


@CONV_PARAMETERS.known_wrong(
    "You count a filter as if it were flat; it has weights of its own for every input channel."
)
def takes_filters_as_flat(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (KH * KW + int(bias))


@CONV_PARAMETERS.known_wrong(
    "You add the biases even when `bias` is False; let that argument decide."
)
def always_adds_biases(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (C * KH * KW + 1)


@CONV_PARAMETERS.known_wrong(
    "You take every kernel as square; its height and its width may differ, so use both."
)
def takes_kernels_as_square(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (C * KH**2 + int(bias))


@CONV_PARAMETERS.known_wrong(
    "You count one filter and forget that the layer has F of them, each with its own weights."
)
def counts_a_single_filter(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return C * KH * KW + int(bias)


@CONV_PARAMETERS.known_wrong(
    "You count on where a size is below 1; such a layer cannot be, so check the four numbers first "
    "and raise a ValueError."
)
def accepts_empty_layers(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    return F * (C * KH * KW + int(bias))


@CONV_PARAMETERS.known_right
def multiplies_with_numpy(w_shape, *, bias=True):
    if min(w_shape) < 1:
        raise ValueError(f"a size in {w_shape} is below 1")
    return np.prod(w_shape) + (w_shape[0] if bias else 0)


@CONV_PARAMETERS.known_right
def adds_up_filters(w_shape, *, bias=True):
    filters, *taps = w_shape
    if filters < 1 or any(size < 1 for size in taps):
        raise ValueError("every size must be at least 1")
    total = 0
    for _ in range(filters):
        weights = 1
        for size in taps:
            weights *= size
        total += weights + (1 if bias else 0)
    return total


@CONV_PARAMETERS.known_right
def counts_arrays(w_shape, *, bias=True):
    w = np.empty(w_shape)
    if w.size == 0:
        raise ValueError("a layer without weights")
    return w.size + len(w) if bias else w.size
