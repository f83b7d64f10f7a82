"""The way back through all steps of an LSTM: `lstm_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, small
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.lstm import lstm_forward
from course_utils.reference import lstm


def lstm_backward(dh, dc, x, h0, c0, wx, wh, h, c, gates):
    """Go back through lstm_forward: dx, dh0, dc0, dwx, dwh, db.

    >>> zero, one, w = np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 4))
    >>> zeros, c = np.zeros((2, 1, 1)), np.array([[[4.0]], [[2.0]]])
    >>> gates = np.array([[[0.0, 0.5, 0.0, 0.0]], [[0.0, 0.5, 0.0, 0.0]]])
    >>> grads = lstm_backward(zeros, one, zeros, zero, 8 * one, w, w, zeros, c, gates)
    >>> dx, dh0, dc0, dwx, dwh, db = grads
    >>> dc0, db
    (array([[0.25]]), array([0., 2., 0., 0.]))
    """
    dx, dwx, dwh = np.empty_like(x), np.zeros_like(wx), np.zeros_like(wh)
    db = np.zeros_like(wx[0])
    dh_next = np.zeros_like(h0)  # nothing comes after the last step
    for t in reversed(range(len(x))):
        h_prev, c_prev = (h[t - 1], c[t - 1]) if t else (h0, c0)
        i, f, g, o = np.split(gates[t], 4, axis=1)
        shown = np.tanh(c[t])
        dh_t = dh[t] + dh_next  # the loss and the next step have read this state
        dc = dc + dh_t * o * (1 - shown**2)
        da_i = dc * g * i * (1 - i)
        da_f = dc * c_prev * f * (1 - f)
        da_g = dc * i * (1 - g**2)
        da_o = dh_t * shown * o * (1 - o)
        da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
        dx[t], dh_next, dc = da @ wx.T, da @ wh.T, dc * f
        dwx += x[t].T @ da
        dwh += h_prev.T @ da
        db += np.sum(da, axis=0)
    return dx, dh_next, dc, dwx, dwh, db


def reference(dh, dc, x, h0, c0, wx, wh, h, c, gates):
    """Go back through the layer of the library."""
    T, N, M = h.shape
    states = np.moveaxis(np.stack([h0, *h]), 2, 0)  # (M, T + 1, N)
    cells = np.stack([c0, *c]).swapaxes(1, 2)  # (T + 1, M, N)
    blocks = np.moveaxis(gates.reshape(T, N, 4, M), 1, 3)  # (T, 4, M, N)
    cache = lstm.LSTMCache(x, wx, wh, blocks, states, cells, np.tanh(cells[1:]))
    return lstm.lstm_backward(dh, dc, cache)


def drawn(rng, T, N, D, M, dtype=np.float64):
    """Draw gradients, and sequences with what a forward pass makes of them."""
    before = [array.astype(dtype) for array in lstm_forward.drawn(rng, T, N, D, M)]
    results = lstm_forward.reference(*before)
    dh, dc = decimals(rng, T, N, M).astype(dtype), decimals(rng, N, M).astype(dtype)
    return dh, dc, *before[:-1], *results


def inputs(rng):
    """Draw few and short sequences with all sizes different."""
    zero, one, w = np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 4))
    zeros, c = np.zeros((2, 1, 1)), np.array([[[4.0]], [[2.0]]])
    gates = np.array([[[0.0, 0.5, 0.0, 0.0]], [[0.0, 0.5, 0.0, 0.0]]])
    yield case("the example", zeros, one, zeros, zero, 8 * one, w, w, zeros, c, gates)
    dh, *rest = drawn(rng, 3, 2, 1, 2)
    yield case("3 steps, 2 sequences, one feature, 2 units", strided(dh), *rest)
    *rest, gates = drawn(rng, 4, 3, 2, 1)
    yield case("one unit", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(rng, 3, 1, 4, 2))
    yield case("one step", *drawn(rng, 1, 3, 1, 2))
    dh, *rest = drawn(rng, 4, 2, 3, 1)
    dh[:-1] = 0
    yield case("the loss reads the last state alone", dh, *rest)
    yield case("float32", *drawn(rng, 2, 3, 1, 2, np.float32))


EXERCISE = Exercise(
    lstm_backward,
    points=5,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dh0", "dc0", "dwx", "dwh", "db"),
    axes={
        "dx": ("step", "sequence", "feature"),
        "dh0": ("sequence", "unit"),
        "dc0": ("sequence", "unit"),
        "dwx": ("feature", "gate: i f g o"),
        "dwh": ("unit", "gate: i f g o"),
        "db": ("gate: i f g o",),
    },
    forbidden=HANDMADE,
    wild=small(drawn, 4),
)
mistake = EXERCISE.mistake

mistake(
    "drops_dh_from_the_future",
    {" + dh_next  # the loss and the next step have read this state": ""},
).says(
    "You use dh[t] alone; the state of a step is read by the next step too, and what that sends "
    "back adds to dh[t]."
)
mistake(
    "drops_dh_of_the_steps",
    {"np.zeros_like(h0)  # nothing comes after the last step": "dh[-1]", "dh[t] + ": ""},
).says(
    "You use the gradient with respect to the last state and forget the others; every dh[t] is "
    "added on the way."
)
mistake("does_not_carry_dc", {"dc +": "(dc if t == len(x) - 1 else 0) +"}).says(
    "Your dc begins anew at each step; what a step leaves for the cell before it is the incoming "
    "dc of the step before."
)
mistake(
    "ignores_the_last_dc", {"dh_next =": "dh_next, dc =", "(h0)": "(h0), np.zeros_like(c0)"}
).says("You begin with a gradient of zero with respect to the last cell; it is given as dc.")
mistake("carries_dc_past_f", {"dc * f": "dc"}).says(
    "You carry dc from step to step as it is; each step multiplies it by its forget gate."
)
mistake("forgets_the_path_through_h", {"dc = dc + dh_t * o * (1 - shown**2)": ""}).says(
    "Your dc never gets what comes through the state; in each step, h shows tanh(c), so dh adds "
    "to dc."
)
mistake("goes_forwards", {"reversed(range(len(x)))": "range(len(x))"}).says(
    "You take the steps from the first to the last; what a step needs comes from the step after "
    "it, so begin at the end."
)
mistake(
    "keeps_one_step_of_the_weights",
    {"dwx += x[t].T @ da": "dwx = x[t].T @ da", "dwh += ": "dwh = ", "db += ": "db = "},
).says(
    "Your dwx, dwh and db are those of one step, as each step overwrites the one before; all "
    "steps share the weights, so add up."
)
mistake("averages_db", {"np.sum": "np.mean"}).says(
    "Your db averages over the sequences of the batch; it is a sum over sequences and steps."
)
mistake(
    "meets_the_state_after_the_step",
    {"(h[t - 1], c[t - 1]) if t else (h0, c0)": "h[t], c[t - 1] if t else c0"},
).says(
    "Your dwh pairs step t with h[t]; the gates of a step have read the state before it, h[t - "
    "1], and h0 at first."
)
mistake(
    "meets_the_cell_after_the_step",
    {"(h[t - 1], c[t - 1]) if t else (h0, c0)": "h[t - 1] if t else h0, c[t]"},
).says(
    "Your gradient with respect to f pairs step t with c[t]; f has scaled the cell before it, "
    "c[t - 1], and c0 at first."
)
mistake(
    "wraps_around_at_step_0", {"(h[t - 1], c[t - 1]) if t else (h0, c0)": "h[t - 1], c[t - 1]"}
).says(
    "At t = 0 your h[t - 1] and c[t - 1] are the last ones, as index -1 counts from the end; "
    "there it is h0 and c0."
)
mistake("joins_i_f_o_g", {"da_g, da_o": "da_o, da_g"}).says(
    "In each step you join the four gradients as i, f, o, g; keep the order of the gates that "
    "came in."
)
mistake("adds_to_the_callers_dh", {"[t] +": "[t]\ndh_t +="}).says(
    "You add the gradient from the step after to dh[t] in place, and the caller's dh is spoiled; "
    "write into a new array."
)
mistake(
    "adds_dc_at_every_step",
    {
        "dh_next = np.zeros_like(h0)": "last, dh_next = dc, np.zeros_like(h0)",
        "dc = dc + dh_t": "dc = (dc if t == len(x) - 1 else dc + last) + dh_t",
    },
).says(
    "You add the given dc at every step; it is the gradient with respect to the last cell, so it "
    "enters once, at the last step."
)
mistake(
    "hands_over_what_the_step_made",
    {
        "(h[t - 1], c[t - 1]) if t else (h0, c0)": "h[t], c[t]",
        "np.tanh(c[t])": "np.tanh(f * c_prev + i * g)",
    },
).says(
    "You hand each step the state and the cell that it has made, h[t] and c[t]; it has read those "
    "before it."
)
mistake(
    "wraps_around_with_both",
    {
        "(h[t - 1], c[t - 1]) if t else (h0, c0)": "h[t - 1], c[t - 1]",
        "np.tanh(c[t])": "np.tanh(f * c_prev + i * g)",
    },
).says(
    "At t = 0 you take h[-1] and c[-1], which are the last state and the last cell; the first "
    "step has read h0 and c0."
)
mistake(
    "takes_the_last_cell_for_the_first",
    {"else (h0, c0)": "else (h0, c[-1])", "np.tanh(c[t])": "np.tanh(f * c_prev + i * g)"},
).says(
    "At t = 0 you take c[-1], which is the last cell, for the cell before; the first step has read "
    "c0."
)
mistake(
    "averages_over_time",
    {"dc, dwx, dwh, db": "dc, dwx / len(x), dwh / len(x), db / len(x)"},
).says(
    "You divide the gradients of the weights and biases by the number of steps; they are sums "
    "over the steps."
)
mistake("meets_the_last_cell_at_step_0", {"else (h0, c0)": "else (h0, c[-1])"}).says(
    "Your first step meets the last cell, which is what c[-1] is; the first step has read c0."
)
mistake("forgets_the_slope_of_f", {" * f * (1 - f)": ""}).says(
    "In every step your gradient with respect to the forget gate lacks its slope, f * (1 - f)."
)


@EXERCISE.right_answer
def multiplies_once_at_the_end(dh, dc, x, h0, c0, wx, wh, h, c, gates):
    (T, N, D), (_, M) = x.shape, h0.shape
    before = np.stack([h0, *h])[:T]
    i, f, g, o = np.split(gates, 4, axis=2)
    shown = np.tanh(c)
    by_cell = np.stack([g * (i - i * i), np.stack([c0, *c])[:T] * (f - f * f), i - i * g * g])
    by_state = shown * (o - o * o)
    da = np.empty_like(gates).reshape(T, N, 4, M)
    dh_t = dh[T - 1]
    for t in range(T - 1, -1, -1):
        dc = dc + o[t] * (1 - shown[t] ** 2) * dh_t
        da[t, :, :3] = np.swapaxes(by_cell[:, t] * dc, 0, 1)
        da[t, :, 3] = by_state[t] * dh_t
        dc = f[t] * dc
        dh0 = da[t].reshape(N, 4 * M) @ wh.T
        dh_t = dh[t - 1] + dh0
    rows = da.reshape(T * N, 4 * M)
    dwx, dwh = x.reshape(T * N, D).T @ rows, before.reshape(T * N, M).T @ rows
    return (rows @ wx.T).reshape(T, N, D), dh0, dc, dwx, dwh, rows.sum(axis=0)


@EXERCISE.right_answer
def calls_itself_for_earlier_steps(dh, dc, x, h0, c0, wx, wh, h, c, gates):
    def back(t, dh_t, dc):
        if t < 0:
            return np.empty_like(x), dh_t, dc, 0 * wx, 0 * wh, 0 * wx[0]
        h_prev, c_prev = states[t], cells[t]
        i, f, g, o = np.hsplit(gates[t], 4)
        shown = np.tanh(cells[t + 1])
        d = dh_t + dh[t]
        dc = dc + d * o * (1 - shown * shown)
        da = np.hstack([dc * g, dc * c_prev, dc * i, d * shown]) * slopes[t]
        dx, dh0, dc0, dwx, dwh, db = back(t - 1, da @ wh.T, dc * f)
        dx[t] = da @ wx.T
        return dx, dh0, dc0, dwx + x[t].T @ da, dwh + h_prev.T @ da, db + da.sum(axis=0)

    T, _, M = h.shape
    states, cells = [h0, *h], [c0, *c]
    slopes = gates * (1 - gates)
    slopes[..., 2 * M : 3 * M] = 1 - gates[..., 2 * M : 3 * M] ** 2
    return back(T - 1, 0 * h0, dc)


@EXERCISE.right_answer
def walks_over_lists(dh, dc, x, h0, c0, wx, wh, h, c, gates):
    dxs, sums, dh_next = [], [0, 0, 0], 0
    steps = zip(dh, x, [h0, *h], [c0, *c], c, gates, strict=False)
    for dh_t, x_t, h_prev, c_prev, c_t, gates_t in reversed(list(steps)):
        i, f, g, o = np.hsplit(gates_t, 4)
        dh_t = dh_t + dh_next
        dc = dc + dh_t * o / np.cosh(c_t) ** 2
        by_gates = np.hstack([dc * g, dc * c_prev, dc * i, dh_t * np.tanh(c_t)])
        da = by_gates * np.hstack([i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)])
        dxs.insert(0, da @ wx.T)
        dh_next, dc = da @ wh.T, dc * f
        parts = x_t.T @ da, h_prev.T @ da, da.sum(axis=0)
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return np.stack(dxs), dh_next, dc, *sums
