"""The block of ResNet-34 and of the networks for CIFAR: `build_basic_block`."""

import torch
from torch import nn

from course_utils.exercises.draw import NETWORK, VOLUMES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.resnet import Block, Style


def build_basic_block(C, F, stride):
    """Build a basic block, with a shortcut that has no parameters.

    >>> block = build_basic_block(3, 5, 2)
    >>> block(torch.zeros(2, 3, 9, 6)).shape
    torch.Size([2, 5, 5, 3])
    >>> sum(parameter.numel() for parameter in block.parameters())
    380
    """

    class BasicBlock(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = nn.Sequential(
                nn.Conv2d(C, F, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(F),
                nn.ReLU(),
                nn.Conv2d(F, F, 3, padding=1, bias=False),
                nn.BatchNorm2d(F),
            )

        def forward(self, x):
            shortcut = x[:, :, ::stride, ::stride]
            shortcut = nn.functional.pad(shortcut, (0, 0, 0, 0, 0, F - C))  # maps of zeros
            return torch.relu(self.branch(x) + shortcut)

    return BasicBlock()


def reference(C, F, stride):
    """Build the block of the library."""
    return Block("basic", C, F, stride=stride, style=Style(shortcut="A"))


def inputs(rng):
    """Draw small volumes, with rows and columns left over where the stride is 2."""

    def asked(label, C, F, stride, *sides, N=2):
        return case(label, C, F, stride, x_shape=(N, C, *sides), seed=whole(rng, 1, 10**6))

    yield case("the example", 3, 5, 2, x_shape=(2, 3, 9, 6))
    C = whole(rng, 4, 5)
    yield asked("as many maps as channels, stride 1", C, C, 1, 4, 7)
    yield asked("more maps, stride 2", C, C + whole(rng, 2, 3), 2, 4, 6)
    yield asked("more maps, stride 1", C, 2 * C, 1, 6, 5)
    yield asked("as many maps, stride 3, a small volume", C, C, 3, 4, 5)


def wild(rng):
    """Draw blocks of few filters and volumes of few pixels."""
    for seed in range(100):
        C, N, H, W = rng.integers(1, [5, 4, 8, 8]).tolist()
        F, stride = C + whole(rng, 0, 3), whole(rng, 1, 3)
        yield case("a small block", C, F, stride, x_shape=(N, C, H, W), seed=seed)


EXERCISE = Exercise(
    build_basic_block,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=VOLUMES,
    probe="module",
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("has_no_shortcut", {"self.branch(x) + shortcut": "self.branch(x)"}).says(
    "Your block returns its branch alone, as a plain network does; add the shortcut to it."
)
mistake(
    "rectifies_before_the_sum",
    {"torch.relu(self.branch(x) + shortcut)": "torch.relu(self.branch(x)) + shortcut"},
).says(
    "You rectify the branch and add afterwards; the branch may be negative, and the ReLU comes "
    "after the sum."
)
mistake(
    "leaves_the_sum_linear",
    {"torch.relu(self.branch(x) + shortcut)": ("self.branch(x) + shortcut")},
).says(
    "Your block ends with the addition, as in the second version of the network; in this one a "
    "ReLU follows it."
)
mistake(
    "rectifies_within_the_branch_twice",
    {
        "nn.Conv2d(F, F, 3, padding=1, bias=False),\nnn.BatchNorm2d(F),": (
            "nn.Conv2d(F, F, 3, padding=1, bias=False),\nnn.BatchNorm2d(F),\nnn.ReLU(),"
        )
    },
).says(
    "Your branch ends in a ReLU of its own, so that it can only add; the one ReLU at the end sees "
    "the sum."
)
mistake("leaves_the_inner_relu_out", {"nn.ReLU(),": ""}).says(
    "There is no ReLU between your two convolutions, so together they are one; put it behind the "
    "first normalization."
)
mistake(
    "leaves_normalization_out",
    {
        "nn.BatchNorm2d(F),\nnn.ReLU(),": "nn.ReLU(),",
        (
            "nn.Conv2d(F, F, 3, padding=1, bias=False),\nnn.BatchNorm2d(F),"
        ): "nn.Conv2d(F, F, 3, padding=1, bias=False),",
    },
).says("Your convolutions have no batch normalization; one follows each of the two.")
mistake(
    "has_biases",
    {
        "stride=stride, padding=1, bias=False": "stride=stride, padding=1",
        ("F, 3, padding=1, bias=False"): "F, 3, padding=1",
    },
).says(
    "Your convolutions have biases; the normalization behind each has a shift, so they need none."
)
mistake(
    "strides_twice",
    {"nn.Conv2d(F, F, 3, padding=1": ("nn.Conv2d(F, F, 3, stride=stride, padding=1")},
).says(
    "Both of your convolutions have the stride; the first one has it, and the second keeps the "
    "size."
)
mistake(
    "strides_late",
    {
        "nn.Conv2d(C, F, 3, stride=stride, padding=1": ("nn.Conv2d(C, F, 3, padding=1"),
        "nn.Conv2d(F, F, 3, padding=1": "nn.Conv2d(F, F, 3, stride=stride, padding=1",
    },
).says(
    "Your second convolution has the stride; it belongs to the first one, so that the second has "
    "less to do."
)
mistake("puts_zeros_in_front", {"0, 0, 0, 0, 0, F - C": "0, 0, 0, 0, F - C, 0"}).says(
    "Your maps of zeros come before those of x; the shortcut keeps the channels of x in front and "
    "adds zeros behind them."
)
mistake(
    "averages_what_the_stride_skips",
    {"x[:, :, ::stride, ::stride]": ("nn.functional.avg_pool2d(x, stride, ceil_mode=True)")},
).says(
    "Your shortcut takes means of pixels; it takes one pixel in `stride` and leaves the rest out."
)
mistake(
    "projects",
    {
        "self.branch = nn.Sequential(": (
            "self.project = nn.Conv2d(C, F, 1, stride=stride, bias=False)\n"
            "self.branch = nn.Sequential("
        ),
        "shortcut = x[:, :, ::stride, ::stride]": "",
        "shortcut = nn.functional.pad(shortcut, (0, 0, 0, 0, 0, F - C))  # maps of zeros": (
            "shortcut = self.project(x)"
        ),
    },
).says(
    "Your shortcut is a convolution of 1 x 1 pixels with weights; the one asked for here has no "
    "parameters at all."
)
mistake(
    "projects_where_the_shape_changes",
    {
        "self.branch = nn.Sequential(": (
            "projection = nn.Conv2d(C, F, 1, stride=stride, bias=False)\n"
            "projection = nn.Sequential(projection, nn.BatchNorm2d(F))\n"
            "self.project = nn.Identity() if (C, stride) == (F, 1) else projection\n"
            "self.branch = nn.Sequential("
        ),
        "shortcut = x[:, :, ::stride, ::stride]": "",
        "shortcut = nn.functional.pad(shortcut, (0, 0, 0, 0, 0, F - C))  # maps of zeros": (
            "shortcut = self.project(x)"
        ),
    },
).says(
    "Where the shape changes, your shortcut is a projection with weights; here it has none: it "
    "leaves pixels out, and adds maps of zeros."
)
mistake(
    "puts_half_of_the_zeros_in_front",
    {"0, 0, 0, 0, 0, F - C": "0, 0, 0, 0, (F - C) // 2, F - C - (F - C) // 2"},
).says(
    "Half of your maps of zeros lie in front of the channels of x, as in much code for CIFAR; here "
    "all of them lie behind."
)
mistake(
    "normalizes_the_sum",
    {
        "self.branch = nn.Sequential(": (
            "self.norm = nn.BatchNorm2d(F)\nself.branch = nn.Sequential("
        ),
        "nn.Conv2d(F, F, 3, padding=1, bias=False),\nnn.BatchNorm2d(F),": (
            "nn.Conv2d(F, F, 3, padding=1, bias=False),"
        ),
        "self.branch(x) + shortcut": "self.norm(self.branch(x) + shortcut)",
    },
).says(
    "Your second normalization comes after the sum, so that it changes the shortcut, too; it "
    "belongs to the branch."
)
mistake(
    "normalizes_behind_the_relu",
    {"nn.BatchNorm2d(F),\nnn.ReLU(),": "nn.ReLU(),\nnn.BatchNorm2d(F),"},
).says(
    "You rectify what your first convolution makes and normalize it then; the normalization comes "
    "first."
)
mistake("rectifies_the_shortcut", {"(x) + shortcut": "(x) + torch.relu(shortcut)"}).says(
    "You rectify x before you add it to the branch; the shortcut keeps negative numbers, and the "
    "ReLU sees the sum."
)


@EXERCISE.right_answer
def concatenates_zeros(C, F, stride):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(C, F, kernel_size=3, stride=stride, padding=1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(F), nn.BatchNorm2d(F)
            self.conv2 = nn.Conv2d(F, F, kernel_size=3, padding="same", bias=False)

        def forward(self, x):
            out = self.norm1(self.conv1(x)).relu()
            out = self.norm2(self.conv2(out))
            if x.shape == out.shape:
                return (x + out).relu()
            kept = x[..., ::stride, ::stride]
            zeros = kept.new_zeros(len(x), F - C, *kept.shape[2:])
            return (torch.cat([kept, zeros], dim=1) + out).relu()

    return Block()


@EXERCISE.right_answer
def adds_to_the_first_maps(C, F, stride):
    class Block(nn.Sequential):
        def forward(self, x):
            out = super().forward(x)
            out[:, :C] += nn.functional.max_pool2d(x, 1, stride)
            return out.clamp(min=0)

    return Block(
        nn.LazyConv2d(F, 3, stride, 1, bias=False), nn.LazyBatchNorm2d(),
        nn.ReLU(inplace=True),
        nn.LazyConv2d(F, 3, 1, 1, bias=False), nn.LazyBatchNorm2d(),
    )  # fmt: skip


@EXERCISE.right_answer
def pads_first(C, F, stride):
    def normalized(channels, step):
        conv = nn.Conv2d(channels, F, 3, step, 1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(F))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = normalized(C, stride), normalized(F, 1)
            self.shortcut = nn.Sequential(
                nn.ConstantPad3d((0, 0, 0, 0, 0, F - C), 0.0), nn.AvgPool2d(1, stride)
            )

        def forward(self, x):
            shortcut = self.shortcut(x)
            return torch.relu(shortcut + self.second(torch.relu(self.first(x))))

    return Block()
