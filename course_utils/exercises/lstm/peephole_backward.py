"""The way back through a step whose gates look at the cell: `peephole_step_backward`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import (
    HANDMADE,
    decimals,
    differing,
    gate_values,
    squashed_values,
)
from course_utils.reference.peephole_lstm import (
    Cell,
    PeepholeStepCache,
    peephole_lstm_step_backward,
)

Array = NDArray[np.floating]


def peephole_step_backward(
    dh: Array, dc: Array, x: Array, h: Array, c: Array, wx: Array, wh: Array, p: Array,
    c_next: Array, gates: Array,
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:  # fmt: skip
    """Pass gradients back as :func:`peephole_lstm_step_backward` does.

    Parameters
    ----------
    dh, dc : (N, M)
        The loss by the state and by the cell after the step.
    x : (N, D)
    h, c : (N, M)
        The state and the cell before the step.
    wx, wh : (D, 4M), (M, 4M)
    p : (3, M)
    c_next : (N, M)
        The cell after the step.
    gates : (N, 4M)
        i, f, g, o.

    Returns
    -------
    dx, dh_prev, dc_prev, dwx, dwh, dp, db
        The loss by `x`, `h`, `c`, `wx`, `wh`, `p` and the biases (4M,).

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    cell = Cell(c, c_next, np.tanh(c_next), *np.split(gates, 4, axis=1))
    p_i, p_f, p_o = p
    cache = PeepholeStepCache(x, h, wx, wh, p_i, p_f, p_o, cell)
    dx, dh_prev, dc_prev, dwx, dwh, db, *dp = peephole_lstm_step_backward(dh, dc, cache)
    return dx, dh_prev, dc_prev, dwx, dwh, np.stack(dp), db


def _peephole_step_backward_cases(rng):
    def drawn(N, D, M):
        dh, dc, h, c = (decimals(rng, N, M) for _ in range(4))
        i, f, o = (gate_values(rng, N, M) for _ in range(3))
        g = squashed_values(rng, N, M)
        # Rounded to what it is on paper: no gate and no cell has more than two decimals.
        c_next = np.round(f * c + i * g, 4)
        weights = decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), differing(rng, 3, M)
        gates = np.concatenate([i, f, g, o], axis=1)
        return dh, dc, decimals(rng, N, D), h, c, *weights, c_next, gates

    dh, *rest = drawn(3, 1, 2)
    yield case("3 sequences, one feature, 2 units", strided(dh), *rest)
    *rest, gates = drawn(2, 4, 3)
    yield case("2 sequences, 4 features, 3 units", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(1, 3, 2))
    yield case("one unit", *drawn(4, 2, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(4, 3, 2)))

    dh, dc, x, h, c, wx, wh, p, c_next, gates = drawn(2, 3, 4)
    arguments, results = (x, h, c, wx, wh, p), (c_next, gates)
    yield refused("a gradient of one sequence for two", dh[:1], dc, *arguments, *results)
    yield refused("a new cell of one sequence for two", dh, dc, *arguments, c_next[:1], gates)
    yield refused("gates of one sequence for two", dh, dc, *arguments, c_next, gates[:1])
    yield refused("an old cell of one unit for all", dh, dc, x, h, c[:, :1], wx, wh, p, *results)
    yield refused("peepholes for i and f only", dh, dc, *arguments[:5], p[:2], *results)
    yield refused("peepholes of one unit for all", dh, dc, *arguments[:5], p[:, :1], *results)
    yield refused("weights for fewer features", dh, dc, x, h, c, wx[:2], wh, p, *results)
    yield refused("an input with no batch axis", dh, dc, x[0], *arguments[1:], *results)


