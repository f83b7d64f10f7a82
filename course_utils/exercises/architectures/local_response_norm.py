"""AlexNet's local response normalization: `local_response_norm`."""

import numpy as np

from course_utils.checks.cases import Timing
from course_utils.exercises.draw import HANDMADE, decimals
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.reference.local_response_norm import local_response_norm_forward


def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """Divide each pixel by a power of the sum of squares in the channels next to it.

    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> local_response_norm(x, size=3, alpha=1.0, beta=1.0, k=11.0).ravel()
    array([0.0625, 0.08  , 0.125 ])
    """
    if size % 2 == 0:
        raise ValueError(f"size must be odd, got {size}")
    reach, C = size // 2, x.shape[1]
    out = np.empty_like(x)
    for c in range(C):
        window = x[:, max(0, c - reach) : c + reach + 1]
        squares = np.sum(window**2, axis=1)
        out[:, c] = x[:, c] / (k + alpha * squares) ** beta
    return out


def reference(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    """Ask the library, which divides alpha by size, as PyTorch does."""
    if size % 2 == 0:
        raise ValueError("size must be odd")
    return local_response_norm_forward(x, size=size, alpha=alpha * size, beta=beta, k=k)[0]


def inputs(rng):
    """Draw small volumes of few channels."""
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    yield case("the example", x, size=3, alpha=1.0, beta=1.0, k=11.0)
    yield case("the numbers of AlexNet", 7 * decimals(rng, 2, 7, 2, 1))
    x = decimals(rng, 1, 5, 2, 3)
    yield case("size 3", x, size=3, alpha=whole(rng, 15, 30) / 100, beta=0.5, k=2.5)
    x = np.asfortranarray(decimals(rng, 2, 4, 1, 3))
    yield case("size 1", x, size=1, alpha=whole(rng, 10, 20) / 100, beta=1.25, k=0.5)
    x = decimals(rng, 1, 4, 3, 2)
    yield case("a window larger than all channels", x, size=9, alpha=0.3, k=whole(rng, 5, 8) / 2)
    yield case("one channel", decimals(rng, 3, 1, 2, 4), alpha=whole(rng, 20, 50) / 100)
    x = decimals(rng, 2, 6, 2, 1).astype(np.float32)
    yield case("float32", x, size=3, alpha=whole(rng, 15, 30) / 100, beta=1.5)

    yield refused("an even size", decimals(rng, 2, 5, 3, 1), size=4)
    yield refused("an even size, one channel", decimals(rng, 2, 1, 3, 1), size=2)


def wild(rng):
    """Draw many small volumes, a few of them with even sizes."""
    for _ in range(1000):
        size = whole(rng, 0, 4) * 2 + 1 if rng.random() < 0.9 else whole(rng, 1, 3) * 2
        x = rng.integers(-30, 31, rng.integers(1, 5, 4)) / 10
        x = x.astype(rng.choice(["float64", "float32"]))
        alpha, beta, k = (rng.integers([0, -3, 1], [9, 9, 30]) / 10).tolist()
        yield case("a small volume", x, size=size, alpha=alpha, beta=beta, k=k)


EXERCISE = Exercise(
    local_response_norm,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("image", "channel", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
    timed=Timing({"x": (2, 16, 12, 12)}),
)
mistake = EXERCISE.mistake

WINDOW = "x[:, max(0, c - reach) : c + reach + 1]"

mistake("divides_alpha_by_size", {"alpha * squares": "alpha / size * squares"}).says(
    "You divide alpha by `size`, as PyTorch does; AlexNet's formula multiplies the sum of the "
    "squares by alpha itself."
)
mistake(
    "sums_over_rows",
    {
        "reach, C = size // 2, x.shape[1]": "reach, H = size // 2, x.shape[2]",
        "for c in range(C)": "for i in range(H)",
        WINDOW: "x[:, :, max(0, i - reach) : i + reach + 1]",
        "axis=1": "axis=2",
        "out[:, c] = x[:, c]": "out[:, :, i] = x[:, :, i]",
    },
).says(
    "Your window runs along the rows of the image; the neighbours in this formula are channels, "
    "at the same row and column."
)
mistake("looks_back_only", {WINDOW: "x[:, max(0, c - size + 1) : c + 1]"}).says(
    "Your window ends at the channel itself; it reaches size // 2 channels to each side, so move "
    "half of it forward."
)
mistake("looks_ahead_only", {WINDOW: "x[:, c : c + size]"}).says(
    "Your window begins at the channel itself; it reaches size // 2 channels to each side, so "
    "move half of it back."
)
mistake("wraps_around", {WINDOW: "x[:, np.arange(c - reach, c + reach + 1) % C]"}).says(
    "At the first channel you go on with the last one; channels do not lie in a ring, and a "
    "window is cut off at both ends."
)
mistake(
    "repeats_the_end_channels",
    {WINDOW: "x[:, np.clip(np.arange(c - reach, c + reach + 1), 0, C - 1)]"},
).says(
    "You count the first and the last channel again where the window hangs over; what is cut off "
    "adds nothing to the sum."
)
mistake("forgets_the_square", {"window**2": "window"}).says(
    "You add the values as they are, so that they cancel; a large neighbour damps whatever its "
    "sign, so add the squares."
)
mistake("squares_the_sum", {"np.sum(window**2, axis=1)": "np.sum(window, axis=1) ** 2"}).says(
    "You square after you add; square every value of the window first, and then add the squares."
)
mistake(
    "leaves_the_channel_out",
    {"np.sum(window**2, axis=1)": "np.sum(window**2, axis=1) - x[:, c] ** 2"},
).says(
    "You leave the channel itself out of its window; it counts as one of the `size` neighbours, "
    "in their middle."
)
mistake("reaches_a_whole_size", {"size // 2": "size"}).says(
    "You reach `size` channels to each side; `size` is the whole window, with the channel in its "
    "middle."
)
mistake("sums_over_all_channels", {WINDOW: "x"}).says(
    "You sum over all channels; the formula is local, and only the channels at most size // 2 "
    "away count."
)
mistake("takes_the_mean", {"np.sum": "np.mean"}).says(
    "You take the mean over the window, which is shorter at the ends; the formula has a sum, "
    "without any division."
)
mistake("raises_the_sum_alone", {"alpha * squares) ** beta": "alpha * squares**beta)"}).says(
    "Your exponent acts on the sum of squares; k and alpha belong inside of the power, so look at "
    "your brackets."
)
mistake("forgets_the_exponent", {" ** beta": ""}).says(
    "You divide by the bracket itself; `beta` is the power to which it is raised."
)
mistake("multiplies", {"x[:, c] /": "x[:, c] *"}).says(
    "You multiply by the power; strong neighbours damp a pixel, so divide by it."
)
mistake("works_in_place", {"np.empty_like(x)": "x"}).says(
    "You write into x, so that a channel's neighbours are damped already when their squares are "
    "added; put the result into a new array."
)
mistake("makes_float64", {"np.empty_like(x)": "np.empty(x.shape)"}).says(
    "Your result is float64 whatever x is; make it like x, so that single precision stays single."
)
mistake(
    "accepts_even_sizes",
    {'if size % 2 == 0:\n    raise ValueError(f"size must be odd, got {size}")': ""},
).says(
    "You accept an even size; a window with the channel in its middle has an odd number of "
    "channels, so raise a ValueError."
)
mistake(
    "leaves_out_the_last_of_the_window",
    {WINDOW: "x[:, max(0, c - reach) : min(C - 1, c + reach)]"},
).says(
    "Every window of yours lacks its last channel, also at the end of the volume; a slice leaves "
    "its end out, so let it end one further on."
)
mistake("ends_the_window_early", {"c + reach + 1": "c + reach"}).says(
    "Your window reaches one channel less to the right than to the left; a slice leaves its end "
    "out, and the sum does not."
)
mistake("starts_below_0", {"max(0, c - reach)": "c - reach"}).says(
    "Your window starts at a negative channel where it hangs over, and a slice counts that from "
    "the end; let it start at channel 0 there."
)
mistake(
    "reads_what_it_has_normalized",
    {"np.empty_like(x)": "x.copy()", WINDOW: f"out{WINDOW[1:]}"},
).says(
    "Your window reads channels that you have normalized already; add the squares of the numbers "
    "as they came in."
)
mistake("adds_absolute_values", {"window**2": "np.abs(window)"}).says(
    "You add up absolute values; a neighbour counts with its square."
)
mistake(
    "adds_absolute_values_in_a_ring",
    {
        WINDOW: "x[:, np.arange(c - reach, c + reach + 1) % C]",
        "window**2": "np.abs(window)",
    },
).says(
    "You add absolute values, and your window goes round from the first channel to the last; add "
    "squares, and cut the window off at both ends."
)
mistake("averages_over_a_wide_window", {"np.sum": "np.mean", "size // 2": "size"}).says(
    "You take the mean over `size` channels to each side; the formula has a sum, and it reaches "
    "size // 2 channels to each side."
)


@EXERCISE.right_answer
def adds_shifted_squares(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    squares = x**2
    sums = squares.copy()
    for step in range(1, min(size // 2 + 1, x.shape[1])):
        sums[:, step:] += squares[:, :-step]  # the channel `step` before
        sums[:, :-step] += squares[:, step:]  # and the one `step` behind
    return x * (k + alpha * sums) ** -beta


@EXERCISE.right_answer
def pads_the_channels(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size % 2 == 0:
        raise ValueError("size must be odd")
    reach = size // 2
    padded = np.pad(x**2, ((0, 0), (reach, reach), (0, 0), (0, 0)))
    sums = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1).sum(axis=-1)
    return x / np.power(k + alpha * sums, beta)


@EXERCISE.right_answer
def multiplies_by_a_band(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    if size % 2 != 1:
        raise ValueError("no such window")
    channels = np.arange(x.shape[1])
    near = abs(channels[:, None] - channels) <= size // 2
    sums = np.einsum("cd,ndhw->nchw", near.astype(x.dtype), x**2)
    return x / (k + alpha * sums) ** beta


@EXERCISE.right_answer
def takes_pixels_one_by_one(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0):
    N, C, H, W = x.shape
    if size % 2 != 1:
        raise ValueError("no middle")
    out = np.zeros_like(x)
    for n, c, i, j in np.ndindex(N, C, H, W):
        neighbours = [d for d in range(C) if abs(d - c) <= size // 2]
        total = sum(float(x[n, d, i, j]) ** 2 for d in neighbours)
        out[n, c, i, j] = x[n, c, i, j] / (k + alpha * total) ** beta
    return out
