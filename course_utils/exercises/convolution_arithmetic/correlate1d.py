"""Filters that slide along a row: `correlate1d`."""

from functools import partial

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.checks.layout import strided
from course_utils.exercises.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import CONVOLUTION, FASTER, Shown, square
from course_utils.exercises.sums import Sums
from course_utils.reference import convolution


def correlate1d(x, w, *, stride=1, pad=0):
    """Slide filters of shape (F, KW) over a signal of shape (W,); return (F, WO).

    >>> correlate1d(np.array([1, 2, 4, 8, 16]), np.array([[-1, 2]]), stride=2)
    array([[ 3, 12]])
    >>> correlate1d(np.array([1, 2, 4, 8, 16]), np.array([[-1, 2]]), stride=2, pad=1)
    array([[ 2,  6, 24]])
    """
    F, KW = w.shape
    padded = np.pad(x, pad)
    starts = range(0, len(padded) - KW + 1, stride)
    out = np.zeros((F, len(starts)), np.result_type(x, w))
    for f in range(F):
        for i, start in enumerate(starts):
            out[f, i] = np.sum(padded[start : start + KW] * w[f])
    return out


def inputs(rng):
    """Draw signals and filters of one type and of two."""
    yield case("the example", np.array([1, 2, 4, 8, 16]), np.array([[-1, 2]]), stride=2)
    yield case("stride 1, no padding", *arrays(rng, (9,), (3, 4)))
    x, w = arrays(rng, (7,), (2, 5), types=("float64", "float32"))
    yield case("padding 2, float32 filters", x, np.asfortranarray(w), pad=2)
    x, w = arrays(rng, (12,), (5, 4))
    yield case("stride 3 leaves 2 samples over", strided(x), w, stride=3)
    x, w = arrays(rng, (9,), (6, 3), types=("float32", "float32"))
    yield case("float32, stride 2, padding 1", x, w, stride=2, pad=1)
    x, w = arrays(rng, (10,), (2, 3), types=("float32", "float64"))
    yield case("a float32 signal, stride 4 leaves 3 over", x, w, stride=4)
    yield case("int32", *arrays(rng, (8,), (3, 2), types=("int32", "int32")))
    x, w = arrays(rng, (4,), (5, 10), pad=3, types=("int64", "float64"))
    yield case("integers, filters as long as the padded signal", x, w, pad=3)


def wild(rng):
    """Draw small signals, padded and not, of all types."""
    for _ in range(500):
        KW, stride, windows, F = rng.integers(1, 5, 4).tolist()
        pad = int(rng.integers(KW))
        W = max(1, KW + stride * (windows - 1) + int(rng.integers(stride)) - 2 * pad)
        kinds = rng.choice(["float64", "float32", "int64", "int32"], 2)
        x, w = (rng.integers(-9, 10, shape).astype(float) for shape in ((W,), (F, KW)))
        yield case("a signal", x.astype(kinds[0]), w.astype(kinds[1]), stride=stride, pad=pad)


def setting(x, w, *, stride=1, pad=0):
    """Show an image as wide as the signal, and a kernel as wide as the filters."""
    return square(x.shape, w.shape[1:], stride=stride, pad=pad)


SUMS = Sums(
    arguments={"x": ("t", (8,), "sample"), "w": ("fk", (2, 3), "filter tap")},
    results={"the result": "fi"},
    impulses="w",
    draws=10,
    fixed={"stride": 2, "pad": 1},
    setting="with filters of 3 taps, stride 2 and padding 1",
)


EXERCISE = Exercise(
    correlate1d,
    points=3,
    inputs=inputs,
    reference=convolution.correlate1d,
    axes={"the result": ("filter", "position")},
    forbidden=SLIDES,
    wild=wild,
    window="correlation",
    timed=Timing({"x": (2000,), "w": (4, 9)}, see=FASTER),
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "flips_filters",
            "starts_at_every_sample",
            "pads_the_end",
            "repeats_the_ends",
            "keeps_the_last_product",
            "ignores_stride",
            "ignores_padding",
            "misses_the_last_window",
        ),
    ),
    formula=SUMS,
)
mistake = EXERCISE.mistake

