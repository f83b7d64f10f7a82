"""The way back through max pooling: `max_pool2d_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, size_for
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.sums import Sums
from course_utils.reference import pooling


def max_pool2d_backward(dout, x, kernel, *, stride, pad=0):
    """Go back through max_pool2d_forward: dx, (N, C, H, W).

    >>> x = np.array([[[[1.0, 7.0, 7.0], [3.0, 7.0, 0.0]]]])
    >>> max_pool2d_backward(np.array([[[[3.0, 10.0]]]]), x, (2, 2), stride=1)
    array([[[[ 0., 13.,  0.],
             [ 0.,  0.,  0.]]]])
    """
    N, C, H, W = x.shape
    KH, KW = kernel
    _, _, HO, WO = dout.shape
    sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    padded = np.pad(x, sides, constant_values=-np.inf)
    dpadded = np.zeros_like(padded)
    n, c = np.ogrid[:N, :C]
    for i in range(HO):
        top = i * stride
        for j in range(WO):
            left = j * stride
            window = padded[:, :, top : top + KH, left : left + KW]
            place = np.argmax(window.reshape(N, C, KH * KW), axis=2)  # the first among equals
            row, column = top + place // KW, left + place % KW
            dpadded[n, c, row, column] += dout[:, :, i, j]  # it may be the largest of others, too
    return dpadded[:, :, pad : pad + H, pad : pad + W]


def reference(dout, x, kernel, *, stride, pad=0):
    """Go back through the layer of the library."""
    _, cache = pooling.max_pool2d_forward(x, kernel, stride=stride, pad=pad)
    return pooling.max_pool2d_backward(dout, cache)


def tells_rows(x, kernel, stride, pad):
    """Say whether some winner's place is another pixel where KH and KW are exchanged."""
    sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    padded = np.pad(x, sides, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    places = windows.reshape(*windows.shape[:4], -1).argmax(axis=-1)
    return kernel[0] == kernel[1] or (places >= min(kernel)).any()


def drawn(rng, shape, kernel, *, stride, pad=0, values=0):
    """Draw the maps' gradient, and images of negative numbers.

    Of these there are so many different ones, so that windows have ties; else no two are alike.
    They are drawn again until, where windows overlap, some pixel is the largest of two; until some
    tie has another winner column by column; and until some winner shows what a row's length is.
    """
    out = [(size + 2 * pad - k) // stride + 1 for size, k in zip(shape[2:], kernel, strict=True)]
    dout = decimals(rng, *shape[:2], *out)
    one = np.ones_like(dout)
    for _ in range(100):
        whole = rng.integers(values, size=shape) if values else rng.permutation(np.prod(shape))
        x = -(whole.reshape(shape) + 1) / 10
        hits = reference(one, x, kernel, stride=stride, pad=pad)
        turned = one.swapaxes(2, 3), x.swapaxes(2, 3), kernel[::-1]
        others = reference(*turned, stride=stride, pad=pad).swapaxes(2, 3)
        shared = stride >= min(kernel) or np.count_nonzero(hits) < dout.size
        if shared and (not values or (hits != others).any()) and tells_rows(x, kernel, stride, pad):
            break
    return dout, x


def inputs(rng):
    """Draw few and small images; windows overlap, tile, or leave gaps."""
    x = np.array([[[[1.0, 7.0, 7.0], [3.0, 7.0, 0.0]]]])
    yield case("the example", np.array([[[[3.0, 10.0]]]]), x, (2, 2), stride=1)

    def asked(label, shape, kernel, *, order=np.asarray, **numbers):
        values = numbers.pop("values", 0)
        dout, x = drawn(rng, shape, kernel, values=values, **numbers)
        return case(label, order(dout), order(x), kernel, **numbers)

    H, W = size_for(2, 2, stride=2, left=1), size_for(2, 3, stride=2, left=1)
    yield asked("windows that tile", (2, 3, H, W), (2, 2), stride=2, order=strided)
    yield asked("windows that overlap", (3, 2, 4, 4), (3, 2), stride=1)
    H, W = size_for(3, 2, stride=2, left=1), size_for(4, 2, stride=2)
    shape = (2, 3, H, W)
    yield asked("ties", shape, (3, 4), stride=2, values=2, order=np.asfortranarray)
    H, W = size_for(2, 2, stride=3, left=2), size_for(1, 3, stride=3, left=1)
    yield asked("gaps between windows", (3, 2, H, W), (2, 1), stride=3)
    H, W = (size_for(k, k - 1, stride=2, left=1, pad=1) for k in (3, 4))
    yield asked("padding 1", (3, 1, H, W), (3, 4), stride=2, pad=1)
    H, W = size_for(5, 3, stride=2, pad=2), size_for(4, 2, stride=2, pad=2)
    yield asked("padding 2, ties", (2, 1, H, W), (5, 4), stride=2, pad=2, values=3)
    dout, x = drawn(rng, (3, 2, 3, 3), (2, 2), stride=1)
    yield case("float32", dout.astype(np.float32), x.astype(np.float32), (2, 2), stride=1)


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
        values = int(rng.choice([0, 2, 3, 9]))
        asked = {"stride": stride, "pad": pad}
        dout, x = drawn(rng, (N, C, H, W), (KH, KW), values=values, **asked)
        yield case("small images", dout, x, (KH, KW), **asked)


SUMS = Sums(
    arguments={"dout": ("ncij", (2, 2, 2, 3), "image channel row column")},
    results={"the result": "ncyz"},
    impulses="dout",
    draws=1,
    fixed={
        "x": np.broadcast_to(np.arange(4.0)[:, None], (2, 2, 4, 5)).copy(),
        "kernel": (3, 2),
        "stride": 2,
        "pad": 1,
    },
    setting=(
        "with windows of 3 rows and 2 columns, stride 2, padding 1, and images of which each pixel "
        "is the number of its row"
    ),
)


EXERCISE = Exercise(
    max_pool2d_backward,
    points=4,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("image", "channel", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
    formula=SUMS,
)
mistake = EXERCISE.mistake

CROP = "[:, :, pad : pad + H, pad : pad + W]"
HAND = "dpadded[n, c, row, column] += dout[:, :, i, j]  # it may be the largest of others, too"
WINDOW = "dpadded[:, :, top : top + KH, left : left + KW]"
HITS = "hits = window == np.max(window, axis=(2, 3), keepdims=True)\n"

mistake("crops_the_upper_left", {CROP: "[:, :, :H, :W]"}).says(
    "You cut dx from the corner of the padded array; what was added lies on all four sides, so "
    "leave out `pad` rows and columns on each."
)
mistake(
    "gives_all_ties_the_gradient",
    {HAND: (HITS + WINDOW + " += hits * dout[:, :, i : i + 1, j : j + 1]")},
).says(
    "Where several pixels are the largest, each of yours gets the whole gradient; only the first "
    "of them gets it."
)
mistake(
    "shares_among_ties",
    {
        HAND: (
            HITS
            + "hits = hits / np.sum(hits, axis=(2, 3), keepdims=True, dtype=x.dtype)\n"
            + WINDOW
            + " += (hits * dout[:, :, i : i + 1, j : j + 1]).astype(x.dtype)"
        )
    },
).says(
    "You share the gradient among pixels that are equally large; the first of them gets all of it."
)
mistake(
    "takes_the_last_of_ties",
    {
        "np.argmax(window.reshape(N, C, KH * KW), axis=2)": (
            "KH * KW - 1 - np.argmax(window[:, :, ::-1, ::-1].reshape(N, C, KH * KW), axis=2)"
        ),
    },
).says("Among equals you take the last one; the first gets the gradient, row by row from the left.")
mistake(
    "looks_for_ties_column_by_column",
    {
        "window.reshape(N, C, KH * KW)": "window.swapaxes(2, 3).reshape(N, C, KW * KH)",
        "place // KW, left + place % KW": "place % KH, left + place // KH",
    },
).says(
    "Among equals you take the first column by column; go through the window row by row, from the "
    "left."
)
mistake("overwrites", {"[n, c, row, column] +=": "[n, c, row, column] ="}).says(
    "A pixel that is the largest of two windows keeps one gradient of yours; both windows have "
    "read it, so add."
)
mistake(
    "gives_all_pixels_the_gradient", {HAND: (WINDOW + " += dout[:, :, i : i + 1, j : j + 1]")}
).says(
    "All pixels of a window get your gradient, as in sum pooling; the output is one of them, and "
    "no other can change it."
)
mistake("averages", {HAND: (WINDOW + " += dout[:, :, i : i + 1, j : j + 1] / (KH * KW)")}).says(
    "You share each gradient evenly among the pixels of the window, as average pooling would; "
    "only the largest gets it."
)
mistake(
    "uses_the_kernel_as_stride",
    {
        "i * stride": "i * KH",
        "j * stride": "j * KW",
        ("padded = np.pad(x, sides, constant_values=-np.inf)"): (
            "more = ((0, 0), (0, 0), (pad, pad + HO * KH), (pad, pad + WO * KW))\n"
            "padded = np.pad(x, more, constant_values=-np.inf)"
        ),
    },
).says(
    "Going back, your windows lie side by side whatever the stride is; they are `stride` pixels "
    "apart, as on the way forward."
)
mistake("steps_columns_by_one", {"j * stride": "j"}).says(
    "Going back, your stride counts for rows alone; window j begins at column j * stride."
)
mistake(
    "begins_at_zero", {"np.argmax(window.reshape": "np.argmax(np.maximum(window, 0).reshape"}
).says(
    "Your search for the largest begins at 0, so among negative numbers it finds none; begin at "
    "the first pixel of the window."
)
mistake("pads_with_zeros", {", constant_values=-np.inf": ""}).says(
    "You look for the largest among the padding's zeros as well, and what they get is cut off; "
    "padding is never the largest."
)
mistake("crops_to_nothing", {CROP: "[:, :, pad:-pad, pad:-pad]"}).says(
    "You cut the padding off with pad:-pad, which leaves nothing where pad is 0; cut from pad to "
    "pad + H."
)
mistake("crops_one_pixel", {CROP: "[:, :, 1 : 1 + H, 1 : 1 + W]"}).says(
    "You cut off one pixel on each side whatever `pad` is; cut off `pad` of them."
)
mistake("keeps_the_padding", {CROP: ""}).says(
    "Your dx is that of the padded image; what lies around x is no part of it, so cut it off."
)
mistake(
    "hands_back_the_maximum",
    {HAND: ("dpadded[n, c, row, column] += dout[:, :, i, j] * padded[n, c, row, column]")},
).says("You multiply the gradient by the pixel; the output is the pixel itself, so its slope is 1.")
mistake("hands_back_ones", {HAND: "dpadded[n, c, row, column] += 1"}).says(
    "You mark which pixels were the largest, but never use dout; each gets the gradient of its "
    "output."
)
mistake("always_makes_float64", {"np.zeros_like(padded)": "np.zeros(padded.shape)"}).says(
    "Your dx is float64 for float32 images; make the array that you add up in like x."
)
mistake(
    "divides_by_the_height",
    {
        "np.zeros_like(padded)": (
            "np.zeros_like(np.pad(padded, ((0, 0), (0, 0), (0, KW), (0, KH))))"
        ),
        "place // KW, left + place % KW": "place // KH, left + place % KH",
    },
).says(
    "You find row and column of the largest by dividing its place by KH; a row of the window has "
    "KW pixels, so divide by KW."
)


@EXERCISE.right_answer
def hands_out_tap_by_tap(dout, x, kernel, *, stride, pad=0):
    (KH, KW), (HO, WO) = kernel, dout.shape[2:]
    (N, C, H, W) = x.shape
    big = np.full((N, C, H + 2 * pad, W + 2 * pad), -np.inf, x.dtype)
    big[:, :, pad : pad + H, pad : pad + W] = x
    taps = [
        np.s_[:, :, i : i + stride * HO : stride, j : j + stride * WO : stride]
        for i in range(KH)
        for j in range(KW)
    ]
    largest = np.max([big[tap] for tap in taps], axis=0)
    dbig, free = np.zeros_like(big), np.ones(dout.shape, bool)
    for tap in taps:
        hit = free & (big[tap] == largest)
        dbig[tap] += np.where(hit, dout, 0)
        free &= ~hit
    return dbig[:, :, pad : H + pad, pad : W + pad]


@EXERCISE.right_answer
def adds_at_numbers_of_pixels(dout, x, kernel, *, stride, pad=0):
    N, C, H, W = x.shape
    view = np.lib.stride_tricks.sliding_window_view
    sides = [(0, 0)] * 2 + [(pad, pad)] * 2
    values = view(np.pad(x, sides, constant_values=-np.inf), kernel, axis=(2, 3))
    numbers = np.pad(np.arange(x.size).reshape(x.shape), sides, constant_values=-1)
    numbers = view(numbers, kernel, axis=(2, 3))[:, :, ::stride, ::stride].reshape(dout.size, -1)
    values = values[:, :, ::stride, ::stride].reshape(dout.size, -1)
    chosen = numbers[np.arange(dout.size), values.argmax(axis=1)]
    dx = np.zeros(x.size, x.dtype)
    np.add.at(dx, chosen, dout.ravel())
    return dx.reshape(N, C, H, W)


@EXERCISE.right_answer
def goes_window_by_window(dout, x, kernel, *, stride, pad=0):
    (_, _, H, W), (KH, KW) = x.shape, kernel
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        best = None
        for row in range(max(i * stride - pad, 0), min(i * stride - pad + KH, H)):
            for column in range(max(j * stride - pad, 0), min(j * stride - pad + KW, W)):
                if best is None or x[n, c, row, column] > x[n, c][best]:
                    best = row, column
        dx[n, c][best] += dout[n, c, i, j]
    return dx
