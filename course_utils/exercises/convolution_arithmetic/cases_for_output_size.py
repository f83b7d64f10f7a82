"""Calls that catch wrong answers to `output_size`: `cases_for_output_size`."""

from course_utils.exercises.catching import catching
from course_utils.exercises.convolution_arithmetic.output_size import EXERCISE as OUTPUT_SIZE
from course_utils.exercises.exercise import Exercise

ALLOWED = {
    "size": "whole 1 to 40",
    "kernel": "whole 1 to 20",
    "stride": "whole 1 to 8",
    "pad": "whole 0 to 8",
    "dilation": "whole 1 to 8",
}


def cases_for_output_size():
    """Return three calls of output_size at most, each as a dict of its arguments.

    >>> cases_for_output_size()[0].keys() >= {"size", "kernel"}
    True
    """
    return [
        dict(size=9, kernel=3, stride=4, pad=3, dilation=4),
        dict(size=14, kernel=3, stride=4, pad=2, dilation=3),
        dict(size=5, kernel=3, dilation=3),
    ]


def inputs(rng):
    """Ask for the calls."""
    # Its calls would need one more, which leaves nothing over, for an answer that stops too early.
    yield catching(OUTPUT_SIZE, most=3, allowed=ALLOWED, without=["misses_the_last_position"])


EXERCISE = Exercise(cases_for_output_size, points=2, inputs=inputs, catches=OUTPUT_SIZE.name)
mistake = EXERCISE.mistake

mistake("never_strides", {"stride=4, pad=3": "pad=3", "stride=4, pad=2": "pad=2"}).says(
    "The stride is 1 in each of your calls, and then nothing is left over that could be rounded "
    "wrongly; let a stride leave a remainder."
)
mistake(
    "never_dilates",
    {", dilation=4": "", "pad=2, dilation=3": "pad=2", "kernel=3, dilation=3": "kernel=6"},
).says(
    "Your kernels have no gaps, so an answer that never looks at `dilation` gets by; spread the "
    "taps."
)
mistake("never_pads", {", pad=3": "", ", pad=2": ""}).says(
    "You never pad, so that nobody can tell how often an answer counts the padding; put zeros "
    "around the input."
)
mistake("strides_come_out_even", {"size=9": "size=11", "size=14": "size=15"}).says(
    "Your stride leaves nothing over, where rounding up and down are the same; choose a size with "
    "a remainder."
)
mistake("never_has_to_refuse", {"dict(size=5, kernel=3, dilation=3),": ""}).says(
    "In your calls the kernel always has a place; add one in which its gaps make it too long."
)


@EXERCISE.right_answer
def with_plain_dicts():
    return [
        {"size": 9, "kernel": 3, "stride": 4, "pad": 3, "dilation": 4},
        {"size": 11, "kernel": 2, "dilation": 4, "stride": 7},
        {"size": 3, "kernel": 2, "dilation": 5},
    ]


@EXERCISE.right_answer
def built_from_what_they_share():
    names = "size", "kernel", "stride", "pad", "dilation"
    rows = [(9, 3, 4, 3, 4), (6, 4, 5, 3, 4)]
    return tuple(dict(zip(names, row, strict=True)) for row in rows)
