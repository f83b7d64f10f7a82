"""Filters that slide along a row: `correlate1d`."""

from __future__ import annotations

import numpy as np

from course_utils.checks.encode import strided
from course_utils.exercises.convolution_arithmetic.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import convolution


def _correlate1d_cases(rng):
    x, w = arrays(rng, (9,), (3, 4))
    yield case("stride 1, no padding", x, w)
    x, w = arrays(rng, (7,), (2, 5))
    yield case("padding 2, float32 filters", x, np.asfortranarray(w.astype(np.float32)), pad=2)
    x, w = arrays(rng, (12,), (5, 4))
    yield case("stride 3 leaves a remainder", strided(x), w, stride=3)
    x, w = arrays(rng, (9,), (6, 3))
    x, w = x.astype(np.float32), w.astype(np.float32)
    yield case("float32, stride 2, padding 1", x, w, stride=2, pad=1)
    x, w = arrays(rng, (8,), (3, 2))
    yield case("integers", x.astype(np.int64), w.astype(np.int64))
    x, w = arrays(rng, (4,), (5, 10), pad=3)
    yield case("integers, filters as long as the padded signal", x.astype(np.int64), w, pad=3)

    x, w = arrays(rng, (7,), (2, 4))
    yield refused("a stride of 0", x, w, stride=0)
    yield refused("a negative stride", x, w, stride=-2)
    yield refused("a negative padding", x, w, pad=-1)
    yield refused("one filter, with no filter axis", x, w[0])
    yield refused("a signal with two axes", x[:1, None], w, pad=2)
    yield refused("a signal with no axis", x[0:1].reshape(()), w, pad=2)
    yield refused("filters longer than the padded signal", x[:1], w, pad=1)


CORRELATE1D = Exercise(
    "correlate1d", 3, convolution.correlate1d, _correlate1d_cases, forbidden=SLIDES
)


