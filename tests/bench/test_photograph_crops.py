"""Crops of the photographs: are they PyTorch's, and has the committed network learned them?"""

import json
from base64 import b64decode

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn import functional

from course_utils.bench import photograph_crops as crops
from course_utils.bench.photograph_crops import PHOTOGRAPHS, Crop

STORED = json.loads(crops.PICTURE.read_text(encoding="utf-8"))
NETWORK = {name: np.array(weights) for name, weights in STORED["network"].items()}
ALL = [
    Crop(256, 0, 0),
    Crop(256, 32, 160, mirrored=True),
    Crop(301, 13, 200, upside_down=True),
    Crop(480, 256, 495, mirrored=True, upside_down=True),
]


def grids(length: int, *, upside_down: bool) -> list[Crop]:
    """Return crops at places 32 pixels apart."""
    return [
        Crop(length, top, left, upside_down=upside_down)
        for top in range(0, length - crops.BOX + 1, 32)
        for left in range(0, crops.width_at(length) - crops.BOX + 1, 32)
    ]


def right(length: int, name: crops.Name, *, upside_down: bool) -> float:
    """Return the share of those crops of which the network names the class."""
    found = crops.probabilities(NETWORK, name, grids(length, upside_down=upside_down))
    return float((found.argmax(axis=1) == crops.class_of(name, upside_down=upside_down)).mean())


@pytest.mark.parametrize("crop", ALL)
def test_what_is_read_of_a_crop(crop):
    """Is it what PyTorch makes: resize the whole, cut, turn, average, normalize?"""
    grey = np.random.default_rng(0).integers(0, 256, (107, 160), dtype=np.uint8)
    size = crop.length, crops.width_at(crop.length)
    x = torch.tensor(grey[None, None] / 255)
    whole = functional.interpolate(x, size, mode="bilinear", align_corners=False)
    cut = whole[..., crop.top :, crop.left :][..., : crops.BOX, : crops.BOX]
    axes = [axis for axis, turned in ((2, crop.upside_down), (3, crop.mirrored)) if turned]
    cells = functional.avg_pool2d(cut.flip(axes), 14)[0, 0].numpy()
    expected = (cells - cells.mean()) / cells.std()
    assert_allclose(crops.read_crop(grey, crop), expected, rtol=1e-9, atol=1e-9)


def test_a_crop_of_one_grey_is_zero():
    """Is nothing divided by 0 where all pixels are the same?"""
    assert_allclose(crops.read_crop(np.full((107, 160), 9), Crop(300, 5, 5)), 0, atol=1e-6)


def test_random_crops_lie_in_the_photograph():
    """Do they have each length, reach all edges, and come mirrored half of the time?"""
    rng = np.random.default_rng(0)
    found = [crops.random_crop(rng) for _ in range(4000)]
    lengths = {crop.length for crop in found}
    assert (min(lengths), max(lengths), len(lengths)) == (256, 480, 225)
    rest = [(c.length - 224 - c.top, crops.width_at(c.length) - 224 - c.left) for c in found]
    assert np.min(rest) == 0
    assert min(c.top for c in found) == min(c.left for c in found) == 0
    assert np.mean([c.mirrored for c in found]) == pytest.approx(0.5, abs=4 * 0.5 / 4000**0.5)
    assert not any(c.upside_down for c in found)


def test_the_network_is_pytorchs():
    """Are its probabilities those of the same layers in PyTorch?"""
    t = {name: torch.tensor(array) for name, array in NETWORK.items()}
    read = np.stack([crops.read_crop(crops.grey_copy("flower"), crop) for crop in ALL])
    out = torch.tensor(read)[:, None]
    for layer in ("1", "2"):
        out = functional.conv2d(out, t["w" + layer], t["b" + layer], padding=1)
        out = functional.max_pool2d(functional.relu(out), 2)
    scores = out.flatten(1) @ t["w3"] + t["b3"]
    found = crops.probabilities(NETWORK, "flower", ALL)
    assert_allclose(found, functional.softmax(scores, dim=1), rtol=1e-9)


def test_training_goes_down_and_begins_the_same_way_each_time():
    """Does the loss fall in forty steps, and does the seed decide it?"""
    _, losses = crops.train(0, steps=40)
    assert losses[:3] == crops.train(0, steps=40)[1][:3]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])


def test_the_committed_network_has_learned_large_crops_best():
    """Are all large crops right, most small ones, and do ten crops of the flower miss it?"""
    for name in PHOTOGRAPHS:
        for upside_down in (False, True):
            assert right(256, name, upside_down=upside_down) == 1
            assert 0.8 < right(480, name, upside_down=upside_down) < 1
    ten = crops.probabilities(NETWORK, "flower", crops.ten_crops(480))
    assert ten.mean(axis=0).argmax() != crops.class_of("flower", upside_down=False)


def test_the_committed_photographs_are_scikit_learns():
    """Are the grey copies those of the program, and the shown ones JPEG files, both small?"""
    for name in PHOTOGRAPHS:
        stored = STORED["photographs"][name]
        grey = np.frombuffer(b64decode(stored["grey"]), np.uint8).reshape(107, 160)
        assert_array_equal(grey, crops.grey_copy(name))
        assert b64decode(stored["shown"])[:3] == b"\xff\xd8\xff"
    assert crops.PICTURE.stat().st_size < 120_000
