"""A small convolutional network in NumPy alone, which learns to read handwritten digits.

`course experiment digits-convnet` trains it from ten seeds, with and without shifted images;
`python -m course_utils.bench.digits_convnet` trains the network of the live picture.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from course_utils.bench.experiment import Experiment
from course_utils.data.digits import Split, load_digits_split
from course_utils.errors import CourseError
from course_utils.reference.activations import relu_backward, relu_forward
from course_utils.reference.adaptive_optimizers import adam, adam_init
from course_utils.reference.conv_layer import conv2d_backward, conv2d_forward
from course_utils.reference.dense import dense_backward, dense_forward
from course_utils.reference.initialization import he_normal
from course_utils.reference.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from course_utils.reference.pooling import max_pool2d_backward, max_pool2d_forward
from course_utils.reference.schedules import cosine

Array = NDArray[Any]
Weights = dict[str, Array]

PICTURE = Path(__file__).parents[2] / "book" / "_static" / "convnet-explorer.json"
MAPS = 8, 16  # of the two convolutions
CLASSES = 10
EPOCHS = 40
RATE = 0.01  # of Adam, at the start
DIGITS = 8  # pixels of an image along each axis
SHIFTS = [(0, 1), (0, -1), (1, 0), (-1, 0)]  # rows and columns, by one pixel
EXAMPLES = 2  # of each class, in the live picture


class Trained(NamedTuple):
    """A network after training: its weights, and the mean loss of each epoch."""

    weights: Weights
    losses: list[float]


def start(
    rng: np.random.Generator,
    *,
    maps: tuple[int, int] = MAPS,
    side: int = DIGITS,
    classes: int = CLASSES,
) -> Weights:
    """Draw the first weights after He et al., for square images; biases are 0."""
    F1, F2 = maps
    D = F2 * (side // 4) ** 2  # both poolings halve the image
    shapes = {"w1": (F1, 1, 3, 3), "w2": (F2, F1, 3, 3), "w3": (D, classes)}
    fans = {"w1": 9, "w2": F1 * 9, "w3": D}
    weights = {
        name: he_normal(shape, fan_in=fans[name], rng=rng, dtype=np.float32)
        for name, shape in shapes.items()
    }
    biases = {"b1": F1, "b2": F2, "b3": classes}
    return weights | {name: np.zeros(size, np.float32) for name, size in biases.items()}


def forward(p: Weights, x: Array) -> tuple[Array, list[Any]]:
    """Return the scores (N, K) of images (N, 1, H, W), and what :func:`backward` needs."""
    out, conv1 = conv2d_forward(x, p["w1"], p["b1"], pad=1)  # (N, 8, 8, 8) for digits
    out, relu1 = relu_forward(out)
    out, pool1 = pool_forward(out)  # (N, 8, 4, 4)
    out, conv2 = conv2d_forward(out, p["w2"], p["b2"], pad=1)  # (N, 16, 4, 4)
    out, relu2 = relu_forward(out)
    out, pool2 = pool_forward(out)  # (N, 16, 2, 2)
    scores, dense = dense_forward(out.reshape(len(x), -1), p["w3"], p["b3"])  # (N, K)
    return scores, [conv1, relu1, pool1, conv2, relu2, pool2, dense]


def backward(dscores: Array, caches: list[Any]) -> tuple[Array, Weights]:
    """Return the gradient of the images (N, 1, H, W) and of each weight."""
    conv1, relu1, pool1, conv2, relu2, pool2, dense = caches
    grads = {}
    dout, grads["w3"], grads["b3"] = dense_backward(dscores, dense)
    _, _, HO, WO = pool2.out.shape  # (1, N*F2, HO, WO)
    dout = pool_backward(dout.reshape(len(dout), -1, HO, WO), pool2)
    dout, grads["w2"], grads["b2"] = conv2d_backward(relu_backward(dout, relu2), conv2)
    dout = pool_backward(dout, pool1)
    dx, grads["w1"], grads["b1"] = conv2d_backward(relu_backward(dout, relu1), conv1)
    return dx, grads


def pool_forward(x: Array) -> tuple[Array, Any]:
    """Max-pool by 2. Each map is pooled alone, so that a batch may be one image of many maps."""
    N, C, H, W = x.shape
    out, cache = max_pool2d_forward(x.reshape(1, N * C, H, W), 2)
    return out.reshape(N, C, H // 2, W // 2), cache


def pool_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through :func:`pool_forward`."""
    N, C, HO, WO = dout.shape
    dx = max_pool2d_backward(dout.reshape(1, N * C, HO, WO), cache)
    return dx.reshape(N, C, *dx.shape[2:])


