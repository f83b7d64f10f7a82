"""Is it seen how deep a network is, and where in it a parameter is used?"""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.checks.probes import module_outputs, numbers
from course_utils.checks.watch import watched


class Shortcut(nn.Module):
    """A branch of three convolutions, and a projection whose shape is that of the third."""

    def __init__(self, branch_first, C=3, M=3, F=12):
        super().__init__()
        self.branch_first = branch_first
        layers = [(nn.Conv2d(c, f, 1, bias=False), nn.BatchNorm2d(f)) for c, f in (
            (C, M), (M, M), (M, F)
        )]  # fmt: skip
        self.branch = nn.Sequential(*(each for layer in layers for each in layer))
        self.shortcut = nn.Sequential(nn.Conv2d(C, F, 1, bias=False), nn.BatchNorm2d(F))

    def forward(self, x):
        if self.branch_first:
            branch = self.branch(x)
            return torch.relu(branch + self.shortcut(x))
        shortcut = self.shortcut(x)
        return self.branch(x).add_(shortcut).relu_()


def test_a_shortcut_may_be_computed_before_its_branch():
    """Are parameters of one shape told apart by depth, and do normalizations need no order?"""
    setting = {"x_shape": (2, 3, 2, 2), "seed": 3}
    one, other = (module_outputs(Shortcut)(first, **setting) for first in (True, False))
    np.testing.assert_allclose(one[0], other[0], rtol=1e-12)


@pytest.mark.parametrize("branch_first", [True, False])
def test_of_one_shape_the_first_lies_nearest_to_the_input(branch_first):
    """Does the projection get the first numbers, and the third convolution the second?"""
    network = Shortcut(branch_first)
    module_outputs(lambda: network)(x_shape=(2, 3, 2, 2), seed=3)
    for layer, place in ((network.shortcut[0], 1), (network.branch[4], 2)):
        expected = np.sqrt(6 / 3) * numbers(3, (12, 3, 1, 1), place)
        np.testing.assert_allclose(layer.weight.detach().numpy(), expected, rtol=1e-12)


def test_scale_and_shift_differ():
    """Do the two parameters of a normalization get numbers of their own, and each level its own?"""
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    module_outputs(lambda: network)(x_shape=(2, 3), seed=5)
    vectors = [p.detach().numpy() for p in network.parameters() if p.ndim == 1]
    assert len({tuple(vector) for vector in vectors}) == 5


class ByHand(nn.Module):
    """Two fully connected layers, written with functions, views and parts that are filled."""

    def __init__(self):
        super().__init__()
        self.w, self.v = nn.Parameter(torch.ones(4, 3)), nn.Parameter(torch.ones(5, 4))
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        hidden = x.new_zeros(len(x), 4)
        hidden[:, :2] = x @ self.w[:2].T.contiguous()
        hidden[:, 2:] = torch.einsum("nd,md->nm", x, self.w[2:])
        return nn.functional.linear(hidden * self.scale, self.v)


def chain(layers):
    return nn.Sequential(*(nn.Linear(3, 3) for _ in range(layers)))


class Around(nn.Module):
    """A chain of layers with a way around it."""

    def __init__(self, layers):
        super().__init__()
        self.chain = chain(layers)

    def forward(self, x):
        return x + self.chain(x)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(
    ("build", "depth"),
    [
        (lambda: nn.ReLU(), 0),
        (lambda: chain(4), 4),
        (lambda: Around(5), 5),
        (lambda: nn.Sequential(Around(2), Around(3)), 5),
        (lambda: nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 3), nn.BatchNorm1d(3)), 1),
        (lambda: nn.Sequential(nn.Unflatten(1, (3, 1, 1)), nn.Conv2d(3, 4, 1), nn.Flatten()), 1),
        (ByHand, 2),
    ],
)
def test_depth_is_the_longest_way(build, depth, device):
    """Are layers with weights counted on the longest way, and those that only scale left out?"""
    with torch.device(device):
        assert watched(build(), torch.ones(2, 3)).depth == depth


def test_a_layer_that_leads_nowhere_is_not_deep():
    """Does a layer count whose result never reaches the output?"""

    class Idle(Around):
        def forward(self, x):
            self.chain(x)
            return 2 * x

    seen = watched(Idle(3), torch.ones(2, 3))
    assert seen.depth == 0
    assert len(seen.readings) == 6


def test_parameters_of_one_level_keep_the_order_of_their_use():
    """Do weights come before biases, the first layer before the second, and what is unused last?"""

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.ones(1))
            self.second, self.first = nn.Linear(3, 2), nn.Linear(3, 3)

        def forward(self, x):
            return self.second(self.first(x))

    network = Odd()
    found = [id(reading.parameter) for reading in watched(network, torch.ones(1, 3)).readings]
    layers = network.first, network.second
    expected = [id(p) for layer in layers for p in (layer.weight, layer.bias)]
    assert sorted(found[:2]) == sorted(expected[:2])
    assert sorted(found[2:4]) == sorted(expected[2:])
    assert found[4] == id(network.unused)


NORMALIZED = {
    "of maps": (lambda: nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4)), (2, 3, 5, 4)),
    "of vectors": (lambda: nn.BatchNorm1d(3), (2, 3)),
    "without scales": (lambda: nn.BatchNorm2d(3, affine=False), (1, 3, 1, 2)),
    "of no running mean": (lambda: nn.BatchNorm2d(3, track_running_stats=False), (2, 3, 1, 1)),
    "of too few channels": (lambda: nn.BatchNorm2d(4), (2, 3, 5, 5)),
    "of one number": (lambda: nn.BatchNorm2d(3), (1, 3, 1, 1)),
    "of another kind": (lambda: nn.BatchNorm1d(3), (2, 3, 5, 5)),
    "then a ReLU": (lambda: nn.Sequential(nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2)), (2, 3)),
    "then one in place": (
        lambda: nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU(inplace=True)), (2, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", NORMALIZED)
def test_what_is_done_on_paper_is_what_it_is_in_numbers(kind, training):
    """Are shapes, readings and errors on the meta device those of numbers?"""
    make, shape = NORMALIZED[kind]

    def seen(device):
        with torch.device(device):
            network, x = make().train(training), torch.zeros(shape)
        try:
            found = watched(network, x)
        except (ValueError, RuntimeError) as error:
            return str(error)
        places = [(tuple(p.shape), place) for p, place in found.parameters]
        return tuple(found.out.shape), places, found.depth

    assert seen("meta") == seen("cpu")
