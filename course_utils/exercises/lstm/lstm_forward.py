"""An LSTM over a sequence: `lstm_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, small, with_thousands
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import lstm


def lstm_forward(x, h0, c0, wx, wh, b):
    """Run an LSTM over a sequence; return the states, cells and gates of all steps.

    >>> x, w, b = np.zeros((2, 1, 1)), np.zeros((1, 4)), np.array([-99.0, 0.0, 0.0, 99.0])
    >>> h, c, gates = lstm_forward(x, np.array([[0.0]]), np.array([[8.0]]), w, w, b)
    >>> h.ravel().round(4), c.ravel(), gates.shape
    (array([0.9993, 0.964 ]), array([4., 2.]), (2, 1, 4))
    """
    h, c = h0, c0
    hs = []
    cs = []
    all_gates = []
    for t in range(len(x)):
        a_i, a_f, a_g, a_o = np.split(x[t] @ wx + h @ wh + b, 4, axis=1)  # (N, M) each
        i, f, o = (0.5 + 0.5 * np.tanh(0.5 * part) for part in (a_i, a_f, a_o))
        g = np.tanh(a_g)
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        all_gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(hs), np.stack(cs), np.stack(all_gates)


def reference(x, h0, c0, wx, wh, b):
    """Run the layer of the library, and show all cells and gates."""
    (h, _), cache = lstm.lstm_forward(x, h0, c0, wx, wh, b)
    T, N, M = h.shape
    return h, cache.c[1:].transpose(0, 2, 1), np.moveaxis(cache.gates, 3, 1).reshape(T, N, 4 * M)


def drawn(rng, T, N, D, M):
    """Draw sequences and a layer."""
    x, h0, c0 = decimals(rng, T, N, D), decimals(rng, N, M), decimals(rng, N, M)
    wx, wh = decimals(rng, D, 4 * M) / 2, decimals(rng, M, 4 * M) / 2
    return x, h0, c0, wx, wh, decimals(rng, 4 * M)


def inputs(rng):
    """Draw few and short sequences with all sizes different."""
    b = np.array([-99.0, 0.0, 0.0, 99.0])
    x, zero, w = np.zeros((2, 1, 1)), np.zeros((1, 1)), np.zeros((1, 4))
    yield case("the example", x, zero, zero + 8, w, w, b)
    x, *rest = drawn(rng, 4, 3, 1, 2)
    yield case("4 steps, 3 sequences, one feature, 2 units", np.asfortranarray(x), *rest)
    *rest, b = drawn(rng, 3, 2, 4, 1)
    yield case("one unit", *rest, strided(b))
    yield case("one sequence", *drawn(rng, 5, 1, 3, 2))
    yield case("one step", *drawn(rng, 1, 2, 4, 3))
    *rest, b = drawn(rng, 3, 1, 2, 3)
    yield case("biases of 1000 and -1000", *rest, with_thousands(b, 4))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 2, 3, 1, 2)))
    x, *rest = drawn(rng, 3, 2, 1, 2)
    yield case("inputs of float32, all else of float64", x.astype(np.float32), *rest)
    x, *rest = drawn(rng, 2, 4, 3, 1)
    yield case("inputs of int32", (10 * x).astype(np.int32), *rest)


EXERCISE = Exercise(
    lstm_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("h", "c", "gates"),
    axes={
        "h": ("step", "sequence", "unit"),
        "c": ("step", "sequence", "unit"),
        "gates": ("step", "sequence", "gate: i f g o"),
    },
    forbidden=HANDMADE,
    wild=small(drawn, 4),
)
mistake = EXERCISE.mistake

mistake("stays_at_h0", {"h @ wh": "h0 @ wh"}).says(
    "Each of your steps reads h0; from the second on, a step reads the state that the step before "
    "has made."
)
mistake("stays_at_c0", {"f * c": "f * c0"}).says(
    "Each of your steps starts from the cell c0; hand the new cell on to the next step."
)
mistake("starts_from_zeros", {"h, c = h0, c0": "h, c = np.zeros_like(h0), np.zeros_like(c0)"}).says(
    "You begin with a state and a cell of zeros; h0 and c0 are given."
)
mistake("goes_on_with_tanh_of_the_cell", {"cs.append(c)": "cs.append(c)\nc = np.tanh(c)"}).says(
    "You hand tanh(c) to the next step; only the state sees the cell through tanh, and the cell "
    "itself goes on as it is."
)
mistake(
    "returns_states_before_steps",
    {
        "hs.append(h)\ncs.append(c)": "",
        "(len(x)):": "(len(x)):\n    hs.append(h)\n    cs.append(c)",
    },
).says(
    "You keep the state and the cell as they are when a step begins; the result has what each "
    "step leaves."
)
mistake("keeps_the_start", {"hs = []": "hs = [h0]", "cs = []": "cs = [c0]"}).says(
    "Your h and c have T + 1 entries, because they begin with h0 and c0; return what comes after "
    "each step."
)
mistake("returns_the_last_state_only", {"np.stack(hs)": "h"}).says(
    "Your h is the last state alone; return the states of all steps, with time as the first axis."
)
mistake(
    "puts_sequences_first",
    {"(hs)": "(hs, axis=1)", "(cs)": "(cs, axis=1)", "(all_gates)": "(all_gates, axis=1)"},
).says("Your results have the batch as the first axis; time comes first, as in x.")
mistake(
    "keeps_one_array",
    {"h, c = h0, c0": "h, c = h0.copy(), c0.copy()", "c = f": "c[:] = f", "h =": "h[:] ="},
).says(
    "All of your steps show the last state: you write each into the same array and keep that "
    "array T times; keep copies."
)
mistake("writes_into_h0", {"h =": "h[:] =", "(h)": "(h.copy())"}).says(
    "Your steps write into h0 and so change an array of the caller; start from a copy."
)
mistake("couples_the_gates", {"i * g": "(1 - f) * g"}).says(
    "You write with 1 - f; in this cell the input gate i is one of its own."
)
mistake("swaps_i_and_f", {"f * c + i * g": "i * c + f * g"}).says(
    "In each step your cell keeps the share i of itself and takes the share f of the candidate; "
    "exchange the two."
)
mistake(
    "takes_columns_i_f_o_g", {"a_g, a_o = np": "a_o, a_g = np", "[i, f, g, o]": "[i, f, o, g]"}
).says("Your steps read the columns as i, f, o, g; the third M columns are those of the candidate.")
mistake(
    "fills_arrays_of_float64",
    {
        "np.stack(hs), np.stack(cs), np.stack(all_gates)": (
            "tuple(np.stack(part).astype(float) for part in (hs, cs, all_gates))"
        )
    },
).says("Your arrays are made with NumPy's default type, so float32 comes back as float64.")
mistake("exchanges_state_and_cell", {"h, c = h0, c0": "h, c = c0, h0"}).says(
    "You begin with h0 for the cell and c0 for the state; exchange them."
)
mistake("returns_the_squashed_cell", {"cs.append(c)": "cs.append(np.tanh(c))"}).says(
    "Your c is the cell after tanh; return the cell itself, which the state alone shows squashed."
)
mistake("reshapes_the_inputs", {"x[t]": "x.reshape(len(h0), len(x), -1)[:, t]"}).says(
    "You reshape x to have the batch first, which mixes steps and sequences up; time comes first, "
    "so step t reads x[t]."
)
mistake(
    "leaves_out_the_last_step",
    {
        "range(len(x))": "range(len(x) - 1)",
        "return": (
            "hs.append(0 * h0)\ncs.append(0 * c0)\nall_gates.append(0 * np.tile(h0, 4))\nreturn"
        ),
    },
).says("Your loop ends one step early, and the last entries stay 0; there are len(x) steps.")
mistake("reads_the_first_input_only", {"for t": "for _", "x[t]": "x[0]"}).says(
    "Every step of yours reads x[0]; step t reads the inputs x[t]."
)
mistake("adds_biases_once", {"+ b": "+ b * (t == 0)"}).says(
    "You add the biases in the first step only; the weights and the biases are the same in every "
    "step."
)
mistake("ignores_c0", {"h, c = h0, c0": "h, c = h0, np.zeros_like(c0)"}).says(
    "Your cell starts from zeros; before the first step it is c0."
)
mistake("goes_backwards", {"range(len(x))": "reversed(range(len(x)))"}).says(
    "You read the sequence from its end; the forward pass begins with x[0]."
)


@EXERCISE.right_answer
def calls_a_step(x, h0, c0, wx, wh, b):
    def step(x, h, c):
        a_i, a_f, a_g, a_o = np.hsplit(x @ wx + h @ wh + b, 4)
        i, f, o = (np.exp(a.clip(max=0)) / (1 + np.exp(-abs(a))) for a in (a_i, a_f, a_o))
        g = np.tanh(a_g)
        c = f * c + i * g
        return o * np.tanh(c), c, np.hstack([i, f, g, o])

    steps = [(h0, c0)]
    for x_t in x:
        steps.append(step(x_t, *steps[-1][:2]))
    return tuple(np.array([after[k] for after in steps[1:]]) for k in range(3))


@EXERCISE.right_answer
def multiplies_all_inputs_at_once(x, h0, c0, wx, wh, b):
    T, (N, M) = len(x), h0.shape
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


@EXERCISE.right_answer
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

    M = h0.shape[1]
    return tuple(map(np.stack, run(x, h0, c0)))
