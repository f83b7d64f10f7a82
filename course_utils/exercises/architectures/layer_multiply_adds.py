"""How much work each layer of a stack is: `layer_multiply_adds`."""

import numpy as np

from course_utils.exercises.draw import ALEXNET, image_for
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.layer_arithmetic import Conv, Dense, Flatten, Pool, layer_costs


def layer_multiply_adds(x_shape, layers):
    """Count the multiply-adds of each layer of a stack, on one image.

    >>> layer_multiply_adds((3, 9, 12), [("conv", 4, 3, 2, 0, 1), ("pool", 2, 2), ("fc", 10)])
    (2160, 0, 160)
    """
    shape, counts = x_shape, []  # the shape of what the next layer reads
    for kind, *numbers in layers:
        if kind == "fc":
            (units,) = numbers
            counts.append(units * int(np.prod(shape)))
            shape = (units,)
        else:
            C, H, W = shape
            # A pool keeps the channels.
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            HO = (H + 2 * pad - K) // stride + 1
            WO = (W + 2 * pad - K) // stride + 1
            products = C // groups * K * K  # in each number that comes out
            counts.append(F * HO * WO * products if kind == "conv" else 0)
            shape = F, HO, WO
    return tuple(counts)


def reference(x_shape, layers):
    """Read the counts off the table of the library."""
    read = []
    for kind, *numbers in layers:
        if kind == "fc":
            read += [Flatten(), Dense(*numbers)]
        elif kind == "pool":
            read.append(Pool(*numbers))
        else:
            F, K, stride, pad, groups = numbers
            read.append(Conv(F, K, stride, pad, groups=groups))
    rows = layer_costs(read, x_shape)
    return tuple(row.multiply_adds for row in rows if not isinstance(row.layer, Flatten))


def inputs(rng):
    """Draw stacks that fit. The numbers of filters and of units are unlike each other."""

    def unlike(count):
        return [int(size) for size in rng.choice(np.arange(11, 40), count, replace=False)]

    example = [("conv", 4, 3, 2, 0, 1), ("pool", 2, 2), ("fc", 10)]
    yield case("the example", (3, 9, 12), example)
    image = image_for(ALEXNET[:8], 3, rows=6, columns=whole(rng, 7, 9))
    yield case("AlexNet in two columns", image, [*ALEXNET[:-1], ("fc", whole(rng, 900, 1100))])

    C, K, rows = whole(rng, 2, 4), whole(rng, 4, 6), whole(rng, 2, 3)
    F, G, units, classes = unlike(4)
    lenet = [("conv", F, K, 1, 0, 1), ("pool", 2, 2), ("conv", G, 3, 1, 0, 1), ("pool", 3, 2)]
    image = image_for(lenet, C, rows=rows, columns=rows + 2, left=(1, 0))
    yield case("a LeNet, rows left over", image, [*lenet, ("fc", units), ("fc", classes)])

    C, K, rows = whole(rng, 2, 4), whole(rng, 1, 2), 2 * whole(rng, 2, 3)
    F, G, units = unlike(3)
    vgg = [("conv", F, 3, 1, 1, 1), ("conv", G, 2 * K + 1, 1, K, 1), ("pool", 2, 2)]
    vgg += [("conv", F + G, 3, 1, 1, 1), ("pool", 2, 2)]
    image = image_for(vgg, C, rows=rows, columns=rows - 2, left=(0, 1))
    yield case("a VGG, columns left over", image, [*vgg, ("fc", units)])

    # No height, width or kernel is a multiple of 2 or 3 where there are groups.
    F, G, J = whole(rng, 5, 8), whole(rng, 2, 3), whole(rng, 4, 6)
    layers = [("conv", 2 * F, whole(rng, 3, 4), 2, 1, 1), ("conv", 6 * G, 5, 1, 2, 2)]
    layers += [("conv", 3 * J, 7, 1, 3, 3)]
    image = image_for(layers, 3, rows=5, columns=7, left=(1, 1))
    yield case("two groups, then three", image, layers)

    C, (F,), K = whole(rng, 5, 9), unlike(1), whole(rng, 1, 2)
    layers = [("conv", C, 2 * K + 1, 1, K, C), ("conv", F, 1, 1, 0, 1)]
    yield case("a filter for each channel, then 1 x 1", (C, 5, whole(rng, 7, 11)), layers)

    # More than half of a stride is left over.
    F, G = unlike(2)
    layers = [("conv", F, whole(rng, 5, 7), 3, 2, 1), ("pool", 2, 3), ("conv", G, 4, 2, 1, 1)]
    image = image_for(layers, whole(rng, 3, 5), rows=4, columns=3, left=(2, 2))
    yield case("strides of 3 leave two rows and columns over", image, layers)

    layers = [("conv", whole(rng, 11, 30), whole(rng, 7, 9), 2, 2, 1)]
    image = image_for(layers, whole(rng, 2, 5), rows=1, columns=whole(rng, 3, 5))
    layers += [("fc", whole(rng, 4, 9))]
    yield case("a kernel as high as the padded input", image, layers)

    layers = [("pool", whole(rng, 3, 4), 2), ("pool", 1, 3)]
    image = image_for(layers, whole(rng, 5, 9), rows=2, columns=3, left=(0, 1))
    yield case("pools first, the second with gaps", image, [*layers, ("fc", *unlike(1))])

    image = whole(rng, 2, 3), whole(rng, 4, 5), whole(rng, 6, 9)
    yield case("fully connected layers alone", image, [("fc", units) for units in unlike(2)])

    layers = [("conv", 1, 1, 1, 0, 1), ("pool", 1, 1), ("fc", 1)]
    yield case("one of everything on one row", (1, 1, whole(rng, 5, 90)), layers)


