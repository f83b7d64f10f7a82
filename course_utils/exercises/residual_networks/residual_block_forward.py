"""A residual block on rows of features: `residual_block_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, residual_block, small_blocks
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import residual_block as library


def residual_block_forward(x, w1, gamma1, beta1, w2, gamma2, beta2):
    """Add to rows of features what two normalized layers make of them; return the output.

    >>> x, w, zero = np.array([[1.0], [3.0]]), np.array([[1.0]]), np.zeros(1)
    >>> residual_block_forward(x, w, np.ones(1), zero, 2 * w, np.array([0.5]), zero).round(3)
    array([[0.5],
           [3.5]])
    """

    def batch_norm(a, gamma, beta):
        normal = (a - np.mean(a, axis=0)) / np.sqrt(np.var(a, axis=0) + 1e-5)
        return gamma * normal + beta

    if w2.shape[1] != x.shape[1]:
        raise ValueError("the branch must end with as many features as x has")
    hidden = np.maximum(batch_norm(x @ w1, gamma1, beta1), 0)  # (N, M)
    return np.maximum(x + batch_norm(hidden @ w2, gamma2, beta2), 0)


def reference(x, w1, gamma1, beta1, w2, gamma2, beta2):
    """Take rows for images of one pixel, and let the library's block slide kernels of one pixel."""
    kernel1, kernel2 = (w.T[:, :, None, None] for w in (w1, w2))
    images = x[:, :, None, None]
    out, _ = library.residual_block_forward(images, kernel1, gamma1, beta1, kernel2, gamma2, beta2)
    return out[:, :, 0, 0]


def weights_near_zero(rng, N, D, M):
    """Draw a block in which 1e-5 counts in single precision, and the branch lifts a row above 0."""
    while True:
        x, w1, *rest, w2, gamma2, beta2 = residual_block(rng, N, D, M)
        block = x, w1 / 100, *rest, w2 / 100, gamma2, beta2
        if ((x < 0) & (residual_block_forward(*block) > 0.01)).any():
            return [array.astype(np.float32) for array in block]


def inputs(rng):
    """Draw blocks whose sizes differ."""
    x, w, zero = np.array([[1.0], [3.0]]), np.array([[1.0]]), np.zeros(1)
    yield case("the example", x, w, np.ones(1), zero, 2 * w, np.array([0.5]), zero)
    x, *rest = residual_block(rng, 5, 3, 4)
    yield case("5 rows, 3 features, 4 hidden units", strided(x), *rest)
    x, w1, *rest, w2, gamma2, beta2 = residual_block(rng, 6, 4, 2)
    yield case(
        "more features than hidden units", x, np.asfortranarray(w1), *rest, w2, gamma2, beta2
    )
    yield case("one feature", *residual_block(rng, 7, 1, 3))
    yield case("one hidden unit", *residual_block(rng, 6, 3, 1))
    x, w1, *rest = residual_block(rng, 4, 3, 5)
    w1[:, 2] = 0
    yield case("a hidden unit whose weights are 0", x, w1, *rest)
    *rest, gamma2, beta2 = residual_block(rng, 4, 3, 2)
    yield case("gamma2 and beta2 of 0", *rest, 0 * gamma2, 0 * beta2)
    yield case("float32, and weights near 0", *weights_near_zero(rng, 5, 2, 3))
    x, *rest = residual_block(rng, 4, 2, 3)
    yield case("x of float32, all else of float64", x.astype(np.float32), *rest)

    x, *rest, w2, gamma2, beta2 = residual_block(rng, 4, 3, 2)
    yield refused("a branch of one feature for three", x, *rest, w2[:, :1], gamma2[:1], beta2[:1])


EXERCISE = Exercise(
    residual_block_forward,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("row", "feature")},
    forbidden=HANDMADE,
    wild=small_blocks,
)
mistake = EXERCISE.mistake

