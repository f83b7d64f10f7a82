"""A kernel that slides over a picture: `correlate2d`."""

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.checks.layout import strided
from course_utils.exercises.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.live_picture import CONVOLUTION, FASTER, Shown, square
from course_utils.exercises.sums import Sums
from course_utils.reference import convolution


def correlate2d(x, w):
    """Slide a kernel of shape (KH, KW) over an image of shape (H, W).

    >>> correlate2d(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [2, -1]]))
    array([[4, 6]])
    """
    H, W = x.shape
    KH, KW = w.shape
    out = np.zeros((H - KH + 1, W - KW + 1), np.result_type(x, w))
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * w)
    return out


def inputs(rng):
    """Draw images and kernels of one type and of two."""
    yield case("the example", np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [2, -1]]))
    x, w = arrays(rng, (5, 8), (3, 2))
    yield case("a wide image, a high kernel", strided(x), w)
    x, w = arrays(rng, (9, 6), (2, 5))
    yield case("a high image, a wide kernel", np.asfortranarray(x), w)
    x, w = arrays(rng, (2, 7), (1, 1), types=("float64", "float32"))
    yield case("a float32 kernel of 1 x 1", x, w)
    x, w = arrays(rng, (9, 3), (4, 2), types=("float32", "float32"))
    yield case("float32, a kernel higher than the image is wide", x, w)
    x, w = arrays(rng, (5, 4), (1, 4), types=("float32", "float64"))
    yield case("a float32 image, a kernel of one row, as wide", x, w)
    yield case("int32, a square kernel", *arrays(rng, (8, 4), (3, 3), types=("int32", "int32")))
    x, w = arrays(rng, (3, 4), (3, 4), types=("int64", "float64"))
    while np.sum(x * w).round(6) % 1 == 0:  # a whole number would fit into the image's type
        x, w = arrays(rng, (3, 4), (3, 4), types=("int64", "float64"))
    yield case("an integer image, a kernel as large", x, w)

    x, w = arrays(rng, (6, 7), (3, 3))
    yield refused("a colour image, with an axis too many", np.dstack([x, 2 * x, 3 * x]), w)


def wild(rng):
    """Draw small images of all types."""
    for _ in range(500):
        KH, KW, HO, WO = rng.integers(1, 5, 4).tolist()
        kinds = rng.choice(["float64", "float32", "int64", "int32"], 2)
        x, w = (rng.integers(-9, 10, s) for s in ((HO + KH - 1, WO + KW - 1), (KH, KW)))
        yield case("an image", x.astype(kinds[0]), w.astype(kinds[1]))


def setting(x, w):
    """Show square images and kernels."""
    return square(x.shape, w.shape)


SUMS = Sums(
    arguments={"x": ("yz", (5, 4), "row column"), "w": ("km", (3, 2), "row column")},
    results={"the result": "ij"},
    impulses="w",
    draws=12,
    setting="with a kernel of 3 rows and 2 columns",
)


EXERCISE = Exercise(
    correlate2d,
    points=4,
    inputs=inputs,
    reference=convolution.correlate2d,
    axes={"the result": ("row", "column")},
    forbidden=SLIDES,
    wild=wild,
    window="correlation",
    timed=Timing({"x": (64, 64), "w": (5, 5)}, see=FASTER),
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "flips_kernel",
            "mirrors_kernel",
            "keeps_the_size",
            "keeps_only_the_last_product",
            "stops_one_too_early",
            "stops_one_row_early",
            "stops_one_column_early",
        ),
    ),
    formula=SUMS,
)
mistake = EXERCISE.mistake

