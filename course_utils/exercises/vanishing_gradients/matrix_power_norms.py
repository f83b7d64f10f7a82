"""How far the powers of a matrix stretch: `matrix_power_norms`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, differing
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import POWERS, Shown


def matrix_power_norms(w, steps):
    """Return the norms of w, w w, w w w, and so on, (steps,).

    >>> matrix_power_norms(np.array([[0.0, 2.0], [0.5, 0.0]]), 3)
    array([2., 1., 2.])
    """
    power = np.eye(len(w), dtype=np.result_type(w, np.float32))
    norms = []
    for _ in range(steps):
        power = power @ w
        norms.append(np.linalg.norm(power, 2))
    return np.array(norms)


def reference(w, steps):
    """Take the largest singular value of each power."""
    real = w.astype(np.result_type(w, np.float32))
    powers = [np.linalg.matrix_power(real, n) for n in range(1, steps + 1)]
    return np.stack([np.linalg.svd(power, compute_uv=False)[0] for power in powers])


def wild(rng):
    """Draw matrices of few units, of both kinds of numbers."""
    while True:
        M = int(rng.integers(1, 5))
        w = differing(rng, M, M)
        if rng.integers(2):
            w = (10 * w).astype(np.int32)
        yield case("wild", w, int(rng.integers(1, 6)))


def inputs(rng):
    """Draw matrices that are not symmetric, and few steps."""
    yield case("the example", np.array([[0.0, 2.0], [0.5, 0.0]]), 3)
    yield case("3 units, 4 steps", strided(differing(rng, 3, 3)), 4)
    w = np.triu(differing(rng, 3, 3), 1) + np.diag(rng.permutation([3, -4, 6]) / 10)
    yield case("it grows, then vanishes", np.asfortranarray(w), 6)
    yield case("one unit, a negative weight", -np.abs(differing(rng, 1, 1)) - 1, 3)
    yield case("one step", differing(rng, 4, 4), 1)
    w = rng.integers(5, 10, (3, 3)) * rng.permutation([[1, 1, 1], [-1, 1, 1], [1, -1, 1]])
    yield case("whole numbers, 14 steps", w.astype(np.int32), 14)
    yield case("float32", differing(rng, 3, 3).astype(np.float32), 3)


def setting(w, steps):
    """Show matrices of two units."""
    if w.shape != (2, 2):
        return None
    entries = (round(float(entry), 2) for entry in w.flat)
    return {**dict(zip("abcd", entries, strict=True)), "matrix": "own"}


EXERCISE = Exercise(
    matrix_power_norms,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("entry",)},
    forbidden=HANDMADE,
    wild=wild,
    picture=Shown(
        POWERS,
        setting,
        (
            "takes_the_spectral_radius",
            "raises_the_norm_to_a_power",
            "begins_with_no_step",
            "powers_each_number",
            "squares_again_and_again",
            "takes_the_smallest_stretch",
        ),
    ),
)
mistake = EXERCISE.mistake

mistake("takes_the_root_of_all_squares", {"norm(power, 2)": "norm(power)"}).says(
    "Your norm is the root of the sum of all squares; without its 2, `norm` does not ask "
    "for the longest vector that a matrix makes."
)
mistake(
    "takes_the_spectral_radius",
    {"np.linalg.norm(power, 2)": "np.abs(np.linalg.eigvals(power)).max()"},
).says(
    "You return the largest absolute value of the eigenvalues; a power can stretch by more than "
    "that, namely by its largest singular value."
)
mistake(
    "raises_the_norm_to_a_power",
    {"np.linalg.norm(power, 2)": "np.linalg.norm(w, 2) ** (len(norms) + 1)"},
).says(
    "You raise the norm of w to a power; that is only a bound, since what one step stretches most "
    "the next need not."
)
mistake(
    "begins_with_no_step", {"range(steps)": "range(steps - 1)", "norms = []": "norms = [1.0]"}
).says("Your first norm is that of the identity; the first one asked for is that of w itself.")
mistake("powers_each_number", {"power @ w": "w ** (len(norms) + 1.0)"}).says(
    "You raise each number of the matrix to a power; multiply by the whole matrix instead."
)
mistake("squares_again_and_again", {"power @ w": "power @ power if norms else power @ w"}).says(
    "You multiply each power by itself, which gives the powers 1, 2, 4, 8; each step multiplies by "
    "w once."
)
mistake("turns_the_later_factors", {"power @ w": "power @ (w.T if norms else w)"}).says(
    "From the second on your factors are the transpose of w; all factors of a power are the same."
)
mistake("takes_the_smallest_stretch", {"norm(power, 2)": "norm(power, -2)"}).says(
    "You return the smallest singular value, the least that a power stretches; the norm is "
    "the most."
)
mistake("takes_the_largest_number", {"np.linalg.norm(power, 2)": "np.abs(power).max()"}).says(
    "You return the largest number in each power; several numbers together can stretch a vector "
    "further."
)
mistake("adds_up_a_row", {"norm(power, 2)": "norm(power, np.inf)"}).says(
    "Your norm is the largest sum of absolute values in a row; here lengths are roots of sums of "
    "squares."
)
mistake("adds_up_a_column", {"norm(power, 2)": "norm(power, 1)"}).says(
    "You add absolute values down each column and take the largest sum; the norm asked for is a "
    "ratio of lengths, the largest singular value."
)
mistake("returns_the_last_norm", {"np.array(norms)": "np.array(norms[-1:])"}).says(
    "You return the norm of the last power alone; those on the way there are asked for too."
)
mistake("overflows", {"np.result_type(w, np.float32)": "w.dtype"}).says(
    "Your powers of whole numbers stay int32 and overflow; turn the matrix into real numbers first."
)
mistake("makes_it_float64", {"np.result_type(w, np.float32)": "np.float64"}).says(
    "Your first factor is float64, and so are the norms of a float32 matrix; keep its type."
)
mistake("takes_logarithms", {"np.array(norms)": "np.log(norms).astype(power.dtype)"}).says(
    "You return logarithms of the norms; the norms themselves are asked for."
)
mistake(
    "stretches_one_vector",
    {
        "np.linalg.norm(power, 2)": (
            "np.linalg.norm(power @ np.full(len(w), len(w) ** -0.5, power.dtype))"
        )
    },
).says(
    "You measure how far one vector is stretched; the norm is the most that any vector is "
    "stretched."
)


@EXERCISE.right_answer
def takes_singular_values(w, steps):
    real = w.astype(float) if w.dtype.kind == "i" else w
    powers = [real]
    while len(powers) < steps:
        powers.append(real @ powers[-1])
    return np.linalg.svd(np.stack(powers), compute_uv=False).max(axis=1)


@EXERCISE.right_answer
def takes_roots_of_eigenvalues(w, steps):
    norms = np.zeros(steps, np.float32 if w.dtype == np.float32 else np.float64)
    for n in range(steps):
        power = np.linalg.matrix_power(w.astype(np.float64), n + 1)
        norms[n] = np.sqrt(np.linalg.eigvalsh(power @ power.T)[-1])
    return norms


@EXERCISE.right_answer
def divides_by_one_first(w, steps):
    w = w / w.dtype.type(1)
    norms, power = [], w
    for n in range(1, steps + 1):
        if n > 1:
            power = w @ power
        norms += [np.linalg.norm(power, ord=2)]
    return np.asarray(norms, dtype=w.dtype)
