"""Calls that catch wrong answers to `early_stopping`: `cases_for_early_stopping`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.regularization.early_stopping import EXERCISE as EARLY_STOPPING

ALLOWED = {
    "losses": "array T of whole, 0 to 99",
    "patience": "whole 0 to 5",
    "gain": "whole 0 to 9",
}


def cases_for_early_stopping():
    """Return three calls of early_stopping at most, each as a dict of its arguments.

    >>> cases_for_early_stopping()[0].keys() == {"losses", "patience", "gain"}
    True
    """
    return [
        dict(losses=np.array([27, 24, 22, 21, 19, 6]), patience=2, gain=3),
        dict(losses=np.array([26, 22, 23]), patience=4, gain=2),
        dict(losses=np.array([9, 5, 1]), patience=0, gain=1),
    ]


def inputs(rng):
    """Ask for the calls. All losses in them are whole numbers."""
    yield catching(EARLY_STOPPING, most=3, allowed=ALLOWED, without=["takes_nan_for_a_gain"])


EXERCISE = Exercise(cases_for_early_stopping, points=2, inputs=inputs, catches=EARLY_STOPPING.name)
mistake = EXERCISE.mistake

mistake(
    "accepts_every_patience", {"dict(losses=np.array([9, 5, 1]), patience=0, gain=1),": ""}
).says("All of your calls make sense; write the one that right answers refuse.")
mistake(
    "always_runs_out_of_patience", {"dict(losses=np.array([26, 22, 23]), patience=4, gain=2),": ""}
).says("Patience runs out in each of your calls; write one in which the losses end first.")
mistake("has_no_tie", {"27, 24, 22, 21, 19, 6": "27, 25, 22, 21, 20, 6"}).says(
    "None of your losses is lower by exactly the gain, so nothing tells `<` from `<=`."
)
mistake("ends_where_training_stops", {"19, 6]": "19]"}).says(
    "Your losses end where training stops; add lower ones, which a stopped training never sees."
)
mistake("has_no_gain", {"gain=3": "gain=0"}).says(
    "Every lower loss improves in your calls; choose a gain that some losses fall short of."
)
mistake("has_no_second_improvement", {"27, 24, 22, 21, 19, 6": "27, 24, 25, 21, 19, 6"}).says(
    "Patience runs out before anything improves once more, so nobody has to count anew; let an "
    "improvement follow an epoch without one."
)
mistake("has_a_patience_of_1", {"patience=2": "patience=1"}).says(
    "Your training stops at the first epoch without an improvement; take more patience, so that "
    "counting matters."
)
mistake("has_one_epoch", {"[27, 24, 22, 21, 19, 6]": "[27]", "[26, 22, 23]": "[26]"}).says(
    "Your curves have a single epoch, in which nothing is compared; use more."
)


@EXERCISE.right_answer
def climbs_at_the_end():
    long = np.array([60, 52, 48, 44, 47, 1])
    return [
        {"losses": long, "patience": 2, "gain": 8},
        {"losses": long[:4], "patience": 5, "gain": 5},
        {"losses": long, "patience": 0, "gain": 0},
    ]


@EXERCISE.right_answer
def adds_up_the_falls():
    falls = np.cumsum([90, -9, -6, -4, -5, -60])
    rises = np.arange(40, 46)
    calls = ((falls, 2, 9), (rises[:3], 4, 0), (rises, 0, 9))
    names = ("losses", "patience", "gain")
    return [dict(zip(names, call, strict=True)) for call in calls]
