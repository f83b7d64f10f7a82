"""A convolution layer over a batch: `conv2d_forward`."""

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, size_for
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.live_picture import CONVOLUTION, FASTER, Shown, square
from course_utils.exercises.sums import Sums
from course_utils.reference import conv_layer

IMAGES = ("image", "channel", "row", "column")


def conv2d_forward(x, w, b, *, stride=1, pad=0):
    """Slide F filters over every image of a batch: (N, F, HO, WO).

    >>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]])
    >>> w = np.array([[[[1.0, 0.0], [0.0, -1.0]], [[2.0, 0.0], [0.0, 2.0]]]])
    >>> conv2d_forward(x, w, np.array([10.0]))
    array([[[[10.,  6.]]]])
    """
    N, C, H, W = x.shape
    F, channels, KH, KW = w.shape
    if channels != C or b.shape != (F,):
        raise ValueError("a filter needs a kernel for each channel, and a bias")
    HO = (H + 2 * pad - KH) // stride + 1
    WO = (W + 2 * pad - KW) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.empty((N, F, HO, WO), np.result_type(x, w, b))
    for i in range(HO):
        top = i * stride
        for j in range(WO):
            left = j * stride
            window = padded[:, :, top : top + KH, left : left + KW]
            out[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3))) + b  # (N, F)
    return out


def reference(x, w, b, *, stride=1, pad=0):
    """Ask the library, which keeps a cache as well."""
    return conv_layer.conv2d_forward(x, w, b, stride=stride, pad=pad)[0]


def drawn(rng, x_shape, w_shape):
    """Draw images, filters and biases."""
    return decimals(rng, *x_shape), decimals(rng, *w_shape), decimals(rng, w_shape[0])


def inputs(rng):
    """Draw few and small images, with remainders, overlaps and wide padding."""
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]])
    w = np.array([[[[1.0, 0.0], [0.0, -1.0]], [[2.0, 0.0], [0.0, 2.0]]]])
    yield case("the example", x, w, np.array([10.0]))
    x, w, b = drawn(rng, (2, 4, 4, 3), (3, 4, 3, 2))
    yield case("2 images, 4 channels, 3 filters", x, np.asfortranarray(w), b)
    H, W = size_for(2, 3, stride=3, left=1), size_for(3, 2, stride=3, left=2)
    x, w, b = drawn(rng, (1, 2, H, W), (3, 2, 2, 3))
    yield case("stride 3, a row and two columns left over", strided(x), w, b, stride=3)
    yield case("padding 2", *drawn(rng, (2, 3, 1, 2), (1, 3, 3, 4)), pad=2)
    H, W = size_for(3, 2, stride=2, left=1, pad=1), size_for(4, 3, stride=2, pad=1)
    x, w, b = drawn(rng, (2, 1, H, W), (2, 1, 3, 4))
    yield case("one channel, stride 2, padding 1", x, w, b, stride=2, pad=1)
    x, w, b = drawn(rng, (3, 2, 5, 4), (4, 2, 1, 1))
    yield case("kernels of one pixel, stride 2", x, w, b, stride=2)
    yield case("a kernel as large as the image", *drawn(rng, (3, 2, 3, 4), (5, 2, 3, 4)))
    arrays = (a.astype(np.float32) for a in drawn(rng, (1, 3, 4, 5), (2, 3, 3, 2)))
    yield case("float32", *arrays, stride=2, pad=1)
    x, w, b = drawn(rng, (2, 2, 2, 4), (3, 2, 2, 3))
    yield case("images of int32, all else of float64", (10 * x).round().astype(np.int32), w, b)
    x, w, b = drawn(rng, (1, 2, 3, 3), (2, 2, 2, 3))
    yield case("images of float32, all else of float64", x.astype(np.float32), w, b)

    x, w, b = drawn(rng, (2, 3, 4, 4), (2, 3, 3, 3))
    yield refused("filters of one channel for images of three", x, w[:, :1], b)
    yield refused("one bias for two filters", x, w, b[:1])


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
        x, w, b = drawn(rng, (N, C, H, W), (F, C, KH, KW))
        x = x.astype(rng.choice(["float64", "float32"]))
        yield case("small images", x, w, b, stride=stride, pad=pad)


def setting(x, w, b, *, stride=1, pad=0):
    """Show one channel, where images and kernels are square."""
    return square(x.shape[2:], w.shape[2:], stride=stride, pad=pad)


