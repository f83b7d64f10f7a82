"""What a cell keeps of each step, by its gates alone: `cell_weights`."""

import numpy as np

from course_utils.checks.encode import strided
from course_utils.exercises.draw import HANDMADE, gate_values
from course_utils.exercises.exercise import Exercise, case, refused


def cell_weights(i, f):
    """Return how much the start cell and each candidate count in the last cell, (T + 1, M).

    >>> cell_weights(np.array([[1.0], [0.5]]), np.array([[0.5], [0.25]]))
    array([[0.125],
           [0.25 ],
           [0.5  ]])
    """
    T, M = i.shape  # raises a ValueError where there are not two axes
    if f.shape != (T, M):
        raise ValueError(f"i and f must have the same shape, got {i.shape} and {f.shape}")
    if min(i.min(), f.min()) < 0 or max(i.max(), f.max()) > 1:
        raise ValueError("a gate must be at least 0 and at most 1")
    weights = np.ones((T + 1, M), np.result_type(i, f))
    weights[1:] = i  # a candidate enters with its input gate
    for s in range(T):
        weights[: s + 1] *= f[s]  # this step scales all that came before it
    return weights


def inputs(rng):
    """DOC"""
    i, f = gate_values(rng, 4, 3), gate_values(rng, 4, 3)
    yield case("4 steps, 3 units", np.asfortranarray(i), f)
    i, f = gate_values(rng, 5, 2), gate_values(rng, 5, 2)
    f[2, 0] = f[3, 1] = i[1, 1] = 0
    yield case("some gates are shut", i, f)
    i, f = gate_values(rng, 3, 4), gate_values(rng, 3, 4)
    f[:, 2] = f[1, 0] = i[0, 1] = 1
    yield case("some gates are wide open", i, f)
    i, f = gate_values(rng, 1, 2), gate_values(rng, 1, 2)
    yield case("one step, float32 input gates", i.astype(np.float32), f)
    yield case("one step, float32 forget gates", i, f.astype(np.float32))
    yield case("one unit, 6 steps", gate_values(rng, 6, 1), strided(gate_values(rng, 6, 1)))
    i, f = (gate_values(rng, 3, 5).astype(np.float32) for _ in range(2))
    yield case("float32, more units than steps", i, f)

    i, f = gate_values(rng, 4, 3), gate_values(rng, 4, 3)
    yield refused("a step without its forget gates", i, f[:3])
    yield refused("one row of forget gates for all steps", i, f[:1])
    yield refused("one forget gate for all units", i, f[:, :1])
    yield refused("gates of a single unit, with no unit axis", i[:, 0], f[:, 0])
    yield refused("gates with a batch axis", i[:, None], f[:, None])
    for name, gates in (("input", i), ("forget", f)):
        for size, value in (("below 0", -0.1), ("above 1", 1.1)):
            spoiled = gates.copy()
            spoiled[2, 1] = value
            both = (spoiled, f) if name == "input" else (i, spoiled)
            yield refused(f"an {name} gate {size}".replace("an f", "a f"), *both)


EXERCISE = Exercise(
    cell_weights,
    points=2,
    inputs=inputs,
    outputs=("the weights",),
    forbidden=HANDMADE,
)
mistake = EXERCISE.mistake


@EXERCISE.right_answer
def multiplies_all_later_gates(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f, axis=0), *rows])


@EXERCISE.right_answer
def multiplies_from_the_end(i, f):
    T, M = i.shape
    if f.shape != (T, M) or not all(0 <= gate <= 1 for gate in [*i.flat, *f.flat]):
        raise ValueError("i and f must be numbers from 0 to 1, of one shape (T, M)")
    later = 1
    rows = []
    for s in reversed(range(T)):
        rows.insert(0, i[s] * later)
        later = later * f[s]
    return np.stack([later, *rows])


@EXERCISE.right_answer
def follows_each_candidate_alone(i, f):
    T, M = i.shape
    if f.shape != (T, M) or np.any(i != i.clip(0, 1)) or np.any(f != f.clip(0, 1)):
        raise ValueError("i and f must be numbers from 0 to 1, of one shape (T, M)")
    weights = np.empty((T + 1, M), np.result_type(i, f))
    for s in range(T + 1):
        c = np.full(M, s == 0)
        for t in range(T):
            c = f[t] * c + i[t] * (t + 1 == s)  # g is 1 at step s, and 0 elsewhere
        weights[s] = c
    return weights