mistake("flips_kernel", {"* w": "* w[::-1, ::-1]"}).says(
    "You turn the kernel by 180 degrees first; that is convolution, and correlation lays it on "
    "the image as it is."
)
mistake("mirrors_kernel", {"* w": "* np.fliplr(w)"}).says(
    "You mirror the kernel from left to right; lay it on the image as it is, along both axes."
)
mistake("swaps_rows_and_columns", {"return out": "return out.T"}).says(
    "Your result has rows and columns swapped; look at which of your two loops goes down the image."
)
mistake(
    "keeps_the_size",
    {
        "H, W = x.shape": "H, W = (size + kernel - 1 for size, kernel in zip(x.shape, w.shape))",
        "KH, KW = w.shape": (
            "KH, KW = w.shape\n"
            "top, left = (KH - 1) // 2, (KW - 1) // 2\n"
            "x = np.pad(x, ((top, KH - 1 - top), (left, KW - 1 - left)))"
        ),
    },
).says(
    "You pad the image so that the result keeps its size; here there is no padding, and the "
    "kernel stays inside of the image."
)
mistake(
    "keeps_only_the_last_product",
    {"np.sum(x[i : i + KH, j : j + KW] * w)": "x[i + KH - 1, j + KW - 1] * w[-1, -1]"},
).says(
    "Each product replaces the one before, so one corner of the kernel is all that counts; look "
    "at how your inner loops collect the products."
)
mistake("stops_one_too_early", {"return out": "return out[:-1, :-1]"}).says(
    "You leave out the last row and the last column of positions; a kernel as large as the image "
    "still has one place, so check where your loops end."
)
mistake("always_makes_float64", {", np.result_type(x, w)": ""}).says(
    "Your result is always float64; make it in the type to which NumPy promotes x and w."
)
mistake("stops_one_row_early", {"return out": "return out[:-1]"}).says(
    "You leave out the last row of positions; the kernel may stand on the lowest rows of the "
    "image, so check where your outer loop ends."
)
mistake("stops_one_column_early", {"return out": "return out[:, :-1]"}).says(
    "You leave out the last column of positions; the kernel may stand at the right edge of the "
    "image, so check where your inner loop ends."
)
mistake("averages_over_the_window", {"np.sum": "np.mean"}).says(
    "You take the mean over the window; correlation adds the products up and does not divide."
)
mistake("adds_the_kernel", {"* w)": "+ w)"}).says(
    "You add the kernel to the window; multiply each pixel by its weight and then add the products."
)
mistake("takes_the_type_of_the_image", {"return out": "return out.astype(x.dtype)"}).says(
    "Your result has the type of the image; the kernel may have a wider one, so take the type to "
    "which NumPy promotes the two."
)
mistake("lets_colours_pass", {"H, W = x.shape": "H, W = x.shape[:2]"}).says(
    "You look at the first two axes of the image alone, and NumPy stretches the kernel over a "
    "third; raise a ValueError where there are not two."
)
mistake(
    "leaves_the_last_at_0",
    {"range(H - KH + 1)": "range(H - KH)", "range(W - KW + 1)": "range(W - KW)"},
).says(
    "Your last row and your last column stay 0; the kernel fits there too, so see where your "
    "loops stop."
)
mistake("fills_columns_first", {"return out": "return out.T.reshape(out.shape)"}).says(
    "You collect the numbers column by column and then shape them as if they came row by row; let "
    "the outer loop run over the rows."
)
mistake("keeps_on_adding", {"return out": "return np.cumsum(out, axis=1, dtype=out.dtype)"}).says(
    "Your sum goes on from one place to the next along the row; each place begins at 0."
)
mistake(
    "sums_in_the_type_of_the_image",
    {"np.result_type(x, w)": "x.dtype", "return out": "return out.astype(np.result_type(x, w))"},
).says(
    "You collect the sums in the image's type and convert them at the end, when digits are lost "
    "already; begin with the wider type."
)
mistake("converts_the_kernel", {"* w": "* w.astype(x.dtype)"}).says(
    "You convert the kernel to the image's type and lose digits of its weights; multiply in the "
    "type to which NumPy promotes the two."
)


@EXERCISE.right_answer
def loops_over_pixels_and_taps(x, w):
    if x.ndim != 2:
        raise ValueError("the image must have two axes")
    HO, WO = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    out = np.zeros((HO, WO), dtype=np.result_type(x, w))
    for i, j in np.ndindex(HO, WO):
        for k, m in np.ndindex(*w.shape):
            out[i, j] += x[i + k, j + m] * w[k, m]
    return out


@EXERCISE.right_answer
def adds_shifted_images(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    HO, WO = H - KH + 1, W - KW + 1
    return sum(w[k, m] * x[k : k + HO, m : m + WO] for k in range(KH) for m in range(KW))


@EXERCISE.right_answer
def sums_over_windows(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape)
    return np.einsum("ijkl,kl->ij", windows, w)


@EXERCISE.right_answer
def makes_columns(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    rows = [x[i : i + KH, j : j + KW].ravel() for i in range(H - KH + 1) for j in range(W - KW + 1)]
    return (np.stack(rows) @ w.ravel()).reshape(H - KH + 1, W - KW + 1)
