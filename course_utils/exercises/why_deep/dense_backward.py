"""The way back through a dense layer: `dense_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing, showing, small
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import dense

BACK = {"dx": ("row", "feature"), "dw": ("feature", "unit"), "db": ("unit",)}


def dense_backward(dout, x, w):
    """Go back through out = x w + b: dx, dw, db.

    >>> x, w = np.array([[2.0, -1.0]]), np.array([[3.0], [5.0]])
    >>> dx, dw, db = dense_backward(np.array([[4.0]]), x, w)
    >>> dx, dw.ravel(), db
    (array([[12., 20.]]), array([ 8., -4.]), array([4.]))
    """
    dx = dout @ w.T  # (N, D)
    dw = x.T @ dout  # (D, M)
    db = np.sum(dout, axis=0)  # (M,)
    return dx, dw, db


def reference(dout, x, w):
    """Go back through the layer of the library."""
    return dense.dense_backward(dout, dense.DenseCache(x, w))


def drawn(rng, N, D, M):
    """Draw a gradient, what the layer read, and weights of which no two are the same."""
    return decimals(rng, N, M), decimals(rng, N, D), differing(rng, D, M)


def inputs(rng):
    """Draw layers with all sizes different, and square ones."""
    yield case("the example", np.array([[4.0]]), np.array([[2.0, -1.0]]), np.array([[3.0], [5.0]]))
    dout, *rest = drawn(rng, 3, 4, 2)
    yield case("3 rows, 4 features, 2 units", strided(dout), *rest)
    dout, x, w = drawn(rng, 2, 3, 5)
    yield case("2 rows, 3 features, 5 units", dout, np.asfortranarray(x), strided(w))
    yield case("as many rows and features as units", *drawn(rng, 3, 3, 3))
    dout, x, w = drawn(rng, 4, 2, 3)
    quarters = rng.integers(1, 9, (2, 3)) / 4
    yield case("gradients that add up to 0", np.concatenate([quarters, -quarters]), x, w)
    yield case("one row", *drawn(rng, 1, 3, 2))
    signs = "makes_dx_of_absolute_weights"
    yield showing(EXERCISE, signs, lambda: case("one feature", *drawn(rng, 3, 1, 4)))
    ones = f"{signs} adds_db_without_the_rows"
    yield showing(EXERCISE, ones, lambda: case("one unit", *drawn(rng, 4, 2, 1)))
    yield case("float32", *(array.astype(np.float32) for array in drawn(rng, 5, 4, 3)))


EXERCISE = Exercise(
    dense_backward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=tuple(BACK),
    axes=BACK,
    forbidden=HANDMADE,
    wild=small(drawn, 3),
    formula=Formula(
        arguments={"dout": [["dout"]], "x": [["x"]], "w": [["w"]]},
        numbers={"dout x w": decimals},
        upstream="dout",
        tells="feedback",
    ),
)
mistake = EXERCISE.mistake

mistake("multiplies_by_w_itself", {"dout @ w.T": "dout @ w"}).says(
    "Your dx multiplies dout by w as the forward pass does; going back, it meets the transpose of "
    "w."
)
mistake("sends_x_back", {"dout @ w.T": "x * np.sum(dout, axis=1, keepdims=True)"}).says(
    "Your dx is made of x; the factor of x in the output is the weight, so dout meets w."
)
mistake("turns_dw", {"x.T @ dout": "dout.T @ x"}).says(
    "Your dw is transposed; its rows belong to the features, like those of w."
)
mistake("returns_weights_for_dw", {"x.T @ dout": "w * np.sum(dout, axis=0)"}).says(
    "Your dw multiplies dout by the weights; the factor of a weight in the output is what it met, "
    "x."
)
mistake("averages_dw", {"x.T @ dout": "x.T @ dout / len(x)"}).says(
    "You divide dw by the number of rows; if the loss is a mean, dout has that factor already."
)
mistake("averages_db", {"np.sum(dout, axis=0)": "np.mean(dout, axis=0)"}).says(
    "Your db is a mean over the rows; each row sends its share to the bias, and shares add up."
)
mistake("adds_db_over_the_units", {"axis=0": "axis=1"}).says(
    "You add db up over the units; a bias belongs to one unit, and adds up over the rows."
)
mistake("keeps_db_as_a_row", {"axis=0": "axis=0, keepdims=True"}).says(
    "Your db has the shape (1, M); give it that of b, (M,)."
)
mistake("adds_db_to_one_number", {"np.sum(dout, axis=0)": "np.sum(dout) + 0 * dout[0]"}).says(
    "Your db adds up all of dout; each unit has a bias, and gets what its own column holds."
)
mistake("adds_db_without_the_rows", {"np.sum(dout, axis=0)": "np.ones_like(dout[0])"}).says(
    "Your db is 1, the slope of the output; by the chain rule it is multiplied by dout, and added "
    "up."
)
mistake("exchanges_dx_and_dw", {"return dx, dw, db": "return dw, dx, db"}).says(
    "You return dw before dx; gradients come in the order x, w, b."
)
mistake("takes_one_row", {"x.T @ dout": "np.outer(x[-1], dout[-1])"}).says(
    "Your dw is that of the last row alone; the products of all rows add up."
)
mistake(
    "adds_the_rows_first", {"x.T @ dout": "np.outer(np.sum(x, axis=0), np.sum(dout, axis=0))"}
).says(
    "You add the rows up and multiply then, so that rows meet that do not belong together; "
    "multiply each row by itself."
)
mistake("makes_dx_of_absolute_weights", {"dout @ w.T": "dout @ np.abs(w.T)"}).says(
    "You drop the signs of the weights in dx; a negative weight sends the opposite gradient back."
)
mistake("fills_float64_arrays", {"x.T @ dout": "np.zeros(w.shape) + x.T @ dout"}).says(
    "Your dw is float64 whatever comes in, as that of `zeros` is; give it the type of w."
)


@EXERCISE.right_answer
def goes_row_by_row(dout, x, w):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(w[0])
    for n in range(len(x)):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db


@EXERCISE.right_answer
def sums_with_einsum(dout, x, w):
    return (
        np.einsum("nm,dm->nd", dout, w),
        np.einsum("nd,nm->dm", x, dout),
        np.einsum("nm->m", dout),
    )


@EXERCISE.right_answer
def treats_the_bias_as_a_weight(dout, x, w):
    N, D = x.shape
    longer = np.hstack([x, np.ones((N, 1), x.dtype)])  # a feature that is always 1
    dw = np.tensordot(longer, dout, (0, 0))
    dx = np.stack([np.sum(dout * w[d], axis=1) for d in range(D)], axis=1)
    return dx, dw[:D], dw[D]
