"""Every window of a batch laid out as a column: `im2col`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, size_for
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import CONVOLUTION, Shown, square
from course_utils.reference import im2col as library


def im2col(x, kernel, *, stride=1, pad=0):
    """Lay out each window of each image as a column: (N, C * KH * KW, HO * WO).

    >>> im2col(np.array([[[[1, 2, 3], [4, 5, 6]]]]), (2, 2))
    array([[[1, 2],
            [2, 3],
            [4, 5],
            [5, 6]]])
    """
    N, C, H, W = x.shape
    KH, KW = kernel
    HO = (H + 2 * pad - KH) // stride + 1
    WO = (W + 2 * pad - KW) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = np.empty((N, C, KH, KW, HO, WO), x.dtype)
    for i in range(KH):
        for j in range(KW):
            # What this tap of the kernel meets, at all places of the kernel.
            pixels = padded[:, :, i : i + stride * HO : stride, j : j + stride * WO : stride]
            cols[:, :, i, j] = pixels
    return cols.reshape(N, C * KH * KW, HO * WO)


def reference(x, kernel, *, stride=1, pad=0):
    """Ask the library."""
    return library.im2col(x, kernel, stride=stride, pad=pad)


def inputs(rng):
    """Draw few and small images of several types, with remainders, overlaps and wide padding."""
    yield case("the example", np.array([[[[1, 2, 3], [4, 5, 6]]]]), (2, 2))
    yield case("2 images, 3 channels", strided(decimals(rng, 2, 3, 3, 5)), (2, 4))
    H, W = size_for(3, 2, stride=3, left=2), size_for(2, 3, stride=3, left=1)
    x = np.asfortranarray(decimals(rng, 1, 2, H, W))
    yield case("stride 3, two rows and a column left over", x, (3, 2), stride=3)
    yield case("padding 2", decimals(rng, 2, 1, 2, 1), (2, 3), pad=2)
    H, W = size_for(2, 3, stride=2, pad=1), size_for(3, 2, stride=2, left=1, pad=1)
    x = decimals(rng, 1, 3, H, W).astype(np.float32)
    yield case("float32, stride 2, padding 1", x, (2, 3), stride=2, pad=1)
    x = (10 * decimals(rng, 3, 2, 4, 3)).round().astype(np.int32)
    yield case("int32, windows of one row", x, (1, 3), stride=2)
    yield case("a window as large as the image", decimals(rng, 2, 2, 3, 2), (3, 2))
    yield case("windows of one pixel", decimals(rng, 2, 3, 2, 2), (1, 1))


def wild(rng):
    """Draw small images."""
    for _ in range(1000):
        N, C, KH, KW, HO, WO, stride = rng.integers(1, 4, 7).tolist()
        pad = int(rng.integers(0, 3))
        left = int(rng.integers(stride))
        H, W = (
            max(1, size_for(kernel, size, stride=stride, left=left, pad=pad))
            for kernel, size in ((KH, HO), (KW, WO))
        )
        x = decimals(rng, N, C, H, W).astype(rng.choice(["float64", "float32"]))
        yield case("small images", x, (KH, KW), stride=stride, pad=pad)


def setting(x, kernel, *, stride=1, pad=0):
    """Show one channel, where images and windows are square."""
    return square(x.shape[2:], kernel, stride=stride, pad=pad)


EXERCISE = Exercise(
    im2col,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("image", "weight of a filter", "place")},
    forbidden=HANDMADE,
    wild=wild,
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "steps_by_one",
            "steps_columns_by_one",
            "counts_padding_once",
            "pads_at_the_end_only",
            "repeats_the_border",
            "forgets_the_last_place",
        ),
    ),
)
mistake = EXERCISE.mistake

SIDES = "((0, 0), (0, 0), (pad, pad), (pad, pad))"
LAST = "cols.reshape(N, C * KH * KW, HO * WO)"

mistake(
    "lays_windows_out_as_rows", {LAST: "cols.reshape(N, C * KH * KW, HO * WO).transpose(0, 2, 1)"}
).says("Your windows are rows; each window is a column, under the place that it belongs to.")
mistake(
    "takes_channels_innermost",
    {LAST: "cols.transpose(0, 2, 3, 1, 4, 5).reshape(N, C * KH * KW, HO * WO)"},
).says(
    "In your columns the channels of a pixel follow each other; a filter's weights go through the "
    "whole kernel of channel 0 first, then that of channel 1."
)
mistake(
    "reads_kernels_column_by_column",
    {LAST: "cols.transpose(0, 1, 3, 2, 4, 5).reshape(N, C * KH * KW, HO * WO)"},
).says(
    "You read each window column by column; the weights of a filter lie row by row, and so must "
    "the pixels that they meet."
)
mistake(
    "reads_places_column_by_column",
    {LAST: "cols.transpose(0, 1, 2, 3, 5, 4).reshape(N, C * KH * KW, HO * WO)"},
).says(
    "Your places go down the image first; the columns of the result go along a row of the map and "
    "then on to the next row."
)
mistake(
    "only_reshapes",
    {
        LAST: "cols.transpose(0, 4, 5, 1, 2, 3).reshape(N, C * KH * KW, HO * WO)",
    },
).says(
    "You collect the windows place by place and then reshape; `reshape` moves no axis, so bring "
    "the axes into the order of the result first."
)
mistake(
    "turns_the_windows",
    {LAST: "cols[:, :, ::-1, ::-1].reshape(N, C * KH * KW, HO * WO)"},
).says(
    "Your windows are turned by 180 degrees, as true convolution would have it; the layer lays "
    "its kernel on the image as it is."
)
mistake(
    "puts_all_images_into_one_row",
    {LAST: "cols.transpose(1, 2, 3, 0, 4, 5).reshape(C * KH * KW, N * HO * WO)"},
).says(
    "You put the columns of all images side by side in one matrix; here each image keeps a matrix "
    "of its own, along the first axis."
)
mistake(
    "steps_by_one",
    {
        "i : i + stride * HO : stride, j : j + stride * WO : stride": "i : i + HO, j : j + WO",
    },
).says(
    "Your windows are one pixel apart though their number is that of the stride; from one to the "
    "next there are `stride` pixels."
)
mistake("steps_columns_by_one", {"j : j + stride * WO : stride": "j : j + WO"}).says(
    "You use the stride for rows only; windows are `stride` columns apart as well."
)
mistake("counts_padding_once", {"H + 2 * pad": "H + pad", "W + 2 * pad": "W + pad"}).says(
    "You have too few windows: padding stands on both sides, so each size grows by 2 * pad."
)
mistake("pads_at_the_end_only", {SIDES: "((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad))"}).says(
    "You put both paddings below and to the right; put `pad` zeros on each of the four sides."
)
mistake("repeats_the_border", {SIDES: SIDES + ', mode="edge"'}).says(
    "Your padding repeats the border's pixels; what a window sees outside of the image is 0."
)
mistake(
    "forgets_the_last_place", {"(W + 2 * pad - KW) // stride + 1": ("(W + 2 * pad - KW) // stride")}
).says(
    "Your result has no window at the right end of a row; the first place counts too, so add 1 "
    "after the division."
)
mistake(
    "takes_the_height_for_both",
    {"KH, KW = kernel": "KH, KW = kernel[0], kernel[0]"},
).says(
    "You take every window for a square; the second number of `kernel` says how many columns it "
    "has."
)
mistake("always_makes_float64", {", x.dtype": ""}).says(
    "Your columns are always float64; they are pixels of x and keep its type."
)
mistake(
    "reshapes_a_wide_matrix",
    {LAST: "cols.transpose(1, 2, 3, 0, 4, 5).reshape(N, C * KH * KW, HO * WO)"},
).says(
    "You put the columns of all images into one wide matrix and reshape it, which mixes images "
    "with rows; the axis of the images has to be moved to the front."
)
mistake("swaps_height_and_width", {"KH, KW = kernel": "KW, KH = kernel"}).says(
    "You read `kernel` as width and height; its first number is KH, the rows of a window."
)


@EXERCISE.right_answer
def slides_a_view(x, kernel, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, HO, WO, KH, KW)
    N, C, HO, WO, KH, KW = windows.shape
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, HO * WO)


@EXERCISE.right_answer
def looks_pixels_up(x, kernel, *, stride=1, pad=0):
    N, C, H, W = x.shape
    KH, KW = kernel
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad), x.dtype)
    big[:, :, pad : pad + H, pad : pad + W] = x
    tops = np.arange(0, H + 2 * pad - KH + 1, stride)
    lefts = np.arange(0, W + 2 * pad - KW + 1, stride)
    rows = np.repeat(np.arange(KH), KW)[:, None] + np.repeat(tops, len(lefts))
    columns = np.tile(np.arange(KW), KH)[:, None] + np.tile(lefts, len(tops))
    return big[:, :, rows, columns].reshape(N, -1, len(tops) * len(lefts))


@EXERCISE.right_answer
def goes_place_by_place(x, kernel, *, stride=1, pad=0):
    (N, C, H, W), (KH, KW) = x.shape, kernel
    big = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    columns = [
        big[:, :, i : i + KH, j : j + KW].reshape(N, C * KH * KW)
        for i in range(0, H + 2 * pad - KH + 1, stride)
        for j in range(0, W + 2 * pad - KW + 1, stride)
    ]
    return np.stack(columns, axis=2)
