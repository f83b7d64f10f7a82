"""A network of one's own, within a budget: `build_small_network`."""

import torch
from torch import nn

from course_utils.checks.cases import Achieves
from course_utils.exercises.draw import digits
from course_utils.exercises.exercise import Exercise, measured

LEVELS = ((0.3, 0.0), (0.6, 0.5), (0.7, 1.0))
BUDGET = 4000  # parameters


def build_small_network(classes):
    """Build a network of at most 4000 parameters for images (N, 1, 10, 10).

    >>> network = build_small_network(10)
    >>> network(torch.zeros(2, 1, 10, 10)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 24, 3),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(24 * 2 * 2, classes),
    )


def inputs(rng):
    """Draw which digits it is trained on, and where each lies."""
    train_x, train_y, test_x, truth = digits(rng, 400, 150, size=10, brightest=0)
    yield measured(
        "trained on 400 digits, tried on 150",
        Achieves(truth, "accuracy", LEVELS),
        10,
        train_x=train_x,
        train_y=train_y,
        test_x=test_x,
        seed=int(rng.integers(1000)),
        most_parameters=BUDGET,
    )


EXERCISE = Exercise(
    build_small_network,
    points=4,
    inputs=inputs,
    axes={"the result": ("image",)},
    probe="trained",
    seconds=30,
    measured=True,
)
mistake = EXERCISE.mistake

mistake("leaves_the_budget", {"8, 3, padding=1": "32, 3, padding=1", "(8, 24": "(32, 24"}).says(
    "Your network has more parameters than the budget; a convolution has a kernel for each pair of "
    "a channel that comes in and a filter."
)
mistake(
    "hardly_has_filters", {"(1, 8": "(1, 1", "(8, 24": "(1, 2", "24 * 2 * 2": "2 * 2 * 2"}
).says(
    "Your network has one filter and then two, and uses a small part of the budget; each further "
    "filter looks for something else."
)
mistake(
    "has_no_bend",
    {
        "nn.ReLU(),\nnn.MaxPool2d(2),": "nn.AvgPool2d(2),",
        "nn.ReLU(),\nnn.MaxPool2d(2, ceil_mode=True)": "nn.AvgPool2d(2, ceil_mode=True)",
    },
).says(
    "Nothing bends between your layers, so together they are one linear layer; put a ReLU behind "
    "each convolution."
)
mistake(
    "goes_through_one_unit",
    {
        "nn.Linear(24 * 2 * 2, classes),": "nn.Linear(24 * 2 * 2, 1),\nnn.ReLU(),\n"
        "nn.Linear(1, classes),"
    },
).says(
    "All that your network has seen goes through one unit before the scores; let the scores read "
    "every number of the volume."
)


@EXERCISE.right_answer
def strides_in_place_of_pools(classes):
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Conv2d(12, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Flatten(),
        nn.LazyLinear(classes),
    )


@EXERCISE.right_answer
def writes_a_class(classes):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 10, 3, padding=1)
            self.second = nn.Conv2d(10, 20, 3, padding=1)
            self.scores = nn.Linear(20 * 2 * 2, classes)

        def forward(self, x):
            x = torch.max_pool2d(torch.relu(self.first(x)), 2)
            x = torch.max_pool2d(torch.relu(self.second(x)), 2)
            return self.scores(torch.flatten(x, 1))

    return Network()
