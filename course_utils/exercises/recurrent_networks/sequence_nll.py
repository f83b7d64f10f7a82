"""The loss of a batch of sequences of different lengths: `sequence_nll`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference.losses import softmax_cross_entropy_forward


def sequence_nll(logits, targets, mask):
    """Return the mean negative log-likelihood over the steps that count, one number.

    >>> logits = np.array([[0.0, 0.0], [np.log(3), 0.0], [9.0, 9.0]])[:, None]
    >>> targets, mask = np.array([[1], [0], [-1]]), np.array([[True], [True], [False]])
    >>> round(float(sequence_nll(logits, targets, mask)), 4)
    0.4904
    """
    if not np.any(mask):
        raise ValueError("no step counts, and a mean of nothing is no number")
    rows, right = logits[mask], targets[mask]  # (S, V), (S,)
    shifted = rows - rows.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(right)), right])


def reference(logits, targets, mask):
    """Take the masked loss of the library."""
    if not mask.any():
        raise ValueError("no step counts")
    return softmax_cross_entropy_forward(logits, targets, mask)[0]


def drawn(rng, lengths, V):
    """Draw logits, targets and the mask of these lengths; what is padded is -1 and has logits."""
    lengths = np.array(lengths)
    T, N = lengths.max(), len(lengths)
    mask = np.arange(T)[:, None] < lengths
    targets = np.where(mask, rng.integers(V, size=(T, N)), -1)
    return decimals(rng, T, N, V), targets, mask


def wild(rng):
    """Draw batches of few sequences, most of them of different lengths."""
    while True:
        lengths = rng.integers(1, 5, rng.integers(1, 4))
        yield case("wild", *drawn(rng, lengths, rng.integers(2, 5)))


def inputs(rng):
    """Draw batches of few sequences of different lengths."""
    logits = np.array([[0.0, 0.0], [1.0986, 0.0], [9.0, 9.0]])[:, None]  # about log 3
    yield case("the example", logits, np.array([[1], [0], [-1]]), np.array([[1], [1], [0]]) > 0)
    logits, *rest = drawn(rng, (4, 1, 2), 5)
    yield case("lengths of 4, 1 and 2", strided(logits), *rest)
    yield case("one length for all", *drawn(rng, (3, 3), 4))
    yield case("one sequence", *drawn(rng, (4,), 3))
    logits, targets, mask = drawn(rng, (2, 5, 3, 1), 3)
    signs = (-1) ** np.arange(5)[:, None, None]
    yield case("logits near 1000 and -1000", logits + 1000 * signs, targets, mask)
    logits, targets, mask = drawn(rng, (3, 4), 3)
    np.put_along_axis(logits, np.maximum(targets, 0)[..., None], -900.0, axis=2)
    yield case("right letters with a logit of -900", logits, targets, mask)
    logits, targets, mask = drawn(rng, (5, 3, 4), 4)
    mask[0] = mask[:, 2] = False
    yield case("a step and a sequence that do not count", logits, targets, mask)
    logits, targets, mask = drawn(rng, (2, 3), 2)
    yield refused("no step counts", logits, targets, mask & False)


EXERCISE = Exercise(
    sequence_nll,
    points=4,
    inputs=inputs,
    reference=reference,
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("forgets_the_minus", {"-np.mean": "np.mean"}).says(
    "You return the mean log-likelihood, which is below 0; the loss has a minus in front."
)
mistake("adds_up", {"-np.mean": "-np.sum"}).says(
    "You add the losses of all steps; divide by the number of those that count."
)
mistake(
    "divides_by_padding_too",
    {
        "-np.mean(log_p[np.arange(len(right)), right])": (
            "-np.sum(log_p[np.arange(len(right)), right]) / mask.size"
        ),
    },
).says(
    "You divide by T times N, so that padding counts; divide by the number of steps where mask is "
    "true."
)
mistake(
    "divides_by_sequences",
    {
        "-np.mean(log_p[np.arange(len(right)), right])": (
            "-np.sum(log_p[np.arange(len(right)), right]) / mask.shape[1]"
        ),
    },
).says("You divide by the number of sequences; divide by the number of steps that count.")
mistake(
    "divides_by_steps",
    {
        "-np.mean(log_p[np.arange(len(right)), right])": (
            "-np.sum(log_p[np.arange(len(right)), right]) / len(mask)"
        ),
    },
).says("You divide by T; the sum has a term for each step of each sequence that counts.")
mistake(
    "ignores_the_mask",
    {"logits[mask], targets[mask]": "logits.reshape(-1, logits.shape[-1]), targets.ravel()"},
).says("Your loss counts padding, whose targets mean nothing; choose the steps where mask is true.")
mistake(
    "forgets_the_softmax",
    {"shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))": "shifted"},
).says("You take logits for log-probabilities; the logarithm of the sum of exponentials comes off.")
mistake("takes_log_base_2", {"- np.log(": "- np.log2("}).says(
    "You take a logarithm to base 2; exp and log belong together, so use the natural one."
)
mistake("normalizes_over_steps", {"np.exp(shifted), axis=1,": "np.exp(shifted), axis=0,"}).says(
    "Your softmax runs over the steps; it runs over the V letters of each step."
)
mistake(
    "accepts_an_empty_mask",
    {
        (
            'if not np.any(mask):\n    raise ValueError("no step counts, and a mean of '
            'nothing is no number")'
        ): ("if not np.any(mask):\n    return 0.0"),
    },
).says("You return 0 where no step counts, as if all were right; raise a ValueError.")
mistake(
    "counts_in_bits",
    {
        "-np.mean(log_p[np.arange(len(right)), right])": (
            "-np.mean(log_p[np.arange(len(right)), right]) / np.log(2)"
        ),
    },
).says(
    "Your losses are logarithms to base 2, which gives bits; the statement asks for the natural "
    "logarithm."
)
mistake(
    "takes_the_log_of_the_mean",
    {
        "-np.mean(log_p[np.arange(len(right)), right])": (
            "-np.log(np.mean(np.exp(log_p[np.arange(len(right)), right])))"
        ),
    },
).says(
    "You average the probabilities and take the logarithm of that; take the logarithm at each step "
    "first, and then the mean."
)
mistake(
    "takes_off_no_maximum", {"shifted = rows - rows.max(axis=1, keepdims=True)": "shifted = rows"}
).says(
    "You take exp of the logits themselves, which overflows or comes to 0 where they are large; "
    "take each row's maximum off first."
)
mistake(
    "takes_off_one_maximum",
    {"rows.max(axis=1, keepdims=True)": "logits.max()"},
).says(
    "You take one maximum off all rows, and exp of a row far below it comes to 0; each row has a "
    "maximum of its own."
)
mistake(
    "counts_every_target",
    {"logits[mask], targets[mask]": "logits[targets >= 0], targets[targets >= 0]"},
).says(
    "You count each step that has a target, whatever mask says; mask may leave out others than "
    "padding."
)


@EXERCISE.whole_mistake(
    "Your softmax runs over the sequences of a step; it runs over the letters, the last axis of "
    "the logits."
)
def normalizes_over_sequences(logits, targets, mask):
    if not np.any(mask):
        raise ValueError("no step counts")
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[mask, targets[mask]])


@EXERCISE.whole_mistake(
    "You average within each sequence and then over sequences, so that steps of short ones weigh "
    "more; each step that counts weighs the same."
)
def averages_by_sequence(logits, targets, mask):
    if not np.any(mask):
        raise ValueError("no step counts")
    shifted = logits - logits.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=2, keepdims=True))
    chosen = np.take_along_axis(log_p, (targets * mask)[:, :, None], 2)[:, :, 0]
    return -np.mean(np.sum(chosen * mask, axis=0) / np.maximum(np.sum(mask, axis=0), 1))


@EXERCISE.right_answer
def weighs_by_the_mask(logits, targets, mask):
    if mask.sum() == 0:
        raise ValueError("nothing counts")
    top = logits.max(axis=-1)
    total = np.log(np.exp(logits - top[..., None]).sum(axis=-1)) + top
    chosen = np.take_along_axis(logits, np.where(mask, targets, 0)[..., None], -1)[..., 0]
    return np.where(mask, total - chosen, 0).sum() / mask.sum()


@EXERCISE.right_answer
def picks_by_one_hot(logits, targets, mask):
    if not mask.any():
        raise ValueError("an empty mask")
    V = logits.shape[2]
    one_hot = (targets[:, :, None] == np.arange(V)) & mask[:, :, None]
    shifted = logits - logits.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    return -log_p[one_hot].mean()


@EXERCISE.right_answer
def goes_step_by_step(logits, targets, mask):
    losses = []
    for t, n in zip(*np.nonzero(mask), strict=True):
        row = logits[t, n]
        losses.append(np.logaddexp.reduce(row) - row[targets[t, n]])
    if not losses:
        raise ValueError("the mask is empty")
    return np.mean(losses)
