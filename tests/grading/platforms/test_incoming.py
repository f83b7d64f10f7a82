"""Is a file given to whose it is, where its name can be read in more ways than one?"""

import pytest

OTHERS = {
    "hidden_4711_4712_9001_hw.ipynb": ["4712"],  # the name on the sheet ends so
    "hidden_4711_LATE_4712_9001_hw.ipynb": ["4712"],
    "hidden_4711_4712_9001_03_hw.ipynb": ["4712"],
    "doejane_4711_9001_4712_1_hw.ipynb": ["4711"],
    "doejane_4711_9001_03_hw.ipynb": ["4711"],
    "who_4711_4712_9001_hw.ipynb": [],
    "doejane_4711_4713_9001_hw.ipynb": [],  # two are on the sheet so
}


@pytest.mark.parametrize(("name", "who"), OTHERS.items())
def test_a_number_in_a_name(name, who, course, take):
    """Does nobody hand in for another whose number is in the name, and is it named?"""
    sheet = 'Student,ID\n"Doe, Jane",4711\nhidden_4711,4712\ndoejane_4711,4713\n'
    found = take("canvas", {name: b"1"}, sheet)
    assert list(found.attempts) == who
    assert [name in what for what in found.left_out] == ([] if who else [True])
    assert take("canvas", {name: b"1"}).new == 0


def test_a_name_that_is_not_on_the_sheet(take):
    """Is it named where the platform shows another name than the sheet has?"""
    sheet = 'Student,ID\n"Doe, Jane",4711\n'
    found = take("canvas", {"hidden_4711_9001_hw.ipynb": b"1"}, sheet)
    assert len(found.left_out) == 1
    assert "is 'hidden' there" in found.left_out[0]
