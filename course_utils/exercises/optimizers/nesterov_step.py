"""A velocity that is corrected where it leads to: `nesterov_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.optimizers.momentum_step import number


def nesterov_step(w, v, curvature, lowest, *, rate, rho):
    """Take Nesterov's step in a bowl; return the new weights, the new velocity and what is ahead.

    >>> w, v, curvature, lowest = (np.array([[number]]) for number in (1.0, 0.5, 2.0, 0.25))
    >>> nesterov_step(w, v, curvature, lowest, rate=0.25, rho=0.5)
    (array([[0.75]]), array([[-0.25]]), array([[0.625]]))
    """
    ahead = w + rho * v
    grad = curvature * (ahead - lowest)
    v_next = rho * v - rate * grad
    w_next = w + v_next
    return w_next, v_next, w_next + rho * v_next


def reference(w, v, curvature, lowest, *, rate, rho):
    """Take the step in the other form, from look-ahead point to look-ahead point."""
    point = w + rho * v
    v_next = rho * v - rate * curvature * (point - lowest)
    ahead = point - rho * v + (1 + rho) * v_next
    return ahead - rho * v_next, v_next, ahead


def drawn(rng, *shape):
    """Draw weights, a velocity, curvatures of both signs where there are several, and minima."""
    while True:
        w, v, curvature, lowest = (decimals(rng, *shape) for _ in range(4))
        mixed = curvature.size == 1 or len(set(np.sign(curvature).flat)) == 2
        if mixed and (w != lowest).all() and (np.abs(v) != 1).all():
            return w, v, curvature, lowest


def settings(rng):
    """Draw a rate and a share of the velocity that no other number hides behind."""
    return {"rate": number(rng, 0.05, 0.35), "rho": number(rng, 0.55, 0.95)}


def wild(rng):
    """Draw small arrays, and settings of every kind."""
    while True:
        shape = rng.integers(1, 4, 2)
        yield case("wild", *drawn(rng, *shape), rate=number(rng, 0.01, 2), rho=number(rng, 0, 0.99))


def inputs(rng):
    """Draw bowls, saddles, and what is flat."""
    one = (np.array([[number]]) for number in (1.0, 0.5, 2.0, 0.25))
    yield case("the example", *one, rate=0.25, rho=0.5)
    yield case("a matrix", *drawn(rng, 2, 3), **settings(rng))
    w, v, curvature, lowest = drawn(rng, 3, 1)
    yield case("a bowl", w, v, np.abs(curvature), lowest, **settings(rng))
    w, v, curvature, lowest = drawn(rng, 2, 3)
    laid_out = strided(w), np.asfortranarray(v), strided(curvature), np.asfortranarray(lowest)
    yield case("a rate above 1", *laid_out, rate=number(rng, 1.2, 1.9), rho=number(rng, 0.3, 0.7))
    w, v, curvature, lowest = drawn(rng, 3, 2)
    yield case("the first step, at rest", w, 0 * v, curvature, lowest, **settings(rng))
    w, v, curvature, lowest = drawn(rng, 1, 4)
    yield case("no momentum", w, v, curvature, lowest, rate=number(rng, 0.05, 0.35), rho=0.0)
    yield case("a plain without slope", w, v, 0 * curvature, lowest, **settings(rng))
    yield case("at the lowest point", w, v, curvature, w.copy(), **settings(rng))
    single = (array.astype(np.float32) for array in drawn(rng, 2, 4))
    yield case("float32", *single, **settings(rng))


EXERCISE = Exercise(
    nesterov_step,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("w_next", "v_next", "ahead"),
    axes=dict.fromkeys(("w_next", "v_next", "ahead"), ("row", "column")),
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("takes_the_gradient_at_the_weights", {"ahead - lowest": "w - lowest"}).says(
    "You take the gradient at the weights; take it where the velocity leads to, at w + rho v."
)
mistake("looks_a_whole_velocity_ahead", {"ahead = w + rho * v": "ahead = w + v"}).says(
    "You look the whole old velocity ahead; only the share rho of it is left, so look at w + rho v."
)
mistake("looks_back", {"ahead = w + rho * v": "ahead = w - rho * v"}).says(
    "You look back, to where the weights came from; this velocity is a step, so add it."
)
mistake("climbs_the_bowl", {"rho * v - rate * grad": "rho * v + rate * grad"}).says(
    "You add the gradient to a velocity that is a step; subtract it, to go downhill."
)
mistake(
    "takes_pytorchs_velocity",
    {
        "rho * v - rate * grad": "rho * v + grad",
        "w + v_next": "w - rate * v_next",
    },
).says(
    "Your velocity is a sum of gradients, as momentum_step has it; here it is the step itself, "
    "with the rate inside."
)
mistake("adds_the_velocity_twice", {"w_next = w + v_next": "w_next = ahead + v_next"}).says(
    "You set out from the look-ahead point, so rho v counts twice; the step starts at the weights."
)
mistake("steps_with_what_was", {"w_next = w + v_next": "w_next = w + v"}).says(
    "You step along the velocity that came in; correct it first, and step along the corrected one."
)
mistake("looks_ahead_with_what_was", {"w_next + rho * v_next": "w_next + rho * v"}).says(
    "Your next look-ahead point uses the velocity that came in; from the new weights, the new "
    "velocity leads on."
)
mistake("returns_the_point_of_now", {"w_next + rho * v_next": "ahead"}).says(
    "You return the point at which this gradient was taken; the result is where the next one is "
    "taken."
)
mistake("looks_ahead_too_far", {"w_next + rho * v_next": "w_next + v_next"}).says(
    "The next look-ahead point lies rho times the new velocity beyond the new weights, not all "
    "of it."
)
mistake("looks_ahead_from_the_old_weights", {"w_next + rho * v_next": "w + rho * v_next"}).says(
    "You look ahead from the old weights; the next look-ahead starts at the new ones."
)
mistake("adds_the_share_to_the_old_point", {"w_next + rho * v_next": "ahead + rho * v_next"}).says(
    "You add rho v to the look-ahead point of this step; start from the new weights, since the "
    "old share has to come off first."
)
mistake(
    "exchanges_both_forms",
    {
        "w_next, v_next, w_next + rho * v_next": "w_next + rho * v_next, v_next, w_next",
    },
).says("You return the look-ahead point first and the weights last; the weights come first.")
mistake("forgets_where_the_bowl_lies", {"(ahead - lowest)": "ahead"}).says(
    "Your gradient is that of a bowl whose lowest point is 0; subtract `lowest` from the point."
)
mistake("adds_the_lowest_point", {"ahead - lowest": "ahead + lowest"}).says(
    "You add the lowest point; the slope grows with the distance from it, so subtract it."
)
mistake("forgets_the_curvature", {"curvature * (ahead - lowest)": "ahead - lowest"}).says(
    "You leave the curvature out; the slope of half a square times it is curvature times distance."
)
mistake("doubles_the_slope", {"curvature * (": "2 * curvature * ("}).says(
    "You differentiate the square without its half; the loss has curvature / 2, so the 2 goes."
)
mistake("keeps_all_of_the_step", {"rho * v - rate": "v - rate"}).says(
    "Your velocity keeps all of the old step; the share rho of it stays."
)
mistake("damps_this_gradient", {"- rate * grad": "- (1 - rho) * rate * grad"}).says(
    "You multiply the gradient by 1 - rho, as a running mean would; here it enters whole, times "
    "the rate."
)
mistake("forgets_the_step_size", {"rho * v - rate * grad": "rho * v - grad"}).says(
    "You subtract the whole gradient; the rate multiplies it inside the velocity."
)


@EXERCISE.right_answer
def goes_weight_by_weight(w, v, curvature, lowest, *, rate, rho):
    results = [np.empty_like(w) for _ in range(3)]
    for place in np.ndindex(w.shape):
        coasted = w[place] + rho * v[place]
        slope = curvature[place] * (coasted - lowest[place])
        results[0][place] = coasted - rate * slope
        results[1][place] = results[0][place] - w[place]
        results[2][place] = results[0][place] + rho * results[1][place]
    return tuple(results)


@EXERCISE.right_answer
def corrects_a_copy(w, v, curvature, lowest, *, rate, rho):
    v = v * rho
    w = w + v
    pull = (w - lowest) * curvature * rate
    w -= pull
    v -= pull
    return w, v, w + v * rho


@EXERCISE.right_answer
def changes_the_variables(w, v, curvature, lowest, *, rate, rho):
    point = w + rho * v
    new = rho * v - rate * (curvature * point - curvature * lowest)
    point = point - rho * v + (1 + rho) * new
    return point - rho * new, new, point
