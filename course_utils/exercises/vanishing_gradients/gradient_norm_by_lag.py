"""How far back each loss reaches: `gradient_norm_by_lag`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import path_sum, rnn


def gradient_norm_by_lag(dh, h, wh):
    """Return the norm of what the loss at step j says to the state k steps before, (T, T).

    >>> dh, h = np.ones((3, 1, 1)), np.array([0.0, 0.8, 0.6]).reshape(3, 1, 1)
    >>> gradient_norm_by_lag(dh, h, np.array([[0.9]])).round(3)
    array([[1.   , 0.   , 0.   ],
           [1.   , 0.324, 0.   ],
           [1.   , 0.576, 0.187]])
    """
    T = len(h)
    norms = np.zeros((T, T), h.dtype)
    for j in range(T):
        back = dh[j]
        for k in range(j + 1):
            norms[j, k] = np.sqrt(np.sum(back**2))
            da = back * (1 - h[j - k] ** 2)  # through the tanh that made the state
            back = da @ wh.T
    return norms


def reference(dh, h, wh):
    """Multiply by the Jacobian of each lag."""
    T, N, M = h.shape
    x, wx = np.zeros((T, N, 1), h.dtype), np.zeros((1, M), h.dtype)
    cache = rnn.RNNCache(x, np.concatenate([h[:1], h]), wx, wh, "tanh")
    norms = np.zeros((T, T), h.dtype)
    for j in range(T):
        for k in range(j + 1):
            jacobian = path_sum.lag_jacobian(cache, j, j - k)
            norms[j, k] = np.linalg.norm(np.einsum("nm,nmi->ni", dh[j], jacobian))
    return norms


def drawn(rng, T, N, M):
    """Draw gradients, states, and weights of which no two are the same."""
    return decimals(rng, T, N, M), squashed_values(rng, T, N, M), differing(rng, M, M)


def inputs(rng):
    """Draw short sequences, few at a time."""
    dh, h = np.ones((3, 1, 1)), np.array([0.0, 0.8, 0.6]).reshape(3, 1, 1)
    yield case("the example", dh, h, np.array([[0.9]]))
    dh, *rest = drawn(rng, 4, 2, 3)
    yield case("4 steps, 2 sequences, 3 units", strided(dh), *rest)
    dh, h, wh = drawn(rng, 3, 3, 2)
    yield case("small weights", dh, np.asfortranarray(h), wh / 10)
    _, h, wh = drawn(rng, 3, 2, 3)
    quarters = rng.integers(1, 9, (3, 1, 3)) / 4  # whose sum has no rounding
    yield case("gradients that add up to 0", np.concatenate([quarters, -quarters], axis=1), h, wh)
    dh, h, wh = drawn(rng, 4, 2, 2)
    dh[1:3] = 0
    yield case("two steps without a loss", dh, h, wh)
    yield case("one step", *drawn(rng, 1, 2, 3))
    yield case("one sequence, one unit", *drawn(rng, 4, 1, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 3, 4, 2)))


EXERCISE = Exercise(
    gradient_norm_by_lag,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("step of the loss", "lag")},
    forbidden=HANDMADE,
    wild=small(drawn, 3),
)
mistake = EXERCISE.mistake

mistake("takes_the_slope_of_the_state_before", {"h[j - k] ** 2": "h[j - k - 1] ** 2"}).says(
    "You take the slope at the state you arrive at; the step back passes the tanh that made the "
    "state you leave."
)
mistake("takes_the_slope_of_the_loss", {"h[j - k] ** 2": "h[j] ** 2"}).says(
    "Each step back of yours has the slope at step j; every state on the way has one of its own."
)
mistake("leaves_the_slope_out", {"back * (1 - h[j - k] ** 2)": "back"}).says(
    "Your gradient meets the weights alone; before them it passes tanh, and that scales it by "
    "1 - h * h."
)
mistake("has_the_slope_without_a_square", {"h[j - k] ** 2": "h[j - k]"}).says(
    "You scale by 1 - h on the way back; the slope of tanh has the square of the state."
)
mistake("goes_forward_through_wh", {"da @ wh.T": "da @ wh"}).says(
    "On the way back you multiply by wh as the way forward does; a gradient meets its transpose."
)
mistake(
    "meets_the_weights_first", {"back = da @ wh.T": "back = back @ wh.T * (1 - h[j - k] ** 2)"}
).says("You multiply by the weights and then by the slope; on the way back tanh comes first.")
mistake("has_the_step_in_the_column", {"norms[j, k]": "norms[j, j - k]"}).says(
    "In your result the column is the step that is reached; it is to be the lag, how many steps "
    "back that is."
)
mistake("turns_the_table", {"return norms": "return norms.T"}).says(
    "Your rows are lags and your columns steps; the step of the loss comes first."
)
mistake("forgets_the_root", {"np.sqrt(np.sum(back**2))": "np.sum(back**2)"}).says(
    "You return sums of squares; the norm is the root of one."
)
mistake("adds_absolute_values", {"np.sqrt(np.sum(back**2))": "np.sum(np.abs(back))"}).says(
    "You add up absolute values; the norm asked for is the root of the sum of squares."
)
mistake("takes_the_spectral_norm", {"np.sqrt(np.sum(back**2))": "np.linalg.norm(back, 2)"}).says(
    "You take the largest singular value of the gradient; the norm here counts all its numbers."
)
mistake("takes_the_root_mean_square", {"np.sum(back**2)": "np.mean(back**2)"}).says(
    "You divide by the number of entries before the root; a norm adds all squares."
)
mistake(
    "averages_the_norms_of_sequences",
    {"np.sqrt(np.sum(back**2))": "np.mean(np.sqrt(np.sum(back**2, axis=1)))"},
).says("You average a norm of each sequence; take one norm over all sequences and units.")
mistake("means_over_sequences", {"np.sum(back**2)": "np.sum(back**2) / len(back)"}).says(
    "You take a mean over the sequences; add the squares of all sequences and units."
)
mistake("sums_the_sequences_first", {"np.sum(back**2)": "np.sum(np.sum(back, axis=0) ** 2)"}).says(
    "You add the sequences up before you square, where they can cancel; square each number first."
)
mistake("picks_up_other_losses", {"back = da @ wh.T": "back = da @ wh.T + dh[j - k - 1]"}).says(
    "On its way back your gradient takes those of other losses along; each row is of one loss."
)
mistake("uses_the_last_loss", {"back = dh[j]": "back = dh[-1]"}).says(
    "All your rows begin with the gradient of the last loss; row j begins with that of step j."
)
mistake(
    "divides_by_the_first_norm", {"return norms": "return norms / np.maximum(norms[:, :1], 1e-9)"}
).says("You divide each row by its norm at lag 0; here the norms themselves are asked for.")
mistake("stops_a_step_early", {"range(j + 1)": "range(j or 1)"}).says(
    "You stop before step 0; the loss at j reaches back j steps, to the first state."
)
mistake("fills_float64", {"(T, T), h.dtype": "(T, T)"}).says(
    "Your table is float64 whatever comes in; give it the type of the states."
)
mistake(
    "picks_up_other_losses_and_forgets_the_root",
    {
        "np.sqrt(np.sum(back**2))": "np.sum(back**2)",
        "back = da @ wh.T": "back = da @ wh.T + dh[j - k - 1]",
    },
).says(
    "You add the gradients of other losses on the way, and return sums of squares; each row is of "
    "one loss, and a norm is a root."
)


@EXERCISE.right_answer
def takes_all_losses_a_step_back(dh, h, wh):
    T = dh.shape[0]
    slope, norms, back = 1 - h * h, np.zeros_like(h, shape=(T, T)), dh
    for lag in range(T):
        norms[range(lag, T), lag] = np.sqrt(np.einsum("tnm,tnm->t", back, back))
        back = (back[1:] * slope[1 : T - lag]) @ wh.T
    return norms


@EXERCISE.right_answer
def walks_from_each_loss(dh, h, wh):
    rows = []
    for j, back in enumerate(dh):
        row = [np.linalg.norm(back)]
        for state in h[j:0:-1]:
            back = np.dot(back - back * state**2, wh.T)
            row.append(np.linalg.norm(back))
        rows.append(row + [0] * (len(h) - len(row)))
    return np.array(rows, dtype=h.dtype)


@EXERCISE.right_answer
def multiplies_matrices(dh, h, wh):
    T, N, M = h.shape
    squares = np.zeros((T, T), dtype=h.dtype)
    for n in range(N):
        for j in range(T):
            back = dh[j, n]
            for t in range(j, -1, -1):
                squares[j, j - t] += back @ back
                back = wh @ np.diag(1 - h[t, n] ** 2) @ back
    return squares**0.5
