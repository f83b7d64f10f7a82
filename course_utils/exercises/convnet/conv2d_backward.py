"""The way back through a convolution layer: `conv2d_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, size_for
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.sums import Sums
from course_utils.reference import conv_layer


def conv2d_backward(dout, x, w, *, stride=1, pad=0):
    """Go back through conv2d_forward: dx, dw, db.

    >>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> w = np.array([[[[1.0, 0.0], [2.0, -1.0]]]])
    >>> dx, dw, db = conv2d_backward(np.array([[[[1.0, 10.0]]]]), x, w)
    >>> dx[0, 0], dw[0, 0], db
    (array([[  1.,  10.,   0.],
           [  2.,  19., -10.]]), array([[21., 32.],
           [54., 65.]]), array([11.]))
    """
    _, _, H, W = x.shape
    _, _, KH, KW = w.shape
    _, _, HO, WO = dout.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(HO):
        top = i * stride
        for j in range(WO):
            left = j * stride
            window = np.s_[:, :, top : top + KH, left : left + KW]
            d = dout[:, :, i, j]  # (N, F)
            # Windows overlap and all places share the filters, so both gradients add up.
            dpadded[window] += np.tensordot(d, w, (1, 0))  # (N, C, KH, KW)
            dw += np.tensordot(d, padded[window], (0, 0))  # (F, C, KH, KW)
    dx = dpadded[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, np.sum(dout, axis=(0, 2, 3))


def reference(dout, x, w, *, stride=1, pad=0):
    """Go back through the layer of the library."""
    _, cache = conv_layer.conv2d_forward(x, w, np.zeros_like(w[:, 0, 0, 0]), stride=stride, pad=pad)
    return conv_layer.conv2d_backward(dout, cache)


def drawn(rng, x_shape, w_shape, *, stride=1, pad=0):
    """Draw the maps' gradient, images and filters."""
    (N, _, H, W), (F, _, KH, KW) = x_shape, w_shape
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    return decimals(rng, N, F, HO, WO), decimals(rng, *x_shape), decimals(rng, *w_shape)


def inputs(rng):
    """Draw few and small images, with remainders, overlaps and wide padding."""
    x, w = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]), np.array([[[[1.0, 0.0], [2.0, -1.0]]]])
    yield case("the example", np.array([[[[1.0, 10.0]]]]), x, w)
    dout, x, w = drawn(rng, (2, 1, 4, 3), (3, 1, 3, 2))
    yield case("2 images, 3 filters", strided(dout), x, np.asfortranarray(w))
    H, W = size_for(3, 2, stride=2), size_for(2, 2, stride=2, left=1)
    arrays = drawn(rng, (1, 3, H, W), (2, 3, 3, 2), stride=2)
    yield case("stride 2, a column left over", *arrays, stride=2)
    H, W = size_for(2, 2, stride=3, left=2), size_for(4, 2, stride=3)
    arrays = drawn(rng, (2, 2, H, W), (1, 2, 2, 4), stride=3)
    yield case("stride 3, one filter, two rows left over", *arrays, stride=3)
    arrays = drawn(rng, (2, 2, 1, 3), (2, 2, 3, 4), pad=2)
    yield case("padding 2", *arrays, pad=2)
    H, W = size_for(2, 3, stride=2, left=1, pad=1), size_for(3, 2, stride=2, pad=1)
    dout, x, w = drawn(rng, (1, 2, H, W), (3, 2, 2, 3), stride=2, pad=1)
    yield case("stride 2, padding 1", dout, np.asfortranarray(x), w, stride=2, pad=1)
    arrays = (a.astype(np.float32) for a in drawn(rng, (2, 2, 3, 2), (1, 2, 2, 2)))
    yield case("float32", *arrays)
    arrays = drawn(rng, (3, 2, 2, 1), (2, 2, 1, 1))
    yield case("kernels of one pixel", *arrays)


