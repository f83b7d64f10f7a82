"""Calls that catch wrong answers to `sequence_nll`: `cases_for_sequence_nll`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.recurrent_networks.sequence_nll import EXERCISE as SEQUENCE_NLL

ALLOWED = {
    "logits": "array T N V, -9 to 9, V from 3",
    "targets": "array T N of whole, 0 to 2",
    "mask": "array T N of True or False",
}


def cases_for_sequence_nll():
    """Return two calls of sequence_nll at most, each as a dict of its arguments.

    >>> cases_for_sequence_nll()[0].keys() == {"logits", "targets", "mask"}
    True
    """
    T, N, V = 4, 3, 5
    rng = np.random.default_rng(0)
    logits, targets = rng.uniform(-3, 3, (T, N, V)), rng.integers(3, size=(T, N))
    mask = np.arange(T)[:, None] < [4, 1, 2]  # lengths of sequences
    return [
        dict(logits=logits, targets=targets, mask=mask),
        dict(logits=logits, targets=targets, mask=np.zeros((T, N), bool)),
    ]


def inputs(rng):
    """Ask for the calls. No logit in them is too large for exp."""
    without = ["takes_off_no_maximum", "takes_off_one_maximum"]
    yield catching(SEQUENCE_NLL, most=2, allowed=ALLOWED, without=without)


EXERCISE = Exercise(cases_for_sequence_nll, points=2, inputs=inputs, catches=SEQUENCE_NLL.name)
mistake = EXERCISE.mistake

mistake("has_no_padding", {"[4, 1, 2]": "[4, 4, 4]"}).says(
    "All of your steps count, so an answer that never looks at the mask is right; leave some out."
)
mistake("has_one_length", {"[4, 1, 2]": "[2, 2, 2]"}).says(
    "Your sequences are equally long, and then the mean of their means is the mean of all steps."
)
mistake("counts_as_many_as_sequences", {"[4, 1, 2]": "[2, 1, 0]"}).says(
    "As many steps count as there are sequences, so it is not seen by which of the two an answer "
    "divides."
)
mistake("counts_as_many_as_steps", {"[4, 1, 2]": "[3, 1, 0]"}).says(
    "As many steps count as a sequence is long, and an answer may divide by either."
)
mistake("has_a_single_step", {"[4, 1, 2]": "[1, 0, 0]"}).says(
    "A single step counts, whose mean is its sum; let several count."
)
mistake(
    "always_counts_something",
    {"dict(logits=logits, targets=targets, mask=np.zeros((T, N), bool)),": ""},
).says("In your calls some step always counts; ask what an answer does where none is left.")


@EXERCISE.right_answer
def writes_codes_down():
    logits = np.linspace(-2, 2, 27).reshape(3, 3, 3) ** 3
    targets = np.array([[0, 2, 1], [1, 1, 0], [2, 0, 2]])
    counts = np.array([[True, True, True], [False, True, False], [False, True, False]])
    calls = [
        {"logits": logits, "targets": targets, "mask": mask} for mask in (counts, counts & False)
    ]
    return tuple(calls)


@EXERCISE.right_answer
def leaves_out_steps():
    letters = np.eye(6)[[[0, 3], [1, 1], [5, 2], [2, 0], [4, 4]]] * 4
    codes = np.array([[0, 2], [1, 0], [2, 2], [0, 2], [1, 1]], np.int32)
    odd = codes != 1
    return [
        dict(logits=letters, targets=codes, mask=odd),
        dict(mask=codes > 2, logits=-letters, targets=codes),
    ]
