"""GoogLeNet's block, four branches side by side: `build_inception`."""

import numpy as np
import torch
from torch import nn

from course_utils.checks.probes import numbers
from course_utils.exercises.draw import NETWORK, VOLUMES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.googlenet import Inception


def build_inception(C, n1, r3, n3, r5, n5, p):
    """Build one block of GoogLeNet: four branches side by side.

    >>> block = build_inception(5, 2, 3, 4, 6, 7, 8)
    >>> block(torch.zeros(1, 5, 9, 11)).shape
    torch.Size([1, 21, 9, 11])
    """

    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


def reference(C, n1, r3, n3, r5, n5, p):
    """Build one block."""
    return Inception(C, n1, r3, n3, r5, n5, p)


def negative_corners(rng, x_shape):
    """Draw a seed whose input is negative in two corners, so that padded zeros would show."""
    while True:
        seed = whole(rng, 1, 10**6)
        corners = numbers(seed, x_shape, 0)[:, :, :2, :2]
        if np.count_nonzero(corners.max(axis=(2, 3)) < 0) >= 2:
            return seed


def inputs(rng):
    """Draw numbers of filters that all differ, from C too: each parameter is known by its shape."""

    def asked(label, C, *sides, N=1):
        filters = rng.permutation([count for count in range(2, 8) if count != C]).tolist()
        x_shape = N, C, *sides
        return case(label, C, *filters, 8, x_shape=x_shape, seed=negative_corners(rng, x_shape))

    yield case("the example", 5, 2, 3, 4, 6, 7, 8, x_shape=(1, 5, 9, 11))
    yield asked("two small volumes", 3, 3, 2, N=2)
    yield asked("more columns than rows", 5, 2, 5)
    yield asked("volumes of one pixel", 4, 1, 1, N=6)


def wild(rng):
    """Draw blocks of few filters and volumes of few pixels."""
    for seed in range(100):
        C, N, H, W = rng.integers(1, [5, 4, 8, 8]).tolist()
        filters = (rng.permutation(8)[:6] + 1).tolist()
        yield case("a small block", C, *filters, x_shape=(N, C, H, W), seed=seed)


EXERCISE = Exercise(
    build_inception,
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
    "leaves_reductions_linear",
    {"conv(C, r3, 1)": "nn.Conv2d(C, r3, 1)", "conv(C, r5, 1)": "nn.Conv2d(C, r5, 1)"},
).says(
    "No ReLU follows your 1 x 1 convolutions that make the volume thin; every convolution of the "
    "block has one."
)
mistake("leaves_all_linear", {", nn.ReLU())": ")"}).says(
    "There is no ReLU in your block; one follows each of its convolutions."
)
mistake(
    "puts_branches_in_another_order", {"self.three(x), self.five(x)": "self.five(x), self.three(x)"}
).says(
    "Your branches are right, but their maps come in another order: first 1 x 1, then 3 x 3, then "
    "5 x 5, then the pooling."
)
mistake("pools_by_the_mean_of_nine", {"nn.MaxPool2d": "nn.AvgPool2d"}).says(
    "Your pooling branch takes the mean of its windows; it is the maximum that goes on."
)
mistake("leaves_the_projection_out", {", conv(C, p, 1)": ""}).says(
    "Your pooling branch hands on all channels; a 1 x 1 convolution behind the pooling makes `p` "
    "maps of them."
)
mistake(
    "projects_before_it_pools",
    {
        "nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1)": (
            "conv(C, p, 1), nn.MaxPool2d(3, stride=1, padding=1)"
        )
    },
).says(
    "You make the volume thin first and pool the result; the pooling looks at the block's own "
    "input, and the 1 x 1 convolution follows."
)
mistake("uses_three_for_five", {"conv(r5, n5, 5)": "conv(r5, n5, 3)"}).says(
    "Your third branch has kernels of 3 pixels, as a well-known library has by mistake; the "
    "paper's are 5 pixels wide."
)
mistake(
    "skips_the_reductions",
    {
        "nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))": "conv(C, n3, 3)",
        "nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))": "conv(C, n5, 5)",
    },
).says(
    "Your large kernels read the block's input directly; a 1 x 1 convolution makes the volume "
    "thin before each of them."
)
mistake(
    "reduces_afterwards",
    {
        "conv(C, r3, 1), conv(r3, n3, 3)": "conv(C, r3, 3), conv(r3, n3, 1)",
        "conv(C, r5, 1), conv(r5, n5, 5)": "conv(C, r5, 5), conv(r5, n5, 1)",
    },
).says("You make the volume thin after the large kernel; the saving comes from doing it before.")
mistake(
    "chains_the_branches",
    {"conv(C, r3, 1)": "conv(n1, r3, 1)", "self.three(x)": "self.three(self.one(x))"},
).says(
    "Your 3 x 3 branch reads what the 1 x 1 branch made; the four branches stand side by side, "
    "and each reads the block's input."
)
mistake("normalizes_batches", {", nn.ReLU())": ", nn.BatchNorm2d(filters), nn.ReLU())"}).says(
    "You normalize batches after each convolution; the paper's block is older than that and has "
    "convolutions and ReLUs only."
)
mistake("leaves_biases_out", {"padding=kernel // 2": "padding=kernel // 2, bias=False"}).says(
    "The convolutions of your block have no biases; every filter has one."
)
mistake(
    "rectifies_the_large_ones_only",
    {"conv(C, n1, 1)": "nn.Conv2d(C, n1, 1)", "conv(C, p, 1)": "nn.Conv2d(C, p, 1)"},
).says(
    "Your 1 x 1 branch and the one behind the pooling have no ReLU; each of the six convolutions "
    "has one."
)
mistake(
    "pools_by_the_mean_inside",
    {
        "nn.MaxPool2d(3, stride=1, padding=1)": (
            "nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)"
        )
    },
).says(
    "You average the pixels of each pooling window, without the padding; the largest of them is "
    "what goes on."
)
mistake(
    "lets_padded_zeros_win",
    {
        "nn.MaxPool2d(3, stride=1, padding=1)": "nn.ZeroPad2d(1), nn.MaxPool2d(3, stride=1)",
    },
).says(
    "At the border your pooling takes the zeros of its padding for pixels, and they win where all "
    "pixels are negative; let the pooling pad by itself."
)
mistake(
    "puts_the_pooling_third", {"self.five(x), self.pool(x)": "self.pool(x), self.five(x)"}
).says(
    "Your maps are right, but those behind the pooling stand before those of the 5 x 5 kernels; "
    "put the pooling's last."
)
mistake("rectifies_its_input", {"return torch.cat": "x = torch.relu(x)\nreturn torch.cat"}).says(
    "You rectify the block's input before the branches read it; they read it as it is, and a ReLU "
    "follows each convolution."
)
mistake("leaves_the_projection_linear", {"conv(C, p, 1)": "nn.Conv2d(C, p, 1)"}).says(
    "The 1 x 1 convolution behind your pooling has no ReLU; it has one, like the five others."
)
mistake("leaves_the_first_branch_linear", {"conv(C, n1, 1)": "nn.Conv2d(C, n1, 1)"}).says(
    "No ReLU follows the convolution of your first branch; a branch of one convolution has one, "
    "too."
)
mistake("stacks_threes_for_five", {"conv(r5, n5, 5)": "conv(r5, n5, 3), conv(n5, n5, 3)"}).says(
    "Your third branch has two kernels of 3 pixels one after another, as later versions of the "
    "block do; this one has a single kernel of 5."
)


