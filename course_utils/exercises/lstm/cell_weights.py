"""What a cell keeps of each step, by its gates alone: `cell_weights`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, gate_values, small
from course_utils.exercises.exercise import Exercise, case


def cell_weights(i, f):
    """Return how much the start cell and each candidate count in the last cell, (T + 1, M).

    >>> cell_weights(np.array([[1.0], [0.5]]), np.array([[0.5], [0.25]]))
    array([[0.125],
           [0.25 ],
           [0.5  ]])
    """
    T, M = i.shape
    weights = np.ones((T + 1, M), np.result_type(i, f))
    weights[1:] = i  # a candidate enters with its input gate
    for s in range(T):
        weights[: s + 1] *= f[s]  # this step scales all that came before it
    return weights


def drawn(rng, T, M):
    """Draw input and forget gates."""
    return gate_values(rng, T, M), gate_values(rng, T, M)


def inputs(rng):
    """Draw gates, a few of them shut or wide open."""
    yield case("the example", np.array([[1.0], [0.5]]), np.array([[0.5], [0.25]]))
    i, f = drawn(rng, 4, 3)
    yield case("4 steps, 3 units", np.asfortranarray(i), f)
    i, f = drawn(rng, 5, 2)
    f[2, 0] = f[3, 1] = i[1, 1] = 0
    yield case("some gates are shut", i, f)
    i, f = drawn(rng, 3, 4)
    f[:, 2] = f[1, 0] = i[0, 1] = 1
    yield case("some gates are wide open", i, f)
    i, f = drawn(rng, 1, 2)
    yield case("one step, float32 input gates", i.astype(np.float32), f)
    yield case("one step, float32 forget gates", i, f.astype(np.float32))
    i, f = drawn(rng, 6, 1)
    yield case("one unit, 6 steps", i, strided(f))
    i, f = drawn(rng, 3, 5)
    yield case("float32, more units than steps", i.astype(np.float32), f.astype(np.float32))


EXERCISE = Exercise(
    cell_weights,
    points=2,
    inputs=inputs,
    outputs=("the weights",),
    axes={"the weights": ("start or step", "unit")},
    forbidden=HANDMADE,
    wild=small(drawn, 2),
)
mistake = EXERCISE.mistake


@EXERCISE.right_answer
def multiplies_all_later_gates(i, f):
    rows = [i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f, axis=0), *rows])


@EXERCISE.right_answer
def multiplies_from_the_end(i, f):
    later = 1
    rows = []
    for s in reversed(range(len(i))):
        rows.insert(0, i[s] * later)
        later = later * f[s]
    return np.stack([later, *rows])


@EXERCISE.right_answer
def follows_each_candidate_alone(i, f):
    T, M = i.shape
    weights = np.empty((T + 1, M), np.result_type(i, f))
    for s in range(T + 1):
        c = np.full(M, s == 0)
        for t in range(T):
            c = f[t] * c + i[t] * (t + 1 == s)  # g is 1 at step s, and 0 elsewhere
        weights[s] = c
    return weights


@EXERCISE.right_answer
def calls_itself(i, f):
    def up_to(t):
        if t == 0:
            return np.ones_like(i[:1])
        return np.concatenate([f[t - 1] * up_to(t - 1), i[t - 1 : t]])

    return up_to(len(i))


mistake("forgets_one_step_early", {": s + 1]": ": s + 2]"}).says(
    "You scale each candidate by the forget gate of its own step; that gate scales the old cell "
    "only, and the candidate is added after it."
)
mistake("forgets_one_step_late", {": s + 1] *= f[s]": ": max(s, 1)] *= f[s]"}).says(
    "Each candidate escapes one forget gate in your weights, that of the step right after it; "
    "write the cell out for three steps and see which gates each candidate meets."
)
mistake(
    "divides_running_products",
    {
        "for s in range(T):\n    weights[: s + 1] *= f[s]": (
            "products = np.cumprod(f, axis=0)\n"
            'with np.errstate(invalid="ignore"):\n'
            "    weights[1:] = i * products[-1] / products\n"
            "weights[0] = products[-1]"
        )
    },
).says(
    "You divide one running product of the forget gates by another, and a gate that is shut makes "
    "that 0 / 0; multiply the gates after each step instead."
)
mistake("leaves_input_gates_out", {"i[s] * ": ""}, of="multiplies_all_later_gates").says(
    "Your weights of the candidates leave out the input gates; a candidate enters the cell only "
    "as far as its input gate is open."
)
mistake(
    "multiplies_the_gates_before",
    {"weights[: s + 1] *= f[s]": "weights[0] *= f[s]\nweights[s + 2 :] *= f[s]"},
).says(
    "You multiply a candidate by the forget gates before its step; those have done their work by "
    "then, and the ones after it are still to come."
)
mistake("exchanges_the_gates", {"weights[1:] = i": "weights[1:] = f", "*= f[s]": "*= i[s]"}).says(
    "You have exchanged the two gates: the forget gate scales the cell that was there before, the "
    "input gate scales the candidate."
)
mistake("leaves_the_start_out", {"return weights": "return weights[1:]"}).says(
    "Your result has no row for the start cell; row 0 says how much of c0 is left after all "
    "forget gates."
)
mistake(
    "spares_the_start", {"weights[: s + 1] *= f[s]": "weights[int(s == 0) : s + 1] *= f[s]"}
).says(
    "Your start cell does not pass through the forget gate of the first step; c0 is there before "
    "that step, so all T gates scale it."
)
mistake("runs_backwards", {"return weights": "return weights[::-1]"}).says(
    "Your rows run from the last step back to the start cell; row 0 belongs to the start cell."
)
mistake(
    "spoils_the_input_gates",
    {
        "weights[: s + 1] *= f[s]": "weights[0] *= f[s]\ni[:s] *= f[s]",
        "return weights": "weights[1:] = i\nreturn weights",
    },
).says(
    "You multiply within the caller's own array of input gates, which has changed after the call; "
    "work in a new array."
)
mistake(
    "makes_weights_float64", {"np.ones((T + 1, M), np.result_type(i, f))": "np.ones((T + 1, M))"}
).says(
    "Your weights come as float64 whatever the gates are; give the new array the type to which "
    "NumPy promotes i and f."
)
mistake(
    "multiplies_along_the_units",
    {
        "weights[1:] = i": "weights[:T] = np.cumprod(f[:, ::-1], axis=1)[:, ::-1]",
        "for s in range(T):\n    weights[: s + 1] *= f[s]": "weights[1:] *= i",
    },
).says(
    "Your running product goes along the units; each unit has its own gates, and they multiply "
    "along the steps, axis 0."
)
mistake("leaves_out_the_last_gate", {"range(T)": "range(T - 1)"}).says(
    "Your products leave out the last forget gate; it scales all that the cell holds before the "
    "last step."
)
mistake(
    "puts_the_newest_first",
    {
        "weights[: s + 1] *= f[s]": "weights[1 : s + 1] *= f[s]",
        "return weights": "weights[1:] = weights[:0:-1].copy()\nreturn weights",
    },
).says(
    "Your candidates stand newest first, and the start cell counts whole; row s is that of step "
    "s, and row 0 the product of all forget gates."
)


mistake(
    "couples_the_gates",
    {"f[s + 1 :]": "1 - i[s + 1 :]", "f, axis": "1 - i, axis"},
    of="multiplies_all_later_gates",
).says(
    "You take 1 - i for what a step keeps; in an LSTM the forget gate is a gate of its own, and f "
    "says how much is kept."
)