def wild(rng):
    """Draw small images."""
    for _ in range(1000):
        N, C, F, KH, KW, HO, WO, stride = rng.integers(1, 4, 8).tolist()
        pad = int(rng.integers(0, 3))
        left = int(rng.integers(stride))
        H, W = (
            max(1, size_for(kernel, size, stride=stride, left=left, pad=pad))
            for kernel, size in ((KH, HO), (KW, WO))
        )
        asked = {"stride": stride, "pad": pad}
        yield case("small images", *drawn(rng, (N, C, H, W), (F, C, KH, KW), **asked), **asked)


SUMS = Sums(
    arguments={
        "dout": ("nfij", (2, 2, 2, 2), "image filter row column"),
        "x": ("ncyz", (2, 2, 4, 3), "image channel row column"),
        "w": ("fckm", (2, 2, 3, 2), "filter channel row column"),
    },
    results={"dx": "ncyz", "dw": "fckm", "db": "f"},
    impulses="dout",
    draws=15,
    fixed={"stride": 2, "pad": 1},
    setting="with kernels of 3 rows and 2 columns, stride 2 and padding 1",
)


EXERCISE = Exercise(
    conv2d_backward,
    points=5,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dw", "db"),
    axes={
        "dx": ("image", "channel", "row", "column"),
        "dw": ("filter", "channel", "row", "column"),
        "db": ("filter",),
    },
    forbidden=HANDMADE,
    wild=wild,
    formula=SUMS,
)
mistake = EXERCISE.mistake

CROP = "[:, :, pad : pad + H, pad : pad + W]"

mistake("overwrites_dx", {"dpadded[window] +=": "dpadded[window] ="}).says(
    "Where windows overlap, your dx keeps what the last of them sends back; a pixel was read by "
    "all of them, so add."
)
mistake("overwrites_dw", {"dw +=": "dw ="}).says(
    "Your dw is that of the last place alone; every place used the same filters, so its gradients "
    "add up."
)
mistake("steps_by_one", {"top = i * stride": "top = i", "left = j * stride": "left = j"}).says(
    "Going back, your windows are one pixel apart; they must be those of the forward pass, "
    "`stride` pixels apart."
)
mistake("steps_columns_by_one", {"left = j * stride": "left = j"}).says(
    "Going back, you use the stride for rows alone; window j begins at column j * stride."
)
mistake("crops_to_nothing", {CROP: "[:, :, pad:-pad, pad:-pad]"}).says(
    "You cut dx with pad:-pad, which is empty where pad is 0, since -0 is 0; cut from pad to "
    "pad + H."
)
mistake("crops_one_pixel", {CROP: "[:, :, 1 : 1 + H, 1 : 1 + W]"}).says(
    "You cut one pixel off each side of dx, whatever pad is; cut off what was padded."
)
mistake("keeps_the_padding", {CROP: ""}).says(
    "Your dx has the padding around it; its zeros are no pixels of x, so cut their gradients off."
)
mistake("crops_the_upper_left", {CROP: "[:, :, :H, :W]"}).says(
    "You keep the upper left corner of the padded gradient; the image begins `pad` rows and "
    "columns further in."
)
mistake("turns_the_kernels", {"(d, w, (1, 0))": "(d, w[:, :, ::-1, ::-1], (1, 0))"}).says(
    "You lay the kernels down turned by 180 degrees; that is right for a convolution of dout, but "
    "you hand d back window by window, where the kernel lies as it did."
)
mistake("averages_db", {"np.sum": "np.mean"}).says(
    "Your db is a mean over images and places; each of them added the bias, so their gradients "
    "are summed."
)
mistake("keeps_db_of_each_image", {"axis=(0, 2, 3)": "axis=(2, 3)"}).says(
    "Your db has a row for each image; the batch shares the biases, so sum over images too."
)
mistake("averages_dw_over_images", {"return dx, dw,": "return dx, dw / len(x),"}).says(
    "You divide dw by the number of images; if the loss is a mean, dout has that factor already."
)
mistake(
    "never_pads_x",
    {
        "padded[window], (0, 0)": "shifted[window], (0, 0)",
        "dpadded, dw =": (
            "shifted = np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)))\ndpadded, dw ="
        ),
    },
).says(
    "Your dw reads x as if the padding lay below and to the right alone; pair dout with the "
    "windows that the forward pass has read."
)
mistake(
    "spreads_d_evenly",
    {
        "np.tensordot(d, w, (1, 0))": (
            "np.tensordot(d, np.broadcast_to(np.mean(w, (2, 3), keepdims=True), w.shape), (1, 0))"
        )
    },
).says(
    "You give all pixels of a window the same share of d; each was multiplied by a weight of its "
    "own, and so is its gradient."
)
mistake(
    "forgets_the_weights",
    {"np.tensordot(d, w, (1, 0))": ("np.tensordot(d, np.ones_like(w), (1, 0))")},
).says(
    "You hand d back as it is; a pixel came in times a weight, so its gradient is d times that "
    "weight."
)
mistake(
    "uses_the_maps_for_dx",
    {"np.tensordot(d, w, (1, 0))": ("np.tensordot(d[:, :1], w[:1], (1, 0))")},
).says("Your dx comes from filter 0 alone; all filters have read each window, so sum over them.")
mistake("returns_dw_first", {"return dx, dw,": "return dw, dx,"}).says(
    "You return dw before dx; the gradients come in the order of the forward pass: x, w, b."
)
mistake(
    "always_makes_float64",
    {"np.zeros_like(padded), np.zeros_like(w)": ("np.zeros(padded.shape), np.zeros(w.shape)")},
).says(
    "Your gradients are float64 whatever comes in; make the arrays that you add up in like x and w."
)
mistake("counts_db_for_each_channel", {"np.sum(dout, axis": "x.shape[1] * np.sum(dout, axis"}).says(
    "Your db is C times too large, as if it were added up in a loop over the channels; each filter "
    "adds its bias once."
)
mistake(
    "averages_db_over_images",
    {"np.sum(dout, axis=(0, 2, 3))": "np.sum(dout, axis=(0, 2, 3)) / len(x)"},
).says("You divide db by the number of images; if the loss is their mean, dout is divided already.")


