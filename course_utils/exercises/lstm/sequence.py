"""An LSTM over a sequence: `lstm_forward`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, decimals
from course_utils.reference import lstm

Array = NDArray[np.floating]


def lstm_forward(
    x: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Array]:
    """Run :func:`course_utils.reference.lstm.lstm_forward`, and show all cells and gates.

    Parameters
    ----------
    x : (T, N, D)
    h0, c0 : (N, M)
        The state and the cell before the first step.
    wx, wh, b : (D, 4M), (M, 4M), (4M,)
        For i, f, g, o.

    Returns
    -------
    h, c : (T, N, M)
        After each step.
    gates : (T, N, 4M)
        i, f, g, o.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    (h, _), cache = lstm.lstm_forward(x, h0, c0, wx, wh, b)
    T, N, M = h.shape
    return h, cache.c[1:].transpose(0, 2, 1), np.moveaxis(cache.gates, 3, 1).reshape(T, N, 4 * M)


def _cases(rng):
    def drawn(T, N, D, M):
        x, h0, c0 = decimals(rng, T, N, D), decimals(rng, N, M), decimals(rng, N, M)
        wx, wh = decimals(rng, D, 4 * M) / 2, decimals(rng, M, 4 * M) / 2
        return x, h0, c0, wx, wh, decimals(rng, 4 * M)

    x, *rest = drawn(4, 3, 1, 2)
    yield case("4 steps, 3 sequences, one feature, 2 units", np.asfortranarray(x), *rest)
    *rest, b = drawn(3, 2, 4, 1)
    yield case("one unit", *rest, strided(b))
    yield case("one sequence", *drawn(5, 1, 3, 2))
    yield case("one step", *drawn(1, 2, 4, 3))
    yield case("float32", *(array.astype(np.float32) for array in drawn(2, 3, 1, 2)))

    x, h0, c0, wx, wh, b = drawn(3, 2, 4, 3)
    yield refused("a cell of one sequence for two", x, h0, c0[:1], wx, wh, b)
    yield refused("a state of one sequence for two", x, h0[:1], c0, wx, wh, b)
    yield refused("a cell of one unit for all", x, h0, c0[:, :1], wx, wh, b)
    yield refused("one bias for all units and gates", x, h0, c0, wx, wh, b[:1])
    yield refused("sequences before steps", x.swapaxes(0, 1), h0, c0, wx, wh, b)
    yield refused("a single step, without a time axis", x[0], h0, c0, wx, wh, b)


LSTM_FORWARD = Exercise(
    "lstm_forward",
    3,
    lstm_forward,
    _cases,
    outputs=("h", "c", "gates"),
    forbidden=HANDMADE,
)


