"""Filters that slide over a volume: `convolve2d`."""

from __future__ import annotations

import numpy as np

from course_utils.checks.encode import strided
from course_utils.exercises.convolution_arithmetic.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import convolution


def _convolve2d_cases(rng):
    x, w = arrays(rng, (3, 7, 9), (4, 3, 2, 5))
    yield case("stride 1, no padding", np.asfortranarray(x), w)
    x, w = arrays(rng, (2, 6, 7), (5, 2, 4, 3))
    yield case("padding 2, float32 filters", x, strided(w.astype(np.float32)), pad=2)
    x, w = arrays(rng, (4, 9, 16), (2, 4, 3, 5))
    yield case("stride 3 leaves only columns over", x, w, stride=3)
    x, w = arrays(rng, (6, 13, 4), (7, 6, 8, 2))
    x, w = x.astype(np.float32), w.astype(np.float32)
    yield case("float32, padding 1, stride 3 leaves both over", x, w, stride=3, pad=1)
    x, w = arrays(rng, (5, 4, 7), (3, 5, 1, 1))
    yield case("integers, 1 x 1 kernels", x.astype(np.int64), w.astype(np.int64), stride=2)
    x, w = arrays(rng, (2, 3, 4), (5, 2, 9, 10), pad=3)
    yield case("integers, kernels that fill the padded input", x.astype(np.int64), w, pad=3)

    x, w = arrays(rng, (3, 6, 7), (2, 3, 4, 5))
    yield refused("filters with another depth", x[:2], w)
    yield refused("a kernel wider than the padded input", x[..., :2], w, pad=1)
    yield refused("a kernel higher than the padded input", x[:, :1], w, pad=1)
    yield refused("one filter, with no filter axis", x, w[0])
    yield refused("an image with no channel axis", x[0], w)
    yield refused("a stride of 0", x, w, stride=0)
    yield refused("a negative stride", x, w, stride=-2)
    yield refused("a negative padding", x, w, pad=-1)


CONVOLVE2D = Exercise("convolve2d", 6, convolution.convolve2d, _convolve2d_cases, forbidden=SLIDES)


@CONVOLVE2D.known_wrong(
    "You slide the kernels as they are, and that is correlation; "
    "a convolution turns each of them by 180 degrees first."
)
def does_not_flip(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], w)


@CONVOLVE2D.known_wrong(
    "You flip the kernels along one axis only; a turn by 180 degrees reverses both the rows and "
    "the columns."
)
def flips_rows_only(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], w[:, :, ::-1])


@CONVOLVE2D.known_wrong(
    "You reverse the channels too; the kernels turn in the plane in which they slide, "
    "and each channel keeps the weights that are meant for it."
)
def flips_channels_too(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    flipped = w[:, ::-1, ::-1, ::-1]
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], flipped)


@CONVOLVE2D.known_wrong(
    "You turn the input round in place of the kernels, and so your maps come out turned as well; "
    "leave x as it is."
)
def flips_the_input(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x[:, ::-1, ::-1], ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], w)


@CONVOLVE2D.known_wrong(
    "You turn the kernels round inside the caller's own array, which stays turned after the call; "
    "put the turned kernels into a new array."
)
def flips_in_place(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    w[:] = w[:, :, ::-1, ::-1].copy()
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], w)


@CONVOLVE2D.known_wrong(
    "You use the first channel alone; a filter has weights for every channel, "
    "and its map is the sum over all of them."
)
def uses_the_first_channel(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x[0], pad)
    out = np.zeros((F, free_h // stride + 1, free_w // stride + 1), np.result_type(x, w))
    for f, i, j in np.ndindex(out.shape):
        window = padded[i * stride : i * stride + KH, j * stride : j * stride + KW]
        out[f, i, j] = np.sum(window * w[f, 0, ::-1, ::-1])
    return out


@CONVOLVE2D.known_wrong(
    "You add the channels up before you multiply; every channel has weights of its own, "
    "so multiply first and add afterwards."
)
def sums_channels_first(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x.sum(axis=0, dtype=x.dtype), pad)
    kernels = w.sum(axis=1, dtype=w.dtype)[:, ::-1, ::-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW))
    return np.einsum("hwij,fij->fhw", windows[::stride, ::stride], kernels)


@CONVOLVE2D.known_wrong(
    "You put all the padding below and to the right; `pad` rows and columns of zeros go on each "
    "of the four sides."
)
def pads_below_and_right(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad), x.dtype)
    padded[:, :H, :W] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    flipped = w[:, :, ::-1, ::-1]
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], flipped)


