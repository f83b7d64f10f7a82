"""A residual network from its configuration: `build_resnet`."""

import torch
from torch import nn

from course_utils.exercises.draw import NETWORK, SCORES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.exercises.residual_networks.build_basic_block import build_basic_block
from course_utils.exercises.residual_networks.build_bottleneck import build_bottleneck
from course_utils.models.resnet import ResNet, Style


def build_resnet(kind, blocks, width, classes):
    """Build a residual network from the numbers of blocks of its stages.

    >>> network = build_resnet("bottleneck", [1, 2], 4, 10)
    >>> network(torch.zeros(2, 3, 33, 40)).shape
    torch.Size([2, 10])
    >>> sum(parameter.numel() for parameter in network.parameters())
    4110
    """
    C = width
    layers = [nn.Conv2d(3, C, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(C), nn.ReLU()]
    layers += [nn.MaxPool2d(3, stride=2, padding=1)]
    for stage, count in enumerate(blocks):
        F = width * 2**stage
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            if kind == "basic":
                layers.append(build_basic_block(C, F, stride))
                C = F
            else:
                layers.append(build_bottleneck(C, F, stride))
                C = 4 * F
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, classes))


def reference(kind, blocks, width, classes):
    """Build the network of the library, with the shortcuts that the paper has in each kind."""
    style = Style(shortcut="A" if kind == "basic" else "B")
    return ResNet(kind, blocks, classes, width=width, style=style)


def inputs(rng):
    """Draw small networks, and a larger one, of which the shapes alone are looked at."""

    def asked(label, kind, blocks, width, *sides):
        numbers = {"x_shape": (2, 3, *sides), "seed": whole(rng, 1, 10**6)}
        return case(label, kind, blocks, width, whole(rng, 3, 9), **numbers)

    yield case("the example", "bottleneck", [1, 2], 4, 10, x_shape=(2, 3, 33, 40))
    yield case(
        "four stages, their shapes", "bottleneck", [1, 2, 1, 1], 16, whole(rng, 900, 1100),
        x_shape=(2, 3, 224, 224),
    )  # fmt: skip
    yield asked("basic blocks, two stages", "basic", [1, 2], whole(rng, 3, 4), 20, 27)
    yield asked("bottlenecks, two stages", "bottleneck", [2, 1], whole(rng, 3, 4), 21, 26)
    yield asked("basic blocks, one stage", "basic", [2], whole(rng, 5, 6), 13, 10)


def wild(rng):
    """Draw a few stages of a few blocks."""
    for seed in range(100):
        kind = str(rng.choice(["basic", "bottleneck"]))
        blocks = rng.integers(1, 3, whole(rng, 1, 3)).tolist()
        sides = rng.integers(8, 30, 2).tolist()
        numbers = {"x_shape": (2, 3, *sides), "seed": seed}
        yield case("a small network", kind, blocks, whole(rng, 2, 4), whole(rng, 1, 5), **numbers)


EXERCISE = Exercise(
    build_resnet,
    points=5,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=SCORES,
    probe="module",
    wild=wild,
)


