"""An image resized at random, and a random crop of it: `random_resized_crop`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused


def random_resized_crop(image, draws, shortest, longest, side):
    """Resize an image at random, cut a square out of it, and mirror it or not: (C, side, side).

    >>> image = np.array([[[1, 2, 3], [4, 5, 6]]])
    >>> random_resized_crop(image, np.array([0.7, 0.6, 0.3, 0.4]), 2, 4, 2)
    array([[[2, 1],
            [5, 4]]])
    """
    if side > shortest or shortest > longest:
        raise ValueError("a crop must fit into the smallest size, and that is at most the largest")
    _, H, W = image.shape
    length = shortest + int(draws[0] * (longest - shortest + 1))
    height, width = H * length // min(H, W), W * length // min(H, W)
    rows = ((np.arange(height) + 0.5) * H / height).astype(int)
    columns = ((np.arange(width) + 0.5) * W / width).astype(int)
    resized = image[:, rows][:, :, columns]
    top = int(draws[1] * (height - side + 1))
    left = int(draws[2] * (width - side + 1))
    crop = resized[:, top : top + side, left : left + side]
    return crop[:, :, ::-1] if draws[3] < 0.5 else crop


# Draws on which as many mistakes show as can, for an image of a shape and sizes.
WIDE = (2, 5, 7), (5, 9, 3), (
    (0.61, 0.76, 0.59, 0.39), (0.81, 0.45, 0.84, 0.04), (0.82, 0.43, 0.88, 0.15),
    (0.84, 0.83, 0.64, 0.23), (0.85, 0.83, 0.32, 0.48), (0.87, 0.6, 0.73, 0.27),
)  # fmt: skip
TALL = (3, 8, 5), (3, 7, 3), (
    (0.61, 0.91, 0.27, 0.75), (0.81, 0.78, 0.41, 0.91), (0.82, 0.85, 0.46, 0.91),
    (0.83, 0.86, 0.47, 0.71), (0.85, 0.56, 0.64, 0.76), (0.87, 0.37, 0.44, 0.59),
)  # fmt: skip
SQUARE = (2, 5, 5), (4, 8, 3), (
    (0.81, 0.58, 0.88, 0.31), (0.81, 0.53, 0.76, 0.44), (0.82, 0.97, 0.72, 0.08),
    (0.83, 0.98, 0.57, 0.12), (0.85, 0.56, 0.89, 0.11), (0.87, 0.76, 0.94, 0.17),
)  # fmt: skip
ONE_SIZE = (1, 6, 8), (5, 5, 4), (
    (0.02, 0.82, 0.37, 0.93), (0.19, 0.51, 0.96, 0.97), (0.47, 0.59, 0.9, 0.57),
    (0.7, 0.89, 0.45, 0.77), (0.81, 0.88, 0.45, 0.64), (0.98, 0.6, 0.93, 0.51),
)  # fmt: skip
ONE_ROW = (3, 1, 4), (2, 4, 2), (
    (0.26, 0.77, 0.15, 0.29), (0.28, 0.28, 0.72, 0.05), (0.28, 0.1, 0.82, 0.11),
    (0.32, 0.43, 0.72, 0.09), (0.32, 0.07, 0.83, 0.23), (0.33, 0.33, 0.83, 0.19),
)  # fmt: skip
ONE_PIXEL = (2, 6, 9), (3, 6, 1), (
    (0.17, 0.42, 0.64, 0.05), (0.18, 0.43, 0.64, 0.09), (0.19, 0.36, 0.66, 0.29),
    (0.2, 0.43, 0.59, 0.23), (0.21, 0.35, 0.55, 0.48), (0.22, 0.34, 0.53, 0.05),
)  # fmt: skip


def drawn(rng, shape, sizes, draws):
    """Draw an image of numbers of which no two are alike, and choose one of some rows of draws."""
    image = rng.choice(np.arange(-499, 500), shape, replace=False) / 10
    return image, np.array(draws[rng.integers(len(draws))]), *sizes


def clear(image, draws, shortest, longest, side):
    """Say whether every floor is taken of the same number, however the product is written."""
    _, H, W = image.shape
    length = shortest + int(draws[0] * (longest - shortest + 1))
    for size in (H, W):
        new = size * length // min(H, W)
        at = (2 * np.arange(new) + 1) * size // (2 * new)
        if (at != ((np.arange(new) + 0.5) * (size / new)).astype(int)).any():
            return False
    return True


def wild(rng):
    """Draw small images, sizes and draws."""
    while True:
        side, shortest, longest = np.cumsum(rng.integers(0, 4, 3)) + 1
        sizes = int(shortest), int(longest), int(side)
        args = rng.integers(0, 99, rng.integers(1, 6, 3)), rng.integers(0, 64, 4) / 64, *sizes
        if clear(*args):
            yield case("wild", *args)


def inputs(rng):
    """Draw small images that are wide, tall or square."""
    image = np.array([[[1, 2, 3], [4, 5, 6]]])
    yield case("the example", image, np.array([0.7, 0.6, 0.3, 0.4]), 2, 4, 2)
    image, *rest = drawn(rng, *WIDE)
    yield case("a wide image", strided(image), *rest)
    image, *rest = drawn(rng, *TALL)
    yield case("a tall image", np.asfortranarray(image), *rest)
    yield case("a square image", *drawn(rng, *SQUARE))
    yield case("one size", *drawn(rng, *ONE_SIZE))
    yield case("draws of 0", *drawn(rng, (2, 6, 4), (3, 6, 2), [(0, 0, 0, 0)]))
    yield case("draws near 1", *drawn(rng, (2, 5, 8), (3, 4, 2), [(0.99, 0.99, 0.99, 0.99)]))
    image, draws, *sizes = drawn(rng, *WIDE)
    draws[3] = 0.5
    yield case("a draw of exactly 1/2", image, draws, *sizes)
    image, *rest = drawn(rng, *ONE_PIXEL)
    yield case("a crop of one pixel, float32", image.astype(np.float32), *rest)
    image, *rest = drawn(rng, *ONE_ROW)
    yield case("one row, whole numbers", (10 * image).round().astype(np.int32), *rest)
    image, draws, *_ = drawn(rng, *WIDE)
    yield refused("a side above the shortest", image, draws, 4, 9, 5)
    yield refused("shortest above longest", image, draws, 6, 5, 3)


EXERCISE = Exercise(
    random_resized_crop,
    points=4,
    inputs=inputs,
    axes={"the result": ("channel", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("never_takes_the_longest", {"(longest - shortest + 1)": "(longest - shortest)"}).says(
    "You never choose the size `longest`; from `shortest` to `longest` there is one size more than "
    "their difference."
)
mistake(
    "rounds_to_a_size",
    {"int(draws[0] * (longest - shortest + 1))": "round(draws[0] * (longest - shortest))"},
).says(
    "You round to the nearest size, so that the two at the ends are half as likely; count all "
    "sizes and round down."
)
mistake(
    "makes_a_square", {"H * length // min(H, W), W * length // min(H, W)": "length, length"}
).says(
    "You resize both sides to L, which distorts the image; L is the short side, and the long one "
    "grows by the same factor."
)
mistake(
    "fits_the_long_side",
    {
        "H * length // min(H, W), W * length // min(H, W)": (
            "H * length // max(H, W), W * length // max(H, W)"
        ),
    },
).says("You resize the long side to L; it is the short side that gets the length L.")
mistake(
    "rounds_the_long_side_up",
    {
        "H * length // min(H, W), W * length // min(H, W)": (
            "-(-H * length // min(H, W)), -(-W * length // min(H, W))"
        ),
    },
).says("You round the long side up; it is rounded down.")
mistake("exchanges_the_sides", {"height, width =": "width, height ="}).says(
    "You exchange height and width of the new image; rows belong to H, columns to W."
)
mistake("crops_without_resizing", {"image[:, rows][:, :, columns]": "image"}).says(
    "You cut the crop out of the old image; resize first, and cut it out of the new one."
)
mistake(
    "reads_from_the_corner",
    {
        "(np.arange(height) + 0.5) * H": "np.arange(height) * H",
        "(np.arange(width) + 0.5) * W": "np.arange(width) * W",
    },
).says(
    "You take the old pixel at i H / H', the corner of the new one; take the one at its centre, i "
    "+ 1/2."
)
mistake(
    "stretches_to_both_ends",
    {
        "((np.arange(height) + 0.5) * H / height).astype(int)": (
            "np.linspace(0, H - 1, height).round().astype(int)"
        ),
        "((np.arange(width) + 0.5) * W / width).astype(int)": (
            "np.linspace(0, W - 1, width).round().astype(int)"
        ),
    },
).says(
    "You stretch the old pixels so that first meets first and last meets last; each new pixel "
    "takes the old one in which its centre lies."
)
mistake(
    "counts_a_pixel_too_far",
    {
        "H / height).astype(int)": "H / height).round().astype(int).clip(0, H - 1)",
        "W / width).astype(int)": "W / width).round().astype(int).clip(0, W - 1)",
    },
).says(
    "You round the place of the centre to the nearest whole number; pixel k reaches from k to k + "
    "1, so round down."
)
mistake("never_takes_the_last_row", {"(height - side + 1)": "(height - side)"}).says(
    "Your crop never lies at the bottom; there are H' - side + 1 rows in which it can begin."
)
mistake("never_takes_the_last_column", {"(width - side + 1)": "(width - side)"}).says(
    "Your crop never lies at the right edge; there are W' - side + 1 columns in which it can begin."
)
mistake("exchanges_the_draws", {"draws[1]": "draws[2]", "draws[2]": "draws[1]"}).says(
    "You choose the row by draws[2] and the column by draws[1]; the row comes first."
)
mistake("uses_a_draw_twice", {"draws[2]": "draws[1]"}).says(
    "You choose row and column by one draw, so all crops lie on a diagonal; the column has "
    "draws[2]."
)
mistake(
    "crops_the_centre",
    {
        "int(draws[1] * (height - side + 1))": "(height - side) // 2",
        "int(draws[2] * (width - side + 1))": "(width - side) // 2",
    },
).says("You cut out the centre, as one does in a test; in training draws[1] and draws[2] choose.")
mistake("mirrors_top_and_bottom", {"crop[:, :, ::-1] if": "crop[:, ::-1] if"}).says(
    "You exchange top and bottom; to mirror is to exchange left and right, the last axis."
)
mistake("mirrors_the_others", {"draws[3] < 0.5": "draws[3] >= 0.5"}).says(
    "You mirror where draws[3] is 1/2 or more; mirror where it is below."
)
mistake("never_mirrors", {"crop[:, :, ::-1] if draws[3] < 0.5 else crop": "crop"}).says(
    "You never mirror the crop; do so where draws[3] is below 1/2."
)
mistake("always_mirrors", {" if draws[3] < 0.5 else crop": ""}).says(
    "You mirror every crop; where draws[3] is 1/2 or more, it stays as it is."
)
mistake("mirrors_at_one_half", {"draws[3] < 0.5": "draws[3] <= 0.5"}).says(
    "You mirror where draws[3] is exactly 1/2; only below it is mirrored."
)
mistake(
    "turns_the_crop",
    {
        "return crop[:, :, ::-1] if draws[3] < 0.5 else crop": (
            "crop = crop[:, :, ::-1] if draws[3] < 0.5 else crop\nreturn crop.transpose(0, 2, 1)"
        ),
    },
).says("You exchange rows and columns of the crop; the result has the axes (C, row, column).")
mistake(
    "makes_it_real",
    {
        "resized = image[:, rows][:, :, columns]": (
            "resized = image[:, rows][:, :, columns] * np.float64(1)"
        ),
    },
).says("Your crop is float64 whatever the image is; pixels are copied, so they keep their type.")
mistake("takes_a_crop_that_may_not_fit", {"side > shortest or ": ""}).says(
    "You accept a `side` above `shortest`, though a crop may not fit; raise a ValueError, whatever "
    "size is drawn."
)
mistake("takes_no_sizes", {" or shortest > longest": ""}).says(
    "You accept a `shortest` above `longest`, between which there is no size; raise a ValueError."
)


@EXERCISE.right_answer
def goes_pixel_by_pixel(image, draws, shortest, longest, side):
    if shortest > longest:
        raise ValueError("no size between")
    if side > shortest:
        raise ValueError("the crop is larger than the image may be")
    C, H, W = image.shape
    length = int(np.floor(draws[0] * (longest - shortest + 1))) + shortest
    height, width = (length, W * length // H) if H <= W else (H * length // W, length)
    top = int(np.floor(draws[1] * (height - side + 1)))
    left = int(np.floor(draws[2] * (width - side + 1)))
    out = np.empty((C, side, side), image.dtype)
    for i in range(side):
        for j in range(side):
            column = left + (side - 1 - j if draws[3] < 0.5 else j)
            row = int((top + i + 0.5) * H / height)
            out[:, i, j] = image[:, row, int((column + 0.5) * W / width)]
    return out


@EXERCISE.right_answer
def counts_in_half_pixels(image, draws, shortest, longest, side):
    if not side <= shortest <= longest:
        raise ValueError("side, shortest and longest come in this order")

    def one_of(draw, count):
        return int(draw * count)

    H, W = image.shape[1:]
    length = one_of(draws[0], longest - shortest + 1) + shortest
    picked = []
    for size, draw in ((H, draws[1]), (W, draws[2])):
        new = size * length // min(H, W)
        start = one_of(draw, new - side + 1)
        picked.append((2 * np.arange(start, start + side) + 1) * size // (2 * new))
    rows, columns = picked
    if draws[3] < 0.5:
        columns = columns[::-1]
    return image[:, rows[:, None], columns]


@EXERCISE.right_answer
def takes_along_the_axes(image, draws, shortest, longest, side):
    if side > shortest or longest < shortest:
        raise ValueError("no such crop")
    sizes = np.arange(shortest, longest + 1)
    length = sizes[int(draws[0] * len(sizes))]
    short = min(image.shape[1:])
    for axis in (1, 2):
        old = image.shape[axis]
        new = old * length // short
        at = np.floor((np.arange(new) + 0.5) * old / new).astype(int)
        first = np.floor(draws[axis] * (new - side + 1)).astype(int)
        image = np.take(image, at[first : first + side], axis=axis)
    return np.flip(image, axis=2) if draws[3] < 0.5 else image
