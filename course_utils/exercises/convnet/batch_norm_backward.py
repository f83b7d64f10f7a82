"""The way back through batch norm: `batch_norm_backward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.formula import Formula
from course_utils.reference import normalization


def batch_norm_backward(dout, x, gamma, *, eps=1e-5):
    """Go back through batch_norm_forward in training: dx, dgamma, dbeta.

    >>> dout, x = np.array([1.0, 0.0]).reshape(2, 1, 1, 1), np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    >>> dx, dgamma, dbeta = batch_norm_backward(dout, x, np.array([2.0]), eps=3.0)
    >>> dx.ravel(), dgamma, dbeta
    (array([ 0.375, -0.375]), array([-0.5]), array([1.]))
    """
    axes = (0, 2, 3)
    n = x.size // x.shape[1]  # numbers in a channel
    std = np.sqrt(np.var(x, axis=axes, keepdims=True) + eps)  # (1, C, 1, 1)
    normalized = (x - np.mean(x, axis=axes, keepdims=True)) / std
    dbeta = np.sum(dout, axis=axes)
    dgamma = np.sum(dout * normalized, axis=axes)
    by_mean = dbeta[:, None, None] / n
    by_std = normalized * dgamma[:, None, None] / n
    dx = gamma[:, None, None] / std * (dout - by_mean - by_std)
    return dx, dgamma, dbeta


def reference(dout, x, gamma, *, eps=1e-5):
    """Go back through the layer of the library."""
    zeros = np.zeros_like(gamma)
    arrays = x, gamma, zeros, zeros, zeros
    _, cache = normalization.batch_norm_forward(*arrays, training=True, eps=eps)
    return normalization.batch_norm_backward(dout, cache)


def drawn(rng, N, C, H, W):
    """Draw the output's gradient, images and scales; no two channels have the same scale."""
    return decimals(rng, N, C, H, W), decimals(rng, N, C, H, W), differing(rng, C)


def inputs(rng):
    """Draw few and small images."""
    dout, x = np.array([1.0, 0.0]).reshape(2, 1, 1, 1), np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    yield case("the example", dout, x, np.array([2.0]), eps=3.0)

    def small_eps():
        return int(rng.integers(2, 9)) / 10

    dout, *rest = drawn(rng, 3, 2, 1, 4)
    yield case("3 images, 2 channels", strided(dout), *rest, eps=small_eps())
    dout, x, gamma = drawn(rng, 2, 3, 4, 1)
    yield case("the default eps", dout, np.asfortranarray(x), gamma)
    yield case("one image", *drawn(rng, 1, 4, 2, 3), eps=small_eps())
    yield case("images of one pixel", *drawn(rng, 4, 3, 1, 1), eps=small_eps())
    yield case("one channel", *drawn(rng, 2, 1, 2, 3), eps=small_eps())
    dout, x, gamma = drawn(rng, 3, 2, 2, 1)
    dout[1:, :, :] = dout[0]
    dout[2] *= -2  # each channel's gradients sum to 0 without being 0
    yield case("gradients that sum to 0", dout, x, gamma, eps=small_eps())
    arrays = (a.astype(np.float32) for a in drawn(rng, 2, 2, 1, 4))
    yield case("float32", *arrays, eps=small_eps())


def wild(rng):
    """Draw small images."""
    for _ in range(1000):
        N, C, H, W = rng.integers(1, 4, 4).tolist()
        if N * H * W > 1:
            yield case("small images", *drawn(rng, N, C, H, W), eps=int(rng.integers(1, 10)) / 10)


def spread(x_0, x_1, x_2):
    """Return the standard deviation of three numbers."""
    return np.sqrt(np.var([x_0, x_1, x_2], axis=0) + 1e-5)


def normalized(place):
    """Return a function that normalizes one of three numbers."""
    return lambda x_0, x_1, x_2: (
        ((x_0, x_1, x_2)[place] - (x_0 + x_1 + x_2) / 3) / spread(x_0, x_1, x_2)
    )


def bracket(sign, number, place):
    """Return a function that adds the product of two normalized numbers to a number."""
    one, other = normalized(0), normalized(place)
    return lambda x_0, x_1, x_2: number + sign * one(x_0, x_1, x_2) * other(x_0, x_1, x_2)


