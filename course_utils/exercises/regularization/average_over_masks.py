"""The mean of a layer over all masks that dropout can draw: `average_over_masks`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case


def average_over_masks(x, w, b, drop):
    """Return the mean of max(0, (x * mask) w + b) over all masks, and its value without a mask.

    >>> x, w, b = np.array([[1.0, 1.0]]), np.array([[1.0], [-1.0]]), np.zeros(1)
    >>> average_over_masks(x, w, b, 0.5)
    (array([[0.5]]), array([[0.]]))
    """
    keep, mean = 1 - drop, 0
    for kept in np.ndindex(*[2] * x.shape[1]):
        mask = np.array(kept, x.dtype) / keep
        share = float(np.prod(np.where(kept, keep, drop)))
        mean = mean + share * np.maximum((x * mask) @ w + b, 0)
    return mean, np.maximum(x @ w + b, 0)


def reference(x, w, b, drop):
    """Split on one input after the other: it is dropped, or it is kept and scaled."""
    scaled = x / (1 - drop)

    def mean(sums, d):
        if d == x.shape[1]:
            return np.maximum(sums, 0)
        kept = mean(sums + scaled[:, d : d + 1] * w[d], d + 1)
        return (1 - drop) * kept + drop * mean(sums, d + 1)

    return mean(np.zeros_like(x @ w) + b, 0), np.maximum(x @ w + b, 0)


def drawn(rng, N, D, M, drop=0.25):
    """Draw a layer whose sums change their sign with the mask, in every unit of every row.

    So the mean is nowhere what one pass makes. One pass is above 0 somewhere, and so is a bias.
    """
    while True:
        x, w, b = decimals(rng, N, D), decimals(rng, D, M), decimals(rng, M) / 2
        mean, one_pass = average_over_masks(x, w, b, drop)
        apart = drop == 0 or np.abs(mean - one_pass).min() > 1e-3
        whole = (one_pass > 0).any() and (x / (1 - drop) @ w + b > 0).any()
        if apart and whole and (b > 0).any() and ((b < 0).any() or M == 1):
            return x, w, b, drop


def wild(rng):
    """Draw small layers of every size."""
    while True:
        N, D, M = rng.integers(1, 5, 3)
        x, w, b = decimals(rng, N, D), decimals(rng, D, M), decimals(rng, M)
        yield case("wild", x, w, b, float(rng.choice([0, 0.25, 0.4, 0.5])))


def inputs(rng):
    """Draw layers of few inputs."""
    x, w = np.array([[1.0, 1.0]]), np.array([[1.0], [-1.0]])
    yield case("the example", x, w, np.zeros(1), 0.5)
    x, *rest = drawn(rng, 2, 4, 3)
    yield case("2 rows, 4 inputs, 3 units, drop 0.25", strided(x), *rest)
    x, w, *rest = drawn(rng, 3, 2, 4, 0.4)
    yield case("drop 0.4", x, np.asfortranarray(w), *rest)
    yield case("drop 0.8", *drawn(rng, 4, 3, 2, 0.8))
    yield case("5 inputs", *drawn(rng, 1, 5, 2, 0.2))
    yield case("nothing dropped", *drawn(rng, 3, 3, 2, 0))
    yield case("one input", *drawn(rng, 2, 1, 2, 0.3))
    yield case("one unit", *drawn(rng, 3, 4, 1, 0.4))
    *arrays, drop = drawn(rng, 2, 3, 3, 0.2)
    yield case("float32", *(array.astype(np.float32) for array in arrays), drop)


EXERCISE = Exercise(
    average_over_masks,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("mean", "one_pass"),
    axes={"mean": ("row", "unit"), "one_pass": ("row", "unit")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "weighs_all_masks_alike", {"float(np.prod(np.where(kept, keep, drop)))": "1 / 2 ** x.shape[1]"}
).says("You weigh all masks alike, as if `drop` were 0.5; a mask counts with its probability.")
mistake(
    "exchanges_keep_and_drop", {"np.where(kept, keep, drop)": "np.where(kept, drop, keep)"}
).says("You weigh a kept input by `drop`; an input is kept with the probability 1 - drop.")
mistake(
    "drops_one_at_a_time", {"np.ndindex(*[2] * x.shape[1])": "(1 - np.eye(x.shape[1], dtype=int))"}
).says(
    "Your masks each drop a single input; any number of inputs may be dropped, 2^D masks in all."
)
mistake(
    "leaves_the_empty_mask_out",
    {
        "mask = np.array(kept, x.dtype) / keep": (
            "if not any(kept):\n    continue\nmask = np.array(kept, x.dtype) / keep"
        ),
    },
).says("You leave out the mask that drops every input; the bias is left there, and it counts, too.")
mistake(
    "leaves_the_full_mask_out",
    {
        "mask = np.array(kept, x.dtype) / keep": (
            "if all(kept):\n    continue\nmask = np.array(kept, x.dtype) / keep"
        ),
    },
).says("You leave out the mask that keeps every input; it is one of the 2^D.")
mistake(
    "leaves_the_kept_unscaled", {"np.array(kept, x.dtype) / keep": "np.array(kept, x.dtype)"}
).says("Your masks hold zeros and ones; a kept input is scaled by 1 / (1 - drop).")
mistake(
    "scales_the_kept_down", {"np.array(kept, x.dtype) / keep": "np.array(kept, x.dtype) * keep"}
).says("You multiply a kept input by 1 - drop; the mask divides by it.")
mistake(
    "takes_the_relu_of_the_mean",
    {
        "np.maximum((x * mask) @ w + b, 0)": "((x * mask) @ w + b)",
        "return mean": "return np.maximum(mean, 0)",
    },
).says(
    "You average the sums and take one ReLU of their mean; each mask has its own ReLU, and then "
    "comes the mean."
)
mistake(
    "forgets_the_relu_under_a_mask", {"np.maximum((x * mask) @ w + b, 0)": "((x * mask) @ w + b)"}
).says("You average the sums, which may be below 0; the layer ends in a ReLU, under each mask.")
mistake(
    "scales_the_sum_and_its_bias",
    {"(x * mask) @ w + b, 0)": "((x * mask * keep) @ w + b) / keep, 0)"},
).says(
    "You divide the whole sum by 1 - drop, and the bias with it; only inputs are masked and scaled."
)
mistake("leaves_the_bias_out_of_the_mean", {"(x * mask) @ w + b, 0)": "(x * mask) @ w, 0)"}).says(
    "Your mean lacks the bias; it is added under every mask."
)
mistake("divides_by_the_number_of_masks", {"return mean": "return mean / 2 ** x.shape[1]"}).says(
    "You divide the weighted sum by the number of masks; the probabilities add up to 1 already."
)
mistake("adds_probabilities", {"np.prod(np.where": "np.mean(np.where"}).says(
    "You take the mean of the inputs' probabilities; inputs are dropped independently, so multiply."
)
mistake(
    "weighs_by_how_many_ways", {"float(np.prod(np.where(kept, keep, drop)))": "keep ** sum(kept)"}
).says(
    "You count the kept inputs alone; each dropped one brings a factor `drop` into the probability."
)
mistake(
    "scales_the_one_pass", {"np.maximum(x @ w + b, 0)": "np.maximum(x @ w * keep + b, 0)"}
).says(
    "You shrink the inputs of the one pass by 1 - drop; in the inverted form they stay as they are."
)
mistake(
    "returns_the_pass_first",
    {"return mean, np.maximum(x @ w + b, 0)": "return np.maximum(x @ w + b, 0), mean"},
).says("You return the one pass first; the mean over the masks comes first.")
mistake("makes_float64_of_it", {"np.array(kept, x.dtype)": "np.array(kept)"}).says(
    "Your mask is float64 for float32 inputs, and the mean becomes float64; give it the type of x."
)


@EXERCISE.right_answer
def lists_all_masks(x, w, b, drop):
    D, keep = x.shape[1], 1 - drop
    kept = np.arange(2**D)[:, None] >> np.arange(D) & 1  # (2^D, D), the bits of each number
    share = keep ** kept.sum(axis=1) * drop ** (D - kept.sum(axis=1))
    masks = (kept / keep).astype(x.dtype)
    layers = np.maximum((x * masks[:, None]) @ w + b, 0)  # (2^D, N, M)
    mean = np.tensordot(share.astype(x.dtype), layers, axes=1)
    return mean, np.maximum(x @ w + b, 0)


@EXERCISE.right_answer
def halves_the_masks(x, w, b, drop):
    def mean(sums, left):
        if left == 0:
            return np.maximum(sums, 0)
        part = np.outer(x[:, left - 1], w[left - 1]) / (1 - drop)
        return drop * mean(sums, left - 1) + (1 - drop) * mean(sums + part, left - 1)

    start = np.tile(b, (len(x), 1))
    return mean(start, len(w)), (x @ w + b).clip(0)


@EXERCISE.right_answer
def goes_row_by_row(x, w, b, drop):
    mean = np.zeros((len(x), len(b)), x.dtype)
    for n, row in enumerate(x):
        for number in range(2 ** len(row)):
            share, sums = 1.0, b.copy()
            for d in range(len(row)):
                if number // 2**d % 2:
                    share *= 1 - drop
                    sums += row[d] / (1 - drop) * w[d]
                else:
                    share *= drop
            mean[n] += share * np.where(sums > 0, sums, 0)
    return mean, np.where(x @ w + b > 0, x @ w + b, 0)
