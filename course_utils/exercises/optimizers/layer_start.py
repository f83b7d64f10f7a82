"""Random numbers scaled so that signals keep their size: `layer_start`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused


def layer_start(z, kind):
    """Return the weights and biases of a layer at the start, as a dictionary like z.

    >>> z = {"w": np.arange(16.0).reshape(8, 2), "b": np.array([4.0, 5.0])}
    >>> start = layer_start(z, "he")
    >>> start["w"][:2], start["b"]
    (array([[0. , 0.5],
           [1. , 1.5]]), array([0., 0.]))
    """
    w = z["w"]
    if w.ndim == 2:  # a dense layer, (D, M)
        fan_in, fan_out = w.shape
    else:  # a convolution, (F, C, KH, KW)
        F, C, KH, KW = w.shape
        fan_in, fan_out = C * KH * KW, F * KH * KW
    if kind == "xavier":
        variance = 2 / (fan_in + fan_out)
    elif kind == "he":
        variance = 2 / fan_in
    else:
        raise ValueError(f"unknown start {kind!r}")
    return {"w": w * variance**0.5, "b": 0 * z["b"]}


def sizes(rng):
    """Draw two sizes from 3 to 5 that differ."""
    return tuple(map(int, rng.permutation(3)[:2] + 3))


def drawn(rng, *shape, layout=np.array):
    """Draw normal numbers for a layer, with three decimals, none of them 0."""
    units = shape[0] if len(shape) == 4 else shape[1]
    w, b = (np.rint(rng.standard_normal(s) * 100) / 100 + 0.003 for s in (shape, units))
    return {"w": layout(w), "b": b}


def single(z):
    """Return the numbers as float32."""
    return {name: array.astype(np.float32) for name, array in z.items()}


def wild(rng):
    """Draw layers of every shape."""
    while True:
        shape = rng.integers(1, 4, 4 if rng.integers(2) else 2)
        yield case("wild", drawn(rng, *shape), str(rng.choice(["xavier", "he"])))


def inputs(rng):
    """Draw dense layers and convolutions, with fans that differ."""
    z = {"w": np.arange(16.0).reshape(8, 2), "b": np.array([4.0, 5.0])}
    yield case("the example", z, "he")
    few, many = sorted(sizes(rng))
    yield case("a dense layer, Xavier", drawn(rng, many, few), "xavier")
    yield case("a dense layer, He", drawn(rng, many, few, layout=strided), "he")
    yield case("more units than inputs", drawn(rng, few, many, layout=np.asfortranarray), "xavier")
    F, C = map(int, rng.permutation([2, 3]))
    KH, KW = sizes(rng)
    yield case("a convolution, Xavier", drawn(rng, F, C, KH, 2), "xavier")
    yield case("a convolution, He", drawn(rng, F, C, 2, KW, layout=np.asfortranarray), "he")
    yield case("kernels of one pixel", drawn(rng, F, C, 1, 1), "xavier")
    yield case("a single input and a single unit", drawn(rng, 1, 1), "xavier")
    yield case("one channel", drawn(rng, F, 1, 7, 2), "he")
    yield case("one filter", drawn(rng, 1, C, 2, KW), "xavier")
    yield case("float32, He", single(drawn(rng, many, few)), "he")
    yield case("float32, Xavier", single(drawn(rng, F, C, 1, 7)), "xavier")
    yield refused("a kind that nobody knows", drawn(rng, 2, 3), "best")
    yield refused("a kind in capitals", drawn(rng, 3, 2), "He")


EXERCISE = Exercise(
    layer_start,
    points=3,
    inputs=inputs,
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

HE = 'elif kind == "he":\n    variance = 2 / fan_in'

mistake(
    "exchanges_inputs_and_units", {"fan_in, fan_out = w.shape": "fan_out, fan_in = w.shape"}
).says("You take the columns of a dense layer for its inputs; w is (D, M), so its rows are inputs.")
mistake(
    "exchanges_filters_and_channels",
    {"fan_in, fan_out = C": "fan_out, fan_in = C"},
).says(
    "You take filters for the inputs of a convolution; w is (F, C, KH, KW), and an output sums "
    "over the C channels."
)
mistake("forgets_the_kernel", {"C * KH * KW, F * KH * KW": "C, F"}).says(
    "You count channels and filters alone; an output also sums over the pixels of the kernel: "
    "C KH KW."
)
mistake("forgets_the_kernel_on_the_way_out", {"F * KH * KW": "F"}).says(
    "Your fan_out counts filters alone; a pixel goes to as many places of each as the kernel has "
    "pixels."
)
mistake("counts_one_side_of_the_kernel", {"C * KH * KW, F * KH * KW": "C * KH, F * KH"}).says(
    "You count the rows of the kernel and not its columns; multiply by KH and by KW."
)
mistake("takes_a_kernel_for_square", {"C * KH * KW, F * KH * KW": "C * KH**2, F * KH**2"}).says(
    "You square the height of the kernel; it need not be square, so multiply KH by KW."
)
mistake("multiplies_by_the_variance", {"variance**0.5": "variance"}).says(
    "You multiply by the variance; numbers times c have c squared times the variance, so take the "
    "root."
)
mistake("takes_he_for_xavier", {"2 / (fan_in + fan_out)": "2 / fan_in"}).says(
    "Your Xavier start looks at inputs alone; it divides by the sum of inputs and outputs."
)
mistake("has_half_of_he", {HE: HE.replace("2 /", "1 /")}).says(
    "Your variance is 1 / fan_in; a ReLU silences half of its inputs, and the 2 makes up for it."
)
mistake("has_half_of_xavier", {"2 / (fan_in + fan_out)": "1 / (fan_in + fan_out)"}).says(
    "You divide 1 by the sum of both fans; divide 1 by their mean, which is 2 by their sum."
)
mistake("takes_the_bound_for_a_scale", {"2 / (fan_in + fan_out)": "6 / (fan_in + fan_out)"}).says(
    "The 6 belongs to numbers drawn evenly up to a bound; those of a normal distribution get a "
    "variance of 2 by the sum."
)
mistake("divides_by_outputs", {HE: HE.replace("fan_in", "fan_out")}).says(
    "You divide by the outputs in He's start; a signal keeps its size if you divide by the inputs."
)
mistake("divides_by_the_scale", {"w * variance": "w / variance"}).says(
    "You divide by the scale, so wide layers start with large weights; multiply by it."
)
mistake("makes_float64_of_all", {"w * variance**0.5": "w * np.sqrt(variance)"}).says(
    "NumPy's sqrt returns a float64 number of NumPy's, which makes float64 of float32; write "
    "variance ** 0.5, or cast."
)
mistake(
    "takes_he_for_all_else",
    {
        'elif kind == "he":': "else:",
        'else:\n    raise ValueError(f"unknown start {kind!r}")': "",
    },
).says(
    "You take every other kind for He's; a word that is not known is an error, so raise a "
    "ValueError."
)
mistake("ignores_capitals", {'elif kind == "he"': 'elif kind.lower() == "he"'}).says(
    "You let capitals pass; only the two words as the statement has them are known."
)
mistake("multiplies_filters_by_channels", {"C * KH * KW, F * KH * KW": "F * C, KH * KW"}).says(
    "You multiply filters by channels; an output sums over the channels and pixels of one filter."
)
mistake(
    "scales_to_what_was_drawn", {"w * variance**0.5": "w / float(w.std() or 1) * variance**0.5"}
).says(
    "You divide by the deviation that these numbers happen to have; they are scaled as they come."
)
mistake("leaves_random_biases", {'0 * z["b"]': 'z["b"].copy()'}).says(
    "You leave the biases as they were drawn; they start at 0."
)
mistake("scales_the_biases", {'0 * z["b"]': 'z["b"] * variance**0.5'}).says(
    "You scale the biases as the weights; nothing sums over biases, and they start at 0."
)
mistake("starts_biases_in_float64", {'0 * z["b"]': 'np.zeros(z["b"].shape)'}).says(
    "Your biases are float64, whatever the weights are; take the type of the numbers that came in."
)


@EXERCISE.right_answer
def counts_from_the_shape(z, kind):
    if kind not in ("xavier", "he"):
        raise ValueError(f"kind must be xavier or he, got {kind}")
    w = z["w"]
    if w.ndim == 4:
        field = w[0, 0].size
        outs, ins = field * w.shape[0], field * w.shape[1]
    else:
        ins, outs = w.shape
    deviation = np.sqrt(2 / ins if kind == "he" else 2 / (ins + outs))
    return {"w": (deviation * w).astype(w.dtype), "b": np.zeros_like(z["b"])}


@EXERCISE.right_answer
def looks_the_rule_up(z, kind):
    shape = z["w"].shape
    receptive = int(np.prod(shape[2:]))
    first, second = shape[0] * receptive, shape[1] * receptive
    inward, outward = (first, second) if len(shape) == 2 else (second, first)
    rules = {"xavier": inward + outward, "he": inward}
    if kind not in rules:
        raise ValueError("no such start")
    scales = {"w": float((2 / rules[kind]) ** 0.5), "b": 0.0}
    return {name: numbers * scales[name] for name, numbers in z.items()}


@EXERCISE.right_answer
def divides_by_a_root(z, kind):
    w, b = z["w"], z["b"].copy()
    b[:] = 0
    inward = w.size // len(b)
    match kind:
        case "xavier":
            outward = w.size // (w.shape[1] if w.ndim == 4 else len(w))
            count = inward + outward
        case "he":
            count = inward
        case _:
            raise ValueError(kind)
    return dict(w=np.divide(w, (count / 2) ** 0.5), b=b)
