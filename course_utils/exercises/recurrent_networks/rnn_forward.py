"""A recurrent network over a sequence: `rnn_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import rnn


def rnn_forward(x, h0, wx, wh, b):
    """Run over a sequence and return the state after each step, (T, N, M).

    >>> x, one = np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1), np.ones((1, 1))
    >>> rnn_forward(x, 0 * one, one, one / 2, np.zeros(1)).ravel().round(3)
    array([0.762, 0.363, 0.18 ])
    """
    h = h0
    states = []
    for x_t in x:  # (N, D)
        h = np.tanh(x_t @ wx + h @ wh + b)
        states.append(h)
    return np.stack(states)


def reference(x, h0, wx, wh, b):
    """Run the layer of the library."""
    return rnn.rnn_forward(x, h0, wx, wh, b)[0]


def drawn(rng, T, N, D, M):
    """Draw sequences and a network whose states stay where tanh tells them apart."""
    x, h0 = decimals(rng, T, N, D) / 2, squashed_values(rng, N, M)
    return x, h0, decimals(rng, D, M) / 2, differing(rng, M, M) / 2, decimals(rng, M) / 2


def away_from_0(rng, *sizes):
    """Draw until no state is near 0, where float32 has few digits left of a difference."""
    while True:
        args = drawn(rng, *sizes)
        if np.abs(rnn_forward(*args)).min() > 0.05:
            return args


def inputs(rng):
    """Draw few and short sequences with all sizes different."""
    x, one = np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1), np.ones((1, 1))
    yield case("the example", x, 0 * one, one, one / 2, np.zeros(1))
    x, *rest = drawn(rng, 4, 3, 1, 2)
    yield case("4 steps, 3 sequences, one feature, 2 units", np.asfortranarray(x), *rest)
    *rest, b = drawn(rng, 3, 2, 4, 1)
    yield case("one unit", *rest, strided(b))
    yield case("one sequence", *drawn(rng, 5, 1, 3, 2))
    yield case("as many steps as sequences", *drawn(rng, 3, 3, 2, 4))
    yield case("one step", *drawn(rng, 1, 2, 4, 3))
    yield case("float32", *(array.astype(np.float32) for array in away_from_0(rng, 3, 2, 1, 2)))


EXERCISE = Exercise(
    rnn_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("step", "sequence", "unit")},
    forbidden=HANDMADE,
    wild=small(drawn, 4),
)
mistake = EXERCISE.mistake

mistake("stays_at_h0", {"h @ wh": "h0 @ wh"}).says(
    "Each of your steps reads h0; only the first does, and each later one reads the state before."
)
mistake("begins_at_zero", {"h = h0": "h = 0 * h0"}).says(
    "You begin with a state of 0; the first step reads h0, which need not be 0."
)
mistake("returns_the_last_state", {"np.stack(states)": "h"}).says(
    "You return the last state only; the states after all steps are asked for."
)
mistake(
    "keeps_the_state_before",
    {
        "h = np.tanh(x_t @ wx + h @ wh + b)\nstates.append(h)": (
            "states.append(h)\nh = np.tanh(x_t @ wx + h @ wh + b)"
        ),
    },
).says("You keep the state that a step reads, so h0 comes first and the last is lost.")
mistake("reads_backwards", {"x:  # (N, D)": "x[::-1]:"}).says(
    "You read the sequence from its end; begin with x[0]."
)
mistake("keeps_h0_too", {"states = []": "states = [h0]"}).says(
    "Your result begins with h0 and has T + 1 states; there is one for each step."
)
mistake("puts_sequences_first", {"np.stack(states)": "np.stack(states, axis=1)"}).says(
    "Your result has the sequences first, (N, T, M); time comes first, (T, N, M)."
)
mistake("adds_the_old_state", {"h = np.tanh": "h = h + np.tanh"}).says(
    "You add tanh to the old state; in this network tanh is the new state."
)
mistake("transposes_wh", {"h @ wh": "h @ wh.T"}).says(
    "Your states are multiplied by wh turned round; each is a row, and meets wh as it is."
)
mistake("forgets_the_bias", {" + b": ""}).says(
    "Your steps have no bias; add b to the sum at every step, before tanh."
)
mistake(
    "runs_backwards",
    {"x:  # (N, D)": "x[::-1]:", "np.stack(states)": "np.stack(states)[::-1]"},
).says(
    "You run from the last step to the first, so that each state knows what comes after it; begin "
    "with x[0] and go forward in time."
)
mistake(
    "hands_on_the_pre_activation",
    {"h = np.tanh(x_t @ wx + h @ wh + b)": "h = x_t @ wx + h @ wh + b", "(h)": "(np.tanh(h))"},
).says(
    "You hand on the number before tanh; what the next step reads is the state, which is tanh of "
    "it."
)
mistake("begins_at_zero_and_transposes_wh", {"h = h0": "h = 0 * h0", "h @ wh": "h @ wh.T"}).says(
    "Your first step reads zeros in place of h0, and your states are multiplied by wh turned round."
)
mistake("adds_the_bias_twice", {" + b": " + 2 * b"}).says(
    "You add the bias twice at each step; there is one bias for both products."
)
mistake(
    "squashes_products_apart",
    {"np.tanh(x_t @ wx + h @ wh + b)": "np.tanh(x_t @ wx + b) + np.tanh(h @ wh)"},
).says(
    "Your steps take one tanh of what comes from the input and another of what comes from the "
    "state; add first, and take tanh once."
)


@EXERCISE.whole_mistake(
    "You run along the sequences, as if the batch came first; axis 0 of x is time, and axis 1 "
    "counts the sequences."
)
def takes_the_batch_for_time(x, h0, wx, wh, b):
    T, N, _ = x.shape
    out = np.empty((T, N, len(b)), x.dtype)
    h = np.repeat(h0[:1], T, axis=0)
    for n in range(N):
        h = out[:, n] = np.tanh(x[:, n] @ wx + h @ wh + b)
    return out


@EXERCISE.right_answer
def multiplies_inputs_at_once(x, h0, wx, wh, b):
    a = x @ wx + b  # (T, N, M)
    h = np.empty_like(a)
    for t in range(len(a)):
        h[t] = np.tanh(a[t] + (h[t - 1] if t else h0) @ wh)
    return h


@EXERCISE.right_answer
def fills_an_array(x, h0, wx, wh, b):
    T, N, _ = x.shape
    h = np.zeros((T + 1, N, len(b)), h0.dtype)
    h[0] = h0
    for t in range(T):
        h[t + 1] = np.tanh(np.hstack([x[t], h[t]]) @ np.vstack([wx, wh]) + b)
    return h[1:]


@EXERCISE.right_answer
def calls_itself_for_the_rest(x, h0, wx, wh, b):
    h = np.tanh(x[0] @ wx + h0 @ wh + b)[None]
    if len(x) == 1:
        return h
    return np.concatenate([h, rnn_forward(x[1:], h[0], wx, wh, b)])