@CONVOLVE2D.known_wrong(
    "Your result has the right shape, but its windows move on by one pixel; "
    "work out at which row and column the window of output (i, j) starts."
)
def starts_at_every_pixel(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((F, free_h // stride + 1, free_w // stride + 1), np.result_type(x, w))
    for f, i, j in np.ndindex(out.shape):
        out[f, i, j] = np.sum(padded[:, i : i + KH, j : j + KW] * w[f, :, ::-1, ::-1])
    return out


@CONVOLVE2D.known_wrong(
    "You make the result with the default type, which is float64; "
    "let it have the type to which NumPy promotes x and w."
)
def makes_float64(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad))
    padded[:, pad : pad + H, pad : pad + W] = x
    out = np.zeros((F, free_h // stride + 1, free_w // stride + 1))
    for f, i, j in np.ndindex(out.shape):
        window = padded[:, i * stride : i * stride + KH, j * stride : j * stride + KW]
        out[f, i, j] = np.sum(window * w[f, :, ::-1, ::-1])
    return out


@CONVOLVE2D.known_wrong(
    "You mirror the kernels from left to right only; a turn by 180 degrees also puts the lowest "
    "row on top."
)
def flips_columns_only(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows[:, ::stride, ::stride], w[..., ::-1])


@CONVOLVE2D.known_wrong(
    "Your maps have a number for every place of the window; "
    "with a stride only every `stride`-th row and column of them is asked for."
)
def ignores_stride(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    return np.einsum("chwij,fcij->fhw", windows, w[:, :, ::-1, ::-1])


@CONVOLVE2D.known_wrong(
    "You take the mean of the products; a map's number is their sum, over the window and over the "
    "channels."
)
def averages_products(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    sums = np.einsum("chwij,fcij->fhw", windows, w[:, :, ::-1, ::-1])
    return (sums / (C * KH * KW)).astype(sums.dtype)


@CONVOLVE2D.known_wrong(
    "Your result has the type of the volume; the filters may have a wider one, "
    "so take the type to which NumPy promotes the two."
)
def takes_the_type_of_the_volume(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("chwij,fcij->fhw", windows, w[:, :, ::-1, ::-1]).astype(x.dtype)


@CONVOLVE2D.known_wrong(
    "You leave out the last window of every row and column; "
    "kernels as large as the padded volume still have one place."
)
def stops_one_too_early(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW), axis=(1, 2))
    windows = windows[:, :free_h:stride, :free_w:stride]
    return np.einsum("chwij,fcij->fhw", windows, w[:, :, ::-1, ::-1])


@CONVOLVE2D.known_wrong(
    "You do not use `pad`; the volume gets zeros on its four sides before the kernels slide."
)
def ignores_padding(x, w, *, stride=1, pad=0):
    (C, H, W), (_, depth, KH, KW) = x.shape, w.shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if C != depth or stride < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    shape = len(w), max(0, (H - KH) // stride + 1), max(0, (W - KW) // stride + 1)
    out = np.zeros(shape, np.result_type(x, w))
    for f, i, j in np.ndindex(shape):
        window = x[:, i * stride : i * stride + KH, j * stride : j * stride + KW]
        out[f, i, j] = np.sum(window * w[f, :, ::-1, ::-1])
    return out


@CONVOLVE2D.known_right
def loops_over_everything(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    if C != depth or stride < 1 or pad < 0 or KH > H + 2 * pad or KW > W + 2 * pad:
        raise ValueError("the layer does not fit")
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    out = np.zeros((F, HO, WO), np.result_type(x, w))
    for f, i, j in np.ndindex(out.shape):
        for c, k, m in np.ndindex(C, KH, KW):
            row, column = i * stride + k - pad, j * stride + m - pad
            if 0 <= row < H and 0 <= column < W:
                out[f, i, j] += x[c, row, column] * w[f, c, KH - 1 - k, KW - 1 - m]
    return out


@CONVOLVE2D.known_right
def makes_columns(x, w, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x.shape, w.shape
    if C != depth or stride < 1 or pad < 0 or KH > H + 2 * pad or KW > W + 2 * pad:
        raise ValueError("the layer does not fit")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    tops, lefts = range(0, H + 2 * pad - KH + 1, stride), range(0, W + 2 * pad - KW + 1, stride)
    columns = [padded[:, i : i + KH, j : j + KW].ravel() for i in tops for j in lefts]
    rows = np.rot90(w, 2, axes=(2, 3)).reshape(F, -1)
    return (rows @ np.stack(columns, axis=1)).reshape(F, len(tops), len(lefts))


@CONVOLVE2D.known_right
def contracts_windows(x, w, *, stride=1, pad=0):
    if x.ndim != 3 or w.ndim != 4 or x.shape[0] != w.shape[1] or stride < 1:
        raise ValueError("the shapes do not match")
    padded = np.pad(x, [(0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(1, 2))
    kernels = np.flip(w, axis=(-2, -1))
    return np.tensordot(kernels, windows[:, ::stride, ::stride], axes=([1, 2, 3], [0, 3, 4]))


@CONVOLVE2D.known_right
def adds_shifted_maps(x, w, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    (C, H, W), (F, depth, KH, KW) = padded.shape, w.shape
    if C != depth or stride < 1 or KH > H or KW > W:
        raise ValueError("the layer does not fit")
    bottom, right = H - KH + 1, W - KW + 1
    shape = F, len(range(0, bottom, stride)), len(range(0, right, stride))
    out = np.zeros(shape, np.result_type(x, w))
    for k in range(KH):
        for m in range(KW):
            seen = padded[:, k : k + bottom : stride, m : m + right : stride]
            out += np.tensordot(w[:, :, KH - 1 - k, KW - 1 - m], seen, axes=1)
    return out
