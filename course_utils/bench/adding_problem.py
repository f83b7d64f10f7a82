"""Trainings on the adding problem over ten seeds, and what the gates of the trained LSTMs do.

`course experiment adding-problem` makes the file that the book reads: a quarter of an hour on one
core at most.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.bench.experiment import Experiment
from course_utils.errors import CourseError
from course_utils.reference.adaptive_optimizers import adam, adam_init
from course_utils.reference.clipping import clip_by_norm
from course_utils.reference.gates import sigmoid
from course_utils.reference.lstm import lstm_backward, lstm_forward
from course_utils.reference.rnn import rnn_backward, rnn_forward

Array = NDArray[Any]
Weights = dict[str, Array]

UNITS = 16
FORGET_BIASES = {"RNN": None, "LSTM, bias 0": 0.0, "LSTM, bias 3": 3.0}
STUDIES = [(kind, 40, 500) for kind in FORGET_BIASES]  # kind, steps, updates
STUDIES += [(kind, 100, 600) for kind in ("LSTM, bias 0", "LSTM, bias 3")]
EVERY = 20  # updates in a point of a curve


class Trained(NamedTuple):
    """A network after training: weights, the loss at each update, the error on new sequences."""

    weights: Weights
    losses: Array
    error: float


def adding_problem(rng: np.random.Generator, N: int, T: int = 40) -> tuple[Array, Array]:
    """Draw numbers with marks, (T, N, 2), and for each sequence the sum of its two marked, (N,)."""
    x = np.zeros((T, N, 2), np.float32)
    x[:, :, 0] = rng.random((T, N))
    for half in (0, T // 2):
        x[half + rng.integers(T // 2, size=N), np.arange(N), 1] = 1
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=0)


def new_sequences(T: int = 40) -> tuple[Array, Array]:
    """Draw the thousand sequences on which every trained network is tested."""
    return adding_problem(np.random.default_rng(1000), 1000, T)


def mean_squared_error(guess: Array, y: Array) -> float:
    """Return the mean of the squared differences."""
    return float(np.mean((guess - y) ** 2))


def start(rng: np.random.Generator, forget_bias: float | None) -> Weights:
    """Draw the first weights of an LSTM, or of a plain network if there is no forget bias."""
    G = 1 if forget_bias is None else 4
    turn = np.linalg.qr(rng.normal(size=(G, UNITS, UNITS)))[0]  # orthogonal
    p = {"wx": rng.uniform(-1, 1, size=(2, G * UNITS)) / UNITS**0.5}
    p |= {"wh": np.concatenate(turn, axis=1), "b": np.zeros(G * UNITS)}
    p |= {"w": rng.uniform(-1, 1, size=UNITS) / UNITS**0.5, "d": np.zeros(1)}
    if forget_bias is not None:
        p["b"][UNITS : 2 * UNITS] = forget_bias
    return {name: array.astype(np.float32) for name, array in p.items()}


def answer(p: Weights, x: Array) -> tuple[Array, Array, Any]:
    """Return the states, (T, N, M), the answer at the end of each sequence, (N,), and the cache."""
    zero = np.zeros((x.shape[1], UNITS), np.float32)
    if len(p["b"]) == UNITS:
        h, cache = rnn_forward(x, zero, p["wx"], p["wh"], p["b"])
        return h, h[-1] @ p["w"] + p["d"], cache
    (h, _), lstm_cache = lstm_forward(x, zero, zero, p["wx"], p["wh"], p["b"])
    return h, h[-1] @ p["w"] + p["d"], lstm_cache


def train(kind: str, seed: int, T: int = 40, updates: int = 500, N: int = 64) -> Trained:
    """Train with Adam on new sequences at each update, gradients clipped."""
    rng = np.random.default_rng(seed)
    p = start(rng, FORGET_BIASES[kind])
    state, losses = adam_init(p), np.empty(updates)
    for update in range(updates):
        x, y = adding_problem(rng, N, T)
        h, guess, cache = answer(p, x)
        error = (guess - y).astype(np.float32)
        losses[update] = np.mean(error**2)

        slope = 2 * error / N  # the gradient of the loss with respect to each answer
        dh = np.zeros_like(h)
        dh[-1] = slope[:, None] * p["w"]
        if kind == "RNN":
            *_, dwx, dwh, db = rnn_backward(dh, cache)
        else:
            *_, dwx, dwh, db = lstm_backward(dh, np.zeros_like(dh[0]), cache)
        grads = {"wx": dwx, "wh": dwh, "b": db}
        grads |= {"w": h[-1].T @ slope, "d": slope.sum(keepdims=True)}
        p, state = adam(p, clip_by_norm(grads, 1.0)[0], state, learning_rate=0.02)
    x, y = new_sequences(T)
    return Trained(p, losses, mean_squared_error(answer(p, x)[1], y))


def gates_over_time(p: Weights, x: Array) -> Array:
    """Return what an LSTM computes on the way, (T, 4, M, N): its i, f, g and o."""
    gates: Array = answer(p, x)[2].gates
    return gates


def answer_with_held(p: Weights, x: Array, held: str) -> Array:
    """Return the answers, (N,), if one of i, f, g, o is held at each unit's mean over all steps."""
    index = "ifgo".index(held)
    mean = gates_over_time(p, x)[:, index].mean(axis=(0, 2))  # (M,)
    h = c = np.zeros((x.shape[1], UNITS), np.float32)
    for step in x:
        a = np.split(step @ p["wx"] + h @ p["wh"] + p["b"], 4, axis=1)
        values = [np.tanh(part) if n == 2 else sigmoid(part) for n, part in enumerate(a)]
        values[index] = np.broadcast_to(mean, h.shape)
        i, f, g, o = values
        c = f * c + i * g
        h = o * np.tanh(c)
    return h @ p["w"] + p["d"]


def input_gate_at_marks(p: Weights, x: Array) -> tuple[Array, Array]:
    """Return the mean input gate of each unit, (M,), at the marked steps and at the others."""
    i = gates_over_time(p, x)[:, 0].transpose(0, 2, 1)  # (T, N, M)
    marked = x[:, :, 1] == 1
    return i[marked].mean(axis=0), i[~marked].mean(axis=0)


def study(kind: str, T: int, updates: int, seed: int) -> dict[str, Any]:
    """Train once, and measure what the book says about this training."""
    weights, losses, error = train(kind, seed, T, updates)
    found: dict[str, Any] = {"error": round(error, 5)}
    found["losses"] = losses.reshape(-1, EVERY).mean(axis=1).round(4).tolist()
    if kind == "RNN":
        return found
    x, y = new_sequences(T)
    marked, others = input_gate_at_marks(weights, x)
    unit = (marked - others).argmax()
    found["input gate"] = [round(float(mean[unit]), 3) for mean in (marked, others)]
    found["held"] = {
        gate: round(mean_squared_error(answer_with_held(weights, x, gate), y), 4) for gate in "ifgo"
    }
    return found


def experiment(data: str | None, seeds: int) -> Experiment:
    """Return all trainings. They draw their own data.

    Raises
    ------
    CourseError
        If other data are named.
    """
    if data is not None:
        raise CourseError("the adding problem draws its own data: leave --data out")
    updates = {(kind, T): count for kind, T, count in STUDIES}
    return Experiment(
        [{"kind": kind, "steps": T, "seed": seed} for kind, T in updates for seed in range(seeds)],
        lambda one: study(
            one["kind"], one["steps"], updates[one["kind"], one["steps"]], one["seed"]
        ),
        lambda one: f"{one['kind']}, {one['steps']} steps, seed {one['seed']}: {one['error']}",
    )
