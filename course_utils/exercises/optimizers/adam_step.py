"""A mean gradient divided by the root of the mean square, both corrected: `adam_step`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.optimizers.adagrad_step import TINY
from course_utils.exercises.optimizers.momentum_step import number


def adam_step(w, m, s, grad, t, *, rate, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0):
    """Take step number t of Adam; return the new weights and both new means.

    >>> w, m, s, grad = (np.array([[number]]) for number in (2.0, 0.0, 0.0, -4.0))
    >>> adam_step(w, m, s, grad, 1, rate=0.25, beta1=0.5, beta2=0.75, eps=0.0, decay=0.25)
    (array([[2.125]]), array([[-2.]]), array([[4.]]))
    """
    if t < 1:
        raise ValueError(f"steps are counted from 1, got {t}")
    m_next = beta1 * m + (1 - beta1) * grad
    s_next = beta2 * s + (1 - beta2) * grad**2
    mean = m_next / (1 - beta1**t)
    square = s_next / (1 - beta2**t)
    shrunk = w - rate * decay * w
    w_next = shrunk - rate * mean / (np.sqrt(square) + eps)
    return w_next, m_next, s_next


def drawn(rng, *shape):
    """Draw weights, a mean gradient, a mean square and a gradient; no gradient is 1 or -1."""
    while True:
        w, m, grad = (decimals(rng, *shape) for _ in range(3))
        s = np.abs(decimals(rng, *shape))
        if not (np.abs(grad) == 1).any() and not (s == 1).any() and (grad != m).all():
            return w, m, s, grad


def settings(rng):
    """Draw a rate, and two shares that differ."""
    beta1 = number(rng, 0.55, 0.65)
    shares = {"beta1": beta1, "beta2": number(rng, 0.9, 0.97)}
    return {"rate": number(rng, 0.05, 0.3), **shares, "eps": TINY}


def wild(rng):
    """Draw small arrays, and settings of every kind."""
    while True:
        arrays = drawn(rng, *rng.integers(1, 4, 2))
        chosen = {"rate": number(rng, 0.01, 2), "eps": number(rng, 0.01, 1)}
        shares = {"beta1": number(rng, 0, 0.99), "beta2": number(rng, 0, 0.99)}
        t = int(rng.integers(1, 9))
        yield case("wild", *arrays, t, **chosen, **shares, decay=number(rng, 0, 1))


def inputs(rng):
    """Draw first steps and later ones, with and without decay; eps is mostly tiny."""
    one = [np.array([[number]]) for number in (2.0, 0.0, 0.0, -4.0)]
    chosen = {"rate": 0.25, "beta1": 0.5, "beta2": 0.75, "eps": 0.0, "decay": 0.25}
    yield case("the example", *one, 1, **chosen)
    yield case("step 3", *drawn(rng, 2, 3), 3, **settings(rng))
    decay = number(rng, 0.2, 0.6)
    yield case("step 2, with decay", *drawn(rng, 1, 4), 2, **settings(rng), decay=decay)
    yield case(
        "a large eps", *drawn(rng, 3, 1), 2, **settings(rng) | {"eps": number(rng, 0.2, 0.6)}
    )
    w, m, s, grad = drawn(rng, 2, 3)
    laid_out = strided(w), np.asfortranarray(m), strided(s), np.asfortranarray(grad)
    rate = number(rng, 1.2, 1.9)
    yield case("a rate above 1, the usual means", *laid_out, 5, rate=rate, decay=decay, eps=TINY)
    w, m, s, grad = drawn(rng, 3, 2)
    yield case("the first step", w, 0 * m, 0 * s, grad, 1, rate=number(rng, 0.05, 0.3), eps=TINY)
    none = grad * np.array([[0, 1], [1, 0], [1, 1]])
    kept = settings(rng)
    yield case("a first gradient of 0", w, 0 * m, 0 * s, none, 1, **kept, decay=decay)
    yield case(
        "many steps later", w, m, s, grad, int(rng.integers(300, 900)), **kept | {"beta2": 0.999}
    )
    tiny = w, m * 1e-6, s * 1e-12, grad * 1e-6
    yield case("tiny gradients, eps as it is", *tiny, 2, rate=number(rng, 0.05, 0.3))
    single = (array.astype(np.float32) for array in drawn(rng, 2, 4))
    yield case("float32", *single, 4, **settings(rng) | {"eps": number(rng, 0.2, 0.6)}, decay=decay)
    yield refused("a step 0", w, m, s, grad, 0, rate=number(rng, 0.05, 0.3))


EXERCISE = Exercise(
    adam_step,
    points=4,
    inputs=inputs,
    outputs=("w_next", "m_next", "s_next"),
    axes=dict.fromkeys(("w_next", "m_next", "s_next"), ("row", "column")),
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "corrects_nothing", {"m_next / (1 - beta1**t)": "m_next", "s_next / (1 - beta2**t)": "s_next"}
).says(
    "You step with the means as they are, which start at 0 and are too small at first; divide them "
    "by 1 - beta1^t and 1 - beta2^t."
)
mistake("corrects_the_mean_alone", {"s_next / (1 - beta2**t)": "s_next"}).says(
    "You correct the mean gradient alone, and the first steps come out many times too long; "
    "correct the mean square, too."
)
mistake("corrects_the_square_alone", {"m_next / (1 - beta1**t)": "m_next"}).says(
    "You correct the mean square alone, and the first steps are too short; correct the mean "
    "gradient, too."
)
mistake("multiplies_by_t", {"beta1**t": "beta1 * t", "beta2**t": "beta2 * t"}).says(
    "You multiply the shares by t in the correction; a share is left over t times in turn, so take "
    "its power t."
)
mistake(
    "counts_one_step_more", {"beta1**t": "beta1 ** (t + 1)", "beta2**t": "beta2 ** (t + 1)"}
).says("Your correction is that of the next step; the first step has t = 1, so the power is t.")
mistake("counts_from_0", {"beta1**t": "beta1 ** (t - 1)", "beta2**t": "beta2 ** (t - 1)"}).says(
    "Your correction counts steps from 0, and divides by 0 at the first; the power is t."
)
mistake("forgets_the_power", {"beta1**t": "beta1", "beta2**t": "beta2"}).says(
    "You correct every step as if it were the first; the correction fades with the power t."
)
mistake(
    "exchanges_the_betas",
    {
        "beta1 * m + (1 - beta1)": "beta2 * m + (1 - beta2)",
        "beta2 * s + (1 - beta2)": "beta1 * s + (1 - beta1)",
        "beta1**t": "beta2**t",
        "beta2**t": "beta1**t",
    },
).says(
    "You average the gradient with beta2 and the square with beta1; beta1 belongs to the gradient."
)
mistake("exchanges_the_powers", {"beta1**t": "beta2**t", "beta2**t": "beta1**t"}).says(
    "You correct each mean with the other's share; the mean gradient was made with beta1."
)
mistake(
    "exchanges_the_means", {"return w_next, m_next, s_next": "return w_next, s_next, m_next"}
).says("You return the mean square before the mean gradient; the order is w, m, s.")
mistake(
    "returns_the_corrected_means", {"return w_next, m_next, s_next": "return w_next, mean, square"}
).says(
    "You return the corrected means, and the next step would correct them again; return those "
    "before the correction."
)
mistake("puts_eps_under_its_root", {"np.sqrt(square) + eps": "np.sqrt(square + eps)"}).says(
    "Your eps lies under the root of the mean square; here it is added after the root is taken."
)
mistake(
    "corrects_eps_as_well",
    {
        "s_next / (1 - beta2**t)": "s_next",
        "np.sqrt(square) + eps": "(np.sqrt(square) + eps) / (1 - beta2**t) ** 0.5",
    },
).says(
    "You divide root and eps by the correction; eps is added to the root of the corrected mean "
    "as it is."
)
mistake("steps_without_eps", {"(np.sqrt(square) + eps)": "np.sqrt(square)"}).says(
    "You divide without eps, and a weight whose gradients were all 0 becomes NaN; add it to the "
    "root."
)
mistake(
    "couples_the_decay",
    {
        "m_next = beta1": "grad = grad + decay * w\nm_next = beta1",
        "shrunk = w - rate * decay * w": "shrunk = w",
    },
).says(
    "You add the decay to the gradient, so Adam divides it away where gradients are large; here it "
    "shrinks the weights beside the step."
)
mistake("decays_without_the_rate", {"rate * decay * w": "decay * w"}).says(
    "You shrink the weights by the whole decay; the rate multiplies it."
)
mistake(
    "decays_after_the_step",
    {
        "shrunk = w - rate * decay * w": "shrunk = w",
        "w_next = shrunk - rate * mean / (np.sqrt(square) + eps)": (
            "w_next = (1 - rate * decay) * (shrunk - rate * mean / (np.sqrt(square) + eps))"
        ),
    },
).says("You shrink what the step has led to; the weights before the step are shrunk.")
mistake("has_no_decay", {"w - rate * decay * w": "w"}).says(
    "You leave the weights unshrunk; they lose the share rate times decay at every step."
)
mistake("grows_the_weights", {"w - rate * decay * w": "w + rate * decay * w"}).says(
    "Your decay makes weights larger; subtract rate times decay times w."
)
mistake("ascends", {"shrunk - rate * mean": "shrunk + rate * mean"}).says(
    "You add the scaled mean to the weights, and climb; subtract it."
)
mistake("steps_with_the_last_gradient", {"rate * mean": "rate * grad"}).says(
    "Your step has the gradient of this step alone, as RMSProp's; take the corrected mean."
)
mistake(
    "exchanges_shares_of_the_mean", {"beta1 * m + (1 - beta1)": "(1 - beta1) * m + beta1"}
).says(
    "Your mean gradient keeps 1 - beta1 of the old one; it keeps beta1, and takes 1 - beta1 of "
    "the new."
)
mistake("adds_up_as_momentum", {"(1 - beta1) * grad": "grad"}).says(
    "You add the whole gradient, as momentum does; Adam's is a mean, where it has the share "
    "1 - beta1."
)
mistake("squares_the_mean", {"(1 - beta2) * grad**2": "(1 - beta2) * m_next**2"}).says(
    "You average the square of the mean gradient; average the square of the gradient."
)
mistake("takes_the_size_without_root", {"(np.sqrt(square) + eps)": "(square + eps)"}).says(
    "You divide by the mean square; its root is what has the size of a gradient."
)
mistake("takes_any_number_of_a_step", {"t < 1": "t < 0"}).says(
    "You let step 0 pass, for which the correction is 0 and nothing can be divided by it; raise a "
    "ValueError."
)
mistake("lets_float32_grow", {"np.sqrt(square) + eps": "np.sqrt(square) + np.float64(eps)"}).says(
    "A float64 number of NumPy's in your step makes float64 of float32 arrays; use Python numbers, "
    "or cast."
)


@EXERCISE.right_answer
def corrects_the_rate(w, m, s, grad, t, *, rate, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0):
    if t <= 0:
        raise ValueError("the first step is number 1")
    m = m + (1 - beta1) * (grad - m)
    s = s + (1 - beta2) * (np.square(grad) - s)
    root = (1 - beta2**t) ** 0.5
    step = rate * root / (1 - beta1**t) * m / (np.sqrt(s) + eps * root)
    return w * (1 - rate * decay) - step, m, s


@EXERCISE.right_answer
def makes_a_loop_of_it(w, m, s, grad, t, *, rate, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0):
    if t < 1:
        raise ValueError("t too small")
    w, m, s = w.copy(), m.copy(), s.copy()
    for i in np.ndindex(w.shape):
        m[i] = beta1 * m[i] + (1 - beta1) * grad[i]
        s[i] = beta2 * s[i] + (1 - beta2) * grad[i] ** 2
        size = (s[i] / (1 - beta2**t)) ** 0.5 + eps
        w[i] -= rate * decay * w[i] + rate * m[i] / (1 - beta1**t) / size
    return w, m, s


@EXERCISE.right_answer
def changes_what_it_copied(w, m, s, grad, t, *, rate, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0):
    if not t >= 1:
        raise ValueError(t)
    w, m, s = map(np.array, (w, m, s))
    m *= beta1
    m += (1 - beta1) * grad
    s *= beta2
    s += (1 - beta2) * grad * grad
    w *= 1 - rate * decay
    w -= rate * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return w, m, s
