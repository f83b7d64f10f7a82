"""LeNet-5 for images of any size: `build_lenet`."""

import torch
from torch import nn

from course_utils.exercises.draw import NETWORK, SCORES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.lenet import LeNet5


def build_lenet(image, classes):
    """Build LeNet-5 for images of shape (C, H, W).

    >>> network = build_lenet((1, 32, 32), 10)
    >>> network(torch.zeros(2, 1, 32, 32)).shape
    torch.Size([2, 10])
    >>> sum(parameter.numel() for parameter in network.parameters())
    61706
    """
    C, H, W = image
    layers = []
    for filters in (6, 16):
        layers += [nn.Conv2d(C, filters, 5), nn.Tanh(), nn.AvgPool2d(2)]
        C, H, W = filters, (H - 4) // 2, (W - 4) // 2  # a kernel of 5 takes 4, a pool one half
    layers += [nn.Flatten(), nn.Linear(C * H * W, 120), nn.Tanh()]
    layers += [nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes)]
    return nn.Sequential(*layers)


def reference(image, classes):
    """Build the network of the library."""
    return LeNet5(classes, image=image)


def inputs(rng):
    """Draw images and classes; what is left of the image is no square."""

    def asked(label, image, N):
        return case(label, image, whole(rng, 3, 9), x_shape=(N, *image), seed=whole(rng, 1, 10**6))

    yield case("the example", (1, 32, 32), 10, x_shape=(2, 1, 32, 32))
    classes = whole(rng, 11, 40)
    yield case("colours, its shapes", (3, 64, 48), classes, x_shape=(5, 3, 64, 48))
    yield asked("one channel", (1, 16, 20), 2)
    yield asked("three channels, rows and columns left over", (3, 23, 17), 1)


def wild(rng):
    """Draw small images."""
    for seed in range(30):
        C, N, classes = rng.integers(1, 4, 3).tolist()
        image = C, whole(rng, 16, 24), whole(rng, 16, 24)
        yield case("small images", image, classes, x_shape=(N, *image), seed=seed)


EXERCISE = Exercise(
    build_lenet,
    points=3,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=SCORES,
    probe="module",
    wild=wild,
)
mistake = EXERCISE.mistake

SIZE = "filters, (H - 4) // 2, (W - 4) // 2"

