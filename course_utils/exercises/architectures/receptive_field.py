"""What an output deep in a stack sees of the image: `receptive_field`."""

from __future__ import annotations

from course_utils.exercises.architectures.draw import ALEXNET
from course_utils.exercises.architectures.stacks import costs
from course_utils.exercises.exercise import Exercise, case, refused, whole

FAR = 10**9  # pixels, so that every stack fits


def receptive_field(layers):
    # How many filters there are, and in how many groups, makes no difference.
    single = [("conv", 1, *layer[2:5], 1) if layer[0] == "conv" else layer for layer in layers]
    field = costs((1, FAR, FAR), [("pool", 1, 1), *single])[-1].field
    if field is None:
        raise ValueError("a fully connected layer has no receptive field")
    return tuple(field)


def _cases(rng):
    F = 6 * whole(rng, 3, 13)

    def K():
        return whole(rng, 3, 8)

    yield case("no layers", [])
    yield case("one convolution", [("conv", F, K() + 2, 4, whole(rng, 5, 9), 1)])
    depth, small = whole(rng, 2, 5), whole(rng, 1, 3)
    same = ("conv", F, 2 * small + 1, 1, small, 1)
    yield case("kernels that keep the size, one after another", [same] * depth)
    yield case(
        "convolutions and pools in turn",
        [
            same,
            ("pool", 2, 2),
            ("conv", F, K(), 1, 2, 1),
            ("pool", 2, 2),
            ("conv", F, K(), 1, 1, 2),
        ],
    )
    yield case(
        "strides 2 and 3, padding 3 and 2",
        [("conv", F, K(), 2, 3, 3), ("conv", F, K(), 3, 2, 2), ("conv", F, K() + 1, 2, 3, 1)],
    )
    yield case(
        "pools that overlap",
        [("pool", whole(rng, 3, 5), 2), ("pool", whole(rng, 4, 6), 3), ("pool", 4, 2)],
    )
    yield case(
        "a pool that skips pixels, then 1 x 1 kernels",
        [("pool", 1, whole(rng, 3, 5)), ("conv", F, 1, 1, 0, 1), ("conv", F, K(), 2, 1, 1)],
    )
    yield case("the first layers of AlexNet", ALEXNET[: whole(rng, 5, 8)])

    conv, pool = ("conv", F, K(), 2, 1, 1), ("pool", K(), 3)
    yield refused("a fully connected layer at the end", [conv, pool, ("fc", F)])
    yield refused("a fully connected layer before a pool", [("fc", F), pool])
    yield refused("another kind of layer, with two numbers", [conv, ("norm", K(), 2)])
    yield refused("another kind of layer, with five numbers", [("norm", F, K(), 2, 1, 1), pool])
    yield refused("a kernel of size 0", [("conv", F, 0, 2, 1, 1), pool])
    yield refused("a convolution with a stride of 0", [pool, ("conv", F, K(), 0, 1, 1)])
    yield refused("a negative padding", [("conv", F, K(), 2, -1, 1)])
    yield refused("a pool of size 0", [conv, ("pool", 0, 2)])
    yield refused("a pool with a stride of 0", [("pool", K(), 0)])


RECEPTIVE_FIELD = Exercise(
    "receptive_field", 2, receptive_field, _cases, outputs=("size", "jump", "start")
)


@RECEPTIVE_FIELD.known_wrong(
    "You widen the field by all K taps; the first tap lies on what is seen already, so a kernel "
    "of 1 must widen nothing."
)
def adds_whole_kernels(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += K * jump
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You multiply by a layer's stride before you use the jump for its own field; its taps are as "
    "far apart as its inputs, so widen first."
)
def jumps_before_it_widens(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        jump *= stride
        size += (K - 1) * jump
        start -= pad * jump
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You space the taps of a layer by its own stride; neighbouring inputs are apart by the "
    "strides of all layers before it, multiplied."
)
def widens_by_own_stride(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * stride
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You add K - 1 for every layer; after a stride of 2 the inputs of the next layer lie 2 pixels "
    "of the image apart."
)
def ignores_jumps(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += K - 1
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You multiply the sizes of the kernels; each layer adds to the field, and three kernels of 3 "
    "see 7 pixels, not 27."
)
def multiplies_kernels(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size *= K
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You add the strides up; one step after two halvings is four pixels of the image, and after "
    "three eight, so multiply."
)
def adds_strides(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start -= pad * jump
        jump += stride - 1
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "Your jump is the stride of the last layer; a step there moves by several outputs of the "
    "layers before."
)
def keeps_the_last_stride(layers):
    size, jump, start, last = 1, 1, 0, 1
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start -= pad * jump
        jump *= stride
        last = stride
    return size, last, start


