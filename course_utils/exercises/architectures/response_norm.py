"""AlexNet's local response normalisation: `local_response_norm`."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.architectures.draw import decimals
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.reference.local_response_norm import local_response_norm_forward


def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    # The reference divides alpha by size, as PyTorch does.
    return local_response_norm_forward(x, size=size, alpha=alpha * size, beta=beta, k=k)[0]


def _cases(rng):
    yield case("the numbers of AlexNet", decimals(rng, (2, 7, 2, 1), largest=20))
    x = decimals(rng, (1, 5, 2, 3))
    yield case("size 3", x, size=3, alpha=whole(rng, 15, 30) / 100, beta=0.5, k=2.5)
    x = decimals(rng, (2, 4, 1, 3))
    yield case("size 1", x, size=1, alpha=whole(rng, 10, 20) / 100, beta=1.25, k=0.5)
    x = decimals(rng, (1, 4, 3, 2))
    yield case("a window larger than all channels", x, size=9, alpha=0.3, k=whole(rng, 5, 8) / 2)
    x = decimals(rng, (3, 1, 2, 4))
    yield case("one channel", x, alpha=whole(rng, 20, 50) / 100)
    x = decimals(rng, (2, 6, 2, 1)).astype(np.float32)
    yield case("float32", x, size=3, alpha=whole(rng, 15, 30) / 100, beta=1.5)

    x = decimals(rng, (2, 5, 3, 1))
    yield refused("no batch axis", x[0])
    yield refused("five axes", x[None])
    yield refused("size 0", x, size=0)
    yield refused("a negative size", x, size=-3)
    yield refused("an even size", x, size=4)
    yield refused("an even size, one channel", x[:, :1], size=2)


LOCAL_RESPONSE_NORM = Exercise(
    "local_response_norm", 3, local_response_norm, _cases, forbidden=("torch", "scipy", "jax")
)


@LOCAL_RESPONSE_NORM.known_wrong(
    "You divide alpha by `size`, as PyTorch does; AlexNet's formula multiplies the sum of the "
    "squares by alpha itself."
)
def divides_alpha_by_size(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha / size * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "Your window runs along the rows of the image; the neighbours in this formula are channels, "
    "at the same row and column."
)
def sums_over_rows(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, H = size // 2, x.shape[2]
    out = np.empty_like(x)
    for i in range(H):
        window = x[:, :, max(0, i - reach) : i + reach + 1]
        squares = np.sum(window**2, axis=2)
        out[:, :, i] = x[:, :, i] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "Your window ends at the channel itself; it reaches size // 2 channels to each side, so move "
    "half of it forward."
)
def looks_back_only(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    C = x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - size + 1) : c + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "Your window begins at the channel itself; it reaches size // 2 channels to each side, so "
    "move half of it back."
)
def looks_ahead_only(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    C = x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, c : c + size]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "At the first channel you go on with the last one; channels do not lie in a ring, and a "
    "window is cut off at both ends."
)
def wraps_around(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, np.arange(c - reach, c + reach + 1) % C]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You count the first and the last channel again where the window hangs over; what is cut off "
    "adds nothing to the sum."
)
def repeats_the_end_channels(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, np.clip(np.arange(c - reach, c + reach + 1), 0, C - 1)]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You add the values as they are, so that they cancel; a large neighbour damps whatever its "
    "sign, so add the squares."
)
def forgets_the_square(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You square after you add; square every value of the window first, and then add the squares."
)
def squares_the_sum(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window, axis=1) ** 2
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You leave the channel itself out of its window; it counts as one of the `size` neighbours, "
    "in their middle."
)
def leaves_the_channel_out(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1) - x[:, c] ** 2
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You reach `size` channels to each side; `size` is the whole window, with the channel in its "
    "middle."
)
def reaches_a_whole_size(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You sum over all channels; the formula is local, and only the channels at most size // 2 "
    "away count."
)
def sums_over_all_channels(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    C = x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You take the mean over the window, which is shorter at the ends; the formula has a sum, "
    "without any division."
)
def takes_the_mean(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.mean(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "Your exponent acts on the sum of squares; k and alpha belong inside of the power, so look at "
    "your brackets."
)
def raises_the_sum_alone(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares**beta)
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You divide by the bracket itself; `beta` is the power to which it is raised."
)
def forgets_the_exponent(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares)
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You multiply by the power; strong neighbours damp a pixel, so divide by it."
)
def multiplies(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] * (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You write into x, so that a channel's neighbours are damped already when their squares are "
    "added; put the result into a new array."
)
def works_in_place(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = x
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "Your result is float64 whatever x is; make it like x, so that single precision stays single."
)
def makes_float64(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1 or size % 2 == 0:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty(x.shape)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You accept an even size; a window with the channel in its middle has an odd number of "
    "channels, so raise a ValueError."
)
def accepts_even_sizes(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if x.ndim != 4 or size < 1:
        raise ValueError("x must be (N, C, H, W) and size odd")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_wrong(
    "You go on with a size that makes no window, or with an x that has other axes than N, C, H "
    "and W; raise a ValueError."
)
def checks_nothing(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


@LOCAL_RESPONSE_NORM.known_right
def adds_shifted_squares(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    N, C, H, W = x.shape
    if size < 1 or size % 2 == 0:
        raise ValueError("size must be odd")
    squares = x * x
    sums = np.zeros((N, C, H, W), x.dtype)
    for shift in range(-(size // 2), size // 2 + 1):
        for c in range(C):
            if 0 <= c + shift < C:
                sums[:, c] += squares[:, c + shift]
    return x * (k + alpha * sums) ** -beta


@LOCAL_RESPONSE_NORM.known_right
def pads_the_channels(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    reach = size // 2
    padded = np.pad(x**2, ((0, 0), (reach, reach), (0, 0), (0, 0)))
    sums = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1).sum(axis=-1)
    return x / np.power(k + alpha * sums, beta)


@LOCAL_RESPONSE_NORM.known_right
def multiplies_by_a_band(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size < 1 or size % 2 != 1:
        raise ValueError("no such window")
    channels = np.arange(x.shape[1])
    near = abs(channels[:, None] - channels) <= size // 2
    sums = np.einsum("cd,ndhw->nchw", near.astype(x.dtype), x**2)
    return x / (k + alpha * sums) ** beta


@LOCAL_RESPONSE_NORM.known_right
def takes_pixels_one_by_one(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    N, C, H, W = x.shape
    if size < 1 or size % 2 != 1:
        raise ValueError("no middle")
    out = np.zeros_like(x)
    for n, c, i, j in np.ndindex(N, C, H, W):
        neighbours = [d for d in range(C) if abs(d - c) <= size // 2]
        total = sum(float(x[n, d, i, j]) ** 2 for d in neighbours)
        out[n, c, i, j] = x[n, c, i, j] / (k + alpha * total) ** beta
    return out
