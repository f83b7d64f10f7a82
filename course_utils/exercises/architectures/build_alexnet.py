"""AlexNet in PyTorch: `build_alexnet`."""

import torch
from torch import nn

from course_utils.exercises.draw import NETWORK, SCORES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.alexnet import AlexNet


def build_alexnet(classes, divisor):
    """Build the paper's AlexNet, with a part of its filters and units.

    >>> network = build_alexnet(10, 16)
    >>> network(torch.zeros(2, 3, 227, 227)).shape
    torch.Size([2, 10])
    >>> sum(parameter.numel() for parameter in network.parameters())
    227314
    """
    A, B, C, units = 96 // divisor, 256 // divisor, 384 // divisor, 4096 // divisor
    norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)  # PyTorch divides alpha by 5
    pool = nn.MaxPool2d(3, stride=2)
    layers = [nn.Conv2d(3, A, 11, stride=4), nn.ReLU(), norm, pool]
    layers += [nn.Conv2d(A, B, 5, padding=2, groups=2), nn.ReLU(), norm, pool]
    layers += [nn.Conv2d(B, C, 3, padding=1), nn.ReLU()]
    layers += [nn.Conv2d(C, C, 3, padding=1, groups=2), nn.ReLU()]
    layers += [nn.Conv2d(C, B, 3, padding=1, groups=2), nn.ReLU(), pool]
    layers += [nn.Flatten()]  # (N, B, 6, 6) to (N, B * 6 * 6)
    layers += [nn.Dropout(), nn.Linear(B * 6 * 6, units), nn.ReLU()]
    layers += [nn.Dropout(), nn.Linear(units, units), nn.ReLU()]
    layers += [nn.Linear(units, classes)]
    return nn.Sequential(*layers)


def reference(classes, divisor):
    """Build the paper's network, with a part of its filters and units."""
    return AlexNet(classes, divisor=divisor)


def inputs(rng):
    """Draw the number of classes, and a seed where numbers are compared."""
    yield case("the example", 10, 16, x_shape=(2, 3, 227, 227))
    classes = whole(rng, 900, 1100)
    yield case("the whole network, its shapes", classes, 1, x_shape=(2, 3, 227, 227))
    # Before numbers are compared: what multiplies by the divisor would fill the memory.
    yield case("a quarter of it, its shapes", whole(rng, 11, 50), 4, x_shape=(2, 3, 227, 227))
    numbers = {"x_shape": (1, 3, 227, 227), "seed": whole(rng, 1, 10**6)}
    yield case("a sixteenth of it", whole(rng, 11, 50), 16, weight=2, **numbers)


def wild(rng):
    """Draw other parts of the network."""
    for divisor in (2, 4, 8, 16, 16):
        x_shape = (whole(rng, 1, 3), 3, 227, 227)
        yield case("its shapes", whole(rng, 1, 20), divisor, x_shape=x_shape)
    for seed in (1, 2):
        yield case("a sixteenth", whole(rng, 1, 20), 16, x_shape=(1, 3, 227, 227), seed=seed)


