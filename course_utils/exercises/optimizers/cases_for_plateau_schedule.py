"""Calls that catch wrong answers to `plateau_schedule`: `cases_for_plateau_schedule`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.optimizers.plateau_schedule import EXERCISE as PLATEAU_SCHEDULE

ALLOWED = {
    "losses": "array T of whole, 0 to 99",
    "start": "whole 1 to 9",
    "patience": "whole 0 to 4",
    "factor": "number 0 to 1",
    "gain": "whole 0 to 9",
    "lowest": "number 0 to 1",
}


def cases_for_plateau_schedule():
    """Return two calls of plateau_schedule at most, each as a dict of its arguments.

    >>> cases_for_plateau_schedule()[0].keys() >= {"losses", "start", "patience"}
    True
    """
    settings = dict(start=2, factor=0.5, lowest=0.75)
    return [
        dict(losses=np.array([24, 31, 35, 20, 23, 17]), patience=1, gain=5, **settings),
        dict(losses=np.array([16, 12, 11, 27, 17, 15]), patience=2, gain=4, **settings),
    ]


def inputs(rng):
    """Ask for the calls. All losses in them are whole numbers."""
    yield catching(PLATEAU_SCHEDULE, most=2, allowed=ALLOWED, without=["goes_on_with_nan"])


EXERCISE = Exercise(
    cases_for_plateau_schedule, points=2, inputs=inputs, catches=PLATEAU_SCHEDULE.name
)
mistake = EXERCISE.mistake

mistake("has_no_lowest_rate", {", lowest=0.75": ""}).says(
    "No rate in your calls comes near a lowest one; ask for one that the second fall would cross."
)
mistake("asks_for_no_gain", {"gain=5": "gain=0", "gain=4": "gain=0"}).says(
    "Every lower loss is better in your calls; ask for a gain that some losses fall short of."
)
mistake("has_no_patience", {"patience=1": "patience=0", "patience=2": "patience=0"}).says(
    "The rate falls in your calls as soon as a loss is not better, so nobody has to count; ask for "
    "patience."
)
mistake("never_meets_the_gain", {"16, 12, 11": "17, 12, 11"}).says(
    "No loss of yours is lower by exactly the gain, so that `<` and `<=` agree; write one that is."
)
mistake("has_too_much_patience", {"patience=1": "patience=4", "patience=2": "patience=4"}).says(
    "Your losses end before patience does, or right with it; take less of it, or the rate never "
    "falls."
)
mistake("falls_once_only", {", 23, 17]": "]", ", 17, 15]": "]"}).says(
    "The rate falls once at most in your calls; let it fall twice, and see what is multiplied."
)
mistake("has_no_better_loss_later", {"35, 20, 23, 17": "35, 23, 23, 22", "16, 12": "16, 14"}).says(
    "After the first loss none is better in your calls; let one be, after a bad one, so that the "
    "count begins anew."
)
mistake("keeps_the_rate", {"factor=0.5": "factor=1"}).says(
    "Your factor is 1, so a rate that falls is the rate that it was; take one below 1."
)
mistake("begins_at_the_lowest", {"start=2": "start=0.75"}).says(
    "Your start is the lowest rate already, or no whole number; begin with one above it."
)
mistake(
    "writes_one_loss", {"[24, 31, 35, 20, 23, 17]": "[24]", "[16, 12, 11, 27, 17, 15]": "[16]"}
).says("Each of your calls has one loss, and nothing can be compared; write up to six.")


@EXERCISE.right_answer
def asks_in_a_tuple():
    one = {"losses": np.array([38, 45, 49, 32, 36, 25]), "patience": 1, "gain": 7}
    other = {"losses": np.array([30, 26, 25, 41, 31, 29]), "patience": 2, "gain": 4}
    return tuple({**call, "start": 4, "factor": 0.25, "lowest": 0.9} for call in (one, other))


@EXERCISE.right_answer
def builds_losses_from_steps():
    first = 50 + np.cumsum([0, 7, 4, -15, 3, -6])
    second = 60 + np.cumsum([0, -4, -1, 16, -10, -2])
    common = dict(start=8, factor=0.2, lowest=1)
    return [
        dict(losses=first, patience=1, gain=5, **common),
        dict(losses=second, patience=2, gain=4, **common),
    ]


@EXERCISE.right_answer
def raises_both_by_ten():
    lows = [np.array([24, 31, 35, 20, 23, 17]) + 10, np.array([16, 12, 11, 27, 17, 15]) + 10]
    return [
        dict(losses=losses, start=3, patience=patience, factor=0.4, gain=gain, lowest=0.8)
        for losses, patience, gain in zip(lows, (1, 2), (5, 4), strict=True)
    ]