def wild(rng):
    """Draw small stacks of up to three layers that slide, and perhaps one that does not."""
    for _ in range(1000):
        layers = []
        for _ in range(whole(rng, 0, 3)):
            K, stride = whole(rng, 1, 4), whole(rng, 1, 3)
            conv = ("conv", 6 * whole(rng, 1, 3), K, stride, whole(rng, 0, (K - 1) // 2))
            layers.append(("pool", K, stride) if rng.random() < 0.3 else (*conv, whole(rng, 1, 3)))
        left = whole(rng, 0, 2), whole(rng, 0, 2)
        image = image_for(layers, 6, rows=whole(rng, 1, 3), columns=whole(rng, 1, 3), left=left)
        yield case(
            "a small stack", image, [*layers, *[("fc", whole(rng, 1, 5))] * whole(rng, 0, 1)]
        )


EXERCISE = Exercise(layer_multiply_adds, points=3, inputs=inputs, reference=reference, wild=wild)
mistake = EXERCISE.mistake

mistake("ignores_groups", {"C // groups": "C"}).says(
    "You let every filter multiply all channels; with groups each output is a sum over the "
    "channels of one group."
)
mistake("divides_filters_by_groups", {"F * HO * WO": "F // groups * HO * WO"}).says(
    "You count the work of one group; the other groups work too, so divide the channels that a "
    "filter reads and nothing else."
)
mistake("counts_input_pixels", {"HO * WO * products": "H * W * products"}).says(
    "You place the kernel at every pixel of the input; with a stride or without padding it stands "
    "at fewer places, one for each output pixel."
)
mistake("counts_weights_alone", {"F * HO * WO * products": "F * products"}).says(
    "You count every weight of a convolution once; the same weight is used again at every place "
    "of its kernel."
)
mistake(
    "counts_biases",
    {"int(np.prod(shape))": "(int(np.prod(shape)) + 1)", "WO * products": "WO * (products + 1)"},
).says(
    "You count the biases as well; adding one is no multiplication, and here only the products "
    "with weights count."
)
mistake(
    "counts_pools",
    {
        "C // groups": '(C // groups if kind == "conv" else 1)',
        'F * HO * WO * products if kind == "conv" else 0': "F * HO * WO * products",
    },
).says(
    "You count products in pools; they compare or add, but multiply by no weight, so their count "
    "is 0."
)
mistake("counts_twice", {"units * int": "2 * units * int", "F * HO * WO": "2 * F * HO * WO"}).says(
    "You count a multiplication and an addition as two; here the pair is one multiply-add, so "
    "your numbers are twice too large."
)
mistake("reads_only_channels", {"int(np.prod(shape))": "shape[0]"}).says(
    "Your fully connected layers multiply one number for each channel; every unit multiplies "
    "every number of the volume before it."
)
mistake("counts_one_map", {"F * HO * WO": "HO * WO"}).says(
    "You count the work of a single filter; the layer has F of them, and each slides over the "
    "whole volume."
)
mistake("counts_one_row_of_taps", {"K * K": "K"}).says(
    "You count K products for a window of K rows and K columns; every row of it has K."
)
mistake("counts_windows_as_flat", {"C // groups * K * K": "K * K"}).says(
    "You count the products in one channel of the window; an output adds up the products of all "
    "channels that its filter reads."
)
mistake(
    "leaves_out_padded_zeros",
    {
        "products = C // groups * K * K": (
            "rows = range(-pad, HO * stride - pad, stride)\n"
            "columns = range(-pad, WO * stride - pad, stride)\n"
            "inside_h = sum(min(H, i + K) - max(0, i) for i in rows)\n"
            "inside_w = sum(min(W, j + K) - max(0, j) for j in columns)\n"
            "products = C // groups * inside_h * inside_w"
        ),
        "F * HO * WO * products": "F * products",
    },
).says(
    "You leave out the products with padded zeros; they are computed like all others, so count "
    "every tap at every place."
)
mistake(
    "uses_each_weight_on_every_pixel",
    {"int(np.prod(shape))": "int(np.prod(shape) * np.prod(shape[1:]))"},
).says(
    "You multiply by the pixels of the output in fully connected layers too; each of their "
    "weights is used once."
)
mistake("returns_the_sum", {"tuple(counts)": "sum(counts)"}).says(
    "You add the layers up; return the counts one by one, as a tuple that is as long as the list "
    "of layers."
)
mistake(
    "skips_pools",
    {
        'counts.append(F * HO * WO * products if kind == "conv" else 0)': (
            'if kind == "conv":\n    counts.append(F * HO * WO * products)'
        )
    },
).says(
    "Your result has no entry for the pools; they have nothing to multiply, but their 0 keeps the "
    "counts in step with the layers."
)
mistake("takes_channels_of_the_image", {"C // groups": "x_shape[0] // groups"}).says(
    "You use the channels of the image in every convolution; only the first one reads the image, "
    "the others read the maps before them."
)
mistake("starts_each_layer_from_the_image", {"C, H, W = shape": "C, H, W = x_shape"}).says(
    "You apply every layer to the image itself; each one reads what the layer before it made, so "
    "carry the shape along."
)
mistake("keeps_input_channels", {"shape = F, HO, WO": "shape = C, HO, WO"}).says(
    "Your channels never change; a convolution makes one map for each of its filters, and a pool "
    "is what keeps the number it gets."
)
mistake(
    "forgets_that_pools_shrink",
    {"shape = F, HO, WO": 'shape = (F, HO, WO) if kind == "conv" else shape'},
).says(
    "You go on with a volume that is too large; a pool multiplies nothing, but the layers after "
    "it read what it leaves."
)
mistake(
    "pools_with_kernel_as_stride", {"(C, *numbers, 0, 1)": "(C, numbers[0], numbers[0], 0, 1)"}
).says(
    "You move each pool by its own size; the third number of a pool is its stride, and AlexNet's "
    "pools of 3 move by 2, so that they overlap."
)
mistake(
    "rounds_up",
    {
        "(H + 2 * pad - K) // stride": "-(-(H + 2 * pad - K) // stride)",
        "(W + 2 * pad - K) // stride": "-(-(W + 2 * pad - K) // stride)",
    },
).says(
    "You round up where the stride leaves rows over; in this course a window must lie inside of "
    "the padded volume, in pooling too, so work out which way `//` rounds."
)
mistake(
    "rounds_to_nearest",
    {
        "(H + 2 * pad - K) // stride": "round((H + 2 * pad - K) / stride)",
        "(W + 2 * pad - K) // stride": "round((W + 2 * pad - K) / stride)",
    },
).says(
    "You round to the nearest whole number, which hides an input that does not come out even; a "
    "window that hangs over by a quarter has no place."
)
mistake(
    "forgets_first_position",
    {
        "(H + 2 * pad - K) // stride + 1": "(H + 2 * pad - K) // stride",
        "(W + 2 * pad - K) // stride + 1": "(W + 2 * pad - K) // stride",
    },
).says(
    "Every volume of yours is one row and one column short; a kernel as large as its input takes "
    "no step and still makes one output."
)
mistake("keeps_the_volume_behind_dense_layers", {"shape = (units,)": ""}).says(
    "All of your fully connected layers read the last volume; from the second one on, each reads "
    "the units of the one before it."
)
mistake(
    "counts_weights_and_comparisons",
    {
        "C // groups": '(C // groups if kind == "conv" else 1)',
        'F * HO * WO * products if kind == "conv" else 0': (
            'F * products if kind == "conv" else F * HO * WO * products'
        ),
    },
).says(
    "You count each weight of a convolution once, and the comparisons of a pool; a weight is used "
    "at every place of its kernel, and a pool multiplies by none."
)
mistake(
    "pads_one_side",
    {"H + 2 * pad - K": "H + pad - K", "W + 2 * pad - K": "W + pad - K"},
).says(
    "You add the padding once to height and width; it lies on both sides of the input, so it "
    "counts twice."
)
mistake(
    "rounds_pools_up",
    {
        "HO = (H + 2 * pad - K) // stride + 1": (
            'up = stride - 1 if kind == "pool" else 0\nHO = (H + 2 * pad - K + up) // stride + 1'
        ),
        "(W + 2 * pad - K) // stride": "(W + 2 * pad - K + up) // stride",
    },
).says(
    "Your pools round up, so that a window hangs over the end; what is left over makes no window, "
    "in a pool as in a convolution."
)
mistake(
    "rounds_pools_up_and_pads_one_side",
    {
        "HO = (H + 2 * pad - K) // stride + 1": (
            'up = stride - 1 if kind == "pool" else 0\nHO = (H + pad - K + up) // stride + 1'
        ),
        "(W + 2 * pad - K) // stride": "(W + pad - K + up) // stride",
    },
).says(
    "Your pools round up, and your convolutions are padded on one side alone; round down "
    "everywhere, and count the padding twice."
)


@EXERCISE.right_answer
def adds_up_weights_and_places(x_shape, layers):
    counts, inputs = [], tuple(x_shape)
    for kind, *numbers in layers:
        weights, places = 0, 1
        if kind == "fc":
            outputs = tuple(numbers)
            weights = np.prod([*inputs, *outputs])
        else:
            C, *sides = inputs
            F, K, stride, pad, groups = numbers if kind == "conv" else [C, *numbers, 0, 1]
            outputs = F, *((side + 2 * pad - K) // stride + 1 for side in sides)
            if kind == "conv":
                weights, places = F * C // groups * K * K, outputs[1] * outputs[2]
        counts.append(weights * places)
        inputs = outputs
    return tuple(counts)


@EXERCISE.right_answer
def counts_in_a_class(x_shape, layers):
    class Volume:
        def __init__(self, *sizes):
            self.sizes = sizes

        def slide(self, F, K, stride, pad, groups):
            C, H, W = self.sizes
            rows, columns = (1 + (size + 2 * pad - K) // stride for size in (H, W))
            return Volume(F, rows, columns), F * rows * columns * K * K * (C // groups)

        def pool(self, K, stride):
            return self.slide(self.sizes[0], K, stride, 0, 1)[0], 0

        def connect(self, units):
            return Volume(units), units * np.prod(self.sizes)

    volume, counts = Volume(*x_shape), []
    steps = {"conv": Volume.slide, "pool": Volume.pool, "fc": Volume.connect}
    for kind, *numbers in layers:
        volume, count = steps[kind](volume, *numbers)
        counts.append(count)
    return tuple(counts)


@EXERCISE.right_answer
def matches_patterns(x_shape, layers):
    def places(size, kernel, stride, pad):
        return len(range(0, size + 2 * pad - kernel + 1, stride))

    counts = []
    for layer in layers:
        match layer, x_shape:
            case ("fc", units), _:
                counts.append(units * int(np.prod(x_shape)))
                x_shape = (units,)
            case ("pool", K, stride), (C, H, W):
                counts.append(0)
                x_shape = C, places(H, K, stride, 0), places(W, K, stride, 0)
            case ("conv", F, K, stride, pad, groups), (C, H, W):
                x_shape = F, places(H, K, stride, pad), places(W, K, stride, pad)
                counts.append(int(np.prod(x_shape)) * K * K * C // groups)
    return tuple(counts)
