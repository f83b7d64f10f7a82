"""Three ways to connect units to an image: `connection_counts`."""

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, whole


def connection_counts(image, units, field):
    """Count the weights of full, local and shared connections.

    >>> connection_counts((3, 4, 5), 10, (2, 3))
    (600, 180, 18)
    """
    C, H, W = image
    KH, KW = field
    pixels = C * H * W
    patch = C * KH * KW
    return units * pixels, units * patch, patch


def inputs(rng):
    """Draw images and fields of which no two sides are alike."""
    C, units = whole(rng, 3, 4), whole(rng, 21, 29)
    H, W = whole(rng, 8, 10), whole(rng, 12, 15)
    KH, KW = 2, whole(rng, 5, 7)
    yield case("the example", (3, 4, 5), 10, (2, 3))
    yield case("a grey image", (1, H, W), units, (KH, KW))
    yield case("a colour image", (3, W, H), units + 1, (KW, KH))
    yield case("a field as large as the image", (C, H, W), units, (H, W))
    yield case("a field of 1 x 1", (C, W, H), units, (1, 1))
    yield case("one unit", (C, H, W), 1, (KH, KW))
    yield case("a million units", (C, 10 * H, 10 * W), 1_000_000, (KW + 3, KH))


def wild(rng):
    """Draw small images and fields that fit into them."""
    for _ in range(1000):
        C, H, W, units = rng.integers(1, 7, 4).tolist()
        yield case("a small image", (C, H, W), units, (whole(rng, 1, H), whole(rng, 1, W)))


EXERCISE = Exercise(
    connection_counts,
    points=2,
    inputs=inputs,
    reference=arithmetic.connection_counts,
    outputs=("full", "local", "shared"),
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("takes_fields_as_flat", {"C * KH * KW": "KH * KW"}).says(
    "Your fields are one channel deep; a unit looks at its patch in every channel of the image."
)
mistake("shares_nothing", {"units * patch, patch": "units * patch, units * patch"}).says(
    "You give every unit its own weights in the last count too; where weights are shared, the "
    "number of units does not matter."
)
mistake("counts_biases", {"C * H * W": "C * H * W + 1", "C * KH * KW": "C * KH * KW + 1"}).says(
    "You count the biases as well; the statement asks for the weights alone."
)
mistake("swaps_local_and_shared", {"units * patch, patch": "patch, units * patch"}).says(
    "Your numbers come in another order than asked for: full, then local, then shared."
)
mistake("connects_one_unit", {"units * pixels": "pixels"}).says(
    "You connect one unit to the whole image in the first count; every unit sees every pixel, "
    "each with a weight of its own."
)
mistake("takes_fields_as_square", {"C * KH * KW": "C * KH * KH"}).says(
    "You take the field as square; its height and its width may differ, so use both."
)
mistake("forgets_channels_of_the_image", {"C * H * W": "H * W"}).says(
    "You leave the channels out of the first count; a unit that sees the whole image has a weight "
    "for each pixel in each channel."
)
mistake("gives_one_unit_a_patch", {"units * patch": "patch"}).says(
    "You count one unit's patch in `local`; every unit has weights of its own there, so multiply "
    "by the number of units."
)
mistake(
    "swaps_full_and_local", {"units * pixels, units * patch": "units * patch, units * pixels"}
).says(
    "You give the local count first; the order is full, then local, then shared, so the largest "
    "number comes first."
)
mistake(
    "reverses_the_order",
    {"units * pixels, units * patch, patch": "patch, units * patch, units * pixels"},
).says("You give the shared count first; the order is the other way round: full, local, shared.")
mistake("counts_patches_for_units", {"units * patch": "(H - KH + 1) * (W - KW + 1) * patch"}).says(
    "You count one unit for each place of the field in the local count; the number of units is an "
    "argument, and need not be the number of places."
)
mistake("reads_channels_last", {"C, H, W = image": "H, W, C = image"}).says(
    "You take the last number of `image` for its channels; the channels come first, then rows and "
    "columns."
)


@EXERCISE.right_answer
def starts_from_one_filter(image, units, field):
    pixels, shared = image[0], image[0]
    for size, patch in zip(image[1:], field, strict=True):
        pixels *= size
        shared *= patch
    return pixels * units, shared * units, shared


@EXERCISE.right_answer
def multiplies_arrays(image, units, field):
    image, field = np.array(image, dtype=np.int64), np.array(field, dtype=np.int64)
    shared = image[0] * field.prod()
    return tuple(np.array([image.prod() * units, shared * units, shared]))


@EXERCISE.right_answer
def has_a_product_inside(image, units, field):
    def product(first, *rest):
        return first * product(*rest) if rest else first

    return product(units, *image), product(units, image[0], *field), product(image[0], *field)