mistake("flips_filters", {"w[f]": "w[f, ::-1]"}).says(
    "You turn the filters round before you slide them; that is convolution, and correlation takes "
    "them as they are."
)
mistake("starts_at_every_sample", {"[start : start + KW]": "[i : i + KW]"}).says(
    "Your windows move on by one sample whatever the stride is; work out at which sample the "
    "window of output i starts."
)
mistake("pads_the_end", {"np.pad(x, pad)": "np.pad(x, (0, 2 * pad))"}).says(
    "You put all the zeros after the signal; `pad` of them belong before the first sample and "
    "`pad` after the last."
)
mistake("repeats_the_ends", {"np.pad(x, pad)": 'np.pad(x, pad, mode="edge")'}).says(
    "You pad with copies of the first and the last sample; the padding here is zeros."
)
mistake(
    "keeps_the_last_product",
    {"np.sum(padded[start : start + KW] * w[f])": "padded[start + KW - 1] * w[f, -1]"},
).says(
    "Each product replaces the one before, so the last one is all that stays; look at how your "
    "loop over the taps collects them."
)
mistake("makes_float64", {", np.result_type(x, w)": ""}).says(
    "You make the result with the default type, which is float64; give it the type to which NumPy "
    "promotes x and w."
)
mistake(
    "works_in_float32",
    {"np.pad(x, pad)": "np.pad(x, pad).astype(np.float32)", "w[f]": "w[f].astype(np.float32)"},
).says(
    "You work in float32 on the way to a result that is wider, and lose half of the digits; let "
    "the products have the type of the result."
)
mistake("puts_positions_first", {"return out": "return out.T"}).says(
    "Your result has the positions first; the filters come first, and each row is one filter's map."
)
mistake("ignores_stride", {" + 1, stride)": " + 1)"}).says(
    "You compute an output at every sample; with a stride only every `stride`-th window counts, "
    "and the result is shorter."
)
mistake("ignores_padding", {"np.pad(x, pad)": "x"}).says(
    "You do not pad the signal, so your result is too short; put `pad` zeros before it and after "
    "it first."
)
mistake("misses_the_last_window", {"- KW + 1": "- KW"}).says(
    "Your last window is missing: where filter and padded signal are equally long there is one "
    "position, so see where your loop ends."
)
mistake("averages_products", {"np.sum": "np.mean"}).says(
    "You take the mean of the products; the filter's weights say how much each counts, so add the "
    "products up and divide by nothing."
)
mistake("takes_the_type_of_the_signal", {"return out": "return out.astype(x.dtype)"}).says(
    "Your result has the type of the signal; filters may have a wider one, so take the type to "
    "which NumPy promotes the two."
)
mistake("takes_the_type_of_the_filters", {"return out": "return out.astype(w.dtype)"}).says(
    "Your result has the type of the filters; the signal may have a wider one, so take the type "
    "to which NumPy promotes both."
)
mistake("pads_the_front", {"np.pad(x, pad)": "np.pad(x, (2 * pad, 0))"}).says(
    "You put all the zeros in front of the signal; half of them belong behind its last sample."
)
mistake("pads_the_front_only", {"np.pad(x, pad)": "np.pad(x, (pad, 0))"}).says(
    "You pad the front of the signal only; another `pad` zeros go behind its last sample."
)
mistake("leaves_the_last_at_0", {"enumerate(starts)": "enumerate(starts[:-1])"}).says(
    "Your last position stays 0 in every row; the window still fits there, so see where your loop "
    "stops."
)
mistake("uses_the_first_filter", {"w[f]": "w[0]"}).says(
    "Each of your rows uses the first filter; row f belongs to filter f."
)
mistake("fills_positions_first", {"return out": "return out.T.reshape(out.shape)"}).says(
    "You collect the numbers position by position and then shape them as if they came filter by "
    "filter; `reshape` does not exchange axes."
)
mistake("keeps_on_adding", {"return out": "return np.cumsum(out, axis=1, dtype=out.dtype)"}).says(
    "Your sum goes on from one position to the next; set it back to 0 for each of them."
)
mistake(
    "sums_in_the_type_of_the_signal",
    {"np.result_type(x, w)": "x.dtype", "return out": "return out.astype(np.result_type(x, w))"},
).says(
    "You collect the sums in the signal's type and convert them at the end, when digits are lost "
    "already; begin with the wider type."
)


@EXERCISE.right_answer
def loops_over_everything(x, w, *, stride=1, pad=0):
    F, KW = w.shape
    WO = (len(x) + 2 * pad - KW) // stride + 1
    out = np.zeros((F, WO), dtype=np.result_type(x, w))
    for f in range(F):
        for i in range(WO):
            for k in range(KW):
                if 0 <= i * stride + k - pad < len(x):
                    out[f, i] += x[i * stride + k - pad] * w[f, k]
    return out


@EXERCISE.right_answer
def multiplies_by_windows(x, w, *, stride=1, pad=0):
    padded = np.pad(x, pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[1])
    return np.einsum("ik,fk->fi", windows[::stride], w)


@EXERCISE.right_answer
def gathers_with_indices(x, w, *, stride=1, pad=0):
    starts = np.arange(0, len(x) + 2 * pad - w.shape[1] + 1, stride)
    columns = np.pad(x, pad)[starts[None, :] + np.arange(w.shape[1])[:, None]]
    return w @ columns


mistake = partial(EXERCISE.mistake, of="gathers_with_indices")

mistake("reshapes_taps", {"w @ columns": "w @ columns.reshape(-1, len(columns)).T"}).says(
    "You reshape the array of samples, (KW, WO), to have the windows as rows; that mixes samples "
    "of different windows, so transpose it."
)
mistake("reshapes_windows", {"w @ columns": "w @ columns.T.reshape(columns.shape)"}).says(
    "You reshape the array of windows, (WO, KW), to have them as columns; that mixes samples of "
    "different windows, so transpose it."
)


@EXERCISE.right_answer
def writes_the_matrix(x, w, *, stride=1, pad=0):
    padded = np.concatenate([np.zeros(pad, x.dtype), x, np.zeros(pad, x.dtype)])
    starts = range(0, len(padded) - w.shape[1] + 1, stride)
    rows = []
    for kernel in w:
        matrix = np.zeros((len(starts), len(padded)), w.dtype)
        for row, start in zip(matrix, starts, strict=True):
            row[start : start + len(kernel)] = kernel
        rows.append(matrix @ padded)
    return np.array(rows)
