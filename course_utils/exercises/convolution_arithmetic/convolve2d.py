"""Filters that slide over a volume: `convolve2d`."""

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.checks.layout import strided
from course_utils.exercises.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.live_picture import CONVOLUTION, FASTER, Shown, square
from course_utils.exercises.sums import Sums
from course_utils.reference import convolution


def convolve2d(x, w, *, stride=1, pad=0):
    """Convolve a volume (C, H, W) with filters (F, C, KH, KW); return (F, HO, WO).

    >>> x = np.array([[[1, 2, 3], [4, 5, 6]]])
    >>> w = np.array([[[[1, 0], [2, -1]]]])
    >>> convolve2d(x, w)
    array([[[ 8, 10]]])
    """
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    if depth != C:
        raise ValueError(f"the filters are {depth} deep, but there are {C} channels")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    tops = range(0, H + 2 * pad - KH + 1, stride)
    lefts = range(0, W + 2 * pad - KW + 1, stride)
    out = np.zeros((F, len(tops), len(lefts)), np.result_type(x, w))
    for f in range(F):
        turned = w[f, :, ::-1, ::-1]
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                window = padded[:, top : top + KH, left : left + KW]
                out[f, i, j] = np.sum(window * turned)
    return out


def inputs(rng):
    """Draw volumes and filters of one type and of two."""
    x, w = np.array([[[1, 2, 3], [4, 5, 6]]]), np.array([[[[1, 0], [2, -1]]]])
    yield case("the example", x, w)
    x, w = arrays(rng, (3, 7, 9), (4, 3, 2, 5))
    yield case("stride 1, no padding", np.asfortranarray(x), w)
    x, w = arrays(rng, (2, 6, 7), (5, 2, 4, 3), types=("float64", "float32"))
    yield case("padding 2, float32 filters", x, strided(w), pad=2)
    x, w = arrays(rng, (4, 9, 16), (2, 4, 3, 5))
    yield case("stride 3 leaves only columns over", x, w, stride=3)
    x, w = arrays(rng, (6, 14, 5), (7, 6, 8, 2), types=("float32", "float32"))
    yield case("float32, padding 1, stride 3 leaves both over", x, w, stride=3, pad=1)
    x, w = arrays(rng, (3, 6, 4), (2, 3, 5, 2), types=("float32", "float64"))
    yield case("a float32 volume", x, w)
    x, w = arrays(rng, (5, 4, 7), (3, 5, 1, 1), types=("int32", "int32"))
    yield case("int32, 1 x 1 kernels, stride 2", x, w, stride=2)
    x, w = arrays(rng, (2, 3, 4), (5, 2, 9, 10), pad=3, types=("int64", "float64"))
    yield case("integers, kernels that fill the padded volume", x, w, pad=3)

    x, w = arrays(rng, (3, 6, 7), (2, 3, 4, 5))
    yield refused("filters of depth 1", x, w[:, :1])
    yield refused("filters one channel too deep", x[:2], w)


def wild(rng):
    """Draw small volumes of all types, a tenth of them with filters of another depth."""
    for _ in range(300):
        KH, KW, HO, WO, C, F, stride = rng.integers(1, 4, 7).tolist()
        pad = int(rng.integers(min(KH, KW)))
        over = rng.integers(stride, size=2)
        sizes = np.array([KH, KW]) + stride * np.array([HO - 1, WO - 1]) + over - 2 * pad
        depth = C if rng.random() < 0.9 else whole(rng, 1, 4)
        kinds = rng.choice(["float64", "float32", "int64", "int32"], 2)
        x = rng.integers(-9, 10, (C, *sizes.clip(min=1))).astype(kinds[0])
        w = rng.integers(-9, 10, (F, depth, KH, KW)).astype(kinds[1])
        yield case("a volume", x, w, stride=stride, pad=pad)


def setting(x, w, *, stride=1, pad=0):
    """Show one channel, where images and kernels are square."""
    return square(x.shape[1:], w.shape[2:], stride=stride, pad=pad)


SUMS = Sums(
    arguments={
        "x": ("cyz", (2, 4, 5), "channel row column"),
        "w": ("fckm", (2, 2, 3, 2), "filter channel row column"),
    },
    results={"the result": "fij"},
    impulses="w",
    draws=16,
    fixed={"stride": 2, "pad": 1},
    setting="with kernels of 3 rows and 2 columns, stride 2 and padding 1",
)