@CORRELATE1D.known_wrong(
    "You turn the filters round before you slide them; that is convolution, "
    "and correlation takes them as they are."
)
def flips_filters(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    out = np.zeros((F, (W + 2 * pad - KW) // stride + 1), np.result_type(x, w))
    for i in range(out.shape[1]):
        out[:, i] = w[:, ::-1] @ padded[i * stride : i * stride + KW]
    return out


@CORRELATE1D.known_wrong(
    "Your windows move on by one sample whatever the stride is; "
    "work out at which sample the window of output i starts."
)
def starts_at_every_sample(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    out = np.zeros((F, (W + 2 * pad - KW) // stride + 1), np.result_type(x, w))
    for i in range(out.shape[1]):
        out[:, i] = w @ padded[i : i + KW]
    return out


@CORRELATE1D.known_wrong(
    "You put all the zeros after the signal; `pad` of them belong before the first sample "
    "and `pad` after the last."
)
def pads_the_end(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.concatenate([x, np.zeros(2 * pad, x.dtype)])
    out = np.zeros((F, (W + 2 * pad - KW) // stride + 1), np.result_type(x, w))
    for i in range(out.shape[1]):
        out[:, i] = w @ padded[i * stride : i * stride + KW]
    return out


@CORRELATE1D.known_wrong(
    "You pad with copies of the first and the last sample; the padding here is zeros."
)
def repeats_the_ends(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, KW)[::stride]
    return w @ windows.T


@CORRELATE1D.known_wrong(
    "Each product replaces the one before, so the last one is all that stays; "
    "look at how your loop over the taps collects them."
)
def keeps_the_last_product(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    out = np.zeros((F, (W + 2 * pad - KW) // stride + 1), np.result_type(x, w))
    for f in range(F):
        for i in range(out.shape[1]):
            for k in range(KW):
                out[f, i] = padded[i * stride + k] * w[f, k]
    return out


@CORRELATE1D.known_wrong(
    "You make the result with the default type, which is float64; "
    "give it the type to which NumPy promotes x and w."
)
def makes_float64(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    out = np.zeros((F, (W + 2 * pad - KW) // stride + 1))
    for i in range(out.shape[1]):
        out[:, i] = w @ padded[i * stride : i * stride + KW]
    return out


@CORRELATE1D.known_wrong(
    "Your result has the positions first; the filters come first, and each row is one filter's map."
)
def puts_positions_first(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    starts = range(0, W + 2 * pad - KW + 1, stride)
    return np.array([w @ padded[start : start + KW] for start in starts])


@CORRELATE1D.known_wrong(
    "You compute an output at every sample; with a stride only every `stride`-th window counts, "
    "and the result is shorter."
)
def ignores_stride(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    return w @ np.lib.stride_tricks.sliding_window_view(padded, KW).T


@CORRELATE1D.known_wrong(
    "You do not pad the signal, so your result is too short; "
    "put `pad` zeros before it and after it first."
)
def ignores_padding(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    starts = range(0, W - KW + 1, stride)
    out = np.zeros((F, len(starts)), np.result_type(x, w))
    for i, start in enumerate(starts):
        out[:, i] = w @ x[start : start + KW]
    return out


@CORRELATE1D.known_wrong(
    "Your last window is missing: where filter and padded signal are equally long there is one "
    "position, so see where your loop ends."
)
def misses_the_last_window(x, w, *, stride=1, pad=0):
    (W,), (F, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    starts = range(0, W + 2 * pad - KW, stride)
    out = np.zeros((F, len(starts)), np.result_type(x, w))
    for i, start in enumerate(starts):
        out[:, i] = w @ padded[start : start + KW]
    return out


@CORRELATE1D.known_wrong(
    "You take the mean of the products; the filter's weights say how much each counts, "
    "so add the products up and divide by nothing."
)
def averages_products(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, KW)[::stride]
    means = (windows * w[:, None]).mean(axis=2)
    return means.astype(np.result_type(x, w))


@CORRELATE1D.known_wrong(
    "Your result has the type of the signal; filters may have a wider one, "
    "so take the type to which NumPy promotes the two."
)
def takes_the_type_of_the_signal(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, KW)[::stride]
    return (w @ windows.T).astype(x.dtype)


@CORRELATE1D.known_wrong(
    "Your result has the type of the filters; the signal may have a wider one, "
    "so take the type to which NumPy promotes both."
)
def takes_the_type_of_the_filters(x, w, *, stride=1, pad=0):
    (W,), (_, KW) = x.shape, w.shape
    if stride < 1 or pad < 0 or KW > W + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.pad(x, pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, KW)[::stride]
    return (w @ windows.T).astype(w.dtype)


@CORRELATE1D.known_right
def loops_over_everything(x, w, *, stride=1, pad=0):
    if x.ndim != 1 or w.ndim != 2 or stride < 1 or pad < 0 or w.shape[1] > len(x) + 2 * pad:
        raise ValueError("the filters do not fit")
    F, KW = w.shape
    WO = (len(x) + 2 * pad - KW) // stride + 1
    out = np.zeros((F, WO), dtype=np.result_type(x, w))
    for f in range(F):
        for i in range(WO):
            for k in range(KW):
                if 0 <= i * stride + k - pad < len(x):
                    out[f, i] += x[i * stride + k - pad] * w[f, k]
    return out


@CORRELATE1D.known_right
def multiplies_by_windows(x, w, *, stride=1, pad=0):
    if x.ndim != 1 or w.ndim != 2 or stride < 1:
        raise ValueError("a wrong number of axes, or no stride")
    padded = np.pad(x, pad)
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[1])
    return np.einsum("ik,fk->fi", windows[::stride], w)


@CORRELATE1D.known_right
def gathers_with_indices(x, w, *, stride=1, pad=0):
    if x.ndim != 1 or w.ndim != 2 or stride < 1 or pad < 0 or w.shape[1] > len(x) + 2 * pad:
        raise ValueError("the filters do not fit")
    starts = np.arange(0, len(x) + 2 * pad - w.shape[1] + 1, stride)
    columns = np.pad(x, pad)[starts[None, :] + np.arange(w.shape[1])[:, None]]
    return w @ columns


@CORRELATE1D.known_right
def writes_the_matrix(x, w, *, stride=1, pad=0):
    if x.ndim != 1 or w.ndim != 2 or stride < 1 or pad < 0 or w.shape[1] > len(x) + 2 * pad:
        raise ValueError("the filters do not fit")
    padded = np.concatenate([np.zeros(pad, x.dtype), x, np.zeros(pad, x.dtype)])
    starts = range(0, len(padded) - w.shape[1] + 1, stride)
    rows = []
    for kernel in w:
        matrix = np.zeros((len(starts), len(padded)), w.dtype)
        for row, start in zip(matrix, starts, strict=True):
            row[start : start + len(kernel)] = kernel
        rows.append(matrix @ padded)
    return np.array(rows)
