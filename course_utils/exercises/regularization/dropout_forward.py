"""A part of the units set to 0, the others made larger: `dropout_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused


def dropout_forward(x, draws, drop, training):
    """Return what dropout in its inverted form makes of x, and the mask, both shaped like x.

    >>> x, draws = np.array([[4.0, 1.0, -3.0]]), np.array([[0.2, 0.9, 0.6]])
    >>> dropout_forward(x, draws, 0.25, True)[0].round(9)
    array([[ 5.33333333,  0.        , -4.        ]])
    """
    if not 0 <= drop < 1:
        raise ValueError(f"drop must be at least 0 and below 1, got {drop}")
    keep = 1 - drop
    mask = np.ones_like(x)
    if training:
        mask = (draws < keep).astype(x.dtype) / keep
    return x * mask, mask


def drawn(rng, N, D, drop, *, training=True):
    """Draw units and numbers of which each row keeps some and drops some, where it has room.

    Another rule would keep others, the share that is kept is not the expected one, and no row has
    the mask of the first.
    """
    x = decimals(rng, N, D)
    while True:
        draws = (10 * rng.integers(0, 10, (N, D)) + 3) / 100
        kept = draws < 1 - drop
        rules = all((kept != other).any() for other in (draws >= drop, draws < drop))
        mixed = (kept.any(axis=1) & ~kept.all(axis=1)).all() and abs(kept.mean() + drop - 1) > 1e-9
        differ = N == 1 or (kept != kept[0]).any(axis=1)[1:].all()
        if drop == 0 or (rules and mixed and differ):
            return x, draws, drop, training


def wild(rng):
    """Draw layers of every size, with draws that may be 1 - drop."""
    while True:
        N, D = rng.integers(1, 5, 2)
        drop = float(rng.choice([0, 0.25, 0.5, 0.75, 0.875]))
        draws = rng.integers(0, 8, (N, D)) / 8
        yield case("wild", decimals(rng, N, D), draws, drop, bool(rng.integers(2)))


def inputs(rng):
    """Draw small layers in training and in evaluation."""
    x, draws = np.array([[4.0, 1.0, -3.0]]), np.array([[0.2, 0.9, 0.6]])
    yield case("the example", x, draws, 0.25, True)
    x, *rest = drawn(rng, 3, 4, 0.4)
    yield case("3 rows, drop 0.4", strided(x), *rest)
    x, draws, *rest = drawn(rng, 4, 5, 0.2)
    yield case("drop 0.2", x, np.asfortranarray(draws), *rest)
    yield case("drop 0.7", *drawn(rng, 2, 5, 0.7))
    yield case("evaluation", *drawn(rng, 3, 4, 0.4, training=False))
    x, draws, *rest = drawn(rng, 2, 4, 0.25)
    draws[:] = [[0.75, 0.75, 0.33, 0.93], [0.13, 0.43, 0.83, 0.23]]
    yield case("draws that are exactly 1 - drop", x, draws, *rest)
    yield case("nothing dropped", *drawn(rng, 2, 3, 0))
    yield case("one row", *drawn(rng, 1, 4, 0.6))
    yield case("one unit in a row", decimals(rng, 3, 1), np.array([[0.3], [0.8], [0.1]]), 0.5, True)
    x, *rest = drawn(rng, 3, 4, 0.6)
    yield case("float32", x.astype(np.float32), *rest)
    x, *rest = drawn(rng, 2, 3, 0.4, training=False)
    yield case("float32 in evaluation", x.astype(np.float32), *rest)
    yield refused("all dropped", *drawn(rng, 2, 3, 0.4)[:2], 1, True)
    yield refused("a negative share", *drawn(rng, 2, 3, 0.4)[:2], -0.25, False)


EXERCISE = Exercise(
    dropout_forward,
    points=3,
    inputs=inputs,
    outputs=("out", "mask"),
    axes={"out": ("row", "unit"), "mask": ("row", "unit")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("keeps_what_is_to_be_dropped", {"draws < keep": "draws < drop"}).says(
    "You keep a unit where its draw is below `drop`, so `drop` is how likely it is to be kept; "
    "compare with 1 - drop."
)
mistake("keeps_the_upper_end", {"draws < keep": "draws >= drop"}).says(
    "You keep where the draw is at least `drop`; as many are kept, but others than those with a "
    "draw below 1 - drop."
)
mistake("keeps_at_the_border", {"draws < keep": "draws <= keep"}).says(
    "You keep where the draw is exactly 1 - drop; only draws below it keep a unit."
)
mistake("leaves_the_kept_as_they_are", {".astype(x.dtype) / keep": ".astype(x.dtype)"}).says(
    "You leave the kept units as they are, and the layer's sums shrink in training; divide by 1 - "
    "drop."
)
mistake("shrinks_the_kept", {".astype(x.dtype) / keep": ".astype(x.dtype) * keep"}).says(
    "You multiply the kept units by 1 - drop; in the inverted form they grow: divide by it."
)
mistake(
    "divides_by_the_share_dropped", {".astype(x.dtype) / keep": ".astype(x.dtype) / (drop or 1)"}
).says("You divide by `drop`; divide by the probability to be kept, 1 - drop.")
mistake("scales_in_evaluation", {"mask = np.ones_like(x)": "mask = np.ones_like(x) * keep"}).says(
    "You shrink the units in evaluation, as the classic form does; in the inverted form training "
    "has scaled already, and evaluation changes nothing."
)
mistake("drops_in_evaluation", {"if training:": "if True:"}).says(
    "You drop units in evaluation, too, so answers depend on chance; only training drops."
)
mistake("exchanges_training_and_evaluation", {"if training:": "if not training:"}).says(
    "You drop in evaluation and leave training whole; it is the other way round."
)
mistake(
    "has_a_mask_for_all_rows", {"(draws < keep)": "np.tile(draws[:1] < keep, (len(x), 1))"}
).says("You use the first row's mask for all rows; each row has draws of its own.")
mistake(
    "drops_whole_rows", {"(draws < keep)": "np.tile(draws[:, :1] < keep, (1, x.shape[1]))"}
).says("You drop a whole row by its first draw; each unit of a row is kept or dropped by itself.")
mistake(
    "divides_by_what_was_kept",
    {".astype(x.dtype) / keep": ".astype(x.dtype)\nmask /= mask.mean()"},
).says("You divide by the share that happened to be kept; divide by its expected value, 1 - drop.")
mistake(
    "makes_the_mask_float64", {"(draws < keep).astype(x.dtype) / keep": "(draws < keep) / keep"}
).says("Your mask is float64 whatever x is, and so is `out`; give the mask the type of x.")
mistake(
    "scales_the_output_alone",
    {"(draws < keep).astype(x.dtype) / keep": "(draws < keep).astype(x.dtype)\nx = x / keep"},
).says(
    "You scale `out`, and your mask holds zeros and ones; the factor belongs to the mask, which "
    "the way back needs."
)
mistake("returns_truths", {"return x * mask, mask": "return x * mask, mask > 0"}).says(
    "You return where units are kept, as truths; the mask holds the factors themselves."
)
mistake(
    "makes_no_mask_in_evaluation", {"x * mask, mask": "x * mask, mask if training else 0 * mask"}
).says("Your mask is 0 in evaluation; nothing is dropped there, so it is 1.")
mistake(
    "drops_all_there_is",
    {"0 <= drop < 1": "0 <= drop <= 1", "keep = 1 - drop": "keep = max(1 - drop, 1e-9)"},
).says("You accept a `drop` of 1, which leaves no unit to scale up; raise a ValueError.")
mistake("accepts_a_negative_drop", {"0 <= drop < 1": "drop < 1"}).says(
    "You accept a `drop` below 0, which is no probability; raise a ValueError, in evaluation too."
)


@EXERCISE.right_answer
def chooses_with_where(x, draws, drop, training):
    if drop < 0 or drop >= 1:
        raise ValueError("drop is a probability below 1")
    factor = np.where(draws < 1 - drop, 1 / (1 - drop), 0) if training else np.ones(x.shape)
    mask = factor.astype(x.dtype)
    return mask * x, mask


@EXERCISE.right_answer
def goes_unit_by_unit(x, draws, drop, training):
    if not (drop >= 0 and drop < 1):
        raise ValueError("no such probability")
    out, mask = x.copy(), np.full_like(x, 1)
    for place in np.ndindex(*x.shape):
        if training:
            mask[place] = 1 / (1 - drop) if draws[place] < 1 - drop else 0
            out[place] = x[place] * mask[place]
    return out, mask


@EXERCISE.right_answer
def zeroes_by_index(x, draws, drop, training):
    keep = 1 - drop
    if keep <= 0 or keep > 1:
        raise ValueError("something has to be kept")
    mask = np.ones(x.shape, x.dtype)
    if training:
        mask /= keep
        mask[draws >= keep] = 0
    return np.multiply(x, mask), mask
