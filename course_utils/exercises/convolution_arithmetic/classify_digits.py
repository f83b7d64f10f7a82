"""Digits told apart by what kernels find in them: `classify_digits`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.convolution_arithmetic.correlate2d import correlate2d
from course_utils.exercises.draw import digits
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.15, 0.0), (0.3, 0.3), (0.65, 1.0))


def classify_digits(train_x, train_y, test_x, seed):
    """Learn from labelled digits and label others: (N,), whole numbers from 0 to 9.

    >>> x = np.zeros((2, 9, 9), int)
    >>> x[0, 2:7, 4] = x[1, 4, 2:7] = 16
    >>> classify_digits(x, np.array([1, 7]), x[::-1] + 5, 0)
    array([7, 1])
    """
    edges = [
        np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
        np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        np.array([[1, 1, 0], [1, 0, -1], [0, -1, -1]]),
        np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]),
    ]

    def features(image):
        found = []
        for edge in edges:
            out = correlate2d(image, edge)
            ends = np.linspace(0, len(out), 5).astype(int)[:-1]
            for one_side in (np.maximum(out, 0), np.maximum(-out, 0)):
                rows = np.add.reduceat(one_side, ends, axis=0)
                found.append(np.add.reduceat(rows, ends, axis=1).ravel())
        return np.concatenate(found)

    a, b = (np.stack([features(image) for image in images]) for images in (train_x, test_x))
    mean, spread = a.mean(axis=0), a.std(axis=0) + 1e-9
    a, b = ((each - mean) / spread for each in (a, b))
    targets = np.eye(10)[train_y] - 0.1
    weights = np.linalg.solve(a.T @ a + 10 * np.eye(a.shape[1]), a.T @ targets)
    return np.argmax(b @ weights, axis=1)


def inputs(rng):
    """Draw which digits are to learn from, where each lies, and its light."""
    train_x, train_y, test_x, truth = digits(rng, 200, 100, size=9, brightest=24)
    seed = int(rng.integers(1000))
    label = "200 digits to learn from, 100 to label"
    achieves = Achieves(truth, "accuracy", LEVELS)
    yield measured(label, achieves, train_x, train_y, test_x, seed)


EXERCISE = Exercise(
    classify_digits,
    points=4,
    inputs=inputs,
    axes={"the result": ("image",)},
    forbidden=("sklearn", "scipy", "torch"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake(
    "takes_labels_for_sizes",
    {
        "np.eye(10)[train_y] - 0.1": "train_y[:, None] - 4.5",
        "np.argmax(b @ weights, axis=1)": "np.rint(b @ weights + 4.5).astype(int)[:, 0]",
    },
).says(
    "You predict the label as if it were a size, so that 3 lies between 2 and 4; digits have no "
    "order, so give each label a target of its own."
)
mistake("adds_over_the_whole_image", {"np.linspace(0, len(out), 5).astype(int)[:-1]": "[0]"}).says(
    "You add up over the whole image, so that it does not count where a stroke lies; add up over "
    "parts of the image."
)
mistake("labels_the_digits_it_learned_from", {"b @ weights": "a[: len(b)] @ weights"}).says(
    "You label the digits that you learned from; the labels asked for are those of test_x."
)
mistake(
    "labels_in_another_order",
    {"np.argmax(b @ weights, axis=1)": "np.argmax(b @ weights, axis=1)[::-1]"},
).says("Your labels come in another order than the images; label i belongs to test_x[i].")
mistake(
    "never_looks_at_the_labels", {"np.eye(10)[train_y]": "np.eye(10)[np.arange(len(a)) % 10]"}
).says(
    "Your weights do not come from train_y; row i of the targets belongs to the label of image i."
)


@EXERCISE.right_answer
def asks_the_nearest_neighbours(train_x, train_y, test_x, seed):
    kernels = [np.array([[1, 1], [-1, -1]]), np.array([[1, -1], [1, -1]])]

    def features(images):
        rows = []
        for image in images:
            maps = [correlate2d(image, kernel) for kernel in kernels]
            maps = [np.maximum(sign * m, 0) for m in maps for sign in (1, -1)]
            rows.append(np.stack([m.reshape(4, 2, 4, 2).sum(axis=(1, 3)) for m in maps]).ravel())
        rows = np.array(rows, float)
        return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)

    near = np.argsort(-features(test_x) @ features(train_x).T, axis=1)[:, :3]
    votes = np.stack([np.sum(train_y[near] == k, axis=1) for k in range(10)], axis=1)
    votes = votes + 0.1 * np.eye(10)[train_y[near[:, 0]]]
    return votes.argmax(axis=1)


@EXERCISE.right_answer
def descends_on_a_softmax(train_x, train_y, test_x, seed):
    kernels = np.random.default_rng(seed).normal(size=(8, 3, 3))
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)  # so that the light makes no difference

    def features(images):
        maps = np.stack([[correlate2d(image, k) for k in kernels] for image in images])
        maps = np.pad(np.maximum(maps, 0), ((0, 0), (0, 0), (0, 1), (0, 1)))
        return maps.reshape(len(images), 8, 4, 2, 4, 2).sum(axis=(3, 5)).reshape(len(images), -1)

    a, b = features(train_x), features(test_x)
    b, a = (b - a.mean(axis=0)) / a.std(), (a - a.mean(axis=0)) / a.std()
    weights = np.zeros((a.shape[1], 10))
    for _ in range(300):
        scores = np.exp(a @ weights - (a @ weights).max(axis=1, keepdims=True))
        error = scores / scores.sum(axis=1, keepdims=True) - np.eye(10)[train_y]
        weights -= 0.1 * (a.T @ error / len(a) + 0.01 * weights)
    return np.argmax(b @ weights, axis=1)