PEEPHOLE_STEP_BACKWARD = Exercise(
    "peephole_step_backward",
    5,
    peephole_step_backward,
    _peephole_step_backward_cases,
    outputs=("dx", "dh_prev", "dc_prev", "dwx", "dwh", "dp", "db"),
    forbidden=HANDMADE,
)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "Your gradient by the cell lacks what comes through the output gate's peephole; o looks at "
    "c_next, so c_next also gets da_o times o's row of p."
)
def forgets_the_peephole_of_o(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "Your gradient by the old cell lacks what comes through the peepholes of i and f; both "
    "gates look at c, beside the path through f * c."
)
def forgets_the_peepholes_of_i_and_f(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You send the peephole of o back to the old cell; that gate looks at c_next, so its share "
    "belongs to dc before anything else is made of it."
)
def sends_o_to_the_old_cell(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1] + da_o * p[2]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You take the incoming dc alone; the cell also counts through the state, h = o * "
    "tanh(c_next), so dh adds its share."
)
def forgets_the_path_through_h(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You start from dh alone; the next step reads the cell as well, and what it sends back "
    "comes in as dc."
)
def ignores_the_incoming_dc(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "The gradient from h to the cell lacks a slope; the state shows tanh(c_next), so multiply "
    "by 1 - tanh(c_next)^2."
)
def takes_no_slope_of_tanh_c(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "For the candidate's slope you take 1 - g; g is a tanh, and its slope is 1 - g^2."
)
def takes_one_minus_g(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "Your gradients by i, f and o stop at the gates; each gate is a sigmoid, so multiply by its "
    "slope to get behind it."
)
def leaves_gates_slopes_out(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g
    da_f = dc * c
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You multiply by the wrong partner: in c_next = f * c + i * g, the gradient by i meets g "
    "and the gradient by f meets c."
)
def exchanges_da_i_and_da_f(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * c * i * (1 - i)
    da_f = dc * g * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You hand dc back as it is; on its way to the old cell it passes through the forget gate."
)
def leaves_f_out_of_dc_prev(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "Your dp has an entry for each sequence; all sequences share the peepholes, so their "
    "gradients add up."
)
def keeps_the_batch_in_dp(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([da_i * c, da_f * c, da_o * c_next])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You take the mean over the batch for dp and db; gradients by shared numbers are sums."
)
def averages_the_batch(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).mean(0), (da_f * c).mean(0), (da_o * c_next).mean(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.mean(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "In the last row of dp you use the old cell; the output gate has seen c_next."
)
def meets_the_old_cell_in_dp_o(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(d * c).sum(axis=0) for d in (da_i, da_f, da_o)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "In the first two rows of dp you use c_next; the input and the forget gate have seen the "
    "cell before the step."
)
def meets_the_new_cell_in_dp(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(d * c_next).sum(axis=0) for d in (da_i, da_f, da_o)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You put the four gradients beside each other as i, f, o, g; the columns of the weights "
    "come as i, f, g, o."
)
def joins_i_f_o_g(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc = dc + dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_o, da_g], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_wrong(
    "You add to dc inside the caller's own array; write dc = dc + ..., which makes a new one."
)
def adds_to_the_callers_dc(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c_next)
    da_o = dh * tanh_c * o * (1 - o)
    dc += dh * o * (1 - tanh_c**2) + da_o * p[2]
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dc_prev = dc * f + da_i * p[0] + da_f * p[1]
    dp = np.array([(da_i * c).sum(0), (da_f * c).sum(0), (da_o * c_next).sum(0)])
    return da @ wx.T, da @ wh.T, dc_prev, x.T @ da, h.T @ da, dp, da.sum(axis=0)


@PEEPHOLE_STEP_BACKWARD.known_right
def goes_sequence_by_sequence(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    dx, dwx, dwh, dp = (np.zeros_like(array) for array in (x, wx, wh, p))
    dh_prev = np.empty_like(h)
    dc_prev = np.empty_like(c)
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


@PEEPHOLE_STEP_BACKWARD.known_right
def stacks_gates_and_sums_with_einsum(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
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


@PEEPHOLE_STEP_BACKWARD.known_right
def multiplies_stacked_arrays(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == c_next.shape == (N, M)
    sizes = (D, 4 * M), (M, 4 * M), (3, M), (N, 4 * M)
    if not fits or (wx.shape, wh.shape, p.shape, gates.shape) != sizes:
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.hsplit(gates, 4)
    by_o = dh * np.tanh(c_next) * o * (1 - o)
    by_c = dc + dh * o / np.cosh(c_next) ** 2 + by_o * p[2]
    by_i, by_f, by_g = by_c * g * i * (1 - i), by_c * c * f * (1 - f), by_c * i * (1 - g * g)
    da = np.hstack([by_i, by_f, by_g, by_o])
    dw, dxh = np.hstack([x, h]).T @ da, da @ np.vstack([wx, wh]).T
    dp = np.stack([np.sum(by_i * c, 0), np.sum(by_f * c, 0), np.sum(by_o * c_next, 0)])
    dc_prev = by_c * f + by_i * p[0] + by_f * p[1]
    return dxh[:, :D], dxh[:, D:], dc_prev, dw[:D], dw[D:], dp, np.sum(da, 0)