EXERCISE = Exercise(
    build_alexnet,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=SCORES,
    probe="module",
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "sees_all_maps",
    {
        "5, padding=2, groups=2": "5, padding=2",
        "nn.Conv2d(C, C, 3, padding=1, groups=2)": "nn.Conv2d(C, C, 3, padding=1)",
        "nn.Conv2d(C, B, 3, padding=1, groups=2)": "nn.Conv2d(C, B, 3, padding=1)",
    },
).says(
    "Your convolutions see all maps before them; in the paper the second, fourth and fifth are "
    "cut into two groups, one for each graphics card."
)
mistake(
    "groups_the_third_too",
    {"nn.Conv2d(B, C, 3, padding=1)": "nn.Conv2d(B, C, 3, padding=1, groups=2)"},
).says(
    "Your third convolution is cut in two as well; it is the one in which the columns see each "
    "other."
)
mistake("weighs_the_mean_square", {"alpha=5e-4": "alpha=1e-4"}).says(
    "Your normalization is five times too weak: PyTorch divides alpha by the size of the window, "
    "and the paper does not; work out which alpha to hand over."
)
mistake("leaves_k_at_one", {", k=2.0": ""}).says(
    "Your normalization starts from k = 1, which is PyTorch's own choice; look up the constants "
    "of the paper."
)
mistake(
    "leaves_the_norm_out",
    {"nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)": "nn.Identity()"},
).says(
    "There is no local response normalization in your network; it follows the ReLU of the first "
    "and of the second convolution."
)
mistake(
    "pools_before_it_normalizes",
    {
        "stride=4), nn.ReLU(), norm, pool": "stride=4), nn.ReLU(), pool, norm",
        "groups=2), nn.ReLU(), norm, pool": "groups=2), nn.ReLU(), pool, norm",
    },
).says(
    "You pool first and normalize what is left; the paper normalizes all maps, and pools the "
    "result."
)
mistake(
    "normalizes_before_the_relu",
    {
        "stride=4), nn.ReLU(), norm": "stride=4), norm, nn.ReLU()",
        "groups=2), nn.ReLU(), norm": "groups=2), norm, nn.ReLU()",
    },
).says(
    "You normalize the sums as they come out of the convolution; the ReLU comes first, and what "
    "it lets through is normalized."
)
mistake("pools_without_overlap", {"nn.MaxPool2d(3, stride=2)": "nn.MaxPool2d(2)"}).says(
    "Your pooling windows do not overlap, and yet the sizes come out; the paper's are 3 pixels "
    "wide and 2 apart."
)
mistake("pools_by_the_mean", {"nn.MaxPool2d": "nn.AvgPool2d"}).says(
    "You pool by the mean; AlexNet keeps the maximum of each window."
)
mistake("pads_the_image", {"stride=4": "stride=4, padding=2"}).says(
    "You pad the image, as the variant for 224 pixels does; with 227 pixels the first convolution "
    "comes out even without padding."
)
mistake(
    "forgets_the_last_convolutions_relu",
    {"nn.ReLU(), pool]\nlayers += [nn.Flatten()]": "pool]\nlayers += [nn.Flatten()]"},
).says(
    "No ReLU follows your fifth convolution; every convolution of the network has one, the last "
    "before its pooling, too."
)
mistake(
    "stacks_linear_layers",
    {
        "nn.Linear(B * 6 * 6, units), nn.ReLU()": "nn.Linear(B * 6 * 6, units)",
        "nn.Linear(units, units), nn.ReLU()": "nn.Linear(units, units)",
    },
).says(
    "Your fully connected layers follow each other without a ReLU, and such a stack is worth one "
    "layer alone."
)
mistake(
    "leaves_dropout_out",
    {
        "nn.Dropout(), nn.Linear(B": "nn.Linear(B",
        "nn.Dropout(), nn.Linear(units": "nn.Linear(units",
    },
).says(
    "Your network has no dropout; half of the numbers are dropped before each of the first two "
    "fully connected layers."
)
mistake("drops_once", {"nn.Dropout(), nn.Linear(units": "nn.Linear(units"}).says(
    "Your network drops units in one place; there are two, before each of the first two fully "
    "connected layers."
)
mistake(
    "drops_after_the_relu",
    {
        "nn.Dropout(), nn.Linear(B": "nn.Linear(B",
        "nn.Linear(units, classes)": "nn.Dropout(), nn.Linear(units, classes)",
    },
).says(
    "You drop units behind each hidden layer, as VGG does; in AlexNet dropout comes before each "
    "of the first two fully connected layers."
)
mistake(
    "drops_a_fifth",
    {
        "nn.Dropout(), nn.Linear(B": "nn.Dropout(0.2), nn.Linear(B",
        "nn.Dropout(), nn.Linear(units": "nn.Dropout(0.2), nn.Linear(units",
    },
).says(
    "Your dropout drops another share of the numbers than the paper's; there it is one half, in "
    "both places."
)
mistake(
    "ends_in_a_softmax", {"nn.Linear(units, classes)": "nn.Linear(units, classes), nn.Softmax(1)"}
).says(
    "You turn the scores into probabilities; return the scores, because the loss of PyTorch takes "
    "the softmax itself."
)
mistake(
    "builds_the_one_column_variant",
    {"96 // divisor, 256 // divisor": "64 // divisor, 192 // divisor"},
).says(
    "Your filters are those of the narrower network that libraries ship, 64 and 192 in the first "
    "two layers; count them in the statement."
)
mistake(
    "leaves_biases_out",
    {
        "3, A, 11,": "3, A, 11, bias=False,",
        "A, B, 5,": "A, B, 5, bias=False,",
        "B, C, 3,": "B, C, 3, bias=False,",
        "C, C, 3,": "C, C, 3, bias=False,",
        "C, B, 3,": "C, B, 3, bias=False,",
    },
).says("Your convolutions have no biases; each filter adds one number of its own.")
mistake(
    "pads_the_image_and_ends_in_a_softmax",
    {
        "stride=4": "stride=4, padding=2",
        "nn.Linear(units, classes)": "nn.Linear(units, classes), nn.Softmax(1)",
    },
).says(
    "You pad the image, and turn the scores into probabilities; with 227 pixels there is no "
    "padding, and the loss takes the softmax."
)
mistake(
    "forgets_the_fourth_convolutions_relu",
    {"C, 3, padding=1, groups=2), nn.ReLU()]": "C, 3, padding=1, groups=2)]"},
).says(
    "No ReLU follows your fourth convolution; without one between them, the fourth and the fifth "
    "are worth one layer."
)
mistake(
    "forgets_the_second_hidden_relu",
    {"nn.Linear(units, units), nn.ReLU()": "nn.Linear(units, units)"},
).says(
    "The second of your fully connected layers has no ReLU; both layers before the scores have one."
)