@EXERCISE.right_answer
def computes_from_last_to_first(C, n1, r3, n3, r5, n5, p):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.project = nn.Conv2d(C, p, 1)
            self.thin5, self.conv5 = nn.Conv2d(C, r5, 1), nn.Conv2d(r5, n5, 5, padding=2)
            self.thin3, self.conv3 = nn.Conv2d(C, r3, 1), nn.Conv2d(r3, n3, 3, padding=1)
            self.conv1 = nn.Conv2d(C, n1, 1)

        def forward(self, x):
            pooled = self.project(nn.functional.max_pool2d(x, 3, 1, 1))
            five = self.conv5(self.thin5(x).relu())
            three = self.conv3(self.thin3(x).relu())
            return torch.cat([self.conv1(x), three, five, pooled], 1).relu()

    return Block()


@EXERCISE.right_answer
def fills_an_output(C, n1, r3, n3, r5, n5, p):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.paths = nn.ModuleList(
                [
                    nn.Sequential(nn.Conv2d(C, n1, 1)),
                    nn.Sequential(nn.Conv2d(C, r3, 1), nn.ReLU(), nn.Conv2d(r3, n3, 3, 1, 1)),
                    nn.Sequential(nn.Conv2d(C, r5, 1), nn.ReLU(), nn.Conv2d(r5, n5, 5, 1, 2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(C, p, 1)),
                ]
            )

        def forward(self, x):
            N, _, H, W = x.shape
            out = x.new_zeros(N, n1 + n3 + n5 + p, H, W)
            start = 0
            for path in self.paths:
                maps = torch.clamp(path(x), min=0)
                out[:, start : start + maps.shape[1]] = maps
                start += maps.shape[1]
            return out

    return Block()


@EXERCISE.right_answer
def is_a_chain_of_lazy_layers(C, n1, r3, n3, r5, n5, p):
    class SideBySide(nn.Sequential):
        def forward(self, x):
            return torch.cat([branch(x) for branch in self], dim=-3)

    def thin(reduced, filters, kernel):
        large = nn.LazyConv2d(filters, kernel, padding="same")
        return nn.Sequential(nn.LazyConv2d(reduced, 1), nn.ReLU(), large)

    pooled = nn.Sequential(nn.MaxPool2d((3, 3), 1, 1), nn.LazyConv2d(p, 1))
    branches = nn.LazyConv2d(n1, 1), thin(r3, n3, 3), thin(r5, n5, 5), pooled
    return nn.Sequential(SideBySide(*branches), nn.ReLU())
