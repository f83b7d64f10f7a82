"""The slopes of a state with respect to an earlier one where units are off: `relu_jacobian`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import path_sum, rnn


def relu_jacobian(a, wh):
    """Return the slopes of the last state with respect to that before the first step, (N, M, M).

    >>> relu_jacobian(np.array([[[1.2, -0.3]]]), np.array([[0.5, 1.0], [-1.0, 0.5]]))
    array([[[ 0.5, -1. ],
            [ 0. ,  0. ]]])
    """
    T, N, M = a.shape
    jacobian = np.tile(np.eye(M, dtype=wh.dtype), (N, 1, 1))
    for t in range(T):
        on = a[t] > 0  # (N, M)
        jacobian = (on[:, :, None] * wh.T) @ jacobian
    return jacobian


def reference(a, wh):
    """Multiply the Jacobians of the library's steps."""
    T, N, M = a.shape
    states = np.concatenate([np.zeros_like(a[:1]), np.zeros_like(a[:1]), np.maximum(a, 0)])
    x, wx = np.zeros((T + 1, N, 1), wh.dtype), np.zeros((1, M), wh.dtype)
    cache = rnn.RNNCache(x, states.astype(wh.dtype), wx, wh, "relu")
    return path_sum.lag_jacobian(cache, T, 0)


def drawn(rng, T, N, M):
    """Draw steps in which each sequence has units that are on and, of several, one that is off.

    They are drawn again until it tells which units are on when, and in which sequence.
    """
    while True:
        a, wh = decimals(rng, T, N, M), differing(rng, M, M)
        for t, n in np.ndindex(T, N):
            while not (a[t, n] > 0).any() or (M > 1 and not (a[t, n] < 0).any()):
                a[t, n] = decimals(rng, M)
        jacobian = relu_jacobian(a, wh)
        others = [np.broadcast_to(a.max(axis=1, keepdims=True), a.shape)] if N > 1 else []
        others += [a[::-1], np.broadcast_to(a[-1], a.shape)] if T > 1 else []
        if all(np.abs(relu_jacobian(other, wh) - jacobian).max() > 1e-3 for other in others):
            return a, wh


def wild(rng):
    """Draw units of every sign, some of them 0."""
    while True:
        T, N, M = rng.integers(1, 5, 3)
        yield case("wild", rng.integers(-2, 4, (T, N, M)) / 2, differing(rng, M, M))


def inputs(rng):
    """Draw few steps and few units."""
    wh = np.array([[0.5, 1.0], [-1.0, 0.5]])
    yield case("the example", np.array([[[1.2, -0.3]]]), wh)
    a, wh = drawn(rng, 1, 3, 4)
    yield case("one step, 3 sequences", strided(a), wh)
    a, wh = drawn(rng, 4, 2, 3)
    yield case("4 steps, 2 sequences, 3 units", a, np.asfortranarray(wh))
    a, wh = np.abs(decimals(rng, 3, 2, 3)), differing(rng, 3, 3)
    yield case("all units on", a, wh)
    a, wh = np.abs(decimals(rng, 2, 2, 3)), differing(rng, 3, 3)
    a[:, :, 1] = 0
    yield case("a unit at exactly 0", a, wh)
    a, wh = drawn(rng, 3, 1, 3)
    other = decimals(rng, 3, 1, 3)
    other[1] = -np.abs(other[1])
    a = np.concatenate([other, a], axis=1)
    yield case("all units off once, in one sequence", a, wh)
    yield case("one unit", np.abs(decimals(rng, 3, 2, 1)), -1 - np.abs(differing(rng, 1, 1)))
    a, wh = drawn(rng, 2, 4, 3)
    yield case("float32", a.astype(np.float32), wh.astype(np.float32))


