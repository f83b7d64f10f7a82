"""The shape of the volume that a layer makes: `conv_output_shape`."""

from functools import partial

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.output_size import output_size
from course_utils.exercises.draw import size_for
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.live_picture import CONVOLUTION, Shown, square


def conv_output_shape(x_shape, w_shape, *, stride=1, pad=0):
    """Return the shape (F, HO, WO) of the volume that a convolution layer makes.

    >>> conv_output_shape((3, 6, 9), (5, 3, 2, 4), stride=2)
    (5, 3, 3)
    """
    C, H, W = x_shape
    F, depth, KH, KW = w_shape
    if depth != C:
        raise ValueError(f"the filters are {depth} deep, but the input has {C} channels")
    HO = output_size(H, KH, stride=stride, pad=pad)
    WO = output_size(W, KW, stride=stride, pad=pad)
    return F, HO, WO


def layer(rng, *, rows, columns, kernel, stride=1, left=(0, 0), pad=0):
    """Draw (C, H, W) and (F, C, KH, KW) for an output of that many rows and columns.

    C and F are unlike each other and all other sizes.
    """
    H = size_for(kernel[0], rows, stride=stride, left=left[0], pad=pad)
    W = size_for(kernel[1], columns, stride=stride, left=left[1], pad=pad)
    unlike = [size for size in range(2, 13) if size not in (H, W, rows, columns, *kernel)]
    C, F = (int(size) for size in rng.choice(unlike, 2, replace=False))
    return (C, H, W), (F, C, *kernel)


def inputs(rng):
    """Draw layers of which no two sizes are alike."""
    short = whole(rng, 2, 3)
    low, high = whole(rng, 5, 6), whole(rng, 10, 12)
    wide, tall = (short, short + 3), (short + 3, short)

    yield case("the example", (3, 6, 9), (5, 3, 2, 4), stride=2)
    shapes = layer(rng, rows=low, columns=high, kernel=wide)
    yield case("stride 1, no padding", *shapes)
    shapes = layer(rng, rows=high, columns=2, kernel=wide, pad=2)
    yield case("padding 2, a kernel wider than the input", *shapes, pad=2)
    shapes = layer(rng, rows=low, columns=high, kernel=tall, stride=3, left=(2, 0))
    yield case("stride 3 leaves 2 rows over", *shapes, stride=3)
    shapes = layer(rng, rows=high, columns=low, kernel=wide, stride=3, left=(0, 2))
    yield case("stride 3 leaves 2 columns over", *shapes, stride=3)
    shapes = layer(rng, rows=low, columns=high, kernel=tall, stride=2, left=(1, 1), pad=1)
    yield case("padding 1, and stride 2 leaves both over", *shapes, stride=2, pad=1)
    shapes = layer(rng, rows=high, columns=low, kernel=(1, 1))
    yield case("1 x 1 kernels", *shapes)
    shapes = layer(rng, rows=1, columns=high, kernel=(low + 6, 2), pad=3)
    yield case("a kernel as high as the padded input", *shapes, pad=3)
    yield case("one filter on one row of one channel", (1, 1, high), (1, 1, 1, short), pad=1)

    (C, H, W), (F, *_) = layer(rng, rows=low, columns=high, kernel=wide)
    yield refused("filters of depth 1", (C, H, W), (F, 1, *wide))
    yield refused("filters one channel too deep", (C, H, W), (C, C + 1, *tall))


def wild(rng):
    """Draw small layers, a tenth of them with filters of another depth."""
    for _ in range(1000):
        rows, columns, KH, KW, stride = rng.integers(1, 5, 5).tolist()
        pad = int(rng.integers(min(KH, KW)))
        left = rng.integers(stride, size=2).tolist()
        sizes = (
            size_for(kernel, windows, stride=stride, left=over, pad=pad)
            for kernel, windows, over in zip((KH, KW), (rows, columns), left, strict=True)
        )
        C, F, other = rng.integers(1, 6, 3).tolist()
        depth = C if rng.random() < 0.9 else other
        x_shape = (C, *(max(1, size) for size in sizes))
        yield case("a small layer", x_shape, (F, depth, KH, KW), stride=stride, pad=pad)


def setting(x_shape, w_shape, *, stride=1, pad=0):
    """Show one channel, where images and kernels are square."""
    return square(x_shape[1:], w_shape[2:], stride=stride, pad=pad)


EXERCISE = Exercise(
    conv_output_shape,
    points=2,
    inputs=inputs,
    reference=arithmetic.conv_output_shape,
    outputs=("F", "HO", "WO"),
    wild=wild,
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "strides_rows_only",
            "strides_columns_only",
            "rounds_up",
            "forgets_first_position",
            "pads_one_side",
            "ignores_stride",
        ),
    ),
)


