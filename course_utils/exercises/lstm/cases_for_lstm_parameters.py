"""Calls that catch wrong answers to `lstm_parameters`: `cases_for_lstm_parameters`."""

from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.lstm.lstm_parameters import EXERCISE as LSTM_PARAMETERS

ALLOWED = {
    "D": "whole 1 to 40",
    "M": "whole 1 to 40",
    "layers": "whole 1 to 5",
    "bidirectional": "True or False",
    "peepholes": "True or False",
    "biases": "whole 0 to 2",
}


def cases_for_lstm_parameters():
    """Return two calls of lstm_parameters at most, each as a dict of its arguments.

    >>> cases_for_lstm_parameters()[0].keys() >= {"D", "M"}
    True
    """
    return [
        dict(D=7, M=3, layers=3, bidirectional=True, peepholes=True, biases=2),
        dict(D=7, M=3, layers=2, biases=0),
    ]


def inputs(rng):
    """Ask for the calls."""
    yield catching(LSTM_PARAMETERS, most=2, allowed=ALLOWED)


EXERCISE = Exercise(
    cases_for_lstm_parameters, points=2, inputs=inputs, catches=LSTM_PARAMETERS.name
)
mistake = EXERCISE.mistake

mistake("stays_in_one_layer", {"layers=3, ": "", "layers=2, ": ""}).says(
    "Each of your networks has one layer; what a layer reads from the one below shows from two on."
)
mistake("runs_one_way", {"bidirectional=True, ": ""}).says(
    "All of your networks run one way, where a forgotten second direction makes no difference."
)
mistake("has_no_peepholes", {"peepholes=True, ": ""}).says(
    "No network of yours has peepholes, so it is never seen whether they are counted, nor how."
)
mistake("keeps_one_bias", {", biases=2": "", ", biases=0": ""}).says(
    "Your calls leave `biases` as it is; an answer that does not look at it agrees with them all."
)
mistake("has_one_unit", {"D=7, M=3, layers=3": "D=7, M=1, layers=3"}).says(
    "With one unit a vector of peepholes and a matrix of them are equally large; take more."
)


@EXERCISE.right_answer
def changes_the_number_of_biases():
    shared = {"D": 11, "M": 4, "layers": 3, "bidirectional": True, "peepholes": True}
    return [shared | {"biases": biases} for biases in (2, 0)]


@EXERCISE.right_answer
def takes_two_very_different_networks():
    deep = {"D": 40, "M": 9, "layers": 5, "bidirectional": True, "peepholes": True, "biases": 2}
    return (deep, {"D": 1, "M": 2, "biases": 0})
