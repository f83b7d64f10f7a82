"""What a network reads while it learns: `teacher_forced_inputs`."""

import numpy as np

from course_utils.checks.encode import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case


def teacher_forced_inputs(targets, start, V):
    """Return the inputs that go with the targets: each one-hot, (T, N, V).

    >>> teacher_forced_inputs(np.array([[1], [0], [-1]]), np.array([2]), 3)[:, 0]
    array([[0., 0., 1.],
           [0., 1., 0.],
           [1., 0., 0.]])
    """
    codes = np.concatenate([start[None], targets[:-1]])  # (T, N)
    return (codes[:, :, None] == np.arange(V)).astype(float)


def drawn(rng, lengths, V):
    """Draw targets of these lengths, filled up with -1, and a start; neighbours differ."""
    lengths = np.array(lengths)
    T, N = lengths.max(), len(lengths)
    codes = (rng.integers(V, size=N) + np.cumsum(rng.integers(1, V, (T + 1, N)), axis=0)) % V
    targets = np.where(np.arange(T)[:, None] < lengths, codes[1:], -1)
    return targets, codes[0], V


def wild(rng):
    """Draw batches of few sequences."""
    while True:
        lengths = rng.integers(1, 5, rng.integers(1, 4))
        yield case("wild", *drawn(rng, lengths, int(rng.integers(3, 6))))


def inputs(rng):
    """Draw few sequences of different lengths."""
    yield case("the example", np.array([[1], [0], [-1]]), np.array([2]), 3)
    targets, *rest = drawn(rng, (5, 2, 3), 4)
    yield case("lengths of 5, 2 and 3", strided(targets), *rest)
    yield case("no padding", *drawn(rng, (4, 4), 5))
    yield case("as many steps as sequences", *drawn(rng, (3, 1, 3), 5))
    yield case("one step", *drawn(rng, (1, 1), 3))
    targets, start, V = drawn(rng, (4, 1), 3)
    yield case("codes of int32", targets.astype(np.int32), start.astype(np.int32), V)
    targets, start, V = drawn(rng, (3, 4), 3)
    yield case("more letters than occur", targets, start, V + 3)


EXERCISE = Exercise(
    teacher_forced_inputs,
    points=3,
    inputs=inputs,
    axes={"the result": ("step", "sequence", "letter")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "hands_out_the_answers", {"np.concatenate([start[None], targets[:-1]])  # (T, N)": "targets"}
).says(
    "Each of your steps reads its own target, so it need not learn anything; move them by one step."
)
mistake("moves_the_other_way", {"[start[None], targets[:-1]]": "[targets[1:], start[None]]"}).says(
    "Your step t reads the target of step t + 1; it reads that of step t - 1."
)
mistake(
    "wraps_around", {"np.concatenate([start[None], targets[:-1]])": "np.roll(targets, 1, axis=0)"}
).says("Your first step reads the last target; it reads start.")
mistake("keeps_the_last_target", {"targets[:-1]": "targets"}).says(
    "You return T + 1 inputs; the last target is never read, since nothing comes after it."
)
mistake(
    "starts_again_at_each_step",
    {"np.concatenate([start[None], targets[:-1]])  # (T, N)": "np.tile(start, (len(targets), 1))"},
).says("Each of your steps reads start; from the second step on it is the target before.")
mistake(
    "takes_padding_for_the_last_letter",
    {"(codes[:, :, None] == np.arange(V)).astype(float)": "np.eye(V)[codes]"},
).says("Your index of -1 is the last letter; padding is a row of zeros.")
mistake(
    "takes_padding_for_the_first_letter",
    {"codes[:, :, None] ==": "np.maximum(codes, 0)[:, :, None] =="},
).says("You turn padding into letter 0; it is no letter, and its row has zeros only.")
mistake("returns_codes", {"(codes[:, :, None] == np.arange(V)).astype(float)": "codes"}).says(
    "You return the codes of letters; each is to be a row of V numbers with a single 1."
)
mistake(
    "puts_letters_first",
    {
        "(codes[:, :, None] == np.arange(V)).astype(float)": (
            "(np.arange(V)[:, None, None] == codes).astype(float)"
        ),
    },
).says("Your letters are the first axis; they are the last one, after steps and sequences.")
mistake("counts_letters_from_1", {"np.arange(V)": "np.arange(1, V + 1)"}).says(
    "You count letters from 1; code 0 is a letter, and its 1 is in the first place."
)


@EXERCISE.right_answer
def adds_a_row_of_zeros(targets, start, V):
    rows = np.vstack([np.eye(V), np.zeros(V)])  # -1 is the row of zeros
    return rows[np.vstack([start, targets])[:-1]]


@EXERCISE.right_answer
def writes_ones(targets, start, V):
    codes = np.roll(targets, 1, axis=0)
    codes[0] = start
    x = np.zeros((*codes.shape, V))
    t, n = np.nonzero(codes >= 0)
    x[t, n, codes[t, n]] = 1
    return x


@EXERCISE.right_answer
def goes_step_by_step(targets, start, V):
    T, N = targets.shape
    x = np.zeros((T, N, V))
    for n in range(N):
        code = start[n]
        for t in range(T):
            if code >= 0:
                x[t, n, code] = 1.0
            code = targets[t, n]
    return x
