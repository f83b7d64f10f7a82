"""Batch norm over images: `batch_norm_forward`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, differing
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.reference import normalization


def batch_norm_forward(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    """Normalize each channel; return out and the new running_mean and running_var.

    >>> x, two, one = np.array([1.0, 3.0]).reshape(2, 1, 1, 1), np.array([2.0]), np.array([1.0])
    >>> told = {"training": True, "momentum": 0.25, "eps": 3.0}
    >>> out, mean, var = batch_norm_forward(x, two, 10 * one, 0 * one, one, **told)
    >>> out.ravel(), mean, var
    (array([ 9., 11.]), array([0.5]), array([1.25]))
    """
    n = x.size // x.shape[1]  # numbers in a channel
    if training:
        if n == 1:
            raise ValueError("one number in a channel has no variance")
        mean, var = np.mean(x, axis=(0, 2, 3)), np.var(x, axis=(0, 2, 3))
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)
    else:
        mean, var = running_mean, running_var
    normalized = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]
    return gamma[:, None, None] * normalized + beta[:, None, None], running_mean, running_var


def reference(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    """Ask the library, which keeps a cache as well."""
    arrays = x, gamma, beta, running_mean, running_var
    numbers = {"training": training, "momentum": momentum, "eps": eps}
    return normalization.batch_norm_forward(*arrays, **numbers)[0]


def drawn(rng, N, C, H, W):
    """Draw images, scales, shifts and running statistics; no two channels have the same."""
    gamma, beta, mean, var = (differing(rng, C) for _ in range(4))
    return decimals(rng, N, C, H, W), gamma, beta, mean, np.abs(var) + 0.05


def inputs(rng):
    """Draw few and small images, to learn from and to evaluate."""
    x, two, one = np.array([1.0, 3.0]).reshape(2, 1, 1, 1), np.array([2.0]), np.array([1.0])
    numbers = {"training": True, "momentum": 0.25, "eps": 3.0}
    yield case("the example", x, two, 10 * one, 0 * one, one, **numbers)

    def small_eps():
        return int(rng.integers(2, 9)) / 10

    x, *rest = drawn(rng, 2, 3, 4, 2)
    yield case("training", strided(x), *rest, training=True, eps=small_eps())
    x, *rest = drawn(rng, 1, 3, 3, 1)
    yield case("training, one column, the default eps", np.asfortranarray(x), *rest, training=True)
    arrays = drawn(rng, 1, 4, 1, 2)
    yield case("training, two pixels, momentum 0.9", *arrays, training=True, momentum=0.9)
    x, gamma, beta, *rest = drawn(rng, 4, 1, 1, 2)
    x[0] += 0.5
    # With the shift, no result is near 0, where the last digits of the mean would show.
    arrays = 100000 + x, 1 + np.abs(gamma), 20 + beta, *rest
    yield case("training, one channel far from 0", *arrays, training=True)
    x, *rest = drawn(rng, 4, 3, 1, 1)
    x[:, 1] = x[0, 1, 0, 0]
    yield case("training, a channel that is constant", x, *rest, training=True, eps=small_eps())
    arrays = (a.astype(np.float32) for a in drawn(rng, 2, 2, 3, 1))
    yield case("training, float32", *arrays, training=True, momentum=0.25, eps=small_eps())
    arrays = drawn(rng, 2, 3, 1, 4)
    yield case("evaluation", *arrays, training=False, eps=small_eps())
    arrays = drawn(rng, 1, 3, 1, 1)
    yield case("evaluation, a single pixel", *arrays, training=False, momentum=0.5)
    arrays = (a.astype(np.float32) for a in drawn(rng, 2, 2, 1, 3))
    yield case("evaluation, float32", *arrays, training=False, eps=small_eps())

    yield refused(
        "training, a single number in each channel", *drawn(rng, 1, 3, 1, 1), training=True
    )


def wild(rng):
    """Draw small images."""
    for _ in range(1000):
        N, C, H, W = rng.integers(1, 4, 4).tolist()
        training = bool(rng.integers(2))
        momentum, eps = (rng.integers(1, 10, 2) / 10).tolist()
        arrays = drawn(rng, N, C, H, W)
        yield case("small images", *arrays, training=training, momentum=momentum, eps=eps)


EXERCISE = Exercise(
    batch_norm_forward,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=("out", "running_mean", "running_var"),
    axes={
        "out": ("image", "channel", "row", "column"),
        "running_mean": ("channel",),
        "running_var": ("channel",),
    },
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

STATISTICS = "np.mean(x, axis=(0, 2, 3)), np.var(x, axis=(0, 2, 3))"

mistake(
    "normalizes_by_the_unbiased_variance",
    {
        "np.sqrt(var + eps)": "np.sqrt((var * n / (n - 1) if training else var) + eps)",
    },
).says(
    "You divide by the standard deviation with n - 1; the batch is normalized with the biased "
    "variance, and n - 1 belongs to running_var alone."
)
mistake("keeps_the_biased_variance", {"momentum * var * n / (n - 1)": "momentum * var"}).says(
    "Your running_var moves towards the biased variance; it stands for images to come, so it is "
    "estimated with n - 1."
)
mistake(
    "swaps_the_momentum",
    {
        "(1 - momentum) * running_mean + momentum * mean": (
            "momentum * running_mean + (1 - momentum) * mean"
        ),
        "(1 - momentum) * running_var + momentum * var": (
            "momentum * running_var + (1 - momentum) * var"
        ),
    },
).says(
    "You keep `momentum` of the old statistics; as in PyTorch it is the weight of the new batch."
)
mistake(
    "evaluates_with_the_batch",
    {"mean, var = running_mean, running_var": (f"mean, var = {STATISTICS}")},
).says(
    "You evaluate with the batch's own mean and variance, so what an image comes to depends on "
    "its neighbours; use the running ones."
)
mistake(
    "updates_in_evaluation",
    {
        "mean, var = running_mean, running_var": (
            "mean, var = running_mean, running_var\n"
            "running_mean = (1 - momentum) * mean + momentum * np.mean(x, axis=(0, 2, 3))\n"
            "running_var = (1 - momentum) * var + momentum * np.var(x, axis=(0, 2, 3))"
        )
    },
).says(
    "You move the running statistics in evaluation; then every image that is looked at changes "
    "the network."
)
mistake("forgets_eps", {"np.sqrt(var + eps)": "np.sqrt(var + 1e-300)"}).says(
    "You leave eps out; it is added to the variance, which else may be 0."
)
mistake("adds_eps_to_the_root", {"np.sqrt(var + eps)": "(np.sqrt(var) + eps)"}).says(
    "You add eps to the standard deviation; it belongs under the root, to the variance."
)
mistake("divides_by_the_variance", {"np.sqrt(var + eps)": "(var + eps)"}).says(
    "You divide by the variance; what gives a channel the spread 1 is its root."
)
mistake(
    "normalizes_each_image",
    {
        f"mean, var = {STATISTICS}": (
            "means, variances = np.mean(x, axis=(2, 3)), np.var(x, axis=(2, 3))\n"
            "mean, var = means.mean(axis=0), variances.mean(axis=0)"
        ),
        "normalized = (x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]": (
            "if not training:\n"
            "    means, variances = mean[None], var[None]\n"
            "normalized = (x - means[..., None, None]) / np.sqrt(variances + eps)[..., None, None]"
        ),
    },
).says(
    "You take mean and variance in each image by itself; batch norm takes them over all images "
    "of the batch."
)
mistake(
    "mixes_the_channels",
    {STATISTICS: ("np.full_like(gamma, np.mean(x)), np.full_like(gamma, np.var(x))")},
).says(
    "You take one mean and one variance over everything; each channel has its own, over images, "
    "rows and columns."
)
mistake(
    "loses_digits",
    {
        "np.var(x, axis=(0, 2, 3))": (
            "np.mean(x**2, axis=(0, 2, 3)) - np.mean(x, axis=(0, 2, 3)) ** 2"
        )
    },
).says(
    "You subtract the squared mean from the mean of the squares; far from 0 both are huge and "
    "cancel, so subtract the mean first."
)
mistake(
    "swaps_gamma_and_beta",
    {
        "gamma[:, None, None] * normalized + beta[:, None, None]": (
            "beta[:, None, None] * normalized + gamma[:, None, None]"
        ),
    },
).says("You scale by beta and shift by gamma; gamma is the scale, beta the shift.")
mistake(
    "shifts_before_it_scales",
    {
        "gamma[:, None, None] * normalized + beta[:, None, None]": (
            "gamma[:, None, None] * (normalized + beta[:, None, None])"
        ),
    },
).says("You add beta before you scale, so that it is scaled too; multiply by gamma first.")
mistake(
    "never_scales", {"gamma[:, None, None] * normalized + beta[:, None, None]": ("normalized")}
).says(
    "You return the normalized channels; gamma and beta give each one the spread and the mean "
    "that it learns."
)
mistake("forgets_gamma", {"gamma[:, None, None] * ": ""}).says(
    "You add beta and never multiply by gamma; each channel has a scale and a shift."
)
mistake("starts_the_mean_anew", {"(1 - momentum) * running_mean + momentum * mean": "mean"}).says(
    "Your running_mean is that of this batch alone; it moves only a part of the way."
)
mistake(
    "writes_into_the_running_mean",
    {
        "running_mean = (1 - momentum) * running_mean + momentum * mean": (
            "running_mean *= 1 - momentum\nrunning_mean += momentum * mean"
        ),
    },
).says("You change running_mean in place, so the caller's array changes; return a new one.")
mistake("scales_by_the_first_gamma", {"gamma[:, None, None] *": "gamma[0] *"}).says(
    "You scale all channels by the first gamma; each channel has a scale of its own."
)
mistake(
    "always_makes_float64",
    {
        "np.mean(x, axis=(0, 2, 3)), np.var(x, axis=(0, 2, 3))": (
            "np.mean(x, axis=(0, 2, 3), dtype=float), np.var(x, axis=(0, 2, 3), dtype=float)"
        )
    },
).says(
    "Your statistics are float64 for float32 images, and so is all that is made of them; keep the "
    "type of x."
)
mistake(
    "lets_one_number_pass",
    {
        'if n == 1:\n    raise ValueError("one number in a channel has no variance")': (
            "n = max(n, 1 + 1e-9)"
        ),
    },
).says(
    "You train on a single number in each channel; it has no variance, and all that it says is "
    "normalized away, so raise a ValueError."
)
mistake(
    "trains_with_the_new_statistics",
    {
        "(x - mean[:, None, None]) / np.sqrt(var + eps)": (
            "(x - running_mean[:, None, None]) / np.sqrt(running_var + eps)"
        )
    },
).says(
    "In training you normalize with the new running statistics; use those of the batch itself, and "
    "keep the running ones for evaluation."
)
mistake(
    "normalizes_each_pixel",
    {
        "n = x.size // x.shape[1]": "n = len(x)",
        STATISTICS: "np.mean(x, axis=0), np.var(x, axis=0)",
        "momentum * mean": "momentum * mean.mean(axis=(1, 2))",
        "momentum * var": "momentum * var.mean(axis=(1, 2))",
        "mean, var = running_mean, running_var": (
            "mean, var = running_mean[:, None, None], running_var[:, None, None]"
        ),
        "(x - mean[:, None, None]) / np.sqrt(var + eps)[:, None, None]": (
            "(x - mean) / np.sqrt(var + eps)"
        ),
    },
).says(
    "You take mean and variance over the images alone, for each pixel; a channel has one of each, "
    "over images, rows and columns."
)
mistake("adds_to_the_old_mean", {"(1 - momentum) * running_mean +": "running_mean +"}).says(
    "You add to the old running_mean without making it smaller; it keeps a share of 1 - momentum."
)


@EXERCISE.right_answer
def lays_channels_out_as_rows(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    N, C, H, W = x.shape
    rows = x.transpose(1, 0, 2, 3).reshape(C, N * H * W)
    mean, var = running_mean.copy(), running_var.copy()
    if training:
        if N * H * W < 2:
            raise ValueError("no variance")
        mean, var = rows.mean(axis=1), rows.var(axis=1)
        unbiased = rows.var(axis=1, ddof=1)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (unbiased - running_var)
    scale = gamma / (var + eps) ** 0.5
    out = scale[:, None] * (rows - mean[:, None]) + beta[:, None]
    return out.reshape(C, N, H, W).transpose(1, 0, 2, 3), running_mean, running_var


@EXERCISE.right_answer
def goes_channel_by_channel(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    out, new_mean, new_var = np.zeros_like(x), running_mean.copy(), running_var.copy()
    for c in range(x.shape[1]):
        channel = x[:, c]
        if training and channel.size == 1:
            raise ValueError("no variance")
        mean = channel.mean() if training else running_mean[c]
        var = np.mean((channel - mean) ** 2) if training else running_var[c]
        out[:, c] = gamma[c] * (channel - mean) / np.sqrt(var + eps) + beta[c]
        if training:
            new_mean[c] += momentum * (mean - new_mean[c])
            new_var[c] += momentum * (np.var(channel, ddof=1) - new_var[c])
    return out, new_mean, new_var


@EXERCISE.right_answer
def keeps_four_axes(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    axes, wide = (0, 2, 3), (1, -1, 1, 1)
    if not training:
        centred = x - running_mean.reshape(wide)
        std = np.sqrt(running_var + eps).reshape(wide)
        out = centred / std * gamma.reshape(wide) + beta.reshape(wide)
        return out, running_mean, running_var
    n = x[:, 0].size
    if n <= 1:
        raise ValueError("no variance")
    mean = np.sum(x, axis=axes, keepdims=True) / n
    centred = x - mean
    squares = np.sum(centred**2, axis=axes)
    std = np.sqrt(squares / n + eps)
    out = (gamma / std).reshape(wide) * centred + beta.reshape(wide)
    keep = 1 - momentum
    new_mean = keep * running_mean + momentum * mean.reshape(-1)
    return out, new_mean, keep * running_var + momentum * squares / (n - 1)
