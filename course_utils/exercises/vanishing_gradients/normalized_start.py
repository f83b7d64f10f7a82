"""A recurrent matrix of spectral radius 1: `normalized_start`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused


def normalized_start(r):
    """Return a random matrix divided by its spectral radius, (M, M).

    >>> normalized_start(np.array([[0.0, 2.0], [-8.0, 0.0]]))
    array([[ 0. ,  0.5],
           [-2. ,  0. ]])
    """
    values = np.linalg.eigvals(r)
    radius = np.max(np.abs(values))
    if radius == 0:
        raise ValueError("all eigenvalues are 0")
    return r / radius


def drawn(rng, M, leading):
    """Draw a matrix in which those eigenvalues are the largest: "complex", "negative" or "any"."""
    while True:
        r = decimals(rng, M, M)
        values = np.linalg.eigvals(r)
        sizes = np.abs(values)
        first, radius = values[np.argmax(sizes)], sizes.max()
        if np.linalg.cond(r) > 20 or radius < 1.2 or np.isclose(np.linalg.norm(r, 2), radius, 0.02):
            continue
        if leading == "complex":
            right = abs(first.imag) > 0.5 and np.abs(values.real).max() < 0.9 * radius
            right = right and sizes[np.argmax(values.real)] < 0.95 * radius
        elif leading == "negative":
            right = abs(first.imag) == 0 and first.real < 0 and np.sort(sizes)[-2] < 0.9 * radius
        else:
            right = True
        if right:
            return r


def wild(rng):
    """Draw matrices of few units."""
    while True:
        r = drawn(rng, int(rng.integers(2, 5)), "any")
        yield case("wild", np.rint(10 * r).astype(np.int32) if rng.integers(2) else r)


def inputs(rng):
    """Draw matrices of 1 to 4 units, with leading eigenvalues of each kind."""
    yield case("the example", np.array([[0.0, 2.0], [-8.0, 0.0]]))
    yield case("a complex pair is the largest", strided(drawn(rng, 3, "complex")))
    yield case("a negative one is the largest", np.asfortranarray(drawn(rng, 3, "negative")))
    yield case("4 units, a complex pair", drawn(rng, 4, "complex") * 10)
    yield case("a radius below 1", drawn(rng, 3, "negative") / 10)
    yield case("one unit, a negative weight", -1 - np.abs(decimals(rng, 1, 1)))
    one, more = np.abs(decimals(rng, 2)) + 1.5
    yield case("an eigenvalue of 0 beside another", np.array([[one, one + more], [0, 0]]))
    yield case("tiny numbers", drawn(rng, 3, "negative") * 1e-7)
    yield case("whole numbers", np.rint(10 * drawn(rng, 3, "complex")).astype(np.int32))
    yield case("float32", drawn(rng, 3, "negative").astype(np.float32))
    yield refused("all eigenvalues are 0", np.triu(decimals(rng, 3, 3), 1))


EXERCISE = Exercise(
    normalized_start,
    points=3,
    inputs=inputs,
    axes={"the result": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("takes_the_largest_eigenvalue", {"np.max(np.abs(values))": "np.abs(np.max(values))"}).says(
    "You choose the largest eigenvalue and take its absolute value; complex ones are compared by "
    "their real parts first, so take absolute values before you choose."
)
mistake("compares_real_parts", {"np.abs(values)": "np.abs(np.real(values))"}).says(
    "You drop imaginary parts; the size of a + bi is the root of a * a + b * b."
)
mistake("takes_the_largest_real_part", {"np.max(np.abs(values))": "np.max(np.real(values))"}).says(
    "You divide by the largest real part, as if no eigenvalue were negative or complex; divide by "
    "the largest size."
)
mistake("divides_by_the_norm", {"np.max(np.abs(values))": "np.linalg.norm(r, 2)"}).says(
    "You divide by the largest singular value, so one step cannot stretch; the radius, which is "
    "smaller, then is below 1."
)
mistake("divides_by_all_squares", {"np.max(np.abs(values))": "np.linalg.norm(r)"}).says(
    "You divide by the root of the sum of all squares; the spectral radius has to become 1."
)
mistake("divides_by_the_largest_number", {"np.abs(values)": "np.abs(r)"}).says(
    "You divide by the largest number of the matrix; eigenvalues decide what its powers do."
)
mistake(
    "takes_those_of_a_symmetric_matrix", {"np.linalg.eigvals(r)": "np.linalg.eigvalsh(r)"}
).says(
    "You call eigvalsh, which reads one half of the matrix and takes it for symmetric; this one "
    "is not."
)
mistake("takes_the_sum", {"np.max(np.abs(values))": "np.sum(np.abs(values))"}).says(
    "You divide by the sum of the sizes of the eigenvalues; the largest size alone becomes 1."
)
mistake("takes_the_mean", {"np.max(np.abs(values))": "np.mean(np.abs(values))"}).says(
    "You divide by the mean size of the eigenvalues, and the largest stays above 1."
)
mistake("takes_a_root", {"r / radius": "r / np.sqrt(radius)"}).says(
    "You divide by the root of the radius; eigenvalues are divided by what the matrix is "
    "divided by."
)
mistake("multiplies_by_the_radius", {"r / radius": "r * radius"}).says(
    "You multiply by the radius, so it becomes its square; divide."
)
mistake("shrinks_only", {"r / radius": "r / max(radius, 1)"}).says(
    "You leave a matrix alone if its radius is below 1; divide it as well, so that the radius "
    "becomes 1."
)
mistake(
    "leaves_a_radius_of_0", {'raise ValueError("all eigenvalues are 0")': "return r.copy()"}
).says(
    "You return a matrix of radius 0 as it is; such a matrix cannot get the radius 1, so "
    "raise a ValueError."
)
mistake("returns_float64", {"r / radius": "r / np.float64(radius)"}).says(
    "You divide a float32 matrix by a float64 number, and the result is float64; keep its type."
)
mistake("squares_the_radius", {"np.max(np.abs(values))": "np.max(np.abs(values) ** 2)"}).says(
    "You divide by the square of the radius; take the root of what an eigenvalue times its "
    "conjugate is."
)


@EXERCISE.right_answer
def measures_each_eigenvalue(r):
    values, _ = np.linalg.eig(r)
    squares = [value.real**2 + value.imag**2 for value in values]
    if max(squares) == 0:
        raise ValueError("no eigenvalue differs from 0")
    return (r / max(squares) ** 0.5).astype(values.real.dtype)


@EXERCISE.right_answer
def finds_the_roots_of_a_polynomial(r):
    M = len(r)
    real = r.astype(np.float64)
    coefficients, part = [1.0], np.eye(M)
    for k in range(1, M + 1):  # Faddeev and LeVerrier
        part = real @ part
        coefficients.append(-np.trace(part) / k)
        part = part + coefficients[-1] * np.eye(M)
    roots = np.roots(coefficients)
    if not np.any(roots):
        raise ValueError("the spectral radius is 0")
    scaled = real / np.abs(roots).max()
    return scaled.astype(r.dtype) if r.dtype == np.float32 else scaled


@EXERCISE.right_answer
def squares_it_many_times(r):
    power, log = r.astype(np.float64), 0.0
    for k in range(45):  # the norm of a high power, and its root
        size = np.linalg.norm(power)
        if size == 0:
            raise ValueError("its powers are 0, so the radius is 0")
        log += np.log(size) / 2.0**k
        power = (power / size) @ (power / size)
    return (r / np.exp(log)).astype(np.result_type(r, np.float32))
