"""Calls that catch wrong answers to a residual block: `cases_for_residual_block_forward`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.residual_networks.residual_block_forward import EXERCISE as BLOCK

ALLOWED = {
    "x": "array N D, -2 to 2, N from 2",
    "w1": "array D M, -2 to 2",
    "gamma1": "array M, -2 to 2",
    "beta1": "array M, -2 to 2",
    "w2": "array M E, -2 to 2",
    "gamma2": "array E, -2 to 2",
    "beta2": "array E, -2 to 2",
}


def cases_for_residual_block_forward(seed):
    """Return two calls of residual_block_forward at most, each as a dict of its arguments.

    >>> cases_for_residual_block_forward(0)[0].keys() >= {"x", "w1", "w2"}
    True
    """
    rng = np.random.default_rng(seed)
    N, D, M = 6, 3, 6

    def draw(E):
        shapes = {"x": (N, D), "w1": (D, M), "gamma1": M, "beta1": M}
        shapes |= {"w2": (M, E), "gamma2": E, "beta2": E}
        # Most numbers of x are below 0, and most of what the branch adds is above 0.
        centre = {"x": -0.2, "gamma1": 1, "gamma2": 1, "beta2": 0.5}
        return {
            name: centre.get(name, 0) + rng.uniform(-0.6, 0.6, shape)
            for name, shape in shapes.items()
        }

    return [draw(E=D), draw(E=1)]


def inputs(rng):
    """Ask for the calls, and draw a seed for them. All arrays in them are of float64."""
    seed = int(rng.integers(1000))
    yield catching(BLOCK, seed, most=2, allowed=ALLOWED, without=["returns_float64"])


EXERCISE = Exercise(cases_for_residual_block_forward, points=2, inputs=inputs, catches=BLOCK.name)
mistake = EXERCISE.mistake

FITS = "return [draw(E=D)"

mistake(
    "scales_by_one",
    {FITS: "ones = dict(gamma1=np.ones(M), gamma2=np.ones(D))\n" + FITS + " | ones"},
).says(
    "Your gammas are 1, as a block begins, and then nobody sees whether an answer scales; take "
    "others."
)
mistake(
    "shifts_by_nothing",
    {FITS: "zeros = dict(beta1=np.zeros(M), beta2=np.zeros(D))\n" + FITS + " | zeros"},
).says("Your betas are 0, so an answer that never shifts agrees with you; take others.")
mistake("has_a_branch_that_is_off", {FITS: FITS + " | dict(gamma2=np.zeros(D))"}).says(
    "Your gamma2 is 0, which throws away what the branch computes, and with it what is wrong there."
)
mistake("lets_all_branches_fit", {", draw(E=1)": ""}).says(
    "In your calls the branch ends with as many features as x has; write one that must be refused."
)
mistake("has_a_misfit_that_numpy_refuses", {"draw(E=1)": "draw(E=2)"}).says(
    "NumPy itself refuses two features beside three, so an answer that never looks is right by "
    "chance; write a misfit that NumPy stretches."
)
mistake("has_one_feature_and_one_unit", {"N, D, M = 6, 3, 6": "N, D, M = 6, 1, 1"}).says(
    "With one feature and one unit there is no difference between a mean over rows and one of all "
    "numbers; take more."
)


@EXERCISE.right_answer
def stretches_the_shortcut(seed):
    rng = np.random.default_rng(seed)

    def call(N, D, M, E):
        return dict(
            x=rng.choice([-2, -1, 1, 2], (N, D)),
            w1=rng.normal(0, 0.5, (D, M)).clip(-2, 2),
            gamma1=np.linspace(0.5, 1.5, M),
            beta1=np.linspace(1, 0.25, M),
            w2=rng.uniform(-1, 1, (M, E)),
            gamma2=np.linspace(-0.5, 2, E),
            beta2=np.linspace(-1, 0.5, E),
        )

    return [call(6, 4, 5, 4), call(2, 1, 2, 3)]


@EXERCISE.right_answer
def writes_waves(seed):
    def wave(*shape):
        return 2 * np.sin(1 + np.arange(np.prod(shape)) ** 1.5).reshape(shape)

    fits = {"x": wave(4, 2), "w1": wave(2, 3), "gamma1": wave(3) / 2, "beta1": wave(3) / 3}
    fits |= {"w2": wave(3, 2), "gamma2": wave(2) / 2, "beta2": wave(2) / 4}
    narrow = {"w2": wave(3, 1), "gamma2": wave(1), "beta2": wave(1)}
    return (fits, fits | narrow)
