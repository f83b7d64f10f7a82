"""The way back through a step whose gates look at the cell: `peephole_step_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import (
    HANDMADE,
    STEP_BACK,
    decimals,
    differing,
    gate_values,
    small,
    squashed_values,
)
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference.peephole_lstm import (
    Cell,
    PeepholeStepCache,
    peephole_lstm_step_backward,
)


def peephole_step_backward(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    """Go back through peephole_step_forward: dx, dh_prev, dc_prev, dwx, dwh, dp, db.

    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> wx, wh, p = np.zeros((1, 4)), np.zeros((1, 4)), np.array([[3.0], [1.0], [5.0]])
    >>> gates = np.array([[0.5, 0.5, 0.0, 0.5]])
    >>> grads = peephole_step_backward(zero, one, zero, zero, 2 * one, wx, wh, p, one, gates)
    >>> dx, dh_prev, dc_prev, dwx, dwh, dp, db = grads
    >>> dc_prev, dp.ravel(), db
    (array([[1.]]), array([0., 1., 0.]), array([0. , 0.5, 0.5, 0. ]))
    """
    i, f, g, o = np.split(gates, 4, axis=1)  # (N, M) each
    shown = np.tanh(c_next)
    da_o = dh * shown * o * (1 - o)
    # The new cell is read by the next step, by the state and by the output gate.
    dc = dc + dh * o * (1 - shown**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    # The old cell is read by the new one and by two gates.
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (N, 4M)
    dp = np.stack([np.sum(d, axis=0) for d in (da_i * c, da_f * c, da_o * c_next)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, np.sum(da, axis=0)


def reference(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    """Go back through the step of the library, which has a row of p at a time."""
    cell = Cell(c, c_next, np.tanh(c_next), *np.split(gates, 4, axis=1))
    cache = PeepholeStepCache(x, h, wx, wh, *p, cell)
    dx, dh_prev, dc_prev, dwx, dwh, db, *dp = peephole_lstm_step_backward(dh, dc, cache)
    return dx, dh_prev, dc_prev, dwx, dwh, np.stack(dp), db


def drawn(rng, N, D, M):
    """Draw gradients, and a step with its results."""
    dh, dc, h, c = (decimals(rng, N, M) for _ in range(4))
    i, f, o = (gate_values(rng, N, M) for _ in range(3))
    g = squashed_values(rng, N, M)
    # Rounded to what it is on paper: no gate and no cell has more than two decimals.
    c_next = np.round(f * c + i * g, 4)
    weights = decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), differing(rng, 3, M)
    gates = np.concatenate([i, f, g, o], axis=1)
    return dh, dc, decimals(rng, N, D), h, c, *weights, c_next, gates


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    zero, one, w = np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 4))
    p, gates = np.array([[3.0], [1.0], [5.0]]), np.array([[0.5, 0.5, 0.0, 0.5]])
    yield case("the example", zero, one, zero, zero, 2 * one, w, w, p, one, gates)
    dh, *rest = drawn(rng, 3, 1, 2)
    yield case("3 sequences, one feature, 2 units", strided(dh), *rest)
    *rest, gates = drawn(rng, 2, 4, 3)
    yield case("2 sequences, 4 features, 3 units", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 4, 3, 2)))


FORMULA = Formula(
    arguments={
        "dh": [["dh"]], "dc": [["dc"]], "x": [["x"]], "h": [["h"]], "c": [["c"]],
        "wx": [["wx_i", "wx_f", "wx_g", "wx_o"]], "wh": [["wh_i", "wh_f", "wh_g", "wh_o"]],
        "p": [["p_i"], ["p_f"], ["p_o"]], "c_next": [["c_next"]], "gates": [["i", "f", "g", "o"]],
    },
    numbers={
        "dh dc x h c": decimals, "i f o": gate_values, "g": squashed_values,
        "wx_i wx_f wx_g wx_o wh_i wh_f wh_g wh_o p_i p_f p_o": decimals,
    },
    factors={
        "c_next": lambda i, f, g, c: f * c + i * g,
        "tanh(c_next)": lambda i, f, g, c: np.tanh(f * c + i * g),
    },
    slopes="i f g o tanh(c_next)",
    upstream="dh dc",
    selectors={
        **{f"gate {k}": (f"wx_{k} wh_{k}",) for k in "ifgo"},
        **{f"by way of p_{k}": (f"p_{k}",) for k in "ifo"},
        **{f"gate {k}, by way of p_o": (f"wx_{k} wh_{k}", "p_o") for k in "ifg"},
    },
)  # fmt: skip


EXERCISE = Exercise(
    peephole_step_backward,
    points=1,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dh_prev", "dc_prev", "dwx", "dwh", "dp", "db"),
    axes={**STEP_BACK, "dp": ("gate: i f o", "unit")},
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake("forgets_the_peephole_of_o", {" + da_o * p[2]": ""}).says(
    "Your gradient with respect to the cell lacks what comes through the output gate's peephole; o "
    "looks at c_next, so c_next also gets da_o times o's row of p."
)
mistake("forgets_the_peepholes_of_i_and_f", {"dc * f + da_i * p[0] + da_f * p[1]": "dc * f"}).says(
    "Your gradient with respect to the old cell lacks what comes through the peepholes of i and f; "
    "both gates look at c, beside the path through f * c."
)
mistake("sends_o_to_the_old_cell", {" + da_o * p[2]": "", "p[1]": "p[1] + da_o * p[2]"}).says(
    "You send the peephole of o back to the old cell; that gate looks at c_next, so add its "
    "share to dc, and only then work out the rest."
)
mistake("forgets_the_path_through_h", {"dc + dh * o * (1 - shown**2) + da_o": "dc + da_o"}).says(
    "You take the incoming dc alone; the cell also counts through the state, h = o * "
    "tanh(c_next), so dh adds its share."
)
mistake("ignores_the_incoming_dc", {"dc + ": ""}).says(
    "You start from dh alone; the next step reads the cell as well, and what it sends back comes "
    "in as dc."
)
mistake("takes_no_slope_of_tanh_c", {"dh * o * (1 - shown**2)": "dh * o"}).says(
    "The gradient from h to the cell lacks a slope; the state shows tanh(c_next), so multiply by "
    "1 - tanh(c_next)^2."
)
mistake("takes_one_minus_g", {"g**2": "g"}).says(
    "For the candidate's slope you take 1 - g; g is a tanh, and its slope is 1 - g^2."
)
mistake(
    "leaves_gates_slopes_out", {" * o * (1 - o)": "", " * i * (1 - i)": "", " * f * (1 - f)": ""}
).says(
    "Your gradients with respect to i, f and o stop at the gates; each gate is a sigmoid, so "
    "multiply by its slope to get behind it."
)
mistake("exchanges_da_i_and_da_f", {"dc * g * i": "dc * c * i", "dc * c * f": "dc * g * f"}).says(
    "You multiply by the wrong partner: in c_next = f * c + i * g, the gradient with respect to "
    "i meets g and the gradient with respect to f meets c."
)
mistake("leaves_f_out_of_dc_prev", {"dc * f": "dc"}).says(
    "You hand dc back as it is; on its way to the old cell it passes through the forget gate."
)
mistake("keeps_the_batch_in_dp", {"np.sum(d, axis=0) for": "d for"}).says(
    "Your dp has an entry for each sequence; all sequences share the peepholes, so their "
    "gradients add up."
)
mistake("averages_the_batch", {"np.sum(d, ": "np.mean(d, ", "np.sum(da": "np.mean(da"}).says(
    "You take the mean over the batch for dp and db; gradients with respect to shared numbers are "
    "sums."
)
mistake("meets_the_old_cell_in_dp_o", {"da_o * c_next": "da_o * c"}).says(
    "In the last row of dp you use the old cell; the output gate has seen c_next."
)
mistake("meets_the_new_cell_in_dp", {"da_i * c, da_f * c,": "da_i * c_next, da_f * c_next,"}).says(
    "In the first two rows of dp you use c_next; the input and the forget gate have seen the cell "
    "before the step."
)
mistake("joins_i_f_o_g", {"da_g, da_o": "da_o, da_g"}).says(
    "You put the four gradients beside each other as i, f, o, g; the columns of the weights come "
    "as i, f, g, o."
)
mistake("adds_to_the_callers_dc", {"dc = dc +": "dc +="}).says(
    "You add to dc inside the caller's own array; write dc = dc + ..., which makes a new one."
)
mistake("averages_dp", {"np.sum(d, ": "np.mean(d, "}).says(
    "You take the mean over the batch for dp; all sequences share the peepholes, so add up."
)


@EXERCISE.right_answer
def goes_sequence_by_sequence(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    N, M = h.shape
    dx, dwx, dwh, dp = (np.zeros_like(array) for array in (x, wx, wh, p))
    dh_prev, dc_prev = np.empty_like(h), np.empty_like(c)
    db = np.zeros_like(wx, shape=4 * M)
    for n in range(N):
        i, f, g, o = gates[n].reshape(4, M)
        y = np.tanh(c_next[n])
        da_o = dh[n] * y * (o - o * o)
        d = dc[n] + dh[n] * o * (1 - y * y) + p[2] * da_o
        da_i, da_f = d * g * (i - i * i), d * c[n] * (f - f * f)
        da = np.concatenate([da_i, da_f, d * i * (1 - g * g), da_o])
        dx[n], dh_prev[n] = wx @ da, wh @ da
        dc_prev[n] = d * f + p[0] * da_i + p[1] * da_f
        dwx += np.outer(x[n], da)
        dwh += np.outer(h[n], da)
        db += da
        dp += np.stack([da_i * c[n], da_f * c[n], da_o * c_next[n]])
    return dx, dh_prev, dc_prev, dwx, dwh, dp, db


@EXERCISE.right_answer
def stacks_gates_and_sums_with_einsum(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    N, M = h.shape
    i, f, g, o = gates.reshape(N, 4, M).transpose(1, 0, 2)
    slopes = np.stack([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)])
    shown = np.tanh(c_next)
    da_o = slopes[3] * shown * dh
    d = dc + (1 - shown**2) * o * dh + np.einsum("m,nm->nm", p[2], da_o)
    da = np.stack([g * d, c * d, i * d, shown * dh]) * slopes  # (4, N, M)
    seen = np.stack([c, c, c_next])
    dp = np.sum(da[[0, 1, 3]] * seen, axis=1)
    dc_prev = f * d + np.einsum("km,knm->nm", p[:2], da[:2])
    joined = da.transpose(1, 0, 2).reshape(N, 4 * M)
    dx, dh_prev = np.einsum("nk,dk->nd", joined, wx), np.einsum("nk,mk->nm", joined, wh)
    dwx, dwh = np.einsum("nd,nk->dk", x, joined), np.einsum("nm,nk->mk", h, joined)
    return dx, dh_prev, dc_prev, dwx, dwh, dp, joined.sum(axis=0)


@EXERCISE.right_answer
def multiplies_stacked_arrays(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    D = x.shape[1]
    i, f, g, o = np.hsplit(gates, 4)
    by_o = dh * np.tanh(c_next) * o * (1 - o)
    by_c = dc + dh * o / np.cosh(c_next) ** 2 + by_o * p[2]
    by_i, by_f, by_g = by_c * g * i * (1 - i), by_c * c * f * (1 - f), by_c * i * (1 - g * g)
    da = np.hstack([by_i, by_f, by_g, by_o])
    dw, dxh = np.hstack([x, h]).T @ da, da @ np.vstack([wx, wh]).T
    dp = np.stack([np.sum(by_i * c, 0), np.sum(by_f * c, 0), np.sum(by_o * c_next, 0)])
    dc_prev = by_c * f + by_i * p[0] + by_f * p[1]
    return dxh[:, :D], dxh[:, D:], dc_prev, dw[:D], dw[D:], dp, np.sum(da, 0)
