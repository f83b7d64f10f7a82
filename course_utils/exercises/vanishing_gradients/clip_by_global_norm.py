"""One norm and one factor for all gradients: `clip_by_global_norm`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import clipping


def clip_by_global_norm(gradients, limit):
    """Return the gradients, together no longer than `limit`, as a dictionary.

    >>> clip_by_global_norm({"wh": np.array([[3.0]]), "b": np.array([4.0])}, 2.5)
    {'wh': array([[1.5]]), 'b': array([2.])}
    """
    if limit <= 0:
        raise ValueError(f"limit must be positive, got {limit}")
    square = sum(np.sum(g**2) for g in gradients.values())
    norm = float(np.sqrt(square))  # a number of Python's: it leaves float32 as it is
    if not np.isfinite(norm):
        raise ValueError("a gradient is infinite or not a number")
    factor = limit / norm if norm > limit else 1
    return {name: factor * g for name, g in gradients.items()}


def reference(gradients, limit):
    """Clip as the library does."""
    wide = {name: g.astype(np.float64) for name, g in gradients.items()}
    clipped, _ = clipping.clip_by_norm(wide, limit)
    return {name: clipped[name].astype(g.dtype) for name, g in gradients.items()}


def drawn(rng):
    """Draw gradients of three arrays."""
    return {"wx": decimals(rng, 2, 3), "wh": decimals(rng, 3, 3), "b": decimals(rng, 3)}


def wild(rng):
    """Draw gradients of one to three arrays, and limits below and above their norm."""
    while True:
        names = ("wx", "wh", "b")[: rng.integers(1, 4)]
        shapes = [tuple(rng.integers(1, 4, rng.integers(1, 4))) for _ in names]
        gradients = {n: decimals(rng, *shape) for n, shape in zip(names, shapes, strict=True)}
        yield case("wild", gradients, float(rng.integers(1, 60) / 10))


def inputs(rng):
    """Draw gradients with a norm of about 5, and limits around it."""
    yield case("the example", {"wh": np.array([[3.0]]), "b": np.array([4.0])}, 2.5)
    yield case("3 arrays, above the limit", drawn(rng), 1.5)
    for label, share in (("above", 0.5), ("below", 1.1)):
        short = {name: strided(np.abs(g) / 20) for name, g in drawn(rng).items()}
        norm = np.linalg.norm([np.linalg.norm(g) for g in short.values()])
        yield case(f"a norm below 1, {label} the limit", short, round(share * float(norm), 3))
    yield case("below the limit", drawn(rng), 20)
    scale = int(rng.integers(2, 5))
    exact = {"wx": np.array([[2.0, -4.0]]) * scale, "b": np.array([4.0]) * scale}
    yield case("exactly at the limit", exact, 6.0 * scale)
    yield case("all 0", {"wx": np.zeros(rng.integers(1, 9, 2)), "b": np.zeros(2)}, 1.0)
    one, other = rng.integers(2, 9, 2) / 2  # quarters have exact squares in float32 too
    far = {"wx": np.array([[one, -one]]), "b": np.array([other, -other])}
    yield case("numbers that add up to 0", far, 1.25)
    mixed = {"wx": decimals(rng, 2, 2), "b": (rng.integers(1, 9, 3) / 4).astype(np.float32)}
    yield case("float64 and float32 side by side", mixed, 0.5)
    many = {name: np.float32(4) * g.astype(np.float32) for name, g in drawn(rng).items()}
    yield case("float32", many, 3)
    yield refused("a limit of 0", drawn(rng), 0.0)
    burst = drawn(rng)
    burst["wh"][1, 2] = np.inf
    yield refused("an infinite number", burst, 1.0)


EXERCISE = Exercise(
    clip_by_global_norm,
    points=3,
    inputs=inputs,
    reference=reference,
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("divides_by_the_square", {"limit / norm if": "limit / square if"}).says(
    "You divide by the squared norm, so that a longer gradient becomes a shorter one; take "
    "the root."
)
mistake(
    "clips_each_array",
    {"factor * g for name": ("g * min(1, limit / max(float(np.linalg.norm(g)), 1e-9)) for name")},
).says(
    "You scale each array by its own norm, which changes the direction of the whole; take one norm "
    "of all arrays together, and one factor."
)
mistake("clips_each_number", {"factor * g for name": "np.clip(g, -limit, limit) for name"}).says(
    "You cut each number off at the limit, which changes the direction; scale all by one factor."
)
mistake("always_scales", {"if norm > limit else 1": "if norm > 0 else 1"}).says(
    "You bring gradients to the limit that are shorter than it; clipping makes none longer."
)
mistake("scales_the_short_ones", {"norm > limit else": "0 < norm < limit else"}).says(
    "You scale what lies below the limit and leave what lies above; it is the other way round."
)
mistake("turns_the_factor_over", {"limit / norm if": "norm / limit if"}).says(
    "Your factor is the norm by the limit, which makes long gradients longer; turn it over."
)
mistake("forgets_the_limit_in_the_factor", {"limit / norm if": "1 / norm if"}).says(
    "You scale to a norm of 1; what is too long is to get the norm `limit`."
)
mistake("adds_before_squaring", {"np.sum(g**2)": "np.sum(g) ** 2"}).says(
    "You add up the numbers of an array and square the sum; square each number first."
)
mistake("adds_up_norms", {"np.sum(g**2)": "np.linalg.norm(g)", "np.sqrt(square)": "square"}).says(
    "You add up the norms of the arrays; add up their squares, and take one root."
)
mistake("takes_the_largest_norm", {"sum(np.sum(g**2) for": "max(np.sum(g**2) for"}).says(
    "Your norm is that of the longest array alone; all arrays count in it."
)
mistake("takes_a_mean_of_squares", {"np.sum(g**2)": "np.mean(g**2)"}).says(
    "You take the mean of the squares in each array; the norm has their sum."
)
mistake("lets_the_type_grow", {"float(np.sqrt(square))": "np.float64(np.sqrt(square))"}).says(
    "Your factor is a float64 of NumPy's, so float32 arrays come out as float64; make it a Python "
    "float, or cast the result."
)
mistake("takes_any_limit", {"limit <= 0": "limit < 0"}).says(
    "A limit of 0 makes zeros of all gradients, and nothing learns from then on; raise a "
    "ValueError."
)
mistake(
    "lets_a_burst_pass",
    {'raise ValueError("a gradient is infinite or not a number")': "return dict(gradients)"},
).says("You return an infinite gradient as it is, which has no direction left; raise a ValueError.")
mistake(
    "takes_the_mean_of_all_squares",
    {"np.sqrt(square)": "np.sqrt(square / sum(g.size for g in gradients.values()))"},
).says("You take the mean of all squares; the norm is the root of their sum.")
mistake(
    "takes_the_largest_number",
    {
        "sum(np.sum(g**2) for g in gradients.values())": (
            "max(np.max(np.abs(g)) ** 2 for g in gradients.values())"
        )
    },
).says(
    "Your norm is the largest absolute value of all numbers; it is the root of the sum of all "
    "squares."
)


@EXERCISE.right_answer
def copies_what_is_short(gradients, limit):
    if not limit > 0:
        raise ValueError("the limit has to be above 0")
    norm = sum((np.square(g).sum() for g in gradients.values()), 0.0) ** 0.5
    if np.isinf(norm) or np.isnan(norm):
        raise ValueError("the gradient has no direction")
    if norm <= limit:
        return {name: g.copy() for name, g in gradients.items()}
    return {name: (g / norm * limit).astype(g.dtype) for name, g in gradients.items()}


@EXERCISE.right_answer
def strings_all_together(gradients, limit):
    flat = np.concatenate([g.reshape(-1) for g in gradients.values()])
    if limit <= 0 or not np.all(np.isfinite(flat)):
        raise ValueError("limit positive, gradients finite")
    factor = min(1.0, limit / max(float(np.linalg.norm(flat)), 1e-300))
    return {name: g * g.dtype.type(factor) for name, g in gradients.items()}


@EXERCISE.right_answer
def adds_up_in_loops(gradients, limit):
    if limit <= 0:
        raise ValueError("no step at all is left with such a limit")
    total = 0.0
    for g in gradients.values():
        for number in g.flat:
            total += float(number) * float(number)
    if total == float("inf") or total != total:
        raise ValueError("skip this step")
    clipped = {}
    for name, g in gradients.items():
        clipped[name] = np.copy(g)
        if total > limit**2:
            clipped[name] *= limit / total**0.5
    return clipped
