"""One step of an LSTM: `lstm_step_forward`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, decimals
from course_utils.reference import lstm

Array = NDArray[np.floating]


def lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Array]:
    """Take the step of :func:`course_utils.reference.lstm.lstm_step_forward`.

    Parameters
    ----------
    x : (N, D)
    h, c : (N, M)
        The state and the cell before the step.
    wx, wh, b : (D, 4M), (M, 4M), (4M,)
        For i, f, g, o.

    Returns
    -------
    h_next, c_next : (N, M)
    gates : (N, 4M)
        i, f, g, o.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    (h_next, c_next), cache = lstm.lstm_step_forward(x, h, c, wx, wh, b)
    gates = np.concatenate([cache.i, cache.f, cache.g, cache.o], axis=1)
    return h_next, c_next, gates


def _cases(rng):
    def drawn(N, D, M):
        x, h, c = decimals(rng, N, D), decimals(rng, N, M), decimals(rng, N, M)
        return x, h, c, decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), decimals(rng, 4 * M)

    x, *rest = drawn(3, 4, 2)
    yield case("3 sequences, 4 features, 2 units", np.asfortranarray(x), *rest)
    *rest, b = drawn(2, 1, 3)
    yield case("one feature", *rest, strided(b))
    yield case("one sequence", *drawn(1, 3, 2))
    yield case("one unit", *drawn(5, 2, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(2, 5, 3)))
    *rest, b = drawn(2, 4, 3)
    b.reshape(4, 3)[:, :2] = [[1000, -1000], [-1000, 1000], [1000, -1000], [-1000, 1000]]
    yield case("biases of 1000 and -1000", *rest, b)

    x, h, c, wx, wh, b = drawn(2, 3, 4)
    yield refused("a cell of one sequence for two", x, h, c[:1], wx, wh, b)
    yield refused("a state of one sequence for two", x, h[:1], c, wx, wh, b)
    yield refused("a cell of one unit for all", x, h, c[:, :1], wx, wh, b)
    yield refused("one bias for all units and gates", x, h, c, wx, wh, b[:1])
    yield refused("the biases of one gate", x, h, c, wx, wh, b[:4])
    yield refused("weights that lie on their side", x, h, c, wx.T, wh, b)
    yield refused("biases for each sequence", x, h, c, wx, wh, decimals(rng, 2, 16))
    yield refused("an input with no batch axis", x[0], h, c, wx, wh, b)


LSTM_STEP_FORWARD = Exercise(
    "lstm_step_forward",
    3,
    lstm_step_forward,
    _cases,
    outputs=("h_next", "c_next", "gates"),
    forbidden=HANDMADE,
)