@EXERCISE.right_answer
def calls_itself(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    gates = np.concatenate([i, f])
    if gates.min() < 0 or gates.max() > 1:
        raise ValueError("a gate is a number from 0 to 1")

    def up_to(t):
        if t == 0:
            return np.ones_like(gates[:1])
        return np.concatenate([f[t - 1] * up_to(t - 1), i[t - 1 : t]])

    return up_to(len(i))


mistake(
    "forgets_one_step_early",
    {": s + 1]": ": s + 2]"},
    "The forget gate of a candidate's own step scales it too in your weights; that gate scales "
    "the old cell only, and the candidate is added afterwards.",
)
mistake(
    "forgets_one_step_late",
    {": s + 1] *= f[s]": ": max(s, 1)] *= f[s]"},
    "Each candidate escapes one forget gate in your weights, that of the step right after it; "
    "write the cell out for three steps and see which gates each candidate meets.",
)
mistake(
    "divides_running_products",
    {
        "for s in range(T):\n    weights[: s + 1] *= f[s]": (
            "products = np.cumprod(f, axis=0)\n"
            'with np.errstate(invalid="ignore"):\n'
            "    weights[1:] = i * products[-1] / products\n"
            "weights[0] = products[-1]"
        ),
    },
    "You divide one running product of the forget gates by another, and a gate that is shut makes "
    "that 0 / 0; multiply the gates after each step instead.",
)
mistake(
    "leaves_input_gates_out",
    {
        (
            "rows = [i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))]\n"
            "return np.stack([np.prod(f, axis=0), *rows])"
        ): "return np.stack([np.prod(f[s:], axis=0) for s in range(len(f) + 1)])",
    },
    "Your weights of the candidates leave out the input gates; a candidate enters the cell only "
    "as far as its input gate is open.",
    of="multiplies_all_later_gates",
)
mistake(
    "multiplies_the_gates_before",
    {"weights[: s + 1] *= f[s]": "weights[0] *= f[s]\nweights[s + 2 :] *= f[s]"},
    "You multiply a candidate by the forget gates before its step; those have done their work by "
    "then, and the ones after it are still to come.",
)
mistake(
    "exchanges_the_gates",
    {"weights[1:] = i": "weights[1:] = f", "*= f[s]": "*= i[s]"},
    "You have exchanged the two gates: the forget gate scales the cell that was there before, the "
    "input gate scales the candidate.",
)
mistake(
    "couples_the_gates",
    {"f[s + 1 :]": "1 - i[s + 1 :]", "f, axis": "1 - i, axis"},
    "You take 1 - i for what a step keeps; in an LSTM the forget gate is a gate of its own, and f "
    "says how much is kept.",
    of="multiplies_all_later_gates",
)
mistake(
    "leaves_the_start_out",
    {"return weights": "return weights[1:]"},
    "Your result has no row for the start cell; row 0 says how much of c0 is left after all "
    "forget gates.",
)
mistake(
    "spares_the_start",
    {"weights[: s + 1] *= f[s]": "weights[int(s == 0) : s + 1] *= f[s]"},
    "Your start cell does not pass through the forget gate of the first step; c0 is there before "
    "that step, so all T gates scale it.",
)
mistake(
    "runs_backwards",
    {"([later, *rows])": "([later, *rows])[::-1]"},
    "Your rows run from the last step back to the start cell; row 0 belongs to the start cell.",
    of="multiplies_from_the_end",
)
mistake(
    "spoils_the_input_gates",
    {
        "weights[: s + 1] *= f[s]": "weights[0] *= f[s]\ni[:s] *= f[s]",
        "return weights": "weights[1:] = i\nreturn weights",
    },
    "You multiply within the caller's own array of input gates, which has changed after the call; "
    "work in a new array.",
)
mistake(
    "makes_weights_float64",
    {
        "min(i.min(), f.min()) < 0 or max(i.max(), f.max()) > 1": (
            "np.any((i < 0) | (i > 1) | (f < 0) | (f > 1))"
        ),
        "M), np.result_type(i, f": "i.shape[1]",
    },
    "Your weights come as float64 whatever the gates are; give the new array the type to which "
    "NumPy promotes i and f.",
)
