"""How often each visual word occurs in an image: `bag_of_words`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE, decimals, showing
from course_utils.exercises.exercise import Exercise, case


def bag_of_words(patches, words):
    """Return which share of each image's patches is nearest to each word: (N, V).

    >>> patches = np.array([[[1.0, 1.0], [0.0, 2.0], [5.0, 0.0], [2.0, 0.0]]])
    >>> bag_of_words(patches, np.array([[0.0, 0.0], [4.0, 0.0]]))
    array([[0.75, 0.25]])
    """
    N, P, _ = patches.shape
    bags = np.zeros((N, len(words)))
    for n in range(N):
        for patch in patches[n]:
            distances = np.sum((patch - words) ** 2, axis=1)  # (V,)
            bags[n, np.argmin(distances)] += 1
    return bags / P


def drawn(rng, N, P, D, V, *, kind=float):
    """Draw patches, and words of which each is some patch's nearest if there are enough.

    They are drawn again until no two words are about equally near to a patch, and until the
    largest product with a word, and the smallest sum of absolute differences, name other words.
    """
    for attempt in range(1000):
        words, patches = 4 * decimals(rng, V, D), 4 * decimals(rng, N, P, D)
        if kind is int:
            words, patches = np.rint(words), np.rint(patches)
        differences = patches[:, :, None] - words
        far = np.sum(differences**2, axis=-1)
        nearest, ordered = far.argmin(axis=-1), np.sort(far, axis=-1)
        clear = V == 1 or (ordered[..., 1] - ordered[..., 0]).min() > 0.01
        others = [(patches @ words.T).argmax(axis=-1), np.abs(differences).sum(axis=-1).argmin(-1)]
        tells = V == 1 or D == 1 or all((nearest != other).any() for other in others)
        if clear and (tells or attempt > 500):
            return patches, words
    raise RuntimeError("no patches were found that tell distances apart")


def wild(rng):
    """Draw few patches and words."""
    while True:
        N, P, D = rng.integers(1, 5, 3)
        yield case("wild", *drawn(rng, N, P, D, rng.integers(1, 6)))


def inputs(rng):
    """Draw few patches of few numbers."""
    patches = np.array([[[1.0, 1.0], [0.0, 2.0], [5.0, 0.0], [2.0, 0.0]]])
    yield case("the example", patches, np.array([[0.0, 0.0], [4.0, 0.0]]))

    def usual():
        patches, words = drawn(rng, 3, 6, 4, 5)
        return case("3 images, 6 patches, 5 words", strided(patches), words)

    def whole():
        patches, words = drawn(rng, 2, 5, 3, 4, kind=int)
        return case("int32 patches", patches.astype(np.int32), words)

    cut = "cuts_the_last_words_off forgets_how_long_words_are adds_absolute_distances"
    yield showing(EXERCISE, f"{cut} mixes_the_images sees_the_first_number_only", usual)
    yield showing(EXERCISE, f"{cut} mixes_the_images", whole)
    ring = 20 * np.array([[0, 0], [0, 1], [1, 1], [1, 0]])

    def on_a_ring():
        bright = ring[rng.integers(4, size=(2, 7))] + rng.integers(100, 104, (2, 7, 2))
        return case("uint8 patches", bright.astype(np.uint8), np.asfortranarray(ring + 101.5))

    yield showing(EXERCISE, "cuts_the_last_words_off", on_a_ring)

    def with_far_words():
        patches, words = drawn(rng, 2, 4, 2, 3)
        return case("words that no patch is near to", patches, np.vstack([words, words + 90]))

    yield showing(EXERCISE, f"{cut} mixes_the_images sees_the_first_number_only", with_far_words)

    def with_equal_words():
        patches, words = drawn(rng, 2, 4, 3, 3, kind=int)
        return case("two words that are the same", patches, words[[1, 0, 1, 2, 0]])

    yield showing(
        EXERCISE,
        f"{cut} mixes_the_images".replace("cuts_the_last_words_off ", ""),
        with_equal_words,
    )

    def single_patches():
        return case("one patch in each image", *drawn(rng, 4, 1, 3, 5))

    yield showing(EXERCISE, f"{cut} mixes_the_images turns_the_bags", single_patches)

    def numbers():
        return case("one image, one number in a patch", *drawn(rng, 1, 5, 1, 3))

    spread = "takes_the_largest_product divides_by_the_largest makes_length_one "
    spread += "forgets_how_long_words_are cuts_the_last_words_off"
    yield showing(EXERCISE, spread, numbers)
    yield case("one word", *drawn(rng, 3, 2, 2, 1))


EXERCISE = Exercise(
    bag_of_words,
    points=3,
    inputs=inputs,
    axes={"the result": ("image", "word")},
    forbidden=(*HANDMADE, "sklearn"),
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("takes_the_farthest", {"np.argmin": "np.argmax"}).says(
    "You count the word with the largest distance; the smallest distance is the nearest word."
)
mistake("returns_counts", {"return bags / P": "return bags"}).says(
    "You return counts; divide by the number of patches, so that large images and small ones "
    "compare."
)
mistake("divides_by_the_words", {"bags / P": "bags / len(words)"}).says(
    "You divide by the number of words; each row must add up to 1 over the image's patches."
)
mistake("divides_by_all_patches", {"bags / P": "bags / (N * P)"}).says(
    "You divide by the patches of all images together; each image has a bag of its own."
)
mistake("adds_absolute_distances", {"(patch - words) ** 2": "np.abs(patch - words)"}).says(
    "You add up absolute differences; the Euclidean distance adds up their squares."
)
mistake("adds_signed_differences", {"(patch - words) ** 2": "patch - words"}).says(
    "Your differences keep their signs, so that a far word can look nearer than an equal one; "
    "square them."
)
mistake(
    "takes_the_largest_product",
    {"np.sum((patch - words) ** 2, axis=1)": "-(words @ patch)"},
).says(
    "You take the word with the largest product, which favours long words; take the smallest "
    "distance."
)
mistake(
    "forgets_how_long_words_are",
    {"np.sum((patch - words) ** 2, axis=1)": "np.sum(words**2, axis=1) - words @ patch"},
).says("You multiply the square out to w^2 - w x; there are two mixed terms, so it is w^2 - 2 w x.")
mistake("says_whether_a_word_occurs", {"+= 1": "= 1"}).says(
    "A word counts once in your bag however often it occurs; add 1 for each patch."
)
mistake(
    "takes_the_last_of_equals",
    {"np.argmin(distances)": "len(words) - 1 - np.argmin(distances[::-1])"},
).says("Of words that are equally near you take the last; the first is asked for.")
mistake(
    "shares_among_equals",
    {
        "bags[n, np.argmin(distances)] += 1": (
            "nearest = distances == distances.min()\nbags[n] += nearest / nearest.sum()"
        )
    },
).says("You split a patch among the words that are equally near; the first of them gets all of it.")
mistake(
    "mixes_the_images",
    {"return bags / P": "return bags.mean(axis=0, keepdims=True) / P + 0 * bags"},
).says("All of your images get the same bag; count the patches of each image by themselves.")
mistake("turns_the_bags", {"return bags / P": "return bags.T / P"}).says(
    "Your rows are words and your columns images; each image has a row."
)
mistake(
    "divides_by_the_largest",
    {"bags / P": "bags / bags.max(axis=1, keepdims=True)"},
).says("You divide by the count of the commonest word; divide by the number of patches.")
mistake(
    "makes_length_one", {"bags / P": "bags / np.linalg.norm(bags, axis=1, keepdims=True)"}
).says("You scale each bag to the length 1; a share is a count divided by the number of patches.")
mistake(
    "sees_the_first_number_only",
    {"np.sum((patch - words) ** 2, axis=1)": "(patch[0] - words[:, 0]) ** 2"},
).says("You compare the first number of each patch; the distance adds up all D of them.")


@EXERCISE.right_answer
def measures_all_at_once(patches, words):
    differences = patches[:, :, None, :] - words[None, None]  # (N, P, V, D)
    nearest = np.linalg.norm(differences, axis=-1).argmin(axis=-1)  # (N, P)
    return (nearest[..., None] == np.arange(len(words))).mean(axis=1)


@EXERCISE.right_answer
def counts_with_bincount(patches, words):
    rows = []
    for image in patches.astype(float):
        nearest = [
            min(range(len(words)), key=lambda v: ((image[p] - words[v]) ** 2).sum())
            for p in range(len(image))
        ]
        rows.append(np.bincount(nearest, minlength=len(words)) / len(nearest))
    return np.stack(rows)


mistake(
    "cuts_the_last_words_off",
    {", minlength=len(words)": ", minlength=1"},
    of="counts_with_bincount",
).says(
    "Your bag ends with the last word that occurs; give `bincount` the number of words as "
    "`minlength`."
)


@EXERCISE.right_answer
def multiplies_the_square_out(patches, words):
    N, P, D = patches.shape
    V, _ = words.shape
    flat = patches.reshape(N * P, D) * 1.0
    squares = (flat * flat).sum(axis=1)[:, None] - 2 * flat @ words.T + (words * words).sum(axis=1)
    bags = np.zeros((N, V))
    np.add.at(bags, (np.repeat(np.arange(N), P), squares.argmin(axis=1)), 1 / P)
    return bags
