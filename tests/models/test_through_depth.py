"""Are signal, gradient and noise behind each block what is measured?"""

import copy

import pytest
import torch
from torch.nn import functional

from course_utils.models.initialize import initialize_
from course_utils.models.resnet import ResNet, Style, cifar_resnet, start_at_zero_
from course_utils.models.through_depth import through_depth


def small(style=None, depth=14, seed=0):
    """Return a network in double precision, images and their classes."""
    network = cifar_resnet(depth, 3, channels=1, width=4, style=style or Style("A")).double()
    generator = torch.Generator().manual_seed(seed)
    initialize_(network, generator=generator)
    x = torch.randn(7, 1, 8, 8, generator=generator, dtype=torch.float64)
    return network, x, torch.arange(7) % 3


def measured(network, x, y, noise=0.1):
    """Measure with noise from seed 5."""
    return through_depth(network, x, y, noise=noise, generator=torch.Generator().manual_seed(5))


def test_signal_and_gradient_are_what_hooks_see():
    """Do hooks on the blocks see as large numbers and gradients?"""
    network, x, y = small()
    found = measured(network, x, y)
    volumes = []
    for layer in (network.bn1, *network.blocks):
        layer.register_forward_hook(lambda _, __, out: (volumes.append(out), out.retain_grad())[1])
    functional.cross_entropy(network.train()(x), y).backward()
    for volume, signal in zip(volumes[1:], found.signal[1:], strict=True):
        assert signal == pytest.approx(volume.detach().pow(2).mean().sqrt().item())
    for volume, gradient in zip(volumes[1:], found.gradient[1:], strict=True):
        assert gradient == pytest.approx(volume.grad.norm().item())
    stem = volumes[0].detach().relu()
    assert found.signal[0] == pytest.approx(stem.pow(2).mean().sqrt().item())


@pytest.mark.parametrize("behind", [0, 2, 4, 6])
def test_gradient_is_a_difference(behind):
    """Does a small step along the gradient raise the loss by its norm times the step?"""
    network, x, y = small()
    found = measured(network, x, y)
    volume = list(network.train().volumes(x))[behind].detach().requires_grad_()

    def loss(volume):
        for block in network.blocks[behind:]:
            volume = block(volume)
        return functional.cross_entropy(network.classify(volume), y)

    (gradient,) = torch.autograd.grad(loss(volume), volume)
    step = 1e-6 * gradient / gradient.norm()
    with torch.no_grad():
        rise = (loss(volume + step) - loss(volume - step)).item() / 2e-6
    assert found.gradient[behind] == pytest.approx(rise, rel=1e-5)


def test_noise_is_a_share_of_the_distance_between_images():
    """Is it the distance of copies over that of all pairs of images, over squares?"""
    network, x, y = small()
    found = measured(network, x, y)
    added = 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    network.train()
    pairs = zip(network.volumes(x), network.volumes(x + added), strict=True)
    for share, (one, other) in zip(found.noise, pairs, strict=True):
        copies = (one - other).flatten(1).norm(dim=1).square().mean()
        distances = torch.cdist(one.flatten(1), one.flatten(1)).square()
        images = distances.sum() / (7 * 6)
        assert share == pytest.approx((copies / images).sqrt().item())


def test_nothing_is_lost_where_blocks_begin_as_their_shortcuts():
    """Are all three the same behind each block, if nothing reshapes and every branch is 0?

    The last ReLU passes no gradient to pixels at 0, so what lies behind it has a longer one.
    """
    network = ResNet("basic", [5], 3, channels=1, width=4, stem="cifar").double()
    _, x, y = small()
    found = measured(start_at_zero_(network), x, y)
    assert found.signal == pytest.approx(6 * [found.signal[0]])
    assert found.noise == pytest.approx(6 * [found.noise[0]])
    assert found.gradient[:5] == pytest.approx(5 * [found.gradient[0]])
    assert found.gradient[5] > found.gradient[0]


def test_the_network_is_left_as_it_was():
    """Are weights, running statistics, mode and PyTorch's random state untouched?"""
    network, x, y = small()
    network.eval()
    before, state = copy.deepcopy(network.state_dict()), torch.random.get_rng_state()
    measured(network, x, y)
    assert not network.training
    torch.testing.assert_close(network.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in network.parameters())
