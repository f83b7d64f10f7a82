"""The way back through a residual block: `residual_block_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, residual_block, small_blocks_back
from course_utils.exercises.exercise import Exercise, case
from course_utils.reference import residual_block as library

GRADIENTS = {
    "dx": ("row", "feature"),
    "dw1": ("feature", "hidden unit"),
    "dgamma1": ("hidden unit",),
    "dbeta1": ("hidden unit",),
    "dw2": ("hidden unit", "feature"),
    "dgamma2": ("feature",),
    "dbeta2": ("feature",),
}


def residual_block_backward(dout, x, w1, gamma1, beta1, w2, gamma2, beta2):
    """Go back through residual_block_forward: dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2.

    >>> x, dout = np.array([[1.0], [1.0], [3.0], [3.0]]), np.array([[0.0], [0.0], [4.0], [0.0]])
    >>> w, one, zero = np.array([[1.0]]), np.ones(1), np.zeros(1)
    >>> grads = residual_block_backward(dout, x, w, one, zero, 2 * w, one / 2, zero)
    >>> dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2 = grads
    >>> dx.ravel().round(3) + 0, dgamma2.round(3), dbeta2.round(3)
    (array([ 0.,  0.,  6., -2.]), array([4.]), array([4.]))
    """

    def normalize(a):
        spread = np.sqrt(np.var(a, axis=0) + 1e-5)
        return (a - np.mean(a, axis=0)) / spread, spread

    def back(d, normal, spread, gamma):
        da = d - np.mean(d, axis=0) - normal * np.mean(d * normal, axis=0)
        return gamma / spread * da, np.sum(d * normal, axis=0), np.sum(d, axis=0)

    normal1, spread1 = normalize(x @ w1)
    hidden = np.maximum(gamma1 * normal1 + beta1, 0)  # (N, M)
    normal2, spread2 = normalize(hidden @ w2)
    out = np.maximum(x + gamma2 * normal2 + beta2, 0)
    dsum = dout * (out > 0)  # for the shortcut and for the branch
    da2, dgamma2, dbeta2 = back(dsum, normal2, spread2, gamma2)
    dhidden = da2 @ w2.T
    da1, dgamma1, dbeta1 = back(dhidden * (hidden > 0), normal1, spread1, gamma1)
    dx = dsum + da1 @ w1.T
    return dx, x.T @ da1, dgamma1, dbeta1, hidden.T @ da2, dgamma2, dbeta2


def reference(dout, x, w1, gamma1, beta1, w2, gamma2, beta2):
    """Go back through the library's block, with images and kernels of one pixel."""
    kernel1, kernel2 = (w.T[:, :, None, None] for w in (w1, w2))
    images = x[:, :, None, None]
    _, cache = library.residual_block_forward(
        images, kernel1, gamma1, beta1, kernel2, gamma2, beta2
    )
    back = library.residual_block_backward(dout[:, :, None, None], cache)
    dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2 = back
    dw1, dw2 = (dw[:, :, 0, 0].T for dw in (dw1, dw2))
    return dx[:, :, 0, 0], dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2


def drawn(rng, N, D, M):
    """Draw the output's gradient, and a block whose inner ReLU depends on scale and shift."""
    while True:
        x, *first, w2, gamma2, beta2 = residual_block(rng, N, D, M)
        if ((before_relu(x, *first) > 0) != (before_relu(x, first[0], 1, 0) > 0)).any():
            return decimals(rng, N, D), x, *first, w2, gamma2, beta2


def before_relu(x, w1, gamma1, beta1):
    """Return the hidden units in front of their ReLU."""
    a = x @ w1
    return gamma1 * (a - np.mean(a, axis=0)) / np.sqrt(np.var(a, axis=0) + 1e-5) + beta1


def without_a_branch(rng, N, D, M):
    """Draw them with a branch of 0, a sum of 0, at which the ReLU lets nothing back, and others."""
    while True:
        dout, x, *first, w2, gamma2, beta2 = drawn(rng, N, D, M)
        dout[0, 0], x[0, 0] = 1.5, 0
        hidden = np.maximum(before_relu(x, *first), 0)
        if np.abs(hidden.T @ (dout * (x > 0))).max() > 1e-3:
            return dout, x, *first, w2, 0 * gamma2, 0 * beta2


