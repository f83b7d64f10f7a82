"""One step of a recurrent network: `rnn_step_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import HELLO, Shown
from course_utils.reference import rnn


def rnn_step_forward(x, h, wx, wh, b):
    """Take one step and return the state after it, (N, M).

    >>> x, h, one = np.array([[0.0]]), np.array([[0.8]]), np.ones((1, 1))
    >>> rnn_step_forward(x, h, one, one / 2, np.zeros(1)).round(4)
    array([[0.3799]])
    """
    return np.tanh(x @ wx + h @ wh + b)


def reference(x, h, wx, wh, b):
    """Take the step of the library."""
    return rnn.rnn_step_forward(x, h, wx, wh, b)[0]


def drawn(rng, N, D, M):
    """Draw inputs, states and a step whose pre-activations stay where tanh tells them apart."""
    x, h = decimals(rng, N, D) / 2, squashed_values(rng, N, M)
    return x, h, decimals(rng, D, M) / 2, differing(rng, M, M) / 2, decimals(rng, M) / 2


def away_from_0(rng, *sizes):
    """Draw until no state is near 0, where float32 has few digits left of a difference."""
    while True:
        args = drawn(rng, *sizes)
        if np.abs(rnn_step_forward(*args)).min() > 0.05:
            return args


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    yield case("the example", zero, zero + 0.8, one, one / 2, np.zeros(1))
    x, *rest = drawn(rng, 3, 4, 2)
    yield case("3 sequences, 4 features, 2 units", strided(x), *rest)
    x, h, *rest = drawn(rng, 2, 1, 3)
    yield case("2 sequences, one feature, 3 units", x, np.asfortranarray(h), *rest)
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    x, h, wx, wh, b = drawn(rng, 2, 3, 4)
    b[:2] = rng.permutation([1000.0, -1000.0])
    yield case("biases of 1000 and -1000", x, h, wx, wh, b)
    yield case("float32", *(array.astype(np.float32) for array in away_from_0(rng, 4, 3, 2)))
    x, *rest = drawn(rng, 2, 3, 4)
    yield case("inputs of float32, all else of float64", x.astype(np.float32), *rest)


def without_memory(*_):
    """Show what a network does whose state is forgotten."""
    return {"memory": 0}


EXERCISE = Exercise(
    rnn_step_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("sequence", "unit")},
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    picture=Shown(HELLO, without_memory, ("forgets_the_state",)),
)
mistake = EXERCISE.mistake

mistake("forgets_the_tanh", {"np.tanh(x @ wx + h @ wh + b)": "x @ wx + h @ wh + b"}).says(
    "You return the pre-activation; the new state is tanh of it."
)
mistake(
    "squashes_to_0_and_1",
    {"np.tanh(x @ wx + h @ wh + b)": "0.5 + 0.5 * np.tanh(0.5 * (x @ wx + h @ wh + b))"},
).says("You squash by a sigmoid, to between 0 and 1; this network has a tanh, from -1 to 1.")
mistake("forgets_the_state", {" + h @ wh": ""}).says(
    "Your step does not read the state before it, so nothing can be remembered; add h @ wh."
)
mistake("adds_the_state_as_it_is", {"h @ wh": "h"}).says(
    "You add the old state without weights; it is multiplied by wh first."
)
mistake("forgets_the_input", {"x @ wx + ": ""}).says(
    "Your step never reads its input; add x @ wx to what comes from the state."
)
mistake("forgets_the_bias", {" + b": ""}).says(
    "Your pre-activation lacks the bias of each unit; add b to both products."
)
mistake("takes_the_bias_off", {" + b": " - b"}).says(
    "You subtract the bias; it is added, like both products."
)
mistake("transposes_wh", {"h @ wh": "h @ wh.T"}).says(
    "You multiply the state by the transpose of wh; states are rows here, so it is h @ wh."
)
mistake("squashes_each_part", {"x @ wx + h @ wh + b)": "x @ wx) + np.tanh(h @ wh + b)"}).says(
    "You take tanh of the parts and add; add the parts first, and take tanh of their sum."
)
mistake("squashes_before_the_bias", {" + b)": ") + b"}).says(
    "You add the bias after tanh, so that a state may leave -1 to 1; add it before."
)
mistake("squashes_products_apart", {"x @ wx + h @ wh + b)": "x @ wx + b) + np.tanh(h @ wh)"}).says(
    "You take a tanh of what comes from the input and another of what comes from the state; one "
    "tanh acts on the sum of both."
)
mistake("adds_the_old_state", {"np.tanh(": "h + np.tanh("}).says(
    "You add tanh to the state before; the new state is tanh alone, and takes the old one's place."
)
mistake("adds_the_bias_twice", {" + b)": " + 2 * b)"}).says(
    "You add the bias twice, once for each product; this network has one bias, and it counts once."
)
mistake(
    "writes_tanh_with_exp",
    {
        "return np.tanh(x @ wx + h @ wh + b)": (
            "a = np.float64(x @ wx + h @ wh + b)\n"
            "plus, minus = np.exp(a), np.exp(-a)\n"
            "return ((plus - minus) / (plus + minus)).astype(np.result_type(x, h))"
        )
    },
).says(
    "You write tanh with exp, which overflows where the pre-activation is large; use `tanh`, "
    "which does not."
)


@EXERCISE.right_answer
def multiplies_once(x, h, wx, wh, b):
    return np.tanh(np.hstack([h, x]) @ np.vstack([wh, wx]) + b)


@EXERCISE.right_answer
def sums_with_einsum(x, h, wx, wh, b):
    a = np.einsum("nd,dm->nm", x, wx) + np.einsum("nk,km->nm", h, wh)
    return np.tanh(a + b[None, :])


@EXERCISE.right_answer
def goes_sequence_by_sequence(x, h, wx, wh, b):
    rows = []
    for x_n, h_n in zip(x, h, strict=True):
        rows.append(np.tanh(b + wx.T @ x_n + wh.T @ h_n))
    return np.stack(rows)
