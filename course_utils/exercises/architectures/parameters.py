"""What each layer of a stack has to learn: `layer_parameters`."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.architectures.draw import refused_stacks, stacks
from course_utils.exercises.architectures.stacks import costs
from course_utils.exercises.exercise import Exercise, case


def layer_parameters(x_shape, layers, *, bias=True):
    return tuple(row.parameters for row in costs(x_shape, layers, bias=bias))


def _cases(rng):
    for number, (label, x_shape, layers) in enumerate(stacks(rng)):
        if number % 3 == 1:
            yield case(f"{label}, no biases", x_shape, layers, bias=False)
        else:
            yield case(label, x_shape, layers)
    yield from refused_stacks(rng)


LAYER_PARAMETERS = Exercise("layer_parameters", 2, layer_parameters, _cases)


@LAYER_PARAMETERS.known_wrong(
    "You count every filter as deep as the whole input; with groups a filter reads the channels "
    "of its own group and has weights for no others."
)
def ignores_groups(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You divide both the filters and the channels by the groups; that is the cost of one group, "
    "and the layer has all of them."
)
def divides_filters_by_groups(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * bias + F // groups * (C // groups) * K * K if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You add a single bias to each layer; every filter and every unit has a bias of its own, so "
    "it belongs inside of the brackets."
)
def adds_one_bias_per_layer(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape) + bias)
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K) + bias if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count a bias beside every weight, which doubles the layer; a bias is added once to a "
    "finished sum."
)
def gives_every_weight_a_bias(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * np.prod(shape) * (1 + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K) * (1 + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count the weights alone; unless `bias` is False, filters and units have one more number "
    "each."
)
def forgets_biases(x_shape, layers, *, bias=True):
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
            counts.append(F * (C // groups * K * K) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count biases for layers that have none; pass the argument `bias` on to both kinds of "
    "layer."
)
def always_adds_biases(x_shape, layers, *, bias=True):
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
            counts.append(F * (C // groups * K * K + 1) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You drop the biases of the filters and keep those of the units; `bias` speaks for the fully "
    "connected layers as well."
)
def keeps_biases_of_units(x_shape, layers, *, bias=True):
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
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "Your fully connected layers read one number for each channel; after a volume they read every "
    "pixel of every channel."
)
def reads_only_channels(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (shape[0] + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count weights for pools; a maximum or a mean has nothing to learn, so its count is 0."
)
def gives_pools_parameters(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K + bias))
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "Your result has no entry for the pools; they have nothing to learn, but their 0 keeps the "
    "counts in step with the layers."
)
def skips_pools(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            if kind == "conv":
                counts.append(F * (C // groups * K * K + bias))
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You use the channels of the image in every convolution; only the first one reads the image, "
    "the others read the maps before them."
)
def takes_channels_of_the_image(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (x_shape[0] // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong("You count K taps in a kernel of K rows and K columns; square it.")
def counts_one_row_of_taps(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count K x K weights for a filter, as if it read one channel; it has as many for each "
    "channel that it reads."
)
def counts_filters_as_flat(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You flatten a volume that is too large; a pool learns nothing, but the layers after it read "
    "what it leaves."
)
def forgets_that_pools_shrink(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            if kind == "conv":
                shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count the biases of a fully connected layer by its inputs; a bias belongs to a unit, so "
    "count the outputs."
)
def gives_each_input_a_bias(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append((numbers[0] + bias) * np.prod(shape))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_wrong(
    "You return the sum; the result is a tuple with one count for each layer, so that one sees "
    "where the parameters are."
)
def returns_the_sum(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return sum(counts)


@LAYER_PARAMETERS.known_wrong(
    "You count on in stacks that cannot be; whatever `layer_volumes` refuses has no parameters "
    "either, so check each layer before you count it."
)
def checks_nothing(x_shape, layers, *, bias=True):
    shape, counts = x_shape, []
    for kind, *numbers in layers:
        if kind == "fc":
            counts.append(numbers[0] * (np.prod(shape) + bias))
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            counts.append(F * (C // groups * K * K + bias) if kind == "conv" else 0)
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
    return tuple(counts)


@LAYER_PARAMETERS.known_right
def lists_shapes_of_arrays(x_shape, layers, *, bias=True):
    counts, shape = [], list(x_shape)
    for kind, *numbers in layers:
        arrays = []
        if kind == "pool":
            numbers = [shape[0], *numbers, 0, 1]
        made, *window = numbers
        if min(*shape, made) < 1 or kind not in ("fc", "conv", "pool"):
            raise ValueError(f"a layer of kind {kind} with {numbers} does not fit")
        if kind == "fc":
            arrays = [(made, *shape), (made,)]
            shape = [made]
        else:
            K, stride, pad, groups = window
            C, H, W = shape  # of a vector this is a ValueError
            if stride < 1 or K < 1 or pad < 0 or K > min(H, W) + 2 * pad:
                raise ValueError("no place for the window")
            if groups < 1 or C % groups or made % groups:
                raise ValueError("the groups differ")
            if kind == "conv":
                arrays = [(made, C // groups, K, K), (made,)]
            shape = [made, *((size + 2 * pad - K) // stride + 1 for size in (H, W))]
        if not bias:
            arrays = arrays[:1]
        counts.append(sum(np.prod(array) for array in arrays))
    return tuple(counts)


@LAYER_PARAMETERS.known_right
def counts_inputs_of_a_unit(x_shape, layers, *, bias=True):
    def reads(layer):
        nonlocal shape
        kind, made, *rest = layer if layer[0] != "pool" else ("pool", shape[0], *layer[1:], 0, 1)
        if made < 1 or min(shape) < 1 or kind not in ("conv", "pool", "fc"):
            raise ValueError(f"{layer} on a shape of {shape}")
        if kind == "fc":
            before, shape = shape, (made,)
            return made, np.prod(before)
        K, stride, pad, groups = rest
        C, *sides = shape
        shape = (made, *((side + 2 * pad - K) // stride + 1 for side in sides if stride > 0))
        if len(shape) != 3 or min(groups, K, *shape) < 1 or pad < 0 or C % groups or made % groups:
            raise ValueError(f"{layer} does not fit")
        return (made if kind == "conv" else 0), C // groups * K**2

    shape = x_shape
    return tuple(units * (inputs + bool(bias)) for units, inputs in map(reads, layers))
