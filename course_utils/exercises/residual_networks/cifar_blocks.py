"""The networks for CIFAR-10 on paper: `cifar_blocks`."""

from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.models import resnet
from course_utils.models.count import on_meta, parameter_count


def cifar_blocks(depth, width):
    """Return the blocks (C, F, stride) of a network of so many layers, and its parameters.

    >>> cifar_blocks(8, 2)
    (((2, 2, 1), (2, 4, 2), (4, 8, 2)), 1356)
    """
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"depth must be 6 n + 2 with n of at least 1, got {depth}")
    C, blocks = width, []  # what the next block reads
    parameters = 9 * 3 * width + 2 * width  # the stem, and its normalization
    for stage in range(3):
        F = width * 2**stage
        for i in range(n):
            stride = 2 if stage > 0 and i == 0 else 1
            blocks.append((C, F, stride))
            parameters += 9 * C * F + 9 * F * F + 4 * F
            C = F
    return tuple(blocks), parameters + 10 * (C + 1)


def reference(depth, width):
    """Build the network where there are shapes alone, and look at its blocks."""
    network = on_meta(lambda: resnet.cifar_resnet(depth, width=width))
    convs = (block.conv1 for block in network.blocks)
    blocks = tuple((conv.in_channels, conv.out_channels, conv.stride[0]) for conv in convs)
    return blocks, parameter_count(network)


def inputs(rng):
    """Draw depths of the paper, and others."""
    yield case("the example", 8, 2)
    yield case("one of the paper's", int(rng.choice([32, 44, 56])), 16)
    yield case("one block a stage", 8, whole(rng, 3, 40))
    yield case("two blocks a stage, few filters", 14, whole(rng, 1, 15), weight=0.5)
    yield case("a wide one", 6 * whole(rng, 3, 5) + 2, whole(rng, 50, 200))

    yield refused(
        "a depth that no number of blocks has",
        6 * whole(rng, 2, 9) + int(rng.choice([3, 4, 6, 7])),
        16,
    )
    yield refused("no block at all", 2, whole(rng, 1, 40))


def wild(rng):
    """Draw few blocks and few filters."""
    while True:
        yield case("a small network", 6 * whole(rng, 1, 4) + 2, whole(rng, 1, 9))


