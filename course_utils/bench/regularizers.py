"""What helps when: ways to regularize a small network that learns from 300 digits.

`course experiment regularizers` makes the file that the book reads: two kinds of labels, fifteen
ways, ten seeds, in a few minutes on one core. Each network is tested on digits as they are and on
digits that are moved by one pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.bench.digits_convnet import SHIFTS, shift, shift_at_random
from course_utils.bench.experiment import Experiment, Setting
from course_utils.data.digits import load_digits_split
from course_utils.errors import CourseError
from course_utils.reference.activations import relu_backward, relu_forward, softmax_forward
from course_utils.reference.dense import dense_backward, dense_forward
from course_utils.reference.dropout import dropout_backward, inverted_dropout_forward
from course_utils.reference.initialization import he_normal
from course_utils.reference.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from course_utils.reference.optimizers import momentum, momentum_init, with_weight_decay

Array = NDArray[Any]
Weights = dict[str, Array]

DIGITS = 300  # to learn from
VALIDATION = 60  # of these, where training may stop early
NOISE = 0.3  # of the labels are drawn anew
UNITS, CLASSES = 256, 10
EPOCHS, BATCH, RATE, RHO = 100, 30, 0.05, 0.9
PATIENCE = 10  # epochs without a lower validation loss
MEMBERS = 5  # of an ensemble
GREY = np.float32(0.3)  # about the mean of all pixels, which is taken off
LABELS = ("clean", "noisy")
WAYS: tuple[tuple[str, float], ...] = (
    ("none", 0),
    ("weight decay", 0.003),
    ("weight decay", 0.01),
    ("weight decay", 0.03),
    ("dropout", 0.2),
    ("dropout", 0.5),
    ("dropout", 0.8),
    ("early stopping", 0),
    ("fewer digits", 0),
    ("ensemble", 0),
    ("bagging", 0),
    ("shifts", 0),
    ("mirror images", 0),
    ("shifts, weight decay", 0.003),
    ("shifts, weight decay", 0.03),
)


class Digits(NamedTuple):
    """Images (N, 1, 8, 8) and their labels (N,)."""

    x: Array
    y: Array

    def take(self, rows: Array) -> Digits:
        """Return some of the digits."""
        return Digits(self.x[rows], self.y[rows])


def load(seed: int, labels: str) -> tuple[Digits, Digits]:
    """Return 300 digits to learn from, of whose labels 30 % may be drawn anew, and 500 for tests.

    What is drawn may be the right label again, in one of ten draws.
    """
    split = load_digits_split(seed)
    y = split.y_train[:DIGITS].copy()
    if labels == "noisy":
        rng = np.random.default_rng([seed, 0])
        rows = rng.permutation(DIGITS)[: round(NOISE * DIGITS)]
        y[rows] = rng.integers(CLASSES, size=len(rows))
    return Digits(split.x_train[:DIGITS], y), Digits(split.x_test, split.y_test)


def start(rng: np.random.Generator) -> Weights:
    """Draw the first weights after He et al.; biases are 0."""
    D = 64
    return {
        "w1": he_normal((D, UNITS), fan_in=D, rng=rng, dtype=np.float32),
        "b1": np.zeros(UNITS, np.float32),
        "w2": he_normal((UNITS, CLASSES), fan_in=UNITS, rng=rng, dtype=np.float32),
        "b2": np.zeros(CLASSES, np.float32),
    }


def scores(p: Weights, x: Array) -> Array:
    """Return the scores (N, 10) of images (N, 1, 8, 8), with all units."""
    hidden, _ = relu_forward(dense_forward(flat(x), p["w1"], p["b1"])[0])
    return dense_forward(hidden, p["w2"], p["b2"])[0]


def flat(x: Array) -> Array:
    """Return images as rows (N, 64), about 0."""
    rows: Array = x.reshape(len(x), -1) - GREY
    return rows


def gradients(
    p: Weights, digits: Digits, *, decay: float, drop: float, rng: np.random.Generator
) -> Weights:
    """Return the gradient of the loss, and of decay / 2 times the squares of all but the biases."""
    out, dense1 = dense_forward(flat(digits.x), p["w1"], p["b1"])
    out, relu = relu_forward(out)
    out, dropped = inverted_dropout_forward(out, drop=drop, training=drop > 0, rng=rng)
    out, dense2 = dense_forward(out, p["w2"], p["b2"])
    _, loss = softmax_cross_entropy_forward(out, digits.y)
    dout, dw2, db2 = dense_backward(softmax_cross_entropy_backward(1.0, loss), dense2)
    dout = relu_backward(dropout_backward(dout, dropped), relu)
    _, dw1, db1 = dense_backward(dout, dense1)
    matrices = {name: p[name] for name in ("w1", "w2")}
    pulled = with_weight_decay(matrices, {"w1": dw1, "w2": dw2}, decay)
    return pulled | {"b1": db1, "b2": db2}


def epochs(
    digits: Digits, way: str, strength: float, rng: np.random.Generator
) -> Iterator[Weights]:
    """Train, and yield the weights after each epoch."""
    p = start(rng)
    state = momentum_init(p)
    decay = strength if "weight decay" in way else 0.0
    drop = strength if way == "dropout" else 0.0
    while True:
        order = rng.permutation(len(digits.y))
        for rows in np.split(order, range(BATCH, len(order), BATCH)):
            batch = changed(digits.take(rows), way, rng)
            grads = gradients(p, batch, decay=decay, drop=drop, rng=rng)
            p, state = momentum(p, grads, state, learning_rate=RATE, rho=RHO)
        yield p


def changed(batch: Digits, way: str, rng: np.random.Generator) -> Digits:
    """Return a batch whose images are moved or mirrored at random, where the way says so."""
    x = batch.x
    if "shifts" in way:
        x = shift_at_random(x, rng)
    elif way == "mirror images":
        mirrored = rng.integers(2, size=(len(x), 1, 1, 1)) == 1
        x = np.where(mirrored, x[..., ::-1], x)
    return Digits(x, batch.y)


def train(
    digits: Digits, way: str, strength: float, rng: np.random.Generator
) -> tuple[Weights, int]:
    """Return the weights after the last epoch, or after the best one, and which that is."""
    validation = VALIDATION if way == "early stopping" else 0
    edge = len(digits.y) - validation
    learned, held = digits.take(np.arange(edge)), digits.take(np.arange(edge, len(digits.y)))
    best, lowest, kept = 0, np.inf, {}
    for epoch, p in enumerate(islice(epochs(learned, way, strength, rng), EPOCHS), start=1):
        loss = validation_loss(p, held) if validation else -epoch  # or the last is the best
        if loss < lowest:
            best, lowest, kept = epoch, loss, p
        if epoch - best >= PATIENCE:
            break
    return kept, best


def validation_loss(p: Weights, digits: Digits) -> float:
    """Return the mean cross-entropy of digits, with all units and without decay."""
    return float(softmax_cross_entropy_forward(scores(p, digits.x), digits.y)[0])


def study(setting: Setting) -> dict[str, Any]:
    """Train once, or once a member, and test on digits as they are, and moved by one pixel."""
    way, seed = setting["way"], setting["seed"]
    digits, test = load(seed, setting["labels"])
    several = way in ("ensemble", "bagging")
    members, stopped = [], 0
    for member in range(MEMBERS if several else 1):
        rng = np.random.default_rng([seed, 1, member])
        own = digits
        if way == "bagging":
            own = digits.take(rng.integers(DIGITS, size=DIGITS))
        elif way == "fewer digits":  # those that early stopping learns from, without the stop
            own = digits.take(np.arange(DIGITS - VALIDATION))
        p, stopped = train(own, way, setting["strength"], rng)
        members.append(p)

    moved = [probabilities(members, shift(test.x, *by)) for by in SHIFTS]
    as_it_is = probabilities(members, test.x)
    alone = [right(one[None], test.y) for one in as_it_is]
    return {
        "epochs": stopped,
        "learned": round(right(probabilities(members, digits.x), digits.y), 4),
        "held out": round(right(as_it_is, test.y), 4),
        "moved": round(float(np.mean([right(one, test.y) for one in moved])), 4),
        "views": round(right(np.concatenate([as_it_is, *moved]), test.y), 4),
        "voted": round(right(votes(as_it_is), test.y), 4),
        "alone": round(float(np.mean(alone)), 4),
    }


def probabilities(members: list[Weights], x: Array) -> Array:
    """Return what each member answers: (members, N, 10)."""
    return np.stack([softmax_forward(scores(p, x))[0] for p in members])


def votes(answers: Array) -> Array:
    """Make 1 of each member's largest probability, and 0 of the others."""
    return np.eye(CLASSES)[answers.argmax(axis=2)]


def right(answers: Array, y: Array) -> float:
    """Return the share of images whose largest mean over members is at their class."""
    return float((answers.mean(axis=0).argmax(axis=1) == y).mean())


def says(record: Setting) -> str:
    """Say in a line what a training came to."""
    return (
        f"{record['labels']:5s} {record['way']:20s} {record['strength']:<5} seed {record['seed']}: "
        f"{100 * record['held out']:.1f} % of new digits right, "
        f"{100 * record['moved']:.1f} % of moved ones"
    )


def experiment(data: str | None, seeds: int) -> Experiment:
    """Return all trainings: seed by seed, so that whoever stops has something of everything.

    Raises
    ------
    CourseError
        If other data are named.
    """
    if data is not None:
        raise CourseError("regularizers reads the digits of scikit-learn: leave --data out")
    settings = [
        {"labels": labels, "way": way, "strength": strength, "seed": seed}
        for seed in range(seeds)
        for labels in LABELS
        for way, strength in WAYS
    ]
    return Experiment(settings, study, says)
