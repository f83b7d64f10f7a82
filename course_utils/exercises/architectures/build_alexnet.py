"""AlexNet in PyTorch: `build_alexnet`."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.exercises.architectures.draw import NETWORK
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.alexnet import AlexNet


def build_alexnet(classes, divisor):
    """Build the paper's network, with a part of its filters and units."""
    return AlexNet(classes, divisor=divisor)


def _build_alexnet_cases(rng):
    yield case("the whole network, its shapes", whole(rng, 900, 1100), 1, x_shape=(2, 3, 227, 227))
    numbers = {"x_shape": (1, 3, 227, 227), "seed": whole(rng, 1, 10**6)}
    yield case("a sixteenth of it", whole(rng, 5, 9), 16, weight=2, **numbers)


BUILD_ALEXNET = Exercise(
    "build_alexnet", 4, build_alexnet, _build_alexnet_cases, outputs=NETWORK, probe="module"
)


@BUILD_ALEXNET.known_wrong(
    "Your convolutions see all maps before them; in the paper the second, fourth and fifth are "
    "cut into two groups, one for each graphics card."
)
def sees_all_maps(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your normalization is five times too weak: PyTorch divides alpha by the size of the window, "
    "and the paper does not; work out which alpha to hand over."
)
def weighs_the_mean_square(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your normalization starts from k = 1, which is PyTorch's own choice; look up the constants "
    "of the paper."
)
def leaves_k_at_one(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "There is no local response normalization in your network; it follows the ReLU of the first "
    "and of the second convolution."
)
def leaves_the_norm_out(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "You pool first and normalize what is left; the paper normalizes all maps, and pools the "
    "result."
)
def pools_before_it_normalizes(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2), norm,
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), norm,
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "You normalize the sums as they come out of the convolution; the ReLU comes first, and what "
    "it lets through is normalized."
)
def normalizes_before_the_relu(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), norm, nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), norm, nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your pooling windows do not overlap, and yet the sizes come out; the paper's are 3 pixels "
    "wide and 2 apart."
)
def pools_without_overlap(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong("You pool by the mean; AlexNet keeps the maximum of each window.")
def pools_by_the_mean(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.AvgPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.AvgPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.AvgPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "You pad the image, as the variant for 224 pixels does; with 227 pixels the first convolution "
    "comes out even without padding."
)
def pads_the_image(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4, padding=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "No ReLU follows your fifth convolution; every convolution of the network has one, the last "
    "before its pooling, too."
)
def forgets_the_last_convolutions_relu(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your fully connected layers follow each other without a ReLU, and such a stack is worth one "
    "layer alone."
)
def stacks_linear_layers(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units),
        nn.Dropout(), nn.Linear(units, units), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your network has no dropout; half of the numbers are dropped before each of the first two "
    "fully connected layers."
)
def leaves_dropout_out(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your network drops units in one place; there are two, before each of the first two fully "
    "connected layers."
)
def drops_once(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "You drop units behind each hidden layer, as VGG does; in AlexNet dropout comes before each "
    "of the first two fully connected layers."
)
def drops_after_the_relu(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(6 * 6 * B, units), nn.ReLU(), nn.Dropout(),
        nn.Linear(units, units), nn.ReLU(), nn.Dropout(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "You turn the scores into probabilities; return the scores, because the loss of PyTorch takes "
    "the softmax itself."
)
def ends_in_a_softmax(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes), nn.Softmax(1),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your third convolution is cut in two as well; it is the one in which the columns see each "
    "other."
)
def groups_the_third_too(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your filters are those of the narrower network that libraries ship, 64 and 192 in the first "
    "two layers; count them in the statement."
)
def builds_the_one_column_variant(classes, divisor):
    A, B, C, units = 64 // divisor, 192 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_wrong(
    "Your convolutions have no biases; each filter adds one number of its own."
)
def leaves_biases_out(classes, divisor):
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    return nn.Sequential(
        nn.Conv2d(3, A, 11, stride=4, bias=False), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(A, B, 5, padding=2, groups=2, bias=False), nn.ReLU(), norm, nn.MaxPool2d(3, 2),
        nn.Conv2d(B, C, 3, padding=1, bias=False), nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2, bias=False), nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Dropout(), nn.Linear(6 * 6 * B, units), nn.ReLU(),
        nn.Dropout(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, classes),
    )  # fmt: skip


@BUILD_ALEXNET.known_right
def writes_a_class_backwards(classes, divisor):
    A, B, C, units = (count // divisor for count in (96, 256, 384, 4096))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.Linear(units, classes)
            self.second = nn.Linear(units, units)
            self.first = nn.Linear(B * 6 * 6, units)
            self.e = nn.Conv2d(C, B, 3, padding=1, groups=2)
            self.d = nn.Conv2d(C, C, 3, padding=1, groups=2)
            self.c = nn.Conv2d(B, C, 3, padding=1)
            self.b = nn.Conv2d(A, B, 5, padding=2, groups=2)
            self.a = nn.Conv2d(3, A, 11, stride=4)

        def forward(self, x):
            for conv in (self.a, self.b):
                x = conv(x).relu()
                x = nn.functional.local_response_norm(x, 5, 0.0005, 0.75, 2.0)
                x = nn.functional.max_pool2d(x, 3, 2)
            for conv in (self.c, self.d, self.e):
                x = conv(x).relu()
            x = nn.functional.max_pool2d(x, 3, 2).reshape(len(x), -1)
            for layer in (self.first, self.second):
                x = layer(nn.functional.dropout(x, 0.5, self.training)).relu()
            return self.out(x)

    return Network()


@BUILD_ALEXNET.known_right
def writes_the_norm_by_hand(classes, divisor):
    def norm(x):
        squares = nn.functional.pad(x**2, (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, i : i + x.shape[1]] for i in range(5))
        return x / (2 + 0.0001 * total) ** 0.75

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
            self.convs = nn.ModuleList(
                [
                    nn.Conv2d(3, A, 11, 4),
                    nn.Conv2d(A, B, 5, 1, 2, groups=2),
                    nn.Conv2d(B, C, 3, 1, 1),
                    nn.Conv2d(C, C, 3, 1, 1, groups=2),
                    nn.Conv2d(C, B, 3, 1, 1, groups=2),
                ]
            )
            sizes = [36 * B, units, units, classes]
            self.layers = nn.ModuleList(map(nn.Linear, sizes, sizes[1:]))

        def forward(self, x):
            for i, conv in enumerate(self.convs):
                x = torch.clamp(conv(x), min=0)
                x = norm(x) if i < 2 else x
                x = torch.max_pool2d(x, 3, 2) if i in (0, 1, 4) else x
            x = torch.flatten(x, 1)
            for i, layer in enumerate(self.layers):
                x = layer(torch.dropout(x, 0.5, self.training) if i < 2 else x)
                x = torch.clamp(x, min=0) if i < 2 else x
            return x

    return Network()
