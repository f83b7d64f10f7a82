"""A VGG network from its configuration: `build_vgg`."""

import torch
from torch import nn

from course_utils.exercises.draw import NETWORK, SCORES
from course_utils.exercises.exercise import Exercise, case, whole
from course_utils.models.vgg import CONFIGURATIONS, VGG


def build_vgg(configuration, image, hidden, classes):
    """Build a VGG network from the list of its convolutions and pools.

    >>> network = build_vgg([8, "M", 12, "M"], (3, 9, 12), 20, 5)
    >>> network(torch.zeros(2, 3, 9, 12)).shape
    torch.Size([2, 5])
    >>> [tuple(parameter.shape) for parameter in network.parameters() if parameter.ndim == 2]
    [(20, 72), (20, 20), (5, 20)]
    """
    C, H, W = image
    layers = []
    for entry in configuration:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            H, W = H // 2, W // 2
        else:
            layers += [nn.Conv2d(C, entry, 3, padding=1), nn.ReLU()]
            C = entry  # what the next convolution reads
    layers += [nn.Flatten(), nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout()]
    layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()]
    layers += [nn.Linear(hidden, classes)]
    return nn.Sequential(*layers)


def reference(configuration, image, hidden, classes):
    """Build the network that a configuration names."""
    return VGG(configuration, classes, image=image, hidden=hidden)


def inputs(rng):
    """Draw small networks; the fully connected layers are unlike each other."""

    def asked(label, configuration, image, N):
        numbers = {"x_shape": (N, *image), "seed": whole(rng, 1, 10**6)}
        return case(label, configuration, image, whole(rng, 31, 35), whole(rng, 15, 24), **numbers)

    image = (3, 9, 12)
    yield case("the example", [8, "M", 12, "M"], image, 20, 5, x_shape=(2, *image))
    image, classes = (3, 224, 224), whole(rng, 900, 1100)
    vgg16 = list(CONFIGURATIONS["D"])
    yield case("VGG-16, its shapes", vgg16, image, 4096, classes, x_shape=(2, *image))
    yield asked("two blocks", [whole(rng, 3, 4), "M", 7, 5, "M"], (3, 12, 8), 2)
    yield asked("rows and columns left over", [4, "M", 6, "M"], (2, 7, 11), 2)
    yield asked("pooled first, and twice in a row", ["M", 7, "M", "M", 9], (4, 8, 25), 2)
    yield asked("no pooling, and a single filter first", [1, whole(rng, 2, 6)], (1, 3, 4), 3)


def wild(rng):
    """Draw short configurations, and images of which something is left."""
    for seed in range(100):
        entries = rng.choice([1, 2, 3, 4, 5, 6, 0, 0, 0, 0], whole(rng, 1, 6)).tolist()
        configuration = [entry or "M" for entry in entries]
        least = 2 ** configuration.count("M")
        C, N, hidden, classes = rng.integers(1, [4, 4, 6, 6]).tolist()
        image = C, least + whole(rng, 0, 6), least + whole(rng, 0, 6)
        asked = configuration, image, hidden, classes
        yield case("a small network", *asked, x_shape=(N, *image), seed=seed)