@RECEPTIVE_FIELD.known_wrong(
    "You pass over the pools; they learn nothing, but their windows see several pixels and move "
    "on by several."
)
def skips_pools(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        passes = kind == "pool"
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += 0 if passes else (K - 1) * jump
        start -= pad * jump
        jump *= 1 if passes else stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You use the stride of a pool but not its size; a pool of 3 sees three outputs of the layer "
    "before it."
)
def lets_pools_only_step(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump if kind == "conv" else 0
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You subtract each layer's padding as it is; that padding is made of the layer's own inputs, "
    "each of which stands for `jump` pixels of the image."
)
def starts_in_layer_pixels(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start -= pad
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You subtract the padding with the jump behind the layer; its zeros lie beside its inputs, so "
    "use the jump in front of it."
)
def starts_after_the_step(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        jump *= stride
        start -= pad * jump
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "Your first output always starts at pixel 0; with padding its window begins to the left of "
    "the image, at a negative pixel."
)
def forgets_padding(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You add the padding to the start; zeros in front of the image move the first window to the "
    "left, below 0."
)
def starts_to_the_right(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start += pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You subtract twice the padding; only the zeros on the near side move the first window."
)
def pads_both_sides_in_front(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start -= 2 * pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You make the field smaller by the padding; the field keeps its size wherever it lies, and "
    "padding says where the first one starts."
)
def cuts_padding_off_the_size(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1 - pad) * jump
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You let a fully connected layer pass, but its units see all of the image and have no window "
    "that jumps; raise a ValueError."
)
def passes_over_dense_layers(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind == "fc":
            continue
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride) < 1 or pad < 0:
            raise ValueError("a number is out of range")
        size += (K - 1) * jump
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_wrong(
    "You go on with a kernel or a stride of 0 or with padding below 0; such a layer has no "
    "outputs, so it has no field."
)
def checks_no_numbers(layers):
    size, jump, start = 1, 1, 0
    for kind, *numbers in layers:
        if kind not in ("conv", "pool"):
            raise ValueError(f"a layer of kind {kind} has no receptive field")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        size += (K - 1) * jump
        start -= pad * jump
        jump *= stride
    return size, jump, start


@RECEPTIVE_FIELD.known_right
def walks_back(layers):
    size, start, jump = 1, 0, 1
    for layer in reversed(layers):
        if layer[0] == "conv":
            K, stride, pad = layer[2:5]
        elif layer[0] == "pool":
            K, stride, pad = layer[1], layer[2], 0
        else:
            raise ValueError(f"{layer} has no window")
        if K < 1 or stride < 1 or pad < 0:
            raise ValueError(f"{layer} cannot be")
        size = (size - 1) * stride + K
        start = start * stride - pad
        jump = jump * stride
    return size, jump, start


@RECEPTIVE_FIELD.known_right
def follows_two_outputs(layers):
    first = last = 0
    second = 1
    for kind, *numbers in layers[::-1]:
        if kind not in ("conv", "pool"):
            raise ValueError(f"no window in a layer of kind {kind}")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        if min(K, stride, pad + 1) < 1:
            raise ValueError("no such window")
        first, last, second = (output * stride - pad for output in (first, last, second))
        last += K - 1
    return last - first + 1, second - first, first


@RECEPTIVE_FIELD.known_right
def recurses(layers):
    def field(count):
        if count == 0:
            return 1, 1, 0
        kind, *numbers = layers[count - 1]
        if kind not in {"pool", "conv"}:
            raise ValueError("no rows and columns")
        K, stride, pad = [*numbers, 0] if kind == "pool" else numbers[1:-1]
        if K <= 0 or stride <= 0 or pad < 0:
            raise ValueError("no place for a window")
        size, jump, start = field(count - 1)
        return size + K * jump - jump, jump * stride, start - jump * pad

    return field(len(layers))
