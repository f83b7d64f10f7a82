"""Three ways to connect units to an image: `connection_counts`."""

from __future__ import annotations

import numpy as np

from course_utils import arithmetic
from course_utils.exercises.exercise import Exercise, case, refused, whole


def _connection_counts_cases(rng):
    C, units = whole(rng, 3, 4), whole(rng, 21, 29)
    H, W = whole(rng, 8, 10), whole(rng, 12, 15)
    KH, KW = 2, whole(rng, 5, 7)
    yield case("a grey image", (1, H, W), units, (KH, KW))
    yield case("a colour image", (3, W, H), units + 1, (KW, KH))
    yield case("a field as large as the image", (C, H, W), units, (H, W))
    yield case("a field of 1 x 1", (C, W, H), units, (1, 1))
    yield case("one unit", (C, H, W), 1, (KH, KW))
    yield case("a million units", (C, 10 * H, 10 * W), 1_000_000, (KW + 3, KH))

    yield refused("a field wider than the image", (C, H, W), units, (KH, W + 1))
    yield refused("a field higher than the image", (C, H, W), units, (H + 1, KW))
    yield refused("a field larger than the image", (C, H, W), units, (H + 2, W + 1))
    yield refused("no units", (C, H, W), 0, (KH, KW))
    yield refused("no channels", (0, H, W), units, (KH, KW))
    yield refused("a field of height 0", (C, H, W), units, (0, KW))
    yield refused("a field of width 0", (C, H, W), units, (KH, 0))


CONNECTION_COUNTS = Exercise(
    "connection_counts",
    2,
    arithmetic.connection_counts,
    _connection_counts_cases,
    outputs=("full", "local", "shared"),
)


@CONNECTION_COUNTS.known_wrong(
    "Your fields are one channel deep; a unit looks at its patch in every channel of the image."
)
def takes_fields_as_flat(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, KH * KW * units, KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You give every unit its own weights in the last count too; where weights are shared, "
    "the number of units does not matter."
)
def shares_nothing(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW * units


@CONNECTION_COUNTS.known_wrong(
    "You count the biases as well; the statement asks for the weights alone."
)
def counts_biases(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return (C * H * W + 1) * units, (C * KH * KW + 1) * units, C * KH * KW + 1


@CONNECTION_COUNTS.known_wrong(
    "Your numbers come in another order than asked for: full, then local, then shared."
)
def swaps_local_and_shared(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW, C * KH * KW * units


@CONNECTION_COUNTS.known_wrong(
    "You connect one unit to the whole image in the first count; every unit sees every pixel, "
    "each with a weight of its own."
)
def connects_one_unit(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You take the field as square; its height and its width may differ, so use both."
)
def takes_fields_as_square(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KH * units, C * KH * KH


@CONNECTION_COUNTS.known_wrong(
    "You refuse a field when it is too large both ways, but one way is enough for it not to fit; "
    "check each axis."
)
def refuses_fields_too_large_both_ways(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or (KH > H and KW > W):
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You leave the channels out of the first count; "
    "a unit that sees the whole image has a weight for each pixel in each channel."
)
def forgets_channels_of_the_image(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count one unit's patch in `local`; "
    "every unit has weights of its own there, so multiply by the number of units."
)
def gives_one_unit_a_patch(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You give the local count first; the order is full, then local, then shared, "
    "so the largest number comes first."
)
def swaps_full_and_local(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1 or KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * KH * KW * units, C * H * W * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count on where there is nothing to connect; "
    "check that no size and no number of units is below 1, and raise a ValueError."
)
def accepts_nothing_to_connect(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if KH > H or KW > W:
        raise ValueError("the field does not fit")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_wrong(
    "You count weights for a field that is larger than the image; "
    "compare both sides and raise a ValueError."
)
def accepts_large_fields(image, units, field):
    (C, H, W), (KH, KW) = image, field
    if min(C, H, W, units, KH, KW) < 1:
        raise ValueError("a size is below 1")
    return C * H * W * units, C * KH * KW * units, C * KH * KW


@CONNECTION_COUNTS.known_right
def starts_from_one_filter(image, units, field):
    if units < 1 or min(image) < 1 or min(field) < 1:
        raise ValueError("every size must be at least 1")
    if any(patch > size for patch, size in zip(field, image[1:], strict=True)):
        raise ValueError("the field is larger than the image")
    pixels, shared = image[0], image[0]
    for size, patch in zip(image[1:], field, strict=True):
        pixels *= size
        shared *= patch
    return pixels * units, shared * units, shared


@CONNECTION_COUNTS.known_right
def multiplies_arrays(image, units, field):
    image, field = np.array(image, dtype=np.int64), np.array(field, dtype=np.int64)
    if image.min() < 1 or field.min() < 1 or units < 1 or np.any(field > image[1:]):
        raise ValueError("the sizes make no sense")
    shared = image[0] * field.prod()
    return tuple(np.array([image.prod() * units, shared * units, shared]))


@CONNECTION_COUNTS.known_right
def has_a_product_inside(image, units, field):
    def product(first, *rest):
        return first * product(*rest) if rest else first

    C, H, W = image
    KH, KW = field
    if not (units >= 1 and C >= 1 and 1 <= KH <= H and 1 <= KW <= W):
        raise ValueError("a size is out of range")
    return product(units, C, H, W), product(units, C, KH, KW), product(C, KH, KW)
