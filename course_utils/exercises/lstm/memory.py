"""What a cell keeps of each step, by its gates alone: `cell_weights`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from course_utils.checks.encode import strided
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.lstm.draw_gates import HANDMADE, gate_values

Array = NDArray[np.floating]


def cell_weights(i: Array, f: Array) -> Array:
    """Return how much the start cell and each candidate count in the last cell.

    Parameters
    ----------
    i, f : (T, M)
        The input and the forget gates of all steps, from 0 to 1.

    Returns
    -------
    (T + 1, M)
        Row 0 is the weight of the start cell, row s that of the candidate of step s, counted from
        1: ``c_T = w_0 c_0 + sum_s w_s g_s``.

    Raises
    ------
    ValueError
        If the arrays have not the same two axes, or a gate is below 0 or above 1.
    """
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError(f"i and f must have one shape (T, M), got {i.shape} and {f.shape}")
    if min(i.min(), f.min()) < 0 or max(i.max(), f.max()) > 1:
        raise ValueError("a gate is a number from 0 to 1")
    start = np.prod(f, axis=0)
    return np.stack([start, *(gate * np.prod(f[s:], axis=0) for s, gate in enumerate(i, start=1))])


def _cell_weights_cases(rng):
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


CELL_WEIGHTS = Exercise(
    "cell_weights",
    2,
    cell_weights,
    _cell_weights_cases,
    outputs=("the weights",),
    forbidden=HANDMADE,
)


@CELL_WEIGHTS.known_wrong(
    "The forget gate of a candidate's own step scales it too in your weights; "
    "that gate scales the old cell only, and the candidate is added afterwards."
)
def forgets_one_step_early(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    products = np.cumprod(f[::-1], axis=0)[::-1]
    return np.concatenate([products[:1], i * products])


@CELL_WEIGHTS.known_wrong(
    "Each candidate escapes one forget gate in your weights, that of the step right after it; "
    "write the cell out for three steps and see which gates each candidate meets."
)
def forgets_one_step_late(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(f[s + 2 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f, axis=0), *rows])


@CELL_WEIGHTS.known_wrong(
    "You divide one running product of the forget gates by another, and a gate that is shut makes "
    "that 0 / 0; multiply the gates after each step instead."
)
def divides_running_products(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    products = np.cumprod(f, axis=0)
    with np.errstate(invalid="ignore"):
        return np.concatenate([products[-1:], i * products[-1] / products])


@CELL_WEIGHTS.known_wrong(
    "Your weights of the candidates leave out the input gates; "
    "a candidate enters the cell only as far as its input gate is open."
)
def leaves_input_gates_out(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    return np.stack([np.prod(f[s:], axis=0) for s in range(len(f) + 1)])


@CELL_WEIGHTS.known_wrong(
    "You multiply a candidate by the forget gates before its step; "
    "those have done their work by then, and the ones after it are still to come."
)
def multiplies_the_gates_before(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(f[:s], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f, axis=0), *rows])


@CELL_WEIGHTS.known_wrong(
    "You have exchanged the two gates: the forget gate scales the cell that was there before, "
    "the input gate scales the candidate."
)
def exchanges_the_gates(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [f[s] * np.prod(i[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(i, axis=0), *rows])


@CELL_WEIGHTS.known_wrong(
    "You take 1 - i for what a step keeps; in an LSTM the forget gate is a gate of its own, "
    "and f says how much is kept."
)
def couples_the_gates(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(1 - i[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(1 - i, axis=0), *rows])


@CELL_WEIGHTS.known_wrong(
    "Your result has no row for the start cell; "
    "row 0 says how much of c0 is left after all forget gates."
)
def leaves_the_start_out(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    return np.stack([i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))])


@CELL_WEIGHTS.known_wrong(
    "Your start cell does not pass through the forget gate of the first step; "
    "c0 is there before that step, so all T gates scale it."
)
def spares_the_start(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f[1:], axis=0), *rows])


@CELL_WEIGHTS.known_wrong(
    "Your rows run from the last step back to the start cell; row 0 belongs to the start cell."
)
def runs_backwards(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    rows = [i[s] * np.prod(f[s + 1 :], axis=0) for s in range(len(i))]
    return np.stack([np.prod(f, axis=0), *rows])[::-1]


@CELL_WEIGHTS.known_wrong(
    "You multiply within the caller's own array of input gates, which has changed after the call; "
    "work in a new array."
)
def spoils_the_input_gates(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    start = f[0].copy()
    for s in range(1, len(f)):
        start *= f[s]
        i[:s] *= f[s]
    return np.concatenate([start[None], i])


@CELL_WEIGHTS.known_wrong(
    "Your weights come as float64 whatever the gates are; "
    "give the new array the type to which NumPy promotes i and f."
)
def makes_weights_float64(i, f):
    if i.ndim != 2 or i.shape != f.shape:
        raise ValueError("i and f must have one shape (T, M)")
    if np.any((i < 0) | (i > 1) | (f < 0) | (f > 1)):
        raise ValueError("a gate is a number from 0 to 1")
    weights = np.ones((len(i) + 1, i.shape[1]))
    weights[1:] = i
    for s in range(len(f)):
        weights[: s + 1] *= f[s]
    return weights


@CELL_WEIGHTS.known_right
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


@CELL_WEIGHTS.known_right
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


@CELL_WEIGHTS.known_right
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
