"""The orientations of edges, cell by cell: `orientation_histogram`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, showing
from course_utils.exercises.exercise import Exercise, case


def orientation_histogram(image, cell, bins):
    """Describe an image by the orientations of its edges: (H / cell, W / cell, bins).

    >>> orientation_histogram(np.array([[0, 3], [4, 1]]), 2, 3).round(3)
    array([[[0.707, 0.   , 0.707]]])
    """
    H, W = image.shape
    gy, gx = np.gradient(image.astype(float))  # down, to the right
    magnitude = np.sqrt(gx**2 + gy**2)
    angle = np.degrees(np.arctan2(gy, gx)) % 180  # bright to dark counts as dark to bright
    place = np.floor(angle / 180 * bins).astype(int)
    histogram = np.zeros((H // cell, W // cell, bins))
    for i in range(H):
        for j in range(W):
            histogram[i // cell, j // cell, place[i, j]] += magnitude[i, j]
    norm = np.sqrt(np.sum(histogram**2))
    return histogram / norm if norm > 0 else histogram


def drawn(rng, shape, bins, *, scale=100):
    """Draw an image with fractions, or with whole numbers where the scale is 1.

    It is drawn again until no orientation is so near to a bin's edge that rounding decides on it,
    but for those of whole numbers that are exactly 0.
    """
    while True:
        image = rng.integers(0, 16 * scale, shape) / scale
        gy, gx = np.gradient(image)
        place = np.arctan2(gy, gx) % np.pi / np.pi * bins
        off = np.abs(place - np.round(place))
        if scale == 1:
            off[gy == 0] = 1
        if off.min() > 1e-3:
            return image


def near_edges(rng):
    """Draw an image, (6, 4), whose orientations are 0.4 degrees beside the edges of 9 bins.

    It rises evenly to the right, and down as each row's orientation asks.
    """
    to_the_right = float(rng.integers(1, 9))
    first, second, third, fourth = 20.0 * rng.integers(1, 4, 4)
    degrees = np.array([0.4, 0.4 - first, -0.4 - second, third + 0.4, fourth - 0.4])
    down = to_the_right * np.tan(np.radians(degrees))
    rows = [0.0, down[0]]
    for before, slope in zip((0, 1, 2, 3), down[1:], strict=True):
        rows.append(rows[before] + 2 * slope)  # a gradient is half the difference
    return np.round(np.array(rows)[:, None] + to_the_right * np.arange(4), 6)


def wild(rng):
    """Draw images of few cells."""
    while True:
        cell, rows, columns = rng.integers(1, 4, 3)
        bins = int(rng.integers(1, 10))
        shape = cell * (rows + 1), cell * (columns + 1)
        yield case("wild", drawn(rng, shape, bins), int(cell), bins)


def inputs(rng):
    """Draw images of few pixels."""
    yield case("the example", np.array([[0, 3], [4, 1]]), 2, 3)
    yield case("2 x 3 cells of 3 x 3 pixels", strided(drawn(rng, (6, 9), 9)), 3, 9)

    def whole():
        image = drawn(rng, (6, 4), 8, scale=1)
        return case("whole numbers, 3 x 2 cells", image.astype(np.int32), 2, 8)

    yield showing(EXERCISE, "keeps_one_pixel_a_bin", whole)
    image = 16 * drawn(rng, (4, 8), 5, scale=1)
    yield case(
        "uint8, where a difference below 0 starts again at 255", image.astype(np.uint8), 4, 5
    )

    def single_pixels():
        return case("a cell for each pixel", drawn(rng, (2, 3), 4), 1, 4)

    yield showing(EXERCISE, "mirrors_negative_angles", single_pixels)
    yield case("one cell, one bin", drawn(rng, (5, 5), 1), 5, 1)
    ramp = np.outer(np.ones(4), [9, 6, 2, 0, 3, 8]) + int(rng.integers(1, 9))
    yield case("upright edges, dark to bright and bright to dark", ramp, 2, 6)

    def close():
        return case("orientations close to the edge of a bin", near_edges(rng), 2, 9)

    yield showing(EXERCISE, "keeps_one_pixel_a_bin", close)
    blank = np.full((2, 6), float(rng.integers(1, 9)))
    yield case("an image without edges", blank, 2, 4)
    yield case("faint edges", drawn(rng, (4, 6), 7) / 1e6 + 1, 2, 7)


EXERCISE = Exercise(
    orientation_histogram,
    points=4,
    inputs=inputs,
    axes={"the result": ("row of cells", "column of cells", "bin")},
    forbidden=(*HANDMADE, "skimage"),
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("keeps_the_sign", {"% 180": "% 360", "angle / 180": "angle / 360"}).says(
    "Your orientations go from 0 to 360 degrees, where the two sides of a stroke count as "
    "different edges; take the angle modulo 180."
)
mistake(
    "mirrors_negative_angles",
    {"np.degrees(np.arctan2(gy, gx)) % 180": "np.abs(np.degrees(np.arctan2(gy, gx))) % 180"},
).says(
    "You drop the sign of a negative angle, so that -34 degrees becomes 34; it is the same "
    "orientation as 146, so take it modulo 180."
)
mistake("swaps_rows_and_columns", {"gy, gx = np.gradient": "gx, gy = np.gradient"}).says(
    "You take the gradient along the rows for the one across; `gradient` returns the change "
    "from row to row first."
)
mistake("counts_pixels", {"+= magnitude[i, j]": "+= 1"}).says(
    "Every pixel counts 1 in your bins, also where the image is flat; add its magnitude."
)
mistake("adds_squares", {"np.sqrt(gx**2 + gy**2)": "gx**2 + gy**2"}).says(
    "You add squared magnitudes, which make strong edges count far too much; take the root."
)
mistake("adds_absolute_differences", {"np.sqrt(gx**2 + gy**2)": "np.abs(gx) + np.abs(gy)"}).says(
    "Your magnitude is |gx| + |gy|; it is the length of the gradient, the root of the squares."
)
mistake(
    "leaves_the_norm_out",
    {"return histogram / norm if norm > 0 else histogram": "return histogram"},
).says(
    "You return the sums as they are, which double if the light does; divide all by their L2 norm."
)
mistake(
    "normalizes_each_cell",
    {
        "np.sum(histogram**2)": "np.sum(histogram**2, axis=2, keepdims=True)",
        "histogram / norm if norm > 0 else histogram": "histogram / np.where(norm > 0, norm, 1)",
    },
).says(
    "You divide each cell by a norm of its own, so that a faint cell counts like a strong one; "
    "there is one norm for the whole image."
)
mistake("divides_by_the_sum", {"np.sqrt(np.sum(histogram**2))": "np.sum(histogram)"}).says(
    "You divide by the sum of all bins; the L2 norm is the root of the sum of their squares."
)
mistake(
    "rounds_the_bin", {"np.floor(angle / 180 * bins)": "(np.round(angle / 180 * bins) % bins)"}
).says(
    "You round to the nearest edge of a bin; a bin goes from its edge to the next, so round down."
)
mistake(
    "divides_by_nothing", {"histogram / norm if norm > 0 else histogram": "histogram / norm"}
).says("Where an image has no edges, you divide 0 by 0 and get NaN; return the zeros as they are.")
mistake(
    "keeps_one_pixel_a_bin",
    {
        "for i in range(H):": "i, j = np.indices((H, W))",
        "for j in range(W):": "",
        "histogram[i // cell, j // cell, place[i, j]] += magnitude[i, j]": "",
        "norm = np.sqrt": "histogram[i // cell, j // cell, place] += magnitude\nnorm = np.sqrt",
    },
).says(
    "You add to many places at once with `+=`, where NumPy keeps one of the additions to the same "
    "bin; use a loop, or `add.at`."
)
mistake(
    "takes_cell_for_their_number",
    {
        "(H // cell, W // cell, bins)": "(cell, cell, bins)",
        "[i // cell, j // cell, place[i, j]]": "[i * cell // H, j * cell // W, place[i, j]]",
    },
).says(
    "You make `cell` x `cell` cells; `cell` is how many pixels a cell has in each direction, and "
    "their number follows."
)
mistake(
    "stops_at_the_cells",
    {
        "gy, gx = np.gradient(image.astype(float))  # down, to the right": (
            "gy, gx = np.zeros((2, H, W))\n"
            "for i in range(0, H, cell):\n"
            "    for j in range(0, W, cell):\n"
            "        part = np.s_[i : i + cell, j : j + cell]\n"
            "        if cell > 1:\n"
            "            gy[part], gx[part] = np.gradient(image[part].astype(float))"
        )
    },
).says(
    "You take the gradients of each cell by itself, and lose the edges between cells; take those "
    "of the whole image first."
)
mistake(
    "leaves_the_border_out",
    {
        "magnitude = np.sqrt(gx**2 + gy**2)": (
            "magnitude = np.zeros((H, W))\n"
            "inner = np.s_[1:-1, 1:-1]\n"
            "magnitude[inner] = np.sqrt(gx[inner] ** 2 + gy[inner] ** 2)"
        )
    },
).says(
    "Pixels on the border count nothing in your histogram; they have a gradient, from their one "
    "neighbour."
)
mistake(
    "looks_one_way",
    {
        "gy, gx = np.gradient(image.astype(float))  # down, to the right": (
            "grey = image.astype(float)\n"
            "gy = np.diff(grey, axis=0, append=grey[-1:])\n"
            "gx = np.diff(grey, axis=1, append=grey[:, -1:])"
        )
    },
).says(
    "You subtract a pixel from the next one; inside the image, take half the difference of its two "
    "neighbours."
)


@EXERCISE.right_answer
def takes_differences(image, cell, bins):
    H, W = image.shape
    grey = np.asarray(image, dtype=np.float64)
    down, right = np.empty((H, W)), np.empty((H, W))
    down[1:-1], right[:, 1:-1] = (grey[2:] - grey[:-2]) / 2, (grey[:, 2:] - grey[:, :-2]) / 2
    down[0], down[-1] = grey[1] - grey[0], grey[-1] - grey[-2]
    right[:, 0], right[:, -1] = grey[:, 1] - grey[:, 0], grey[:, -1] - grey[:, -2]
    place = (np.arctan2(down, right) % np.pi * bins / np.pi).astype(int)
    votes = np.hypot(down, right)[..., None] * (place[..., None] == np.arange(bins))
    cells = votes.reshape(H // cell, cell, W // cell, cell, bins).sum(axis=(1, 3))
    return cells / max(np.linalg.norm(cells), 1e-300)


mistake(
    "starts_again_at_255",
    {"grey = np.asarray(image, dtype=np.float64)": "grey = image"},
    of="takes_differences",
).says(
    "You subtract in the type of the image, where uint8 turns 3 - 4 into 255; change it to float "
    "first."
)
mistake(
    "forgets_the_half",
    {
        "(grey[2:] - grey[:-2]) / 2": "grey[2:] - grey[:-2]",
        "(grey[:, 2:] - grey[:, :-2]) / 2": "grey[:, 2:] - grey[:, :-2]",
    },
    of="takes_differences",
).says(
    "Between the neighbours of an inner pixel there are two steps; take half of their difference."
)


@EXERCISE.right_answer
def adds_at_places(image, cell, bins):
    gy, gx = np.gradient(image.astype(np.float64))
    angle = np.degrees(np.arctan2(gy, gx))
    angle = np.where(angle < 0, angle + 180, angle)
    angle[angle == 180] = 0
    rows, columns = np.indices(image.shape) // cell
    histogram = np.zeros((*(size // cell for size in image.shape), bins))
    np.add.at(histogram, (rows, columns, np.int64(angle // (180 / bins))), np.hypot(gx, gy))
    norm = np.linalg.norm(histogram.ravel())
    return histogram if norm == 0 else histogram / norm


@EXERCISE.right_answer
def asks_numpy_for_histograms(image, cell, bins):
    gy, gx = np.gradient(image * 1.0)
    angle = np.arctan2(gy, gx) % np.pi
    size, rows = np.sqrt(gy * gy + gx * gx), []
    for top in range(0, image.shape[0], cell):
        row = []
        for left in range(0, image.shape[1], cell):
            part = np.s_[top : top + cell, left : left + cell]
            row.append(np.histogram(angle[part], bins, (0, np.pi), weights=size[part])[0])
        rows.append(row)
    result = np.array(rows)
    total = (result**2).sum() ** 0.5
    return np.divide(result, total, out=np.zeros_like(result), where=total > 0)