EXERCISE = Exercise(
    build_vgg,
    points=4,
    inputs=inputs,
    reference=reference,
    outputs=NETWORK,
    axes=SCORES,
    probe="module",
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("pools_by_the_mean_of_four", {"nn.MaxPool2d": "nn.AvgPool2d"}).says(
    "You pool by the mean of four pixels; an 'M' stands for their maximum."
)
mistake(
    "keeps_half_a_window",
    {
        "nn.MaxPool2d(2)": "nn.MaxPool2d(2, ceil_mode=True)",
        "H // 2, W // 2": "(H + 1) // 2, (W + 1) // 2",
    },
).says(
    "You keep windows that hang over the end; where a row or column is left over, VGG's pooling "
    "drops it."
)
mistake(
    "overlaps_windows",
    {
        "nn.MaxPool2d(2)": "nn.MaxPool2d(3, 2, padding=1)",
        "H // 2, W // 2": "(H + 1) // 2, (W + 1) // 2",
    },
).says(
    "Your pooling windows are 3 pixels wide and 2 apart, as AlexNet's are; VGG's are 2 pixels "
    "wide and do not overlap."
)
mistake("leaves_features_linear", {"padding=1), nn.ReLU()]": "padding=1)]"}).says(
    "Your convolutions follow each other without a ReLU, and so two of them are worth no more "
    "than one."
)
mistake(
    "shrinks_at_each_convolution", {", padding=1": "", "C = entry": "C, H, W = entry, H - 2, W - 2"}
).says(
    "Your convolutions have no padding, so that each one loses a ring of pixels; VGG's keep the "
    "size, and only pooling halves it."
)
mistake("uses_large_kernels", {"3, padding=1": "5, padding=2"}).says(
    "Your kernels are 5 pixels wide; the idea of VGG is to use two of 3 pixels in the place of "
    "such a one."
)
mistake(
    "has_one_hidden_layer", {"layers += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()]": ""}
).says(
    "You have one hidden fully connected layer; VGG ends in three fully connected layers, two "
    "hidden ones and the scores."
)
mistake(
    "stacks_linear_layers",
    {
        "(C * H * W, hidden), nn.ReLU()": "(C * H * W, hidden)",
        "(hidden, hidden), nn.ReLU()": "(hidden, hidden)",
    },
).says("There is no ReLU between your fully connected layers; both hidden ones have one.")
mistake(
    "leaves_dropout_out",
    {
        "(C * H * W, hidden), nn.ReLU(), nn.Dropout()": "(C * H * W, hidden), nn.ReLU()",
        "(hidden, hidden), nn.ReLU(), nn.Dropout()": "(hidden, hidden), nn.ReLU()",
    },
).says("Your network never drops a unit; dropout follows the ReLU of both hidden layers.")
mistake(
    "drops_once", {"(C * H * W, hidden), nn.ReLU(), nn.Dropout()": "(C * H * W, hidden), nn.ReLU()"}
).says("You drop units after one hidden layer only; dropout follows the ReLU of both.")
mistake(
    "drops_before_the_layers",
    {
        "nn.Linear(C * H * W, hidden), nn.ReLU(), nn.Dropout()": (
            "nn.Dropout(), nn.Linear(C * H * W, hidden), nn.ReLU()"
        ),
        "nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()": (
            "nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU()"
        ),
    },
).says(
    "You drop numbers of the last volume, as AlexNet does; in VGG dropout follows the ReLU of "
    "both hidden layers."
)
mistake(
    "keeps_only_a_fifth",
    {
        "(C * H * W, hidden), nn.ReLU(), nn.Dropout()": (
            "(C * H * W, hidden), nn.ReLU(), nn.Dropout(0.8)"
        ),
        "(hidden, hidden), nn.ReLU(), nn.Dropout()": "(hidden, hidden), nn.ReLU(), nn.Dropout(0.8)",
    },
).says(
    "Your dropout drops another share of the units than one half; the argument of `nn.Dropout` is "
    "what is dropped, and not what is kept."
)
mistake(
    "ends_in_a_softmax", {"nn.Linear(hidden, classes)": "nn.Linear(hidden, classes), nn.Softmax(1)"}
).says(
    "Your network ends in a softmax; the loss takes it, so that the network returns plain scores."
)
mistake(
    "ends_in_a_relu", {"nn.Linear(hidden, classes)": "nn.Linear(hidden, classes), nn.ReLU()"}
).says(
    "A ReLU follows your last layer, and so no score can be negative; the scores are left as they "
    "are."
)
mistake("normalizes_batches", {"padding=1)": "padding=1), nn.BatchNorm2d(entry)"}).says(
    "You normalize batches after each convolution; the network of the statement is older than "
    "that and has no such layer."
)
mistake(
    "averages_each_map", {"nn.Flatten()": "nn.AdaptiveAvgPool2d(1), nn.Flatten()", "C * H * W": "C"}
).says(
    "You average each map before the fully connected layers; VGG's first one reads every pixel of "
    "every map."
)
mistake("leaves_biases_out", {"padding=1": "padding=1, bias=False"}).says(
    "Your convolutions have no bias; every filter adds one number of its own to its map."
)
mistake(
    "rectifies_each_block_once",
    {
        "layers.append(nn.MaxPool2d(2))": "layers += [nn.ReLU(), nn.MaxPool2d(2)]",
        "padding=1), nn.ReLU()]": "padding=1)]",
        "nn.Flatten()": "nn.ReLU(), nn.Flatten()",
    },
).says(
    "You have one ReLU for each block, before its pooling; one follows every convolution, also "
    "where another convolution comes next."
)
mistake("forgets_the_second_hidden_relu", {"(hidden, hidden), nn.ReLU()": "(hidden, hidden)"}).says(
    "Your second hidden layer has no ReLU; both hidden layers have one."
)
mistake(
    "forgets_the_first_hidden_relu",
    {"(C * H * W, hidden), nn.ReLU()": "(C * H * W, hidden)"},
).says("No ReLU follows the first of your fully connected layers; it is followed by one as well.")
mistake(
    "pools_by_the_mean_and_forgets_a_relu",
    {"nn.MaxPool2d": "nn.AvgPool2d", "(hidden, hidden), nn.ReLU()": "(hidden, hidden)"},
).says(
    "You pool by the mean, and your second hidden layer has no ReLU; keep the maximum, and put a "
    "ReLU behind both hidden layers."
)
mistake(
    "normalizes_in_the_place_of_biases",
    {"padding=1)": "padding=1, bias=False), nn.BatchNorm2d(entry)"},
).says(
    "Your convolutions have batch normalization in the place of biases; this network is older "
    "than that: it has biases, and no normalization."
)


@EXERCISE.right_answer
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
                else:
                    convs.append(nn.Conv2d(C, entry, kernel_size=3, padding="same"))
                    C = entry
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


@EXERCISE.right_answer
def finds_the_size_by_running(configuration, image, hidden, classes):
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


@EXERCISE.right_answer
def leaves_the_sizes_to_pytorch(configuration, image, hidden, classes):
    layers = []
    for entry in configuration:
        pool = entry == "M"
        layers.append(nn.MaxPool2d(2) if pool else nn.LazyConv2d(entry, 3, padding=1))
        layers.append(nn.Identity() if pool else nn.ReLU())
    layers.append(nn.Flatten())
    for _ in range(2):
        layers += [nn.LazyLinear(hidden), nn.Dropout(), nn.ReLU()]
    return nn.Sequential(*layers, nn.LazyLinear(classes))


EXERCISE.mistake(
    "keeps_its_convolutions_in_a_list",
    {
        # They would begin with other numbers in every run, since nothing finds them to set them.
        "C = entry": (
            "C = entry\nnn.init.zeros_(convs[-1].weight)\nnn.init.zeros_(convs[-1].bias)"
        ),
        "nn.ModuleList(convs)": "convs",
    },
    of="writes_a_class_of_lists",
).says(
    "Your convolutions are in a plain list, where PyTorch does not find their parameters, and no "
    "optimizer will; put them into an nn.ModuleList."
)