mistake("leaves_the_shortcut_out", {"x + batch_norm": "batch_norm"}).says(
    "You return what the two layers make; a residual block adds its input to it, before the last "
    "ReLU."
)
mistake(
    "rectifies_before_it_adds",
    {
        "np.maximum(x + batch_norm(hidden @ w2, gamma2, beta2), 0)": (
            "x + np.maximum(batch_norm(hidden @ w2, gamma2, beta2), 0)"
        )
    },
).says(
    "Your branch goes through a ReLU before x is added, so it can never lower anything; add first, "
    "and rectify the sum."
)
mistake(
    "leaves_the_last_relu_out",
    {
        "np.maximum(x + batch_norm(hidden @ w2, gamma2, beta2), 0)": (
            "x + batch_norm(hidden @ w2, gamma2, beta2)"
        )
    },
).says("Your sum goes out as it is; the block ends with a ReLU, which comes after the addition.")
mistake(
    "leaves_the_inner_relu_out",
    {"np.maximum(batch_norm(x @ w1, gamma1, beta1), 0)": "batch_norm(x @ w1, gamma1, beta1)"},
).says(
    "Nothing bends between your two layers; the hidden units go through a ReLU before w2 reads "
    "them."
)
mistake(
    "normalizes_behind_the_relu",
    {
        "np.maximum(batch_norm(x @ w1, gamma1, beta1), 0)": (
            "batch_norm(np.maximum(x @ w1, 0), gamma1, beta1)"
        )
    },
).says(
    "You rectify x @ w1 and normalize afterwards; in the block the normalization comes first, then "
    "the ReLU."
)
mistake(
    "normalizes_the_sum",
    {"x + batch_norm(hidden @ w2, gamma2, beta2)": "batch_norm(x + hidden @ w2, gamma2, beta2)"},
).says(
    "You normalize the sum, and x with it; the normalization belongs to the branch, so that the "
    "shortcut hands x on as it is."
)
mistake("normalizes_the_shortcut", {"x + batch": "batch_norm(x, gamma2, beta2) + batch"}).says(
    "You normalize x on the shortcut, too; the shortcut has no layer at all, and adds x itself."
)
mistake("adds_the_hidden_units", {"(hidden @ w2,": "(x + hidden @ w2,"}).says(
    "You add x inside the second normalization as well; it is added once, to what the "
    "normalization returns."
)
mistake(
    "divides_by_the_variance", {"np.sqrt(np.var(a, axis=0) + 1e-5)": ("(np.var(a, axis=0) + 1e-5)")}
).says("You divide by the variance; it is the square root of it that a feature is measured in.")
mistake("takes_the_sample_variance", {"np.var(a, axis=0)": "np.var(a, axis=0, ddof=1)"}).says(
    "Your variance divides by N - 1; batch norm divides the sum of squared differences by N."
)
mistake("squares_without_the_mean", {"np.var(a, axis=0)": "np.mean(a * a, axis=0)"}).says(
    "You take the mean of the squares for the variance; take the mean off first, then square."
)
mistake("leaves_eps_out", {" + 1e-5": ""}).says(
    "You divide by the spread alone, which is 0 where all rows agree; first 1e-5 is added to the "
    "variance."
)
mistake(
    "adds_eps_to_the_spread",
    {"np.sqrt(np.var(a, axis=0) + 1e-5)": "(np.sqrt(np.var(a, axis=0)) + 1e-5)"},
).says("You add 1e-5 to the square root; it is added to the variance, under the root.")
mistake(
    "normalizes_each_row",
    {
        "np.mean(a, axis=0)": "np.mean(a, axis=1, keepdims=True)",
        ("np.var(a, axis=0)"): "np.var(a, axis=1, keepdims=True)",
    },
).says(
    "You take mean and variance along each row, as layer norm does; batch norm takes those of each "
    "feature, over the rows."
)
mistake(
    "takes_one_mean_for_all",
    {"np.mean(a, axis=0)": "np.mean(a)", ("np.var(a, axis=0)"): "np.var(a)"},
).says(
    "You take one mean and one variance of all numbers; each feature has its own, over the rows."
)
mistake("leaves_the_shifts_out", {" + beta": ""}).says(
    "Your normalizations scale and do not shift; beta is added after gamma has scaled."
)
mistake("leaves_the_scales_out", {"gamma * normal": "normal"}).says(
    "Your normalizations shift and do not scale; each feature is multiplied by its gamma."
)
mistake(
    "writes_into_x",
    {
        "return np.maximum(x + batch_norm(hidden @ w2, gamma2, beta2), 0)": (
            "x += batch_norm(hidden @ w2, gamma2, beta2)\nreturn np.maximum(x, 0)"
        )
    },
).says(
    "You add the branch to x in place, so the array of the caller changes; make a new one for the "
    "sum."
)
mistake("returns_float64", {"beta2), 0)": "beta2), 0).astype(float)"}).says(
    "Your output is float64 where everything that came in is float32; keep the type."
)
mistake(
    "lets_numpy_stretch_the_branch",
    {
        "if w2.shape[1] != x.shape[1]:\n"
        '    raise ValueError("the branch must end with as many features as x has")': ""
    },
).says(
    "NumPy stretches a branch of one feature over all of x in silence; compare the shapes before "
    "you add."
)
mistake("rectifies_x", {"np.maximum(x + batch": "np.maximum(np.maximum(x, 0) + batch"}).says(
    "You rectify x before you add it; the shortcut hands x on with its negative numbers, and the "
    "ReLU comes after the sum."
)
mistake(
    "leaves_the_inner_relu_out_and_adds_eps_to_the_spread",
    {
        "np.maximum(batch_norm(x @ w1, gamma1, beta1), 0)": "batch_norm(x @ w1, gamma1, beta1)",
        "np.sqrt(np.var(a, axis=0) + 1e-5)": "(np.sqrt(np.var(a, axis=0)) + 1e-5)",
    },
).says(
    "No ReLU lies between your two layers, and you add 1e-5 outside of the root; rectify the "
    "hidden units, and add 1e-5 to the variance."
)
mistake(
    "activates_before_the_weights",
    {
        "gamma * normal + beta": (
            "np.resize(gamma, a.shape[1]) * normal + np.resize(beta, a.shape[1])"
        ),
        "np.maximum(batch_norm(x @ w1, gamma1, beta1), 0)": (
            "np.maximum(batch_norm(x, gamma1, beta1), 0) @ w1"
        ),
        "np.maximum(x + batch_norm(hidden @ w2, gamma2, beta2), 0)": (
            "x + np.maximum(batch_norm(hidden, gamma2, beta2), 0) @ w2"
        ),
    },
).says(
    "You normalize and rectify in front of the weights, as the later version of the block does; "
    "here the weights come first, and the last ReLU after the sum."
)


