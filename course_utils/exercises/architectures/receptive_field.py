"""What an output deep in a stack sees of the image: `receptive_field`."""

from course_utils.exercises.draw import ALEXNET
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.live_picture import RECEPTIVE_FIELD, Shown
from course_utils.layer_arithmetic import Conv, Pool, layer_costs

FAR = 10**9  # pixels, so that every stack fits


def receptive_field(layers):
    """Return (size, jump, start) of the field of one output, in pixels of the image.

    >>> receptive_field([("conv", 8, 3, 2, 1, 1), ("pool", 2, 2)])
    (5, 4, -1)
    """
    size = jump = 1
    start = 0
    for kind, *numbers in layers:
        if kind == "fc":
            raise ValueError("a fully connected layer has no window")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        size += jump * (K - 1)  # K taps, each `jump` pixels from the next
        start -= jump * pad
        jump *= stride
    return size, jump, start


def reference(layers):
    """Read the field off the last row of the library's table, for an image without an end."""
    read = []
    for kind, *numbers in layers:
        if kind == "fc":
            raise ValueError("a fully connected layer has no receptive field")
        # How many filters there are, and in how many groups, makes no difference.
        read.append(Conv(1, *numbers[1:4]) if kind == "conv" else Pool(*numbers))
    return tuple(layer_costs(read, (1, FAR, FAR))[-1].field)


def inputs(rng):
    """Draw stacks of convolutions and pools."""
    F = 6 * whole(rng, 3, 13)

    def K():
        return whole(rng, 3, 8)

    yield case("the example", [("conv", 8, 3, 2, 1, 1), ("pool", 2, 2)])
    yield case("one convolution", [("conv", F, K() + 2, 4, whole(rng, 5, 9), 1)])
    depth, small = whole(rng, 2, 5), whole(rng, 1, 3)
    same = ("conv", F, 2 * small + 1, 1, small, 1)
    yield case("kernels that keep the size, one after another", [same] * depth)
    layers = [same, ("pool", 2, 2), ("conv", F, K(), 1, 2, 1), ("pool", 2, 2)]
    yield case("convolutions and pools in turn", [*layers, ("conv", F, K(), 1, 1, 2)])
    layers = [("conv", F, K(), 2, 3, 3), ("conv", F, K(), 3, 2, 2), ("conv", F, K() + 1, 2, 3, 1)]
    yield case("strides 2 and 3, padding 3 and 2", layers)
    layers = [("pool", whole(rng, 3, 5), 2), ("pool", whole(rng, 4, 6), 3), ("pool", 4, 2)]
    yield case("pools that overlap", layers)
    layers = [("pool", 1, whole(rng, 3, 5)), ("conv", F, 1, 1, 0, 1), ("conv", F, K(), 2, 1, 1)]
    yield case("a pool that skips pixels, then 1 x 1 kernels", layers)
    first = ("conv", F, whole(rng, 9, 13), 4, 0, 1)
    yield case("the first layers of an AlexNet", [first, *ALEXNET[1 : whole(rng, 5, 8)]])

    yield refused("a fully connected layer", [("conv", F, K(), 2, 1, 1), ("fc", F)])


def wild(rng):
    """Draw up to ten layers of small numbers."""
    for _ in range(1000):
        layers = []
        for _ in range(whole(rng, 1, 10)):
            K, stride, pad, groups = rng.integers([1, 1, 0, 1], [6, 4, 4, 4]).tolist()
            pool = rng.random() < 0.3
            layers.append(("pool", K, stride) if pool else ("conv", 6, K, stride, pad, groups))
        yield case("small layers", layers)


def setting(layers):
    """Show the stack on an image on which it has two outputs along each axis, or more."""
    if len(layers) > 8 or any(kind == "fc" for kind, *_ in layers):
        return None
    windows = [numbers[1:4] if kind == "conv" else (*numbers, 0) for kind, *numbers in layers]
    if not all(K < 12 and stride < 5 and pad < 6 for K, stride, pad in windows):
        return None
    size, jump, _ = receptive_field(layers)
    stack = "_".join(f"{K}.{stride}.{pad}" for K, stride, pad in windows)
    return {"size": size + jump, "layers": stack}


EXERCISE = Exercise(
    receptive_field,
    points=2,
    inputs=inputs,
    reference=reference,
    outputs=("size", "jump", "start"),
    wild=wild,
    picture=Shown(
        RECEPTIVE_FIELD,
        setting,
        (
            "adds_whole_kernels",
            "jumps_before_it_widens",
            "widens_by_own_stride",
            "ignores_jumps",
            "multiplies_kernels",
            "adds_strides",
            "keeps_the_last_stride",
            "skips_pools",
            "lets_pools_only_step",
            "starts_in_layer_pixels",
            "starts_after_the_step",
            "forgets_padding",
            "starts_to_the_right",
            "pads_both_sides_in_front",
            "cuts_padding_off_the_size",
        ),
    ),
)
mistake = EXERCISE.mistake