EXERCISE = Exercise(
    convolve2d,
    points=6,
    inputs=inputs,
    reference=convolution.convolve2d,
    axes={"the result": ("filter", "row", "column")},
    forbidden=SLIDES,
    wild=wild,
    window="convolution",
    timed=Timing(
        {"x": (3, 32, 32), "w": (4, 3, 5, 5)},
        see=FASTER,
    ),
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "pads_below_and_right",
            "starts_at_every_pixel",
            "ignores_stride",
            "ignores_padding",
        ),
    ),
    formula=SUMS,
)
mistake = EXERCISE.mistake

mistake("does_not_flip", {"w[f, :, ::-1, ::-1]": "w[f]"}).says(
    "You slide the kernels as they are, and that is correlation; a convolution turns each of them "
    "by 180 degrees first."
)
mistake("flips_rows_only", {"w[f, :, ::-1, ::-1]": "w[f, :, ::-1]"}).says(
    "You flip the kernels along one axis only; a turn by 180 degrees reverses both the rows and "
    "the columns."
)
mistake("flips_channels_too", {"w[f, :, ::-1, ::-1]": "w[f, ::-1, ::-1, ::-1]"}).says(
    "You reverse the channels too; the kernels turn in the plane in which they slide, and each "
    "channel keeps the weights that are meant for it."
)
mistake(
    "flips_the_input", {"np.pad(x,": "np.pad(x[:, ::-1, ::-1],", "w[f, :, ::-1, ::-1]": "w[f]"}
).says(
    "You turn the input round in place of the kernels, and so your maps come out turned as well; "
    "leave x as it is."
)
mistake(
    "flips_in_place",
    {"turned = w[f, :, ::-1, ::-1]": "turned = w[f]\nturned[:] = turned[:, ::-1, ::-1].copy()"},
).says(
    "You turn the kernels round inside the caller's own array, which stays turned after the call; "
    "put the turned kernels into a new array."
)
mistake("uses_the_first_channel", {"window * turned": "window[0] * turned[0]"}).says(
    "You use the first channel alone; a filter has weights for every channel, and its map is the "
    "sum over all of them."
)
mistake(
    "sums_channels_first",
    {"window * turned": "window.sum(axis=0, dtype=x.dtype) * turned.sum(axis=0, dtype=w.dtype)"},
).says(
    "You add the channels up before you multiply; every channel has weights of its own, so "
    "multiply first and add afterwards."
)
mistake("pads_below_and_right", {"(pad, pad), (pad, pad)": "(0, 2 * pad), (0, 2 * pad)"}).says(
    "You put all the padding below and to the right; `pad` rows and columns of zeros go on each "
    "of the four sides."
)
mistake(
    "starts_at_every_pixel", {"top : top + KH, left : left + KW": "i : i + KH, j : j + KW"}
).says(
    "Your result has the right shape, but its windows move on by one pixel; work out at which row "
    "and column the window of output (i, j) starts."
)
mistake("makes_float64", {", np.result_type(x, w)": ""}).says(
    "You make the result with the default type, which is float64; let it have the type to which "
    "NumPy promotes x and w."
)
mistake("flips_columns_only", {"w[f, :, ::-1, ::-1]": "w[f, :, :, ::-1]"}).says(
    "You mirror the kernels from left to right only; a turn by 180 degrees also puts the lowest "
    "row on top."
)
mistake("ignores_stride", {"KH + 1, stride": "KH + 1", "KW + 1, stride": "KW + 1"}).says(
    "Your maps have a number for every place of the window; with a stride only every `stride`-th "
    "row and column of them is asked for."
)
mistake("averages_products", {"np.sum": "np.mean"}).says(
    "You take the mean of the products; a map's number is their sum, over the window and over the "
    "channels."
)
mistake("takes_the_type_of_the_volume", {"return out": "return out.astype(x.dtype)"}).says(
    "Your result has the type of the volume; the filters may have a wider one, so take the type "
    "to which NumPy promotes the two."
)
mistake("stops_one_too_early", {"KH + 1": "KH", "KW + 1": "KW"}).says(
    "You leave out the last window of every row and column; kernels as large as the padded volume "
    "still have one place."
)
mistake(
    "ignores_padding",
    {"padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))": "pad, padded = 0, x"},
).says("You do not use `pad`; the volume gets zeros on its four sides before the kernels slide.")
mistake("stretches_flat_filters", {"depth != C": "depth not in (1, C)"}).says(
    "You let NumPy stretch filters of depth 1 over all channels; a filter has weights of its own "
    "for every channel, so raise a ValueError."
)
mistake("flips_all_axes", {"w[f, :, ::-1, ::-1]": "np.flip(w)[f]"}).says(
    "You reverse all four axes of w, the filters and the channels as well; only rows and columns "
    "of the kernels turn round, so name those two axes."
)
mistake("turns_the_first_axes", {"w[f, :, ::-1, ::-1]": "np.rot90(w, 2)[f]"}).says(
    "You turn w in its first two axes, which are filters and channels; the kernels lie in the last "
    "two, so say which axes are to turn."
)
mistake(
    "pads_channels_too", {"np.pad(x, ((0, 0), (pad, pad), (pad, pad)))": "np.pad(x, pad)[:C]"}
).says(
    "You pad the channels as well as the rows and columns, so that the first channels are all "
    "zeros; say for each axis how much is added."
)
mistake("pads_above_and_left", {"(pad, pad), (pad, pad)": "(2 * pad, 0), (2 * pad, 0)"}).says(
    "You put all the padding above and to the left; half of it belongs below and to the right."
)
mistake("keeps_the_last_channel", {"window * turned": "window[-1] * turned[-1]"}).says(
    "Your maps hold what the last channel gives, as if each channel overwrote the one before; add "
    "all channels up."
)
mistake("uses_the_first_filter", {"w[f, :, ::-1, ::-1]": "w[0, :, ::-1, ::-1]"}).says(
    "Each of your maps is made by the first filter; map f belongs to filter f."
)
mistake(
    "leaves_the_last_at_0",
    {"enumerate(tops)": "enumerate(tops[:-1])", "enumerate(lefts)": "enumerate(lefts[:-1])"},
).says(
    "The last row and the last column of your maps stay 0; the kernels still fit there, so see "
    "where your loops stop."
)
mistake(
    "fills_columns_first", {"return out": "return out.transpose(0, 2, 1).reshape(out.shape)"}
).says(
    "You collect each map column by column and then shape it as if it came row by row; let the "
    "loop over rows be the outer one."
)
mistake(
    "fills_filters_last", {"return out": "return out.transpose(1, 2, 0).reshape(out.shape)"}
).says(
    "You collect the numbers with the filters last and then reshape, which moves no axis; "
    "transpose so that the filters come first."
)
mistake(
    "sums_in_the_type_of_the_volume",
    {"np.result_type(x, w)": "x.dtype", "return out": "return out.astype(np.result_type(x, w))"},
).says(
    "You collect the sums in the volume's type and convert them at the end, when digits are lost "
    "already; begin with the wider type."
)


