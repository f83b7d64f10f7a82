"""What a layer has to do: `conv_multiply_adds`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.conv_output_shape import (
    layer_shapes,
    refused_layers,
)
from course_utils.exercises.exercise import Exercise, case, whole


def _conv_multiply_adds_cases(rng):
    low, high, short = whole(rng, 5, 6), whole(rng, 10, 12), whole(rng, 2, 3)
    wide, tall = (short, short + 3), (short + 3, short)

    shapes = layer_shapes(rng, rows=low, columns=high, kernel=wide)
    yield case("stride 1, no padding", *shapes)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=wide, pad=2)
    yield case("padding 2", *shapes, pad=2)
    shapes = layer_shapes(rng, rows=high, columns=low, kernel=tall, stride=3, left=(1, 2), pad=1)
    yield case("padding 1, and stride 3 leaves both over", *shapes, stride=3, pad=1)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=(1, 1), stride=2, left=(1, 0))
    yield case("1 x 1 kernels and stride 2", *shapes, stride=2)
    yield case("one filter on one channel", (1, high + 3, low + 3), (1, 1, *wide))
    (C, H, W), (F, *_) = shapes
    yield case("kernels that fill the padded input", (C, H, W), (F, C, H + 6, W + 6), pad=3)

    yield from refused_layers(rng)


CONV_MULTIPLY_ADDS = Exercise(
    "conv_multiply_adds", 2, arithmetic.conv_multiply_adds, _conv_multiply_adds_cases
)


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count a window at every pixel of the input; the work is done once for each number of "
    "the output, so work out its height and width first."
)
def counts_a_window_per_pixel(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("a size is out of range")
    if KH > H + 2 * pad or KW > W + 2 * pad:
        raise ValueError("the kernel does not fit")
    return F * H * W * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You leave the channels out: one number of the output takes a product for every tap in every "
    "input channel."
)
def forgets_channels(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count the work of one filter; each filter makes a map of its own and does it all again."
)
def counts_one_filter(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count a product and its addition as two; a multiply-add is both of them together."
)
def counts_product_and_sum(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return 2 * F * (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count one more for the bias of each output; adding a bias takes no product, "
    "and the statement leaves it out."
)
def counts_the_bias(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * (C * KH * KW + 1)


@CONV_MULTIPLY_ADDS.known_wrong(
    "You leave out products with padded zeros, but the loop over the window computes them too; "
    "count every tap at every position."
)
def skips_padded_zeros(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    top, left = range(-pad, free_h - pad + 1, stride), range(-pad, free_w - pad + 1, stride)
    rows = sum(0 <= i + k < H for i in top for k in range(KH))
    columns = sum(0 <= j + k < W for j in left for k in range(KW))
    return F * C * rows * columns


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count steps where you should count positions, so a row and a column of the output are "
    "missing; the window also stands where it starts."
)
def forgets_first_window(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride) * (free_w // stride) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "Your output has a window at every pixel where the kernel fits; with a stride most of them are "
    "left out."
)
def forgets_the_stride(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h + 1) * (free_w + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You work out the output for the kernel laid on its side; its height goes with the rows of the "
    "image and its width with the columns."
)
def lays_the_kernel_on_its_side(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    HO, WO = (H + 2 * pad - KW) // stride + 1, (W + 2 * pad - KH) // stride + 1
    return F * HO * WO * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count work for a kernel that is larger than the padded input; it has no position, "
    "so raise a ValueError."
)
def counts_without_checking_the_fit(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("the layer makes no sense")
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    return F * HO * WO * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You never compare the depth of the filters with the channels of the input; "
    "where they differ, raise a ValueError."
)
def counts_for_any_depth(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, _, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_right
def counts_outputs_and_taps(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if C != depth or min(*x_shape, *w_shape, stride) < 1 or pad < 0:
        raise ValueError("the shapes make no sense")
    outputs = F
    for size, kernel in ((H, KH), (W, KW)):
        if kernel > size + 2 * pad:
            raise ValueError("the kernel does not fit")
        outputs *= len(range(0, size + 2 * pad - kernel + 1, stride))
    return outputs * C * KH * KW


@CONV_MULTIPLY_ADDS.known_right
def looks_at_windows(x_shape, w_shape, *, stride=1, pad=0):
    if x_shape[0] != w_shape[1] or min(*x_shape, *w_shape, stride) < 1:
        raise ValueError("the shapes make no sense")
    x = np.pad(np.zeros(x_shape[1:]), pad)
    windows = np.lib.stride_tricks.sliding_window_view(x, w_shape[2:])
    return int(windows[::stride, ::stride].size * w_shape[0] * w_shape[1])


@CONV_MULTIPLY_ADDS.known_right
def adds_up_windows(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if C != depth or min(C, H, W, F, KH, KW) < 1 or stride < 1 or pad < 0:
        raise ValueError("the shapes make no sense")
    if H + 2 * pad < KH or W + 2 * pad < KW:
        raise ValueError("the kernel does not fit")
    total = 0
    for _ in range(-pad, H + pad - KH + 1, stride):
        for _ in range(-pad, W + pad - KW + 1, stride):
            total += F * C * KH * KW
    return total
