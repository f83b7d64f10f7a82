"""The shape after each layer of a stack: `layer_volumes`."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.architectures.draw import refused_stacks, stacks
from course_utils.exercises.architectures.stacks import costs
from course_utils.exercises.exercise import Exercise, case


def layer_volumes(x_shape, layers):
    return tuple(row.shape for row in costs(x_shape, layers))


def _cases(rng):
    for label, x_shape, layers in stacks(rng):
        yield case(label, x_shape, layers)
    yield from refused_stacks(rng)


LAYER_VOLUMES = Exercise("layer_volumes", 2, layer_volumes, _cases)


@LAYER_VOLUMES.known_wrong(
    "You round up where the stride leaves rows over; in this course a window must lie inside of "
    "the padded volume, in pooling too, so work out which way `//` rounds."
)
def rounds_up(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, -(-free_h // stride) + 1, -(-free_w // stride) + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You round down in convolutions but up in pools, as some libraries did; here the leftover "
    "rows of a pool are not read either."
)
def rounds_up_in_pools(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            up = stride - 1 if kind == "pool" else 0
            shape = F, (free_h + up) // stride + 1, (free_w + up) // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You round to the nearest whole number, which hides an input that does not come out even; a "
    "window that hangs over by a quarter has no place."
)
def rounds_to_nearest(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, int(free_h / stride + 1.5), int(free_w / stride + 1.5)
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You give each volume with its width first; the last two numbers are rows, then columns, and "
    "the next layer reads them in that order."
)
def swaps_height_and_width(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_w // stride + 1, free_h // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You let `pad` widen each axis once; a layer with padding 2 has two zeros above its first row "
    "and two more below its last."
)
def pads_once(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, (free_h - pad) // stride + 1, (free_w - pad) // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "Every volume of yours is one row and one column short; a kernel as large as its input takes "
    "no step and still makes one output."
)
def forgets_first_position(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride, free_w // stride
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You leave the strides out, so that your volumes hardly shrink; most of a network's shrinking "
    "is done by steps larger than one pixel."
)
def ignores_strides(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h + 1, free_w + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You move each pool by its own size; the third number of a pool is its stride, and AlexNet's "
    "pools of 3 move by 2, so that they overlap."
)
def pools_with_kernel_as_stride(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            step = K if kind == "pool" else stride
            shape = F, free_h // step + 1, free_w // step + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "Your channels never change; a convolution makes one map for each of its filters, and a pool "
    "is what keeps the number it gets."
)
def keeps_input_channels(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = C, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You divide the number of maps by the groups; groups change what a filter reads, and every "
    "filter of every group still makes a map."
)
def divides_filters_by_groups(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            maps = F // groups
            shape = maps, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You write the output of a fully connected layer as a volume of one pixel; it is a vector, "
    "and its shape is a tuple of one number."
)
def keeps_dense_outputs_as_volumes(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
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
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape if len(shape) == 3 else (*shape, 1, 1))
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You apply every layer to the image itself; each one reads what the layer before it made, so "
    "carry the shape along."
)
def starts_each_layer_from_the_image(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = x_shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "Your first shape is that of the image; the result has one shape for each layer, beginning "
    "with what the first layer makes."
)
def lists_the_image_first(x_shape, layers):
    shape, shapes = x_shape, [x_shape]
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
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
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You go on where the groups do not come out even; each group needs the same whole number of "
    "channels and of filters, so check both divisions."
)
def accepts_uneven_groups(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You give sizes to a kernel that is larger than the padded volume which reaches it; check "
    "that along both axes, in every layer."
)
def accepts_large_kernels(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or pad < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You let a convolution or a pool follow a fully connected layer; a vector has no rows and "
    "columns in which a window could slide."
)
def convolves_vectors(x_shape, layers):
    shape, shapes = x_shape, []
    if min(shape) < 1:
        raise ValueError("an image without pixels")
    for kind, *numbers in layers:
        if kind == "fc" and numbers[0] > 0:
            shape = (numbers[0],)
        elif kind in ("conv", "pool"):
            C, H, W = shape if len(shape) == 3 else (*shape, 1, 1)
            F, K, stride, pad, groups = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            if min(F, K, stride, groups) < 1 or min(pad, free_h, free_w) < 0:
                raise ValueError("the layer does not fit")
            if C % groups or F % groups:
                raise ValueError("the groups do not come out even")
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_wrong(
    "You compute a shape whatever the numbers are; look for sizes below 1, negative padding and "
    "layers that do not fit before you go on."
)
def checks_nothing(x_shape, layers):
    shape, shapes = x_shape, []
    for kind, *numbers in layers:
        if kind == "fc":
            shape = (numbers[0],)
        elif kind in ("conv", "pool") and len(shape) == 3:
            C, H, W = shape
            F, K, stride, pad, _ = numbers if kind == "conv" else (C, *numbers, 0, 1)
            free_h, free_w = H + 2 * pad - K, W + 2 * pad - K
            shape = F, free_h // stride + 1, free_w // stride + 1
        else:
            raise ValueError(f"no place for a layer of kind {kind}")
        shapes.append(shape)
    return tuple(shapes)


@LAYER_VOLUMES.known_right
def matches_patterns(x_shape, layers):
    def places(size, kernel, stride, pad):
        if min(kernel, stride) < 1 or pad < 0 or kernel > size + 2 * pad:
            raise ValueError(f"a kernel of {kernel} on {size} pixels")
        return (size + 2 * pad - kernel) // stride + 1

    shapes = [x_shape]
    if min(x_shape) < 1:
        raise ValueError("an empty image")
    for layer in layers:
        match layer, shapes[-1]:
            case ("fc", units), _ if units > 0:
                shapes.append((units,))
            case ("pool", K, stride), (C, H, W):
                shapes.append((C, places(H, K, stride, 0), places(W, K, stride, 0)))
            case ("conv", F, K, stride, pad, groups), (C, H, W) if F > 0 and groups > 0:
                if F % groups or C % groups:
                    raise ValueError("the groups differ in size")
                shapes.append((F, places(H, K, stride, pad), places(W, K, stride, pad)))
            case _:
                raise ValueError(f"{layer} cannot stand here")
    return tuple(shapes[1:])


@LAYER_VOLUMES.known_right
def counts_window_starts(x_shape, layers):
    shapes = []
    volume = list(x_shape)
    for layer in layers:
        if layer[0] == "conv":
            filters, kernel, stride, pad, groups = layer[1:]
            if groups < 1 or volume[0] % groups or filters % groups:
                raise ValueError("groups of different sizes")
        elif layer[0] == "pool":
            filters, pad = volume[0], 0
            kernel, stride = layer[1:]
        elif layer[0] == "fc":
            filters = layer[1]
        else:
            raise ValueError("a layer of another kind")
        if min(*volume, filters) < 1:
            raise ValueError("nothing to read or nothing to make")
        if layer[0] == "fc":
            volume = [filters]
        else:
            if kernel < 1 or pad < 0:
                raise ValueError("a window without pixels, or padding below 0")
            rows, columns = volume[1:]
            volume = [filters]
            for size in (rows, columns):
                volume.append(len(range(0, size + 2 * pad - kernel + 1, stride)))
            if 0 in volume:
                raise ValueError("a kernel without a place")
        shapes.append(tuple(volume))
    return tuple(shapes)


@LAYER_VOLUMES.known_right
def looks_at_arrays(x_shape, layers):
    def zeros(*shape):
        if min(shape) < 1:
            raise ValueError(f"an array of shape {shape}")
        return np.broadcast_to(0, shape)

    x, shapes = zeros(*x_shape), []
    for kind, *numbers in layers:
        if kind == "fc":
            x = zeros(*numbers)
        elif kind in ("conv", "pool"):
            F, K, stride, pad, groups = numbers if kind == "conv" else (len(x), *numbers, 0, 1)
            if K < 1 or groups < 1 or len(x) % groups or F % groups:
                raise ValueError("no kernel, or groups of different sizes")
            padded = np.pad(x[0], pad)  # a number if x is a vector: then there are no windows
            windows = np.lib.stride_tricks.sliding_window_view(padded, (K, K))
            x = zeros(F, *windows[::stride, ::stride, 0, 0].shape)
        else:
            raise ValueError(f"there is no layer of kind {kind}")
        shapes.append(x.shape)
    return tuple(shapes)