@EXERCISE.right_answer
def multiplies_columns(dout, x, w, *, stride=1, pad=0):
    (N, C, H, W), (F, _, KH, KW) = x.shape, w.shape
    numbers = np.arange(C * (H + 2 * pad) * (W + 2 * pad)).reshape(C, H + 2 * pad, W + 2 * pad)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, (KH, KW), axis=(1, 2))
    windows = windows[:, ::stride, ::stride].transpose(0, 3, 4, 1, 2).reshape(C * KH * KW, -1)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw = np.zeros(padded.shape, x.dtype), 0
    for image, dimage, d in zip(padded, dx, dout.reshape(N, F, -1), strict=True):
        dw = dw + d @ image.ravel()[windows].T
        np.add.at(dimage.reshape(-1), windows, w.reshape(F, -1).T @ d)
    return dx[:, :, pad : pad + H, pad : pad + W], dw.reshape(w.shape), dout.sum(axis=(0, 2, 3))


@EXERCISE.right_answer
def adds_tap_by_tap(dout, x, w, *, stride=1, pad=0):
    (N, C, H, W), (F, _, KH, KW), (HO, WO) = x.shape, w.shape, dout.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = 0 * padded, np.empty_like(w)
    for i in range(KH):
        for j in range(KW):
            rows = slice(i, i + stride * HO, stride)
            columns = slice(j, j + stride * WO, stride)
            pixels = padded[:, :, rows, columns]
            dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, pixels)
            dpadded[:, :, rows, columns] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
    return dpadded[:, :, pad : H + pad, pad : W + pad], dw, dout.sum((0, 2, 3))


@EXERCISE.right_answer
def goes_number_by_number(dout, x, w, *, stride=1, pad=0):
    (_, _, H, W), (_, _, KH, KW) = x.shape, w.shape
    big = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dbig, dw, db = np.zeros_like(big), np.zeros_like(w), np.zeros_like(w[:, 0, 0, 0])
    for n, f, i, j in np.ndindex(dout.shape):
        rows = slice(i * stride, i * stride + KH)
        columns = slice(j * stride, j * stride + KW)
        d = dout[n, f, i, j]
        dbig[n, :, rows, columns] += d * w[f]
        dw[f] += d * big[n, :, rows, columns]
        db[f] += d
    end = -pad or None
    return dbig[:, :, pad:end, pad:end], dw, db