def single(rng, N, D, M):
    """Draw them in float32, again until rounding does not grow in any gradient.

    A gradient that is small beside what it is the sum of loses digits, other ones in each right
    answer. Where small changes of the inputs hardly change it, no right answer loses them; scale
    and shift change in each row by itself, as what rounding leaves behind a normalization does.
    All is computed in float64, so that every machine draws the same.
    """
    eps = np.finfo(np.float32).eps
    while True:
        arrays = [array.astype(np.float32) for array in drawn(rng, N, D, M)]
        wide = [array.astype(float) for array in arrays]
        exact = residual_block_backward(*wide)
        rows = [np.broadcast_to(a, (N, *a.shape)) if a.ndim == 1 else a for a in wide]
        changed = [
            residual_block_backward(*(a * (1 + eps * rng.uniform(-1, 1, a.shape)) for a in rows))
            for _ in range(8)
        ]
        if all(np.abs(gradient).max() > 0.1 for gradient in exact) and all(
            np.abs(near - gradient).max() < 4 * eps * np.abs(gradient).max()
            for gradients in changed
            for near, gradient in zip(gradients, exact, strict=True)
        ):
            return arrays


def inputs(rng):
    """Draw blocks whose sizes differ."""
    x, dout = np.array([[1.0], [1.0], [3.0], [3.0]]), np.array([[0.0], [0.0], [4.0], [0.0]])
    w, one, zero = np.array([[1.0]]), np.ones(1), np.zeros(1)
    yield case("the example", dout, x, w, one, zero, 2 * w, one / 2, zero)
    dout, *rest = drawn(rng, 5, 3, 4)
    yield case("5 rows, 3 features, 4 hidden units", strided(dout), *rest)
    dout, x, *rest = drawn(rng, 6, 4, 2)
    yield case("more features than hidden units", dout, np.asfortranarray(x), *rest)
    yield case("one feature", *drawn(rng, 7, 1, 3))
    yield case("one hidden unit", *drawn(rng, 6, 3, 1))
    yield case("gamma2 and beta2 of 0", *without_a_branch(rng, 5, 3, 2))
    yield case("float32", *single(rng, 6, 2, 3))


EXERCISE = Exercise(
    residual_block_backward,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=tuple(GRADIENTS),
    axes=GRADIENTS,
    forbidden=HANDMADE,
    wild=small_blocks_back,
)
mistake = EXERCISE.mistake

