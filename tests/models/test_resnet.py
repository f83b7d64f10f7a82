"""Are the residual networks those of their papers: counts, shapes, and what a block computes?"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_utils.models.count import layer_shapes, on_meta, parameter_count
from course_utils.models.initialize import initialize_
from course_utils.models.resnet import (
    IMAGENET,
    Block,
    ResNet,
    Style,
    cifar_blocks,
    cifar_resnet,
    resnet,
    start_at_zero_,
)
from course_utils.reference.conv_layer import conv2d_forward
from course_utils.reference.normalization import batch_norm_forward

CIFAR = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
PUBLISHED = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}


@pytest.mark.parametrize("depth", PUBLISHED)
def test_parameters_for_imagenet_are_as_many_as_published(depth):
    """Does each network hold as many numbers as torchvision's checkpoint of that name?"""
    assert parameter_count(on_meta(lambda: resnet(depth))) == PUBLISHED[depth]


@pytest.mark.parametrize("depth", CIFAR)
def test_parameters_for_cifar_are_as_many_as_published(depth):
    """Is that so for each network for CIFAR-10, for its plain twin, and with projections?"""

    def count(shortcut):
        return parameter_count(on_meta(lambda: cifar_resnet(depth, style=Style(shortcut))))

    assert count("A") == CIFAR[depth]
    if depth < 1000:  # which takes seconds to build
        assert count("none") == CIFAR[depth]
        assert count("B") == CIFAR[depth] + 2752


@pytest.mark.parametrize(("depth", "published"), [(164, 1_703_258), (1001, 10_327_706)])
def test_parameters_of_the_second_version(depth, published):
    """Are the two networks of the second paper as large as its authors' code makes them?"""
    style = Style("B", version=2)
    build = lambda: cifar_resnet(depth, kind="bottleneck", style=style)  # noqa: E731
    assert parameter_count(on_meta(build)) == published


