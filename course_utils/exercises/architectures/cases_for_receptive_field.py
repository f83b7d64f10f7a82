"""Calls that catch wrong answers to `receptive_field`: `cases_for_receptive_field`."""

from course_utils.exercises.architectures.receptive_field import EXERCISE as RECEPTIVE_FIELD
from course_utils.exercises.catching import catching
from course_utils.exercises.exercise import Exercise

CONV = "('conv'; whole 1 to 9; whole 1 to 9; whole 1 to 4; whole 0 to 4; whole 1 to 9)"
POOL = "('pool'; whole 1 to 9; whole 1 to 4)"
ALLOWED = {"layers": f"list of 1 to 4: {CONV} | {POOL} | ('fc'; whole 1 to 9)"}


def cases_for_receptive_field():
    """Return two calls of receptive_field at most, each as a dict of its arguments.

    >>> cases_for_receptive_field()[0].keys() == {"layers"}
    True
    """
    return [
        dict(layers=[("pool", 4, 2), ("conv", 8, 5, 3, 2, 1), ("pool", 3, 2)]),
        dict(layers=[("fc", 5)]),
    ]


def inputs(rng):
    """Ask for the calls."""
    yield catching(RECEPTIVE_FIELD, most=2, allowed=ALLOWED)


EXERCISE = Exercise(
    cases_for_receptive_field, points=2, inputs=inputs, catches=RECEPTIVE_FIELD.name
)
mistake = EXERCISE.mistake

mistake("has_one_layer", {'("pool", 4, 2), ': "", ', ("pool", 3, 2)': ""}).says(
    "Your stack has one layer, whose inputs are pixels; how far apart inputs are shows from the "
    "second layer on."
)
mistake("never_strides_over_pixels", {'"pool", 4, 2': '"pool", 4, 1', "5, 3, 2": "5, 1, 2"}).says(
    "Neighbours stay one pixel apart in your stacks, so it makes no difference when an answer "
    "multiplies by a stride; let layers move by more."
)
mistake("never_pads_a_layer", {"5, 3, 2": "5, 3, 0"}).says(
    "None of your layers is padded, and then every first output starts at pixel 0; pad one."
)
mistake(
    "pads_only_the_first",
    {'("pool", 4, 2), ("conv", 8, 5, 3, 2, 1)': '("conv", 8, 5, 3, 2, 1), ("pool", 4, 2)'},
).says(
    "You pad the first layer, whose inputs are pixels themselves; pad a later one, whose zeros "
    "are worth more than a pixel."
)
mistake("has_no_pools", {'("pool", 4, 2), ': "", '("pool", 3, 2)': '("conv", 8, 3, 2, 2, 1)'}).says(
    "Your stacks are convolutions only, so an answer may do to a pool what it likes; put one "
    "between them."
)
mistake("has_kernels_of_one", {'"pool", 4': '"pool", 1', '"pool", 3': '"pool", 1'}).says(
    "Your pools are one pixel large and widen no field; whether their size counts does not show."
)
mistake("accepts_all_layers", {'dict(layers=[("fc", 5)]),': ""}).says(
    "Each of your stacks has a field; write one that has none, which an answer has to refuse."
)


@EXERCISE.right_answer
def refuses_at_the_end():
    stack = [("conv", 2, 3, 2, 1, 1), ("pool", 3, 2), ("conv", 1, 4, 2, 3, 1)]
    return ({"layers": stack}, {"layers": [*stack, ("fc", 2)]})


@EXERCISE.right_answer
def lists_for_layers():
    kinds = ["pool", 5, 3], ["conv", 9, 2, 4, 4, 3], ["pool", 2, 2], ["conv", 1, 7, 3, 1, 1]
    return [dict(layers=kinds), dict(layers=[["pool", 2, 2], ["fc", 9]])]