mistake("forgets_the_shortcut", {"dsum + da1 @ w1.T": "da1 @ w1.T"}).says(
    "Your dx comes through the two layers alone; x has also gone straight into the sum, so add the "
    "gradient that arrives there."
)
mistake("takes_the_shortcut_around_the_relu", {"dsum + da1": "dout + da1"}).says(
    "Your shortcut carries dout past the last ReLU; the addition lies before it, so only what the "
    "ReLU lets through goes back both ways."
)
mistake(
    "forgets_the_last_relu", {"dout * (out > 0)  # for the shortcut and for the branch": ("dout")}
).says("You let all of dout into the sum; where the block's output is 0, the last ReLU stops it.")
mistake("forgets_the_inner_relu", {"dhidden * (hidden > 0)": "dhidden"}).says(
    "You carry all of dhidden to the first normalization; where a hidden unit is 0, its ReLU lets "
    "nothing back."
)
mistake("masks_with_the_normalized", {"dhidden * (hidden > 0)": "dhidden * (normal1 > 0)"}).says(
    "You ask whether the normalized numbers are above 0; the ReLU saw them behind gamma1 and beta1."
)
mistake("masks_with_the_branch_alone", {"x + gamma2": "gamma2"}).says(
    "You ask whether the branch is above 0; the last ReLU sees the sum, x included, so ask that."
)
mistake("takes_the_shortcut_twice", {"dsum + da1": "2 * dsum + da1"}).says(
    "You count the shortcut twice; x goes past the layers once, so the gradient that arrives at "
    "the sum is added once."
)
mistake("scales_the_shortcut", {"dsum + da1": "gamma2 * dsum + da1"}).says(
    "You multiply what the shortcut hands back by gamma2; that scales the branch alone, and the "
    "shortcut has no factor."
)
mistake(
    "takes_statistics_for_constants",
    {"d - np.mean(d, axis=0) - normal * np.mean(d * normal, axis=0)": "d"},
).says(
    "You treat mean and variance as constants; they depend on every row, so two more terms are "
    "taken off d."
)
mistake("forgets_the_mean", {"d - np.mean(d, axis=0) - normal": "d - normal"}).says(
    "Your normalization's way back forgets that the mean depends on x; take off the mean of d."
)
mistake("forgets_the_variance", {" - normal * np.mean(d * normal, axis=0)": ""}).says(
    "Your normalization's way back forgets that the variance depends on x; take off normal times "
    "the mean of d * normal."
)
mistake("forgets_gamma", {"gamma / spread * da": "da / spread"}).says(
    "On its way back through a normalization the gradient meets the scale; multiply by gamma."
)
mistake("forgets_the_spread", {"gamma / spread * da": "gamma * da"}).says(
    "The normalization has divided by the spread, so its gradient is divided by it as well."
)
mistake(
    "never_rectifies_again",
    {"np.maximum(gamma1 * normal1 + beta1, 0)": ("gamma1 * normal1 + beta1")},
).says(
    "The hidden units that you work out anew have no ReLU; the second layer read them behind it."
)
mistake("lets_dw2_see_the_normalized", {"hidden.T @ da2": "normal1.T @ da2"}).says(
    "Your dw2 is made with the normalized units; w2 was multiplied by the hidden ones, behind "
    "scale, shift and ReLU."
)
mistake(
    "takes_means_of_scale_and_shift",
    {
        "np.sum(d * normal, axis=0), np.sum(d, axis=0)": (
            "np.mean(d * normal, axis=0), np.mean(d, axis=0)"
        )
    },
).says(
    "Your gradients with respect to gamma and beta are means over the rows; all rows share them, "
    "so they add up."
)
mistake(
    "divides_weight_gradients_by_n",
    {"x.T @ da1": "x.T @ da1 / len(x)", ("hidden.T @ da2"): "hidden.T @ da2 / len(x)"},
).says(
    "You divide the gradients of the weights by the number of rows; whether the loss is a mean is "
    "in dout already."
)
mistake("takes_the_sample_variance_back", {"np.var(a, axis=0)": "np.var(a, axis=0, ddof=1)"}).says(
    "The variance that you work out anew divides by N - 1; the forward pass has divided by N."
)
mistake(
    "returns_weights_first",
    {
        "dx, x.T @ da1, dgamma1, dbeta1, hidden.T @ da2, dgamma2, dbeta2": (
            "dx, x.T @ da1, hidden.T @ da2, dgamma1, dbeta1, dgamma2, dbeta2"
        )
    },
).says(
    "Your gradients come back in another order; it is that of the arguments, each weight with its "
    "scale and shift."
)
mistake(
    "writes_into_dout",
    {
        "dsum = dout * (out > 0)  # for the shortcut and for the branch": (
            "dout *= out > 0\ndsum = dout"
        )
    },
).says("You set parts of dout to 0 in place, so the array of the caller changes; make a new one.")
mistake(
    "lets_dw2_see_the_unrectified", {"hidden.T @ da2": "(gamma1 * normal1 + beta1).T @ da2"}
).says(
    "Your dw2 reads the hidden units in front of their ReLU; the second layer has read them "
    "behind it."
)
mistake("makes_dw2_behind_the_normalization", {"hidden.T @ da2": "hidden.T @ dsum"}).says(
    "Your dw2 is made with the gradient behind the second normalization; go back through that "
    "first, to the product with w2."
)
mistake("makes_dw1_behind_the_normalization", {"x.T @ da1": "x.T @ (dhidden * (hidden > 0))"}).says(
    "Your dw1 is made with the gradient behind the first normalization; go back through that "
    "first, to the product with w1."
)
mistake(
    "forgets_gamma1",
    {"normal1, spread1, gamma1)": "normal1, spread1, 1)"},
).says(
    "Your way back through the first normalization has no gamma1; it has scaled each hidden unit, "
    "so it scales the gradient as well."
)


