"""The largest value of each window: `max_pool2d_forward`."""

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, size_for
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import CONVOLUTION, FASTER, Shown, square
from course_utils.exercises.sums import Windows
from course_utils.reference import pooling


def max_pool2d_forward(x, kernel, *, stride, pad=0):
    """Keep the largest value of each window of each channel: (N, C, HO, WO).

    >>> x = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 6.0, -1.0]]]])
    >>> max_pool2d_forward(x, (2, 2), stride=1)
    array([[[[5., 6., 6.]]]])
    """
    N, C, H, W = x.shape
    KH, KW = kernel
    HO = (H + 2 * pad - KH) // stride + 1
    WO = (W + 2 * pad - KW) // stride + 1
    sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    padded = np.pad(x, sides, constant_values=-np.inf)
    out = np.empty((N, C, HO, WO), x.dtype)
    for i in range(HO):
        top = i * stride
        for j in range(WO):
            left = j * stride
            window = padded[:, :, top : top + KH, left : left + KW]
            out[:, :, i, j] = np.max(window, axis=(2, 3))
    return out


def reference(x, kernel, *, stride, pad=0):
    """Ask the library, which keeps a cache as well."""
    return pooling.max_pool2d_forward(x, kernel, stride=stride, pad=pad)[0]


def drawn(rng, *shape):
    """Draw images whose first channel is negative, so that 0 would be its largest number."""
    x = decimals(rng, *shape)
    x[:, 0] = -np.abs(x[:, 0])
    return x


def inputs(rng):
    """Draw few and small images; windows overlap, tile, or leave gaps."""
    x = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 6.0, -1.0]]]])
    yield case("the example", x, (2, 2), stride=1)
    yield case("windows that overlap", strided(drawn(rng, 2, 3, 4, 5)), (3, 2), stride=1)
    H, W = size_for(2, 3, stride=2, left=1), size_for(2, 2, stride=2, left=1)
    x = np.asfortranarray(drawn(rng, 2, 3, H, W))
    yield case("windows that tile, a row and a column left over", x, (2, 2), stride=2)
    H, W = size_for(1, 3, stride=3, left=2), size_for(2, 2, stride=3, left=1)
    yield case("gaps between windows", drawn(rng, 2, 3, H, W), (1, 2), stride=3)
    yield case("one channel, negative numbers", drawn(rng, 4, 1, 4, 3), (2, 3), stride=1)
    # What a wrong count of the padding adds or takes away makes a window more, or one less.
    H, W = size_for(4, 2, stride=2, left=1, pad=1), size_for(3, 3, stride=2, pad=1)
    yield case("negative numbers, padding 1", drawn(rng, 3, 2, H, W), (4, 3), stride=2, pad=1)
    H, W = size_for(6, 2, stride=3, pad=2), size_for(4, 3, stride=3, left=2, pad=2)
    x = drawn(rng, 2, 3, H, W).astype(np.float32)
    yield case("float32, padding 2, stride 3", x, (6, 4), stride=3, pad=2)
    yield case("a window as large as the image", drawn(rng, 3, 4, 2, 3), (2, 3), stride=1)


