"""How a gradient shrinks or grows on its way through a vanilla RNN: `gradient_norm_ratio`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case, refused


def gradient_norm_ratio(dh, h, wh):
    """Return the gradient's norm at each state, as a share of that at the last, (T,).

    >>> states = np.array([0.9, 0.5, 0.0]).reshape(3, 1, 1)
    >>> gradient_norm_ratio(np.array([[-4.0]]), states, np.array([[2.0]]))
    array([3., 2., 1.])
    """
    start = np.linalg.norm(dh)  # of all numbers in it, whatever its shape
    if start == 0:
        raise ValueError("dh is 0 everywhere")
    T = len(h)
    ratios = np.ones(T, dh.dtype)
    for t in range(T - 1, 0, -1):
        dh = dh * (1 - h[t] ** 2) @ wh.T  # through tanh, then through the weights
        ratios[t - 1] = np.linalg.norm(dh) / start
    return ratios


def drawn(rng, T, N, M):
    """Draw a gradient, states and weights."""
    return decimals(rng, N, M), squashed_values(rng, T, N, M), differing(rng, M, M)


def inputs(rng):
    """Draw ways back through few steps."""
    states = np.array([0.9, 0.5, 0.0]).reshape(3, 1, 1)
    yield case("the example", np.array([[-4.0]]), states, np.array([[2.0]]))
    dh, h, wh = drawn(rng, 4, 2, 3)
    dh[1, 2] = 0
    yield case("4 steps, 2 sequences, 3 units", dh, h, wh)
    dh, h, wh = drawn(rng, 5, 3, 2)
    yield case("small weights: it vanishes", dh, np.asfortranarray(h), wh / 10)
    dh, h, wh = drawn(rng, 3, 2, 4)
    yield case("large weights: it explodes", dh, h, strided(10 * wh))
    _, h, wh = drawn(rng, 3, 2, 3)
    quarters = rng.integers(1, 9, (1, 3)) / 4  # whose sum has no rounding
    yield case("a gradient whose numbers add up to 0", np.vstack([quarters, -quarters]), h, wh)
    dh, h, wh = drawn(rng, 3, 4, 2)
    h[1] = np.sign(h[1])
    yield case("the second state is all 1 or -1", dh, h, wh)
    yield case("one step", *drawn(rng, 1, 2, 3))
    dh, h, wh = drawn(rng, 4, 1, 1)
    yield case("one sequence, one unit", 3 * dh, h, wh)  # its norm is not 1
    dh, h, wh = (array.astype(np.float32) for array in drawn(rng, 3, 4, 2))
    yield case("float32, 4 sequences", dh, h, wh)

    dh, h, wh = drawn(rng, 4, 2, 3)
    yield refused("a gradient of 0", np.zeros_like(dh), h, wh)


EXERCISE = Exercise(
    gradient_norm_ratio,
    points=2,
    inputs=inputs,
    outputs=("the ratios",),
    axes={"the ratios": ("step",)},
    forbidden=HANDMADE,
    wild=small(drawn, 3),
)
mistake = EXERCISE.mistake

mistake("multiplies_by_wh_itself", {".T  # through tanh, then through the weights": ""}).says(
    "On its way back the gradient meets the transpose of wh, and you multiply by wh as it is; for "
    "a unit of the old state, sum over the units that read it."
)
mistake("leaves_the_slope_out", {"dh * (1 - h[t] ** 2) @ wh.T": "dh @ wh.T"}).says(
    "Your gradient passes through the weights only; each step back also meets the slope of tanh, "
    "which shrinks it where a state is near 1 or -1."
)
mistake("takes_one_minus_h", {"h[t] ** 2": "h[t]"}).says(
    "You take 1 - h for the slope of tanh; written with its value h, that slope is 1 - h^2."
)
mistake("takes_the_slope_before", {"h[t]": "h[t - 1]"}).says(
    "You take the slope at the state before the step; the gradient comes down through the tanh "
    "that made the state after it."
)
mistake(
    "applies_the_slope_last",
    {"dh *": "dh @ wh.T *", " @ wh.T  # through tanh, then through the weights": ""},
).says(
    "You apply the slope after the product with the weights; going back, the tanh comes first, "
    "since it was the last thing that the step did."
)
mistake(
    "averages_over_the_batch",
    {
        "start = np.linalg.norm(dh)": "start = np.linalg.norm(dh, axis=1).mean()",
        "(dh) /": "(dh, axis=1).mean() /",
    },
).says(
    "You take a norm for each sequence and average; the Frobenius norm is one root, of the "
    "squares of the whole batch together."
)
mistake(
    "keeps_the_batch",
    {
        "ratios = np.ones(T, dh.dtype)": (
            "start = np.linalg.norm(dh, axis=1)\nratios = np.ones((T, len(dh)), dh.dtype)"
        ),
        "np.linalg.norm(dh) / start": "np.linalg.norm(dh, axis=1) / start",
    },
).says(
    "You return a ratio for each sequence; the norm of a gradient is one number for the whole "
    "batch, so the result has one entry for each step."
)
mistake(
    "forgets_the_root",
    {
        "start = np.linalg.norm(dh)": "start = np.sum(dh**2)",
        "np.linalg.norm(dh) /": "np.sum(dh**2) /",
    },
).says("You compare sums of squares; a norm is the root of such a sum.")
mistake(
    "compares_neighbours", {"norm(dh) / start": "norm(dh) / start\nstart = np.linalg.norm(dh)"}
).says(
    "You divide each norm by that of the step after it; all of them are to be compared with the "
    "norm at the end."
)
mistake(
    "returns_norms",
    {
        "np.ones(T, dh.dtype)": "np.full(T, start, dh.dtype)",
        "np.linalg.norm(dh) / start": "np.linalg.norm(dh)",
    },
).says("You return the norms themselves; divide them by the norm of dh.")
mistake("starts_with_the_last", {"return ratios": "return ratios[::-1]"}).says(
    "Your entries come in the order in which you found them, from the last state back; the first "
    "entry belongs to the first step."
)
mistake(
    "takes_the_spectral_norm",
    {"start = np.linalg.norm(dh)": "start = np.linalg.norm(dh, 2)", "(dh) /": "(dh, 2) /"},
).says(
    "You take the largest singular value for the norm; the Frobenius norm is the root of the sum "
    "of all squares."
)
mistake(
    "returns_nan", {'raise ValueError("dh is 0 everywhere")': "return np.full(len(h), np.nan)"}
).says("You return NaN for a gradient that is 0 everywhere; no ratio is right there, so refuse it.")
mistake(
    "makes_ratios_float64", {"ratios =": "ratios, start =", "T, dh.dtype": "T), np.linalg.norm(dh"}
).says(
    "Your ratios come as float64 even where the arrays are float32; give the new array the type "
    "of dh."
)
mistake(
    "averages_ratios",
    {
        "start = np.linalg.norm(dh)": "start = np.linalg.norm(dh, axis=1)",
        "start == 0": "not start.any()",
        "np.linalg.norm(dh) / start": "np.mean(np.linalg.norm(dh, axis=1) / start)",
    },
).says(
    "You take a ratio for each sequence and then their mean; take one norm over the whole batch, "
    "and one ratio of it."
)
mistake(
    "adds_dh_at_each_step",
    {
        "ratios = np": "last = dh\nratios = np",
        "dh = dh * (1 - h[t] ** 2) @ wh.T": "dh = last + dh * (1 - h[t] ** 2) @ wh.T",
    },
).says(
    "You add dh again at every step, as if each state had a loss of its own; here the loss reads "
    "the last state alone."
)


@EXERCISE.right_answer
def multiplies_jacobians(dh, h, wh):
    T, N, M = h.shape
    if np.all(dh == 0):
        raise ValueError("there is no gradient")
    # One matrix for each sequence: how the last state moves with an earlier one.
    jacobians = np.broadcast_to(np.eye(M), (N, M, M))
    ratios = np.ones(T, dh.dtype)
    for t in range(T - 1, 0, -1):
        jacobians = np.einsum("km,nm,nmj->nkj", wh, 1 - h[t] ** 2, jacobians)
        ratios[t - 1] = np.linalg.norm(np.einsum("nkj,nj->nk", jacobians, dh))
        ratios[t - 1] /= np.linalg.norm(dh)
    return ratios


@EXERCISE.right_answer
def loops_over_sequences(dh, h, wh):
    T, N, _ = h.shape
    squares = np.zeros(T, dh.dtype)
    for n in range(N):
        d = dh[n]
        squares[T - 1] += d @ d
        for t in reversed(range(T - 1)):
            d = wh @ (d * (1 - h[t + 1, n]) * (1 + h[t + 1, n]))
            squares[t] += d @ d
    if not squares.any():
        raise ValueError("there is no gradient")
    return np.sqrt(squares / squares[T - 1])


@EXERCISE.right_answer
def keeps_all_gradients(dh, h, wh):
    T, N, M = h.shape
    if not np.any(dh):
        raise ValueError("there is no gradient")
    d = np.empty_like(h)
    d[T - 1] = dh
    for t in range(T - 2, -1, -1):
        d[t] = (d[t + 1] - d[t + 1] * h[t + 1] ** 2) @ wh.T
    norms = np.linalg.norm(d.reshape(T, N * M), axis=1)
    return norms / norms[T - 1]
