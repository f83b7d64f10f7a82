"""Do the drawings show what they are given, in both themes and without hue?"""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils import plotting
from course_utils.arithmetic import output_size
from course_utils.plotting import NONE, OWN, Window


@pytest.fixture
def ax():
    """Axes that no window system knows of."""
    return Figure().add_subplot()


def luminance(colour):
    """Return the relative luminance as WCAG 2 defines it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    """Return the contrast ratio of two colours as WCAG 2 defines it."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def texts(ax):
    """Return the words in the axes, in the order in which they were drawn."""
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("page", ["#ffffff", "#14181e"])
@pytest.mark.parametrize("colour", [plotting.INK, *plotting.COLOURS])
def test_lines_stand_out_on_both_pages(colour, page):
    """Do all lines have the 3 to 1 that graphics need, and letters the 4 to 1 that we can have?"""
    assert contrast(colour, page) > (4 if colour == plotting.INK else 3)


def test_numbers_stand_out_on_their_cells():
    """Is the print on the cells as readable as text must be, whatever the page?"""
    assert contrast(plotting.PRINT, plotting.PAPER) > 7


def test_each_colour_has_its_own_line_style():
    """Can a reader who sees no hue tell the lines apart?"""
    assert len(set(plotting.STYLES)) == len(plotting.COLOURS)


def test_book_style_draws_on_nothing():
    """Does the page's own colour show through figure and axes?"""
    with mpl.rc_context():
        plotting.use_book_style()
        figure = Figure()
        assert figure.get_facecolor()[3] == 0
        assert figure.add_subplot().get_facecolor()[3] == 0


def test_grid_writes_every_number_where_it_belongs(ax):
    """Does cell (i, j) lie at x = j, y = i, with row 0 on top?"""
    plotting.grid(ax, [[1, -2, 0.5], [4, 5, 6]])
    written = {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts}
    assert written == {
        (0, 0): "1",
        (1, 0): "−2",
        (2, 0): "0.5",
        (0, 1): "4",
        (1, 1): "5",
        (2, 1): "6",
    }
    bottom, top = ax.get_ylim()
    assert top < bottom


def test_grid_hatches_the_padding_only(ax):
    """Is each padded cell marked, and no other?"""
    plotting.grid(ax, np.zeros((5, 6)), pad=1)
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched) == 5 * 6 - 3 * 4


def test_grid_frames_the_window(ax):
    """Does the frame go around the cells of the window, not through them?"""
    plotting.grid(ax, np.zeros((4, 5)), windows=[Window(1, 2, 2, 3)])
    (frame,) = (p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill())
    assert frame.get_xy() == (1.5, 0.5)
    assert (frame.get_height(), frame.get_width()) == (2, 3)


@pytest.mark.parametrize(
    ("size", "kernel", "setting"),
    [(7, 2, {"stride": 3}), (7, 3, {"stride": 2, "pad": 1}), (9, 3, {"dilation": 2})],
)
def test_every_window_is_drawn_on_its_pixels(ax, size, kernel, setting):
    """Is there one bar for each output, with its dots where the window reads?"""
    plotting.sliding_windows(ax, size, kernel, **setting)
    bars = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(bars) == output_size(size, kernel, **setting)
    stride, dilation = setting.get("stride", 1), setting.get("dilation", 1)
    for index, bar in enumerate(bars):
        taps = index * stride + dilation * np.arange(kernel)
        np.testing.assert_array_equal(bar.get_xdata(), taps)


def test_unread_pixels_are_crossed_out(ax):
    """Are those pixels crossed that no window reaches?"""
    plotting.sliding_windows(ax, 7, 2, stride=3)
    crosses = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "x"]
    assert crosses == [5, 6]


def test_padding_of_a_signal_is_written_as_zeros(ax):
    """Do the cells show the signal between the zeros that are added?"""
    plotting.sliding_windows(ax, 3, 2, pad=1, values=[7, -8, 9])
    assert texts(ax) == ["0", "7", "−8", "9", "0"]


def test_connections_draws_what_exists_and_styles_what_is_shared(ax):
    """Is there a line for each connection, and one style for each shared weight?"""
    plotting.connections(ax, [[0, 1, NONE], [NONE, 0, 1], [OWN, NONE, NONE]])
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    styles = [line.get_linestyle() for line in lines]
    assert styles == ["-", "--", "-", "--", "-"]
    assert lines[0].get_color() == lines[2].get_color() != lines[4].get_color()


def test_cuboid_fits_into_the_axes(ax):
    """Is the whole box within the limits, and its label below it?"""
    plotting.cuboid(ax, (1, 2), (4, 10, 20), label="4 × 10 × 20")
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    corners = np.concatenate([patch.get_xy() for patch in ax.patches])
    assert left <= corners[:, 0].min() < corners[:, 0].max() <= right
    assert bottom <= corners[:, 1].min() < corners[:, 1].max() <= top
    assert texts(ax) == ["4 × 10 × 20"]


def test_photograph_keeps_black_and_white_where_they_are_told(ax):
    """Is the brightness not stretched to the picture's own range?"""
    plotting.photograph(ax, [[0.4, 0.6]], title="dull")
    assert ax.images[0].get_clim() == (0, 1)
    assert ax.get_title() == "dull"