@EXERCISE.right_answer
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


@EXERCISE.right_answer
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


@EXERCISE.right_answer
def drops_before_it_flattens(classes, divisor):
    def conv(*sizes, **options):
        return nn.Sequential(nn.Conv2d(*sizes, **options), nn.ReLU(inplace=True))

    A, B, C, units = [count // divisor for count in (96, 256, 384, 4096)]
    network = nn.Sequential(conv(3, A, 11, stride=4))
    network.append(nn.LocalResponseNorm(5, 5e-4, k=2.0)).append(nn.MaxPool2d(3, 2))
    network.append(conv(A, B, 5, padding="same", groups=2))
    network.append(nn.LocalResponseNorm(5, 5e-4, k=2.0)).append(nn.MaxPool2d(3, 2))
    network.append(conv(B, C, 3, padding="same"))
    network.append(conv(C, C, 3, padding="same", groups=2))
    network.append(conv(C, B, 3, padding="same", groups=2)).append(nn.MaxPool2d(3, 2))
    network.append(nn.Dropout(0.5)).append(nn.Flatten()).append(nn.LazyLinear(units))
    network.append(nn.ReLU()).append(nn.Dropout(0.5)).append(nn.LazyLinear(units))
    return network.append(nn.ReLU()).append(nn.LazyLinear(classes))


EXERCISE.mistake(
    "keeps_its_convolutions_in_a_list",
    {
        "self.convs = nn.ModuleList(": "self.convs = list(",
        # They would begin with other numbers in every run, since nothing finds them to set them.
        "sizes = [": (
            "for conv in self.convs:\n"
            "    nn.init.zeros_(conv.weight)\n"
            "    nn.init.zeros_(conv.bias)\n"
            "sizes = ["
        ),
    },
    of="writes_the_norm_by_hand",
).says(
    "The network does not know of your convolutions, which are in a plain list, and will not train "
    "them; an nn.ModuleList makes them known."
)