def wild(rng):
    """Draw small images."""
    for _ in range(1000):
        N, C, KH, KW, HO, WO, stride = rng.integers(1, 5, 7).tolist()
        pad = int(rng.integers(0, min(KH, KW) // 2 + 1))
        left = int(rng.integers(stride))
        H, W = (
            max(1, size_for(kernel, size, stride=stride, left=left, pad=pad))
            for kernel, size in ((KH, HO), (KW, WO))
        )
        x = decimals(rng, N, C, H, W).astype(rng.choice(["float64", "float32"]))
        yield case("small images", x, (KH, KW), stride=stride, pad=pad)


def setting(x, kernel, *, stride, pad=0):
    """Show where windows stand, though not what is taken from them."""
    return square(x.shape[2:], kernel, stride=stride, pad=pad)


WINDOWS = Windows(
    shape=(2, 2, 4, 5),
    fixed={"kernel": (3, 2), "stride": 2, "pad": 1},
    setting="with windows of 3 rows and 2 columns, stride 2 and padding 1",
)


EXERCISE = Exercise(
    max_pool2d_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("image", "channel", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
    window="pooling",
    timed=Timing(
        {"x": (4, 4, 32, 32)},
        {"kernel": (2, 2), "stride": 2},
        see=FASTER,
    ),
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "uses_the_kernel_as_stride",
            "steps_by_one",
            "steps_columns_by_one",
            "rounds_up",
            "counts_padding_once",
        ),
    ),
    formula=WINDOWS,
)
mistake = EXERCISE.mistake

mistake("pads_with_zeros", {", constant_values=-np.inf": ""}).says(
    "Your padding is 0, which is larger than any negative number beside it; padding must never be "
    "the largest."
)
mistake(
    "begins_at_zero", {"np.max(window, axis=(2, 3))": ("np.max(window, axis=(2, 3), initial=0)")}
).says(
    "Your maximum begins at 0, so no window of negative numbers keeps its largest one; begin at "
    "-inf or at one of the pixels."
)
mistake(
    "uses_the_kernel_as_stride",
    {
        "(H + 2 * pad - KH) // stride": "(H + 2 * pad - KH) // KH",
        "(W + 2 * pad - KW) // stride": "(W + 2 * pad - KW) // KW",
        "i * stride": "i * KH",
        "j * stride": "j * KW",
    },
).says(
    "Your windows tile the image, whatever the stride is; they may overlap or leave gaps, so move "
    "by `stride`."
)
mistake(
    "pools_over_channels",
    {
        "np.max(window, axis=(2, 3))": "np.max(window, axis=(1, 2, 3))[:, None]",
    },
).says(
    "You take the largest number over all channels; pooling leaves channels apart, each with its "
    "own map."
)
mistake("averages", {"np.max": "np.mean"}).says(
    "You take the mean of a window, which is average pooling; here the largest number is kept."
)
mistake(
    "keeps_the_largest_size",
    {
        "np.max(window, axis=(2, 3))": (
            "np.max(np.abs(window), axis=(2, 3), where=np.isfinite(window), initial=0)"
        )
    },
).says(
    "You keep the largest absolute value; a large negative number is a small one here, so compare "
    "the numbers as they are."
)
mistake("steps_by_one", {"i * stride": "i", "j * stride": "j"}).says(
    "Your windows are one pixel apart, though the size is right; window i begins at row i * stride."
)
mistake("steps_columns_by_one", {"j * stride": "j"}).says(
    "Your stride moves windows down, but not to the right; window j begins at column j * stride."
)
mistake("takes_square_windows", {"KH, KW = kernel": "KH = KW = kernel[0]"}).says(
    "Your windows are squares of KH pixels; the second number of `kernel` is their width."
)
mistake("swaps_height_and_width", {"KH, KW = kernel": "KW, KH = kernel"}).says(
    "You take the first number of `kernel` for the width; it is (KH, KW), rows before columns."
)
mistake(
    "rounds_up",
    {
        "(H + 2 * pad - KH) // stride": "-(-(H + 2 * pad - KH) // stride)",
        "(W + 2 * pad - KW) // stride": "-(-(W + 2 * pad - KW) // stride)",
        "(pad, pad), (pad, pad)": "(pad, pad + stride), (pad, pad + stride)",
    },
).says(
    "You pool what is left over at the end in a window that hangs over; such pixels are not read, "
    "so round the size down."
)
mistake("counts_padding_once", {"H + 2 * pad": "H + pad", "W + 2 * pad": "W + pad"}).says(
    "You count the padding once; it lies on both sides of the image, so the size grows by 2 * pad."
)
mistake(
    "never_pads",
    {
        "H + 2 * pad": "H",
        "W + 2 * pad": "W",
        "(pad, pad), (pad, pad)": "(0, 0), (0, 0)",
    },
).says(
    "You leave `pad` out; the first window begins that many rows above and columns left of the "
    "image."
)
mistake("always_makes_float64", {", x.dtype": ""}).says(
    "Your maps are float64 where the images are float32; the largest pixel keeps its type."
)
mistake(
    "tiles_a_size_by_stride",
    {
        "i * stride": "i * KH",
        "j * stride": "j * KW",
        "(pad, pad), (pad, pad)": "(pad, pad + HO * KH), (pad, pad + WO * KW)",
    },
).says(
    "The size of your maps is right, but your windows lie side by side; from one to the next it is "
    "`stride` pixels, not the size of the kernel."
)
mistake(
    "misses_the_end_of_windows",
    {
        "top : top + KH, left : left + KW": (
            "top : top + max(KH - 1, 1), left : left + max(KW - 1, 1)"
        )
    },
).says(
    "Your windows lack their last row and their last column; the end of a slice or a range is not "
    "part of it, so do not subtract 1."
)


@EXERCISE.right_answer
def compares_shifted_images(x, kernel, *, stride, pad=0):
    N, C, H, W = x.shape
    big = np.full((N, C, H + 2 * pad, W + 2 * pad), -np.inf, x.dtype)
    big[:, :, pad : pad + H, pad : pad + W] = x
    HO, WO = (big.shape[2] - kernel[0]) // stride + 1, (big.shape[3] - kernel[1]) // stride + 1
    out = np.full((N, C, HO, WO), -np.inf, x.dtype)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            pixels = big[:, :, i : i + stride * HO : stride, j : j + stride * WO : stride]
            out = np.maximum(out, pixels)
    return out


@EXERCISE.right_answer
def repeats_the_border(x, kernel, *, stride, pad=0):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return windows[:, :, ::stride, ::stride].max(axis=(4, 5))


@EXERCISE.right_answer
def goes_window_by_window(x, kernel, *, stride, pad=0):
    (N, C, H, W), (KH, KW) = x.shape, kernel
    shape = N, C, 1 + (H + 2 * pad - KH) // stride, 1 + (W + 2 * pad - KW) // stride
    out = np.zeros(shape, x.dtype)
    for n, c, i, j in np.ndindex(shape):
        top, left = i * stride - pad, j * stride - pad  # above 0 there is nothing to read
        out[n, c, i, j] = x[n, c, max(top, 0) : top + KH, max(left, 0) : left + KW].max()
    return out