@EXERCISE.right_answer
def loops_over_everything(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    if C != depth:
        raise ValueError("the channels differ")
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    out = np.zeros((F, HO, WO), np.result_type(x, w))
    for f, i, j in np.ndindex(out.shape):
        for c, k, m in np.ndindex(C, KH, KW):
            row, column = i * stride + k - pad, j * stride + m - pad
            if 0 <= row < H and 0 <= column < W:
                out[f, i, j] += x[c, row, column] * w[f, c, KH - 1 - k, KW - 1 - m]
    return out


@EXERCISE.right_answer
def makes_columns(x, w, *, stride=1, pad=0):
    (_, H, W), (F, _, KH, KW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    tops, lefts = range(0, H + 2 * pad - KH + 1, stride), range(0, W + 2 * pad - KW + 1, stride)
    columns = [padded[:, i : i + KH, j : j + KW].ravel() for i in tops for j in lefts]
    rows = np.rot90(w, 2, axes=(2, 3)).reshape(F, -1)
    return (rows @ np.stack(columns, axis=1)).reshape(F, len(tops), len(lefts))


@EXERCISE.right_answer
def contracts_windows(x, w, *, stride=1, pad=0):
    padded = np.pad(x, [(0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(1, 2))
    kernels = np.flip(w, axis=(-2, -1))
    return np.tensordot(kernels, windows[:, ::stride, ::stride], axes=([1, 2, 3], [0, 3, 4]))


@EXERCISE.right_answer
def adds_shifted_maps(x, w, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    (_, H, W), (F, _, KH, KW) = padded.shape, w.shape
    bottom, right = H - KH + 1, W - KW + 1
    shape = F, len(range(0, bottom, stride)), len(range(0, right, stride))
    out = np.zeros(shape, np.result_type(x, w))
    for k in range(KH):
        for m in range(KW):
            seen = padded[:, k : k + bottom : stride, m : m + right : stride]
            out += np.tensordot(w[:, :, KH - 1 - k, KW - 1 - m], seen, axes=1)
    return out
