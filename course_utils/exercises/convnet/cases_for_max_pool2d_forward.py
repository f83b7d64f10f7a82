"""A call that catches wrong answers to `max_pool2d_forward`: `cases_for_max_pool2d_forward`."""

import numpy as np

from course_utils.exercises.catching import catching
from course_utils.exercises.convnet.max_pool2d_forward import EXERCISE as MAX_POOL2D_FORWARD
from course_utils.exercises.exercise import Exercise

ALLOWED = {
    "x": "array N C H W, -9 to 9, H W from 4",
    "kernel": "(whole 2 to 4; whole 2 to 4)",
    "stride": "whole 1 to 4",
    "pad": "whole 0 to 1",
}


def cases_for_max_pool2d_forward():
    """Return one call of max_pool2d_forward, as a dict of its arguments in a list.

    >>> cases_for_max_pool2d_forward()[0].keys() >= {"x", "kernel", "stride"}
    True
    """
    x = np.random.default_rng(0).uniform(-9, 3, (2, 3, 6, 5))
    return [dict(x=x, kernel=(2, 3), stride=3, pad=1)]


def inputs(rng):
    """Ask for the call. All arrays in it are of float64, so no type can be wrong."""
    yield catching(MAX_POOL2D_FORWARD, most=1, allowed=ALLOWED, without=["always_makes_float64"])


EXERCISE = Exercise(
    cases_for_max_pool2d_forward, points=2, inputs=inputs, catches=MAX_POOL2D_FORWARD.name
)
mistake = EXERCISE.mistake

mistake("moves_by_one_pixel", {"stride=3": "stride=1"}).says(
    "Your windows are one pixel apart, where a forgotten stride changes nothing; let them move "
    "further."
)
mistake("tiles_the_image", {"kernel=(2, 3)": "kernel=(3, 3)"}).says(
    "Your windows are as large as their stride, so nobody sees which of the two an answer took."
)
mistake("has_square_windows", {"kernel=(2, 3)": "kernel=(2, 2)"}).says(
    "Your windows are squares, which look the same with height and width exchanged; make them "
    "oblong."
)
mistake("never_pads_an_image", {", pad=1": ""}).says(
    "Your image has no padding, so it does not show what an answer fills it with, nor how it "
    "counts it."
)
mistake("has_one_channel", {"(2, 3, 6, 5)": "(2, 1, 6, 5)"}).says(
    "Your image has one channel, over which pooling is no different; take several."
)
mistake("has_no_negative_numbers", {"uniform(-9, 3": "uniform(0, 9"}).says(
    "All of your pixels are positive, where a 0 that does not belong there is never the largest; "
    "have windows of negative numbers alone."
)
mistake("comes_out_even", {"(2, 3, 6, 5)": "(2, 3, 6, 4)"}).says(
    "Your windows reach the last row and the last column exactly; leave some over, which an answer "
    "may read by mistake."
)
mistake("always_leaves_something_over", {"(2, 3, 6, 5)": "(2, 3, 5, 5)"}).says(
    "Rounding down hides from you how often an answer counts the padding; let one of the two sides "
    "come out even."
)


@EXERCISE.right_answer
def writes_waves():
    rows, columns = np.mgrid[:6, :5]
    channels = [8 * np.sin(rows + k * columns) - 1 for k in (1, 2, 3)]
    return ({"x": np.stack(channels)[None], "kernel": [2, 3], "stride": 3, "pad": 1},)


@EXERCISE.right_answer
def writes_pixels_down():
    image = np.array([[-3, -7, -1, 2, 5], [-5, -9, 4, -6, 0], [8, -2, -4, 1, 3], [3, 7, -8, 6, -1]])
    x = np.array([[image, image[::-1] / 4, image[:, ::-1] / 2]])
    return [dict(pad=1, stride=2, kernel=(2, 4), x=x)]
