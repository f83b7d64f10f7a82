"""The way back through one step of a recurrent network: `rnn_step_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import rnn

STEP_BACK = {
    "dx": ("sequence", "feature"),
    "dh_prev": ("sequence", "unit"),
    "dwx": ("feature", "unit"),
    "dwh": ("unit of the old state", "unit of the new state"),
    "db": ("unit",),
}


def rnn_step_backward(dh, x, h, wx, wh, h_next):
    """Go back through h_next = tanh(x wx + h wh + b): dx, dh_prev, dwx, dwh, db.

    >>> dh, x, h, h_next = (np.array([[value]]) for value in (4.0, 2.0, -1.0, 0.5))
    >>> dx, dh_prev, dwx, dwh, db = rnn_step_backward(dh, x, h, 2 * x, 5 * x, h_next)
    >>> dx, dh_prev, dwx, dwh, db
    (array([[12.]]), array([[30.]]), array([[6.]]), array([[-3.]]), array([3.]))
    """
    da = dh * (1 - h_next**2)  # (N, M), by what went into tanh
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da, np.sum(da, axis=0)


def reference(dh, x, h, wx, wh, h_next):
    """Go back through the step of the library."""
    return rnn.rnn_step_backward(dh, rnn.StepCache(x, h, wx, wh, h_next, "tanh"))


def drawn(rng, N, D, M):
    """Draw a gradient, and a step with its result."""
    h, h_next = squashed_values(rng, N, M), squashed_values(rng, N, M)
    return (
        decimals(rng, N, M),
        decimals(rng, N, D),
        h,
        decimals(rng, D, M),
        differing(rng, M, M),
        h_next,
    )


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    dh, x, h, h_next = (np.array([[value]]) for value in (4.0, 2.0, -1.0, 0.5))
    yield case("the example", dh, x, h, 2 * x, 5 * x, h_next)
    dh, *rest = drawn(rng, 3, 4, 2)
    yield case("3 sequences, 4 features, 2 units", strided(dh), *rest)
    *rest, h_next = drawn(rng, 2, 1, 3)
    yield case("2 sequences, one feature, 3 units", *rest, np.asfortranarray(h_next))
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 4, 3, 2)))


FORMULA = Formula(
    arguments={
        "dh": [["dh"]], "x": [["x"]], "h": [["h"]], "wx": [["wx"]], "wh": [["wh"]],
        "h_next": [["h_next"]],
    },
    numbers={"dh x wx wh": decimals, "h h_next": squashed_values},
    factors={"1 - tanh(h_next)^2": lambda h_next: 1 - np.tanh(h_next) ** 2},
    slopes="h_next h",
    upstream="dh",
)  # fmt: skip


EXERCISE = Exercise(
    rnn_step_backward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=tuple(STEP_BACK),
    axes=STEP_BACK,
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake("forgets_the_tanh", {"dh * (1 - h_next**2)  # (N, M), by what went into tanh": "dh"}).says(
    "You send dh to the weights as it is; the state went through tanh, so multiply by its slope, "
    "1 - h_next^2."
)
mistake("forgets_the_square", {"h_next**2": "h_next"}).says(
    "Your slope of tanh is 1 - h_next; the state in it is squared."
)
mistake("takes_the_slope_of_a_sigmoid", {"(1 - h_next**2)": "h_next * (1 - h_next)"}).says(
    "You multiply by h_next * (1 - h_next), which is a sigmoid's slope; this network has a tanh."
)
mistake("takes_the_slope_at_the_old_state", {"h_next**2": "h**2"}).says(
    "You work the slope out from the state before the step; what tanh has made is h_next."
)
mistake("takes_tanh_twice", {"h_next**2": "np.tanh(h_next) ** 2"}).says(
    "You take tanh of h_next once more; h_next is the value of tanh already, so square it as it is."
)
mistake("sends_the_state_past_tanh", {"da @ wh.T": "dh @ wh.T"}).says(
    "Your dh_prev starts from dh; on its way to the old state the gradient passes tanh first."
)
mistake("multiplies_by_wh_itself", {"da @ wh.T": "da @ wh"}).says(
    "Your dh_prev multiplies by wh; forwards the state met wh, so backwards it meets its transpose."
)
mistake("meets_the_new_state", {"h.T @ da": "h_next.T @ da"}).says(
    "Your dwh pairs da with h_next; what wh was multiplied by is h, the state before the step."
)
mistake("turns_dwh_round", {"h.T @ da": "da.T @ h"}).says(
    "Your dwh is transposed; its rows belong to the old state, like those of wh."
)
mistake("averages_the_bias", {"np.sum(da": "np.mean(da"}).says(
    "You average da over the batch for db; each sequence adds its own share, so sum."
)
mistake(
    "divides_by_the_batch", {"x.T @ da, h.T @ da": "x.T @ da / len(x), h.T @ da / len(x)"}
).says(
    "You divide the weights' gradients by the number of sequences; if the loss is a mean, dh knows "
    "that already."
)
mistake("keeps_db_as_a_row", {"axis=0)": "axis=0, keepdims=True)"}).says(
    "Your db is a row, (1, M); it has the shape of b, (M,)."
)
mistake("returns_dwh_before_dwx", {"x.T @ da, h.T @ da": "h.T @ da, x.T @ da"}).says(
    "You return dwh before dwx; gradients come in the order of the arguments, wx first."
)
mistake("scales_dh_in_place", {"da = dh * (1 - h_next**2)": "dh *= 1 - h_next**2\nda = dh"}).says(
    "You multiply dh in place, and whoever called you finds it changed; make a new array."
)


@EXERCISE.right_answer
def goes_sequence_by_sequence(dh, x, h, wx, wh, h_next):
    dx, dh_prev = np.empty_like(x), np.empty_like(h)
    dwx, dwh = np.zeros_like(wx), np.zeros_like(wh)
    db = np.zeros_like(wx[0])
    for n, slope in enumerate(1 - h_next * h_next):
        da = slope * dh[n]
        dx[n], dh_prev[n] = wx @ da, wh @ da
        dwx += np.outer(x[n], da)
        dwh += np.outer(h[n], da)
        db += da
    return dx, dh_prev, dwx, dwh, db


@EXERCISE.right_answer
def stacks_the_weights(dh, x, h, wx, wh, h_next):
    D = x.shape[1]
    da = dh - dh * h_next * h_next
    back = da @ np.concatenate([wx, wh]).T
    dw = np.hstack([x, h, np.ones_like(h[:, :1])]).T @ da
    return back[:, :D], back[:, D:], dw[:D], dw[D:-1], dw[-1]


@EXERCISE.right_answer
def sums_with_einsum(dh, x, h, wx, wh, h_next):
    da = np.einsum("nm,nm->nm", dh, 1 - np.square(h_next))
    dx, dh_prev = np.einsum("nm,dm->nd", da, wx), np.einsum("nm,jm->nj", da, wh)
    dwx, dwh = np.einsum("nd,nm->dm", x, da), np.einsum("nj,nm->jm", h, da)
    return dx, dh_prev, dwx, dwh, np.einsum("nm->m", da)
