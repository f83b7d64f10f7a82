"""Five crops of an image and their mirror images: `ten_crop`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused


def ten_crop(image, side):
    """Return the crops at the corners and in the centre, then all of them mirrored.

    >>> ten_crop(np.array([[[1, 2, 3]]]), 1).ravel()
    array([1, 3, 1, 3, 2, 1, 3, 1, 3, 2])
    """
    _, H, W = image.shape
    if side > H or side > W:
        raise ValueError(f"a crop of {side} pixels does not fit into {H} by {W}")
    bottom, right = H - side, W - side
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    crops = [image[:, top : top + side, left : left + side] for top, left in places]
    crops += [crop[:, :, ::-1] for crop in crops]
    return np.stack(crops)


def reference(image, side):
    """Pick the pixels of all ten by index."""
    C, H, W = image.shape
    if not 0 < side <= min(H, W):
        raise ValueError("the crop does not fit")
    out = np.empty((10, C, side, side), image.dtype)
    middle = (H - side) // 2, (W - side) // 2
    for number in range(10):
        down, across = divmod(number % 5, 2)
        top, left = middle if number % 5 == 4 else (down * (H - side), across * (W - side))
        for i, j in np.ndindex(side, side):
            column = left + (side - 1 - j if number >= 5 else j)
            out[number, :, i, j] = image[:, top + i, column]
    return out


def drawn(rng, *shape):
    """Draw an image of numbers of which no two are alike."""
    return rng.choice(np.arange(-499, 500), shape, replace=False) / 10


def wild(rng):
    """Draw small images of few values, and every side that fits."""
    while True:
        C, H, W = rng.integers(1, 6, 3)
        yield case("wild", rng.integers(0, 99, (C, H, W)), int(rng.integers(1, min(H, W) + 1)))


def inputs(rng):
    """Draw small images with all sizes different."""
    yield case("the example", np.array([[[1, 2, 3]]]), 1)
    yield case("2 channels, 5 rows, 8 columns, side 3", strided(drawn(rng, 2, 5, 8)), 3)
    yield case("taller than wide", np.asfortranarray(drawn(rng, 3, 9, 4)), 2)
    yield case("an odd margin on both axes", drawn(rng, 2, 7, 5), 2)
    yield case("an odd margin, an odd side", drawn(rng, 1, 6, 8), 3)
    yield case("as high as the image", drawn(rng, 2, 3, 6), 3)
    yield case("as wide as the image", drawn(rng, 2, 7, 4), 4)
    yield case("the whole image", drawn(rng, 3, 4, 4), 4)
    yield case("a crop of one pixel", drawn(rng, 2, 4, 6), 1)
    yield case("float32", drawn(rng, 2, 6, 7).astype(np.float32), 4)
    yield case("whole numbers", (10 * drawn(rng, 3, 5, 6)).round().astype(np.int32), 2)
    yield refused("higher than the image", drawn(rng, 2, 3, 6), 4)
    yield refused("wider than the image", drawn(rng, 2, 6, 3), 4)


EXERCISE = Exercise(
    ten_crop,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("view", "channel", "row", "column")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "crops_the_mirrored_image",
    {
        "crops += [crop[:, :, ::-1] for crop in crops]": (
            "image = image[:, :, ::-1]\n"
            "crops += [image[:, top : top + side, left : left + side] for top, left in places]"
        )
    },
).says(
    "You cut the second five out of the mirrored image, so its left corner is the right one of the "
    "first five; mirror the crops, in their order."
)
mistake("exchanges_top_and_bottom", {"crop[:, :, ::-1] for": "crop[:, ::-1] for"}).says(
    "You exchange top and bottom of the crops; a mirror image exchanges left and right, the last "
    "axis."
)
mistake("turns_by_180_degrees", {"crop[:, :, ::-1] for": "crop[:, ::-1, ::-1] for"}).says(
    "You exchange top and bottom as well as left and right; a mirror image does only the latter."
)
mistake("exchanges_the_channels", {"crop[:, :, ::-1] for": "crop[::-1] for"}).says(
    "You reverse the channels; columns are the third axis, and they are reversed."
)
mistake(
    "mirrors_one_after_the_other",
    {
        "crops += [crop[:, :, ::-1] for crop in crops]": (
            "crops = [each for crop in crops for each in (crop, crop[:, :, ::-1])]"
        ),
    },
).says(
    "You put each mirror image behind its crop; first come all five crops, then the five mirrored."
)
mistake("goes_down_first", {"(0, right), (bottom, 0)": "(bottom, 0), (0, right)"}).says(
    "Your second crop is the bottom left one; the order is top left, top right, bottom left, "
    "bottom right."
)
mistake("goes_round", {"(bottom, 0), (bottom, right), (": "(bottom, right), (bottom, 0), ("}).says(
    "You go round the image; behind the top right corner comes the bottom left one, as in reading."
)
mistake(
    "begins_with_the_centre",
    {
        "(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)": (
            "(bottom // 2, right // 2), (0, 0), (0, right), (bottom, 0), (bottom, right)"
        ),
    },
).says("You begin with the centre; it comes behind the four corners.")
mistake(
    "rounds_the_centre_up", {"(bottom // 2, right // 2)": "((bottom + 1) // 2, (right + 1) // 2)"}
).says("You round the place of the centre up; where the margin is odd, it is rounded down.")
mistake(
    "halves_each_size", {"(bottom // 2, right // 2)": "(H // 2 - side // 2, W // 2 - side // 2)"}
).says("You halve the image and the side each for itself; halve their difference, H - side.")
mistake(
    "begins_in_the_centre",
    {"(bottom // 2, right // 2)": "(min(H // 2, bottom), min(W // 2, right))"},
).says("Your fifth crop begins in the middle of the image; its own middle belongs there.")
mistake(
    "leaves_the_last_pixels_out",
    {"H - side, W - side": "max(H - side - 1, 0), max(W - side - 1, 0)"},
).says(
    "Your crops at the bottom and at the right end a pixel before the edge; they begin at H - side "
    "and W - side."
)
mistake("mirrors_nothing", {"crop[:, :, ::-1] for": "crop for"}).says(
    "Your second five crops are the first once more; mirror them."
)
mistake("returns_five", {"crops += [crop[:, :, ::-1] for crop in crops]": ""}).says(
    "You return the five crops alone; their mirror images follow."
)
mistake("puts_the_views_last", {"np.stack(crops)": "np.stack(crops, axis=-1)"}).says(
    "Your ten views are the last axis; they are the first, (10, C, side, side)."
)
mistake("joins_the_channels", {"np.stack(crops)": "np.concatenate(crops)"}).says(
    "You join the crops along their channels; the ten views have an axis of their own."
)
mistake("makes_all_real", {"np.stack(crops)": "np.stack(crops) * np.float64(1)"}).says(
    "Your result is float64 whatever the image is; pixels are copied, and their type stays."
)
mistake(
    "makes_the_crop_smaller",
    {
        'raise ValueError(f"a crop of {side} pixels does not fit into {H} by {W}")': (
            "side = min(H, W)"
        )
    },
).says(
    "You return smaller crops where the side does not fit, which a network cannot take; raise a "
    "ValueError."
)


@EXERCISE.right_answer
def cuts_and_mirrors_one_by_one(image, side):
    C, H, W = image.shape
    if side > min(H, W):
        raise ValueError("the crop has to fit")
    views = np.zeros((10, C, side, side), dtype=image.dtype)
    views[0] = image[:, :side, :side]
    views[1] = image[:, :side, W - side :]
    views[2] = image[:, H - side :, :side]
    views[3] = image[:, -side:, -side:]
    row, column = (H - side) // 2, (W - side) // 2
    views[4] = image[:, row : row + side, column : column + side]
    for k in range(5):
        views[5 + k] = np.flip(views[k], axis=-1)
    return views


@EXERCISE.right_answer
def slides_a_window(image, side):
    if side > image.shape[1] or side > image.shape[2]:
        raise ValueError("too large a side")
    windows = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(1, 2))
    rows, columns = windows.shape[1] - 1, windows.shape[2] - 1
    top = [0, 0, rows, rows, rows // 2]
    left = [0, columns, 0, columns, columns // 2]
    five = windows[:, top, left].swapaxes(0, 1)
    return np.concatenate([five, np.fliplr(five.reshape(-1, side)).reshape(five.shape)])


@EXERCISE.right_answer
def counts_columns_backwards(image, side):
    _, H, W = image.shape
    if H < side or W < side:
        raise ValueError(f"{side} is too much")
    views = []
    for step in (1, -1):
        for top, left in ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1)):
            rows = top * (H - side) // 2 + np.arange(side)
            columns = left * (W - side) // 2 + np.arange(side)[::step]
            views.append(image[:, rows][:, :, columns])
    return np.array(views)


mistake(
    "exchanges_the_axes_of_the_centre",
    {"row, column =": "column, row ="},
    of="cuts_and_mirrors_one_by_one",
).says(
    "Your centre begins in the row that is meant for the column; rows go with H, columns with W."
)
