"""How often the right class is not among the k best: `top_k_error`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, differing, showing
from course_utils.exercises.exercise import Exercise, case, refused


def top_k_error(scores, y, k):
    """Return the share of rows whose right class is not among the k highest scores.

    >>> top_k_error(np.array([[3, 1, 2], [5, 5, 5]]), np.array([2, 2]), 2)
    0.5
    """
    N, K = scores.shape
    if not 1 <= k <= K:
        raise ValueError(f"k must be 1 to {K}, got {k}")
    wrong = 0
    for n in range(N):
        right = scores[n, y[n]]
        before = np.sum(scores[n] > right) + np.sum(scores[n, : y[n]] == right)
        if before >= k:
            wrong += 1
    return wrong / N


def drawn(rng, N, K):
    """Draw scores of which no two in a row are equal, and the right classes."""
    return np.stack([differing(rng, K) for _ in range(N)]), rng.integers(K, size=N)


def tied(rng, N, K):
    """Draw scores from few whole numbers, and the right classes."""
    return rng.integers(-2, 2, (N, K)), rng.integers(K, size=N)


def wild(rng):
    """Draw few rows, with ties and without."""
    while True:
        N, K = rng.integers(1, 6, 2)
        scores = rng.integers(-3, 3, (N, K)) / rng.choice([1, 2])
        yield case("wild", scores, rng.integers(K, size=N), int(rng.integers(1, K + 1)))


USUAL = (
    "returns_the_accuracy returns_a_count returns_per_cent divides_by_the_classes "
    "looks_at_the_best_one takes_one_more takes_one_less takes_the_lowest compares_sizes "
    "counts_classes_from_one compares_with_the_mean"
)
ALL_TIES = "forgives_ties punishes_ties puts_the_last_first"


def inputs(rng):
    """Draw few rows of few classes, until mistakes show that can."""
    yield case("the example", np.array([[3, 1, 2], [5, 5, 5]]), np.array([2, 2]), 2)

    def strided_rows():
        scores, y = drawn(rng, 5, 6)
        return case("5 rows, 6 classes, the best 2", strided(scores), y, 2)

    def best_one():
        return case("the best one", *drawn(rng, 7, 4), 1)

    def best_five():
        scores, y = drawn(rng, 7, 9)
        return case("9 classes, the best 5", np.asfortranarray(scores), y.astype(np.uint8), 5)

    def below_zero():
        scores, y = drawn(rng, 6, 5)
        return case("scores below 0", scores - 2.5, y, 3)

    def whole_ties():
        scores, y = tied(rng, 7, 5)
        return case("int32 scores with ties", scores.astype(np.int32), y, 2)

    def ties_for_one():
        scores, y = tied(rng, 5, 4)
        return case("ties for the best one", scores / 4, y, 1)

    def narrow_ties():
        scores, y = tied(rng, 7, 6)
        return case("float32 scores with ties", (scores / 2).astype(np.float32), y, 3)

    def one_row():
        return case("one row", *drawn(rng, 1, 4), 2)

    first = USUAL.replace("looks_at_the_best_one ", "")
    yield showing(EXERCISE, USUAL, strided_rows)
    yield showing(EXERCISE, first, best_one)
    yield showing(EXERCISE, USUAL, best_five)
    yield showing(EXERCISE, USUAL, below_zero)
    yield showing(EXERCISE, f"{USUAL} {ALL_TIES}", whole_ties)
    yield showing(EXERCISE, f"{first} {ALL_TIES}", ties_for_one)
    yield showing(EXERCISE, f"{USUAL} {ALL_TIES}", narrow_ties)
    wrong = "returns_the_accuracy returns_per_cent divides_by_the_classes takes_one_more "
    wrong += "compares_sizes counts_classes_from_one"
    yield showing(EXERCISE, wrong, one_row)

    def all_classes():
        return case("all classes", *drawn(rng, 4, 4), 4)

    yield showing(
        EXERCISE, "looks_at_the_best_one takes_one_less counts_classes_from_one", all_classes
    )
    yield case("one class", *drawn(rng, 3, 1), 1)
    yield refused("k is 0", *drawn(rng, 3, 4), 0)
    yield refused("k is more than there are classes", *drawn(rng, 3, 4), 5)


EXERCISE = Exercise(
    top_k_error,
    points=3,
    inputs=inputs,
    forbidden=(*HANDMADE, "sklearn"),
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("returns_the_accuracy", {"return wrong / N": "return 1 - wrong / N"}).says(
    "You return the share of rows that are right; the error is the share that is wrong."
)
mistake("returns_a_count", {"return wrong / N": "return float(wrong)"}).says(
    "You return how many rows are wrong; divide by the number of rows."
)
mistake("returns_per_cent", {"return wrong / N": "return 100 * wrong / N"}).says(
    "You return per cent; a share goes from 0 to 1."
)
mistake("divides_by_the_classes", {"return wrong / N": "return wrong / K"}).says(
    "You divide by the number of classes; there is one answer for each row, so divide by N."
)
mistake("looks_at_the_best_one", {"before >= k": "before >= 1"}).says(
    "Only the best score counts in your answer, whatever k is; a row is right if its class is "
    "among k."
)
mistake("takes_one_more", {"before >= k": "before > k"}).says(
    "You let k + 1 classes through: with k better ones before it, the right class is not among k."
)
mistake("takes_one_less", {"before >= k": "before >= k - 1"}).says(
    "You take one class too few; k - 1 better ones may come before the right class."
)
mistake("takes_the_lowest", {"scores[n] > right": "scores[n] < right"}).says(
    "You take the k lowest scores; sorting puts the smallest first, and the highest are the best."
)
mistake("forgives_ties", {" + np.sum(scores[n, : y[n]] == right)": ""}).says(
    "Of equal scores you put the right class first, so that equal scores for all make no error; "
    "the smaller number comes first."
)
mistake(
    "punishes_ties", {"np.sum(scores[n, : y[n]] == right)": "np.sum(scores[n] == right) - 1"}
).says(
    "You count every equal score against the right class; only those of classes with a smaller "
    "number come before it."
)
mistake("puts_the_last_first", {"scores[n, : y[n]]": "scores[n, y[n] + 1 :]"}).says(
    "Of equal scores you put the larger class number first, as a sort that is turned round does; "
    "the smaller comes first."
)
mistake("compares_sizes", {"scores[n] > right": "abs(scores[n]) > abs(right)"}).says(
    "You compare scores without their signs; a score of -9 is the lowest here."
)
mistake("takes_every_k", {"if not 1 <= k <= K:": "if K < 1:"}).says(
    "You take every k; with 0 or with more than there are classes, the question makes no sense, so "
    "raise a ValueError."
)
mistake("lets_zero_pass", {"not 1 <= k <= K": "not 0 <= k <= K"}).says(
    "You let k = 0 pass, where nothing can be right; raise a ValueError."
)
mistake("counts_classes_from_one", {"right = scores[n, y[n]]": "right = scores[n, y[n] - 1]"}).says(
    "You look one class before the right one; classes are counted from 0, as in y."
)
mistake("compares_with_the_mean", {"if before >= k:\n    wrong += 1": "wrong += before / K"}).says(
    "You average the places of the right classes; a row is right or wrong, whatever its place is."
)


@EXERCISE.right_answer
def sorts_stably(scores, y, k):
    if k < 1 or k > scores.shape[1]:
        raise ValueError("k of the classes")
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean(np.all(best != y[:, None], axis=1)))


@EXERCISE.right_answer
def sorts_pairs(scores, y, k):
    if k not in range(1, len(scores[0]) + 1):
        raise ValueError("no such k")
    hits = 0
    for row, right in zip(scores.tolist(), y.tolist(), strict=True):
        ranked = sorted(range(len(row)), key=lambda c: (-row[c], c))
        hits += right in ranked[:k]
    return (len(y) - hits) / len(y)


@EXERCISE.right_answer
def takes_the_best_away(scores, y, k):
    N, K = scores.shape
    if k <= 0 or K < k:
        raise ValueError("k is out of range")
    left, found = scores.astype(float), np.zeros(N, bool)
    for _ in range(k):
        best = left.argmax(axis=1)
        found |= best == y
        left[np.arange(N), best] = -np.inf
    return np.count_nonzero(~found) / N
