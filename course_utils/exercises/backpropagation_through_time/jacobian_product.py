"""How a state moves with an earlier one: `jacobian_product`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, squashed_values
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.formula import Formula
from course_utils.reference import path_sum, rnn


def jacobian_product(h, wh, j, k):
    """Return the slopes of the state h[j] with respect to the state h[k], (N, M, M).

    >>> h, wh = np.array([[[0.3, 0.6]], [[0.0, 0.5]]]), np.array([[1.0, 2.0], [0.0, 4.0]])
    >>> jacobian_product(h, wh, 1, 0)
    array([[[1. , 0. ],
            [1.5, 3. ]]])
    """
    T, N, M = h.shape
    if not 0 <= k <= j < T:
        raise ValueError(f"need 0 <= k <= j < {T}, got j = {j} and k = {k}")
    product = np.tile(np.eye(M, dtype=h.dtype), (N, 1, 1))
    for t in range(j, k, -1):
        slope = 1 - h[t] ** 2  # (N, M)
        product = product @ (slope[:, :, None] * wh.T)
    return product


def reference(h, wh, j, k):
    """Multiply the Jacobians of the library's steps."""
    T, N, M = h.shape
    x, wx = np.zeros((T, N, 1), h.dtype), np.zeros((1, M), h.dtype)
    states = np.concatenate([h[:1], h])
    if k < 0:
        raise ValueError("h0 is not one of the states")
    return path_sum.lag_jacobian(rnn.RNNCache(x, states, wx, wh, "tanh"), j, k)


def drawn(rng, T, N, M):
    """Draw states, and weights of which no two are the same."""
    return squashed_values(rng, T, N, M), differing(rng, M, M)


def wild(rng):
    """Draw states and steps of every kind."""
    while True:
        T, N, M = rng.integers(1, 5, 3)
        j = int(rng.integers(T))
        yield case("wild", *drawn(rng, T, N, M), j, int(rng.integers(j + 1)))


def inputs(rng):
    """Draw states of few sequences, and lags from 0 to 3."""
    h, wh = np.array([[[0.3, 0.6]], [[0.0, 0.5]]]), np.array([[1.0, 2.0], [0.0, 4.0]])
    yield case("the example", h, wh, 1, 0)
    h, wh = drawn(rng, 5, 3, 2)
    yield case("2 steps apart, other steps before and after", strided(h), wh, 3, 1)
    h, wh = drawn(rng, 4, 2, 3)
    yield case("from the first state to the last", h, np.asfortranarray(wh), 3, 0)
    yield case("one step apart", *drawn(rng, 4, 1, 3), 2, 1)
    yield case("no step apart", *drawn(rng, 3, 2, 3), 2, 2)
    yield case("one unit", *drawn(rng, 4, 3, 1), 3, 1)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 3, 4, 2)), 2, 0)
    yield refused("k after j", *drawn(rng, 4, 2, 3), 1, 2)
    yield refused("k before the first state", *drawn(rng, 4, 2, 3), 2, -1)


FORMULA = Formula(
    arguments={
        "h": [[["h[0]"]], [["h[1]"]], [["h[2]"]], [["h[3]"]]], "wh": [["wh"]], "j": 2, "k": 0
    },
    numbers={"wh": decimals, "h[0] h[1] h[2] h[3]": squashed_values},
    slopes="h[0] h[1] h[2] h[3]",
    entries={"the result": ("j = 2 and k = 0",)},
)  # fmt: skip


