"""Eight starts of a recurrent matrix, on digits that are read one pixel at a time.

`course experiment pixel-digits` makes the file that the book reads: eight starts, four learning
rates and ten seeds, in less than half an hour on one core. All else is the same for all of them:
the weights of the input and of the readout, the batches, Adam, and clipping.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.bench.experiment import Experiment, Setting
from course_utils.data.digits import load_digits_split
from course_utils.errors import CourseError
from course_utils.reference.adaptive_optimizers import adam, adam_init
from course_utils.reference.clipping import clip_by_norm
from course_utils.reference.dense import dense_backward, dense_forward
from course_utils.reference.initialization import RECURRENT_STARTS, recurrent_start
from course_utils.reference.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from course_utils.reference.rnn import RNNCache, activation_slope, rnn_backward, rnn_forward

Array = NDArray[Any]
Weights = dict[str, Array]

RATES = (0.0003, 0.001, 0.003, 0.01)
UNITS = 48
CLASSES = 10
EPOCHS = 40
BATCH = 64
LIMIT = 1.0  # of the gradient's norm
FOLLOWED = 64  # digits along which a gradient is followed


class Digits(NamedTuple):
    """Digits as sequences of pixels, row by row."""

    x: Array  # (T, N, 1), from -0.5 to 0.5
    y: Array  # (N,)


def load_sequences() -> tuple[Digits, Digits]:
    """Return the digits to learn from, and those to test on."""
    split = load_digits_split()

    def sequences(images: Array) -> Array:
        rows: Array = images.reshape(len(images), -1).T[:, :, None] - np.float32(0.5)
        return rows

    return (
        Digits(sequences(split.x_train), split.y_train),
        Digits(sequences(split.x_test), split.y_test),
    )


def start(name: str, seed: int) -> tuple[Weights, str]:
    """Draw the first weights; those of the input and of the readout are the same for all starts."""
    rng = np.random.default_rng([seed, 0])
    edge = UNITS**-0.5
    weights = {
        "wx": rng.uniform(-edge, edge, (1, UNITS)),
        "b": np.zeros(UNITS),
        "w": rng.uniform(-edge, edge, (UNITS, CLASSES)),
        "d": np.zeros(CLASSES),
    }
    wh, activation = recurrent_start(name, UNITS, rng=np.random.default_rng([seed, 1]))
    weights["wh"] = wh
    return {key: array.astype(np.float32) for key, array in weights.items()}, activation


def read(p: Weights, x: Array, activation: str) -> tuple[Array, Array, RNNCache]:
    """Return the state after the last pixel, (N, M), the scores, (N, K), and the cache."""
    zero = np.zeros((x.shape[1], UNITS), x.dtype)
    h, cache = rnn_forward(x, zero, p["wx"], p["wh"], p["b"], activation=activation)
    return h[-1], dense_forward(h[-1], p["w"], p["d"])[0], cache


def gradients(p: Weights, digits: Digits, activation: str) -> tuple[float, Weights]:
    """Return the loss and its gradient with respect to each weight."""
    zero = np.zeros((len(digits.y), UNITS), digits.x.dtype)
    h, cache = rnn_forward(digits.x, zero, p["wx"], p["wh"], p["b"], activation=activation)
    scores, dense = dense_forward(h[-1], p["w"], p["d"])
    loss, kept = softmax_cross_entropy_forward(scores, digits.y)
    dh = np.zeros_like(h)
    dh[-1], dw, dd = dense_backward(softmax_cross_entropy_backward(1.0, kept), dense)
    _, _, dwx, dwh, db = rnn_backward(dh, cache)
    return float(loss), {"wx": dwx, "wh": dwh, "b": db, "w": dw, "d": dd}


def arrives(p: Weights, digits: Digits, activation: str) -> list[float]:
    """Return the norm of the loss's gradient at the states 0, 8, ..., 63 steps before the last.

    As a share of that at the last state.
    """
    _, scores, cache = read(p, digits.x, activation)
    _, kept = softmax_cross_entropy_forward(scores, digits.y)
    dh = softmax_cross_entropy_backward(1.0, kept) @ p["w"].T
    norms = []
    for state in cache.states[:0:-1]:
        norms.append(float(np.linalg.norm(dh.astype(np.float64))))
        dh = (dh * activation_slope(state, activation)) @ p["wh"].T
    return [short(norms[lag] / norms[0]) for lag in (*range(0, len(norms), 8), len(norms) - 1)]


def short(value: float) -> Any:
    """Return three digits; nothing where a network has burst, since JSON has no infinity."""
    return float(f"{value:.3g}") if math.isfinite(value) else None


def study(setting: Setting, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train once; follow the gradient before and after."""
    train, test = load_sequences()
    p, activation = start(setting["start"], setting["seed"])
    few = Digits(train.x[:, :FOLLOWED], train.y[:FOLLOWED])
    before = arrives(p, few, activation)
    rng = np.random.default_rng([setting["seed"], 2])
    state, losses, clipped, updates = adam_init(p), [], 0, 0
    for _ in range(epochs):
        order, of_epoch = rng.permutation(len(train.y)), []
        for chosen in np.split(order, range(BATCH, len(order), BATCH)):
            batch = Digits(train.x[:, chosen], train.y[chosen])
            loss, grads = gradients(p, batch, activation)
            grads, norm = clip_by_norm(grads, LIMIT)
            clipped, updates = clipped + (norm > LIMIT), updates + 1
            p, state = adam(p, grads, state, learning_rate=setting["rate"])
            of_epoch.append(loss)
        losses.append(short(float(np.mean(of_epoch))))
    guesses = read(p, test.x, activation)[1].argmax(axis=1)
    return {
        "accuracy": round(float(np.mean(guesses == test.y)), 4),
        "losses": losses,
        "clipped": round(clipped / updates, 3),
        "before": before,
        "after": arrives(p, few, activation),
    }


def says(record: Setting) -> str:
    """Say in a line what a training came to."""
    return (
        f"{record['start']:10s} rate {record['rate']:<6} seed {record['seed']}: "
        f"{100 * record['accuracy']:.1f} % of new digits right"
    )


def experiment(data: str | None, seeds: int) -> Experiment:
    """Return all trainings: seed by seed, so that whoever stops has something of everything.

    Raises
    ------
    CourseError
        If other data are named.
    """
    if data is not None:
        raise CourseError("pixel-digits reads the digits of scikit-learn: leave --data out")
    settings = [
        {"start": name, "rate": rate, "seed": seed}
        for seed in range(seeds)
        for rate in RATES
        for name in RECURRENT_STARTS
    ]
    return Experiment(settings, study, says)
