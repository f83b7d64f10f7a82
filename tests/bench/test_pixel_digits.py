"""Are the eight starts compared as the book says?"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.bench import pixel_digits
from course_utils.bench.pixel_digits import Digits
from course_utils.reference.initialization import RECURRENT_STARTS

COMMITTED = Path(__file__).parents[2] / "book" / "vanishing-gradients" / "pixel-digits.json"
SEEDS = 10


def committed():
    """Return the trainings that the book reads."""
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_committed_result_is_that_of_the_program():
    """Does the file hold each training, in order, with all that is measured?"""
    expected = pixel_digits.experiment(None, SEEDS).settings
    assert [{name: one[name] for name in expected[0]} for one in committed()] == expected
    for one in committed():
        assert len(one["losses"]) == pixel_digits.EPOCHS
        assert len(one["before"]) == len(one["after"]) == 9
        assert 0 <= one["clipped"] <= 1


@pytest.mark.parametrize("start", ["IRNN", "np-tanhRNN", "oRNN"])
def test_committed_training_can_be_repeated(start):
    """Are the gradient before training and the first epoch's loss those in the file?"""
    one = next(one for one in committed() if one["start"] == start and one["rate"] == 0.001)
    again = pixel_digits.study(one, epochs=1)
    assert again["before"] == pytest.approx(one["before"], rel=0.02, abs=1e-12)
    assert again["losses"][0] == pytest.approx(one["losses"][0], rel=0.01)


def test_starts_differ_in_the_recurrent_matrix_alone():
    """Are all other weights of a seed the same, and those of another seed not?"""
    first, _ = pixel_digits.start("sRNN", 3)
    for name in RECURRENT_STARTS:
        weights, activation = pixel_digits.start(name, 3)
        assert activation == ("tanh" if name == "np-tanhRNN" else "relu")
        for key in ("wx", "b", "w", "d"):
            np.testing.assert_array_equal(weights[key], first[key])
        assert name == "sRNN" or np.abs(weights["wh"] - first["wh"]).max() > 0.01
    assert not np.array_equal(pixel_digits.start("sRNN", 4)[0]["wx"], first["wx"])


def few(steps: int) -> Digits:
    """Return the ends of a few digits, in double precision."""
    train, _ = pixel_digits.load_sequences()
    return Digits(train.x[-steps:, :5].astype(float), train.y[:5])


@pytest.mark.parametrize("start", ["oRNN", "np-tanhRNN"])
def test_gradients(start):
    """Are they those of finite differences?"""
    weights, activation = pixel_digits.start(start, 0)
    weights = {name: array.astype(float) for name, array in weights.items()}
    weights["b"] += 0.03  # a pixel of 0 would leave units at the kink of the ReLU
    digits = few(3)
    _, grads = pixel_digits.gradients(weights, digits, activation)
    rng = np.random.default_rng(1)
    for name, gradient in grads.items():
        way = rng.normal(size=gradient.shape)

        def loss(step, name=name, way=way):
            moved = weights | {name: weights[name] + step * way}
            return pixel_digits.gradients(moved, digits, activation)[0]

        slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
        assert slope == pytest.approx((gradient * way).sum(), rel=1e-5, abs=1e-8), name


@pytest.mark.parametrize("start", ["oRNN", "np-tanhRNN"])
def test_what_arrives(start):
    """Is it the share that PyTorch finds at the first state, and 1 at the last?"""
    weights, activation = pixel_digits.start(start, 0)
    digits = few(64)
    p = {name: torch.tensor(array, dtype=torch.float64) for name, array in weights.items()}
    x = torch.tensor(digits.x)
    function = {"relu": torch.relu, "tanh": torch.tanh}[activation]
    state, states = torch.zeros(5, pixel_digits.UNITS, dtype=torch.float64), []
    for step in x:
        state = function(step @ p["wx"] + state @ p["wh"] + p["b"]).requires_grad_()
        states.append(state)
    loss = torch.nn.functional.cross_entropy(state @ p["w"] + p["d"], torch.tensor(digits.y))
    norms = [found.norm().item() for found in torch.autograd.grad(loss, states)]
    found = pixel_digits.arrives(
        {name: array.astype(float) for name, array in weights.items()}, digits, activation
    )
    assert found[0] == 1
    assert found[-1] == pytest.approx(norms[0] / norms[-1], rel=0.01)
    assert found[2] == pytest.approx(norms[-17] / norms[-1], rel=0.01)


def test_other_data_are_refused():
    """Does the message say what to leave out?"""
    with pytest.raises(pixel_digits.CourseError, match="leave --data out"):
        pixel_digits.experiment("cifar10", 1)
