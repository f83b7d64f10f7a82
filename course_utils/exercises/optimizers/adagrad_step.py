"""A step divided by the root of all squares so far: `adagrad_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.optimizers.momentum_step import number

TINY = 1e-14  # an eps that changes nothing where gradients are not tiny


def adagrad_step(w, s, grad, *, rate, eps=1e-10):
    """Take one step of AdaGrad; return the new weights and the new sum of squares.

    >>> adagrad_step(np.array([[1.0]]), np.array([[9.0]]), np.array([[4.0]]), rate=0.5)
    (array([[0.6]]), array([[25.]]))
    """
    s_next = s + grad**2
    w_next = w - rate * grad / (np.sqrt(s_next) + eps)
    return w_next, s_next


def drawn(rng, *shape):
    """Draw weights, sums of squares above 0, and gradients, none of which is 1."""
    while True:
        w, s, grad = decimals(rng, *shape), np.abs(decimals(rng, *shape)), decimals(rng, *shape)
        if not (np.abs(grad) == 1).any() and not (s == 1).any():
            return w, s, grad


def wild(rng):
    """Draw small arrays, and settings of every kind."""
    while True:
        w, s, grad = drawn(rng, *rng.integers(1, 4, 2))
        grad = grad * (rng.random(grad.shape) < 0.8)
        s = s * (rng.random(s.shape) < 0.7)
        yield case("wild", w, s, grad, rate=number(rng, 0.01, 2), eps=number(rng, 0.01, 1))


def inputs(rng):
    """Draw first steps and later ones; eps is tiny where it is not what a case is about."""
    one = np.array([[1.0]]), np.array([[9.0]]), np.array([[4.0]])
    yield case("the example", *one, rate=0.5)
    yield case("a matrix", *drawn(rng, 2, 3), rate=number(rng, 0.02, 0.3), eps=TINY)
    yield case(
        "a large eps", *drawn(rng, 1, 4), rate=number(rng, 0.02, 0.3), eps=number(rng, 0.2, 0.6)
    )
    w, s, grad = drawn(rng, 2, 3)
    laid_out = strided(w), np.asfortranarray(s), strided(grad)
    yield case("a rate above 1", *laid_out, rate=number(rng, 1.2, 1.9), eps=TINY)
    w, s, grad = drawn(rng, 3, 2)
    yield case("the first step", w, 0 * s, grad, rate=number(rng, 0.02, 0.3), eps=TINY)
    at_rest = 0 * s, grad * np.array([[0, 1], [1, 0], [1, 1]])
    yield case("a first gradient of 0", w, *at_rest, rate=number(rng, 0.02, 0.3), eps=TINY)
    yield case(
        "tiny gradients, eps as it is", w, s * 1e-12, grad * 1e-6, rate=number(rng, 0.02, 0.3)
    )
    single = (array.astype(np.float32) for array in drawn(rng, 2, 4))
    yield case("float32", *single, rate=number(rng, 0.02, 0.3), eps=number(rng, 0.2, 0.6))


EXERCISE = Exercise(
    adagrad_step,
    points=2,
    inputs=inputs,
    outputs=("w_next", "s_next"),
    axes={"w_next": ("row", "column"), "s_next": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("has_eps_under_the_root", {"np.sqrt(s_next) + eps": "np.sqrt(s_next + eps)"}).says(
    "Your eps is under the root, where it counts as its own root; add it to the root."
)
mistake("leaves_eps_out", {"(np.sqrt(s_next) + eps)": "np.sqrt(s_next)"}).says(
    "You divide without eps, so a weight that never had a gradient becomes 0 / 0; add it to the "
    "root."
)
mistake("forgets_the_past", {"s + grad**2": "grad**2"}).says(
    "You keep the last square only, so each step is about as long as the rate; add it to the sum."
)
mistake("divides_by_the_old_sum", {"np.sqrt(s_next)": "np.sqrt(s)"}).says(
    "You divide by the root of the sum before this gradient; add its square first."
)
mistake("adds_the_gradient_itself", {"s + grad**2": "s + grad"}).says(
    "You add up gradients, whose signs cancel; add their squares."
)
mistake("adds_absolute_values", {"s + grad**2": "s + np.abs(grad)"}).says(
    "You add the absolute value of the gradient to a sum of squares; square it."
)
mistake("takes_no_root", {"(np.sqrt(s_next) + eps)": "(s_next + eps)"}).says(
    "You divide by the sum of squares; its root has the unit of a gradient, so divide by that."
)
mistake(
    "multiplies_by_the_root", {"grad / (np.sqrt(s_next) + eps)": "grad * np.sqrt(s_next)"}
).says("You multiply by the root, and steep directions get longer steps still; divide by it.")
mistake("goes_up", {"w - rate * grad": "w + rate * grad"}).says(
    "You add the step to the weights; a step goes against the gradient, so subtract it."
)
mistake("shares_one_sum", {"s + grad**2": "s + np.sum(grad**2)"}).says(
    "You add the squares of all weights to each sum; every weight has a sum of its own."
)
mistake("makes_it_a_mean", {"s + grad**2": "0.9 * s + 0.1 * grad**2"}).says(
    "You let the old squares fade, as RMSProp does; AdaGrad adds and forgets nothing."
)
mistake("puts_the_rate_into_the_sum", {"s + grad**2": "s + (rate * grad) ** 2"}).says(
    "You square the gradient with the rate; the sum holds squares of the gradients alone."
)
mistake("returns_the_root", {"return w_next, s_next": "return w_next, np.sqrt(s_next)"}).says(
    "You return the root of the sum; the next step adds a square to it, so return the sum itself."
)
mistake(
    "keeps_eps_in_the_sum",
    {
        "s + grad**2": "s + grad**2 + eps",
        "np.sqrt(s_next) + eps": "np.sqrt(s_next)",
    },
).says("You add eps to the sum, which then grows by it at every step; add it to the root alone.")
mistake("steps_by_the_sign", {"rate * grad /": "rate * np.sign(grad) /"}).says(
    "Your step takes the sign of the gradient; its size belongs in it, before the root divides."
)
mistake("leaves_the_rate_out", {"rate * grad /": "grad /"}).says(
    "You subtract the scaled gradient without the rate, which sets how long a first step is."
)
mistake("changes_the_sum_it_got", {"s_next = s + grad**2": "s_next = s\ns_next += grad**2"}).says(
    "You change the sum that came in; `+=` works in the same array, so write s + ..."
)


@EXERCISE.right_answer
def goes_from_weight_to_weight(w, s, grad, *, rate, eps=1e-10):
    w, s = w.copy(), s.copy()
    for place in np.ndindex(w.shape):
        s[place] += grad[place] * grad[place]
        w[place] -= rate * grad[place] / (s[place] ** 0.5 + eps)
    return w, s


@EXERCISE.right_answer
def finds_each_rate_first(w, s, grad, *, rate, eps=1e-10):
    total = np.add(s, np.square(grad))
    rates = rate / (total**0.5 + eps)
    return w - rates * grad, total


@EXERCISE.right_answer
def keeps_working_in_copies(w, s, grad, *, rate, eps=1e-10):
    s = np.array(s)
    s += np.multiply(grad, grad)
    size = np.sqrt(s)
    size += eps
    step = np.divide(grad, size)
    step *= -rate
    return w + step, s
