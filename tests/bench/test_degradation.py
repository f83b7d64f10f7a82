"""Are plain and residual networks compared as the book says?"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.bench import degradation
from course_utils.data.digits import Split
from course_utils.models.training import accuracy

COMMITTED = Path(__file__).parents[2] / "book" / "residual-networks" / "degradation.json"
DIGITS = degradation.RECIPES["digits"]
SMALL = DIGITS._replace(
    load=lambda: Split(*(part[:300] for part in DIGITS.load())), depths=(8, 14), width=4, epochs=2
)


def committed():
    """Return the trainings that the book reads."""
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_committed_result_is_that_of_the_program():
    """Does the file hold each training of the digits, in order, with measures of each block?"""
    found = committed()
    expected = degradation.experiment(None, 10).settings
    assert [{name: one[name] for name in expected[0]} for one in found] == expected
    for one in found:
        assert len(one["losses"]) == DIGITS.epochs
        for moment in ("start", "end"):
            assert {len(row) for row in one[moment].values()} == {(one["depth"] - 2) // 2 + 1}


def test_committed_start_can_be_repeated():
    """Does a network of the file begin with the signals and gradients that are in it?"""
    one = next(one for one in committed() if one["depth"] == 20 and one["seed"] == 0)
    recipe = DIGITS._replace(load=lambda: Split(*(part[:128] for part in DIGITS.load())))
    again = degradation.study(one, recipe, epochs=1)
    for name, row in again["start"].items():
        assert row == pytest.approx(one["start"][name], rel=0.02), name


def test_the_shortcut_scaled_to_0_trains_as_the_plain_network_does():
    """Are all numbers the same, from the same seed?"""
    changed = degradation.RESIDUAL | {"scale": 0.0, "depth": 14, "seed": 1}
    plain = degradation.PLAIN | {"depth": 14, "seed": 1}
    one, other = (degradation.study(setting, SMALL) for setting in (changed, plain))
    assert one == other


def test_a_network_is_that_of_its_setting():
    """Do the settings reach the network, and its first weights?"""
    setting = degradation.RESIDUAL | {"depth": 14, "seed": 2, "scale": 0.5, "zero start": True}
    network = degradation.build(setting, SMALL, 1)
    assert len(network.blocks) == 6
    assert network.style.shortcut == "A"
    assert network.style.scale == 0.5
    assert all(not block.bn2.weight.any() for block in network.blocks)
    bare = degradation.build(setting | {"batch norm": False, "zero start": False}, SMALL, 1)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in bare.modules())
    assert bare.conv1.weight.shape == (4, 1, 3, 3)
    plain = degradation.build(degradation.PLAIN | {"depth": 8, "seed": 2}, SMALL, 1)
    assert plain.style.shortcut == "none"


def test_a_slower_training_has_a_smaller_rate():
    """Is the rate divided, and nothing else changed?"""
    slower = degradation.PLAIN | {"depth": 8, "seed": 0, "slower": 5}
    one = degradation.study(slower, SMALL)
    same = slower | {"slower": 1}
    assert one == degradation.study(same, SMALL._replace(rate=SMALL.rate / 5))
    assert one != degradation.study(same, SMALL)


def test_errors_are_in_percent_over_all_images():
    """Is the error the same whether images are taken at once or in parts, the last one short?"""
    network = degradation.build(degradation.PLAIN | {"depth": 8, "seed": 0}, SMALL, 1)
    x, y = (torch.from_numpy(part) for part in SMALL.load()[:2])
    found = degradation.error(network, x, y, at_once=70)
    assert found == pytest.approx(100 * (1 - accuracy(network, x, y)), abs=1e-3)


def test_what_is_not_finite_is_nothing():
    """Is a number that JSON cannot hold left out, and another one rounded?"""
    assert degradation._short(float("inf")) is None
    assert degradation._short(float("nan")) is None
    assert degradation._short(0.0123456) == 0.0123
    assert json.loads(json.dumps(degradation._short(np.pi * 1000))) == 3140.0
