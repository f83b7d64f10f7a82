"""What a layer costs: `conv_parameters`, `conv_multiply_adds` and `connection_counts`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.convolution_arithmetic.draw import refused, whole
from course_utils.exercises.convolution_arithmetic.shapes import layer_shapes, refused_layers
from course_utils.exercises.exercise import Exercise, case


def _conv_parameters_cases(rng):
    C, F = whole(rng, 6, 8), whole(rng, 9, 20)
    KH, KW = whole(rng, 2, 3), whole(rng, 4, 5)
    yield case("a kernel wider than high", (F, C, KH, KW))
    yield case("a kernel higher than wide, no biases", (F + 1, C, KW, KH), bias=False)
    yield case("more channels than filters", (C, F, KW, KH))
    yield case("1 x 1 kernels", (F, C + 1, 1, 1))
    yield case("one filter", (1, C, KH, KW))
    yield case("one channel, no biases", (F, 1, KH + 3, KW - 1), bias=False)

    yield refused("no filters", (0, C, KH, KW))
    yield refused("no channels", (F, 0, KH, KW))
    yield refused("a kernel of height 0", (F, C, 0, KW))
    yield refused("a kernel of width 0", (F, C, KH, 0), bias=False)


CONV_PARAMETERS = Exercise("conv_parameters", 1, arithmetic.conv_parameters, _conv_parameters_cases)


@CONV_PARAMETERS.known_wrong(
    "You leave the biases out where the layer has them; think which numbers share one bias."
)
def forgets_biases(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW


@CONV_PARAMETERS.known_wrong(
    "You add one bias for each input channel; a bias is added to a finished map, "
    "so count the maps that come out."
)
def gives_each_channel_a_bias(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW + (C if bias else 0)


@CONV_PARAMETERS.known_wrong(
    "You give a bias to each channel of each filter; the channels of a filter are added up first, "
    "and the sum gets one bias."
)
def gives_each_kernel_a_bias(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * (KH * KW + (1 if bias else 0))


@CONV_PARAMETERS.known_wrong(
    "You add a single bias for the whole layer, but every filter has one of its own; "
    "look at your brackets."
)
def adds_one_bias_in_all(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * C * KH * KW + int(bias)


@CONV_PARAMETERS.known_wrong(
    "You count a filter as if it were flat; it has weights of its own for every input channel."
)
def takes_filters_as_flat(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (KH * KW + int(bias))


@CONV_PARAMETERS.known_wrong(
    "You add the biases even when `bias` is False; let that argument decide."
)
def always_adds_biases(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (C * KH * KW + 1)


@CONV_PARAMETERS.known_wrong(
    "You take every kernel as square; its height and its width may differ, so use both."
)
def takes_kernels_as_square(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return F * (C * KH**2 + int(bias))


@CONV_PARAMETERS.known_wrong(
    "You count one filter and forget that the layer has F of them, each with its own weights."
)
def counts_a_single_filter(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    if min(F, C, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return C * KH * KW + int(bias)


@CONV_PARAMETERS.known_wrong(
    "You count on where a size is below 1; such a layer cannot be, so check the four numbers first "
    "and raise a ValueError."
)
def accepts_empty_layers(w_shape, *, bias=True):
    F, C, KH, KW = w_shape
    return F * (C * KH * KW + int(bias))


@CONV_PARAMETERS.known_right
def multiplies_with_numpy(w_shape, *, bias=True):
    if min(w_shape) < 1:
        raise ValueError(f"a size in {w_shape} is below 1")
    return np.prod(w_shape) + (w_shape[0] if bias else 0)


@CONV_PARAMETERS.known_right
def adds_up_filters(w_shape, *, bias=True):
    filters, *taps = w_shape
    if filters < 1 or any(size < 1 for size in taps):
        raise ValueError("every size must be at least 1")
    total = 0
    for _ in range(filters):
        weights = 1
        for size in taps:
            weights *= size
        total += weights + (1 if bias else 0)
    return total


@CONV_PARAMETERS.known_right
def counts_arrays(w_shape, *, bias=True):
    w = np.empty(w_shape)
    if w.size == 0:
        raise ValueError("a layer without weights")
    return w.size + len(w) if bias else w.size


def _conv_multiply_adds_cases(rng):
    low, high, short = whole(rng, 5, 6), whole(rng, 10, 12), whole(rng, 2, 3)
    wide, tall = (short, short + 3), (short + 3, short)

    shapes = layer_shapes(rng, rows=low, columns=high, kernel=wide)
    yield case("stride 1, no padding", *shapes)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=wide, pad=2)
    yield case("padding 2", *shapes, pad=2)
    shapes = layer_shapes(rng, rows=high, columns=low, kernel=tall, stride=3, left=(1, 2), pad=1)
    yield case("padding 1, and stride 3 leaves both over", *shapes, stride=3, pad=1)
    shapes = layer_shapes(rng, rows=low, columns=high, kernel=(1, 1), stride=2, left=(1, 0))
    yield case("1 x 1 kernels and stride 2", *shapes, stride=2)
    yield case("one filter on one channel", (1, high + 3, low + 3), (1, 1, *wide))
    (C, H, W), (F, *_) = shapes
    yield case("kernels that fill the padded input", (C, H, W), (F, C, H + 6, W + 6), pad=3)

    yield from refused_layers(rng)


CONV_MULTIPLY_ADDS = Exercise(
    "conv_multiply_adds", 2, arithmetic.conv_multiply_adds, _conv_multiply_adds_cases
)


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count a window at every pixel of the input; the work is done once for each number of "
    "the output, so work out its height and width first."
)
def counts_a_window_per_pixel(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("a size is out of range")
    if KH > H + 2 * pad or KW > W + 2 * pad:
        raise ValueError("the kernel does not fit")
    return F * H * W * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You leave the channels out: one number of the output takes a product for every tap in every "
    "input channel."
)
def forgets_channels(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count the work of one filter; each filter makes a map of its own and does it all again."
)
def counts_one_filter(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count a product and its addition as two; a multiply-add is both of them together."
)
def counts_product_and_sum(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return 2 * F * (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count one more for the bias of each output; adding a bias takes no product, "
    "and the statement leaves it out."
)
def counts_the_bias(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * (C * KH * KW + 1)


@CONV_MULTIPLY_ADDS.known_wrong(
    "You leave out products with padded zeros, but the loop over the window computes them too; "
    "count every tap at every position."
)
def skips_padded_zeros(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    top, left = range(-pad, free_h - pad + 1, stride), range(-pad, free_w - pad + 1, stride)
    rows = sum(0 <= i + k < H for i in top for k in range(KH))
    columns = sum(0 <= j + k < W for j in left for k in range(KW))
    return F * C * rows * columns


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count steps where you should count positions, so a row and a column of the output are "
    "missing; the window also stands where it starts."
)
def forgets_first_window(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride) * (free_w // stride) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "Your output has a window at every pixel where the kernel fits; with a stride most of them are "
    "left out."
)
def forgets_the_stride(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    return F * (free_h + 1) * (free_w + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You work out the output for the kernel laid on its side; its height goes with the rows of the "
    "image and its width with the columns."
)
def lays_the_kernel_on_its_side(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0 or C != depth:
        raise ValueError("the layer does not fit")
    HO, WO = (H + 2 * pad - KW) // stride + 1, (W + 2 * pad - KH) // stride + 1
    return F * HO * WO * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You count work for a kernel that is larger than the padded input; it has no position, "
    "so raise a ValueError."
)
def counts_without_checking_the_fit(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if min(C, H, W, F, KH, KW, stride) < 1 or pad < 0 or C != depth:
        raise ValueError("the layer makes no sense")
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    return F * HO * WO * C * KH * KW


@CONV_MULTIPLY_ADDS.known_wrong(
    "You never compare the depth of the filters with the channels of the input; "
    "where they differ, raise a ValueError."
)
def counts_for_any_depth(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, _, KH, KW) = x_shape, w_shape
    free_h, free_w = H + 2 * pad - KH, W + 2 * pad - KW
    if min(C, H, W, F, KH, KW, stride) < 1 or min(pad, free_h, free_w) < 0:
        raise ValueError("the layer does not fit")
    return F * (free_h // stride + 1) * (free_w // stride + 1) * C * KH * KW


@CONV_MULTIPLY_ADDS.known_right
def counts_outputs_and_taps(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if C != depth or min(*x_shape, *w_shape, stride) < 1 or pad < 0:
        raise ValueError("the shapes make no sense")
    outputs = F
    for size, kernel in ((H, KH), (W, KW)):
        if kernel > size + 2 * pad:
            raise ValueError("the kernel does not fit")
        outputs *= len(range(0, size + 2 * pad - kernel + 1, stride))
    return outputs * C * KH * KW


@CONV_MULTIPLY_ADDS.known_right
def looks_at_windows(x_shape, w_shape, *, stride=1, pad=0):
    if x_shape[0] != w_shape[1] or min(*x_shape, *w_shape, stride) < 1:
        raise ValueError("the shapes make no sense")
    x = np.pad(np.zeros(x_shape[1:]), pad)
    windows = np.lib.stride_tricks.sliding_window_view(x, w_shape[2:])
    return int(windows[::stride, ::stride].size * w_shape[0] * w_shape[1])


@CONV_MULTIPLY_ADDS.known_right
def adds_up_windows(x_shape, w_shape, *, stride=1, pad=0):
    (C, H, W), (F, depth, KH, KW) = x_shape, w_shape
    if C != depth or min(C, H, W, F, KH, KW) < 1 or stride < 1 or pad < 0:
        raise ValueError("the shapes make no sense")
    if H + 2 * pad < KH or W + 2 * pad < KW:
        raise ValueError("the kernel does not fit")
    total = 0
    for _ in range(-pad, H + pad - KH + 1, stride):
        for _ in range(-pad, W + pad - KW + 1, stride):
            total += F * C * KH * KW
    return total


def _connection_counts_cases(rng):
    C, units = whole(rng, 3, 4), whole(rng, 21, 29)
    H, W = whole(rng, 8, 10), whole(rng, 12, 15)
    KH, KW = 2, whole(rng, 5, 7)
    yield case("a grey image", (1, H, W), units, (KH, KW))
    yield case("a colour image", (3, W, H), units + 1, (KW, KH))
    yield case("a field as large as the image", (C, H, W), units, (H, W))
    yield case("a field of 1 x 1", (C, W, H), units, (1, 1))
    yield case("one unit", (C, H, W), 1, (KH, KW))
    yield case("a million units", (C, 10 * H, 10 * W), 1_000_000, (KW + 3, KH))

    yield refused("a field wider than the image", (C, H, W), units, (KH, W + 1))
    yield refused("a field higher than the image", (C, H, W), units, (H + 1, KW))
    yield refused("a field larger than the image", (C, H, W), units, (H + 2, W + 1))
    yield refused("no units", (C, H, W), 0, (KH, KW))
    yield refused("no channels", (0, H, W), units, (KH, KW))
    yield refused("a field of height 0", (C, H, W), units, (0, KW))
    yield refused("a field of width 0", (C, H, W), units, (KH, 0))


CONNECTION_COUNTS = Exercise(
    "connection_counts",
    2,
    arithmetic.connection_counts,
    _connection_counts_cases,
    outputs=("full", "local", "shared"),
)


@CONNECTION_COUNTS.known_wrong(
    "Your fields are one channel deep; a unit looks at its patch in every channel of the image."
)
def takes_fields_as_flat(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, KH * KW * units, KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You give every unit its own weights in the last count too; where weights are shared, "
    "the number of units does not matter."
)
def shares_nothing(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW * units


@CONNECTION_COUNTS.known_wrong(
    "You count the biases as well; the statement asks for the weights alone."
)
def counts_biases(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return (C * H * W + 1) * units, (C * KH * KW + 1) * units, C * KH * KW + 1


@CONNECTION_COUNTS.known_wrong(
    "Your numbers come in another order than asked for: full, then local, then shared."
)
def swaps_local_and_shared(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW, C * KH * KW * units


@CONNECTION_COUNTS.known_wrong(
    "You connect one unit to the whole image in the first count; every unit sees every pixel, "
    "each with a weight of its own."
)
def connects_one_unit(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You take the field as square; its height and its width may differ, so use both."
)
def takes_fields_as_square(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KH * units, C * KH * KH


@CONNECTION_COUNTS.known_wrong(
    "You refuse a field when it is too large both ways, but one way is enough for it not to fit; "
    "check each axis."
)
def refuses_fields_too_large_both_ways(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or (KH > H and KW > W):
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You leave the channels out of the first count; "
    "a unit that sees the whole image has a weight for each pixel in each channel."
)
def forgets_channels_of_the_image(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count one unit's patch in `local`; "
    "every unit has weights of its own there, so multiply by the number of units."
)
def gives_one_unit_a_patch(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You give the local count first; the order is full, then local, then shared, "
    "so the largest number comes first."
)
def swaps_full_and_local(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * KH * KW * units, C * H * W * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count on where there is nothing to connect; "
    "check that no size and no number of units is below 1, and raise a ValueError."
)
def accepts_nothing_to_connect(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count weights for a field that is larger than the image; "
    "compare both sides and raise a ValueError."
)
def accepts_large_fields(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_right
def starts_from_one_filter(image, units, field):
    if units < 1 or min(image) < 1 or min(field) < 1:
        raise ValueError("every size must be at least 1")
    if any(patch > size for patch, size in zip(field, image[1:], strict=True)):
        raise ValueError("the field is larger than the image")
    pixels, shared = image[0], image[0]
    for size, patch in zip(image[1:], field, strict=True):
        pixels *= size
        shared *= patch
    return pixels * units, shared * units, shared


@CONNECTION_COUNTS.known_right
def multiplies_arrays(image, units, field):
    image, field = np.array(image, dtype=np.int64), np.array(field, dtype=np.int64)
    if image.min() < 1 or field.min() < 1 or units < 1 or np.any(field > image[1:]):
        raise ValueError("the sizes make no sense")
    shared = image[0] * field.prod()
    return tuple(np.array([image.prod() * units, shared * units, shared]))


@CONNECTION_COUNTS.known_right
def has_a_product_inside(image, units, field):
    def product(first, *rest):
        return first * product(*rest) if rest else first

    C, H, W = image
    KH, KW = field
    if not (units >= 1 and C >= 1 and 1 <= KH <= H and 1 <= KW <= W):
        raise ValueError("a size is out of range")
    return product(units, C, H, W), product(units, C, KH, KW), product(C, KH, KW)
