"""The shape of the volume that a layer makes: `conv_output_shape`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.draw import size_for
from course_utils.exercises.exercise import Exercise, case, refused, whole


def layer_shapes(rng, *, rows, columns, kernel, stride=1, left=(0, 0), pad=0):
    """Draw (C, H, W) and (F, C, KH, KW) for an output of that many rows and columns.

    C and F are unlike each other and all other sizes.
    """
    H = size_for(kernel[0], rows, stride=stride, left=left[0], pad=pad)
    W = size_for(kernel[1], columns, stride=stride, left=left[1], pad=pad)
    unlike = [size for size in range(2, 13) if size not in (H, W, rows, columns, *kernel)]
    C, F = (int(size) for size in rng.choice(unlike, 2, replace=False))
    return (C, H, W), (F, C, *kernel)


def refused_layers(rng):
    """Yield cases of layers that cannot be, each with one thing wrong."""
    (C, H, W), (F, _, KH, KW) = layer_shapes(rng, rows=5, columns=9, kernel=(3, 4))
    x_shape, w_shape = (C, H, W), (F, C, KH, KW)
    yield refused("filters with another depth", (C + 1, H, W), w_shape)
    yield refused("a kernel too high", x_shape, (F, C, H + 7, KW), pad=3)
    yield refused("a kernel too wide", x_shape, (F, C, KH, W + 7), pad=3)
    yield refused("no channels", (0, H, W), (F, 0, KH, KW))
    yield refused("no rows", (C, 0, W), w_shape, pad=2)
    yield refused("no columns", (C, H, 0), w_shape, pad=2)
    yield refused("no filters", x_shape, (0, C, KH, KW))
    yield refused("a kernel of height 0", x_shape, (F, C, 0, KW))
    yield refused("a kernel of width 0", x_shape, (F, C, KH, 0))
    yield refused("a stride of 0", x_shape, w_shape, stride=0)
    yield refused("a negative stride", x_shape, w_shape, stride=-2)
    yield refused("a negative padding", x_shape, w_shape, pad=-1)


def _conv_output_shape_cases(rng):
    short = whole(rng, 2, 3)
    low, high = whole(rng, 5, 6), whole(rng, 10, 12)
    wide, tall = (short, short + 3), (short + 3, short)

    shapes = layer_shapes(rng, rows=low, columns=high, kernel=wide)
    yield case("stride 1, no padding", *shapes)
    shapes = layer_shapes(rng, rows=high, columns=2, kernel=wide, pad=2)
    yield case("padding 2, a kernel wider than the input", *shapes, pad=2)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=tall, stride=3, left=(2, 0))
    yield case("stride 3 leaves rows over", *shapes, stride=3)
    shapes = layer_shapes(rng, rows=high, columns=low, kernel=wide, stride=3, left=(0, 1))
    yield case("stride 3 leaves a column over", *shapes, stride=3)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=tall, stride=2, left=(1, 1), pad=1)
    yield case("padding 1, and stride 2 leaves both over", *shapes, stride=2, pad=1)
    shapes = layer_shapes(rng, rows=high, columns=low, kernel=(1, 1))
    yield case("1 x 1 kernels", *shapes)
    shapes = layer_shapes(rng, rows=1, columns=high, kernel=(low + 6, 2), pad=3)
    yield case("a kernel as high as the padded input", *shapes, pad=3)
    yield case("one filter on one row of one channel", (1, 1, high), (1, 1, 1, short), pad=1)

    yield from refused_layers(rng)


CONV_OUTPUT_SHAPE = Exercise(
    "conv_output_shape", 2, arithmetic.conv_output_shape, _conv_output_shape_cases
)


@CONV_OUTPUT_SHAPE.known_wrong(
    "You give the width before the height; the order is filters, rows, columns, "
    "as in the shape of an array."
)
def swaps_height_and_width(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, free_w // stride + 1, free_h // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You use the height of the kernel for the columns too; rows go with KH, columns with KW."
)
def uses_kernel_height_twice(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("a size is out of range")
    if KH > H + 2 * pad or KW > W + 2 * pad:
        raise ValueError("the kernel does not fit")
    return F, (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KH) // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "Your stride acts on the rows alone; the window takes the same steps to the right."
)
def strides_rows_only(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, free_h // stride + 1, free_w + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You round up, but a window that would hang over the edge has no place; "
    "look at how the division is rounded when rows or columns are left over."
)
def rounds_up(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, -(-free_h // stride) + 1, -(-free_w // stride) + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You keep the channels of the input, but each filter sums over all of them and makes one map; "
    "ask how many filters there are."
)
def keeps_input_channels(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return C, free_h // stride + 1, free_w // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You count a map for each filter and each channel; a filter is as deep as the input, "
    "and what its channels give is added into one map."
)
def makes_a_map_per_channel(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * C, free_h // stride + 1, free_w // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You do not compare the channels of the input with the depth of the filters; "
    "where they differ there is no output, so raise a ValueError."
)
def accepts_any_depth(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, _, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    return F, free_h // stride + 1, free_w // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "Your output is one row and one column too small: you count the steps of the window, "
    "but it also stands where it starts."
)
def forgets_first_position(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, free_h // stride, free_w // stride


@CONV_OUTPUT_SHAPE.known_wrong(
    "You pad one side of each axis; `pad` rows go above and below, `pad` columns left and right, "
    "so each axis grows by two of them."
)
def pads_one_side(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, (H + pad - KH) // stride + 1, (W + pad - KW) // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You do not use `stride`: count the rows and the columns at which a window starts."
)
def ignores_stride(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, free_h + 1, free_w + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "Your stride acts on the columns alone; the window takes the same steps down the image."
)
def strides_columns_only(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, free_h + 1, free_w // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You take the kernel's width for its height; the shape of the filters ends in rows, columns."
)
def swaps_kernel_sides(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F, (H + 2 * pad - KW) // stride + 1, (W + 2 * pad - KH) // stride + 1


@CONV_OUTPUT_SHAPE.known_wrong(
    "You give a shape even where the kernel is larger than the padded input; "
    "compare them along both axes and raise a ValueError."
)
def accepts_large_kernels(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("the layer makes no sense")
    return F, (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1


@CONV_OUTPUT_SHAPE.known_right
def has_a_helper_inside(x_shape, w_shape, *, stride=1, pad=0):
    C, H, W = x_shape
    F, depth, KH, KW = w_shape

    def positions(size, kernel):
        if size < 1 or kernel < 1 or stride < 1 or pad < 0 or kernel > size + 2 * pad:
            raise ValueError(f"a kernel of {kernel} has no position on {size} pixels")
        return len(range(0, size + 2 * pad - kernel + 1, stride))

    if C != depth or F < 1 or C < 1:
        raise ValueError(f"{C} channels, but filters that are {depth} deep")
    return F, positions(H, KH), positions(W, KW)


@CONV_OUTPUT_SHAPE.known_right
def loops_over_axes(x_shape, w_shape, *, stride=1, pad=0):
    if x_shape[0] != w_shape[1] or min(*x_shape, *w_shape, stride) < 1 or pad < 0:
        raise ValueError("the shapes make no sense")
    shape = [w_shape[0]]
    for size, kernel in zip(x_shape[1:], w_shape[2:], strict=True):
        if kernel > size + 2 * pad:
            raise ValueError("the kernel does not fit")
        shape.append(1 + (size - kernel + 2 * pad) // stride)
    return tuple(shape)


@CONV_OUTPUT_SHAPE.known_right
def works_on_arrays(x_shape, w_shape, *, stride=1, pad=0):
    x_shape, w_shape = np.array(x_shape), np.array(w_shape)
    free = x_shape[1:] + 2 * pad - w_shape[2:]
    if x_shape.min() < 1 or w_shape.min() < 1 or stride < 1 or pad < 0 or free.min() < 0:
        raise ValueError("the layer does not fit")
    if x_shape[0] != w_shape[1]:
        raise ValueError("the channels differ")
    return (w_shape[0], *(free // stride + 1))


@CONV_OUTPUT_SHAPE.known_right
def looks_at_an_array(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or C != depth:
        raise ValueError("the shapes make no sense")
    padded = np.pad(np.zeros((H, W)), pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW))[::stride, ::stride]
    return F, windows.shape[0], windows.shape[1]
