"""The loss that a classifier begins with: `initial_loss`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case


def initial_loss(counts, b, weights, decay):
    """Return the mean cross-entropy of a network whose scores are b, and its weight penalty.

    >>> weights = {"w1": np.array([[1.0, -2.0]]), "w2": np.array([[3.0]])}
    >>> data, penalty = initial_loss(np.array([1, 3]), np.zeros(2), weights, 0.5)
    >>> round(float(data), 4), float(penalty)
    (0.6931, 3.5)
    """
    shares = counts / np.sum(counts)  # of each class, (K,)
    shifted = b - np.max(b)
    log_p = shifted - np.log(np.sum(np.exp(shifted)))
    penalty = decay / 2 * sum(np.sum(w**2) for w in weights.values())
    return -np.sum(shares * log_p), penalty


def reference(counts, b, weights, decay):
    """Write down the loss of each image, and square one weight after the other."""
    b = np.asarray(b, float)
    losses = [np.logaddexp.reduce(b) - b[k] for k, n in enumerate(counts) for _ in range(n)]
    squares = [float(v) ** 2 for w in weights.values() for v in w.flat]
    return np.mean(losses), 0.5 * decay * np.sum(squares)


def drawn(rng, K, *, empty=False, decay=0.02):
    """Draw classes of which no two are alike, biases, and weights of two layers.

    With `empty`, there are no images of the first class.
    """
    counts = rng.choice(np.arange(2, 30), K, replace=False)
    counts[0] = 0 if empty else counts[0]
    b = rng.choice(np.r_[-20:0, 1:21], K, replace=False) / 10
    return counts, b, {"w1": decimals(rng, 3, 2), "w2": decimals(rng, 2, K)}, decay


def wild(rng):
    """Draw few classes, some without images, and one to three layers."""
    while True:
        counts = rng.integers(0, 6, rng.integers(1, 6))
        names = ("w1", "w2", "w3")[: rng.integers(1, 4)]
        weights = {name: decimals(rng, *rng.integers(1, 4, 2)) for name in names}
        if counts.sum():
            yield case("wild", counts, decimals(rng, len(counts)), weights, float(rng.random()))


def inputs(rng):
    """Draw classes with few and with many images."""
    weights = {"w1": np.array([[1.0, -2.0]]), "w2": np.array([[3.0]])}
    yield case("the example", np.array([1, 3]), np.zeros(2), weights, 0.5)
    counts, b, *rest = drawn(rng, 4)
    yield case("4 classes", counts, strided(b), *rest)
    counts, b, weights, decay = drawn(rng, 3, decay=0.5)
    weights = {name: strided(w) for name, w in weights.items()}
    yield case("a larger decay", counts.astype(np.int32), b, weights, decay)
    counts, b, *rest = drawn(rng, 5)
    yield case("biases that are all alike", counts, np.full(5, b[0]), *rest)
    counts, _, *rest = drawn(rng, 4)
    yield case("biases from the frequencies", counts, np.log(counts / counts.sum()).round(3), *rest)
    yield case("a class without images", *drawn(rng, 4, empty=True))
    yield case("no decay", *drawn(rng, 3, decay=0))
    counts, b, weights, decay = drawn(rng, 3)
    yield case("one layer", counts, b, {"w": weights["w1"]}, decay)
    counts, b, *rest = drawn(rng, 4)
    yield case("biases near 1000", counts, b + 1000, *rest)
    yield case("one class", *drawn(rng, 1))


EXERCISE = Exercise(
    initial_loss,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("data", "penalty"),
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("returns_ln_k", {"-np.sum(shares * log_p)": "np.log(len(b))"}).says(
    "You return ln K whatever the biases are; that is the loss only where all biases are alike."
)
mistake(
    "returns_the_entropy",
    {"-np.sum(shares * log_p)": "-np.sum(shares * np.log(np.maximum(shares, 1e-300)))"},
).says(
    "You return the entropy of the class frequencies; the loss is as low as that only if the "
    "softmax of b gives these frequencies."
)
mistake("weighs_all_classes_alike", {"-np.sum(shares * log_p)": "-np.mean(log_p)"}).says(
    "You average over the classes; the mean is over the images, so a class with more of them "
    "weighs more."
)
mistake("adds_over_all_images", {"counts / np.sum(counts)": "counts"}).says(
    "You add up the losses of all images; divide by how many there are."
)
mistake(
    "averages_over_the_classes_once_more", {"-np.sum(shares * log_p)": "-np.mean(shares * log_p)"}
).says(
    "You divide by the number of classes, though the frequencies have made a mean already; add up."
)
mistake(
    "exchanges_the_two_distributions",
    {"-np.sum(shares * log_p)": "-np.sum(np.exp(log_p) * np.log(np.maximum(shares, 1e-300)))"},
).says(
    "You take the logarithm of the frequencies, weighted by the softmax; it is the logarithm of "
    "the softmax, weighted by the frequencies."
)
mistake("forgets_the_minus", {"return -np": "return np"}).says(
    "Your loss is below 0; it is minus the logarithm of a probability."
)
mistake(
    "takes_the_logarithm_to_base_2",
    {"-np.sum(shares * log_p)": "-np.sum(shares * log_p) / np.log(2)"},
).says("You take the logarithm to base 2, which gives bits; cross-entropy has the natural one.")
mistake(
    "takes_the_logarithm_of_the_mean",
    {"-np.sum(shares * log_p)": "-np.log(np.sum(shares * np.exp(log_p)))"},
).says(
    "You average the probabilities and take one logarithm; each image has its own loss, and their "
    "mean is asked for."
)
mistake(
    "forgets_the_logarithm", {"-np.sum(shares * log_p)": "1 - np.sum(shares * np.exp(log_p))"}
).says("You average 1 minus the probability of the right class; the loss is minus its logarithm.")
mistake("forgets_the_softmax", {"shifted - np.log(np.sum(np.exp(shifted)))": "shifted"}).says(
    "You take the biases for logarithms of probabilities; the softmax makes them add up to 1."
)
mistake("takes_exp_of_what_is_large", {"shifted = b - np.max(b)": "shifted = b"}).says(
    "You take exp of biases as they are, which overflows near 1000; subtract the largest first, "
    "which changes no probability."
)
mistake("forgets_the_half", {"decay / 2 *": "decay *"}).says(
    "Your penalty is the decay times the squares; half of that is asked for."
)
mistake("adds_absolute_values", {"np.sum(w**2)": "np.sum(np.abs(w))"}).says(
    "You add up absolute values, an L1 penalty; add up squares."
)
mistake(
    "takes_the_norm",
    {
        "sum(np.sum(w**2) for w in weights.values())": (
            "sum(np.sum(w**2) for w in weights.values()) ** 0.5"
        ),
    },
).says("You take the root of the sum of squares; the penalty has the sum itself.")
mistake("averages_the_squares", {"np.sum(w**2)": "np.mean(w**2)"}).says(
    "You average the squares of each layer; they are added up, so a larger network has a larger "
    "penalty."
)
mistake("squares_the_sum_of_weights", {"np.sum(w**2)": "np.sum(w) ** 2"}).says(
    "You square the sum of the weights, in which they cancel; square each, then add up."
)
mistake(
    "punishes_the_biases", {"sum(np.sum(w**2) for": "np.sum(b**2) + sum(np.sum(w**2) for"}
).says("You count the biases in the penalty; only what is in `weights` counts.")
mistake(
    "punishes_one_layer",
    {"sum(np.sum(w**2) for w in weights.values())": "np.sum(list(weights.values())[-1] ** 2)"},
).says("You count the weights of the last layer alone; all layers count.")
mistake("divides_the_penalty_by_the_images", {"decay / 2 *": "decay / 2 / np.sum(counts) *"}).says(
    "You divide the penalty by the number of images; it is there once, whatever the data are."
)
mistake(
    "returns_the_whole_loss",
    {
        "return -np.sum(shares * log_p), penalty": (
            "return -np.sum(shares * log_p) + penalty, penalty"
        ),
    },
).says(
    "You add the penalty to the first number; the two parts of the loss are returned each for "
    "itself."
)
mistake(
    "returns_the_penalty_first",
    {"return -np.sum(shares * log_p), penalty": "return penalty, -np.sum(shares * log_p)"},
).says("You return the penalty first; the loss on the data comes first.")


@EXERCISE.right_answer
def goes_class_by_class(counts, b, weights, decay):
    top = max(b)
    total = sum(np.exp(each - top) for each in b)
    data = 0.0
    for n, each in zip(counts, b, strict=True):
        data += n * (np.log(total) - (each - top))
    penalty = 0.0
    for w in weights.values():
        penalty += decay * (w * w).sum() / 2
    return data / sum(counts), penalty


@EXERCISE.right_answer
def lists_all_images(counts, b, weights, decay):
    y = np.repeat(np.arange(len(b)), counts)
    scores = np.tile(b, (len(y), 1))
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    flat = np.concatenate([w.ravel() for w in weights.values()])
    return float(-log_p[np.arange(len(y)), y].mean()), float(flat @ flat * decay / 2)


@EXERCISE.right_answer
def multiplies_by_the_share(counts, b, weights, decay):
    p = np.exp(b - b.max())
    p /= p.sum()
    norms = [np.linalg.norm(w) for w in weights.values()]
    return -(counts @ np.log(p)) / counts.sum(), 0.5 * decay * np.square(norms).sum()
