"""The way back through one step of an LSTM: `lstm_step_backward`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, decimals, gate_values, squashed_values
from course_utils.reference import lstm

Array = NDArray[np.floating]


def lstm_step_backward(
    dh: Array, dc: Array, x: Array, h: Array, c: Array, wx: Array, wh: Array, gates: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pass gradients back as :func:`course_utils.reference.lstm.lstm_step_backward` does.

    Parameters
    ----------
    dh, dc : (N, M)
        The loss by the state and by the cell after the step.
    x : (N, D)
    h, c : (N, M)
        The state and the cell before the step.
    wx, wh : (D, 4M), (M, 4M)
    gates : (N, 4M)
        i, f, g, o.

    Returns
    -------
    dx, dh_prev, dc_prev, dwx, dwh, db
        The loss by `x`, `h`, `c`, `wx`, `wh` and the biases (4M,).

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    cache = lstm.LSTMStepCache(x, h, c, wx, wh, i, f, g, o, np.tanh(f * c + i * g))
    return lstm.lstm_step_backward(dh, dc, cache)


def _cases(rng):
    def drawn(N, D, M):
        dh, dc, h, c = (decimals(rng, N, M) for _ in range(4))
        i, f, o = (gate_values(rng, N, M) for _ in range(3))
        gates = np.concatenate([i, f, squashed_values(rng, N, M), o], axis=1)
        weights = decimals(rng, D, 4 * M), decimals(rng, M, 4 * M)
        return dh, dc, decimals(rng, N, D), h, c, *weights, gates

    dh, *rest = drawn(3, 1, 2)
    yield case("3 sequences, one feature, 2 units", strided(dh), *rest)
    *rest, gates = drawn(2, 4, 3)
    yield case("2 sequences, 4 features, 3 units", *rest, np.asfortranarray(gates))
    yield case("one sequence", *drawn(1, 3, 2))
    yield case("one unit", *drawn(4, 2, 1))
    *rest, gates = drawn(3, 2, 2)
    gates.reshape(3, 4, 2)[0] = [[0, 1], [0, 1], [0, -1], [1, 0]]
    yield case("some gates shut, some wide open", *rest, gates)
    yield case("float32", *(array.astype(np.float32) for array in drawn(4, 1, 2)))

    dh, dc, x, h, c, wx, wh, gates = drawn(2, 3, 4)
    yield refused("dh of one sequence for two", dh[:1], dc, x, h, c, wx, wh, gates)
    yield refused("dc of one unit for all", dh, dc[:, :1], x, h, c, wx, wh, gates)
    yield refused("gates of one sequence for two", dh, dc, x, h, c, wx, wh, gates[:1])
    yield refused("a cell of one sequence for two", dh, dc, x, h, c[:1], wx, wh, gates)
    yield refused("weights for fewer features", dh, dc, x, h, c, wx[:2], wh, gates)
    yield refused("a row of wh missing", dh, dc, x, h, c, wx, wh[:3], gates)
    yield refused("an input with no batch axis", dh, dc, x[0], h, c, wx, wh, gates)


LSTM_STEP_BACKWARD = Exercise(
    "lstm_step_backward",
    4,
    lstm_step_backward,
    _cases,
    outputs=("dx", "dh_prev", "dc_prev", "dwx", "dwh", "db"),
    forbidden=HANDMADE,
)


@LSTM_STEP_BACKWARD.known_wrong(
    "You go on with dc as it came in; the state shows the cell too, so part of dh belongs to the "
    "gradient by the new cell."
)
def forgets_the_path_through_h(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You build the gradient by the new cell from dh alone; dc, which the steps to come send back, "
    "is added to it."
)
def forgets_the_incoming_dc(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "What dh sends to the cell passes a tanh; multiply by its slope, 1 - tanh(c_next)^2."
)
def leaves_the_slope_of_tanh_c_out(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You take tanh of the cell before the step; the state shows c_next, so work out f * c + i * g "
    "first."
)
def takes_the_old_cell_for_tanh(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your da_f stops at the gate itself; to get behind the sigmoid, multiply by f * (1 - f)."
)
def forgets_the_slope_of_f(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your da_i stops at the input gate; the sigmoid in front of it has the slope i * (1 - i)."
)
def forgets_the_slope_of_i(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your da_g stops at the candidate; the slope of its tanh, 1 - g^2, is missing."
)
def forgets_the_slope_of_g(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You take g * (1 - g) for the slope of the candidate; g comes from a tanh, which has 1 - g^2."
)
def gives_g_the_slope_of_a_sigmoid(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * g * (1 - g)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You have i meet the old cell and f meet the candidate; in f * c + i * g it is the other way "
    "round."
)
def exchanges_partners(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * c * i * (1 - i)
    da_f = dc * g * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your da_f multiplies by c_next; the forget gate has scaled the cell from before the step."
)
def lets_f_meet_the_new_cell(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    c_next = f * c + i * g
    tanh_c = np.tanh(c_next)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c_next * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your da_o multiplies by c_next itself; the output gate scales tanh(c_next)."
)
def lets_o_meet_the_cell(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    c_next = f * c + i * g
    tanh_c = np.tanh(c_next)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * c_next * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your dc_prev is the gradient by c_next; between the two cells stands the forget gate, so "
    "multiply by f."
)
def passes_dc_by_the_forget_gate(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your dc_prev is f times the dc that came in; what reached the new cell through the state "
    "goes back as well."
)
def sends_back_half_of_dc(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc_next = dc
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc_next * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You join the gradients as i, f, o, g; the columns of wx, wh and b stand as i, f, g, o."
)
def joins_i_f_o_g(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_o, da_g], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your db is a mean over the batch; every sequence reads the same biases, so their gradients "
    "add up."
)
def averages_db(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.mean(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your dwh multiplies by the state after the step; wh has read the state before it."
)
def meets_the_new_state_in_dwh(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    h_next = o * tanh_c
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h_next.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "You add to the caller's dc with +=; dc = dc + ... leaves that array as it was."
)
def adds_in_place(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc += dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_wrong(
    "Your gradients are float64 for float32 arrays; the array in which you collect the gates has "
    "NumPy's default type."
)
def makes_da_of_float64(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.zeros((N, 4 * M))
    da[:] = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


@LSTM_STEP_BACKWARD.known_right
def goes_sequence_by_sequence(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    dx, dwx, dwh = np.empty_like(x), np.zeros_like(wx), np.zeros_like(wh)
    dh_prev = np.empty_like(h)
    dc_prev = np.empty_like(c)
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


@LSTM_STEP_BACKWARD.known_right
def stacks_gates_and_sums_with_einsum(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
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


@LSTM_STEP_BACKWARD.known_right
def multiplies_stacked_arrays(dh, dc, x, h, c, wx, wh, gates):
    (N, D), (_, M) = x.shape, h.shape
    fits = dh.shape == dc.shape == h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, gates.shape) != ((D, 4 * M), (M, 4 * M), (N, 4 * M)):
        raise ValueError("the shapes do not fit")
    i, f, g, o = np.hsplit(gates, 4)
    c_next = f * c + i * g
    by_c = dc + dh * o / np.cosh(c_next) ** 2
    by_i, by_f, by_g, by_o = by_c * g, by_c * c, by_c * i, dh * np.tanh(c_next)
    da = np.hstack([by_i * i * (1 - i), by_f * f * (1 - f), by_g * (1 - g * g), by_o * o * (1 - o)])
    dxh = da @ np.vstack([wx, wh]).T
    dw = np.column_stack([x, h, np.ones_like(x[:, :1])]).T @ da
    return dxh[:, :D], dxh[:, D:], by_c * f, dw[:D], dw[D:-1], dw[-1]