@pytest.mark.parametrize("depth", IMAGENET)
def test_layers_are_those_of_the_name(depth):
    """Are there as many convolutions and linear layers as the name says, shortcuts aside?"""
    network = on_meta(lambda: resnet(depth))
    rows = layer_shapes(network, (3, 224, 224))
    counted = [row for row in rows if row.kind in ("Conv2d", "Linear")]
    assert sum("downsample" not in row.name for row in counted) == depth
    ends = {row.shape for row in rows if row.kind == "BatchNorm2d"}
    maps = 256 if depth >= 50 else 64
    assert {(maps * 2**i, 56 // 2**i, 56 // 2**i) for i in range(4)} <= ends


@pytest.mark.parametrize(("depth", "kind"), [(8, "basic"), (20, "basic"), (11, "bottleneck")])
def test_a_depth_gives_its_blocks(depth, kind):
    """Has a network for CIFAR-10 as many layers as were asked for?"""
    network = on_meta(lambda: cifar_resnet(depth, kind=kind, style=Style("B")))
    rows = layer_shapes(network, (3, 32, 32))
    counted = [row for row in rows if row.kind in ("Conv2d", "Linear")]
    assert sum("downsample" not in row.name for row in counted) == depth
    assert sum(cifar_blocks(depth, kind)) == len(network.blocks)
    assert rows[-2].shape[1:] in ((8, 8), ())


def numpy_norm(x, norm):
    """Normalize in training by the reference."""
    gamma, beta = norm.weight.detach().numpy(), norm.bias.detach().numpy()
    zero, one = np.zeros_like(gamma), np.ones_like(gamma)
    return batch_norm_forward(x, gamma, beta, zero, one, training=True)[0][0]


def numpy_conv(x, conv):
    """Correlate by the reference."""
    w = conv.weight.detach().numpy()
    b = np.zeros(len(w)) if conv.bias is None else conv.bias.detach().numpy()
    return conv2d_forward(x, w, b, stride=conv.stride[0], pad=conv.padding[0])[0]


def drawn(block):
    """Give the norms gains and shifts that tell them apart."""
    with torch.no_grad():
        for module in block.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 2)
                module.bias.normal_()
    return block.double().train()


BLOCKS = [
    ("basic", 3, 3, 1), ("basic", 3, 5, 1), ("basic", 3, 5, 2),
    ("bottleneck", 8, 2, 1), ("bottleneck", 5, 2, 2), ("bottleneck", 6, 3, 1),
]  # fmt: skip


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize(("kind", "channels", "filters", "stride"), BLOCKS)
def test_a_block_against_the_references(kind, channels, filters, stride, shortcut):
    """Do NumPy's convolutions and norms come to the same maps, from the same weights?"""
    torch.manual_seed(0)
    style = Style(shortcut, scale=0.75)
    block = drawn(Block(kind, channels, filters, stride=stride, style=style))
    x = np.random.default_rng(0).standard_normal((2, channels, 5, 7))
    found = block(torch.from_numpy(x)).detach().numpy()
    branch = np.maximum(numpy_norm(numpy_conv(x, block.conv1), block.bn1), 0)
    branch = numpy_norm(numpy_conv(branch, block.conv2), block.bn2)
    if kind == "bottleneck":
        branch = numpy_norm(numpy_conv(np.maximum(branch, 0), block.conv3), block.bn3)
    N, F, HO, WO = branch.shape
    if (F, HO, WO) == x.shape[1:]:
        way = x
    elif shortcut == "A":
        way = np.zeros((N, F, HO, WO))
        way[:, :channels] = x[:, :, ::stride, ::stride]
    else:
        way = numpy_norm(numpy_conv(x, block.downsample[0]), block.downsample[1])
    np.testing.assert_allclose(found, np.maximum(branch + 0.75 * way, 0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("kind", "channels", "filters", "stride"), BLOCKS)
def test_a_block_of_version_2_against_pytorchs_functions(kind, channels, filters, stride):
    """Is it norm, ReLU, convolution, and a sum on which nothing follows?"""
    torch.manual_seed(1)
    block = drawn(Block(kind, channels, filters, stride=stride, style=Style("B", version=2)))
    x = torch.randn(2, channels, 5, 7, dtype=torch.float64)

    def active(x, norm):
        return functional.batch_norm(x, None, None, norm.weight, norm.bias, training=True).relu()

    def conv(x, layer):
        return functional.conv2d(x, layer.weight, None, layer.stride, layer.padding)

    first = active(x, block.bn1)
    branch = conv(active(conv(first, block.conv1), block.bn2), block.conv2)
    if kind == "bottleneck":
        branch = conv(active(branch, block.bn3), block.conv3)
    way = x if branch.shape == x.shape else conv(first, block.downsample[0])
    torch.testing.assert_close(block(x), branch + way)


@pytest.mark.parametrize("normalized", [True, False])
def test_the_shortcut_scaled_to_0_leaves_the_plain_network(normalized):
    """Do the same weights then give the same scores and the same gradients?"""
    x = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    found = []
    for style in (Style("A", normalized=normalized, scale=0), Style("none", normalized=normalized)):
        network = cifar_resnet(14, channels=1, width=4, style=style)
        initialize_(network, generator=torch.Generator().manual_seed(4))
        scores = network(x)
        found.append([scores, *torch.autograd.grad(scores.square().sum(), network.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_a_block_that_starts_at_zero_is_its_shortcut(kind, normalized, version):
    """Does a positive volume leave all blocks as it was, in training, if no shape changes?"""
    style = Style("A", version=version, normalized=normalized)
    network = start_at_zero_(ResNet(kind, [4], 3, channels=2, width=6, stem="cifar", style=style))
    x = torch.rand(3, 24 if kind == "bottleneck" else 6, 5, 4)
    start = network.blocks[1:] if kind == "bottleneck" else network.blocks
    out = x
    for block in start:
        out = block.train()(out)
    torch.testing.assert_close(out, x)


def test_names_are_torchvisions():
    """Would a published state dict find its names?"""
    for depth, layers in ((18, 2), (50, 3)):
        kind, blocks = IMAGENET[depth]
        parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        expected = {"conv1.weight", "fc.weight", "fc.bias"} | {f"bn1.{part}" for part in parts}
        for stage, count in enumerate(blocks, start=1):
            for i in range(count):
                place = f"layer{stage}.{i}"
                for layer in range(1, layers + 1):
                    expected |= {f"{place}.conv{layer}.weight"}
                    expected |= {f"{place}.bn{layer}.{part}" for part in parts}
                if i == 0 and (stage > 1 or kind == "bottleneck"):
                    expected |= {f"{place}.downsample.0.weight"}
                    expected |= {f"{place}.downsample.1.{part}" for part in parts}
        assert set(on_meta(lambda depth=depth: resnet(depth)).state_dict()) == expected


def test_nothing_but_sums_lies_between_the_blocks_of_version_2():
    """Is the gradient at a block's input the one at its output, plus the branch's share?"""
    network = cifar_resnet(14, channels=1, width=4, style=Style("A", version=2)).double()
    start_at_zero_(network)  # so that the branches have no share
    x = torch.randn(5, 4, 8, 8, dtype=torch.float64, requires_grad=True)
    out = network.layer1(x)
    dout = torch.randn_like(out)
    (dx,) = torch.autograd.grad(out, x, dout)
    torch.testing.assert_close(dx, dout)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: resnet(20), "depth must be one of 18, 34, 50, 101, 152, got 20"),
        (lambda: cifar_resnet(21), "depth must be 6 n"),
        (lambda: cifar_resnet(2), "as 8 is, got 2"),
        (lambda: cifar_blocks(21, "bottleneck"), "as 11 is, got 21"),
        (lambda: ResNet("wide", [1]), "kind must be 'basic' or 'bottleneck', got 'wide'"),
        (lambda: ResNet("basic", [1], stem="vgg"), "stem must be"),
        (lambda: ResNet("basic", [1], style=Style("C")), "shortcut must be 'A' or 'B' or 'none'"),
        (lambda: ResNet("basic", [1], style=Style(version=3)), "version must be 1 or 2, got 3"),
        (lambda: ResNet("basic", [2, 0]), "at least one block"),
        (lambda: ResNet("basic", []), "at least one block"),
    ],
)
def test_what_cannot_be_built_is_refused(build, says):
    """Does the error name the argument?"""
    with pytest.raises(ValueError, match=says):
        on_meta(build)
