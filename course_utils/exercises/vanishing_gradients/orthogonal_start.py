"""A recurrent matrix that keeps every length: `orthogonal_start`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case


def orthogonal_start(r):
    """Return the orthogonal factor of a random matrix, (M, M).

    >>> orthogonal_start(np.array([[3.0, 1.0], [4.0, 3.0]])).round(9)
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])
    """
    q, upper = np.linalg.qr(r)
    signs = np.sign(np.diagonal(upper))
    return q * signs  # a sign for each column


def reference(r):
    """Solve for Q, where the triangular factor comes from Cholesky's."""
    real = r.astype(np.float64)
    upper = np.linalg.cholesky(real.T @ real).T
    return np.linalg.solve(upper.T, real.T).T.astype(np.result_type(r, np.float32))


def drawn(rng, M):
    """Draw a matrix far from singular, some signs of which have to be turned, and not all."""
    while True:
        r = decimals(rng, M, M)
        q, upper = np.linalg.qr(r)
        signs = np.sign(np.diagonal(upper))
        if np.linalg.cond(r) > 20 or np.abs(q).min() < 1e-3:
            continue
        if M > 1 and set(signs) != {-1, 1}:
            continue
        if M > 2 and set(signs[:-1]) == {1}:  # a single sign could be told by the determinant
            continue
        if M < 3 or ((np.sign(np.diagonal(q)) != signs).any() and (np.sign(q[0]) != signs).any()):
            return r


def wild(rng):
    """Draw matrices of few units."""
    while True:
        r = drawn(rng, int(rng.integers(1, 5)))
        yield case("wild", (10 * r).astype(np.int32) if rng.integers(2) else r)


def inputs(rng):
    """Draw matrices of 1 to 5 units."""
    yield case("the example", np.array([[3.0, 1.0], [4.0, 3.0]]))
    yield case("3 units", strided(drawn(rng, 3)))
    yield case("5 units", np.asfortranarray(drawn(rng, 5)))
    yield case("one unit, a negative number", -1 - np.abs(decimals(rng, 1, 1)))
    while True:
        r = np.rint(10 * drawn(rng, 3)).astype(np.int32)
        if (r < 0).any():
            break
    yield case("whole numbers", r)
    yield case("small numbers", drawn(rng, 3) / 100)
    yield case("large numbers", 1000 * drawn(rng, 3))
    yield case("float32", drawn(rng, 4).astype(np.float32))


