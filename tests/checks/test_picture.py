"""Does a picture show where an output is wrong, in few bytes, and can it do nothing else?"""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from course_utils.checks.cases import Axis
from course_utils.checks.picture import WRONG, Wrong, drawn, is_picture, sketched

GATES = (Axis("sequence"), Axis("gate", ("i", "f", "g", "o")))


def spot(*shape):
    """Return where an output is wrong: in its first and last number."""
    places = np.zeros(shape, bool)
    places.flat[[0, -1]] = True
    return places


def squares(svg, colour):
    """Count the squares of a colour."""
    return sum(path.count("M") for path in re.findall(f'<path d="([^"]*)" fill="{colour}"', svg))


@pytest.mark.parametrize("shape", [(2, 3), (3, 5, 4), (2, 2, 7, 3)])
def test_there_is_a_square_for_each_number(shape):
    """Are as many squares filled as numbers are wrong, and all others pale?"""
    svg = drawn([Wrong("dx", spot(*shape))])
    assert squares(svg, WRONG) == 2
    assert squares(svg, "currentColor") == np.prod(shape) - 2
    assert ET.fromstring(svg).get("aria-label").startswith(f"dx: 2 of {np.prod(shape)} numbers")


def test_blocks_stand_apart_under_their_names():
    """Are a gate's squares under its letter, and further from the next gate's?"""
    wrong = Wrong("db", np.repeat([[True, False, True, True]], 2, axis=1), GATES)
    assert "sequences down, gates across" in wrong.text
    assert sketched([wrong]).splitlines()[1:3] == ["  i    f    g    o", "  ■ ■  · ·  ■ ■  ■ ■"]
    steps = sorted({int(x) for x in re.findall(r"M(\d+) ", drawn([wrong]))})
    assert len(set(np.diff(steps))) == 2


@pytest.mark.parametrize(
    "shape", [(2, 2), (40, 40), (48, 10), (5, 6, 7, 8), (100, 4, 4), (1, 500), (300, 300)]
)
@pytest.mark.parametrize("count", [1, 2, 6])
def test_pictures_stay_small(shape, count):
    """Are all pictures of a case under 20 kB together, and narrow enough for a phone?"""
    svg = drawn([Wrong("out", spot(*shape))] * count)
    assert len(svg) < 20_000
    assert is_picture(svg)
    assert all(int(width) <= 360 for width in re.findall(r' width="(\d+)"', svg))


def test_of_many_slices_those_with_something_wrong_are_drawn():
    """Is nothing wrong left out for a slice that is right?"""
    wrong = Wrong("out", spot(50, 2, 2), (Axis("example"), Axis("row"), Axis("column")))
    assert [title for title, _ in wrong.slices()] == ["example 0", "example 49"]


def test_what_is_wrong_everywhere_needs_no_picture():
    """Is there nothing to see where all of an output is wrong?"""
    everywhere = Wrong("dx", np.ones((2, 3), bool))
    assert drawn([everywhere]) == sketched([everywhere]) == ""


@pytest.mark.parametrize(
    "bad",
    [
        "<script>x</script>",
        "<svg onload=x></svg>",
        'fill="url(x)"',
        '" onload="x',
        "<image href='x'/>",
        "<style>*{}</style>",
        "javascript:x",
    ],
)
def test_nothing_else_passes_for_a_picture(bad):
    """Is a picture refused that holds anything that a check does not draw?"""
    svg = drawn([Wrong("dx", spot(2, 2, 2))])
    assert is_picture(svg)
    assert is_picture("")
    places = [0, svg.index("<path"), svg.index('fill="'), svg.index(" d="), len(svg)]
    for place in places:
        assert not is_picture(svg[:place] + bad + svg[place:])


def test_a_name_is_escaped():
    """Is an output's name text in the picture, whatever it is?"""
    svg = drawn([Wrong('<b a="1">&', spot(2, 2))])
    assert is_picture(svg)
    assert ET.fromstring(svg).get("aria-label").startswith('<b a="1">&: 2 of 4')
