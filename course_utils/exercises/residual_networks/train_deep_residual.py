"""A network that learns at a depth at which a plain one does not: `train_deep_residual`."""

import torch
from torch import nn

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import digits
from course_utils.exercises.exercise import Exercise, measured
from course_utils.exercises.residual_networks.build_basic_block import build_basic_block

LEVELS = ((0.55, 0.0), (0.62, 0.5), (0.68, 1.0))
DEPTH = 20  # layers
BUDGET = 12000  # parameters


def train_deep_residual(x, y, depth):
    """Train a network of at least `depth` layers and at most 12000 parameters; return it.

    >>> x, y = torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 3])
    >>> network = train_deep_residual(x, y, 8)
    >>> network(x).shape
    torch.Size([4, 10])
    """
    F, count = 8, -(-(depth - 2) // 2)  # blocks, beside the stem and the scores
    layers = [nn.Conv2d(1, F, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(F), nn.ReLU()]
    layers += [build_basic_block(F, F, 1) for _ in range(count)]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(F, 10)]
    network = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    batches = [chosen for _ in range(12) for chosen in torch.randperm(len(x)).split(80)]
    for step, chosen in enumerate(batches):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / len(batches))
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
        optimizer.step()
    return network


def inputs(rng):
    """Draw which digits it learns from, and which it labels."""
    train_x, train_y, test_x, truth = digits(rng, 400, 300, size=8, brightest=0)
    yield measured(
        "20 layers, 400 digits to learn from, 300 to label",
        Achieves(truth, "accuracy", LEVELS),
        train_x,
        train_y,
        DEPTH,
        test_x=test_x,
        seed=int(rng.integers(1000)),
        most_parameters=BUDGET,
    )


EXERCISE = Exercise(
    train_deep_residual,
    points=5,
    inputs=inputs,
    axes={"the result": ("image",)},
    probe="trains",
    seconds=30,
    measured=True,
)


@EXERCISE.right_answer
def writes_its_own_blocks(x, y, depth):
    class Block(nn.Module):
        def __init__(self, F):
            super().__init__()
            self.conv1 = nn.Conv2d(F, F, 3, padding=1, bias=False)
            self.conv2 = nn.Conv2d(F, F, 3, padding=1, bias=False)
            self.bn1, self.bn2 = nn.BatchNorm2d(F), nn.BatchNorm2d(F)

        def forward(self, x):
            branch = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(x + branch)

    F, count = 8, (depth - 1) // 2
    network = nn.Sequential(nn.Conv2d(1, F, 3, stride=2, padding=1, bias=False))
    network.extend([nn.BatchNorm2d(F), nn.ReLU(), *(Block(F) for _ in range(count))])
    network.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(F, 10)])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for rate in torch.linspace(0.1, 0.01, 12):
        optimizer.param_groups[0]["lr"] = float(rate)
        for chosen in torch.randperm(len(x)).split(80):
            loss = nn.functional.cross_entropy(network(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network


def mistake(name, edits):
    """Register a mistake in the answer that needs no other one."""
    return EXERCISE.mistake(name, edits, of="writes_its_own_blocks")


mistake("is_plain", {"torch.relu(x + branch)": "torch.relu(branch)"}).says(
    "Your network has no shortcuts; at this depth a plain one hardly learns its own training "
    "digits."
)
mistake("is_not_deep", {"(depth - 1) // 2": "(depth - 1) // 4"}).says(
    "Your network is not as deep as asked; a block has two convolutions, and the stem and the "
    "scores are a layer each."
)
mistake("is_too_wide", {"F, count = 8,": "F, count = 16,"}).says(
    "Your layers are too wide for the budget; the kernels of a block grow with the square of its "
    "filters."
)
mistake("keeps_its_start", {"optimizer.step()": "pass"}).says(
    "You work out gradients and never take a step; without step() the weights stay where they "
    "began."
)
mistake("adds_up_gradients", {"optimizer.zero_grad()": ""}).says(
    "Your gradients add up from step to step; set them to zero before each backward pass."
)
mistake("sees_one_batch", {"torch.randperm(len(x)).split(80)": "[torch.arange(80)]"}).says(
    "Your network sees the same 80 digits again and again; go through all of them in each epoch."
)


@EXERCISE.right_answer
def is_fully_connected(x, y, depth):
    class Block(nn.Module):
        def __init__(self, M):
            super().__init__()
            self.one, self.two = nn.Linear(M, M), nn.Linear(M, M)
            nn.init.kaiming_normal_(self.one.weight, nonlinearity="relu")
            nn.init.zeros_(self.two.weight)

        def forward(self, x):
            return x + self.two(torch.relu(self.one(x)))

    M = 16
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, M), nn.ReLU())
    network.extend(Block(M) for _ in range((depth - 1) // 2))
    network.append(nn.Linear(M, 10))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(100):
        chosen = torch.randint(len(x), (50,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / 100)
        optimizer.step()
    return network
