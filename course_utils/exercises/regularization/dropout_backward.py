"""The way back through a dense layer, a ReLU and dropout: `dropout_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import dropout
from course_utils.reference.dense import dense_backward, dense_forward


def dropout_backward(dout, x, w, b, mask):
    """Go back through out = max(0, x w + b) * mask: dx, dw, db.

    >>> dout, x, mask = np.array([[3.0, 5.0]]), np.array([[2.0]]), np.array([[2.0, 0.0]])
    >>> dropout_backward(dout, x, np.array([[4.0, 1.0]]), np.array([-1.0, 1.0]), mask)
    (array([[24.]]), array([[12.,  0.]]), array([6., 0.]))
    """
    a = x @ w + b  # (N, M)
    da = dout * mask * (a > 0)
    return da @ w.T, x.T @ da, np.sum(da, axis=0)


GRADIENTS = {"dx": ("row", "feature"), "dw": ("feature", "unit"), "db": ("unit",)}


def reference(dout, x, w, b, mask):
    """Go back through the layers of the library, one after the other."""
    a, dense = dense_forward(x, w, b)
    da = dropout.dropout_backward(dout, dropout.DropoutCache(mask))
    return dense_backward(np.where(a > 0, da, 0), dense)


def drawn(rng, N, D, M, keep=0.5, zero=False):
    """Draw a layer and a gradient that tell.

    With `zero`, the ReLU gets exactly 0 for unit 1 of row 0, and this unit is kept.
    """
    while True:
        dout, x, w, b = (decimals(rng, *shape) for shape in ((N, M), (N, D), (D, M), (M,)))
        mask = rng.integers(0, 2, (N, M)) / keep
        if zero:
            x[0] = np.array([1, 2, -1]) * rng.integers(1, 9)
            w[:, 1], b[1], mask[0, 1] = np.array([1, 1, 3]) * rng.integers(1, 9), 0, 1 / keep
        if tells(dout, x, w, b, mask, zero):
            return dout, x, w, b, mask


def tells(dout, x, w, b, mask, zero):
    """Say whether no sum is 0 by rounding, and mask, ReLU, bias and signs each decide of a unit.

    A sum is told from a mean, and 0 from another threshold.
    """
    a, kept = x @ w + b, mask > 0
    da = dout * mask * (a > 0)
    near, passes = np.abs(a) < 1e-3, kept & (a > 0)
    decided = (
        ~kept & (a > 0), kept & (a < 0), kept & ((a > 0) != (x @ w > 0)), passes & (dout < 0),
        da.sum(axis=0), np.abs((dout - da).sum(axis=0)) > 1e-3, passes & (a * mask < 1),
        passes & (np.abs(a - 1) > 1e-3),
    )  # fmt: skip
    return near.sum() == zero and all(each.any() for each in decided)


def wild(rng):
    """Draw small layers of whole numbers, with sums of 0."""
    while True:
        N, D, M = rng.integers(1, 5, 3)
        x, w, b = (rng.integers(-3, 4, shape).astype(float) for shape in ((N, D), (D, M), (M,)))
        mask = rng.integers(0, 2, (N, M)) / float(rng.choice([0.25, 0.5]))
        yield case("wild", decimals(rng, N, M), x, w, b, mask)


def inputs(rng):
    """Draw layers of few rows with all sizes different."""
    dout, x, mask = np.array([[3.0, 5.0]]), np.array([[2.0]]), np.array([[2.0, 0.0]])
    yield case("the example", dout, x, np.array([[4.0, 1.0]]), np.array([-1.0, 1.0]), mask)
    dout, *rest = drawn(rng, 4, 2, 3)
    yield case("4 rows, 2 inputs, 3 units", strided(dout), *rest)
    *rest, mask = drawn(rng, 3, 4, 2, 0.8)
    yield case("kept with 0.8", *rest, np.asfortranarray(mask))
    yield case("a sum that is exactly 0", *drawn(rng, 3, 3, 3, 0.4, zero=True))
    yield case("one row", *drawn(rng, 1, 3, 5, 0.25))
    yield case("one input", *drawn(rng, 4, 1, 3))
    yield case("one unit", *drawn(rng, 5, 2, 1, 0.8))
    arrays = drawn(rng, 4, 3, 2, 0.8)
    yield case("float32", *(array.astype(np.float32) for array in arrays))


def above_0(rng, count):
    """Draw numbers above 0, which keep the ReLU open."""
    return rng.integers(1, 40, count) / 10


EXERCISE = Exercise(
    dropout_backward,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=tuple(GRADIENTS),
    axes=GRADIENTS,
    forbidden=HANDMADE,
    wild=wild,
    formula=Formula(
        arguments={
            "dout": [["dout"]], "x": [["x"]], "w": [["w"]], "b": ["b"], "mask": [["mask"]],
        },
        numbers={"dout": decimals, "x w b mask": above_0},
        upstream="dout",
    ),
)  # fmt: skip
mistake = EXERCISE.mistake

mistake("forgets_the_mask", {"dout * mask * (a > 0)": "dout * (a > 0)"}).says(
    "You send gradients back through units that were dropped; multiply by the mask, as forwards."
)
mistake("lets_the_kept_pass_unscaled", {"dout * mask": "dout * (mask > 0)"}).says(
    "You let the gradients of kept units pass as they are; forwards these units were scaled by the "
    "mask, so scale their gradients by the same number."
)
mistake("masks_twice", {"dout * mask": "dout * mask * mask"}).says(
    "You multiply by the mask twice; forwards it was once, so backwards it is once."
)
mistake(
    "undoes_the_scale", {"dout * mask": "dout * np.divide(1, mask, where=mask > 0, out=0 * mask)"}
).says(
    "You divide by the mask, to undo what it did; the slope of a product is the other factor, so "
    "multiply by it."
)
mistake("forgets_the_relu", {" * (a > 0)": ""}).says(
    "You send gradients back where the ReLU made 0 of a negative number; nothing passes there."
)
mistake("opens_at_0", {"(a > 0)": "(a >= 0)"}).says(
    "You let the gradient pass where the ReLU got exactly 0; it passes only above 0."
)
mistake("asks_the_sum_without_the_bias", {"x @ w + b": "x @ w"}).says(
    "You look at the sign of x w; what the ReLU got is x w + b."
)
mistake("multiplies_by_what_relu_makes", {"(a > 0)": "np.maximum(a, 0)"}).says(
    "You multiply by the ReLU's output; its slope is 1 where it is open."
)
mistake("stops_negative_gradients", {"(a > 0)": "(a > 0) * (dout > 0)"}).says(
    "You stop gradients below 0; the ReLU stops by the sign of what it got, not of the gradient."
)
mistake(
    "applies_relu_to_the_gradient", {"dout * mask * (a > 0)": "np.maximum(dout * mask, 0)"}
).says(
    "You take the ReLU of the gradient; backwards it is a switch, open where its input was above 0."
)
mistake("leaves_dw_unmasked", {"x.T @ da": "x.T @ (dout * (a > 0))"}).says(
    "Your dx has the mask in it, and your dw does not; multiply by the mask before both."
)
mistake("leaves_db_unmasked", {"np.sum(da": "np.sum(dout"}).says(
    "Your db adds up `dout` itself; add up what has come back through the mask and the ReLU."
)
mistake(
    "masks_the_gradient_of_x",
    {
        "dout * mask * (a > 0)": "dout * (a > 0)",
        "da @ w.T, x.T @ da, np.sum(da": "(da * mask) @ w.T, x.T @ da, np.sum(da",
    },
).says("You mask the gradient on its way to x alone; mask it before it parts into dx, dw and db.")
mistake("averages_db", {"np.sum(da": "np.mean(da"}).says(
    "Your db is a mean over the rows; each row adds its own share, so take the sum."
)
mistake("averages_over_the_rows", {"x.T @ da": "x.T @ da / len(x)"}).says(
    "You divide dw by the number of rows; a loss that is a mean has done so in `dout` already."
)
mistake("turns_dw_over", {"x.T @ da": "da.T @ x"}).says(
    "Your dw is the transpose; it has the shape of w, a row for each input."
)
mistake("keeps_a_row_for_db", {"axis=0)": "axis=0, keepdims=True)"}).says(
    "Your db has two axes, (1, M); it is shaped like b, (M,)."
)
mistake("begins_with_dw", {"da @ w.T, x.T @ da": "x.T @ da, da @ w.T"}).says(
    "You return dw first; the gradients come as dx, dw, db."
)
mistake("changes_dout", {"da = dout * mask * (a > 0)": "dout *= mask * (a > 0)\nda = dout"}).says(
    "You multiply `dout` in place, and the caller's array changes; make a new array of the product."
)


@EXERCISE.right_answer
def asks_the_output(dout, x, w, b, mask):
    out = np.maximum(x @ w + b, 0) * mask
    back = np.where(out > 0, dout * mask, 0)
    return back.dot(w.T), x.T.dot(back), back.sum(axis=0)


@EXERCISE.right_answer
def adds_row_by_row(dout, x, w, b, mask):
    dx, dw, db = np.empty_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        da = dout[n] * mask[n]
        da = da * np.heaviside(b + w.T @ x[n], 0)
        dx[n] = w @ da
        dw += np.outer(x[n], da)
        db += da
    return dx, dw, db


@EXERCISE.right_answer
def adds_a_one_to_each_row(dout, x, w, b, mask):
    with_one = np.hstack([x, np.ones_like(x[:, :1])])
    stacked = np.vstack([w, b])
    passes = (with_one @ stacked > 0).astype(x.dtype)
    da = np.einsum("nm,nm,nm->nm", dout, mask, passes)
    back, dw = da @ stacked.T, with_one.T @ da
    return back[:, :-1], dw[:-1], dw[-1]
