"""Do the photographs come in the layout and range that chapters rely on?"""

import numpy as np
import pytest

from course_utils.data.photographs import load_photograph


@pytest.mark.parametrize("name", ["china", "flower"])
def test_colour_photograph_has_channels_first_and_unit_range(name):
    """Is it (C, H, W) in float64, within [0, 1], and not one flat colour?"""
    photograph = load_photograph(name)
    assert photograph.shape == (3, 427, 640)
    assert photograph.dtype == np.float64
    assert 0 <= photograph.min() < 0.1
    assert 0.9 < photograph.max() <= 1


def test_channels_are_red_green_blue():
    """Is the sky over the tower bluer than the red flower, channel by channel?"""
    red, _, blue = load_photograph("china")[:, :50, 400:].mean(axis=(1, 2))
    assert blue > red
    red, _, blue = load_photograph("flower")[:, 180:220, 300:340].mean(axis=(1, 2))
    assert red > blue


def test_grey_lies_between_the_channels():
    """Is each grey pixel a weighted mean of its three colours?"""
    colour, grey = load_photograph("china"), load_photograph("china", grey=True)
    assert grey.shape == (427, 640)
    assert np.all(grey >= colour.min(axis=0) - 1e-12)
    assert np.all(grey <= colour.max(axis=0) + 1e-12)


def test_each_call_returns_its_own_array():
    """Does a change to one array leave the next one as it was?"""
    first = load_photograph("china")
    first[:] = 0
    assert load_photograph("china").max() > 0.9


def test_unknown_name_is_refused():
    """Does the message name the photographs that exist?"""
    with pytest.raises(ValueError, match="unknown photograph 'cat'; there are china, flower"):
        load_photograph("cat")