@EXERCISE.right_answer
def writes_the_jacobian(dout, x, w1, gamma1, beta1, w2, gamma2, beta2):
    N = len(x)

    def back(d, a, gamma):
        """Return the gradients with respect to a, gamma and beta, with each feature's Jacobian."""
        da, dgamma = np.empty_like(a), np.empty_like(gamma)
        for unit in range(a.shape[1]):
            column = a[:, unit] - a[:, unit].mean()
            spread = np.sqrt(column @ column / N + 1e-5)
            column = column / spread
            jacobian = (np.eye(N) - 1 / N - np.outer(column, column) / N) / spread
            da[:, unit] = gamma[unit] * (jacobian.T @ d[:, unit])
            dgamma[unit] = d[:, unit] @ column
        return da, dgamma, d.sum(axis=0)

    def norm(a):
        return (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + 1e-5)

    a1 = x @ w1
    hidden = np.maximum(0, norm(a1) * gamma1 + beta1)
    a2 = hidden @ w2
    d = np.where(norm(a2) * gamma2 + beta2 + x > 0, dout, 0)
    da2, dgamma2, dbeta2 = back(d, a2, gamma2)
    dw2 = np.einsum("nm,nd->md", hidden, da2)
    da1, dgamma1, dbeta1 = back(np.where(hidden > 0, da2 @ w2.T, 0), a1, gamma1)
    dw1 = np.einsum("nd,nm->dm", x, da1)
    return np.einsum("nm,dm->nd", da1, w1) + d, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2


@EXERCISE.right_answer
def goes_back_line_by_line(dout, x, w1, gamma1, beta1, w2, gamma2, beta2):
    N = x.shape[0]

    def forward(a, gamma, beta):
        mean = a.sum(axis=0) / N
        centred = a - mean
        variance = (centred * centred).sum(axis=0) / N
        inverse = 1 / np.sqrt(variance + 1e-5)
        normal = centred * inverse
        return normal * gamma + beta, (centred, inverse, normal, gamma)

    def backward(d, cache):
        centred, inverse, normal, gamma = cache
        dnormal = d * gamma
        dinverse = (dnormal * centred).sum(axis=0)
        dvariance = dinverse * -0.5 * inverse**3
        dcentred = dnormal * inverse + 2 * centred * dvariance / N
        return dcentred - dcentred.sum(axis=0) / N, (d * normal).sum(axis=0), d.sum(axis=0)

    before1, cache1 = forward(x @ w1, gamma1, beta1)
    hidden = before1 * (before1 > 0)
    branch, cache2 = forward(hidden @ w2, gamma2, beta2)
    d = dout * (x + branch > 0)
    da2, dgamma2, dbeta2 = backward(d, cache2)
    da1, dgamma1, dbeta1 = backward((da2 @ w2.T) * (before1 > 0), cache1)
    return da1 @ w1.T + d, x.T @ da1, dgamma1, dbeta1, hidden.T @ da2, dgamma2, dbeta2


@EXERCISE.right_answer
def loops_over_the_layers(dout, x, w1, gamma1, beta1, w2, gamma2, beta2):
    layers = [(w1, gamma1, beta1), (w2, gamma2, beta2)]
    rows, seen = x, []
    for place, (w, gamma, beta) in enumerate(layers):
        a = rows @ w
        spread = (np.mean((a - np.mean(a, axis=0)) ** 2, axis=0) + 1e-5) ** 0.5
        normal = (a - np.mean(a, axis=0)) / spread
        out = gamma * normal + beta
        out = out + x if place else out
        seen.append((rows, normal, spread, out > 0))
        rows = np.clip(out, 0, None)
    grads, past, d = [], None, dout
    for (w, gamma, _), (rows, normal, spread, alive) in zip(layers[::-1], seen[::-1], strict=True):
        d = d * alive
        past = d if past is None else past
        dgamma, dbeta = (d * normal).sum(axis=0), d.sum(axis=0)
        da = (d - dbeta / len(x) - normal * (dgamma / len(x))) * (gamma / spread)
        grads = [rows.T @ da, dgamma, dbeta, *grads]
        d = da @ w.T
    return d + past, *grads
