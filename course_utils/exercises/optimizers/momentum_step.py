"""A step along a velocity, with a pull of the weights towards zero: `momentum_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, gate_values
from course_utils.exercises.exercise import Exercise, case


def momentum_step(w, v, grad, *, rate, rho, decay=0.0):
    """Take one step with momentum; return the new weights and the new velocity.

    >>> w, v, grad = np.array([[1.0]]), np.array([[2.0]]), np.array([[0.5]])
    >>> momentum_step(w, v, grad, rate=0.1, rho=0.9)
    (array([[0.77]]), array([[2.3]]))
    """
    pulled = grad + decay * w
    v_next = rho * v + pulled
    w_next = w - rate * v_next
    return w_next, v_next


def number(rng, low, high):
    """Draw a number with two decimals."""
    return int(rng.integers(round(100 * low), round(100 * high) + 1)) / 100


def drawn(rng, *shape):
    """Draw weights, a velocity and a gradient."""
    return decimals(rng, *shape), decimals(rng, *shape), decimals(rng, *shape)


def wild(rng):
    """Draw small arrays, and settings of every kind."""
    while True:
        settings = {"rate": number(rng, 0.01, 2), "rho": float(gate_values(rng))}
        yield case("wild", *drawn(rng, *rng.integers(1, 4, 2)), **settings, decay=number(rng, 0, 1))


def inputs(rng):
    """Draw matrices, with and without decay."""
    rho = number(rng, 0.55, 0.95)
    one = np.array([[1.0]]), np.array([[2.0]]), np.array([[0.5]])
    yield case("the example", *one, rate=0.1, rho=0.9)
    rate = number(rng, 0.02, 0.3)
    yield case("a matrix", *drawn(rng, 2, 3), rate=rate, rho=rho)
    decay = number(rng, 0.2, 0.6)
    yield case("with decay", *drawn(rng, 1, 4), rate=rate, rho=rho, decay=decay)
    w, v, grad = drawn(rng, 3, 2)
    settings = {"rate": number(rng, 1.2, 1.9), "rho": rho, "decay": decay}
    yield case("a rate above 1", strided(w), np.asfortranarray(v), strided(grad), **settings)
    w, v, grad = drawn(rng, 3, 2)
    yield case("the first step", w, 0 * v, grad, rate=rate, rho=rho, decay=decay)
    yield case("no momentum", w, v, grad, rate=number(rng, 0.02, 0.3), rho=0.0, decay=decay)
    yield case("a gradient of 0", w, v, 0 * grad, rate=rate, rho=number(rng, 0.3, 0.5))
    single = (array.astype(np.float32) for array in drawn(rng, 2, 4))
    yield case("float32", *single, rate=rate, rho=rho, decay=decay)


EXERCISE = Exercise(
    momentum_step,
    points=2,
    inputs=inputs,
    outputs=("w_next", "v_next"),
    axes={"w_next": ("row", "column"), "v_next": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("climbs", {"w - rate * v_next": "w + rate * v_next"}).says(
    "You add the velocity to the weights, and the loss grows; a step goes against it."
)
mistake("steps_with_the_old_velocity", {"rate * v_next": "rate * v"}).says(
    "You step along the old velocity; give it the new gradient first, then step along the new one."
)
mistake(
    "puts_the_rate_into_the_velocity", {"+ pulled": "+ rate * pulled", "rate * v_next": "v_next"}
).says(
    "Your velocity holds the rate; here it is a sum of gradients alone, and the step multiplies it "
    "by the rate."
)
mistake(
    "subtracts_in_the_velocity",
    {"rho * v + pulled": "rho * v - rate * pulled", "w - rate * v_next": "w + v_next"},
).says(
    "Your velocity points downhill and holds the rate; here it is a sum of gradients, and the step "
    "subtracts it."
)
mistake(
    "points_the_velocity_downhill",
    {"rho * v + pulled": "rho * v - pulled", "w - rate * v_next": "w + rate * v_next"},
).says(
    "Your velocity points downhill, and the step adds it; here gradients are added up as they are, "
    "and the step subtracts."
)
mistake("damps_the_gradient", {"rho * v + pulled": "rho * v + (1 - rho) * pulled"}).says(
    "You multiply the gradient by 1 - rho, which makes a mean of the velocity; here it is a sum."
)
mistake(
    "forgets_the_gradient_in_the_velocity",
    {"rho * v + pulled": "rho * v", "w - rate * v_next": "w - rate * (v_next + pulled)"},
).says(
    "You return a velocity without the new gradient; it belongs to the velocity, not to the step "
    "alone."
)
mistake("keeps_all_of_the_velocity", {"rho * v + pulled": "v + pulled"}).says(
    "You keep all of the old velocity; only the share rho of it is left."
)
mistake("loses_the_velocity", {"rho * v + pulled": "pulled"}).says(
    "Your velocity is the gradient of this step; add the share rho of the old velocity."
)
mistake("exchanges_rho_and_its_rest", {"rho * v + pulled": "(1 - rho) * v + pulled"}).says(
    "You keep the share 1 - rho of the old velocity; rho is the share that is kept."
)
mistake("forgets_the_decay", {"grad + decay * w": "grad"}).says(
    "You leave the decay out; the gradient of its penalty is decay times w, and it joins the "
    "gradient."
)
mistake(
    "decays_beside_the_velocity",
    {"grad + decay * w": "grad", "w - rate * v_next": "w - rate * (v_next + decay * w)"},
).says(
    "Your decay acts on the weights alone; here it joins the gradient, and so the velocity has it, "
    "too."
)
mistake("decays_with_the_wrong_sign", {"grad + decay * w": "grad - decay * w"}).says(
    "Your decay pushes the weights away from 0; add decay times w to the gradient."
)
mistake("decays_the_gradient", {"grad + decay * w": "(1 - decay) * grad"}).says(
    "You shrink the gradient by the decay; it is the weights that are pulled towards 0."
)
mistake("doubles_the_decay", {"decay * w": "2 * decay * w"}).says(
    "You take decay times the squared weights for the penalty; it is half of that, with the "
    "gradient decay times w."
)
mistake("steps_twice", {"w - rate * v_next": "w - rate * (v_next + grad)"}).says(
    "Your step has the gradient twice: the new velocity holds it already."
)
mistake("looks_ahead", {"rate * v_next": "rate * (pulled + rho * v_next)"}).says(
    "Your step adds rho times the new velocity to the gradient, as Nesterov's does; plain momentum "
    "steps along the velocity itself."
)
mistake(
    "multiplies_the_velocity_by_the_rate", {"return w_next, v_next": "return w_next, rate * v_next"}
).says("You return the velocity times the rate; the rate belongs to the step alone.")
mistake("forgets_the_rate", {"w - rate * v_next": "w - v_next"}).says(
    "Your step is the whole velocity; multiply it by the rate."
)


@EXERCISE.right_answer
def goes_number_by_number(w, v, grad, *, rate, rho, decay=0.0):
    w_next, v_next = np.empty_like(w), np.empty_like(v)
    for place in np.ndindex(w.shape):
        v_next[place] = rho * v[place] + grad[place] + decay * w[place]
        w_next[place] = w[place] - rate * v_next[place]
    return w_next, v_next


@EXERCISE.right_answer
def changes_copies(w, v, grad, *, rate, rho, decay=0.0):
    w, v = w.copy(), v.copy()
    v *= rho
    v += grad
    if decay:
        v += decay * w
    w -= rate * v
    return w, v


@EXERCISE.right_answer
def adds_three_steps(w, v, grad, *, rate, rho, decay=0.0):
    step = np.multiply(rho, v) + np.multiply(decay, w) + grad
    return np.subtract(w, np.multiply(rate, step)), step