def shift(x: Array, rows: int, columns: int) -> Array:
    """Move images by up to one pixel; the gap is filled with 0."""
    return _cut(x, np.full(len(x), rows), np.full(len(x), columns))


def shift_at_random(x: Array, rng: np.random.Generator) -> Array:
    """Move each image of a batch by a pixel along each axis, or not: half of the time not."""
    return _cut(x, *rng.choice([-1, 0, 0, 1], (2, len(x))))


def _cut(x: Array, rows: Array, columns: Array) -> Array:
    """Move image n by rows[n] and columns[n]."""
    _, _, H, W = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.stack(
        [
            image[:, 1 - row : 1 - row + H, 1 - column : 1 - column + W]
            for image, row, column in zip(padded, rows, columns, strict=True)
        ]
    )


def train(split: Split, seed: int, *, epochs: int = EPOCHS, shifts: bool = True) -> Trained:
    """Train with Adam on batches of 32, whose images are shifted at random unless told not to."""
    rng = np.random.default_rng(seed)
    p = start(rng)
    state, losses = adam_init(p), []
    for epoch in range(epochs):
        rate, total = cosine(epoch, start=RATE, epochs=epochs), 0.0
        for rows in np.split(
            rng.permutation(len(split.x_train)), range(32, len(split.x_train), 32)
        ):
            x, y = split.x_train[rows], split.y_train[rows]
            scores, caches = forward(p, shift_at_random(x, rng) if shifts else x)
            loss, cache = softmax_cross_entropy_forward(scores, y)
            _, grads = backward(softmax_cross_entropy_backward(1.0, cache), caches)
            p, state = adam(p, grads, state, learning_rate=rate)
            total += float(loss) * len(rows)
        losses.append(total / len(split.x_train))
    return Trained(p, losses)


def accuracy(p: Weights, x: Array, y: Array) -> float:
    """Return the share of images whose highest score is that of their class."""
    return float((forward(p, x)[0].argmax(axis=1) == y).mean())


def study(setting: dict[str, Any]) -> dict[str, Any]:
    """Train once, and test on the held-out digits as they are, and moved by one pixel."""
    seed = setting["seed"]
    split = load_digits_split(seed)
    weights, losses = train(split, seed, shifts=setting["shifts"])
    moved = [accuracy(weights, shift(split.x_test, *by), split.y_test) for by in SHIFTS]
    return {
        "losses": [round(loss, 4) for loss in losses],
        "held out": round(accuracy(weights, split.x_test, split.y_test), 4),
        "held out, moved": round(float(np.mean(moved)), 4),
    }


def experiment(data: str | None, seeds: int) -> Experiment:
    """Return the trainings with and without shifted images.

    Raises
    ------
    CourseError
        If other data are named.
    """
    if data is not None:
        raise CourseError("this network reads digits of 8 x 8 pixels alone: leave --data out")
    return Experiment(
        [{"seed": seed, "shifts": shifts} for shifts in (True, False) for seed in range(seeds)],
        study,
        lambda one: (
            f"{'shifted' if one['shifts'] else 'as they are'}, seed {one['seed']}: "
            f"{one['held out']:.1%} of held-out digits, {one['held out, moved']:.1%} when moved"
        ),
    )


def for_the_picture(weights: Weights) -> dict[str, Any]:
    """Return what the live picture reads: weights of five digits, and digits it never saw."""
    split = load_digits_split(0)
    network = {name: array.astype(float).round(5).tolist() for name, array in weights.items()}
    x, y = split.x_test, split.y_test
    places = [n for k in range(CLASSES) for n in np.flatnonzero(y == k)[:EXAMPLES]]
    examples = [
        {"class": int(y[n]), "pixels": (x[n] * 16).astype(int).ravel().tolist()} for n in places
    ]
    return {"network": network, "brightest": brightest(weights, x), "examples": examples}


def brightest(p: Weights, x: Array) -> list[float]:
    """Return for each convolution the value that one in a hundred of its positive values passes."""
    _, (_, _, pool1, _, _, pool2, _) = forward(p, x)
    maps = [cache.x for cache in (pool1, pool2)]
    return [round(float(np.quantile(a[a > 0], 0.99)), 3) for a in maps]


def main() -> None:
    """Train the network of the live picture, and write its file."""
    weights, _ = train(load_digits_split(0), 0)
    picture = json.dumps(for_the_picture(weights), separators=(",", ":"))
    PICTURE.write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
