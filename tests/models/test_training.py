"""Do first weights have the variance they should, and does training repeat itself and learn?"""

import numpy as np
import pytest
import torch

from course_utils.data.digits import enlarge, load_digits_split
from course_utils.models.alexnet import AlexNet
from course_utils.models.initialize import initialize_
from course_utils.models.training import accuracy, train


@pytest.mark.parametrize(
    ("scheme", "linear", "conv"),
    [("he", 2 / 300, 2 / 90), ("xavier", 2 / 700, 2 / (90 + 9 * 60))],
)
def test_variances(scheme, linear, conv):
    """Is the variance 2 / fan in, or 2 / (fan in + fan out), groups counted, and are biases 0?"""
    layers = torch.nn.Sequential(
        torch.nn.Linear(300, 400), torch.nn.Conv2d(20, 60, 3, groups=2), torch.nn.BatchNorm2d(60)
    )
    initialize_(layers, generator=torch.Generator().manual_seed(0), scheme=scheme)
    assert layers[0].weight.var().item() == pytest.approx(linear, rel=0.03)
    assert layers[1].weight.var().item() == pytest.approx(conv, rel=0.06)
    assert not layers[0].bias.any()
    assert not layers[1].bias.any()
    assert layers[2].weight.eq(1).all()


def test_weights_follow_from_the_generator():
    """Does the same seed give the same weights, and another one others?"""
    drawn = [
        initialize_(torch.nn.Linear(3, 2), generator=torch.Generator().manual_seed(seed)).weight
        for seed in (0, 0, 1)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    with pytest.raises(ValueError, match="'lecun'"):
        initialize_(torch.nn.Linear(3, 2), generator=torch.Generator(), scheme="lecun")


def points():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((150, 2))).float()
    return x, (x[:, 0] > x[:, 1]).long()


def trained(seed, **options):
    torch.manual_seed(5)
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 2)
    )
    losses = train(network, *points(), epochs=6, rate=0.1, seed=seed, **options)
    return network, losses


def test_training_learns_and_repeats_itself():
    """Does the loss fall, the same way for the same seed, and the random state stay as it was?"""
    torch.manual_seed(3)
    expected = torch.rand(2)
    one, other, third = trained(0), trained(0), trained(1)
    assert one[1] == other[1] != third[1]
    assert len(one[1]) == 6
    assert one[1][-1] < 0.5 * one[1][0]
    assert accuracy(one[0], *points()) > 0.9
    layer = torch.nn.Linear(2, 2)
    torch.manual_seed(3)
    train(layer, *points(), epochs=1, rate=0.1, seed=9)
    assert torch.equal(torch.rand(2), expected)


def test_one_step_is_plain_gradient_descent():
    """Without momentum and decay, is the first step the rate times the gradient?"""
    x, y = points()
    network = torch.nn.Linear(2, 2)
    before = network.weight.detach().clone()
    loss = torch.nn.functional.cross_entropy(network(x), y)
    (gradient,) = torch.autograd.grad(loss, [network.weight])
    options = {"batch": 150, "momentum": 0.0, "weight_decay": 0.0}
    losses = train(network, x, y, epochs=1, rate=0.1, seed=0, **options)
    torch.testing.assert_close(network.weight, before - 0.1 * gradient)
    assert losses == [pytest.approx(loss.item())]


def test_a_small_alexnet_takes_a_step():
    """Does its loss fall on a handful of digits?"""
    digits = load_digits_split()
    x = torch.from_numpy(enlarge(digits.x_train[:16], 8)).expand(-1, 3, -1, -1)
    torch.manual_seed(0)
    network = AlexNet(10, columns=1, divisor=16, dropout=0.0)
    losses = train(network, x, torch.from_numpy(digits.y_train[:16]), epochs=8, rate=0.05, seed=0)
    assert losses[-1] < losses[0]


def test_accuracy_counts_hits():
    """Is it the share of rows whose largest score is right?"""
    scores = torch.tensor([[1.0, 0], [0, 1], [0, 1], [1, 0]])
    assert accuracy(torch.nn.Identity(), scores, torch.tensor([0, 1, 0, 0])) == 0.75
