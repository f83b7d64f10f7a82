"""One step of an LSTM whose gates look at the cell: `peephole_step_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, STEP, decimals, differing, small, with_thousands
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference.peephole_lstm import peephole_lstm_step_forward


def peephole_step_forward(x, h, c, wx, wh, p, b):
    """Take one step of an LSTM with peepholes; return h_next, c_next and the gates.

    >>> zero, cell = np.zeros((1, 1)), np.array([[2.0]])
    >>> wx, wh, b = np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(4)
    >>> p = np.array([[0.0], [99.0], [0.0]])
    >>> h_next, c_next, gates = peephole_step_forward(zero, zero, cell, wx, wh, p, b)
    >>> h_next.round(3), c_next, gates
    (array([[0.482]]), array([[2.]]), array([[0.5, 1. , 0. , 0.5]]))
    """

    def sigmoid(a):
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)  # (N, M) each
    i = sigmoid(a_i + p[0] * c)
    f = sigmoid(a_f + p[1] * c)
    g = np.tanh(a_g)
    c_next = f * c + i * g
    o = sigmoid(a_o + p[2] * c_next)  # opens last, and sees the new cell
    h_next = o * np.tanh(c_next)
    return h_next, c_next, np.concatenate([i, f, g, o], axis=1)


def reference(x, h, c, wx, wh, p, b):
    """Take the step of the library, and show its gates side by side."""
    (h_next, c_next), cache = peephole_lstm_step_forward(x, h, c, wx, wh, b, *p)
    _, _, _, *gates = cache.cell
    return h_next, c_next, np.concatenate(gates, axis=1)


def drawn(rng, N, D, M):
    """Draw inputs, states, cells and a layer with peepholes."""
    x, h, c = decimals(rng, N, D), decimals(rng, N, M), decimals(rng, N, M)
    wx, wh = decimals(rng, D, 4 * M), decimals(rng, M, 4 * M)
    return x, h, c, wx, wh, differing(rng, 3, M), decimals(rng, 4 * M)


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    zero, w, p = np.zeros((1, 1)), np.zeros((1, 4)), np.array([[0.0], [99.0], [0.0]])
    yield case("the example", zero, zero, zero + 2, w, w, p, np.zeros(4))
    x, *rest = drawn(rng, 3, 4, 2)
    yield case("3 sequences, 4 features, 2 units", np.asfortranarray(x), *rest)
    *rest, b = drawn(rng, 2, 1, 3)
    yield case("one feature", *rest, strided(b))
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 5, 2, 1))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 2, 5, 3)))
    x, *rest = drawn(rng, 3, 4, 2)
    yield case("inputs of float32, all else of float64", x.astype(np.float32), *rest)
    x, *rest = drawn(rng, 3, 4, 2)
    yield case("inputs of int32", (10 * x).astype(np.int32), *rest)
    *rest, b = drawn(rng, 2, 4, 3)
    yield case("biases of 1000 and -1000", *rest, with_thousands(b, 4))


EXERCISE = Exercise(
    peephole_step_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=tuple(STEP),
    axes=STEP,
    forbidden=HANDMADE,
    wild=small(drawn, 3),
)
mistake = EXERCISE.mistake

mistake("lets_o_see_the_old_cell", {"p[2] * c_next": "p[2] * c"}).says(
    "Your output gate looks at the old cell; it opens last, and looks at c_next, which the step "
    "has made by then."
)
mistake(
    "makes_peepholes_a_matrix",
    {
        "p[0] * c": "(c @ p[0])[:, None]",
        "p[1] * c": "(c @ p[1])[:, None]",
        "p[2] * c_next": "(c_next @ p[2])[:, None]",
    },
).says(
    "Each of your gates sees the cells of all units; a peephole is one number for each unit, so "
    "multiply elementwise: a unit sees its own cell only."
)
mistake(
    "has_no_peepholes",
    {"a_i + p[0] * c": "a_i", "a_f + p[1] * c": "a_f", "a_o + p[2] * c_next": "a_o"},
).says("Your step never uses p; this is the LSTM without peepholes.")
mistake("has_no_peephole_of_o", {"a_o + p[2] * c_next": "a_o"}).says(
    "Your output gate has no peephole; all three gates look at a cell, and o looks at the new one."
)
mistake("exchanges_peepholes", {"p[0]": "p[1]", "a_f + p[1]": "a_f + p[0]"}).says(
    "You give the first row of p to the forget gate and the second to the input gate; the rows "
    "come in the order i, f, o."
)
mistake("gives_g_a_peephole", {"(a_g)": "(a_g + p[2] * c)", "a_o + p[2] * c_next": "a_o"}).says(
    "Your candidate g looks at the cell through the last row of p; only gates have peepholes, and "
    "that row belongs to o."
)
mistake(
    "peeps_at_the_state",
    {"p[0] * c": "p[0] * h", "p[1] * c": "p[1] * h", "p[2] * c_next": "p[2] * h"},
).says(
    "Your peepholes look at the state h; the state has its weights in wh, and what a gate sees "
    "through p is the cell."
)
mistake(
    "peeps_after_the_sigmoid",
    {
        "(a_i + p[0] * c)": "(a_i) + p[0] * c",
        "(a_f + p[1] * c)": "(a_f) + p[1] * c",
        "(a_o + p[2] * c_next)": "(a_o) + p[2] * c_next",
    },
).says(
    "You add the peephole to a gate that is already squashed; it belongs to the sum inside of the "
    "sigmoid, or the gate leaves the range from 0 to 1."
)
mistake("shows_the_cell_untouched", {"np.tanh(c_next)": "c_next"}).says(
    "You return h = o * c_next; the cell passes through tanh before the output gate lets it out."
)
mistake("shows_o_the_squashed_cell", {"p[2] * c_next": "p[2] * np.tanh(c_next)"}).says(
    "Your output gate looks at tanh(c_next); the peephole sees the cell itself."
)
mistake("orders_i_f_o_g", {"a_g, a_o": "a_o, a_g", "g, o": "o, g"}).says(
    "You take the columns for i, f, o, g; in the weights and in the gates that you return, the "
    "order is i, f, g, o."
)
mistake("lets_i_scale_the_cell", {"f * c + i * g": "i * c + f * g"}).says(
    "Your input gate scales the old cell and your forget gate the candidate; it is the other way "
    "round."
)
mistake("squashes_g_into_0_1", {"np.tanh(a_g)": "sigmoid(a_g)"}).says(
    "Your candidate g goes through the sigmoid like a gate; it is a tanh, so that it can pull the "
    "cell down as well as up."
)
mistake(
    "returns_sums",
    {
        "h_next =": "gates = [a_i + p[0] * c, a_f + p[1] * c, a_g, a_o + p[2] * c_next]\nh_next =",
        "[i, f, g, o]": "gates",
    },
).says(
    "You return what goes into the gates; the last part of the result are the gates themselves, "
    "after sigmoid and tanh."
)
mistake("ages_the_callers_cell", {"c_next = f * c + i * g": "c *= f\nc += i * g\nc_next = c"}).says(
    "You turn the old cell into the new one inside the caller's own array; leave c as it is and "
    "make a new array."
)
mistake(
    "fills_gates_of_float64", {"[i, f, g, o], axis=1)": "[i, f, g, o], axis=1).astype(float)"}
).says(
    "Your gates come as float64 even for float32 arrays, because the array that they are put into "
    "is made with the default type."
)


@EXERCISE.right_answer
def stacks_input_and_state(x, h, c, wx, wh, p, b):
    M = h.shape[1]
    a = np.hstack([x, h]) @ np.vstack([wx, wh]) + b
    a[:, : 2 * M] += np.tile(c, 2) * p[:2].ravel()
    gates = np.tanh(a)
    gates[:, : 2 * M] = 0.5 + 0.5 * np.tanh(0.5 * a[:, : 2 * M])
    i, f, g = (gates[:, k * M : (k + 1) * M] for k in range(3))
    c_next = i * g + f * c
    o = 0.5 + 0.5 * np.tanh(0.5 * (a[:, 3 * M :] + c_next * p[2]))
    gates[:, 3 * M :] = o
    return np.tanh(c_next) * o, c_next, gates


@EXERCISE.right_answer
def steps_unit_by_unit(x, h, c, wx, wh, p, b):
    N, M = h.shape

    def sigmoid(a):
        return np.exp(min(a, 0)) / (1 + np.exp(-abs(a)))

    gates = np.empty((N, 4 * M), h.dtype)
    h_next, c_next = np.empty_like(h), np.empty_like(c)
    for n in range(N):
        for m in range(M):
            i, f, g, o = range(m, 4 * M, M)
            a = x[n] @ wx[:, m::M] + h[n] @ wh[:, m::M] + b[m::M]
            gates[n, i] = sigmoid(a[0] + p[0, m] * c[n, m])
            gates[n, f] = sigmoid(a[1] + p[1, m] * c[n, m])
            gates[n, g] = np.tanh(a[2])
            c_next[n, m] = gates[n, f] * c[n, m] + gates[n, i] * gates[n, g]
            gates[n, o] = sigmoid(a[3] + p[2, m] * c_next[n, m])
            h_next[n, m] = gates[n, o] * np.tanh(c_next[n, m])
    return h_next, c_next, gates


@EXERCISE.right_answer
def makes_peepholes_diagonal(x, h, c, wx, wh, p, b):
    M = h.shape[1]

    def pre_activation(gate):
        columns = slice(gate * M, (gate + 1) * M)
        inputs = np.einsum("nd,dm->nm", x, wx[:, columns])
        return inputs + np.einsum("nk,km->nm", h, wh[:, columns]) + b[columns]

    def sigmoid(a):
        return np.exp(-np.logaddexp(0, -a))

    i, f = (sigmoid(pre_activation(k) + c @ np.diag(p[k])) for k in (0, 1))
    g = np.tanh(pre_activation(2))
    c_next = c * f + g * i
    o = sigmoid(pre_activation(3) + c_next @ np.diag(p[2]))
    return o * np.tanh(c_next), c_next, np.hstack([i, f, g, o])
