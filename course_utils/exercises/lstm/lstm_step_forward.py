"""One step of an LSTM: `lstm_step_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, STEP, decimals, small, with_thousands
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.live_picture import LSTM_UNIT, Shown
from course_utils.reference import lstm


def lstm_step_forward(x, h, c, wx, wh, b):
    """Take one step of an LSTM; return h_next, c_next and the gates.

    >>> zero, cell = np.zeros((1, 1)), np.array([[2.0]])
    >>> wx, wh, b = np.zeros((1, 4)), np.zeros((1, 4)), np.array([-99.0, 99.0, 0.0, 0.0])
    >>> h_next, c_next, gates = lstm_step_forward(zero, zero, cell, wx, wh, b)
    >>> h_next.round(3), c_next, gates.round(3)
    (array([[0.482]]), array([[2.]]), array([[0. , 1. , 0. , 0.5]]))
    """

    def sigmoid(a):
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    M = h.shape[1]
    if c.shape != h.shape or b.shape != (4 * M,):
        raise ValueError("c must have the shape of h, and b must have shape (4M,)")
    a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)  # (N, M) each
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return h_next, c_next, np.concatenate([i, f, g, o], axis=1)


def reference(x, h, c, wx, wh, b):
    """Take the step of the library, and show its gates side by side."""
    (h_next, c_next), cache = lstm.lstm_step_forward(x, h, c, wx, wh, b)
    return h_next, c_next, np.concatenate([cache.i, cache.f, cache.g, cache.o], axis=1)


def drawn(rng, N, D, M):
    """Draw inputs, states, cells and a layer."""
    x, h, c = decimals(rng, N, D), decimals(rng, N, M), decimals(rng, N, M)
    return x, h, c, decimals(rng, D, 4 * M), decimals(rng, M, 4 * M), decimals(rng, 4 * M)


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    zero, cell = np.zeros((1, 1)), np.array([[2.0]])
    shut = np.array([-99.0, 99.0, 0.0, 0.0])
    yield case("the example", zero, zero, cell, np.zeros((1, 4)), np.zeros((1, 4)), shut)
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

    x, h, c, wx, wh, b = drawn(rng, 2, 3, 4)
    yield refused("a cell of one sequence for two", x, h, c[:1], wx, wh, b)
    yield refused("one bias for all units and gates", x, h, c, wx, wh, b[:1])


def setting(x, h, c, wx, wh, b):
    """Show one unit whose gates are neither shut nor open, as near as the sliders come."""
    if c.shape != (1, 1) or h.shape != (1, 1) or b.shape != (4,):
        return None
    i, f, g, o = (float(gate) for gate in lstm_step_forward(x, h, c, wx, wh, b)[2][0])
    near = {"i": round(20 * i) / 20, "f": round(f, 2), "g": round(20 * g) / 20}
    near["o"] = round(20 * o) / 20
    if any(abs(gate) in (0, 1) for gate in near.values()):
        return None
    return near | {"c0": round(float(c[0, 0]), 1), "pattern": "once", "t": 1}


EXERCISE = Exercise(
    lstm_step_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=tuple(STEP),
    axes=STEP,
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    picture=Shown(LSTM_UNIT, setting, ("swaps_i_and_f", "leaves_tanh_out", "never_forgets")),
)
mistake = EXERCISE.mistake

mistake("swaps_i_and_f", {"f * c + i * g": "i * c + f * g"}).says(
    "Your input gate scales the old cell; i lets the candidate in, and f says how much of the old "
    "cell stays."
)
mistake("takes_columns_f_first", {"a_i, a_f": "a_f, a_i"}).says(
    "You take the first M columns for the forget gate; the input gate comes first, then f."
)
mistake("takes_columns_i_f_o_g", {"a_g, a_o": "a_o, a_g"}).says(
    "You take the third block of columns for the output gate; it is the candidate's, and o comes "
    "last."
)
mistake("returns_gates_i_f_o_g", {"[i, f, g, o]": "[i, f, o, g]"}).says(
    "Your step is right, but the gates come back as i, f, o, g; put the candidate before the "
    "output gate."
)
mistake(
    "interleaves_gates",
    {
        "a_i, a_f, a_g, a_o = np.split(x @ wx + h @ wh + b, 4, axis=1)": (
            "a = x @ wx + h @ wh + b\na_i, a_f, a_g, a_o = (a[:, gate::4] for gate in range(4))"
        )
    },
).says("You take every fourth column for a gate; the M columns of a gate lie side by side.")
mistake("leaves_tanh_out", {"np.tanh(c_next)": "c_next"}).says(
    "Your state is o * c_next; look at the last formula: the cell is squashed by tanh before it "
    "is shown."
)
mistake("makes_g_a_gate", {"np.tanh(a_g)": "sigmoid(a_g)"}).says(
    "Your candidate goes through the sigmoid; it takes tanh, since it must be able to lower the "
    "cell."
)
mistake(
    "makes_all_gates_tanh",
    {"sigmoid(a_i), sigmoid": "np.tanh(a_i), np.tanh", "sigmoid(a_o)": "np.tanh(a_o)"},
).says(
    "Your gates i, f and o go through tanh and may be negative; a gate is a sigmoid, between shut "
    "and open."
)
mistake("never_forgets", {"f * c": "c"}).says(
    "You add to the whole old cell, as the LSTM of 1997 did; here the forget gate scales it first."
)
mistake("never_reads_the_state", {"h @ wh + ": ""}).says(
    "Your gates depend on the input alone; the state before the step is read as well, through wh."
)
mistake("leaves_biases_out", {" + b": ""}).says(
    "You never add b; each gate and each unit has its bias."
)
mistake(
    "overflows",
    {
        "return 0.5 + 0.5 * np.tanh(0.5 * a)": (
            'with np.errstate(over="ignore", invalid="ignore"):\n'
            "    return np.exp(a) / (1 + np.exp(a))"
        )
    },
).says(
    "Your sigmoid is NaN far above 0, where exp overflows and infinity is divided by infinity; "
    "1 / (1 + exp(-a)) is (1 + tanh(a / 2)) / 2, which never overflows."
)
mistake("returns_pre_activations", {"[i, f, g, o]": "[a_i, a_f, a_g, a_o]"}).says(
    "Your third result is what goes into sigmoid and tanh; the gates are what comes out of them."
)
mistake("returns_the_cell_first", {"h_next, c_next": "c_next, h_next"}).says(
    "You return the cell before the state; the order is h_next, c_next, gates."
)
mistake("writes_into_the_cell", {" * c +": "\nc +="}).says(
    "You update c in place, so the array of the caller changes; build c_next as a new one."
)
mistake(
    "makes_gates_of_float64", {"[i, f, g, o], axis=1)": "[i, f, g, o], axis=1).astype(float)"}
).says(
    "Your gates are float64 where everything else is float32; give the array that you fill the "
    "type of the results."
)
mistake(
    "lets_numpy_stretch",
    {
        "if c.shape != h.shape or b.shape != (4 * M,):\n"
        '    raise ValueError("c must have the shape of h, and b must have shape (4M,)")': ""
    },
).says(
    "You let NumPy stretch a row or a bias over everything; compare the shapes of all arguments "
    "before you compute."
)
mistake("shows_the_old_cell", {"np.tanh(c_next)": "np.tanh(c)"}).says(
    "Your state shows the cell from before the step; it shows the new one, c_next."
)
mistake("adds_biases_twice", {"wh + b,": "wh + 2 * b,"}).says(
    "You add b twice, once beside the input and once beside the state; this cell has one vector "
    "of biases."
)
mistake("biases_the_wrong_slice", {"b,": "b.reshape(4, M)[[0, 2, 1, 3]].ravel(),"}).says(
    "Your forget gate gets the third block of b and your candidate the second; b has the order of "
    "the columns: i, f, g, o."
)
mistake("adds_1_to_the_forget_bias", {"(a_f)": "(a_f + 1)"}).says(
    "You add 1 to what goes into f; that belongs to how b is set at the start of training, not to "
    "the step."
)


@EXERCISE.right_answer
def stacks_input_and_state(x, h, c, wx, wh, b):
    M = h.shape[1]
    if c.shape != h.shape or b.shape != (4 * M,):
        raise ValueError("the shapes do not fit")
    gates = np.hstack([x, h]) @ np.vstack([wx, wh]) + b
    squashed = np.tanh(gates[:, 2 * M : 3 * M])
    gates = 0.5 * np.tanh(0.5 * gates) + 0.5
    gates[:, 2 * M : 3 * M] = squashed
    c_next = gates[:, M : 2 * M] * c + gates[:, :M] * squashed
    return gates[:, 3 * M :] * np.tanh(c_next), c_next, gates


@EXERCISE.right_answer
def steps_unit_by_unit(x, h, c, wx, wh, b):
    N, M = h.shape
    if c.shape != h.shape or b.shape != (4 * M,):
        raise ValueError("the shapes do not fit")

    def sigmoid(a):
        return np.exp(min(a, 0)) / (1 + np.exp(-abs(a)))

    h_next, c_next = np.empty_like(h), np.empty_like(c)
    gates = np.empty_like(h, shape=(N, 4 * M))
    for n in range(N):
        for m in range(M):
            a = x[n] @ wx[:, m::M] + h[n] @ wh[:, m::M] + b[m::M]
            i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), np.tanh(a[2]), sigmoid(a[3])
            gates[n, m::M] = i, f, g, o
            c_next[n, m] = f * c[n, m] + i * g
            h_next[n, m] = o * np.tanh(c_next[n, m])
    return h_next, c_next, gates


@EXERCISE.right_answer
def gives_gates_an_axis(x, h, c, wx, wh, b):
    (N, D), (_, M) = x.shape, h.shape
    if c.shape != h.shape or b.shape != (4 * M,):
        raise ValueError("the shapes do not fit")
    a = np.einsum("nd,dkm->nkm", x, wx.reshape(D, 4, M))
    a += np.einsum("nj,jkm->nkm", h, wh.reshape(M, 4, M)) + b.reshape(4, M)
    gates = np.exp(a.clip(max=0)) / (1 + np.exp(-np.abs(a)))
    gates[:, 2] = np.tanh(a[:, 2])
    i, f, g, o = gates.transpose(1, 0, 2)
    c_next = g * i + c * f
    return np.tanh(c_next) * o, c_next, gates.reshape(N, 4 * M)
