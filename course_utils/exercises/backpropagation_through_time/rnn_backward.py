"""The way back through all steps of a recurrent network: `rnn_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import rnn


def rnn_backward(dh, x, h0, wx, wh, h):
    """Go back through a whole sequence: dx, dh0, dwx, dwh, db.

    >>> dh, x, h = np.array([[0.0, 4.0], [1.0, 2.0], [0.5, 0.0]]).reshape(3, 2, 1, 1)
    >>> one = np.ones((1, 1))
    >>> dx, dh0, dwx, dwh, db = rnn_backward(dh, x, -one, one, one / 2, h)
    >>> dx.ravel(), dh0, dwx, dwh, db
    (array([1.5, 4. ]), array([[0.75]]), array([[9.5]]), array([[0.5]]), array([5.5]))
    """
    dx, dwx, dwh = np.empty_like(x), np.zeros_like(wx), np.zeros_like(wh)
    db = np.zeros_like(wx[0])
    dh_next = np.zeros_like(h0)  # no step comes after the last one
    for t in reversed(range(len(x))):
        h_prev = h[t - 1] if t else h0
        dh_t = dh[t] + dh_next  # the loss reads this state, and so does the next step
        da = dh_t * (1 - h[t] ** 2)
        dx[t], dh_next = da @ wx.T, da @ wh.T
        dwx += x[t].T @ da
        dwh += h_prev.T @ da
        db += np.sum(da, axis=0)
    return dx, dh_next, dwx, dwh, db


def reference(dh, x, h0, wx, wh, h):
    """Go back through the sequence as the library does."""
    return rnn.rnn_backward(dh, rnn.RNNCache(x, np.stack([h0, *h]), wx, wh, "tanh"))


def drawn(rng, T, N, D, M):
    """Draw gradients, and a sequence with its states."""
    dh, x, h0 = decimals(rng, T, N, M), decimals(rng, T, N, D), squashed_values(rng, N, M)
    return dh, x, h0, decimals(rng, D, M), differing(rng, M, M), squashed_values(rng, T, N, M)


def inputs(rng):
    """Draw few and short sequences with all sizes different."""
    dh, x, h = np.array([[0.0, 4.0], [1.0, 2.0], [0.5, 0.0]]).reshape(3, 2, 1, 1)
    one = np.ones((1, 1))
    yield case("the example", dh, x, -one, one, one / 2, h)
    dh, *rest = drawn(rng, 4, 2, 1, 3)
    yield case("4 steps, 2 sequences, one feature, 3 units", strided(dh), *rest)
    *rest, h = drawn(rng, 3, 4, 2, 1)
    yield case("one unit", *rest, np.asfortranarray(h))
    yield case("one sequence", *drawn(rng, 3, 1, 4, 2))
    yield case("one step", *drawn(rng, 1, 3, 4, 2))
    dh, *rest = drawn(rng, 4, 3, 1, 2)
    dh[:-1] = 0
    yield case("the loss reads the last state alone", dh, *rest)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 3, 2, 4, 2)))


FORMULA = Formula(
    arguments={
        "dh": [[["dh[0]"]], [["dh[1]"]]], "x": [[["x[0]"]], [["x[1]"]]], "h0": [["h0"]],
        "wx": [["wx"]], "wh": [["wh"]], "h": [[["h[0]"]], [["h[1]"]]],
    },
    numbers={"dh[0] dh[1] x[0] x[1] wx wh": decimals, "h0 h[0] h[1]": squashed_values},
    slopes="h0 h[0] h[1]",
    upstream="dh[0] dh[1]",
    selectors={"by way of wh": ("wh",)},
    entries={"dx": ("step 0", "step 1")},
)  # fmt: skip


EXERCISE = Exercise(
    rnn_backward,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dh0", "dwx", "dwh", "db"),
    axes={
        "dx": ("step", "sequence", "feature"),
        "dh0": ("sequence", "unit"),
        "dwx": ("feature", "unit"),
        "dwh": ("unit of the old state", "unit of the new state"),
        "db": ("unit",),
    },
    forbidden=HANDMADE,
    wild=small(drawn, 4),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake(
    "drops_what_comes_from_the_future",
    {" + dh_next  # the loss reads this state, and so does the next step": ""},
).says(
    "You take dh[t] for the whole gradient with respect to the state; step t + 1 has read it as "
    "well and sends its share back."
)
mistake(
    "reads_the_last_loss_alone",
    {"np.zeros_like(h0)  # no step comes after the last one": "dh[-1]", "dh[t] + ": ""},
).says(
    "You start from the last dh and never add the others; a loss at an earlier step reads the "
    "state there."
)
mistake("carries_past_tanh", {"da @ wh.T": "dh_t @ wh.T"}).says(
    "What you carry to the step before starts from dh; it must pass the tanh of this step first."
)
mistake("carries_by_wh_itself", {"da @ wh.T": "da @ wh"}).says(
    "You carry the gradient back with wh; on the way back each step multiplies by its transpose."
)
mistake("walks_from_the_first_step", {"reversed(range(len(x)))": "range(len(x))"}).says(
    "You walk through the steps in the order of time; a step's gradient waits for that of the step "
    "after it, so start at the last."
)
mistake(
    "keeps_the_first_step_only", {"dwx += x": "dwx = x", "dwh += h": "dwh = h", "db += ": "db = "}
).says(
    "Each step overwrites the gradients of the weights; the steps share them, so their "
    "contributions add up."
)
mistake("pairs_with_the_state_after", {"h_prev.T @ da": "h[t].T @ da"}).says(
    "Your dwh pairs step t with the state that it made; wh has met the state before it."
)
mistake("wraps_around_to_the_last_state", {"h[t - 1] if t else h0": "h[t - 1]"}).says(
    "At t = 0 you read h[-1], which is the last state; before the first step the state is h0."
)
mistake("starts_from_zeros", {"else h0": "else 0 * h0"}).says(
    "For the first step you take a state of 0; it has read h0, which need not be 0."
)
mistake("takes_the_slope_of_the_step_before", {"h[t] ** 2": "h_prev**2"}).says(
    "Your slope of tanh at step t is that of the state before; the tanh of step t has made h[t]."
)
mistake("averages_over_sequences", {"np.sum(da": "np.mean(da"}).says(
    "Your db takes a mean over the sequences at each step; all of them share the bias, so sum."
)
mistake("averages_over_time", {"dwx, dwh, db": "dwx / len(x), dwh / len(x), db / len(x)"}).says(
    "You divide the sums over time by the number of steps; the gradient is the sum itself."
)
mistake(
    "collects_in_float64",
    {
        "np.empty_like(x)": "np.empty(x.shape)",
        "np.zeros_like(wx), np.zeros_like(wh)": "np.zeros(wx.shape), np.zeros(wh.shape)",
        "np.zeros_like(wx[0])": "np.zeros(wh.shape[1])",
    },
).says(
    "You collect the gradients in arrays of float64, NumPy's default; give them the type of what "
    "came in."
)
mistake("returns_dx_from_the_end", {"return dx, dh_next": "return dx[::-1], dh_next"}).says(
    "Your dx begins with the last step; dx[t] belongs to the input of step t."
)
mistake("adds_dh_to_the_bias", {"np.sum(da": "np.sum(dh_t"}).says(
    "Your db adds up dh; the bias stands before the tanh, so add up the gradient behind it, da."
)
mistake("returns_zeros_for_dh0", {"return dx, dh_next": "return dx, np.zeros_like(h0)"}).says(
    "Your dh0 is all 0; what step 0 sends back to the state before it is the gradient with respect "
    "to h0."
)
mistake("returns_the_state_gradient_of_step_0", {"return dx, dh_next": "return dx, dh_t"}).says(
    "Your dh0 is the gradient with respect to the state after the first step; one more step back "
    "leads to h0."
)
mistake("adds_into_dh", {"dh_t = dh[t] + dh_next": "dh_t = dh[t]\ndh_t += dh_next"}).says(
    "You add what comes from the future into the array dh that you were handed; leave it as it was."
)
mistake(
    "adds_what_comes_back_behind_tanh",
    {
        " + dh_next  # the loss reads this state, and so does the next step": "",
        "da = dh_t * (1 - h[t] ** 2)": "da = dh_t * (1 - h[t] ** 2) + dh_next",
    },
).says(
    "You add what comes back from the next step after you have multiplied by the slope of tanh; "
    "it is a gradient with respect to the state, so add it to dh[t] first."
)
mistake(
    "leaves_out_step_0",
    {"np.empty_like(x)": "np.zeros_like(x)", "range(len(x))": "range(1, len(x))"},
).says("Your loop ends at step 1; step 0 has read x[0] and h0, so go back through it as well.")
mistake("adds_dh_to_dh0", {"return dx, dh_next": "return dx, dh_next + dh[0]"}).says(
    "You add dh[0] to dh0; it belongs to the state after step 0, and h0 gets what that step sends "
    "back, no more."
)


@EXERCISE.right_answer
def multiplies_once_at_the_end(dh, x, h0, wx, wh, h):
    (T, N, D), M = x.shape, len(wh)
    da = 1 - h * h
    carried = 0
    for t in range(T - 1, -1, -1):
        da[t] *= dh[t] + carried
        carried = da[t] @ wh.T
    rows = da.reshape(T * N, M)
    before = np.concatenate([h0[None], h])[:T].reshape(T * N, M)
    dx = (rows @ wx.T).reshape(T, N, D)
    return dx, carried, x.reshape(T * N, D).T @ rows, before.T @ rows, rows.sum(axis=0)


@EXERCISE.right_answer
def calls_itself_for_earlier_steps(dh, x, h0, wx, wh, h):
    states = [h0, *h]

    def back(t, from_later):
        if t < 0:
            return np.empty_like(x), from_later, 0 * wx, 0 * wh, 0 * wx[0]
        da = (from_later + dh[t]) * (1 - np.square(states[t + 1]))
        dx, dh0, dwx, dwh, db = back(t - 1, da @ wh.T)
        dx[t] = da @ wx.T
        return dx, dh0, dwx + x[t].T @ da, dwh + states[t].T @ da, db + da.sum(axis=0)

    return back(len(x) - 1, 0 * h0)


@EXERCISE.right_answer
def walks_over_lists(dh, x, h0, wx, wh, h):
    dxs, sums, later = [], [0, 0, 0], 0
    for dh_t, x_t, before, h_t in reversed(list(zip(dh, x, [h0, *h[:-1]], h, strict=True))):
        da = (1 + h_t) * (1 - h_t) * (dh_t + later)
        dxs = [da @ wx.T, *dxs]
        later = da @ wh.T
        parts = x_t.T @ da, before.T @ da, da.sum(axis=0)
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return np.array(dxs), later, *sums
