"""A kernel that slides over a picture: `correlate2d`."""

from __future__ import annotations

import numpy as np

from course_utils.checks.encode import strided
from course_utils.exercises.convolution_arithmetic.draw import SLIDES, arrays
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import convolution


def _correlate2d_cases(rng):
    x, w = arrays(rng, (5, 8), (3, 2))
    yield case("a wide image, a high kernel", strided(x), w)
    x, w = arrays(rng, (9, 6), (2, 5))
    yield case("a high image, a wide kernel", np.asfortranarray(x), w)
    x, w = arrays(rng, (2, 7), (1, 1))
    yield case("a float32 kernel of 1 x 1", x, w.astype(np.float32))
    x, w = arrays(rng, (9, 3), (4, 2))
    yield case(
        "float32, a kernel higher than the image is wide",
        x.astype(np.float32),
        w.astype(np.float32),
    )
    x, w = arrays(rng, (8, 4), (3, 3))
    yield case("integers, a square kernel", x.astype(np.int64), w.astype(np.int64))
    x, w = arrays(rng, (3, 4), (3, 4))
    yield case("an integer image, a kernel as large", x.astype(np.int64), w)

    x, w = arrays(rng, (6, 7), (4, 5))
    yield refused("a kernel wider than the image", x[:, :4], w)
    yield refused("a kernel higher than the image", x[:3], w)
    yield refused("an image with one axis", x[:, 0], w)
    yield refused("an image with a channel axis", x[..., None], w)
    yield refused("a kernel with one axis", x, w[0])


CORRELATE2D = Exercise(
    "correlate2d", 4, convolution.correlate2d, _correlate2d_cases, forbidden=SLIDES
)


@CORRELATE2D.known_wrong(
    "You turn the kernel by 180 degrees first; that is convolution, "
    "and correlation lays it on the image as it is."
)
def flips_kernel(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((H - KH + 1, W - KW + 1), np.result_type(x, w))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * w[::-1, ::-1])
    return out


@CORRELATE2D.known_wrong(
    "You mirror the kernel from left to right; lay it on the image as it is, along both axes."
)
def mirrors_kernel(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((H - KH + 1, W - KW + 1), np.result_type(x, w))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * np.fliplr(w))
    return out


@CORRELATE2D.known_wrong(
    "Your result has rows and columns swapped; look at which of your two loops goes down the image."
)
def swaps_rows_and_columns(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((W - KW + 1, H - KH + 1), np.result_type(x, w))
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            out[j, i] = np.sum(x[i : i + KH, j : j + KW] * w)
    return out


@CORRELATE2D.known_wrong(
    "You pad the image so that the result keeps its size; here there is no padding, "
    "and the kernel stays inside of the image."
)
def keeps_the_size(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    top, left = (KH - 1) // 2, (KW - 1) // 2
    padded = np.pad(x, ((top, KH - 1 - top), (left, KW - 1 - left)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KH, KW))
    return np.einsum("ijkl,kl->ij", windows, w)


@CORRELATE2D.known_wrong(
    "Each product replaces the one before, so one corner of the kernel is all that counts; "
    "look at how your inner loops collect the products."
)
def keeps_only_the_last_product(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((H - KH + 1, W - KW + 1), np.result_type(x, w))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(KH):
                for m in range(KW):
                    out[i, j] = x[i + k, j + m] * w[k, m]
    return out


@CORRELATE2D.known_wrong(
    "You leave out the last row and the last column of positions; "
    "a kernel as large as the image still has one place, so check where your loops end."
)
def stops_one_too_early(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((H - KH, W - KW), np.result_type(x, w))
    for i in range(H - KH):
        for j in range(W - KW):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * w)
    return out


@CORRELATE2D.known_wrong(
    "Your result is always float64; make it in the type to which NumPy promotes x and w."
)
def always_makes_float64(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    out = np.zeros((H - KH + 1, W - KW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * w)
    return out


@CORRELATE2D.known_wrong(
    "You leave out the last row of positions; "
    "the kernel may stand on the lowest rows of the image, so check where your outer loop ends."
)
def stops_one_row_early(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))
    return np.einsum("ijkl,kl->ij", windows[:-1], w)


@CORRELATE2D.known_wrong(
    "You leave out the last column of positions; "
    "the kernel may stand at the right edge of the image, so check where your inner loop ends."
)
def stops_one_column_early(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))
    return np.einsum("ijkl,kl->ij", windows[:, :-1], w)


@CORRELATE2D.known_wrong(
    "You take the mean over the window; correlation adds the products up and does not divide."
)
def averages_over_the_window(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))
    return (windows * w).mean(axis=(2, 3)).astype(np.result_type(x, w))


@CORRELATE2D.known_wrong(
    "You add the kernel to the window; multiply each pixel by its weight and then add the products."
)
def adds_the_kernel(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))
    return (windows + w).sum(axis=(2, 3))


@CORRELATE2D.known_wrong(
    "Your result has the type of the image; the kernel may have a wider one, "
    "so take the type to which NumPy promotes the two."
)
def takes_the_type_of_the_image(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    windows = np.lib.stride_tricks.sliding_window_view(x, (KH, KW))
    return np.einsum("ijkl,kl->ij", windows, w).astype(x.dtype)


@CORRELATE2D.known_wrong(
    "You count positions even where the kernel is larger than the image; "
    "compare both sides and raise a ValueError."
)
def accepts_large_kernels(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    HO, WO = max(0, H - KH + 1), max(0, W - KW + 1)
    out = np.zeros((HO, WO), np.result_type(x, w))
    for i in range(HO):
        for j in range(WO):
            out[i, j] = np.sum(x[i : i + KH, j : j + KW] * w)
    return out


@CORRELATE2D.known_right
def loops_over_pixels_and_taps(x, w):
    if x.ndim != 2 or w.ndim != 2 or w.shape[0] > x.shape[0] or w.shape[1] > x.shape[1]:
        raise ValueError("the kernel does not fit")
    HO, WO = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    out = np.zeros((HO, WO), dtype=np.result_type(x, w))
    for i, j in np.ndindex(HO, WO):
        for k, m in np.ndindex(*w.shape):
            out[i, j] += x[i + k, j + m] * w[k, m]
    return out


@CORRELATE2D.known_right
def adds_shifted_images(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    HO, WO = H - KH + 1, W - KW + 1
    if HO < 1 or WO < 1:
        raise ValueError("the kernel does not fit")
    return sum(w[k, m] * x[k : k + HO, m : m + WO] for k in range(KH) for m in range(KW))


@CORRELATE2D.known_right
def sums_over_windows(x, w):
    if x.ndim != 2 or w.ndim != 2:
        raise ValueError("x and w must have two axes")
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape)
    return np.einsum("ijkl,kl->ij", windows, w)


@CORRELATE2D.known_right
def makes_columns(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    if KH > H or KW > W:
        raise ValueError("the kernel does not fit")
    rows = [x[i : i + KH, j : j + KW].ravel() for i in range(H - KH + 1) for j in range(W - KW + 1)]
    return (np.stack(rows) @ w.ravel()).reshape(H - KH + 1, W - KW + 1)