@LSTM_FORWARD.known_wrong(
    "Each of your steps reads h0; from step 2 on, a step reads the state that the step before has "
    "made."
)
def stays_at_h0(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h0 @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Each of your steps starts from the cell c0; hand the new cell on to the next step."
)
def stays_at_c0(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c0 + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong("You begin with a state and a cell of zeros; h0 and c0 are given.")
def starts_from_zeros(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = np.zeros_like(h0), np.zeros_like(c0), [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong("You read the sequence from its end; the forward pass begins with x[0].")
def goes_backwards(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in reversed(range(T)):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong("Every step of yours reads x[0]; step t reads the inputs x[t].")
def reads_the_first_input_only(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for _ in range(T):
        a = np.split(x[0] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "You keep the state and the cell as they are when a step begins; the result has what each "
    "step leaves."
)
def returns_states_before_steps(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        hs.append(h)
        cs.append(c)
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your h and c have T + 1 entries, because they begin with h0 and c0; return what comes after "
    "each step."
)
def keeps_the_start(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [h0], [c0], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your h is the last state alone; return the states of all steps, with time as the first axis."
)
def returns_the_last_state_only(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return h, np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your results have the batch as the first axis; time comes first, as in x."
)
def puts_sequences_first(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs, axis=1), np.stack(cs, axis=1), np.stack(all_gates, axis=1)


@LSTM_FORWARD.known_wrong(
    "All of your steps show the last state: you write each into the same array and keep that "
    "array T times; keep copies."
)
def keeps_one_array(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0.copy(), c0.copy(), [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c[:] = f * c + i * g
        h[:] = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your steps write into h0 and so change an array of the caller; start from a copy."
)
def writes_into_h0(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h[:] = o * np.tanh(c)
        hs.append(h.copy())
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "In each step your cell keeps the share i of itself and takes the share f of the candidate; "
    "exchange the two."
)
def swaps_i_and_f(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = i * c + f * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your steps read the columns as i, f, o, g; the third M columns are those of the candidate."
)
def takes_columns_i_f_o_g(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 2))
        g = np.tanh(a[3])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, o, g], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "You add the biases in the first step only; the weights and the biases are the same in every "
    "step."
)
def adds_biases_once(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b * (t == 0), 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_wrong(
    "Your arrays are made with NumPy's default type, so float32 comes back as float64."
)
def fills_arrays_of_float64(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    if not h0.shape == c0.shape == (N, M):
        raise ValueError("the first state does not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(T):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return tuple(np.stack(part).astype(float) for part in (hs, cs, all_gates))


@LSTM_FORWARD.known_wrong(
    "You compute with whatever shapes come in; where a state is for one sequence and the inputs "
    "are for several, refuse them."
)
def lets_numpy_stretch(x, h0, c0, wx, wh, b):
    h, c, hs, cs, all_gates = h0, c0, [], [], []
    for t in range(len(x)):
        a = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)
        i, f, o = (0.5 * (1 + np.tanh(0.5 * a[k])) for k in (0, 1, 3))
        g = np.tanh(a[2])
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


@LSTM_FORWARD.known_right
def calls_a_step(x, h0, c0, wx, wh, b):
    def step(x, h, c):
        a_i, a_f, a_g, a_o = np.hsplit(x @ wx + h @ wh + b, 4)
        i, f, o = (np.exp(a.clip(max=0)) / (1 + np.exp(-abs(a))) for a in (a_i, a_f, a_o))
        g = np.tanh(a_g)
        c = f * c + i * g
        return o * np.tanh(c), c, np.hstack([i, f, g, o])

    (T, N, D), (_, M) = x.shape, h0.shape
    fits = h0.shape == c0.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")
    steps = [(h0, c0)]
    for t in range(T):
        steps.append(step(x[t], *steps[t][:2]))
    return tuple(np.array([after[k] for after in steps[1:]]) for k in range(3))


@LSTM_FORWARD.known_right
def multiplies_all_inputs_at_once(x, h0, c0, wx, wh, b):
    (T, N, D), (_, M) = x.shape, h0.shape
    fits = h0.shape == c0.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")
    gates = np.tensordot(x, wx, 1) + b
    h = np.empty_like(gates, shape=(T, N, M))
    c = np.empty_like(h)
    for t in range(T):
        gates[t] += h0 @ wh
        g = np.tanh(gates[t, :, 2 * M : 3 * M])
        gates[t] = (1 + np.tanh(gates[t] / 2)) / 2
        gates[t, :, 2 * M : 3 * M] = g
        i, f, _, o = np.split(gates[t], 4, axis=1)
        c[t] = c0 = f * c0 + i * g
        h[t] = h0 = o * np.tanh(c0)
    return h, c, gates


@LSTM_FORWARD.known_right
def calls_itself_for_the_rest(x, h0, c0, wx, wh, b):
    def run(x, h, c):
        if not len(x):
            return [], [], []
        a = np.hstack([x[0], h]) @ np.vstack([wx, wh]) + b
        gates = 0.5 + 0.5 * np.tanh(0.5 * a)
        gates[:, 2 * M : 3 * M] = np.tanh(a[:, 2 * M : 3 * M])
        i, f, g, o = np.hsplit(gates, 4)
        c = f * c + i * g
        h = o * np.tanh(c)
        hs, cs, all_gates = run(x[1:], h, c)
        return [h, *hs], [c, *cs], [gates, *all_gates]

    (_, N, D), (_, M) = x.shape, h0.shape
    fits = h0.shape == c0.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")
    return tuple(map(np.stack, run(x, h0, c0)))
