"""Are the networks those of their papers: shapes, counts, and what they compute?"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_utils.models.alexnet import AlexNet, response_norm
from course_utils.models.count import layer_shapes, on_meta, parameter_count
from course_utils.models.googlenet import BLOCKS, Filters, GoogLeNet, Inception
from course_utils.models.lenet import LeNet5
from course_utils.models.vgg import CONFIGURATIONS, VGG, vgg16, vgg19
from course_utils.reference.conv_layer import conv2d_forward
from course_utils.reference.local_response_norm import local_response_norm_forward
from course_utils.reference.pooling import max_pool2d_forward


@pytest.mark.parametrize(
    ("build", "published"),
    [
        (LeNet5, 61_706),
        (AlexNet, 60_965_224),
        (lambda: AlexNet(columns=1), 61_100_840),
        (vgg16, 138_357_544),
        (vgg19, 143_667_240),
        (lambda: VGG(CONFIGURATIONS["A"]), 132_863_336),
        (lambda: VGG(CONFIGURATIONS["B"]), 133_047_848),
        (lambda: VGG(CONFIGURATIONS["D"], batch_norm=True), 138_365_992),
        (lambda: GoogLeNet(auxiliary=False), 6_998_552),
        (GoogLeNet, 13_378_280),
        (lambda: GoogLeNet(variant="torchvision", auxiliary=False), 6_624_904),
        (lambda: GoogLeNet(variant="torchvision"), 13_004_888),
    ],
)
def test_parameters_are_as_many_as_published(build, published):
    """Does each network hold as many numbers as its publication or its library says?"""
    assert parameter_count(on_meta(build)) == published


def shapes(network, x_shape, kinds):
    return [row.shape for row in layer_shapes(network, x_shape) if row.kind in kinds]


def test_alexnets_volumes():
    """Are all volumes those of the lectures' table?"""
    found = shapes(on_meta(AlexNet), (3, 227, 227), ("Conv2d", "MaxPool2d", "Linear"))
    assert found == [
        (96, 55, 55), (96, 27, 27), (256, 27, 27), (256, 13, 13), (384, 13, 13), (384, 13, 13),
        (256, 13, 13), (256, 6, 6), (4096,), (4096,), (1000,),
    ]  # fmt: skip


def test_lenets_volumes():
    """Are they those of Figure 2 of the paper?"""
    found = shapes(LeNet5(), (1, 32, 32), ("Conv2d", "AvgPool2d", "Linear"))
    volumes = [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]
    assert found == [*volumes, (120,), (84,), (10,)]
    assert LeNet5(7, image=(3, 40, 36))(torch.zeros(2, 3, 40, 36)).shape == (2, 7)


def test_vggs_volumes():
    """Does each pooling of VGG-16 halve the sides, down to 7 x 7?"""
    found = shapes(on_meta(vgg16), (3, 224, 224), ("MaxPool2d",))
    assert found == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    layers = layer_shapes(on_meta(vgg19), (3, 224, 224))
    assert sum(row.kind in ("Conv2d", "Linear") for row in layers) == 19


def test_googlenets_volumes_and_depth():
    """Are the pooled volumes those of Table 1, and are there 22 layers on the way?"""
    network = on_meta(lambda: GoogLeNet(auxiliary=False))
    found = shapes(network, (3, 224, 224), ("MaxPool2d",))
    outer = [shape for shape in found if shape[0] in (64, 192, 480, 832)]
    assert outer[0] == (64, 56, 56)
    assert (480, 14, 14) in outer
    assert (832, 7, 7) in outer
    assert 3 + 2 * len(BLOCKS) + 1 == 22
    assert [row.maps for row in BLOCKS.values()] == [256, 480, 512, 512, 512, 528, 832, 832, 1024]


def test_first_convolution_of_alexnet():
    """Has it 34 848 weights, and 34 944 parameters with its biases?"""
    conv = on_meta(AlexNet).features[0]
    assert conv.weight.numel() == 34_848
    assert parameter_count(conv) == 34_944


def test_the_papers_alexnet_against_the_references():
    """Do NumPy's passes come to the same maps, from the same weights, column by column?"""
    torch.manual_seed(0)
    network = AlexNet(5, divisor=16).double().eval()
    x = np.random.default_rng(0).standard_normal((1, 3, 227, 227))
    with torch.no_grad():
        features = network.features(torch.from_numpy(x)).numpy()
        scores = network(torch.from_numpy(x)).numpy()
    convs = [layer for layer in network.features if isinstance(layer, torch.nn.Conv2d)]
    settings = [(4, 0, 1), (1, 2, 2), (1, 1, 1), (1, 1, 2), (1, 1, 2)]
    for i, (conv, (stride, pad, groups)) in enumerate(zip(convs, settings, strict=True)):
        w, b = conv.weight.detach().numpy(), conv.bias.detach().numpy()
        columns = [
            conv2d_forward(part, w_part, b_part, stride=stride, pad=pad)[0]
            for part, w_part, b_part in zip(
                np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups), strict=True
            )
        ]
        x = np.maximum(np.concatenate(columns, axis=1), 0)
        if i < 2:
            x, _ = local_response_norm_forward(x, size=5, alpha=5e-4, beta=0.75, k=2.0)
        if i in (0, 1, 4):
            x, _ = max_pool2d_forward(x, kernel=3, stride=2)
    np.testing.assert_allclose(features, x, rtol=1e-9)
    x = x.reshape(1, -1)
    linear = [layer for layer in network.classifier if isinstance(layer, torch.nn.Linear)]
    for i, layer in enumerate(linear):
        x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        x = np.maximum(x, 0) if i < 2 else x
    np.testing.assert_allclose(scores, x, rtol=1e-9)


