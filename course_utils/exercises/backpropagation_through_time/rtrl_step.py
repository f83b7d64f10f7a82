"""A step that takes its gradient along: `rtrl_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, small, squashed_values
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import rtrl


def rtrl_step(x, h, influence, wx, wh, b):
    """Return h_next and influence_next, the state's slopes with respect to the weights.

    >>> x, h, influence = np.array([[2.0]]), np.array([[0.5]]), np.array([1.0, 0.0, 0.5])
    >>> wx, wh = np.array([[-1.0]]), np.array([[4.0]])
    >>> h_next, after = rtrl_step(x, h, influence.reshape(1, 3, 1, 1), wx, wh, np.zeros(1))
    >>> h_next, after.ravel()
    (array([[0.]]), array([6. , 0.5, 3. ]))
    """
    M = h.shape[1]
    h_next = np.tanh(x @ wx + h @ wh + b)
    read = np.concatenate([x, h, np.ones_like(h[:, :1])], axis=1)  # (N, R)
    influence_next = influence @ wh  # by way of the state before
    for m in range(M):
        influence_next[:, :, m, m] += read  # at once, on its own unit
    slope = 1 - h_next**2  # (N, M)
    return h_next, influence_next * slope[:, None, None, :]


def reference(x, h, influence, wx, wh, b):
    """Take the step of the library."""
    return rtrl.rtrl_step(x, h, influence, wx, wh, b)


def drawn(rng, N, D, M):
    """Draw a step whose tanh is far from its ends, and an influence of any kind."""
    x, h, b = (squashed_values(rng, *shape) for shape in [(N, D), (N, M), (M,)])
    influence = decimals(rng, N, D + M + 1, M, M)
    return x, h, influence, squashed_values(rng, D, M), differing(rng, M, M) / 2.5, b


def inputs(rng):
    """Draw steps of few sequences with all sizes different."""
    x, h, influence = np.array([[2.0]]), np.array([[0.5]]), np.array([1.0, 0.0, 0.5])
    wx, wh = np.array([[-1.0]]), np.array([[4.0]])
    yield case("the example", x, h, influence.reshape(1, 3, 1, 1), wx, wh, np.zeros(1))
    x, h, influence, *rest = drawn(rng, 3, 1, 2)
    yield case("3 sequences, one feature, 2 units", x, h, strided(influence), *rest)
    x, h, influence, *rest = drawn(rng, 2, 2, 3)
    yield case("2 sequences, 2 features, 3 units", x, np.asfortranarray(h), influence, *rest)
    yield case("one sequence", *drawn(rng, 1, 3, 2))
    yield case("one unit", *drawn(rng, 4, 2, 1))
    x, h, influence, *rest = drawn(rng, 2, 1, 3)
    yield case("the first step, no influence yet", x, h, 0 * influence, *rest)
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 3, 1, 2)))


FORMULA = Formula(
    arguments={
        "x": [["x"]], "h": [["h"]], "influence": [[[["of_wx"]], [["of_wh"]], [["of_b"]]]],
        "wx": [["wx"]], "wh": [["wh"]], "b": ["b"],
    },
    numbers={"x h wx wh b": squashed_values, "of_wx of_wh of_b": decimals},
    factors={"h_next": lambda x, h, wx, wh, b: np.tanh(x * wx + h * wh + b)},
    slopes="h h_next",
    selectors={"by way of the influence": ("of_wx of_wh of_b",)},
    entries={"influence_next": ("row of wx", "row of wh", "row of b")},
)  # fmt: skip


EXERCISE = Exercise(
    rtrl_step,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("h_next", "influence_next"),
    axes={
        "h_next": ("sequence", "unit"),
        "influence_next": ("sequence", "row of [wx; wh; b]", "column of the weight", "unit"),
    },
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=FORMULA,
)
mistake = EXERCISE.mistake

mistake(
    "forgets_the_past", {"influence @ wh  # by way of the state before": "np.zeros_like(influence)"}
).says(
    "You keep what the weights do in this step alone; they moved the state before too, and that "
    "goes on through wh."
)
mistake(
    "forgets_the_present",
    {"influence_next[:, :, m, m] += read  # at once, on its own unit": "pass"},
).says("You carry the old influence on and add nothing; the weights are used in this step again.")
mistake(
    "keeps_the_old_influence", {"influence @ wh  # by way of the state before": "influence.copy()"}
).says("You add to the old influence as it is; on its way to the new state it is multiplied by wh.")
mistake("multiplies_by_the_transpose", {"influence @ wh": "influence @ wh.T"}).says(
    "You multiply the influence by the transpose of wh; it runs forwards, as the state does."
)
mistake(
    "multiplies_along_the_columns", {"influence @ wh": "np.swapaxes(influence, 2, 3) @ wh"}
).says(
    "You multiply along the axis of the weights' columns; wh mixes units of the state, which are "
    "the last axis."
)
mistake(
    "leaves_the_result_turned",
    {"influence @ wh  # by way of the state before": "np.swapaxes(influence @ wh, 2, 3).copy()"},
).says(
    "Your last two axes are exchanged in what comes from the past; first the weight's column, then "
    "the unit."
)
mistake(
    "lets_a_weight_act_on_all_units",
    {"[:, :, m, m]": "[:, :, m]", "+= read": "+= read[:, :, None]"},
).says("You let each weight act on every unit at once; column m of the weights feeds unit m only.")
mistake("forgets_tanh", {" * slope[:, None, None, :]": ""}).says(
    "Your influence is that on what goes into tanh; multiply by the slope of tanh."
)
mistake("scales_by_the_column", {"[:, None, None, :]": "[:, None, :, None]"}).says(
    "You scale by the slope of the unit that the weight feeds; it is that of the unit which moves, "
    "on the last axis."
)
mistake(
    "scales_only_what_is_new",
    {
        "+= read  # at once, on its own unit": "+= read * (1 - h_next[:, [m]] ** 2)",
        " * slope[:, None, None, :]": "",
    },
).says(
    "You multiply what this step adds by the slope, and not what comes from the past; both pass "
    "the tanh."
)
mistake("takes_the_old_slope", {"1 - h_next**2": "1 - h**2"}).says(
    "You take the slope at h; the tanh of this step has made h_next."
)
mistake("reads_the_new_state", {"[x, h, np": "[x, h_next, np"}).says(
    "You pair wh with h_next; in this step it is multiplied by h."
)
mistake("forgets_the_bias", {"np.ones_like": "np.zeros_like"}).says(
    "The row of the bias gets nothing new; a bias acts as a weight on an input of 1."
)
mistake("puts_the_state_first", {"[x, h, np": "[h, x, np"}).says(
    "Your rows begin with those of wh; they stand as wx, wh, b."
)
mistake(
    "writes_into_the_influence",
    {
        "influence_next = influence @ wh  # by way of the state before": (
            "influence_next = influence\ninfluence_next[:] = influence @ wh"
        )
    },
).says("You overwrite the influence that was handed in; make a new array for the next.")
mistake(
    "turns_into_float64",
    {
        "np.ones_like(h[:, :1])": "np.ones((len(h), 1))",
        "influence @ wh": "np.zeros(influence.shape) + influence @ wh",
    },
).says(
    "For float32 arrays your influence is float64; an array of NumPy's default type has come in."
)
mistake(
    "scales_only_the_past",
    {
        "influence @ wh  # by way of the state before": (
            "influence @ wh * (1 - h_next[:, None, None] ** 2)"
        ),
        " * slope[:, None, None, :]": "",
    },
).says(
    "You add z after the slope of tanh; what a weight does in this step goes through the tanh, "
    "too, so add first and multiply then."
)


@EXERCISE.right_answer
def adds_with_an_identity(x, h, influence, wx, wh, b):
    h_next = np.tanh(x @ wx + h @ wh + b)
    read = np.hstack([x, h, np.ones_like(x[:, :1])])
    at_once = np.einsum("nr,mo->nrmo", read, np.eye(len(wh), dtype=h.dtype))
    past = np.einsum("nrmj,jo->nrmo", influence, wh)
    return h_next, np.einsum("no,nrmo->nrmo", 1 - h_next * h_next, past + at_once)


@EXERCISE.right_answer
def uses_the_steps_jacobian(x, h, influence, wx, wh, b):
    h_next = np.tanh(b + h @ wh + x @ wx)
    result = np.empty_like(influence)
    for n, slope in enumerate(1 - np.square(h_next)):
        jacobian = slope[:, None] * wh.T
        read = [*x[n], *h[n], 1]
        for r, m in np.ndindex(*influence.shape[1:3]):
            result[n, r, m] = jacobian @ influence[n, r, m]
            result[n, r, m, m] += slope[m] * read[r]
    return h_next, result


@EXERCISE.right_answer
def goes_through_the_three_arrays(x, h, influence, wx, wh, b):
    D, M = wx.shape
    h_next = np.tanh(x @ wx + h @ wh + b)
    following = np.tensordot(influence, wh, axes=1)
    unit = np.arange(M)
    following[:, :D, unit, unit] += x[:, :, None]
    following[:, D : D + M, unit, unit] += h[:, :, None]
    following[:, -1, unit, unit] += 1
    slope = 1 - h_next * h_next
    return h_next, following * slope.reshape(-1, 1, 1, M)
