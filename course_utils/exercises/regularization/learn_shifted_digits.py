"""Digits that the test shifts by a pixel: `learn_shifted_digits`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE, digits
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.5, 0.0), (0.65, 0.5), (0.78, 1.0))


def learn_shifted_digits(train_x, train_y, test_x, seed):
    """Learn from digits in the middle, and label others that are a pixel off: (K,), 0 to 9.

    >>> x = np.zeros((2, 10, 10), int)
    >>> x[0, 3:8, 4] = x[1, 4, 3:8] = 16
    >>> learn_shifted_digits(x, np.array([1, 7]), np.roll(x, 1, axis=2), 0)
    array([1, 7])
    """
    rng = np.random.default_rng(seed)
    M, batch, steps = 64, 50, 800
    p = {"w1": rng.normal(0, 0.15, (100, M)), "b1": np.zeros(M)}
    p |= {"w2": rng.normal(0, 0.1, (M, 10)), "b2": np.zeros(10)}
    mean = {name: np.zeros_like(w) for name, w in p.items()}
    square = {name: np.zeros_like(w) for name, w in p.items()}

    def run(images):
        x = images.reshape(len(images), -1) / 16
        h = np.maximum(x @ p["w1"] + p["b1"], 0)
        return x, h, h @ p["w2"] + p["b2"]

    for step in range(1, steps + 1):
        chosen = rng.integers(0, len(train_x), batch)
        shifted = [np.roll(train_x[i], rng.integers(-1, 2, 2), axis=(0, 1)) for i in chosen]
        x, h, scores = run(np.stack(shifted))
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        dscores = (shares - np.eye(10)[train_y[chosen]]) / batch
        dh = dscores @ p["w2"].T * (h > 0)
        grads = {"w1": x.T @ dh, "b1": dh.sum(axis=0)}
        grads |= {"w2": h.T @ dscores, "b2": dscores.sum(axis=0)}
        rate = 0.01 * (1 - step / (steps + 1))
        for name, grad in grads.items():
            mean[name] = 0.9 * mean[name] + 0.1 * grad
            square[name] = 0.99 * square[name] + 0.01 * grad**2
            size = np.sqrt(square[name] / (1 - 0.99**step)) + 1e-8
            p[name] = p[name] - rate * mean[name] / (1 - 0.9**step) / size
    return np.argmax(run(test_x)[2], axis=1)


def inputs(rng):
    """Draw which digits are to learn from, and to which side each of the others is shifted."""
    train_x, train_y, test_x, truth = digits(rng, 300, 200, size=8, brightest=0)
    train_x, test_x = (np.pad(x, ((0, 0), (1, 1), (1, 1))) for x in (train_x, test_x))
    sides = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    for image, side in zip(test_x, rng.choice(sides, len(test_x)), strict=True):
        image[:] = np.roll(image, side, axis=(0, 1))
    seed = int(rng.integers(1000))
    label = "300 digits to learn from, 200 shifted ones to label"
    achieves = Achieves(truth, "accuracy", LEVELS)
    yield measured(label, achieves, train_x, train_y, test_x, seed)


EXERCISE = Exercise(
    learn_shifted_digits,
    points=4,
    inputs=inputs,
    axes={"the result": ("image",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("never_shifts", {"rng.integers(-1, 2, 2)": "(0, 0)"}).says(
    "You learn from the images as they are, and a shifted digit is new to your network; shift "
    "them, too."
)
mistake("mixes_up_the_batch", {"np.eye(10)[train_y[chosen]]": "np.eye(10)[train_y[:batch]]"}).says(
    "Your targets are those of the first images, whichever were chosen; choose the same of both."
)
mistake(
    "shifts_the_batch",
    {
        "x, h, scores = run(np.stack(shifted))": (
            "x, h, scores = run(np.roll(train_x[chosen], (1, 1), axis=(0, 1)))"
        ),
    },
).says(
    "You roll the axis of the images, so each gets another one's label; rows and columns are the "
    "last two axes."
)
mistake("shifts_down_alone", {"rng.integers(-1, 2, 2)": "(1, 0)"}).says(
    "You shift every image down; the test shifts to all sides, so choose anew each time."
)
mistake("shifts_all_too_far", {"rng.integers(-1, 2, 2)": "rng.choice([-4, 4], 2)"}).says(
    "You shift by 4 pixels, so that digits leave the image on one side and come back on the other; "
    "the test shifts by one."
)
mistake("labels_what_it_learned_from", {"run(test_x)": "run(train_x[: len(test_x)])"}).says(
    "You label images of train_x; the labels asked for are those of test_x."
)


@EXERCISE.right_answer
def asks_the_nearest_of_nine_copies(train_x, train_y, test_x, seed):
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    known = np.concatenate([np.roll(train_x, step, axis=(1, 2)) for step in steps])
    known, labels = known.reshape(len(known), -1).astype(float), np.tile(train_y, 9)
    rows = test_x.reshape(len(test_x), -1).astype(float)
    far = np.sum(known**2, axis=1) - 2 * rows @ known.T
    return labels[np.argmin(far, axis=1)]


@EXERCISE.right_answer
def learns_nine_copies_with_momentum(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    padded = np.pad(train_x, ((0, 0), (1, 1), (1, 1)))
    copies = [padded[:, i : i + 10, j : j + 10] for i in range(3) for j in range(3)]
    x, y = np.concatenate(copies).reshape(-1, 100) / 16, np.tile(train_y, 9)
    w = [rng.normal(0, 0.14, (100, 80)), np.zeros(80), rng.normal(0, 0.11, (80, 10)), np.zeros(10)]
    speed = [0 * each for each in w]
    for epoch in range(14):
        for chosen in np.array_split(rng.permutation(len(x)), len(x) // 40):
            h = (x[chosen] @ w[0] + w[1]).clip(0)
            d = np.exp(h @ w[2] + w[3])
            d /= d.sum(axis=1)[:, None]
            d[np.arange(len(d)), y[chosen]] -= 1
            d /= len(d)
            dh = np.where(h > 0, d @ w[2].T, 0)
            grads = x[chosen].T @ dh, dh.sum(axis=0), h.T @ d, d.sum(axis=0)
            for each, v, grad in zip(w, speed, grads, strict=True):
                v *= 0.9
                v -= 0.05 * (1 - epoch / 14) * grad
                each += v
    h = (test_x.reshape(len(test_x), -1) / 16 @ w[0] + w[1]).clip(0)
    return (h @ w[2] + w[3]).argmax(axis=1)