EXERCISE = Exercise(
    cifar_blocks,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=("the blocks", "the number of parameters"),
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("halves_in_the_first_stage", {"stage > 0 and i == 0": "i == 0"}).says(
    "Your first stage halves the image as well; only the second and the third begin with a stride "
    "of 2."
)
mistake("halves_in_every_block", {"stage > 0 and i == 0": "stage > 0"}).says(
    "Every block of your later stages halves the image; the first one of the stage does, and then "
    "the size stays."
)
mistake("halves_at_the_end", {"stage > 0 and i == 0": "stage < 2 and i == n - 1"}).says(
    "Your stride of 2 is at the end of a stage; it is in the first block of the next one."
)
mistake("never_doubles", {"width * 2**stage": "width"}).says(
    "All of your stages have the same width; each has twice as many filters as the one before."
)
mistake("adds_the_width", {"width * 2**stage": "width * (stage + 1)"}).says(
    "Your stages have once, twice and three times the width; the third has four times as many "
    "filters as the first."
)
mistake(
    "reads_what_it_makes",
    {"blocks.append((C, F, stride))": ("C = F\nblocks.append((C, F, stride))")},
).says(
    "Your blocks read as many channels as they make; the first block of a stage reads what the "
    "stage before has made."
)
mistake(
    "counts_two_layers_as_a_stage",
    {"n, rest = divmod(depth - 2, 6)": ("n, rest = (depth - 2) // 2, (depth - 2) % 6")},
).says(
    "You put all blocks into each stage; the depth counts those of three stages, so a stage has a "
    "third of them."
)
mistake("takes_layers_for_blocks", {"divmod(depth - 2, 6)": "divmod(depth - 2, 3)"}).says(
    "You take one layer for a block; each block has two convolutions, so n blocks in three stages "
    "are 6 n layers."
)
mistake("forgets_the_stem", {"parameters = 9 * 3 * width + 2 * width": "parameters = 0"}).says(
    "Your count begins at the first block; before it are the stem's filters on three channels, and "
    "their normalization."
)
mistake(
    "forgets_normalizations", {"9 * 3 * width + 2 * width": "9 * 3 * width", (" + 4 * F"): ""}
).says(
    "Your count has weights only; each normalization learns a scale and a shift for each of its "
    "maps."
)
mistake("counts_biases", {"2 * width": "3 * width", "4 * F": "6 * F"}).says(
    "You count a bias for each filter; convolutions before a normalization have none."
)
mistake("counts_projections", {"C = F": "parameters += (C * F + 2 * F) * (C != F)\nC = F"}).says(
    "You count convolutions on the shortcuts; here a shortcut leaves pixels out and adds zeros, "
    "which costs nothing."
)
mistake("forgets_the_biases_of_the_scores", {"10 * (C + 1)": "10 * C"}).says(
    "Your fully connected layer has weights only; each of its ten scores has a bias."
)
mistake("reads_every_pixel_of_the_last_volume", {"10 * (C + 1)": "10 * (64 * C + 1)"}).says(
    "Your fully connected layer reads 8 x 8 pixels of each map; before it each map becomes one "
    "number, its mean."
)
mistake("counts_one_convolution_twice", {"9 * C * F + 9 * F * F": "2 * 9 * C * F"}).says(
    "Both convolutions of your blocks read C channels; the second one reads the F maps that the "
    "first has made."
)
mistake("accepts_any_depth", {"rest or n < 1": "n < 1"}).says(
    "You round a depth that no number of blocks has; say with a ValueError that there is no such "
    "network."
)
mistake("returns_a_list_of_blocks", {"tuple(blocks)": "blocks"}).says(
    "Your blocks are a list; make a tuple of tuples of them, as the statement says."
)
mistake("counts_one_normalization_a_block", {"4 * F": "2 * F"}).says(
    "You count one normalization for each block; a block has two, one behind each convolution."
)
mistake("reads_the_stage_before", {"C = F": "C = F if i == n - 1 else C"}).says(
    "All blocks of your stages read the channels of the stage before; the first block does, and "
    "the next ones read what it makes."
)
mistake("reads_grey_images", {"9 * 3 * width": "9 * width"}).says(
    "The filters of your stem read one channel; the images of CIFAR have three."
)


@EXERCISE.right_answer
def lists_each_stage(depth, width):
    if depth < 8 or depth % 6 != 2:
        raise ValueError("there is no such network")
    n = depth // 6
    one, two, four = width, 2 * width, 4 * width
    blocks = [(one, one, 1)] * n
    blocks += [(one, two, 2)] + [(two, two, 1)] * (n - 1)
    blocks += [(two, four, 2)] + [(four, four, 1)] * (n - 1)
    layers = [(3, width)]
    for C, F, _ in blocks:
        layers += [(C, F), (F, F)]
    return tuple(blocks), sum(9 * C * F + 2 * F for C, F in layers) + four * 10 + 10


@EXERCISE.right_answer
def finds_a_formula(depth, width):
    if (depth - 2) % 6 or depth <= 2:
        raise ValueError(depth)
    n, w = (depth - 2) // 6, width
    made = [w] * n + [2 * w] * n + [4 * w] * n
    read = [w, *made[:-1]]
    blocks = tuple((C, F, 1 if C == F else 2) for C, F in zip(read, made, strict=True))
    # 1, 2, 4 times the width: 18 n (1 + 4 + 16) w^2, less 9 (4 - 2) w^2 and 9 (16 - 8) w^2.
    return blocks, (378 * n - 90) * w * w + 29 * w + 28 * n * w + 40 * w + 10


@EXERCISE.right_answer
def goes_block_by_block(depth, width):
    blocks, total, C, F, left = [], 29 * width, width, width, (depth - 2) / 2
    if depth < 8 or left % 3:
        raise ValueError(f"no network has {depth} layers")
    for number in range(int(left)):
        first = number % (left / 3) == 0 and number > 0
        F = 2 * F if first else F
        blocks.append((C, F, 1 + first))
        total += 9 * F * (C + F) + 4 * F
        C = F
    return tuple(blocks), total + 10 * C + 10