EXERCISE = Exercise(
    relu_jacobian,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("sequence", "unit of the last state", "unit of the state before step 0")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("lets_all_units_be_on", {"a[t] > 0": "a[t] == a[t]"}).says(
    "You return a power of the weights; it would be that if all units were on, and the rows of "
    "those that are off are 0."
)
mistake("zeroes_the_columns", {"on[:, :, None] * wh.T": "on[:, None, :] * wh.T"}).says(
    "You set columns to 0; a unit that is off does not move, whatever the old ones do, so its row "
    "is 0."
)
mistake("forgets_the_transpose_of_wh", {"* wh.T)": "* wh)"}).says(
    "Rows of wh belong to the old units; in a Jacobian rows are new units, so take the transpose."
)
mistake("returns_the_transpose", {"return jacobian": "return jacobian.transpose(0, 2, 1)"}).says(
    "Your rows are the units of the state before step 0; the rows of a Jacobian are what moves, "
    "here the units of the last state."
)
mistake("goes_in_the_wrong_order", {"range(T)": "range(T)[::-1]"}).says(
    "Your steps are applied from the last to the first; a move of the old state meets the first "
    "step first."
)
mistake("scales_by_the_state", {"a[t] > 0": "np.maximum(a[t], 0)"}).says(
    "You scale each row by the state; the slope of a unit that is on is 1, however far on it is."
)
mistake("puts_0_on", {"a[t] > 0": "a[t] >= 0"}).says(
    "You count a unit at exactly 0 as on; here its slope is 0."
)
mistake("takes_signs", {"a[t] > 0": "np.sign(a[t])"}).says(
    "Your slope of a unit that is off is -1; its state is 0 and stays 0, so the slope is 0."
)
mistake("takes_those_that_are_off", {"a[t] > 0": "a[t] < 0"}).says(
    "You keep the rows of the units that are off; keep those that are on."
)
mistake("uses_the_last_step_throughout", {"a[t] > 0": "a[-1] > 0"}).says(
    "All your factors have the units that are on at the last step; each step has its own."
)
mistake("leaves_the_first_step_out", {"range(T)": "range(1, T)"}).says(
    "You begin with the second step; the state before the first step passes that one too."
)
mistake("leaves_the_last_step_out", {"range(T)": "range(T - 1)"}).says(
    "You stop before the last step; the last state is what it makes."
)
mistake("multiplies_number_by_number", {"wh.T) @ jacobian": "wh.T) * jacobian"}).says(
    "You multiply the factors number by number; paths lead through every unit, so use the matrix "
    "product."
)
mistake("asks_all_sequences", {"a[t] > 0": "np.tile((a[t] > 0).any(axis=0), (N, 1))"}).says(
    "A unit that is on in one sequence is on in all of yours; each sequence has its own Jacobian."
)
mistake("takes_the_slope_of_tanh", {"a[t] > 0": "1 - np.tanh(a[t]) ** 2"}).says(
    "You take slopes of tanh; a ReLU has only two, 0 and 1."
)
mistake("starts_with_float64", {", dtype=wh.dtype": ""}).says(
    "You start from a float64 identity, which makes float64 of float32 weights; give it their type."
)
mistake("takes_the_slope_of_tanh_at_the_state", {"a[t] > 0": "1 - np.maximum(a[t], 0) ** 2"}).says(
    "You take 1 - h * h for the slope, which is that of tanh; the slope of a ReLU is 1 where a "
    "unit is on, and else 0."
)
mistake(
    "takes_the_slope_of_tanh_and_turns_the_result",
    {
        "a[t] > 0": "1 - np.maximum(a[t], 0) ** 2",
        "return jacobian": "return jacobian.transpose(0, 2, 1)",
    },
).says(
    "You take 1 - h * h, the slope of tanh, and return the transpose; a ReLU has the slope 1 where "
    "it is on and 0 where it is off, and rows are the units of the last state."
)
mistake("forgets_those_off_before_the_last_step", {"a[t] > 0": "(a[t] > 0) | (t < T - 1)"}).says(
    "You set rows to 0 for the last step alone; in every step before it, too, the units that are "
    "off have rows of 0."
)


@EXERCISE.right_answer
def goes_back_from_the_last_step(a, wh):
    rows = (a[-1] > 0)[:, :, None] * wh.T
    for before in a[:-1][::-1]:
        rows = (rows * (before > 0)[:, None, :]) @ wh.T
    return rows


@EXERCISE.right_answer
def zeroes_rows_by_an_index(a, wh):
    result = np.repeat(np.identity(len(wh))[None], a.shape[1], axis=0).astype(wh.dtype)
    for step in a:
        result = np.matmul(wh.T, result)
        result[step <= 0] = 0
    return result


@EXERCISE.right_answer
def moves_each_sequence(a, wh):
    jacobians = []
    for n in range(a.shape[1]):
        moved = np.eye(len(wh))
        for t in range(len(a)):
            moved = np.diag(np.where(a[t, n] > 0, 1.0, 0.0)) @ wh.T @ moved
        jacobians.append(moved.astype(wh.dtype))
    return np.array(jacobians)