# Three images of one pixel. What the gradient of the first says to a pixel comes three ways, which
# have no selector: their sum is a factor, and so is the sum of two, or of one that is turned round.
FORMULA = Formula(
    arguments={
        "dout": [[[["dout[0]"]]], [[[0]]], [[[0]]]],
        "x": [[[["x_0"]]], [[["x_1"]]], [[["x_2"]]]],
        "gamma": ["gamma"],
    },
    numbers={"dout[0] x_0 x_1 x_2 gamma": decimals},
    factors={
        "std": spread,
        **{f"normalized[{place}]": normalized(place) for place in range(3)},
        **{f"{n} - normalized[0]^2": bracket(-1, n, 0) for n in (2, 3, 4)},
        "2 + normalized[0]^2": bracket(1, 2, 0),
        **{f"1 {'-+'[sign > 0]} normalized[0] normalized[{place}]": bracket(sign, 1, place)
           for sign in (1, -1) for place in (1, 2)},
    },
    upstream="dout[0]",
    entries={"dx": ("image 0 of 3", "image 1 of 3", "image 2 of 3")},
)  # fmt: skip


EXERCISE = Exercise(
    batch_norm_backward,
    points=5,
    inputs=inputs,
    reference=reference,
    outputs=("dx", "dgamma", "dbeta"),
    axes={
        "dx": ("image", "channel", "row", "column"),
        "dgamma": ("channel",),
        "dbeta": ("channel",),
    },
    forbidden=HANDMADE,
    wild=wild,
    formula=FORMULA,
)
mistake = EXERCISE.mistake

DX = "gamma[:, None, None] / std * (dout - by_mean - by_std)"

mistake("takes_the_statistics_for_constants", {"dout - by_mean - by_std": "dout"}).says(
    "You take mean and standard deviation for constants; both move with every number of the "
    "channel, which adds two terms to dx."
)
mistake("forgets_the_mean", {" - by_mean": ""}).says(
    "Your dx lacks the way through the mean: each number of a channel moves it by 1/n, and it is "
    "subtracted from all of them."
)
mistake("forgets_the_spread", {" - by_std": ""}).says(
    "Your dx lacks the way through the standard deviation, by which all numbers of the channel "
    "are divided."
)
mistake("adds_the_way_through_the_mean", {"- by_mean -": "+ by_mean -"}).says(
    "You add what comes through the mean; the mean is subtracted, so its share has a minus."
)
mistake("adds_the_way_through_the_spread", {"- by_std": "+ by_std"}).says(
    "You add what comes through the standard deviation; it is divided by, so its share has a minus."
)
mistake("forgets_gamma", {DX: "1 / std * (dout - by_mean - by_std)"}).says(
    "Your dx lacks gamma; the normalized number was multiplied by it on the way forward."
)
mistake(
    "forgets_to_divide_by_the_spread", {"gamma[:, None, None] / std *": ("gamma[:, None, None] *")}
).says(
    "You never divide by the standard deviation on the way back; a channel of a wide spread has "
    "been squeezed, and so are its gradients."
)
mistake(
    "divides_by_the_variance", {"gamma[:, None, None] / std *": ("gamma[:, None, None] / std**2 *")}
).says("Your dx is divided by the variance plus eps; the forward pass divides by its root.")
mistake("forgets_eps", {"keepdims=True) + eps)": "keepdims=True))"}).says(
    "You compute the standard deviation without eps; go back through what the forward pass has "
    "computed."
)
mistake(
    "takes_the_unbiased_variance",
    {"np.var(x, axis=axes, keepdims=True)": ("np.var(x, axis=axes, keepdims=True, ddof=1)")},
).says("You divide by n - 1 in the variance; the batch was normalized by the biased one, with n.")
mistake("counts_images_only", {"n = x.size // x.shape[1]": "n = len(x)"}).says(
    "Your n is the number of images; mean and variance are over rows and columns too, so "
    "n = N * H * W."
)
mistake("counts_all_channels", {"n = x.size // x.shape[1]": "n = x.size"}).says(
    "Your n counts the numbers of all channels; each channel has its own mean, over N * H * W "
    "numbers."
)
mistake(
    "sums_instead_of_averaging",
    {
        "dbeta[:, None, None] / n": "dbeta[:, None, None]",
        ("dgamma[:, None, None] / n"): "dgamma[:, None, None]",
    },
).says(
    "You subtract the sums of the gradients; a number moves the mean by 1/n only, so divide both "
    "by n."
)
mistake(
    "pairs_dgamma_with_x",
    {
        "dgamma = np.sum(dout * normalized, axis=axes)": ("dgamma = np.sum(dout * x, axis=axes)"),
        "normalized * dgamma[:, None, None]": (
            "normalized * np.sum(dout * normalized, axis=axes)[:, None, None]"
        ),
    },
).says(
    "Your dgamma pairs dout with x; gamma multiplies the normalized numbers, so pair it with them."
)
mistake(
    "averages_the_parameters", {"return dx, dgamma, dbeta": ("return dx, dgamma / n, dbeta / n")}
).says(
    "Your dgamma and dbeta are means; every number of a channel uses the same gamma and beta, so "
    "their gradients are sums."
)
mistake("scales_dgamma", {"return dx, dgamma,": "return dx, gamma * dgamma,"}).says(
    "Your dgamma has a factor gamma; the output is gamma times the normalized number, and its "
    "slope in gamma is that number alone."
)
mistake("swaps_dgamma_and_dbeta", {"return dx, dgamma, dbeta": "return dx, dbeta, dgamma"}).says(
    "You return dbeta before dgamma; the order is that of the arguments: x, gamma, beta."
)
mistake(
    "normalizes_each_image",
    {
        "np.var(x, axis=axes, keepdims=True)": "np.var(x, axis=(2, 3), keepdims=True)",
        "np.mean(x, axis=axes, keepdims=True)": "np.mean(x, axis=(2, 3), keepdims=True)",
    },
).says(
    "You normalize each image by itself; mean and variance of a channel are over the whole batch."
)
mistake(
    "always_makes_float64",
    {
        "np.sum(dout, axis=axes)": "np.sum(dout, axis=axes, dtype=float)",
        (
            "np.sum(dout * normalized, axis=axes)"
        ): "np.sum(dout * normalized, axis=axes, dtype=float)",
    },
).says("Your gradients are float64 where all that comes in is float32; keep the type of x.")
mistake(
    "halves_the_way_through_the_spread",
    {"normalized * dgamma[:, None, None] / n": "normalized * dgamma[:, None, None] / (2 * n)"},
).says(
    "What you send back through the standard deviation is half of what it should be; the slope of "
    "a square has a factor 2, that of a root 1/2."
)


