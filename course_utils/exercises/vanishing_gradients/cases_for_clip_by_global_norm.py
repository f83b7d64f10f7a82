"""Calls that catch wrong answers to `clip_by_global_norm`: `cases_for_clip_by_global_norm`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.vanishing_gradients.clip_by_global_norm import EXERCISE as CLIP

ALLOWED = {
    "gradients": "dict of 1 to 3: array A, -9 to 9 | array A B, -9 to 9",
    "limit": "number 0 to 99",
}


def cases_for_clip_by_global_norm():
    """Return three calls of clip_by_global_norm at most, each as a dict of its arguments.

    >>> cases_for_clip_by_global_norm()[0].keys() == {"gradients", "limit"}
    True
    """
    gradients = {"wh": np.array([[3.0, -4.0], [1.0, 2.0]]), "b": np.array([5.0, -2.0])}
    return [
        dict(gradients=gradients, limit=2.5),
        dict(gradients=gradients, limit=20),
        dict(gradients=gradients, limit=0),
    ]


def inputs(rng):
    """Ask for the calls. All arrays in them are of float64 and finite."""
    without = ["lets_the_type_grow", "lets_a_burst_pass"]
    yield catching(CLIP, most=3, allowed=ALLOWED, without=without)


EXERCISE = Exercise(cases_for_clip_by_global_norm, points=2, inputs=inputs, catches=CLIP.name)
mistake = EXERCISE.mistake

mistake("clips_always", {"dict(gradients=gradients, limit=20),": ""}).says(
    "Each of your gradients is longer than its limit; write one that is shorter, which has to stay "
    "as it is."
)
mistake("clips_never", {"limit=2.5": "limit=25"}).says(
    "None of your gradients is longer than its limit, so no answer has to scale; lower a limit."
)
mistake("limits_to_one", {"limit=2.5": "limit=1"}).says(
    "You clip to a norm of 1, where an answer that forgets the limit in its factor is right; take "
    "another."
)
mistake("allows_every_limit", {"dict(gradients=gradients, limit=0),": ""}).says(
    "All of your limits make sense; try the one that has to be refused."
)
mistake("has_one_array", {', "b": np.array([5.0, -2.0])': ""}).says(
    "Your gradient is a single array, whose norm is that of the whole; take several."
)
mistake(
    "has_one_number_in_each",
    {"[[3.0, -4.0], [1.0, 2.0]]": "[[3.0]]", "[5.0, -2.0]": "[5.0]"},
).says(
    "Each of your arrays holds one number, so it does not show whether its squares are added or "
    "averaged; have more in it."
)
mistake("has_a_silent_array", {"[5.0, -2.0]": "[0.0, 0.0]"}).says(
    "All but one of your arrays are 0, and then the longest one has the norm of all."
)


@EXERCISE.right_answer
def changes_the_limit_alone():
    weights = np.arange(-4.0, 5).reshape(3, 3)
    steps = {"wx": weights / 2, "wh": weights[:2], "b": weights[0]}
    return tuple({"gradients": steps, "limit": limit} for limit in (0.5, 99.0, 0))


@EXERCISE.right_answer
def changes_the_gradient_alone():
    rng = np.random.default_rng(1)
    long = {name: rng.uniform(-9, 9, 4) for name in ("one", "other")}
    short = {name: g / 40 for name, g in long.items()}
    return [dict(gradients=g, limit=2) for g in (long, short)] + [dict(gradients=short, limit=0.0)]
