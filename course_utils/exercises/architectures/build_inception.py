"""GoogLeNet's block, four branches side by side: `build_inception`."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.exercises.architectures.draw import NETWORK
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.googlenet import Inception


def build_inception(C, n1, r3, n3, r5, n5, p):
    """Build one block."""
    return Inception(C, n1, r3, n3, r5, n5, p)


def _build_inception_cases(rng):
    def asked(label, C, *sides, N=1):
        # Numbers of filters that all differ, so that each parameter is known by its shape.
        filters = (rng.permutation(6)[:5] + 2).tolist()
        return case(label, C, *filters, 8, x_shape=(N, C, *sides), seed=whole(rng, 1, 10**6))

    shape = (2, 192, 28, 28)
    yield case("block 3a, its shapes", 192, 64, 96, 128, 16, 32, 32, x_shape=shape)
    yield asked("two small volumes", 3, 3, 2, N=2)
    yield asked("more columns than rows", 5, 2, 5)
    yield asked("volumes of one pixel", 4, 1, 1, N=6)


BUILD_INCEPTION = Exercise(
    "build_inception", 4, build_inception, _build_inception_cases, outputs=NETWORK, probe="module"
)


@BUILD_INCEPTION.known_wrong(
    "No ReLU follows your 1 x 1 convolutions that make the volume thin; every convolution of the "
    "block has one."
)
def leaves_reductions_linear(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(nn.Conv2d(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(nn.Conv2d(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "There is no ReLU in your block; one follows each of its convolutions."
)
def leaves_all_linear(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Conv2d(channels, filters, kernel, padding=kernel // 2)

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


@BUILD_INCEPTION.known_wrong(
    "Your branches are right, but their maps come in another order: first 1 x 1, then 3 x 3, then "
    "5 x 5, then the pooling."
)
def puts_branches_in_another_order(C, n1, r3, n3, r5, n5, p):
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
            return torch.cat([self.one(x), self.five(x), self.three(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "Your pooling branch takes the mean of its windows; it is the maximum that goes on."
)
def pools_by_the_mean_of_nine(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "Your pooling branch hands on all channels; a 1 x 1 convolution behind the pooling makes `p` "
    "maps of them."
)
def leaves_the_projection_out(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "You make the volume thin first and pool the result; the pooling looks at the block's own "
    "input, and the 1 x 1 convolution follows."
)
def projects_before_it_pools(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(conv(C, p, 1), nn.MaxPool2d(3, stride=1, padding=1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "Your third branch has kernels of 3 pixels, as a well-known library has by mistake; the "
    "paper's are 5 pixels wide."
)
def uses_three_for_five(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 3))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "Your large kernels read the block's input directly; a 1 x 1 convolution makes the volume "
    "thin before each of them."
)
def skips_the_reductions(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = conv(C, n3, 3)
            self.five = conv(C, n5, 5)
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "You make the volume thin after the large kernel; the saving comes from doing it before."
)
def reduces_afterwards(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 3), conv(r3, n3, 1))
            self.five = nn.Sequential(conv(C, r5, 5), conv(r5, n5, 1))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "Your 3 x 3 branch reads what the 1 x 1 branch made; the four branches stand side by side, "
    "and each reads the block's input."
)
def chains_the_branches(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv(C, n1, 1)
            self.three = nn.Sequential(conv(n1, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(C, p, 1))

        def forward(self, x):
            one = self.one(x)
            return torch.cat([one, self.three(one), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_wrong(
    "You normalize batches after each convolution; the paper's block is older than that and has "
    "convolutions and ReLUs only."
)
def normalizes_batches(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        convolution = nn.Conv2d(channels, filters, kernel, padding=kernel // 2)
        return nn.Sequential(convolution, nn.BatchNorm2d(filters), nn.ReLU())

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


@BUILD_INCEPTION.known_wrong("The convolutions of your block have no biases; every filter has one.")
def leaves_biases_out(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        padding = kernel // 2
        convolution = nn.Conv2d(channels, filters, kernel, padding=padding, bias=False)
        return nn.Sequential(convolution, nn.ReLU())

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


@BUILD_INCEPTION.known_wrong(
    "Your 1 x 1 branch and the one behind the pooling have no ReLU; each of the six convolutions "
    "has one."
)
def rectifies_the_large_ones_only(C, n1, r3, n3, r5, n5, p):
    def conv(channels, filters, kernel):
        return nn.Sequential(nn.Conv2d(channels, filters, kernel, padding=kernel // 2), nn.ReLU())

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Conv2d(C, n1, 1)
            self.three = nn.Sequential(conv(C, r3, 1), conv(r3, n3, 3))
            self.five = nn.Sequential(conv(C, r5, 1), conv(r5, n5, 5))
            self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(C, p, 1))

        def forward(self, x):
            return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], dim=1)

    return Block()


@BUILD_INCEPTION.known_right
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


@BUILD_INCEPTION.known_right
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
