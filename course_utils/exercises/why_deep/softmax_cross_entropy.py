"""The loss of a classifier and its gradient: `softmax_cross_entropy`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, showing
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import losses


def softmax_cross_entropy(scores, y):
    """Return the mean cross-entropy, a number, and its gradient with respect to the scores, (N, K).

    >>> loss, dscores = softmax_cross_entropy(np.log([[1.0, 1.0], [1.0, 3.0]]), np.array([1, 0]))
    >>> round(float(loss), 4), dscores.round(3)
    (1.0397, array([[ 0.25 , -0.25 ],
           [-0.375,  0.375]]))
    """
    N, K = scores.shape
    rows = np.arange(N)
    shifted = scores - np.max(scores, axis=1, keepdims=True)  # at most 0
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.mean(log_p[rows, y])
    dscores = np.exp(log_p)
    dscores[rows, y] -= 1
    return loss, dscores / N


def reference(scores, y):
    """Take the loss of the library."""
    loss, cache = losses.softmax_cross_entropy_forward(scores, y)
    return loss, losses.softmax_cross_entropy_backward(1.0, cache)


def drawn(rng, N, K):
    """Draw scores and the right classes, of which the first two differ where there are so many."""
    y = rng.integers(K, size=N)
    if N > 1 and K > 1:
        y[1] = (y[0] + 1) % K
    return decimals(rng, N, K), y


def wild(rng):
    """Draw few rows of few classes, and now and then scores that are far apart."""
    while True:
        scores, y = drawn(rng, *rng.integers(1, 5, 2))
        yield case("wild", scores * rng.choice([1, 400]), y)


def inputs(rng):
    """Draw few rows of few classes."""
    yield case("the example", np.array([[0.0, 0.0], [0.0, np.log(3).round(6)]]), np.array([1, 0]))

    def usual():
        scores, y = drawn(rng, 4, 3)
        return case("4 rows, 3 classes", strided(scores), y)

    yield showing(EXERCISE, "measures_all_classes", usual)
    scores, y = drawn(rng, 3, 5)
    yield case("classes in uint8", np.asfortranarray(scores), y.astype(np.uint8))
    scores, y = drawn(rng, 4, 3)
    signs = np.array([[1], [-1], [-1], [1]])
    yield case("scores near 1000 and -1000", scores + 1000 * signs, y)
    scores, y = drawn(rng, 3, 4)
    scores[np.arange(3), y] = -900.0
    yield case("right classes with a score of -900", scores, y)
    scores, y = drawn(rng, 5, 4)
    scores[np.arange(5), y] += 40.0
    yield case("right classes with a score that is far ahead", scores, y)
    scores, y = drawn(rng, 3, 3)
    yield case("the same class in all rows", scores, np.full(3, y[0]))
    yield case("one row", *drawn(rng, 1, 4))
    yield case("two classes", *drawn(rng, 5, 2))
    scores, y = drawn(rng, 6, 4)
    yield case("int32 scores", np.rint(2 * scores).astype(np.int32), y)


EXERCISE = Exercise(
    softmax_cross_entropy,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("loss", "dscores"),
    axes={"dscores": ("row", "class")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("forgets_the_mean_in_the_gradient", {"dscores / N": "dscores"}).says(
    "Your loss is a mean over the rows, and your gradient that of a sum; divide it by the number "
    "of rows, too."
)
mistake("adds_the_rows_up", {"-np.mean(log_p[rows, y])": "-np.sum(log_p[rows, y])"}).says(
    "Your loss adds the rows up; take their mean, so that it does not grow with the batch."
)
mistake("has_a_negative_loss", {"loss = -np.mean": "loss = np.mean"}).says(
    "Your loss is the mean of log-probabilities, which are below 0; it has a minus in front."
)
mistake(
    "pushes_away_from_the_right_class", {"return loss, dscores / N": "return loss, -dscores / N"}
).says(
    "Your gradient has the opposite sign: a step against it would make the right class less likely."
)
mistake("forgets_the_right_class", {"dscores[rows, y] -= 1": ""}).says(
    "Your gradient is the probabilities alone; subtract 1 at the right class of each row."
)
mistake(
    "takes_one_off_whole_columns", {"dscores[rows, y] -= 1": "dscores[:, np.unique(y)] -= 1"}
).says(
    "`dscores[:, y]` means whole columns; index a row and its own class together, with "
    "`arange(N)` and y."
)
mistake("averages_over_the_classes_too", {"dscores / N": "dscores / (N * K)"}).says(
    "You divide the gradient by the number of all scores; the mean of the loss is over rows."
)
mistake(
    "divides_the_loss_by_the_classes",
    {"-np.mean(log_p[rows, y])": "-np.sum(log_p[rows, y]) / (N * K)"},
).says(
    "You divide the loss by all N times K scores; only one class a row counts in it, so divide by "
    "N."
)
mistake(
    "overflows",
    {"scores - np.max(scores, axis=1, keepdims=True)  # at most 0": "scores"},
).says(
    "A score of 1000 makes exp infinite and your result NaN; subtract the largest score of each "
    "row first."
)
mistake(
    "subtracts_the_largest_of_all",
    {"np.max(scores, axis=1, keepdims=True)": "np.max(scores)"},
).says(
    "You subtract the largest score of the whole batch, and rows far below it become 0 / 0; take "
    "each row's own."
)
mistake(
    "takes_the_logarithm_of_nothing",
    {
        "shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))": (
            "np.log(np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True))"
        )
    },
).says(
    "You take the logarithm of a probability that has been rounded to 0; take it apart before, as "
    "score minus the logarithm of the sum."
)
mistake(
    "adds_something_to_the_logarithm",
    {"-np.mean(log_p[rows, y])": "-np.mean(np.log(np.exp(log_p[rows, y]) + 1e-12))"},
).says(
    "You add a small number inside the logarithm, which caps the loss; subtract in logarithms "
    "instead, and nothing has to be added."
)
mistake(
    "normalizes_the_columns",
    {"np.exp(shifted), axis=1": "np.exp(shifted), axis=0"},
).says(
    "Your probabilities add up to 1 over the rows of the batch; each row must add up to 1 over its "
    "classes."
)
mistake(
    "measures_all_classes",
    {"-np.mean(log_p[rows, y])": "-np.mean(log_p)"},
).says("Your loss averages the logarithms of all classes; only that of the right class counts.")
mistake(
    "takes_bits",
    {"-np.mean(log_p[rows, y])": "-np.mean(log_p[rows, y]) / np.log(2)"},
).says("You measure the loss in bits; the logarithm here is the natural one.")
mistake(
    "takes_squares_for_the_loss",
    {"return loss, dscores / N": "p = np.exp(log_p)\nreturn loss, dscores * p * (1 - p) / N"},
).says(
    "You multiply by p (1 - p) as well; in the gradient of softmax with cross-entropy that factor "
    "has cancelled."
)


@EXERCISE.right_answer
def goes_row_by_row(scores, y):
    loss, dscores = 0, np.zeros(scores.shape)
    for n, (row, right) in enumerate(zip(scores, y, strict=True)):
        exps = np.exp(row - row.max())
        loss += np.log(exps.sum()) + row.max() - row[right]
        dscores[n] = exps / exps.sum()
        dscores[n, right] -= 1
    return loss / len(y), dscores / len(y)


mistake(
    "keeps_whole_numbers",
    {"np.zeros(scores.shape)": "np.zeros_like(scores)"},
    of="goes_row_by_row",
).says(
    "Your gradient takes the type of the scores, and whole numbers cut probabilities off to 0; "
    "make it float64."
)


@EXERCISE.right_answer
def writes_one_hot_rows(scores, y):
    N, K = scores.shape
    target = np.eye(K)[y]
    largest = scores.max(axis=1)
    log_sum = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    p = np.exp(scores - log_sum[:, None])
    return np.mean(log_sum - (scores * target).sum(axis=1)), (p - target) / N


@EXERCISE.right_answer
def asks_logaddexp(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    picked = np.take_along_axis(log_p, y[:, None].astype(int), axis=1)
    share = np.exp(log_p) / len(y)
    np.put_along_axis(share, y[:, None].astype(int), (np.exp(picked) - 1) / len(y), axis=1)
    return -picked.mean(), share
