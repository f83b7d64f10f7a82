"""The small network in NumPy: are its passes right, and are the committed files what it makes?"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn import functional

from course_utils.bench import digits_convnet as net
from course_utils.data.digits import load_digits_split
from course_utils.errors import CourseError

COMMITTED = Path(__file__).parents[2] / "book" / "convnet" / "digits.json"


def weights(seed):
    return {
        name: array.astype(float) for name, array in net.start(np.random.default_rng(seed)).items()
    }


@pytest.mark.parametrize("N", [1, 5])
def test_both_passes_are_pytorchs(N):
    """Are scores and all gradients those of PyTorch, for one image and for several?"""
    rng = np.random.default_rng(N)
    p = weights(1)
    p |= {name: rng.normal(size=p[name].shape) for name in ("b1", "b2", "b3")}
    x, dscores = rng.normal(size=(N, 1, 8, 8)), rng.normal(size=(N, 10))
    scores, caches = net.forward(p, x)
    dx, grads = net.backward(dscores, caches)

    t = {name: torch.tensor(array, requires_grad=True) for name, array in p.items()}
    image = torch.tensor(x, requires_grad=True)
    out = image
    for layer in ("1", "2"):
        out = functional.conv2d(out, t["w" + layer], t["b" + layer], padding=1)
        out = functional.max_pool2d(functional.relu(out), 2)
    out = out.flatten(1) @ t["w3"] + t["b3"]
    out.backward(torch.tensor(dscores))
    assert_allclose(scores, out.detach(), rtol=1e-10, atol=1e-12)
    assert_allclose(dx, image.grad, rtol=1e-10, atol=1e-12)
    for name, gradient in grads.items():
        assert_allclose(gradient, t[name].grad, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("by", net.SHIFTS)
def test_a_shift_moves_by_a_pixel_and_fills_with_paper(by):
    """Is a moved image what np.roll makes of it, with 0 where nothing came from?"""
    x = np.random.default_rng(0).normal(size=(3, 1, 8, 8))
    moved = net.shift(x, *by)
    rows, columns = by
    expected = np.roll(x, by, axis=(2, 3))
    expected[:, :, [0 if rows > 0 else -1] if rows else []] = 0
    expected[:, :, :, [0 if columns > 0 else -1] if columns else []] = 0
    assert_array_equal(moved, expected)


def test_random_shifts_move_each_image_alone():
    """Does each image of a batch move by at most a pixel, and do they move differently?"""
    x = np.zeros((40, 1, 8, 8))
    x[:, :, 4, 4] = 1
    moved = net.shift_at_random(x, np.random.default_rng(0))
    places = np.argwhere(moved[:, 0])[:, 1:]
    assert len(places) == 40
    assert set(places.ravel()) == {3, 4, 5}


@pytest.mark.parametrize("shifts", [True, False])
def test_the_committed_result_is_that_of_the_program(shifts):
    """Are there ten trainings of each kind, and can the first epoch of one be repeated?"""
    found = [one for one in json.loads(COMMITTED.read_text()) if one["shifts"] == shifts]
    assert [one["seed"] for one in found] == list(range(10))
    assert {len(one["losses"]) for one in found} == {net.EPOCHS}
    # The rate of the first epoch does not depend on how many follow.
    again = net.train(load_digits_split(3), 3, epochs=1, shifts=shifts)
    assert again.losses[0] == pytest.approx(found[3]["losses"][0], rel=0.01)


def test_the_experiment_is_all_trainings_of_the_file():
    """Are its settings those of the committed file, in its order, and is a training told?"""
    found = net.experiment(None, 10)
    committed = json.loads(COMMITTED.read_text())
    assert found.settings == [{name: one[name] for name in found.settings[0]} for one in committed]
    told = found.says({"seed": 3, "shifts": False, "held out": 0.98, "held out, moved": 0.7})
    assert told == "as they are, seed 3: 98.0% of held-out digits, 70.0% when moved"
    with pytest.raises(CourseError, match="leave --data out"):
        net.experiment("cifar10", 10)


def test_the_pictures_network_is_one_that_has_learned():
    """Does the network of the live picture read the digits that it was not trained on?"""
    stored = json.loads(net.PICTURE.read_text())["network"]
    p = {name: np.array(array) for name, array in stored.items()}
    split = load_digits_split(0)
    committed = json.loads(COMMITTED.read_text())[0]
    assert net.accuracy(p, split.x_test, split.y_test) == pytest.approx(
        committed["held out"], abs=3e-3
    )
    assert net.PICTURE.stat().st_size < 200_000