@LSTM_STEP_FORWARD.known_wrong(
    "Your input gate scales the old cell; i lets the candidate in, and f says how much of the old "
    "cell stays."
)
def swaps_i_and_f(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = i * c + f * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You take the first M columns for the forget gate; the input gate comes first, then f."
)
def takes_columns_f_first(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_f, a_i, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You take the third block of columns for the output gate; it is the candidate's, and o comes "
    "last."
)
def takes_columns_i_f_o_g(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_o, a_g = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your step is right, but the gates come back as i, f, o, g; put the candidate before the "
    "output gate."
)
def returns_gates_i_f_o_g(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, o, g], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You take every fourth column for a gate; the M columns of a gate lie side by side."
)
def interleaves_gates(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a = x @ wx + h @ wh + b
    a_i, a_f, a_g, a_o = (a[:, gate::4] for gate in range(4))
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your state is o * c_next; look at the last formula: the cell is squashed by tanh before it "
    "is shown."
)
def leaves_tanh_out(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * c_next, c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your candidate goes through the sigmoid; it takes tanh, since it must be able to lower the "
    "cell."
)
def makes_g_a_gate(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your gates i, f and o go through tanh and may be negative; a gate is a sigmoid, between shut "
    "and open."
)
def makes_all_gates_tanh(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = np.tanh(a_i), np.tanh(a_f), np.tanh(a_g), np.tanh(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You add to the whole old cell, as the LSTM of 1997 did; here the forget gate scales it first."
)
def never_forgets(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your gates depend on the input alone; the state before the step is read as well, through wh."
)
def never_reads_the_state(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong("You never add b; each gate and each unit has its bias.")
def leaves_biases_out(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You add 1 to what goes into f; that belongs to how b is set at the start of training, not to "
    "the step."
)
def adds_1_to_the_forget_bias(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f + 1), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your forget gate gets the third block of b and your candidate the second; b has the order of "
    "the columns: i, f, g, o."
)
def biases_the_wrong_slice(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(
        x @ wx + h @ wh + b.reshape(4, M)[[0, 2, 1, 3]].ravel(), 4, axis=1
    )
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your sigmoid is NaN far above 0, where exp overflows and infinity is divided by infinity; "
    "write it so that exp gets what is far below 0."
)
def overflows(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        with np.errstate(over="ignore", invalid="ignore"):
            return np.exp(a) / (1 + np.exp(a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "The last thing that you return is what goes into the gates; return what comes out of sigmoid "
    "and tanh."
)
def returns_pre_activations(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([a_i, a_f, a_g, a_o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You return the cell before the state; the order is h_next, c_next, gates."
)
def returns_the_cell_first(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return c_next, o * np.tanh(c_next), np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "You update c in place, so the array of the caller changes; build c_next as a new one."
)
def writes_into_the_cell(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c *= f
    c += i * g
    c_next = c
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_wrong(
    "Your gates are float64 where everything else is float32; give the array that you fill the "
    "type of the results."
)
def makes_gates_of_float64(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if not h.shape == c.shape == (N, M):
        raise ValueError("the states do not fit the inputs")
    if (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the weights do not fit")

    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    gates = np.empty((N, 4 * M))
    gates[:] = np.concatenate([i, f, g, o], axis=1)
    return o * np.tanh(c_next), c_next, gates


@LSTM_STEP_FORWARD.known_wrong(
    "You let NumPy stretch a row or a bias over everything; compare the shapes of all arguments "
    "before you compute."
)
def lets_numpy_stretch(x, h, c, wx, wh, b):
    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


@LSTM_STEP_FORWARD.known_right
def stacks_input_and_state(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    fits = h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")
    gates = np.hstack([x, h]) @ np.vstack([wx, wh]) + b
    squashed = np.tanh(gates[:, 2 * M : 3 * M])
    gates = 0.5 * np.tanh(0.5 * gates) + 0.5
    gates[:, 2 * M : 3 * M] = squashed
    c_next = gates[:, M : 2 * M] * c + gates[:, :M] * squashed
    return gates[:, 3 * M :] * np.tanh(c_next), c_next, gates


@LSTM_STEP_FORWARD.known_right
def steps_unit_by_unit(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    fits = h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")

    def sigmoid(a):
        return np.exp(min(a, 0)) / (1 + np.exp(-abs(a)))

    h_next = np.empty_like(h)
    c_next = np.empty_like(c)
    gates = np.empty_like(h, shape=(N, 4 * M))
    for n in range(N):
        for m in range(M):
            a = x[n] @ wx[:, m::M] + h[n] @ wh[:, m::M] + b[m::M]
            i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), np.tanh(a[2]), sigmoid(a[3])
            gates[n, m::M] = i, f, g, o
            c_next[n, m] = f * c[n, m] + i * g
            h_next[n, m] = o * np.tanh(c_next[n, m])
    return h_next, c_next, gates


@LSTM_STEP_FORWARD.known_right
def gives_gates_an_axis(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    fits = h.shape == c.shape == (N, M)
    if not fits or (wx.shape, wh.shape, b.shape) != ((D, 4 * M), (M, 4 * M), (4 * M,)):
        raise ValueError("the shapes do not fit")
    a = np.einsum("nd,dkm->nkm", x, wx.reshape(D, 4, M))
    a += np.einsum("nj,jkm->nkm", h, wh.reshape(M, 4, M)) + b.reshape(4, M)
    gates = np.exp(a.clip(max=0)) / (1 + np.exp(-np.abs(a)))
    gates[:, 2] = np.tanh(a[:, 2])
    i, f, g, o = gates.transpose(1, 0, 2)
    c_next = g * i + c * f
    return np.tanh(c_next) * o, c_next, gates.reshape(N, 4 * M)
