"""The gradient with respect to the state's weights, term by term: `path_terms`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import path_sum, rnn


def path_terms(dh, h0, wh, h):
    """Return what each loss says to wh by way of each step, (T, T, M, M).

    >>> dh, h = np.full((2, 1, 1), 4.0), np.array([[[0.5]], [[0.0]]])
    >>> terms = path_terms(dh, np.array([[-1.0]]), np.array([[0.5]]), h)
    >>> terms[:, :, 0, 0]
    array([[-3. ,  0. ],
           [-1.5,  2. ]])
    """
    T, _, M = h.shape
    terms = np.zeros((T, T, M, M), h.dtype)
    for j in range(T):
        dh_k = dh[j]
        for k in range(j, -1, -1):
            da = dh_k * (1 - h[k] ** 2)
            before = h[k - 1] if k else h0
            terms[j, k] = before.T @ da
            dh_k = da @ wh.T
    return terms


def reference(dh, h0, wh, h):
    """Take the terms of the library; no input is needed for those of wh."""
    T, N, M = h.shape
    x, wx = np.zeros((T, N, 1), h.dtype), np.zeros((1, M), h.dtype)
    cache = rnn.RNNCache(x, np.concatenate([h0[None], h]), wx, wh, "tanh")
    return path_sum.path_terms(dh, cache).dwh


def drawn(rng, T, N, M):
    """Draw gradients and states, and weights of which no two are the same."""
    dh, h0 = decimals(rng, T, N, M), squashed_values(rng, N, M)
    return dh, h0, differing(rng, M, M), squashed_values(rng, T, N, M)


def inputs(rng):
    """Draw few and short sequences with all sizes different."""
    dh, h = np.full((2, 1, 1), 4.0), np.array([[[0.5]], [[0.0]]])
    yield case("the example", dh, np.array([[-1.0]]), np.array([[0.5]]), h)
    dh, *rest = drawn(rng, 4, 3, 2)
    yield case("4 steps, 3 sequences, 2 units", strided(dh), *rest)
    *rest, h = drawn(rng, 3, 2, 3)
    yield case("3 steps, 2 sequences, 3 units", *rest, np.asfortranarray(h))
    yield case("one sequence", *drawn(rng, 3, 1, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    yield case("one step", *drawn(rng, 1, 3, 2))
    dh, *rest = drawn(rng, 4, 2, 1)
    dh[:-1] = 0
    yield case("the last loss alone", dh, *rest)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 3, 4, 2)))


FORMULA = Formula(
    arguments={
        "dh": [[["dh[0]"]], [["dh[1]"]], [["dh[2]"]]], "h0": [["h0"]], "wh": [["wh"]],
        "h": [[["h[0]"]], [["h[1]"]], [["h[2]"]]],
    },
    numbers={"dh[0] dh[1] dh[2] wh": decimals, "h0 h[0] h[1] h[2]": squashed_values},
    slopes="h0 h[0] h[1] h[2]",
    upstream="dh[0] dh[1] dh[2]",
    entries={"the result": tuple(f"[{j}, {k}]" for j in range(3) for k in range(3))},
)  # fmt: skip


EXERCISE = Exercise(
    path_terms,
    points=4,
    inputs=inputs,
    reference=reference,
    axes={
        "the result": (
            "step of the loss",
            "step of the weights",
            "unit of the old state",
            "unit of the new state",
        )
    },
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake(
    "takes_the_total_derivative",
    {
        "return terms": (
            "earlier = np.tri(T, dtype=h.dtype)[:, :, None, None]\n"
            "return np.cumsum(terms, axis=1) * earlier"
        )
    },
).says(
    "Your term of (j, k) holds those of earlier steps too; at its end stands the immediate "
    "derivative, with h[k - 1] held fixed, else paths count twice."
)
mistake(
    "leaves_out_the_loss_step",
    {"terms[j, k] = before.T @ da": "if k < j:\n    terms[j, k] = before.T @ da"},
).says("You leave out k = j; the loss at j also says something by way of step j itself.")
mistake("leaves_out_step_0", {"range(j, -1, -1)": "range(j, 0, -1)"}).says(
    "Your sum begins at k = 1; step 0 used the weights too, on h0."
)
mistake("goes_one_step_only", {"range(j, -1, -1)": "range(j, max(j - 2, -1), -1)"}).says(
    "Your terms stop one step before the loss; go on down to step 0."
)
mistake("pairs_with_the_state_made", {"before.T @ da": "h[k].T @ da"}).says(
    "You pair step k with h[k], which it has made; what it multiplied by wh is h[k - 1]."
)
mistake("pairs_step_0_with_the_last_state", {"h[k - 1] if k else h0": "h[k - 1]"}).says(
    "At k = 0 your h[k - 1] is the last state, as index -1 counts from the end; there it is h0."
)
mistake("forgets_tanh_at_step_k", {"before.T @ da": "before.T @ dh_k"}).says(
    "Your immediate derivative lacks the slope of the tanh of step k, which lies behind wh."
)
mistake("leaves_tanh_out_on_the_way", {"da @ wh.T": "dh_k @ wh.T"}).says(
    "Your Jacobians are those of a network without tanh; multiply by its slope before wh takes "
    "over."
)
mistake("meets_wh_untransposed", {"da @ wh.T": "da @ wh"}).says(
    "On its way from step to step your gradient meets wh; it must be the transpose of wh."
)
mistake("exchanges_loss_and_weights", {"terms[j, k] =": "terms[k, j] ="}).says(
    "You file the term under [k, j]; the loss's step comes first, that of the weights second."
)
mistake("fills_in_each_loss_twice", {"dh_k = da @ wh.T": "dh_k = da @ wh.T + dh[k - 1]"}).says(
    "On your way back you add the gradients of earlier losses; a term belongs to one loss, that "
    "of step j."
)
mistake("averages_the_sequences", {"before.T @ da": "before.T @ da / len(h0)"}).says(
    "You divide each term by the number of sequences; what they say adds up."
)
mistake("turns_terms_round", {"before.T @ da": "da.T @ before"}).says(
    "Your terms are transposed; rows belong to the unit before, as in wh."
)
mistake("takes_slopes_one_step_late", {"h[k] ** 2": "(h[k - 1] if k else h0) ** 2"}).says(
    "You take the slope of step k at the state before it; the tanh of step k gave h[k]."
)
mistake("fills_zeros_of_float64", {", h.dtype)": ")"}).says(
    "Your array of terms is float64 whatever comes in; give it the type of the states."
)
mistake(
    "turns_both_products_round", {"before.T @ da": "da.T @ before", "da @ wh.T": "da @ wh"}
).says(
    "Both of your products are turned round: a term has the units of the old state in its rows, "
    "and the way back from step to step is through the transpose of wh."
)
mistake("averages_the_slopes", {"(1 - h[k] ** 2)": "np.mean(1 - h[k] ** 2, axis=0)"}).says(
    "You take one slope of tanh for the whole batch, the mean; each sequence has slopes of its own."
)
mistake(
    "averages_slopes_and_terms",
    {
        "(1 - h[k] ** 2)": "np.mean(1 - h[k] ** 2, axis=0)",
        "before.T @ da": "before.T @ da / len(h0)",
    },
).says(
    "You average over the batch, the slopes and then the terms; each sequence goes back through "
    "slopes of its own, and what the sequences say adds up."
)


@EXERCISE.right_answer
def multiplies_jacobians(dh, h0, wh, h):
    T, N, M = h.shape
    terms = np.zeros_like(h, shape=(T, T, M, M))
    slopes = 1 - h**2
    states = [h0, *h]
    for k in range(T):
        lag = np.tile(np.eye(M, dtype=h.dtype), (N, 1, 1))
        for j in range(k, T):
            if j > k:
                lag = (slopes[j][:, :, None] * wh.T) @ lag
            for n in range(N):
                da = dh[j, n] @ lag[n] * slopes[k, n]
                terms[j, k] += np.outer(states[k][n], da)
    return terms


@EXERCISE.right_answer
def walks_all_losses_together(dh, h0, wh, h):
    T, _, M = h.shape
    slopes = 1 - h * h
    before = np.concatenate([h0[None], h])[:-1]
    terms = np.zeros((T, T, M, M), dtype=h.dtype)
    walkers = dh
    for lag in range(T):
        da = walkers * slopes[: T - lag]
        for k in range(T - lag):
            terms[k + lag, k] = np.tensordot(before[k], da[k], axes=(0, 0))
        walkers = (da @ wh.T)[1:]
    return terms


@EXERCISE.right_answer
def calls_itself(dh, h0, wh, h):
    def rows(j, k, d):
        """Return the terms of steps 0 to k, given the gradient with respect to the state k."""
        if k < 0:
            return []
        da = (1 - h[k]) * (1 + h[k]) * d
        own = np.einsum("ni,nm->im", h[k - 1] if k > 0 else h0, da)
        return [*rows(j, k - 1, np.einsum("nm,im->ni", da, wh)), own]

    T = len(h)
    zero = np.zeros_like(wh)
    return np.array([rows(j, j, dh[j]) + [zero] * (T - 1 - j) for j in range(T)])