def test_the_papers_norm_weighs_the_sum():
    """Is one strong pixel divided by (2 + 1e-4 x^2) ** 0.75?"""
    x = torch.full((1, 1, 1, 1), 100.0, dtype=torch.float64)
    assert response_norm()(x).item() == pytest.approx(100 / 3**0.75)


def test_an_inception_block_is_four_branches():
    """Does the block compute what its four branches do, written out?"""
    torch.manual_seed(1)
    block = Inception(3, 2, 4, 5, 6, 7, 8).double()
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64)
    weights = list(block.parameters())
    conv = functional.conv2d
    (w1, b1, w3r, b3r, w3, b3, w5r, b5r, w5, b5, wp, bp) = weights
    expected = [
        conv(x, w1, b1),
        conv(conv(x, w3r, b3r).relu(), w3, b3, padding=1),
        conv(conv(x, w5r, b5r).relu(), w5, b5, padding=2),
        conv(functional.max_pool2d(x, 3, 1, 1), wp, bp),
    ]
    torch.testing.assert_close(block(x), torch.cat(expected, 1).relu())


def test_a_vgg_is_its_configuration():
    """Does a small VGG compute its layers in turn?"""
    torch.manual_seed(2)
    network = VGG([4, "M", 6, 5, "M"], 3, image=(2, 9, 13), hidden=7).double().eval()
    x = torch.randn(2, 2, 9, 13, dtype=torch.float64)
    pairs = [(m.weight, m.bias) for m in network.modules() if hasattr(m, "weight")]
    out = functional.max_pool2d(functional.conv2d(x, *pairs[0], padding=1).relu(), 2)
    out = functional.conv2d(out, *pairs[1], padding=1).relu()
    out = functional.max_pool2d(functional.conv2d(out, *pairs[2], padding=1).relu(), 2).flatten(1)
    for pair in pairs[3:5]:
        out = functional.linear(out, *pair).relu()
    torch.testing.assert_close(network(x), functional.linear(out, *pairs[5]))


@pytest.mark.parametrize("variant", ["paper", "torchvision"])
def test_auxiliary_heads_speak_only_while_it_trains(variant):
    """Are there three scores in training and one in use?"""
    network = GoogLeNet(4, variant=variant, divisor=16)
    x = torch.zeros(2, 3, 224, 224)
    assert [tuple(out.shape) for out in network.train()(x)] == [(2, 4)] * 3
    assert network.eval()(x).shape == (2, 4)
    without = GoogLeNet(4, variant=variant, divisor=16, auxiliary=False)
    assert without.train()(x).shape == (2, 4)


def test_names_are_torchvisions():
    """Would a published state dict find its names?"""
    alexnet = set(on_meta(lambda: AlexNet(columns=1)).state_dict())
    layers = [f"features.{i}" for i in (0, 3, 6, 8, 10)] + [f"classifier.{i}" for i in (1, 4, 6)]
    assert alexnet == {f"{layer}.{part}" for layer in layers for part in ("weight", "bias")}
    vgg = set(on_meta(vgg16).state_dict())
    convs = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    layers = [f"features.{i}" for i in convs] + [f"classifier.{i}" for i in (0, 3, 6)]
    assert vgg == {f"{layer}.{part}" for layer in layers for part in ("weight", "bias")}
    google = set(on_meta(lambda: GoogLeNet(variant="torchvision")).state_dict())
    parts = ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
    parts += ("bn.num_batches_tracked",)
    places = ("branch1", "branch2.0", "branch2.1", "branch3.0", "branch3.1", "branch4.1")
    convs = ["conv1", "conv2", "conv3", "aux1.conv", "aux2.conv"]
    convs += [f"inception{name}.{place}" for name in BLOCKS for place in places]
    linear = ("fc", "aux1.fc1", "aux1.fc2", "aux2.fc1", "aux2.fc2")
    expected = {f"{conv}.{part}" for conv in convs for part in parts}
    assert google == expected | {f"{name}.{part}" for name in linear for part in ("weight", "bias")}


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: AlexNet(columns=3), "columns must be 1 or 2, got 3"),
        (lambda: AlexNet(divisor=32), "divisor must leave"),
        (lambda: AlexNet(divisor=0), "divisor must leave"),
        (lambda: VGG([64, "P"]), "'P'"),
        (lambda: VGG([0]), "got 0"),
        (lambda: VGG(["M"] * 8), "too small"),
        (lambda: GoogLeNet(variant="resnet"), "variant"),
        (lambda: GoogLeNet(divisor=3), "divisor"),
    ],
)
def test_what_cannot_be_built_is_refused(build, says):
    """Does the error name the argument?"""
    with pytest.raises(ValueError, match=says):
        on_meta(build)


def test_layers_are_listed_once_with_their_parameters():
    """Is a layer that is used twice listed twice, and counted once; and the mode left alone?"""
    layer = torch.nn.Linear(3, 3)
    network = torch.nn.Sequential(layer, torch.nn.ReLU(), layer)
    rows = layer_shapes(network.train(), (3,))
    assert [(row.kind, row.shape, row.parameters) for row in rows] == [
        ("Linear", (3,), 12), ("ReLU", (3,), 0), ("Linear", (3,), 0),
    ]  # fmt: skip
    assert network.training


def test_a_row_of_the_table_knows_its_maps():
    """Are the maps of the four branches counted, and the reductions not?"""
    assert Filters(1, 20, 3, 40, 5, 7).maps == 16
