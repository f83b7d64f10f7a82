"""The block of ResNet-50, 101 and 152: `build_bottleneck`."""

import torch
from torch import nn

from course_utils.checks.probes import numbers
from course_utils.checks.watch import SIDE_BY_SIDE
from course_utils.exercises.draw import NETWORK, VOLUMES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.resnet import Block, Style


def build_bottleneck(C, F, stride):
    """Build a bottleneck of 4 F maps, with a projection where the shape changes.

    >>> block = build_bottleneck(6, 2, 2)
    >>> block(torch.zeros(2, 6, 9, 4)).shape
    torch.Size([2, 8, 5, 2])
    >>> sum(parameter.numel() for parameter in block.parameters())
    152
    """

    def normalized(channels, filters, kernel, step=1):
        conv = nn.Conv2d(channels, filters, kernel, step, padding=kernel // 2, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(filters))

    class Bottleneck(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = nn.Sequential(
                normalized(C, F, 1),
                nn.ReLU(),
                normalized(F, F, 3, stride),
                nn.ReLU(),
                normalized(F, 4 * F, 1),
            )
            same = stride == 1 and C == 4 * F
            self.shortcut = nn.Identity() if same else normalized(C, 4 * F, 1, stride)

        def forward(self, x):
            return torch.relu(self.branch(x) + self.shortcut(x))

    return Bottleneck()


def reference(C, F, stride):
    """Build the block of the library."""
    return Block("bottleneck", C, F, stride=stride, style=Style(shortcut="B"))


def inputs(rng):
    """Draw small volumes, with rows and columns left over where the stride is 2."""

    def asked(label, C, F, stride, *sides):
        while True:
            seed = whole(rng, 1, 10**6)
            # The shifts of both inner normalizations: some are negative, so that a ReLU shows.
            shifts = [numbers(seed, (F,), SIDE_BY_SIDE + 2 * level + 2) for level in (1, 2)]
            if all(shift.min() < -0.5 < 0.5 < shift.max() for shift in shifts):
                return case(label, C, F, stride, x_shape=(2, C, *sides), seed=seed)

    yield case("the example", 6, 2, 2, x_shape=(2, 6, 9, 4))
    F = whole(rng, 4, 5)
    yield asked("4 F channels, stride 1", 4 * F, F, 1, 3, 5)
    yield asked("4 F channels, stride 2", 4 * F, F, 2, 5, 4)
    yield asked("other channels, stride 1", 4 * F - whole(rng, 1, 3), F, 1, 4, 5)
    yield asked("F channels, stride 3", F, F, 3, 7, 6)


def wild(rng):
    """Draw blocks of few filters and volumes of few pixels."""
    for seed in range(100):
        F, N, H, W = rng.integers(1, [4, 4, 8, 8]).tolist()
        C = rng.choice([4 * F, F, whole(rng, 1, 9)]).item()
        yield case("a small block", C, F, whole(rng, 1, 3), x_shape=(N, C, H, W), seed=seed)


EXERCISE = Exercise(
    build_bottleneck,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=VOLUMES,
    probe="module",
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "always_projects",
    {
        "nn.Identity() if same else normalized(C, 4 * F, 1, stride)": (
            "normalized(C, 4 * F, 1, stride)"
        ),
        "same = stride == 1 and C == 4 * F": "",
    },
).says(
    "Your shortcut is a projection even where x has the shape of the sum; there it is the "
    "identity, without parameters."
)
mistake(
    "projects_for_the_channels_alone",
    {
        "stride == 1 and C": "C",
        ("self.branch(x) + self.shortcut(x)"): (
            "self.branch(x) + self.shortcut(x)[..., :: stride if C == 4 * F else 1, ::"
            " stride if C == 4 * F else 1]"
        ),
    },
).says(
    "Where the channels fit and the stride is 2, you leave pixels out of x; there the shortcut "
    "is a projection, too."
)
mistake("has_no_shortcut", {"self.branch(x) + self.shortcut(x)": "self.branch(x)"}).says(
    "Your block makes a shortcut and never adds it; the sum of branch and shortcut is what goes on."
)
mistake("rectifies_the_branch", {"self.branch(x) +": "torch.relu(self.branch(x)) +"}).says(
    "Your branch is rectified before x is added; of the bottleneck's three ReLUs, the third comes "
    "after the sum."
)
mistake(
    "leaves_the_sum_linear",
    {"torch.relu(self.branch(x) + self.shortcut(x))": ("self.branch(x) + self.shortcut(x)")},
).says("Nothing rectifies the sum of your bottleneck; a ReLU follows the addition.")
mistake("rectifies_the_shortcut", {"+ self.shortcut(x)": "+ torch.relu(self.shortcut(x))"}).says(
    "You rectify what your shortcut hands on, x itself as well as its projection; it is added with "
    "its negative numbers."
)
mistake(
    "leaves_the_reduction_linear", {"normalized(C, F, 1),\nnn.ReLU(),": ("normalized(C, F, 1),")}
).says(
    "No ReLU follows your first convolution; each of the first two has one behind its "
    "normalization."
)
mistake(
    "strides_in_the_first_layer",
    {
        "normalized(C, F, 1),": "normalized(C, F, 1, stride),",
        ("normalized(F, F, 3, stride)"): "normalized(F, F, 3)",
    },
).says(
    "Your first convolution has the stride, as in the paper; here it is at the 3 x 3 one, as in "
    "PyTorch's networks."
)
mistake(
    "makes_no_more_maps",
    {
        "normalized(F, 4 * F, 1),": "normalized(F, F, 1),",
        ("same = stride == 1 and C == 4 * F"): "same = stride == 1 and C == F",
        "normalized(C, 4 * F, 1, stride)": ("normalized(C, F, 1, stride)"),
    },
).says(
    "Your block makes F maps; the last convolution makes the volume thick again, with 4 F of them."
)
mistake(
    "projects_without_a_norm",
    {"else normalized(C, 4 * F, 1, stride)": ("else nn.Conv2d(C, 4 * F, 1, stride, bias=False)")},
).says(
    "Your projection is a bare convolution; batch normalization follows it like every other one."
)
mistake(
    "projects_with_large_kernels",
    {"normalized(C, 4 * F, 1, stride)": ("normalized(C, 4 * F, 3, stride)")},
).says("Your projection looks at 3 x 3 pixels; it mixes the channels of one pixel only.")
mistake(
    "is_large_throughout",
    {
        "normalized(C, F, 1),": "normalized(C, F, 3),",
        ("normalized(F, 4 * F, 1),"): "normalized(F, 4 * F, 3),",
    },
).says("All your kernels are 3 x 3; the first and the last are 1 x 1, which makes it cheap.")
mistake("has_biases", {"padding=kernel // 2, bias=False": "padding=kernel // 2"}).says(
    "The convolutions of your bottleneck have biases; a shift follows each in its normalization."
)
mistake(
    "leaves_the_middle_linear",
    {"normalized(F, F, 3, stride),\nnn.ReLU(),": "normalized(F, F, 3, stride),"},
).says(
    "No ReLU follows your 3 x 3 convolution; each of the first two convolutions has one behind "
    "its normalization."
)
mistake(
    "leaves_the_branch_linear",
    {
        "normalized(C, F, 1),\nnn.ReLU(),": "normalized(C, F, 1),",
        "normalized(F, F, 3, stride),\nnn.ReLU(),": "normalized(F, F, 3, stride),",
    },
).says("There is no ReLU within your branch; one follows each of its first two normalizations.")
mistake(
    "rectifies_the_projection",
    {
        "else normalized(C, 4 * F, 1, stride)": (
            "else nn.Sequential(normalized(C, 4 * F, 1, stride), nn.ReLU())"
        )
    },
).says(
    "Your projection has a ReLU of its own; it is a convolution and a normalization, and nothing "
    "else."
)
mistake(
    "averages_before_it_projects",
    {
        "else normalized(C, 4 * F, 1, stride)": (
            "else nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), normalized(C, 4 * F, 1))"
        )
    },
).says(
    "Your projection reads means of pixels, as later versions of the network do; here it has the "
    "stride itself and reads one pixel in `stride`."
)


@EXERCISE.right_answer
def computes_the_shortcut_first(C, F, stride):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.project = stride != 1 or C != 4 * F
            if self.project:
                self.conv0 = nn.Conv2d(C, 4 * F, 1, stride=stride, bias=False)
                self.norm0 = nn.BatchNorm2d(4 * F)
            self.conv3, self.norm3 = nn.Conv2d(F, 4 * F, 1, bias=False), nn.BatchNorm2d(4 * F)
            self.conv2 = nn.Conv2d(F, F, 3, stride, padding=1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(F), nn.BatchNorm2d(F)
            self.conv1 = nn.Conv2d(C, F, 1, bias=False)

        def forward(self, x):
            shortcut = self.norm0(self.conv0(x)) if self.project else x
            out = self.norm1(self.conv1(x)).relu()
            out = self.norm2(self.conv2(out)).relu()
            return (shortcut + self.norm3(self.conv3(out))).relu()

    return Block()


@EXERCISE.right_answer
def loops_over_the_layers(C, F, stride):
    sizes = [(C, F, 1, 1), (F, F, 3, stride), (F, 4 * F, 1, 1)]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList(
                nn.Conv2d(a, b, k, s, k // 2, bias=False) for a, b, k, s in sizes
            )
            self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b, _, _ in sizes)
            self.ends = nn.ModuleList()
            if stride > 1 or C != 4 * F:
                self.ends.append(nn.Conv2d(C, 4 * F, 1, stride, bias=False))
                self.ends.append(nn.BatchNorm2d(4 * F))

        def forward(self, x):
            out = x
            for place, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
                out = norm(conv(out))
                if place < 2:
                    out = out.clamp(min=0)
            for layer in self.ends:
                x = layer(x)
            out += x
            return out.clamp_(min=0)

    return Block()


@EXERCISE.right_answer
def is_made_of_lazy_layers(C, F, stride):
    def layers(filters, kernel, step):
        return [nn.LazyConv2d(filters, kernel, step, kernel // 2, bias=False), nn.LazyBatchNorm2d()]

    class Sum(nn.ModuleList):
        def forward(self, x):
            return sum(way(x) for way in self)

    branch = [*layers(F, 1, 1), nn.ReLU(), *layers(F, 3, stride), nn.ReLU(), *layers(4 * F, 1, 1)]
    shortcut = [] if (C, 1) == (4 * F, stride) else layers(4 * F, 1, stride)
    return nn.Sequential(Sum([nn.Sequential(*branch), nn.Sequential(*shortcut)]), nn.ReLU())


EXERCISE.mistake(
    "normalizes_behind_the_relu",
    {
        "self.norm1(self.conv1(x)).relu()": "self.norm1(self.conv1(x).relu())",
        "self.norm2(self.conv2(out)).relu()": "self.norm2(self.conv2(out).relu())",
    },
    of="computes_the_shortcut_first",
).says(
    "You rectify what a convolution makes and normalize it then; in the bottleneck the "
    "normalization comes first, then the ReLU."
)
