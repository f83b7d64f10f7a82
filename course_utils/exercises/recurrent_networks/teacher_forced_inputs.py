"""What a network reads while it learns: `teacher_forced_inputs`."""

import numpy as np

from course_utils.checks.layout import strided
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
    """Draw targets of these lengths, filled up with -1, and a start; neighbours differ.

    Where there are several sequences, neither start nor the first targets hide which is whose.
    """
    lengths = np.array(lengths)
    T, N = lengths.max(), len(lengths)
    while True:
        codes = (rng.integers(V, size=N) + np.cumsum(rng.integers(1, V, (T + 1, N)), axis=0)) % V
        start, first = codes[:2]
        if N == 1 or ((start != start[0]).any() and (start[1:] != first[:-1]).any()):
            return np.where(np.arange(T)[:, None] < lengths, codes[1:], -1), start, V


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
).says("Your first step reads the last target, which is not known yet; it should read start.")
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
).says("You take -1 as an index, which finds the last letter; the row of padding is all zeros.")
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
mistake(
    "asks_whether_this_step_is_padding",
    {
        "(codes[:, :, None] == np.arange(V)).astype(float)": (
            "(codes[:, :, None] == np.arange(V)) * (targets >= 0)[:, :, None].astype(float)"
        ),
    },
).says(
    "You write zeros where a step's own target is padding; what counts is the letter that the step "
    "reads, that of the step before."
)
mistake("reads_one_start_for_all", {"start[None]": "0 * start[None] + start[0]"}).says(
    "All your sequences read the start of the first; each has a start of its own."
)
mistake("leaves_the_first_step_empty", {"start[None]": "0 * start[None] - 1"}).says(
    "Your first step is all zeros; it reads start, one letter for each sequence."
)
mistake(
    "moves_along_the_sequences",
    {
        "np.concatenate([start[None], targets[:-1]])": (
            "np.column_stack([np.resize(start, len(targets)), targets[:, :-1]])"
        )
    },
).says(
    "You move the targets along the sequences; each sequence reads its own letters, so move them "
    "along the steps, which are axis 0."
)
mistake(
    "reads_start_twice",
    {"[start[None], targets[:-1]])": "[start[None], start[None], targets])[: len(targets)]"},
).says("Your letters come one step too late, after start has been read twice; it is read once.")


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
