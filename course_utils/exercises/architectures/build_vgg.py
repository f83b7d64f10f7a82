"""A VGG network from its configuration: `build_vgg`."""

from __future__ import annotations

import torch
from torch import nn

from course_utils.exercises.architectures.draw import NETWORK
from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.models.vgg import CONFIGURATIONS, VGG


def build_vgg(configuration, image, hidden, classes):
    """Build the network that a configuration names."""
    return VGG(configuration, classes, image=image, hidden=hidden)


def _build_vgg_cases(rng):
    def asked(label, configuration, image, N):
        numbers = {"x_shape": (N, *image), "seed": whole(rng, 1, 10**6)}
        return case(label, configuration, image, whole(rng, 31, 33), whole(rng, 15, 18), **numbers)

    image = (3, 224, 224)
    vgg16 = list(CONFIGURATIONS["D"])
    yield case("VGG-16, its shapes", vgg16, image, 4096, whole(rng, 900, 1100), x_shape=(2, *image))
    yield asked("two blocks", [whole(rng, 3, 4), "M", 7, 5, "M"], (3, 12, 8), 2)
    yield asked("rows and columns left over", [4, "M", 6, "M"], (2, 7, 11), 2)
    yield asked("pooled first, and twice in a row", ["M", 7, "M", "M", 9], (4, 8, 25), 2)
    yield asked("no pooling, and a single filter first", [1, whole(rng, 2, 6)], (1, 3, 4), 3)

    small = {"x_shape": (1, 3, 8, 12), "seed": 1}
    image, classes = small["x_shape"][1:], whole(rng, 5, 14)
    yield refused("a convolution with no filter", [4, 0, "M"], image, 9, classes, **small)
    yield refused("a negative number of filters", [4, -3, "M"], image, 9, classes, **small)
    yield refused("a letter that means nothing", [4, "P"], image, 9, classes, **small)
    yield refused("half a filter", [4, 2.5, "M"], image, 9, classes, **small)
    yield refused("rows pooled away", [4, "M", "M", "M", "M"], (3, 8, 40), 9, classes, **small)
    yield refused("columns pooled away", [4, "M", "M", "M", "M"], (3, 40, 8), 9, classes, **small)


BUILD_VGG = Exercise("build_vgg", 4, build_vgg, _build_vgg_cases, outputs=NETWORK, probe="module")


@BUILD_VGG.known_wrong("You pool by the mean of four pixels; an 'M' stands for their maximum.")
def pools_by_the_mean_of_four(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.AvgPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You keep windows that hang over the end; where a row or column is left over, VGG's pooling "
    "drops it."
)
def keeps_half_a_window(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            H, W = -(-H // 2), -(-W // 2)
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your pooling windows are 3 pixels wide and 2 apart, as AlexNet's are; VGG's are 2 pixels "
    "wide and do not overlap."
)
def overlaps_windows(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(3, 2, padding=1))
            H, W = (H + 1) // 2, (W + 1) // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your convolutions follow each other without a ReLU, and so two of them are worth no more "
    "than one."
)
def leaves_features_linear(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1)]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your convolutions have no padding, so that each one loses a ring of pixels; VGG's keep the "
    "size, and only pooling halves it."
)
def shrinks_at_each_convolution(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3), nn.ReLU()]
            H, W = H - 2, W - 2
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your kernels are 5 pixels wide; the idea of VGG is to use two of 3 pixels in the place of "
    "such a one."
)
def uses_large_kernels(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 5, padding=2), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You have one hidden fully connected layer; VGG ends in three fully connected layers, two "
    "hidden ones and the scores."
)
def has_one_hidden_layer(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "There is no ReLU between your fully connected layers; both hidden ones have one."
)
def stacks_linear_layers(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your network never drops a unit; dropout follows the ReLU of both hidden layers."
)
def leaves_dropout_out(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You drop units after one hidden layer only; dropout follows the ReLU of both."
)
def drops_once(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You drop numbers of the last volume, as AlexNet does; in VGG dropout follows the ReLU of "
    "both hidden layers."
)
def drops_before_the_layers(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(), nn.Linear(C * H * W, hidden), nn.ReLU(),
        nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your network ends in a softmax; the loss takes it, so that the network returns plain scores."
)
def ends_in_a_softmax(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, classes), nn.Softmax(1),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "A ReLU follows your last layer, and so no score can be negative; the scores are left as they "
    "are."
)
def ends_in_a_relu(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes), nn.ReLU(),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You normalize batches after each convolution; the network of the statement is older than "
    "that and has no such layer."
)
def normalizes_batches(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.BatchNorm2d(entry), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "You average each map before the fully connected layers; VGG's first one reads every pixel of "
    "every map."
)
def averages_each_map(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(C, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_wrong(
    "Your convolutions have no bias; every filter adds one number of its own to its map."
)
def leaves_biases_out(configuration, image, hidden, classes):
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        elif isinstance(entry, int) and entry > 0:
            layers += [nn.Conv2d(C, entry, 3, padding=1, bias=False), nn.ReLU()]
            C = entry
        else:
            raise ValueError("no such layer")
    if min(H, W) < 1:
        raise ValueError("nothing is left of the image")
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes),
    )  # fmt: skip


@BUILD_VGG.known_right
def writes_a_class_of_lists(configuration, image, hidden, classes):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            C, H, W = image
            convs = []
            for entry in configuration:
                if entry == "M":
                    H //= 2
                    W //= 2
                elif type(entry) is int and entry >= 1:
                    convs.append(nn.Conv2d(C, entry, kernel_size=3, padding="same"))
                    C = entry
                else:
                    raise ValueError("an entry is a number of filters or M")
            if H == 0 or W == 0:
                raise ValueError("too many poolings")
            sizes = [C * H * W, hidden, hidden, classes]
            self.dense = nn.ModuleList(map(nn.Linear, sizes, sizes[1:]))
            self.convs = nn.ModuleList(convs)

        def forward(self, x):
            convs = iter(self.convs)
            for entry in configuration:
                x = nn.functional.max_pool2d(x, 2) if entry == "M" else next(convs)(x).relu()
            x = x.flatten(1)
            for layer in self.dense[:2]:
                x = nn.functional.dropout(layer(x).relu(), training=self.training)
            return self.dense[2](x)

    return Network()


@BUILD_VGG.known_right
def finds_the_size_by_running(configuration, image, hidden, classes):
    if any(entry != "M" and (type(entry) is not int or entry <= 0) for entry in configuration):
        raise ValueError("an entry is a number of filters or M")
    poolings = list(configuration).count("M")
    if min(image[1:]) < 2**poolings:
        raise ValueError("the image is too small")
    features = nn.Sequential()
    for entry in configuration:
        if entry == "M":
            features.append(nn.MaxPool2d(kernel_size=2))
        else:
            before = [layer for layer in features if isinstance(layer, nn.Conv2d)]
            C = before[-1].out_channels if before else image[0]
            features.extend([nn.Conv2d(C, entry, (3, 3), padding=(1, 1)), nn.ReLU()])
    size = features(torch.empty(image)).numel()
    hidden_layers = [nn.Linear(size, hidden), nn.ReLU(), nn.Dropout()]
    hidden_layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(features, nn.Flatten(), *hidden_layers, nn.Linear(hidden, classes))