@EXERCISE.right_answer
def works_unit_by_unit(x, w1, gamma1, beta1, w2, gamma2, beta2):
    (N, D), M = x.shape, len(gamma1)
    if w2.shape != (M, D):
        raise ValueError(f"w2 must have shape {(M, D)}, got {w2.shape}")

    def layer(rows, w, gamma, beta):
        columns = []
        for unit in range(w.shape[1]):
            a = rows @ w[:, unit]
            centred = a - sum(a) / N
            columns.append(
                centred / (centred @ centred / N + 1e-5) ** 0.5 * gamma[unit] + beta[unit]
            )
        return np.stack(columns, axis=1)

    hidden = layer(x, w1, gamma1, beta1)
    hidden = np.where(hidden > 0, hidden, 0)
    out = layer(hidden, w2, gamma2, beta2) + x
    return np.where(out > 0, out, 0)


@EXERCISE.right_answer
def scales_before_it_centres(x, w1, gamma1, beta1, w2, gamma2, beta2):
    if w2.shape[-1] != x.shape[-1]:
        raise ValueError("x and the branch differ in shape")
    out = x
    for w, gamma, beta in ((w1, gamma1, beta1), (w2, gamma2, beta2)):
        a = np.einsum("nd,dm->nm", out, w)
        mean = np.einsum("nm->m", a) / len(a)
        factor = gamma / np.sqrt(((a - mean) ** 2).mean(axis=0) + 1e-5)
        out = (a - mean) * factor + beta
        if w is w2:
            out = out + x
        out = out.clip(min=0)
    return out


@EXERCISE.right_answer
def works_with_columns(x, w1, gamma1, beta1, w2, gamma2, beta2):
    if x.T.shape[0] != w2.T.shape[0]:
        raise ValueError("the shapes do not fit")

    def norm(a, gamma, beta):  # (units, N)
        a = a - a.mean(axis=1, keepdims=True)
        a = a / np.sqrt(np.square(a).mean(axis=1, keepdims=True) + 1e-5)
        return a * gamma[:, None] + beta[:, None]

    a = norm(w1.T @ x.T, gamma1, beta1)
    hidden = a * (a > 0)
    a = x.T + norm(w2.T @ hidden, gamma2, beta2)
    return (a * (a > 0)).T