SUMS = Sums(
    arguments={
        "x": ("ncyz", (2, 2, 4, 5), "image channel row column"),
        "w": ("fckm", (2, 2, 3, 2), "filter channel row column"),
        "b": ("f", (2,), "filter"),
    },
    results={"the result": "nfij"},
    impulses="w b",
    draws=16,
    fixed={"stride": 2, "pad": 1},
    setting="with kernels of 3 rows and 2 columns, stride 2 and padding 1",
)


EXERCISE = Exercise(
    conv2d_forward,
    points=4,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("image", "filter", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
    window="correlation",
    timed=Timing(
        {"x": (2, 3, 24, 24), "w": (4, 3, 5, 5), "b": (4,)},
        see=FASTER,
    ),
    picture=Shown(
        CONVOLUTION,
        setting,
        (
            "flips_kernels",
            "steps_by_one",
            "steps_columns_by_one",
            "rounds_up",
            "counts_padding_once",
            "forgets_the_first_window",
            "pads_at_the_end_only",
            "pads_in_front_only",
            "repeats_the_border",
        ),
    ),
    formula=SUMS,
)
mistake = EXERCISE.mistake

SIDES = "((0, 0), (0, 0), (pad, pad), (pad, pad))"

mistake("flips_kernels", {"(window, w,": "(window, w[:, :, ::-1, ::-1],"}).says(
    "You turn each kernel by 180 degrees; the layer of a ConvNet lays it on the image as it is."
)
mistake("leaves_biases_out", {" + b  # (N, F)": ""}).says(
    "You never add b; each filter adds one number of its own to all pixels of its map."
)
mistake("adds_the_first_bias", {" + b  # (N, F)": " + b[0]"}).says(
    "All your filters add b[0]; each filter has a bias of its own."
)
mistake("adds_the_bias_for_each_channel", {" + b  # (N, F)": " + C * b"}).says(
    "You add the bias once for each channel, so it counts C times; add it after the sum over "
    "channels."
)
mistake(
    "sees_the_first_channel_only",
    {"(window, w, ((1, 2, 3), (1, 2, 3)))": "(window[:, 0], w[:, 0], ((1, 2), (1, 2)))"},
).says(
    "You look at channel 0 alone; a filter has a kernel for each channel, and the products add up."
)
mistake("averages_over_channels", {" + b  # (N, F)": " / C + b"}).says(
    "You average over the channels; a filter adds up what it finds in each of them."
)
mistake("steps_by_one", {"top = i * stride": "top = i", "left = j * stride": "left = j"}).says(
    "Your size is that of the stride, but your windows are one pixel apart; window i begins at "
    "row i * stride."
)
mistake("steps_columns_by_one", {"left = j * stride": "left = j"}).says(
    "Your stride counts for rows only; from one window to the next in a row there are `stride` "
    "columns, too."
)
mistake(
    "spreads_the_kernel",
    {
        "top : top + KH, left : left + KW": (
            "top : top + stride * KH : stride, left : left + stride * KW : stride"
        ),
        "padded = np.pad(x, " + SIDES + ")": (
            "padded = np.pad(\n"
            "    x, ((0, 0), (0, 0), (pad, pad + stride * KH), (pad, pad + stride * KW))\n"
            ")"
        ),
    },
).says(
    "You take every stride-th pixel inside of a window, which is dilation; a window is KH rows "
    "and KW columns without gaps."
)
mistake(
    "rounds_up",
    {
        "(H + 2 * pad - KH) // stride": "-(-(H + 2 * pad - KH) // stride)",
        "(W + 2 * pad - KW) // stride": "-(-(W + 2 * pad - KW) // stride)",
        SIDES: "((0, 0), (0, 0), (pad, pad + stride), (pad, pad + stride))",
    },
).says(
    "You round the output's size up and let the last window hang over; what is left over at the "
    "end is not read, so round down."
)
mistake(
    "counts_padding_once",
    {"H + 2 * pad": "H + pad", "W + 2 * pad": "W + pad"},
).says(
    "Your output is too small: the padding stands on both sides, so 2 * pad is added to each size."
)
mistake(
    "forgets_the_first_window",
    {"(H + 2 * pad - KH) // stride + 1": "(H + 2 * pad - KH) // stride"},
).says(
    "Your maps lack their last row; the kernel's first place counts too, so add 1 after the "
    "division."
)
mistake(
    "takes_the_height_for_both",
    {"WO = (W + 2 * pad - KW)": "WO = (H + 2 * pad - KH)"},
).says("You compute the width of the maps from the height; images and kernels need not be square.")
mistake("pads_at_the_end_only", {SIDES: "((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad))"}).says(
    "All of your padding lies below and to the right; `pad` zeros belong on each side."
)
mistake("pads_in_front_only", {SIDES: "((0, 0), (0, 0), (2 * pad, 0), (2 * pad, 0))"}).says(
    "All your zeros stand above and to the left; half of them belong below and to the right."
)
mistake("repeats_the_border", {SIDES: SIDES + ', mode="edge"'}).says(
    "You pad with the border's own pixels; the padding of this layer is zeros."
)
mistake("always_makes_float64", {", np.result_type(x, w, b)": ""}).says(
    "Your maps are always float64; make them in the type to which NumPy promotes the arguments."
)
mistake("takes_the_type_of_the_images", {"np.result_type(x, w, b)": "x.dtype"}).says(
    "Your maps have the type of x, so that whole numbers lose their fractions; take the type to "
    "which NumPy promotes x, w and b."
)
mistake("puts_the_filters_last", {"return out": "return out.transpose(0, 2, 3, 1)"}).says(
    "Your filters are the last axis; the result has shape (N, F, HO, WO), with the maps before "
    "rows and columns."
)
mistake(
    "lets_numpy_stretch",
    {
        "if channels != C or b.shape != (F,):\n"
        '    raise ValueError("a filter needs a kernel for each channel, and a bias")': "",
        "np.tensordot(window, w, ((1, 2, 3), (1, 2, 3)))": (
            "np.sum(window[:, None] * w, axis=(2, 3, 4))"
        ),
    },
).says(
    "You let NumPy stretch one kernel over all channels or one bias over all filters; compare the "
    "shapes before you compute."
)
mistake("sizes_without_padding", {"H + 2 * pad": "H", "W + 2 * pad": "W"}).says(
    "You compute the size of the maps without the padding, so that rows and columns at the end are "
    "missing."
)
mistake("stretches_a_bias", {"channels != C or b.shape != (F,)": "channels != C"}).says(
    "You compare the channels alone, and NumPy stretches a single bias over all filters; compare "
    "the shape of b with the number of filters, too."
)


@EXERCISE.right_answer
def makes_columns(x, w, b, *, stride=1, pad=0):
    if x.shape[1] != w.shape[1] or b.shape != w.shape[:1]:
        raise ValueError("the shapes do not fit")
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, HO, WO, KH, KW)
    N, C, HO, WO, KH, KW = windows.shape
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * HO * WO, C * KH * KW)
    out = rows @ w.reshape(len(w), -1).T + b
    return out.reshape(N, HO, WO, len(w)).transpose(0, 3, 1, 2)


