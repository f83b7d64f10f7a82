"""The way back through one step of an LSTM: `lstm_step_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import (
    HANDMADE,
    STEP_BACK,
    decimals,
    gate_values,
    small,
    squashed_values,
)
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import lstm


def lstm_step_backward(dh, dc, x, h, c, wx, wh, gates):
    """Go back through lstm_step_forward: dx, dh_prev, dc_prev, dwx, dwh, db.

    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> w, gates = np.zeros((1, 4)), np.array([[0.5, 0.5, 0.0, 0.5]])
    >>> grads = lstm_step_backward(zero, one, zero, zero, 2 * one, w, w, gates)
    >>> dx, dh_prev, dc_prev, dwx, dwh, db = grads
    >>> dc_prev, db
    (array([[0.5]]), array([0. , 0.5, 0.5, 0. ]))
    """
    i, f, g, o = np.split(gates, 4, axis=1)  # (N, M) each
    shown = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - shown**2)  # the next step and the state have read the cell
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * shown * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (N, 4M)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, np.sum(da, axis=0)


def reference(dh, dc, x, h, c, wx, wh, gates):
    """Go back through the step of the library."""
    i, f, g, o = np.split(gates, 4, axis=1)
    cache = lstm.LSTMStepCache(x, h, c, wx, wh, i, f, g, o, np.tanh(f * c + i * g))
    return lstm.lstm_step_backward(dh, dc, cache)


def drawn(rng, N, D, M):
    """Draw gradients, and a step with its gates."""
    dh, dc, h, c = (decimals(rng, N, M) for _ in range(4))
    i, f, o = (gate_values(rng, N, M) for _ in range(3))
    gates = np.concatenate([i, f, squashed_values(rng, N, M), o], axis=1)
    weights = decimals(rng, D, 4 * M), decimals(rng, M, 4 * M)
    return dh, dc, decimals(rng, N, D), h, c, *weights, gates


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    zero, one, w = np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 4))
    gates = np.array([[0.5, 0.5, 0.0, 0.5]])
    yield case("the example", zero, one, zero, zero, 2 * one, w, w, gates)
    dh, *rest = drawn(rng, 3, 1, 2)
    yield case("3 sequences, one feature, 2 units", strided(dh), *rest)
    *rest, gates = drawn(rng, 2, 4, 3)
    yield case("2 sequences, 4 features, 3 units", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    *rest, gates = drawn(rng, 3, 2, 2)
    gates.reshape(3, 4, 2)[0] = [[0, 1], [0, 1], [0, -1], [1, 0]]
    yield case("some gates shut, some wide open", *rest, gates)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 4, 1, 2)))


FORMULA = Formula(
    arguments={
        "dh": [["dh"]], "dc": [["dc"]], "x": [["x"]], "h": [["h"]], "c": [["c"]],
        "wx": [["wx_i", "wx_f", "wx_g", "wx_o"]], "wh": [["wh_i", "wh_f", "wh_g", "wh_o"]],
        "gates": [["i", "f", "g", "o"]],
    },
    numbers={
        "dh dc x h c": decimals, "i f o": gate_values, "g": squashed_values,
        "wx_i wx_f wx_g wx_o wh_i wh_f wh_g wh_o": decimals,
    },
    factors={
        "c_next": lambda i, f, g, c: f * c + i * g,
        "tanh(c_next)": lambda i, f, g, c: np.tanh(f * c + i * g),
        "tanh(c)": lambda c: np.tanh(c),
    },
    slopes="i f g o tanh(c_next) tanh(c)",
    upstream="dh dc",
    selectors={f"gate {k}": (f"wx_{k} wh_{k}",) for k in "ifgo"},
)  # fmt: skip


EXERCISE = Exercise(
    lstm_step_backward,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=tuple(STEP_BACK),
    axes=STEP_BACK,
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake(
    "forgets_the_path_through_h",
    {"dc = dc + dh * o * (1 - shown**2)  # the next step and the state have read the cell": ""},
).says(
    "You go on with dc as it came in; the state shows the cell too, so part of dh belongs to the "
    "gradient with respect to the new cell."
)
mistake("forgets_the_incoming_dc", {"dc + ": ""}).says(
    "You build the gradient with respect to the new cell from dh alone; dc, which the steps to "
    "come send back, is added to it."
)
mistake("leaves_the_slope_of_tanh_c_out", {"dh * o * (1 - shown**2)": "dh * o"}).says(
    "What dh sends to the cell passes a tanh; multiply by its slope, 1 - tanh(c_next)^2."
)
mistake("takes_the_old_cell_for_tanh", {"f * c + i * g": "c"}).says(
    "You take tanh of the cell before the step; the state shows c_next, so work out f * c + i * g "
    "first."
)
mistake("forgets_the_slope_of_f", {"dc * c * f * (1 - f)": "dc * c"}).says(
    "Your da_f stops at the gate itself; to get behind the sigmoid, multiply by f * (1 - f)."
)
mistake("forgets_the_slope_of_i", {"dc * g * i * (1 - i)": "dc * g"}).says(
    "Your da_i stops at the input gate; the sigmoid in front of it has the slope i * (1 - i)."
)
mistake("forgets_the_slope_of_g", {"dc * i * (1 - g**2)": "dc * i"}).says(
    "Your da_g stops at the candidate; the slope of its tanh, 1 - g^2, is missing."
)
mistake("gives_g_the_slope_of_a_sigmoid", {"(1 - g**2)": "g * (1 - g)"}).says(
    "You take g * (1 - g) for the slope of the candidate; g comes from a tanh, which has 1 - g^2."
)
mistake("exchanges_partners", {"dc * g * i": "dc * c * i", "dc * c * f": "dc * g * f"}).says(
    "You have i meet the old cell and f meet the candidate; in f * c + i * g it is the other way "
    "round."
)
mistake("lets_f_meet_the_new_cell", {"dc * c * f": "dc * (f * c + i * g) * f"}).says(
    "Your da_f multiplies by c_next; the forget gate has scaled the cell from before the step."
)
mistake("lets_o_meet_the_cell", {"dh * shown": "dh * (f * c + i * g)"}).says(
    "Your da_o multiplies by c_next itself; the output gate scales tanh(c_next)."
)
mistake("passes_dc_by_the_forget_gate", {"dc * f": "dc"}).says(
    "Your dc_prev is the gradient with respect to c_next; between the two cells stands the forget "
    "gate, so multiply by f."
)
mistake("sends_back_half_of_dc", {"dc =": "dc_next = dc\ndc =", "dc * f": "dc_next * f"}).says(
    "Your dc_prev is f times the dc that came in; what reached the new cell through the state "
    "goes back as well."
)
mistake("joins_i_f_o_g", {"da_g, da_o": "da_o, da_g"}).says(
    "You join the gradients as i, f, o, g; the columns of wx, wh and b stand as i, f, g, o."
)
mistake("averages_db", {"np.sum": "np.mean"}).says(
    "Your db is a mean over the batch; every sequence reads the same biases, so their gradients "
    "add up."
)
mistake("meets_the_new_state_in_dwh", {"h.T @ da": "(o * shown).T @ da"}).says(
    "Your dwh multiplies by the state after the step; wh has read the state before it."
)
mistake("adds_in_place", {"dc = dc +": "dc +="}).says(
    "You add to the caller's dc with +=; dc = dc + ... leaves that array as it was."
)
mistake(
    "makes_da_of_float64", {"np.concatenate": "np.zeros(gates.shape)\nda[:] = np.concatenate"}
).says(
    "Your gradients are float64 for float32 arrays; the array in which you collect the gates has "
    "NumPy's default type."
)
mistake(
    "takes_sigmoid_and_tanh_again",
    {
        "shown = np": "slope = lambda gate: 0.25 / np.cosh(gate / 2) ** 2\nshown = np",
        " * i * (1 - i)": " * slope(i)",
        " * f * (1 - f)": " * slope(f)",
        "(1 - g**2)": "(1 - np.tanh(g) ** 2)",
        " * o * (1 - o)": " * slope(o)",
    },
).says(
    "You take sigmoid and tanh of the gates again; they have been through them, so the slopes are "
    "s * (1 - s) and 1 - g^2."
)


@EXERCISE.right_answer
def goes_sequence_by_sequence(dh, dc, x, h, c, wx, wh, gates):
    N, M = h.shape
    dx, dwx, dwh = np.empty_like(x), np.zeros_like(wx), np.zeros_like(wh)
    dh_prev, dc_prev = np.empty_like(h), np.empty_like(c)
    db = np.zeros_like(wx, shape=4 * M)
    for n in range(N):
        i, f, g, o = gates[n].reshape(4, M)
        shown = np.tanh(f * c[n] + i * g)
        d = dc[n] + dh[n] * o * (1 - shown * shown)
        slopes = np.concatenate([i - i * i, f - f * f, 1 - g * g, o - o * o])
        da = np.concatenate([d * g, d * c[n], d * i, dh[n] * shown]) * slopes
        dx[n], dh_prev[n], dc_prev[n] = wx @ da, wh @ da, f * d
        dwx += np.outer(x[n], da)
        dwh += np.outer(h[n], da)
        db += da
    return dx, dh_prev, dc_prev, dwx, dwh, db


@EXERCISE.right_answer
def stacks_gates_and_sums_with_einsum(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    stacked = gates.reshape(N, 4, M)
    slopes = stacked * (1 - stacked)
    slopes[:, 2] = 1 - stacked[:, 2] ** 2
    i, f, g, o = stacked.transpose(1, 0, 2)
    shown = np.tanh(f * c + i * g)
    d = dc + (dh - dh * shown**2) * o
    da = np.stack([g * d, c * d, i * d, shown * dh], axis=1) * slopes  # (N, 4, M)
    wx, wh = wx.reshape(-1, 4, M), wh.reshape(-1, 4, M)
    dx, dh_prev = np.einsum("nkm,dkm->nd", da, wx), np.einsum("nkm,jkm->nj", da, wh)
    dwx, dwh = np.einsum("nd,nkm->dkm", x, da), np.einsum("nj,nkm->jkm", h, da)
    db = np.einsum("nkm->km", da)
    return dx, dh_prev, d * f, dwx.reshape(D, 4 * M), dwh.reshape(M, 4 * M), db.ravel()


@EXERCISE.right_answer
def multiplies_stacked_arrays(dh, dc, x, h, c, wx, wh, gates):
    D = x.shape[1]
    i, f, g, o = np.hsplit(gates, 4)
    c_next = f * c + i * g
    by_c = dc + dh * o / np.cosh(c_next) ** 2
    by_i, by_f, by_g, by_o = by_c * g, by_c * c, by_c * i, dh * np.tanh(c_next)
    da = np.hstack([by_i * i * (1 - i), by_f * f * (1 - f), by_g * (1 - g * g), by_o * o * (1 - o)])
    dxh = da @ np.vstack([wx, wh]).T
    dw = np.column_stack([x, h, np.ones_like(x[:, :1])]).T @ da
    return dxh[:, :D], dxh[:, D:], by_c * f, dw[:D], dw[D:-1], dw[-1]
