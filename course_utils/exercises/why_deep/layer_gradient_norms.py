"""What each layer gets to learn from: `layer_gradient_norms`."""

from itertools import pairwise

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, gate_values, squashed_values
from course_utils.exercises.exercise import Exercise, case


def layer_gradient_norms(dscores, values, weights, activation):
    """Return the norm of the gradient with respect to the weights of each layer, (L,).

    >>> one = np.ones((1, 1))
    >>> layer_gradient_norms(4 * one, [3 * one, 0.5 * one], [one, 2 * one], "sigmoid")
    array([6., 2.])
    """
    L = len(weights)
    norms = np.zeros(L, dscores.dtype)
    delta = dscores
    for layer in range(L - 1, -1, -1):
        h = values[layer]
        norms[layer] = np.sqrt(np.sum((h.T @ delta) ** 2))
        if activation == "sigmoid":
            slope = h * (1 - h)
        elif activation == "tanh":
            slope = 1 - h**2
        else:
            slope = h > 0
        delta = delta @ weights[layer].T * slope
    return norms


def drawn(rng, activation, N, *sizes):
    """Draw a gradient, values that the activation function may return, and weights.

    They are drawn again until every layer gets some gradient, and rows do not only add up.
    """
    while True:
        hidden = {
            "sigmoid": gate_values,
            "tanh": squashed_values,
            "relu": lambda *each: np.maximum(decimals(*each), 0),
        }[activation]
        values = [decimals(rng, N, sizes[0])] + [hidden(rng, N, M) for M in sizes[1:-1]]
        weights = [decimals(rng, D, M) for D, M in pairwise(sizes)]
        dscores = decimals(rng, N, sizes[-1])
        norms = layer_gradient_norms(dscores, values, weights, activation)
        if norms.min() > 1e-3:
            return dscores, values, weights, activation


def wild(rng):
    """Draw networks of one to three layers, of few units each."""
    while True:
        kind = str(rng.choice(["sigmoid", "tanh", "relu"]))
        sizes = map(int, rng.integers(1, 5, rng.integers(2, 5)))
        yield case("wild", *drawn(rng, kind, int(rng.integers(2, 5)), *sizes))


def inputs(rng):
    """Draw small networks of one to five layers."""
    one = np.ones((1, 1))
    yield case("the example", 4 * one, [3 * one, 0.5 * one], [one, 2 * one], "sigmoid")
    dscores, values, *rest = drawn(rng, "sigmoid", 3, 2, 4, 3)
    yield case("2 layers of sigmoids", strided(dscores), [strided(h) for h in values], *rest)
    yield case("3 layers of tanh", *drawn(rng, "tanh", 4, 3, 2, 5, 4))
    yield case("3 layers of ReLU", *drawn(rng, "relu", 4, 3, 5, 4, 2))
    yield case("5 layers of sigmoids", *drawn(rng, "sigmoid", 2, 3, 4, 2, 3, 4, 3))
    yield case("as many units in each layer as rows", *drawn(rng, "tanh", 3, 3, 3, 3, 3))
    yield case("one layer", *drawn(rng, "relu", 3, 4, 2))
    dscores, values, weights, _ = drawn(rng, "sigmoid", 4, 3, 4, 2)
    values[1][:, 0], values[1][:, 1] = 1.0, 0.0
    yield case("sigmoids that saturate, at 0 and at 1", dscores, values, weights, "sigmoid")
    dscores, values, weights, _ = drawn(rng, "tanh", 4, 2, 3, 3)
    quarters = rng.integers(1, 9, (2, 3)) / 4
    far = np.concatenate([quarters, -quarters])
    yield case("gradients that add up to 0", far, values, weights, "tanh")
    yield case("one row, one unit in the hidden layers", *drawn(rng, "tanh", 1, 3, 1, 1, 2))
    dscores, values, weights, _ = drawn(rng, "relu", 5, 3, 4, 3)
    narrow = [[each.astype(np.float32) for each in arrays] for arrays in (values, weights)]
    yield case("float32", dscores.astype(np.float32), *narrow, "relu")