@EXERCISE.right_answer
def divides_each_side(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if depth != C:
        raise ValueError("the channels differ")
    HO = (H + 2 * pad - KH) // stride + 1
    WO = (W + 2 * pad - KW) // stride + 1
    return F, HO, WO


# Edits of an answer that runs without `output_size`.
mistake = partial(EXERCISE.mistake, of="divides_each_side")

mistake("swaps_height_and_width", {"F, HO, WO": "F, WO, HO"}).says(
    "You give the width before the height; the order is filters, rows, columns, as in the shape "
    "of an array."
)
mistake("uses_kernel_height_twice", {"- KW": "- KH"}).says(
    "You use the height of the kernel for the columns too; rows go with KH, columns with KW."
)
mistake("strides_rows_only", {"(W + 2 * pad - KW) // stride": "W + 2 * pad - KW"}).says(
    "Your stride acts on the rows alone; the window takes the same steps to the right."
)
mistake(
    "rounds_up",
    {
        "(H + 2 * pad - KH) // stride": "-(-(H + 2 * pad - KH) // stride)",
        "(W + 2 * pad - KW) // stride": "-(-(W + 2 * pad - KW) // stride)",
    },
).says(
    "You round up, but a window that would hang over the edge has no place; look at how the "
    "division is rounded when rows or columns are left over."
)
mistake("keeps_input_channels", {"F, HO, WO": "C, HO, WO"}).says(
    "You keep the channels of the input, but each filter sums over all of them and makes one map; "
    "ask how many filters there are."
)
mistake("makes_a_map_per_channel", {"F, HO, WO": "F * C, HO, WO"}).says(
    "You count a map for each filter and each channel; a filter is as deep as the input, and what "
    "its channels give is added into one map."
)
mistake(
    "accepts_any_depth", {'if depth != C:\n    raise ValueError("the channels differ")': ""}
).says(
    "You do not compare the channels of the input with the depth of the filters; where they "
    "differ there is no output, so raise a ValueError."
)
mistake("accepts_depth_1", {"depth != C": "depth not in (1, C)"}).says(
    "You let a filter of depth 1 pass over all channels, as NumPy would stretch it; a filter has "
    "a slice of its own for each channel."
)
mistake(
    "forgets_first_position",
    {"KH) // stride + 1": "KH) // stride", "KW) // stride + 1": "KW) // stride"},
).says(
    "Your output is one row and one column too small: you count the steps of the window, but it "
    "also stands where it starts."
)
mistake("pads_one_side", {"H + 2 * pad": "H + pad", "W + 2 * pad": "W + pad"}).says(
    "You pad one side of each axis; `pad` rows go above and below, `pad` columns left and right, "
    "so each axis grows by two of them."
)
mistake("ignores_stride", {"KH) // stride": "KH)", "KW) // stride": "KW)"}).says(
    "You do not use `stride`: count the rows and the columns at which a window starts."
)
mistake("strides_columns_only", {"(H + 2 * pad - KH) // stride": "H + 2 * pad - KH"}).says(
    "Your stride acts on the columns alone; the window takes the same steps down the image."
)
mistake("swaps_kernel_sides", {"- KH": "- KW", "- KW": "- KH"}).says(
    "You take the kernel's width for its height; the shape of the filters ends in rows, columns."
)
mistake("compares_channels_with_filters", {"depth != C": "F != C"}).says(
    "You compare the channels of the input with the number of filters, and these may differ; it "
    "is the depth of the filters that must match."
)


@EXERCISE.right_answer
def has_a_helper_inside(x_shape, w_shape, *, stride=1, pad=0):
    C, H, W = x_shape
    F, depth, KH, KW = w_shape

    def positions(size, kernel):
        return len(range(0, size + 2 * pad - kernel + 1, stride))

    if C != depth:
        raise ValueError(f"{C} channels, but filters that are {depth} deep")
    return F, positions(H, KH), positions(W, KW)


@EXERCISE.right_answer
def loops_over_axes(x_shape, w_shape, *, stride=1, pad=0):
    if x_shape[0] != w_shape[1]:
        raise ValueError("the channels differ")
    shape = [w_shape[0]]
    for size, kernel in zip(x_shape[1:], w_shape[2:], strict=True):
        shape.append(1 + (size - kernel + 2 * pad) // stride)
    return tuple(shape)


@EXERCISE.right_answer
def works_on_arrays(x_shape, w_shape, *, stride=1, pad=0):
    if x_shape[0] != w_shape[1]:
        raise ValueError("the channels differ")
    free = np.array(x_shape[1:]) + 2 * pad - w_shape[2:]
    return (w_shape[0], *(free // stride + 1))


@EXERCISE.right_answer
def looks_at_an_array(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if C != depth:
        raise ValueError("the channels differ")
    padded = np.pad(np.zeros((H, W)), pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW))[::stride, ::stride]
    return F, windows.shape[0], windows.shape[1]
