"""How much work each layer of a stack is: `layer_multiply_adds`."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.architectures.draw import refused_stacks, stacks
from course_utils.exercises.architectures.stacks import costs
from course_utils.exercises.exercise import Exercise, case


def layer_multiply_adds(x_shape, layers):
    return tuple(row.multiply_adds for row in costs(x_shape, layers))


def _cases(rng):
    for label, x_shape, layers in stacks(rng):
        yield case(label, x_shape, layers)
    yield from refused_stacks(rng)


LAYER_MULTIPLY_ADDS = Exercise("layer_multiply_adds", 2, layer_multiply_adds, _cases)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You let every filter multiply all channels; with groups each output is a sum over the "
    "channels of one group."
)
def ignores_groups(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * C * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count the work of one group; the other groups work too, so divide the channels that a "
    "filter reads and nothing else."
)
def divides_filters_by_groups(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) // groups * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You place the kernel at every pixel of the input; with a stride or without padding it stands "
    "at fewer places, one for each output pixel."
)
def counts_input_pixels(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(F * H * W * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count every weight of a convolution once; the same weight is used again at every place "
    "of its kernel."
)
def counts_weights_alone(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(F * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count the biases as well; adding one is no multiplication, and here only the products "
    "with weights count."
)
def counts_biases(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + 1))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups * K * K + 1) if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count products in pools; they compare or add, but multiply by no weight, so their count "
    "is 0."
)
def counts_pools(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups if kind == "conv" else 1) * K * K)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count a multiplication and an addition as two; here the pair is one multiply-add, so "
    "your numbers are twice too large."
)
def counts_twice(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(2 * numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(2 * np.prod(shape) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "Your fully connected layers multiply one number for each channel; every unit multiplies "
    "every number of the volume before it."
)
def reads_only_channels(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * shape[0])
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count the work of a single filter; the layer has F of them, and each slides over the "
    "whole volume."
)
def counts_one_map(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape[1:]) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count K products for a window of K rows and K columns; every row of it has K."
)
def counts_one_row_of_taps(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups) * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count the products in one channel of the window; an output adds up the products of all "
    "channels that its filter reads."
)
def counts_windows_as_flat(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You leave out the products with padded zeros; they are computed like all others, so count "
    "every tap at every place."
)
def leaves_out_padded_zeros(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")

            def inside(size, places, K=K, stride=stride, pad=pad):
                starts = range(-pad, places * stride - pad, stride)
                return sum(min(size, start + K) - max(0, start) for start in starts)

            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(
                F * (C // groups) * inside(H, shape[1]) * inside(W, shape[2])
                if kind == "conv"
                else 0
            )
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You multiply by the pixels of the output in fully connected layers too; each of their "
    "weights is used once."
)
def uses_each_weight_on_every_pixel(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape) * np.prod(shape[1:], dtype=int))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You add the layers up; return the counts one by one, as a tuple that is as long as the list "
    "of layers."
)
def returns_the_sum(x_shape, layers):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return sum(counts)


@LAYER_MULTIPLY_ADDS.known_wrong(
    "You count work in stacks that cannot be; what `layer_volumes` refuses must be refused here "
    "for the same reasons."
)
def checks_nothing(x_shape, layers):
    shape, counts = x_shape, []
    for kind, *numbers in layers:
        if kind == "fc":
            counts.append(numbers[0] * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            shape = F, free_h // stride + 1, free_w // stride + 1
            counts.append(np.prod(shape) * (C // groups) * K * K if kind == "conv" else 0)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_right
def adds_up_weights_and_places(x_shape, layers):
    counts, inputs = [], tuple(x_shape)
    for kind, *numbers in layers:
        weights, places = 0, 1
        if kind == "pool":
            numbers = [inputs[0], *numbers, 0, 1]
        if kind == "fc":
            outputs = tuple(numbers)
            weights = np.prod([*inputs, *outputs])
        elif kind in ("conv", "pool"):
            F, K, stride, pad, groups = numbers
            C, *sides = inputs
            if min(K, stride, groups) < 1 or pad < 0 or C % groups or F % groups or not sides:
                raise ValueError(f"a layer of kind {kind} does not fit")
            outputs = F, *((side + 2 * pad - K) // stride + 1 for side in sides)
            if kind == "conv":
                weights, places = F * C // groups * K * K, outputs[1] * outputs[2]
        else:
            raise ValueError(f"there is no layer of kind {kind}")
        if min(*inputs, *outputs) < 1:
            raise ValueError("a layer without inputs or outputs")
        counts.append(weights * places)
        inputs = outputs
    return tuple(counts)


@LAYER_MULTIPLY_ADDS.known_right
def counts_in_a_class(x_shape, layers):
    class Volume:
        def __init__(self, *sizes):
            if min(sizes) < 1:
                raise ValueError(f"a volume of sizes {sizes}")
            self.sizes = sizes

        def slide(self, F, K, stride, pad, groups):
            C, H, W = self.sizes
            if K < 1 or pad < 0 or stride < 1 or groups < 1 or C % groups or F % groups:
                raise ValueError("the layer does not fit")
            rows, columns = (1 + (size + 2 * pad - K) // stride for size in (H, W))
            return Volume(F, rows, columns), F * rows * columns * K * K * (C // groups)

        def pool(self, K, stride):
            return self.slide(self.sizes[0], K, stride, 0, 1)[0], 0

        def connect(self, units):
            return Volume(units), units * np.prod(self.sizes)

    volume, counts = Volume(*x_shape), []
    steps = {"conv": Volume.slide, "pool": Volume.pool, "fc": Volume.connect}
    for kind, *numbers in layers:
        if kind not in steps:
            raise ValueError(f"there is no layer of kind {kind}")
        volume, count = steps[kind](volume, *numbers)
        counts.append(count)
    return tuple(counts)