EXERCISE = Exercise(
    jacobian_product,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("sequence", "unit of h[j]", "unit of h[k]")},
    forbidden=HANDMADE,
    wild=wild,
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake("multiplies_in_the_order_of_time", {"range(j, k, -1)": "range(k + 1, j + 1)"}).says(
    "You multiply the Jacobians from k + 1 up to j; a row vector that comes from the loss meets "
    "that of step j first."
)
mistake("shifts_the_slopes", {"h[t] ** 2": "h[t - 1] ** 2"}).says(
    "You take the slopes at k up to j - 1; the factor of step t has the tanh that made h[t]."
)
mistake("takes_one_factor_too_many", {"range(j, k, -1)": "range(j, k - 1, -1)"}).says(
    "You have j - k + 1 factors; the step that made h[k] lies before it and is not on the way."
)
mistake("takes_one_factor_too_few", {"range(j, k, -1)": "range(j, k + 1, -1)"}).says(
    "You have j - k - 1 factors; the step from h[k] to h[k + 1] is on the way too."
)
mistake("forgets_to_transpose", {"* wh.T": "* wh"}).says(
    "Your factor of a step holds wh as it is; its rows are to stand for the units of the new "
    "state, so it holds the transpose of wh."
)
mistake("scales_the_columns", {"slope[:, :, None] * wh.T": "slope[:, None, :] * wh.T"}).says(
    "You scale columns by the slopes; tanh acts on the new units, to which the rows belong."
)
mistake("transposes_the_result", {"return product": "return np.swapaxes(product, 1, 2)"}).says(
    "Your result has the units of h[k] in its rows; they are to be those of h[j]."
)
mistake("multiplies_elementwise", {"product @ (slope": "product * (slope"}).says(
    "You multiply element by element; to add up the paths through each unit in between, it takes "
    "the matrix product."
)
mistake("leaves_the_slopes_out", {"slope[:, :, None] * wh.T": "np.tile(wh.T, (N, 1, 1))"}).says(
    "You return a power of the weights; each step also passes tanh, whose slopes scale the rows."
)
mistake("forgets_the_square_here", {"h[t] ** 2": "h[t]"}).says(
    "Your slopes are 1 - h; for a tanh it is 1 minus the square of the state."
)
mistake("takes_the_last_slopes_each_time", {"h[t] ** 2": "h[j] ** 2"}).says(
    "Every factor of yours has the slopes of step j; each step has its own."
)
mistake("starts_at_the_end", {"range(j, k, -1)": "range(T - 1, k, -1)"}).says(
    "You begin at the last state of the sequence; the product begins at step j."
)
mistake("allows_any_order", {"0 <= k <= j < T": "0 <= k < T"}).says(
    "You return an identity where k is after j; a later state does not move an earlier one, so "
    "raise a ValueError."
)
mistake("counts_from_the_end", {"0 <= k <= j < T": "k <= j < T"}).says(
    "You let a negative k pass; no state is there, so raise a ValueError."
)
mistake(
    "has_one_identity_for_all",
    {"np.tile(np.eye(M, dtype=h.dtype), (N, 1, 1))": "np.eye(M, dtype=h.dtype)"},
).says(
    "Where j is k you return one identity, (M, M), for the whole batch; each sequence has its own, "
    "(N, M, M)."
)
mistake("begins_with_float64", {", dtype=h.dtype": ""}).says(
    "Your identity is float64, and so is all that is multiplied by it; give it the type of h."
)
mistake(
    "multiplies_entry_by_entry",
    {
        "for t in range": "if k < j:\n    product[:] = 1\nfor t in range",
        "product @ (slope": "product * (slope",
    },
).says(
    "You multiply the factors of the steps entry by entry; Jacobians are matrices, and their "
    "product is @."
)


@EXERCISE.right_answer
def goes_up_in_time(h, wh, j, k):
    if k < 0 or k > j or j >= len(h):
        raise ValueError("no such steps")
    N, M = h[k].shape
    # moved[n, m]: the slopes of the new state with respect to unit m
    moved = np.zeros_like(h, shape=(N, M, M))
    moved[:] = np.identity(M)
    for state in h[k + 1 : j + 1]:
        slope = 1 - state * state
        moved = (moved @ wh) * slope[:, None]
    return np.transpose(moved, (0, 2, 1))


@EXERCISE.right_answer
def calls_itself(h, wh, j, k):
    def product(t):
        if t == k:
            return np.repeat(np.eye(h.shape[2], dtype=h.dtype)[None], h.shape[1], axis=0)
        step = np.einsum("nm,jm->nmj", 1 - np.square(h[t]), wh)
        return np.einsum("nij,njm->nim", step, product(t - 1))

    if k not in range(len(h)) or j not in range(k, len(h)):
        raise ValueError(f"j and k must be steps, k not after j, got {j} and {k}")
    return product(j)


@EXERCISE.right_answer
def goes_sequence_by_sequence(h, wh, j, k):
    if not (k >= 0 and j >= k and len(h) > j):
        raise ValueError("j and k must be steps of the sequence, and k at most j")
    products = []
    for n in range(h.shape[1]):
        product = np.eye(len(wh)).astype(h.dtype)
        for t in range(k + 1, j + 1):
            product = np.diag(1 - h[t, n] ** 2) @ wh.T @ product
        products.append(product)
    return np.stack(products)