EXERCISE = Exercise(
    orthogonal_start,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("leaves_the_signs", {"q * signs": "q"}).says(
    "You return Q with the signs that `qr` happens to choose; turn its columns so that the "
    "diagonal of R is positive."
)
mistake("turns_the_rows", {"q * signs": "q * signs[:, None]"}).says(
    "You multiply rows by the signs; Q R stays the same only if the columns of Q are turned."
)
mistake("turns_them_the_other_way", {"q * signs": "-q * signs"}).says(
    "With your signs the diagonal of R would be negative throughout; it is to be positive."
)
mistake("takes_the_signs_of_q", {"np.diagonal(upper)": "np.diagonal(q)"}).says(
    "You take the signs from the diagonal of Q; those of the diagonal of R count."
)
mistake("takes_the_signs_of_the_random_matrix", {"np.diagonal(upper)": "np.diagonal(r)"}).says(
    "Your signs are those on the diagonal of the random matrix; they are to be those of the "
    "triangular factor."
)
mistake("scales_by_the_diagonal", {"np.sign(np.diagonal(upper))": "np.diagonal(upper)"}).says(
    "You multiply by the diagonal itself, and lengths change; its signs alone are wanted."
)
mistake("returns_the_triangle", {"q * signs": "upper * signs[:, None]"}).says(
    "You return the triangular factor; the orthogonal one is Q."
)
mistake("returns_the_other_way_round", {"q * signs": "(q * signs).T"}).says(
    "You return the transpose of Q, which is another orthogonal matrix."
)
mistake("takes_absolute_values", {"q * signs": "np.abs(q)"}).says(
    "You drop all signs of Q, and its columns are orthogonal no longer; turn whole columns."
)
mistake("decomposes_the_transpose", {"np.linalg.qr(r)": "np.linalg.qr(r.T)"}).says(
    "You decompose the transpose of the random matrix, so that its rows are made orthonormal; "
    "begin with its first column."
)
mistake("makes_the_first_row_positive", {"np.sign(np.diagonal(upper))": "np.sign(q[0])"}).says(
    "You turn columns until the first row of Q is positive; it is the diagonal of R that decides."
)
mistake("turns_one_sign_for_all", {"np.diagonal(upper)": "np.prod(np.diagonal(upper))"}).says(
    "You turn all columns by the sign of one product; each column has its own sign."
)
mistake(
    "makes_the_rows_orthogonal",
    {"np.linalg.qr(r)": "np.linalg.qr(r.T)", "q * signs": "(q * signs).T"},
).says(
    "You make the rows orthogonal one after another; it is the columns that are taken one after "
    "another, from the first on."
)
mistake(
    "turns_by_the_determinant",
    {
        "signs = np.sign(np.diagonal(upper))": (
            "signs = np.ones(len(q), q.dtype)\nsigns[-1] = np.sign(np.linalg.det(q))"
        )
    },
).says(
    "You turn the last column where the determinant is negative; every column is turned for which "
    "the diagonal of R is negative."
)
mistake(
    "turns_by_the_determinant_and_transposes",
    {
        "signs = np.sign(np.diagonal(upper))": (
            "signs = np.ones(len(q), q.dtype)\nsigns[-1] = np.sign(np.linalg.det(q))"
        ),
        "q * signs": "(q * signs).T",
    },
).says(
    "You turn one column by the determinant, and return the transpose of Q; turn each column by "
    "its sign on R's diagonal, and return Q."
)


@EXERCISE.whole_mistake(
    "You take off what lies along the columns of the random matrix; take off what lies along the "
    "orthogonal ones that you have made of them."
)
def projects_on_old_columns(r):
    real = r.astype(np.result_type(r, np.float32))
    done = []
    for k, column in enumerate(real.T):
        along = [(old @ column) / (old @ old) * old for old in real.T[:k]]
        rest = column - sum(along)
        done.append(rest / np.sqrt(rest @ rest))
    return np.stack(done, axis=1)


@EXERCISE.whole_mistake(
    "You scale each column to length 1 and leave the angles between them; orthogonal columns "
    "stand at right angles."
)
def scales_each_column(r):
    return r / np.linalg.norm(r, axis=0)


@EXERCISE.whole_mistake(
    "You multiply the two factors of the singular value decomposition; that is the orthogonal "
    "matrix nearest to the random one, and not the Q of QR."
)
def takes_the_nearest(r):
    u, _, vt = np.linalg.svd(r)
    return u @ vt


@EXERCISE.right_answer
def turns_column_by_column(r):
    q, upper = np.linalg.qr(r, mode="complete")
    for column in range(len(r)):
        if upper[column, column] < 0:
            q[:, column] *= -1
    return q


@EXERCISE.right_answer
def subtracts_projections(r):
    real = r.astype(np.float64)
    done = []
    for column in real.T:
        for _ in range(2):  # twice, so that rounding does not tilt it
            for unit in done:
                column = column - (unit @ column) * unit
        done.append(column / np.sqrt(column @ column))
    return np.stack(done, axis=1).astype(r.dtype if r.dtype == np.float32 else float)


@EXERCISE.right_answer
def reflects(r):
    M = len(r)
    rest, q = r.astype(np.float64), np.eye(M)
    for k in range(M):
        v = rest[k:, k].copy()
        v[0] += np.copysign(np.linalg.norm(v), v[0])
        mirror = np.eye(M)
        mirror[k:, k:] -= 2 * np.outer(v, v) / (v @ v)
        rest, q = mirror @ rest, q @ mirror
    q = np.where(np.diag(rest) < 0, -q, q)
    return q.astype(np.float32) if r.dtype == np.float32 else q