@EXERCISE.right_answer
def stands_alone(kind, blocks, width, classes):
    def conv(C, F, kernel, stride):
        layer = nn.Conv2d(C, F, kernel, stride, padding=kernel // 2, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(F))

    class Residual(nn.Module):
        def __init__(self, C, F, stride):
            super().__init__()
            self.stride, self.shortcut = stride, None
            if kind == "basic":
                self.maps = F
                self.branch = nn.Sequential(conv(C, F, 3, stride), nn.ReLU(), conv(F, F, 3, 1))
            else:
                self.maps = 4 * F
                self.branch = nn.Sequential(
                    conv(C, F, 1, 1), nn.ReLU(), conv(F, F, 3, stride), nn.ReLU()
                )
                self.branch.append(conv(F, 4 * F, 1, 1))
                if stride > 1 or C != 4 * F:
                    self.shortcut = conv(C, 4 * F, 1, stride)

        def forward(self, x):
            out = self.branch(x)
            if self.shortcut:
                return torch.relu(out + self.shortcut(x))
            x = x[:, :, :: self.stride, :: self.stride]
            zeros = x.new_zeros(len(x), self.maps - x.shape[1], *x.shape[2:])
            return torch.relu(out + torch.cat([x, zeros], dim=1))

    layers = [conv(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)]
    C = width
    for stage, count in enumerate(blocks):
        for i in range(count):
            block = Residual(C, width * 2**stage, 2 if stage > 0 and i == 0 else 1)
            layers.append(block)
            C = block.maps
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    layers.append(nn.Linear(C, classes))
    return nn.Sequential(*layers)


def mistake(name, edits):
    """Register a mistake in the answer that needs no other one."""
    return EXERCISE.mistake(name, edits, of="stands_alone")


mistake("leaves_the_pool_out", {", nn.MaxPool2d(3, stride=2, padding=1)": ""}).says(
    "Your first stage reads what the stem's convolution makes; a pool of 3 x 3 pixels with stride "
    "2 lies between them."
)
mistake("pools_two_pixels", {"nn.MaxPool2d(3, stride=2, padding=1)": "nn.MaxPool2d(2)"}).says(
    "Your stem's pool looks at 2 x 2 pixels; its windows have 3 x 3 of them and overlap, with "
    "padding 1."
)
mistake("has_a_small_stem", {"conv(3, width, 7, 2)": "conv(3, width, 3, 1)"}).says(
    "Your stem is that of the networks for CIFAR, 3 x 3 with stride 1; this one sees 7 x 7 pixels "
    "with stride 2."
)
mistake("leaves_the_stem_linear", {"conv(3, width, 7, 2), nn.ReLU()": "conv(3, width, 7, 2)"}).says(
    "Your stem has no ReLU; one comes after its normalization and before the pool."
)
mistake(
    "has_a_bare_stem",
    {"conv(3, width, 7, 2)": ("nn.Conv2d(3, width, 7, 2, padding=3, bias=False)")},
).says("Your stem has no normalization; one follows its convolution, as it does all others.")
mistake("halves_in_every_block_of_a_stage", {"stage > 0 and i == 0": "stage > 0"}).says(
    "All blocks of your later stages have stride 2; the first one of a stage has it alone."
)
mistake("halves_in_the_first_stage_too", {"stage > 0 and i == 0": "i == 0"}).says(
    "Your first stage begins with stride 2; the pool before it has halved the image already."
)
mistake("never_halves", {"2 if stage > 0 and i == 0 else 1": "1"}).says(
    "No stage of your network halves the image; from the second one on, the first block has stride "
    "2."
)
mistake("never_doubles_its_filters", {"width * 2**stage": "width"}).says(
    "Every stage of your network has `width` filters; from one stage to the next they double."
)
mistake("builds_basic_blocks_only", {'kind == "basic"': "True"}).says(
    "You build basic blocks whatever the kind is; with another one the network is made of "
    "bottlenecks."
)
mistake("ends_with_a_maximum", {"nn.AdaptiveAvgPool2d(1)": "nn.AdaptiveMaxPool2d(1)"}).says(
    "You hand on the largest number of each map; the scores read the mean of it."
)
mistake(
    "ends_with_probabilities",
    {
        "layers.append(nn.Linear(C, classes))": (
            "layers += [nn.Linear(C, classes), nn.Softmax(dim=1)]"
        )
    },
).says("Your network ends with a softmax; the loss takes it, and the network returns scores.")
mistake("drops_before_the_scores", {"nn.Flatten()]": "nn.Flatten(), nn.Dropout()]"}).says(
    "You drop half of the means before the scores; batch normalization has taken dropout's place, "
    "and there is none."
)
mistake(
    "pools_by_the_mean",
    {"nn.MaxPool2d(3, stride=2, padding=1)": "nn.AvgPool2d(3, stride=2, padding=1)"},
).says("Your stem's pool takes means; it keeps the maximum of each window.")
mistake(
    "pools_without_padding",
    {"nn.MaxPool2d(3, stride=2, padding=1)": "nn.MaxPool2d(3, stride=2)"},
).says("The pool of your stem has no padding; it has 1, so that it halves height and width.")
mistake(
    "leaves_the_stem_linear_and_pools_without_padding",
    {
        "conv(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1)": (
            "conv(3, width, 7, 2), nn.MaxPool2d(3, stride=2)"
        )
    },
).says(
    "Your stem lacks its ReLU, and its pool has no padding; a ReLU follows the normalization, and "
    "the padding is 1."
)
mistake(
    "halves_at_the_end_of_a_stage",
    {"stage > 0 and i == 0": "stage < len(blocks) - 1 and i == count - 1"},
).says(
    "The last block of a stage has the stride of 2 in your network; the first block of the next "
    "stage has it."
)
mistake(
    "strides_in_the_reduction",
    {
        "conv(C, F, 1, 1), nn.ReLU(), conv(F, F, 3, stride), nn.ReLU()": (
            "conv(C, F, 1, stride), nn.ReLU(), conv(F, F, 3, 1), nn.ReLU()"
        )
    },
).says(
    "Your bottlenecks have the stride in their first convolution, as in the paper; here the 3 x 3 "
    "one has it."
)
mistake("puts_zeros_in_front", {"[x, zeros]": "[zeros, x]"}).says(
    "In your basic blocks the maps of zeros come before the channels of x; they come behind them."
)
mistake(
    "puts_half_of_the_zeros_in_front",
    {
        "zeros = x.new_zeros(len(x), self.maps - x.shape[1], *x.shape[2:])": (
            "more = self.maps - x.shape[1]\npad = (0, 0, 0, 0, more // 2, more - more // 2)"
        ),
        "torch.cat([x, zeros], dim=1)": "nn.functional.pad(x, pad)",
    },
).says(
    "Your basic blocks put half of their maps of zeros in front of the channels of x; all of them "
    "come behind."
)
mistake(
    "projects_in_basic_blocks",
    {
        "self.branch = nn.Sequential(conv(C, F, 3, stride), nn.ReLU(), conv(F, F, 3, 1))": (
            "self.branch = nn.Sequential(conv(C, F, 3, stride), nn.ReLU(), conv(F, F, 3, 1))\n"
            "if stride > 1 or C != F:\n"
            "    self.shortcut = conv(C, F, 1, stride)"
        )
    },
).says(
    "Your basic blocks have projections where the shape changes; here a shortcut has weights in "
    "bottlenecks alone."
)


@EXERCISE.right_answer
def counts_from_the_list(kind, blocks, width, classes):
    def norm(C, F, kernel, stride=1):
        layer = nn.Conv2d(C, F, kernel, stride, kernel // 2, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(F))

    class Basic(nn.Module):
        def __init__(self, C, F, stride):
            super().__init__()
            self.skipped = stride, F - C
            self.first, self.second = norm(C, F, 3, stride), norm(F, F, 3)

        def forward(self, x):
            stride, missing = self.skipped
            y = self.second(self.first(x).relu())
            x = nn.functional.max_pool2d(x, 1, stride)
            return (nn.functional.pad(x, (0, 0) * 2 + (0, missing)) + y).relu()

    class Deep(nn.Module):
        def __init__(self, C, F, stride):
            super().__init__()
            self.first, self.second = norm(C, F, 1), norm(F, F, 3, stride)
            self.third = norm(F, 4 * F, 1)
            self.around = norm(C, 4 * F, 1, stride) if (C, stride) != (4 * F, 1) else nn.Identity()

        def forward(self, x):
            around = self.around(x)
            return (around + self.third(self.second(self.first(x).relu()).relu())).relu()

    make, factor = (Basic, 1) if kind == "basic" else (Deep, 4)
    filters = [width * 2**s for s, count in enumerate(blocks) for _ in range(count)]
    before = [0, *filters[:-1]]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = norm(3, width, 7, 2)
            self.blocks = nn.ModuleList(
                make(factor * b if b else width, f, 2 if 0 < b < f else 1)
                for b, f in zip(before, filters, strict=True)
            )
            self.scores = nn.Linear(factor * filters[-1], classes)

        def forward(self, x):
            x = nn.functional.max_pool2d(self.stem(x).relu(), 3, 2, 1)
            for block in self.blocks:
                x = block(x)
            return self.scores(x.mean((2, 3)))

    return Network()


@EXERCISE.right_answer
def waits_for_its_sizes(kind, blocks, width, classes):
    def layers(F, kernel, stride=1):
        conv = nn.LazyConv2d(F, kernel, stride, kernel // 2, bias=False)
        return [conv, nn.LazyBatchNorm2d()]

    def branch(F, stride):
        if kind == "basic":
            return nn.Sequential(*layers(F, 3, stride), nn.ReLU(), *layers(F, 3))
        thin = [*layers(F, 1), nn.ReLU(), *layers(F, 3, stride), nn.ReLU()]
        return nn.Sequential(*thin, *layers(4 * F, 1))

    class Block(nn.Module):
        def __init__(self, F, stride, changes):
            super().__init__()
            self.stride, self.branch = stride, branch(F, stride)
            if changes and kind != "basic":
                self.shortcut = nn.Sequential(*layers(4 * F, 1, stride))
            else:
                self.shortcut = nn.AvgPool2d(1, stride)

        def forward(self, x):
            out, kept = self.branch(x), self.shortcut(x)
            missing = out.shape[1] - kept.shape[1]
            return nn.functional.relu(out + nn.functional.pad(kept, (0, 0, 0, 0, 0, missing)))

    network = nn.Sequential(*layers(width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    for stage, count in enumerate(blocks):
        for i in range(count):
            network.append(Block(width << stage, 1 + (stage > 0 and i == 0), i == 0))
    network.extend([nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(classes)])
    return network