@EXERCISE.right_answer
def adds_shifted_images(x, w, b, *, stride=1, pad=0):
    F, C, KH, KW = w.shape
    if x.shape[1] != C or b.shape != (F,):
        raise ValueError("the shapes do not fit")
    x = np.pad(x, [(0, 0)] * 2 + [(pad, pad)] * 2)
    H, W = x.shape[2:]
    maps = 0
    for i in range(KH):
        for j in range(KW):
            pixels = x[:, :, i : H - KH + i + 1 : stride, j : W - KW + j + 1 : stride]
            maps = maps + np.einsum("nchw,fc->nfhw", pixels, w[:, :, i, j])
    return maps + b[:, None, None]


@EXERCISE.right_answer
def goes_place_by_place(x, w, b, *, stride=1, pad=0):
    (N, C, H, W), (F, D, KH, KW) = x.shape, w.shape
    if C != D or len(b) != F:
        raise ValueError("the shapes do not fit")
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad), x.dtype)
    big[:, :, pad : pad + H, pad : pad + W] = x
    HO, WO = 1 + (H + 2 * pad - KH) // stride, 1 + (W + 2 * pad - KW) // stride
    out = np.zeros((N, F, HO, WO), dtype=np.result_type(x, w, b))
    for n, f, i, j in np.ndindex(N, F, HO, WO):
        window = big[n, :, i * stride :, j * stride :][:, :KH, :KW]
        out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out