EXERCISE = Exercise(
    layer_gradient_norms,
    points=3,
    inputs=inputs,
    axes={"the result": ("layer",)},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("returns_the_last_layer_first", {"return norms": "return norms[::-1]"}).says(
    "Your norms come in the order of the way back; the first layer's is to come first."
)
mistake("leaves_the_slope_out", {".T * slope": ".T"}).says(
    "Your delta goes through the weights alone; it also passes the activation function, and is "
    "multiplied by its slope."
)
mistake("has_no_square_in_tanh", {"1 - h**2": "1 - h"}).says(
    "You take 1 - h for the slope of tanh; the value in it is squared, 1 - h^2."
)
mistake("takes_the_slope_at_the_value", {"h * (1 - h)": "np.exp(-h) / (1 + np.exp(-h)) ** 2"}).says(
    "You put h into the sigmoid once more; h is its value already, and the slope is h (1 - h)."
)
mistake("takes_tanh_once_more", {"1 - h**2": "1 - np.tanh(h) ** 2"}).says(
    "You take tanh of a value that tanh has returned; its slope follows from h as it is."
)
mistake("multiplies_by_relu_itself", {"slope = h > 0": "slope = h"}).says(
    "You multiply by the value of ReLU; its slope is 1 or 0."
)
mistake("takes_a_sigmoid_for_all", {'if activation == "sigmoid":': "if activation:"}).says(
    "Your slope is that of the sigmoid whatever `activation` says."
)
mistake(
    "confuses_sigmoid_and_tanh",
    {"slope = h * (1 - h)": "slope = 1 - h**2", "slope = 1 - h**2": "slope = h * (1 - h)"},
).says("You have the slopes of sigmoid and tanh the wrong way round: h (1 - h) is the sigmoid's.")
mistake("goes_forward_through_the_weights", {"weights[layer].T": "weights[layer]"}).says(
    "Your delta meets the weights as in the forward pass; take their transpose on the way back."
)
mistake("measures_deltas", {"h.T @ delta": "delta"}).says(
    "You return the norms of the deltas; asked for are those of the weights' gradients, x or h "
    "times delta."
)
mistake("measures_the_way_back", {"(h.T @ delta) ** 2": "(delta @ weights[layer].T) ** 2"}).says(
    "You measure what a layer sends back to its input; what its weights get is made of that input."
)
mistake(
    "forgets_the_root", {"np.sqrt(np.sum((h.T @ delta) ** 2))": "np.sum((h.T @ delta) ** 2)"}
).says("You return sums of squares; the norm of a gradient is the root of its own.")
mistake("takes_a_mean", {"np.sum((h.T @ delta) ** 2)": "np.mean((h.T @ delta) ** 2)"}).says(
    "You take the mean of the squares under the root; the L2 norm has their sum."
)
mistake(
    "adds_absolute_values", {"np.sqrt(np.sum((h.T @ delta) ** 2))": "np.sum(np.abs(h.T @ delta))"}
).says(
    "You add up absolute values, which is the L1 norm; the L2 norm adds up squares and takes a "
    "root."
)
mistake(
    "takes_the_spectral_norm",
    {"np.sqrt(np.sum((h.T @ delta) ** 2))": "np.linalg.norm(h.T @ delta, 2)"},
).says(
    "`linalg.norm(..., 2)` of a matrix is its largest singular value; leave the 2 out, and all "
    "numbers count."
)
mistake(
    "measures_row_by_row",
    {"np.sum((h.T @ delta) ** 2)": "np.sum(h**2, axis=1) @ np.sum(delta**2, axis=1)"},
).says(
    "You square each row's gradient and add then; rows add up to one gradient first, and can "
    "cancel."
)
mistake(
    "has_a_slope_behind_the_last",
    {"delta = dscores": "delta = dscores * (0.25 if activation == 'sigmoid' else 0.5)"},
).says(
    "You multiply `dscores` by a slope before the last layer; behind that layer is no activation "
    "function."
)
mistake("divides_by_the_last_norm", {"return norms": "return norms / norms[-1]"}).says(
    "You divide by the last layer's norm; the norms themselves are asked for."
)
mistake("stops_before_the_first", {"range(L - 1, -1, -1)": "range(L - 1, 0, -1)"}).says(
    "You stop before the first layer, whose norm stays 0; it has weights, too."
)
mistake("fills_zeros_of_float64", {"np.zeros(L, dscores.dtype)": "np.zeros(L)"}).says(
    "Your norms are float64 whatever comes in; give them the type of `dscores`."
)


@EXERCISE.right_answer
def collects_and_turns_round(dscores, values, weights, activation):
    slopes = {"sigmoid": lambda h: h - h * h, "tanh": lambda h: (1 + h) * (1 - h), "relu": np.sign}
    found, delta = [], dscores
    for h, w in zip(values[::-1], weights[::-1], strict=True):
        found.append(np.linalg.norm(np.einsum("nd,nm->dm", h, delta)))
        delta = np.einsum("nm,dm->nd", delta, w) * slopes[activation](h)
    return np.array(found[::-1])


@EXERCISE.right_answer
def adds_in_loops(dscores, values, weights, activation):
    norms, deltas = [], list(dscores)
    for layer in reversed(range(len(weights))):
        gradient = sum(np.outer(h, d) for h, d in zip(values[layer], deltas, strict=True))
        norms.insert(0, (gradient**2).sum() ** 0.5)
        new = []
        for h, d in zip(values[layer], deltas, strict=True):
            back = weights[layer] @ d
            if activation == "sigmoid":
                back *= h * (1 - h)
            if activation == "tanh":
                back *= 1 - h * h
            if activation == "relu":
                back[h <= 0] = 0
            new.append(back)
        deltas = new
    return np.array(norms, dtype=dscores.dtype)


@EXERCISE.right_answer
def keeps_all_deltas(dscores, values, weights, activation):
    deltas = {len(weights): dscores}
    for number in range(len(weights) - 1, 0, -1):
        h = values[number]
        dh = deltas[number + 1].dot(weights[number].T)
        if activation == "relu":
            deltas[number] = dh * (h != 0)
        else:
            deltas[number] = dh * (h - h**2 if activation == "sigmoid" else 1 - h**2)
    pairs = zip(values, (deltas[number] for number in sorted(deltas)), strict=True)
    return np.stack([np.linalg.norm(h.T.dot(delta)) for h, delta in pairs])