mistake("adds_whole_kernels", {"jump * (K - 1)": "jump * K"}).says(
    "You widen the field by all K taps; the first tap lies on what is seen already, so a kernel "
    "of 1 must widen nothing."
)
mistake(
    "jumps_before_it_widens",
    {
        "start -= jump * pad\njump *= stride": "start -= jump * pad",
        "size += jump": "jump *= stride\nsize += jump",
    },
).says(
    "You multiply by a layer's stride before you use the jump for its own field; its taps are as "
    "far apart as its inputs, so widen first."
)
mistake("widens_by_own_stride", {"jump * (K - 1)": "stride * (K - 1)"}).says(
    "You space the taps of a layer by its own stride; neighbouring inputs are apart by the "
    "strides of all layers before it, multiplied."
)
mistake("ignores_jumps", {"jump * (K - 1)": "K - 1"}).says(
    "You add K - 1 for every layer; after a stride of 2 the inputs of the next layer lie 2 pixels "
    "of the image apart."
)
mistake("multiplies_kernels", {"size += jump * (K - 1)": "size *= K"}).says(
    "You multiply the sizes of the kernels; each layer adds to the field, and three kernels of 3 "
    "see 7 pixels, not 27."
)
mistake("adds_strides", {"jump *= stride": "jump += stride - 1"}).says(
    "You add the strides up; one step after two halvings is four pixels of the image, and after "
    "three eight, so multiply."
)
mistake(
    "keeps_the_last_stride",
    {
        "start = 0": "start, last = 0, 1",
        "jump *= stride": "jump *= stride\nlast = stride",
        "size, jump, start": "size, last, start",
    },
).says(
    "Your jump is the stride of the last layer; a step there moves by several outputs of the "
    "layers before."
)
mistake("skips_pools", {"size += jump": 'if kind == "pool":\n    continue\nsize += jump'}).says(
    "You pass over the pools; they learn nothing, but their windows see several pixels and move "
    "on by several."
)
mistake("lets_pools_only_step", {"jump * (K - 1)": 'jump * (K - 1) if kind == "conv" else 0'}).says(
    "You use the stride of a pool but not its size; a pool of 3 sees three outputs of the layer "
    "before it."
)
mistake("starts_in_layer_pixels", {"jump * pad": "pad"}).says(
    "You subtract each layer's padding as it is; that padding is made of the layer's own inputs, "
    "each of which stands for `jump` pixels of the image."
)
mistake("starts_after_the_step", {"jump * pad": "jump * stride * pad"}).says(
    "You subtract the padding with the jump behind the layer; its zeros lie beside its inputs, so "
    "use the jump in front of it."
)
mistake("forgets_padding", {"start -= jump * pad": ""}).says(
    "Your first output always starts at pixel 0; with padding its window begins to the left of "
    "the image, at a negative pixel."
)
mistake("starts_to_the_right", {"start -=": "start +="}).says(
    "You add the padding to the start; zeros in front of the image move the first window to the "
    "left, below 0."
)
mistake("pads_both_sides_in_front", {"jump * pad": "jump * 2 * pad"}).says(
    "You subtract twice the padding; only the zeros on the near side move the first window."
)
mistake("cuts_padding_off_the_size", {"K - 1": "K - 1 - pad"}).says(
    "You make the field smaller by the padding; the field keeps its size wherever it lies, and "
    "padding says where the first one starts."
)
mistake(
    "passes_over_dense_layers",
    {'raise ValueError("a fully connected layer has no window")': "continue"},
).says(
    "You let a fully connected layer pass, but its units see all of the image and have no window "
    "that jumps; raise a ValueError."
)
mistake("widens_by_the_jump_behind", {"jump * (K - 1)": "jump * stride * (K - 1)"}).says(
    "You widen the field with the jump behind the layer; its taps are as far apart as its inputs, "
    "so use the jump in front of it."
)
mistake("moves_pools_by_their_size", {"(*numbers, 0)": "(numbers[0], numbers[0], 0)"}).says(
    "You move each pool by its own size; the last number of a pool is its stride, which may be "
    "another one."
)


@EXERCISE.right_answer
def walks_back(layers):
    class NoWindow(ValueError):
        pass

    size, start, jump = 1, 0, 1
    for layer in reversed(layers):
        if layer[0] == "conv":
            K, stride, pad = layer[2:5]
        elif layer[0] == "pool":
            K, stride, pad = layer[1], layer[2], 0
        else:
            raise NoWindow(layer)
        size = (size - 1) * stride + K
        start = start * stride - pad
        jump = jump * stride
    return size, jump, start


@EXERCISE.right_answer
def follows_two_outputs(layers):
    first = last = 0
    second = 1
    for kind, *numbers in layers[::-1]:
        if kind not in ("conv", "pool"):
            raise ValueError(f"no window in {kind}")
        K, stride, pad = numbers[1:4] if kind == "conv" else (*numbers, 0)
        first, last, second = (output * stride - pad for output in (first, last, second))
        last += K - 1
    return last - first + 1, second - first, first


@EXERCISE.right_answer
def recurses(layers):
    def field(count):
        if count == 0:
            return 1, 1, 0
        kind, *numbers = layers[count - 1]
        if kind == "fc":
            raise ValueError("no rows and columns")
        K, stride, pad = [*numbers, 0] if kind == "pool" else numbers[1:-1]
        size, jump, start = field(count - 1)
        return size + K * jump - jump, jump * stride, start - jump * pad

    return field(len(layers))