mistake("pools_the_largest", {"nn.AvgPool2d": "nn.MaxPool2d"}).says(
    "Your pools keep the largest number of a window; those of LeNet-5 take the mean."
)
mistake(
    "bends_with_relu",
    {
        "5), nn.Tanh()": "5), nn.ReLU()",
        "120), nn.Tanh()": "120), nn.ReLU()",
        "84), nn.Tanh()": "84), nn.ReLU()",
    },
).says("You use ReLU, which came later; the layers of this network are followed by tanh.")
mistake("leaves_maps_linear", {"5), nn.Tanh()": "5)"}).says(
    "No tanh follows your convolutions, and so the first half of the network is linear."
)
mistake("stacks_linear_layers", {"120), nn.Tanh()": "120)", "84), nn.Tanh()": "84)"}).says(
    "There is no tanh between your fully connected layers; without one, three of them are worth "
    "no more than one."
)
mistake(
    "pools_before_it_bends",
    {
        "nn.Tanh(), nn.AvgPool2d(2)": "nn.AvgPool2d(2), nn.Tanh()",
    },
).says(
    "You take the mean of four numbers and then its tanh; tanh comes first, right after the "
    "convolution."
)
mistake(
    "keeps_the_size", {"filters, 5)": "filters, 5, padding=2)", SIZE: "filters, H // 2, W // 2"}
).says(
    "You pad both convolutions so that maps keep their size; those of LeNet-5 have no padding and "
    "lose 4 pixels."
)
mistake(
    "pads_the_first_layer",
    {
        "nn.Conv2d(C, filters, 5)": "nn.Conv2d(C, filters, 5, padding=2 if filters == 6 else 0)",
        "C, H, W = image": "C, H, W = image\nH, W = H + 4, W + 4",
    },
).says(
    "You pad the first convolution, as is done to fit images of 28 pixels; here the image is "
    "taken as it comes."
)
mistake("swaps_the_filters", {"(6, 16)": "(16, 6)"}).says(
    "Your first convolution has 16 filters and your second 6; maps get smaller and more numerous, "
    "6 and then 16."
)
mistake(
    "swaps_the_hidden_layers",
    {
        "W, 120)": "W, 84)",
        "nn.Linear(120, 84)": "nn.Linear(84, 120)",
        "(84, classes)": "(120, classes)",
    },
).says("Your hidden layers have 84 and then 120 units; 120 come first.")
mistake(
    "has_one_hidden_layer",
    {"nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes)": "nn.Linear(120, classes)"},
).says("You go from 120 units to the scores; between them there is a layer of 84.")
mistake("ends_in_a_softmax", {"(84, classes)": "(84, classes), nn.Softmax(1)"}).says(
    "Your network ends in a softmax; that is a part of the loss, so return the scores."
)
mistake(
    "averages_each_map", {"nn.Flatten()": "nn.AdaptiveAvgPool2d(1), nn.Flatten()", "C * H * W": "C"}
).says(
    "You average each map before the fully connected layers; the first of them reads every pixel "
    "of every map."
)
mistake("normalizes_batches", {"filters, 5)": "filters, 5), nn.BatchNorm2d(filters)"}).says(
    "You normalize batches after each convolution; LeNet-5 is older than that and has no such "
    "layer."
)
mistake(
    "rounds_up",
    {
        "nn.AvgPool2d(2)": "nn.AvgPool2d(2, ceil_mode=True)",
        SIZE: "filters, (H - 3) // 2, (W - 3) // 2",
    },
).says(
    "Your pools read a row or column that is left over; a window lies inside of the map, so the "
    "size is rounded down."
)
mistake("leaves_the_last_tanh_out", {"84), nn.Tanh()": "84)"}).says(
    "No tanh follows your 84 units; without it they and the scores are one linear layer."
)
mistake("sums_the_windows", {"nn.AvgPool2d(2)": "nn.AvgPool2d(2, divisor_override=1)"}).says(
    "Your pools add up the four numbers of a window; those of this network take their mean."
)


@EXERCISE.right_answer
def writes_a_class(image, classes):
    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            C, H, W = image
            self.c1 = nn.Conv2d(C, 6, kernel_size=5)
            self.c3 = nn.Conv2d(6, 16, kernel_size=5)
            rows, columns = ((((size - 4) // 2) - 4) // 2 for size in (H, W))
            self.c5 = nn.Linear(16 * rows * columns, 120)
            self.f6 = nn.Linear(120, 84)
            self.scores = nn.Linear(84, classes)

        def forward(self, x):
            x = nn.functional.avg_pool2d(torch.tanh(self.c1(x)), 2)
            x = nn.functional.avg_pool2d(torch.tanh(self.c3(x)), 2)
            x = torch.tanh(self.c5(x.flatten(1)))
            return self.scores(torch.tanh(self.f6(x)))

    return LeNet()


@EXERCISE.right_answer
def finds_the_size_by_running(image, classes):
    features = nn.Sequential(
        *(nn.Conv2d(image[0], 6, (5, 5)), nn.Tanh(), nn.AvgPool2d(2, stride=2)),
        *(nn.Conv2d(6, 16, (5, 5)), nn.Tanh(), nn.AvgPool2d(2, stride=2)),
    )
    sizes = [features(torch.zeros(1, *image)).numel(), 120, 84]
    layers = [nn.Flatten(), nn.Linear(sizes[0], sizes[1]), nn.Tanh()]
    layers += [nn.Linear(sizes[1], sizes[2]), nn.Tanh()]
    return nn.Sequential(features, *layers, nn.Linear(84, classes))


@EXERCISE.right_answer
def leaves_the_sizes_to_pytorch(image, classes):
    layers = []
    for filters in (6, 16):
        layers += [nn.LazyConv2d(filters, 5), nn.Tanh(), nn.AvgPool2d((2, 2))]
    layers.append(nn.Flatten())
    for units in (120, 84):
        layers += [nn.LazyLinear(units), nn.Tanh()]
    return nn.Sequential(*layers, nn.LazyLinear(classes))
