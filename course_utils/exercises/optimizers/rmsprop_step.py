"""A step divided by the root of a running mean of squares: `rmsprop_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.optimizers.adagrad_step import TINY, drawn
from course_utils.exercises.optimizers.momentum_step import number


def rmsprop_step(w, s, grad, *, rate, beta=0.99, eps=1e-8):
    """Take one step of RMSProp; return the new weights and the new mean of squares.

    >>> w, s, grad = np.array([[1.0]]), np.array([[7.0]]), np.array([[1.0]])
    >>> rmsprop_step(w, s, grad, rate=0.5, beta=0.5, eps=0.0)
    (array([[0.75]]), array([[4.]]))
    """
    s_next = beta * s + (1 - beta) * grad**2
    w_next = w - rate * grad / (np.sqrt(s_next) + eps)
    return w_next, s_next


def wild(rng):
    """Draw small arrays, and settings of every kind."""
    while True:
        w, s, grad = drawn(rng, *rng.integers(1, 4, 2))
        grad = grad * (rng.random(grad.shape) < 0.8)
        s = s * (rng.random(s.shape) < 0.7)
        settings = {"rate": number(rng, 0.01, 2), "beta": number(rng, 0, 0.99)}
        yield case("wild", w, s, grad, **settings, eps=number(rng, 0.01, 1))


def inputs(rng):
    """Draw means with much memory and with little; eps is tiny where a case is not about it."""
    one = np.array([[1.0]]), np.array([[7.0]]), np.array([[1.0]])
    yield case("the example", *one, rate=0.5, beta=0.5, eps=0.0)
    beta = number(rng, 0.6, 0.85)
    yield case("a matrix", *drawn(rng, 2, 3), rate=number(rng, 0.02, 0.3), beta=beta, eps=TINY)
    settings = {"rate": number(rng, 0.02, 0.3), "beta": beta, "eps": number(rng, 0.2, 0.6)}
    yield case("a large eps", *drawn(rng, 1, 4), **settings)
    w, s, grad = drawn(rng, 2, 3)
    laid_out = strided(w), np.asfortranarray(s), strided(grad)
    yield case("a rate above 1, beta as it is", *laid_out, rate=number(rng, 1.2, 1.9), eps=TINY)
    w, s, grad = drawn(rng, 3, 2)
    yield case("the first step", w, 0 * s, grad, rate=number(rng, 0.02, 0.3), beta=beta, eps=TINY)
    at_rest = 0 * s, grad * np.array([[0, 1], [1, 0], [1, 1]])
    yield case(
        "a first gradient of 0", w, *at_rest, rate=number(rng, 0.02, 0.3), beta=beta, eps=TINY
    )
    yield case("no memory", w, s, grad, rate=number(rng, 0.02, 0.3), beta=0.0, eps=0.5)
    short = number(rng, 0.1, 0.4)
    yield case("little memory", w, s, grad, rate=number(rng, 0.02, 0.3), beta=short, eps=TINY)
    tiny = s * 1e-12, grad * 1e-6
    yield case("tiny gradients, eps as it is", w, *tiny, rate=number(rng, 0.02, 0.3), beta=beta)
    single = (array.astype(np.float32) for array in drawn(rng, 2, 4))
    yield case("float32", *single, **settings)


EXERCISE = Exercise(
    rmsprop_step,
    points=2,
    inputs=inputs,
    outputs=("w_next", "s_next"),
    axes={"w_next": ("row", "column"), "s_next": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("adds_eps_under_the_root", {"np.sqrt(s_next) + eps": "np.sqrt(s_next + eps)"}).says(
    "You add eps to the mean of squares; this eps is added to its root."
)
mistake("divides_without_eps", {"(np.sqrt(s_next) + eps)": "np.sqrt(s_next)"}).says(
    "You leave eps out; where all gradients were 0 you divide 0 by 0, so add it to the root."
)
mistake(
    "exchanges_the_shares", {"beta * s": "(1 - beta) * s", "+ (1 - beta) * grad": "+ beta * grad"}
).says(
    "You keep 1 - beta of the old mean and take beta of the new square; it is the other way round."
)
mistake("adds_as_adagrad_does", {"beta * s + (1 - beta) * grad**2": "s + grad**2"}).says(
    "You add up all squares, as AdaGrad does; a running mean keeps the share beta of the old one."
)
mistake("takes_the_square_whole", {"(1 - beta) * grad**2": "grad**2"}).says(
    "Your new square enters whole, so the mean grows too large; it enters with the share 1 - beta."
)
mistake("keeps_all_of_the_mean", {"beta * s": "s"}).says(
    "You keep all of the old mean and add to it; the share beta of it stays."
)
mistake("has_no_memory", {"beta * s + (1 - beta) * grad**2": "grad**2"}).says(
    "You forget the old mean, and divide each gradient by its own size; mix both."
)
mistake("divides_by_the_old_mean", {"np.sqrt(s_next)": "np.sqrt(s)"}).says(
    "You divide by the root of the mean that came in; bring it up to date with this gradient first."
)
mistake("averages_the_gradient", {"grad**2": "grad"}).says(
    "You average gradients, which may be negative; the mean is of their squares."
)
mistake("averages_absolute_values", {"grad**2": "np.abs(grad)"}).says(
    "You average absolute values; square the gradients, and take the root of the mean."
)
mistake("squares_the_share", {"(1 - beta) * grad**2": "((1 - beta) * grad) ** 2"}).says(
    "You square the share 1 - beta together with the gradient; the share multiplies the square."
)
mistake("divides_by_the_mean_itself", {"(np.sqrt(s_next) + eps)": "(s_next + eps)"}).says(
    "You divide by the mean of squares itself; divide by its root, which is a size."
)
mistake("rises", {"w - rate * grad": "w + rate * grad"}).says(
    "Your step goes with the gradient, uphill; it has to be subtracted."
)
mistake("averages_over_weights", {"grad**2": "np.mean(grad**2)"}).says(
    "You average over the weights, so all get one rate; the mean goes over steps, for each weight "
    "by itself."
)
mistake(
    "always_keeps_nine_tenths",
    {
        "beta * s + (1 - beta)": "0.9 * s + 0.1",
    },
).says("Your shares are 0.9 and 0.1 whatever is asked; take beta, and 1 - beta.")
mistake("gives_back_the_root", {"return w_next, s_next": "return w_next, np.sqrt(s_next)"}).says(
    "You give back the root; the next step needs the mean of squares."
)
mistake("uses_the_square_in_the_step", {"rate * grad /": "rate * grad**2 /"}).says(
    "Your step has the square of the gradient, which forgets its sign; the gradient itself is "
    "divided."
)
mistake("corrects_the_start", {"np.sqrt(s_next)": "np.sqrt(s_next / (1 - beta))"}).says(
    "You correct the mean for a start at 0, as Adam's first step does; RMSProp takes it as it is."
)


@EXERCISE.right_answer
def moves_towards_the_square(w, s, grad, *, rate, beta=0.99, eps=1e-8):
    s = s + (1 - beta) * (np.square(grad) - s)
    return w - rate / (np.sqrt(s) + eps) * grad, s


@EXERCISE.right_answer
def visits_each_weight(w, s, grad, *, rate, beta=0.99, eps=1e-8):
    new, means = np.zeros_like(w), np.zeros_like(s)
    for place, slope in np.ndenumerate(grad):
        means[place] = beta * s[place] + (1 - beta) * slope * slope
        new[place] = w[place] - rate * slope / (means[place] ** 0.5 + eps)
    return new, means


@EXERCISE.right_answer
def works_in_its_own_arrays(w, s, grad, *, rate, beta=0.99, eps=1e-8):
    w, s = w.copy(), s.copy()
    s *= beta
    s += grad * grad * (1 - beta)
    w -= np.multiply(grad, rate) / (eps + s**0.5)
    return w, s