@EXERCISE.right_answer
def follows_the_graph(dout, x, gamma, *, eps=1e-5):
    axes, wide = (0, 2, 3), (1, -1, 1, 1)
    n = len(x) * x.shape[2] * x.shape[3]
    centred = x - x.mean(axis=axes).reshape(wide)
    var = np.sum(centred**2, axis=axes) / n
    inverse = 1 / np.sqrt(var + eps)
    dgamma = np.einsum("nchw,nchw->c", dout, centred) * inverse
    dnormalized = dout * gamma.reshape(wide)
    dvar = -0.5 * np.sum(dnormalized * centred, axis=axes) * inverse**3
    dcentred = dnormalized * inverse.reshape(wide) + (2 / n * dvar).reshape(wide) * centred
    dmean = -dcentred.sum(axis=axes)
    return dcentred + (dmean / n).reshape(wide), dgamma, dout.sum(axis=axes)


@EXERCISE.right_answer
def goes_channel_by_channel(dout, x, gamma, *, eps=1e-5):
    dx, dgamma, dbeta = np.empty_like(x), np.empty_like(gamma), np.empty_like(gamma)
    for c in range(x.shape[1]):
        d, channel = dout[:, c], x[:, c]
        std = (channel.var() + eps) ** 0.5
        z = (channel - channel.mean()) / std
        dgamma[c], dbeta[c] = np.sum(d * z), np.sum(d)
        dx[:, c] = gamma[c] / std * (d - d.mean() - z * (d * z).mean())
    return dx, dgamma, dbeta


@EXERCISE.right_answer
def multiplies_by_the_jacobian(dout, x, gamma, *, eps=1e-5):
    N, C, H, W = x.shape
    n = N * H * W
    rows, drows = (a.transpose(1, 0, 2, 3).reshape(C, n) for a in (x, dout))
    std = np.sqrt(rows.var(axis=1) + eps)
    z = (rows - rows.mean(axis=1)[:, None]) / std[:, None]
    jacobian = np.eye(n, dtype=x.dtype) - 1 / n - z[:, :, None] * z[:, None] / n  # symmetric
    dx = np.einsum("cij,cj->ci", jacobian, drows) * (gamma / std)[:, None]
    dx = dx.astype(x.dtype).reshape(C, N, H, W).transpose(1, 0, 2, 3)
    return dx, (z * drows).sum(axis=1), drows.sum(axis=1)
