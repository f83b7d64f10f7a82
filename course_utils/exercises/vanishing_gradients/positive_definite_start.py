"""A symmetric recurrent matrix with eigenvalues up to 1: `positive_definite_start`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case


def positive_definite_start(r):
    """Return I + A, with A = R R^T / M, divided by its largest eigenvalue, (M, M).

    >>> positive_definite_start(np.array([[2.0, 0.0], [2.0, 0.0]])).round(9)
    array([[0.6, 0.4],
           [0.4, 0.6]])
    """
    M = len(r)
    w = np.eye(M, dtype=r.dtype) + r @ r.T / M
    largest = np.linalg.eigvalsh(w)[-1]  # in ascending order
    return w / largest


def reference(r):
    """Find the largest eigenvalue of A as a square of a singular value."""
    M = len(r)
    wide = r.astype(np.float64)
    largest = 1 + np.linalg.svd(wide, compute_uv=False)[0] ** 2 / M
    w = (np.identity(M) + np.einsum("ik,jk->ij", wide, wide) / M) / largest
    return w.astype(np.result_type(r, np.float32))


def drawn(rng, M):
    """Draw a matrix; the eigenvalue that `np.linalg.eigvals` has first is not the largest."""
    while True:
        r = decimals(rng, M, M)
        values = np.linalg.eigvals(np.eye(M) + r @ r.T / M)
        if M == 1 or np.abs(values[0]) < 0.9 * np.abs(values).max():
            return r


def wild(rng):
    """Draw matrices of few units."""
    while True:
        r = drawn(rng, int(rng.integers(1, 5)))
        yield case("wild", np.rint(10 * r).astype(np.int32) if rng.integers(2) else r)


def inputs(rng):
    """Draw matrices of 1 to 4 units."""
    yield case("the example", np.array([[2.0, 0.0], [2.0, 0.0]]))
    yield case("3 units", strided(drawn(rng, 3)))
    yield case("4 units", np.asfortranarray(drawn(rng, 4)))
    yield case("small numbers", drawn(rng, 3) / 10)
    yield case("one unit", np.abs(drawn(rng, 1)))
    yield case("whole numbers", np.rint(10 * drawn(rng, 3)).astype(np.int32))
    yield case("float32", drawn(rng, 3).astype(np.float32))


EXERCISE = Exercise(
    positive_definite_start,
    points=2,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("multiplies_the_other_way_round", {"r @ r.T": "r.T @ r"}).says(
    "Your A is the transpose of R times R; it has the same eigenvalues and is another matrix."
)
mistake("leaves_the_identity_out", {"np.eye(M, dtype=r.dtype) + r": "r"}).says(
    "You leave the identity out, so some eigenvalues may be near 0; adding it lifts all of "
    "them by 1."
)
mistake("does_not_divide_by_the_units", {"r.T / M": "r.T"}).says(
    "You do not divide R times its transpose by M, and the identity then counts for too little."
)
mistake("divides_by_the_squared_units", {"r.T / M": "r.T / M**2"}).says(
    "You divide by the number of entries, M times M; A is divided by M."
)
mistake(
    "adds_it_after_dividing",
    {"w / largest": "np.eye(M, dtype=r.dtype) + (w - np.eye(M, dtype=r.dtype)) / (largest - 1)"},
).says(
    "You divide A by its largest eigenvalue and add the identity afterwards, so that the largest "
    "becomes 2; divide the sum."
)
mistake("divides_by_that_of_a", {"[-1]  # in ascending order": "[-1] - 1"}).says(
    "You divide by the largest eigenvalue of A; with the identity in it, it is larger by 1."
)
mistake("takes_the_smallest_eigenvalue", {"[-1]  # in ascending order": "[0]"}).says(
    "You divide by the first eigenvalue; eigvalsh sorts them upwards, so the largest is the last."
)
mistake("adds_a_matrix_of_ones", {"np.eye(M, dtype=r.dtype)": "np.ones((M, M), r.dtype)"}).says(
    "You add 1 to every entry; the identity has ones on its diagonal alone."
)
mistake("squares_each_entry", {"r @ r.T": "r * r"}).says(
    "You square each entry of R; take the matrix product with its transpose."
)
mistake("squares_the_matrix", {"r @ r.T": "r @ r"}).says(
    "You multiply R by itself, and the product need not be symmetric; one factor is the transpose."
)
mistake("adds_the_transpose", {"r @ r.T": "(r + r.T)"}).says(
    "You add the transpose; that is symmetric, but its eigenvalues may be negative. Multiply."
)
mistake("divides_by_the_trace", {"np.linalg.eigvalsh(w)[-1]": "np.trace(w)"}).says(
    "You divide by the trace, the sum of the eigenvalues; the largest one is to become 1."
)
mistake("divides_by_the_root_of_squares", {"np.linalg.eigvalsh(w)[-1]": "np.linalg.norm(w)"}).says(
    "You divide by the root of the sum of the squares of all entries; divide by the largest "
    "eigenvalue."
)
mistake("adds_a_float64_identity", {"np.eye(M, dtype=r.dtype)": "np.eye(M)"}).says(
    "You add a float64 identity to a float32 matrix; make the identity of its type."
)
mistake("divides_by_the_root_of_the_units", {"r.T / M": "r.T / M**0.5"}).says(
    "You divide R times its transpose by the root of M; A is divided by M itself."
)
mistake(
    "takes_the_root_of_the_units_and_the_trace",
    {"r.T / M": "r.T / M**0.5", "np.linalg.eigvalsh(w)[-1]": "np.trace(w)"},
).says(
    "You divide R R^T by the root of M, and the sum by its trace; divide by M, and by the largest "
    "eigenvalue."
)
mistake("takes_the_symmetric_part", {"r @ r.T / M": "(r + r.T) / 2"}).says(
    "You take the symmetric part of R for A, whose eigenvalues may be negative; A is R times its "
    "transpose, divided by M."
)
mistake(
    "takes_the_symmetric_part_and_the_smallest_eigenvalue",
    {"r @ r.T / M": "(r + r.T) / 2", "[-1]  # in ascending order": "[0]"},
).says(
    "You take the symmetric part of R for A, and divide by the smallest eigenvalue; A is "
    "R R^T / M, and eigvalsh has the largest one last."
)


@EXERCISE.right_answer
def uses_a_singular_value(r):
    A = r.dot(r.T) / r.shape[0]
    scale = 1 + np.linalg.norm(r, 2) ** 2 / r.shape[0]
    A[np.diag_indices_from(A)] += 1
    return A / scale.astype(A.dtype)


@EXERCISE.right_answer
def asks_for_any_eigenvalues(r):
    wide = r.astype(float)
    M = wide.shape[1]
    w = np.identity(M) + np.sum(wide[:, None, :] * wide[None, :, :], axis=2) / M
    w = w / np.linalg.eigvals(w).real.max()
    return w if r.dtype != np.float32 else w.astype(np.float32)


@EXERCISE.right_answer
def takes_the_norm_of_the_sum(r):
    M = len(r)
    w = np.array([[(i == j) + r[i] @ r[j] / M for j in range(M)] for i in range(M)])
    w = w.astype(np.float32 if r.dtype == np.float32 else np.float64)
    return w / np.linalg.norm(w, 2)
