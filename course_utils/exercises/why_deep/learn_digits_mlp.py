"""Digits, learned by a network of one's own gradients: `learn_digits_mlp`."""

import numpy as np

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import HANDMADE, digits
from course_utils.exercises.exercise import Exercise, measured
from course_utils.exercises.why_deep.dense_backward import dense_backward
from course_utils.exercises.why_deep.mlp_gradients import mlp_gradients
from course_utils.exercises.why_deep.softmax_cross_entropy import softmax_cross_entropy

LEVELS = ((0.4, 0.0), (0.6, 0.5), (0.8, 1.0))


def learn_digits_mlp(train_x, train_y, test_x, seed):
    """Learn from labelled digits and label others: a whole number from 0 to 9 for each image.

    >>> x = np.zeros((2, 8, 8), int)
    >>> x[0, 2:7, 4] = x[1, 4, 2:7] = 16
    >>> learn_digits_mlp(x, np.array([1, 7]), x, 0)
    array([1, 7])
    """
    rng = np.random.default_rng(seed)
    x, other = (images.reshape(-1, 64) / 16 for images in (train_x, test_x))
    D, M, K = 64, 32, 10
    parameters = {
        "w1": rng.normal(0, np.sqrt(2 / D), (D, M)),
        "b1": np.zeros(M),
        "w2": rng.normal(0, np.sqrt(2 / M), (M, K)),
        "b2": np.zeros(K),
    }
    velocity = {name: np.zeros_like(each) for name, each in parameters.items()}
    for _ in range(300):
        chosen = rng.choice(len(x), min(32, len(x)), replace=False)
        _, gradients = mlp_gradients(x[chosen], train_y[chosen], parameters)
        for name, gradient in gradients.items():
            velocity[name] = 0.9 * velocity[name] - 0.1 * gradient
            parameters[name] = parameters[name] + velocity[name]
    h = np.maximum(other @ parameters["w1"] + parameters["b1"], 0)
    return np.argmax(h @ parameters["w2"] + parameters["b2"], axis=1)


def inputs(rng):
    """Draw which digits are to learn from, and which to label."""
    train_x, train_y, test_x, truth = digits(rng, 500, 200, size=8, brightest=0)
    achieves = Achieves(truth, "accuracy", LEVELS)
    label = "500 digits to learn from, 200 to label"
    yield measured(label, achieves, train_x, train_y, test_x, int(rng.integers(1000)))


EXERCISE = Exercise(
    learn_digits_mlp,
    points=4,
    inputs=inputs,
    axes={"the result": ("image",)},
    forbidden=(*HANDMADE, "sklearn"),
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("climbs", {"- 0.1 * gradient": "+ 0.1 * gradient"}).says(
    "You step along the gradient, uphill, and the loss grows; subtract a multiple of it."
)
mistake(
    "begins_with_zeros",
    {
        "rng.normal(0, np.sqrt(2 / D), (D, M))": "np.zeros((D, M))",
        "rng.normal(0, np.sqrt(2 / M), (M, K))": "np.zeros((M, K))",
    },
).says(
    "All of your weights begin at 0, where every unit is the same and no gradient reaches the "
    "first layer; draw small random ones."
)
mistake("labels_what_it_learned_from", {"np.maximum(other @": "np.maximum(x[: len(other)] @"}).says(
    "You label the images that you have learned from; those of `test_x` are asked for."
)
mistake("lays_the_columns_out", {"images.reshape(-1, 64)": "images.reshape(64, -1).T"}).says(
    "You lay the pixels of different images out in one row; `reshape(len(images), 64)` keeps each "
    "image together."
)
mistake("learns_from_shuffled_labels", {"train_y[chosen]": "train_y[: len(chosen)]"}).says(
    "Your batch has images from one place and labels from another; index both with the same "
    "numbers."
)


@EXERCISE.right_answer
def descends_without_momentum(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    mean, spread = train_x.mean(axis=0), train_x.std(axis=0) + 1
    x, other = (((each - mean) / spread).reshape(len(each), -1) for each in (train_x, test_x))
    parameters, sizes = {}, (64, 24, 24, 10)
    for layer in (1, 2, 3):
        D, M = sizes[layer - 1 : layer + 1]
        parameters[f"w{layer}"] = rng.standard_normal((D, M)) * (2 / D) ** 0.5
        parameters[f"b{layer}"] = np.zeros(M)
    for epoch in range(25):
        for rows in np.array_split(rng.permutation(len(x)), 20):
            _, gradients = mlp_gradients(x[rows], train_y[rows], parameters)
            for name in parameters:
                parameters[name] = parameters[name] - 0.1 * (1 - epoch / 25) * gradients[name]
    for layer in (1, 2):
        other = (other @ parameters[f"w{layer}"] + parameters[f"b{layer}"]).clip(0)
    return (other @ parameters["w3"] + parameters["b3"]).argmax(axis=1)


@EXERCISE.right_answer
def goes_back_by_hand(train_x, train_y, test_x, seed):
    rng = np.random.default_rng(seed)
    x, other = np.reshape(train_x, (-1, 64)) / 8 - 1, np.reshape(test_x, (-1, 64)) / 8 - 1
    p = [rng.normal(0, 0.1, (64, 40)), np.zeros(40), rng.normal(0, 0.1, (40, 10)), np.zeros(10)]
    size = [np.zeros_like(each) for each in p]
    for step in range(250):
        rows = rng.integers(0, len(x), 40)
        h = np.tanh(x[rows] @ p[0] + p[1])
        _, dscores = softmax_cross_entropy(h @ p[2] + p[3], train_y[rows])
        dh, *last = dense_backward(dscores, h, p[2])
        _, *first = dense_backward(dh * (1 - h**2), x[rows], p[0])
        for each, square, gradient in zip(p, size, first + last, strict=True):
            square += 0.1 * (gradient**2 - square)
            each -= 0.01 * (1 - step / 250) * gradient / (np.sqrt(square) + 1e-6)
    return np.argmax(np.tanh(other @ p[0] + p[1]) @ p[2] + p[3], axis=1)
