"""Is the window that is shown the one that a wrong number comes from, and never a guess?"""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from course_utils.checks import window_picture
from course_utils.checks.check import frozen_cases
from course_utils.checks.grade import grade
from course_utils.exercises.catalog import drawn_cases, find
from course_utils.exercises.catalog import frozen_cases as made_cases
from course_utils.exercises.exercise import case

SLIDING = ["correlate1d", "correlate2d", "convolve2d", "conv2d_forward", "max_pool2d_forward"]
SPAN = re.compile(r"(?:row|column|sample)s? (\d+)(?: to (\d+))?")


def opened(name, function, cases=None):
    """Return the first wrong case of a function, and the set that it is from."""
    cases = cases or frozen_cases(name)
    return grade(cases, function).opened, cases


def spans(text):
    """Read which rows and columns, or samples, a text names, as slices of the padded input."""
    found = [(int(a), int(b or a)) for a, b in SPAN.findall(text)]
    return tuple(slice(first, last + 1) for first, last in found)


def call_of(cases, number):
    one = cases.cases[number - 1]
    return {**dict(zip(cases.parameters, one.args, strict=False)), **one.kwargs}, one.expected.value


@pytest.mark.parametrize("name", SLIDING)
def test_what_slides_is_declared_as_it_is(name):
    """Does reading as asked make the right result of every case, so that words on it are true?"""
    cases = frozen_cases(name)
    assert cases.window == made_cases(name).window == find(name).window
    for one in cases.cases:
        slide = window_picture._slide(cases, one, one.expected)
        if slide is not None:
            made = window_picture._made(slide, window_picture.AS_ASKED)
            np.testing.assert_allclose(made, slide.asked, rtol=1e-5)
            assert made.dtype == slide.asked.dtype


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("correlate1d", "starts_at_every_sample"),
        ("correlate1d", "pads_the_end"),
        ("convolve2d", "starts_at_every_pixel"),
        ("convolve2d", "pads_below_and_right"),
        ("conv2d_forward", "steps_columns_by_one"),
        ("conv2d_forward", "pads_at_the_end_only"),
        ("max_pool2d_forward", "steps_by_one"),
    ],
)
def test_the_windows_that_are_named_give_both_numbers(name, mistake):
    """Summed by hand, do they give what is expected and what came?"""
    function = find(name).mistakes[mistake].function
    shown, cases = opened(name, function)
    named, expected = call_of(cases, shown.number)
    x, w, pad = named["x"], named.get("w"), named.get("pad", 0)
    got = function(**named)
    place = tuple(np.argwhere(~np.isclose(expected, got))[0])
    assert ", ".join(re.findall(r"\d+", shown.window.partition(", comes")[0])) == ", ".join(
        map(str, place)
    )
    padding = [(0, 0)] * max(0, x.ndim - 2) + [(pad, pad)] * min(2, x.ndim)
    padded = np.pad(x, padding, constant_values=0 if w is not None else -np.inf)
    right, _, read = shown.window.partition(" Yours is ")
    for text, value in ((right.partition(" comes ")[2], expected), (read, got)):
        *_, down, along = (slice(None), *spans(text))
        part = padded[along] if x.ndim == 1 else padded[..., down, along]
        if w is None:
            sums = part[place[:2]].max()
        else:
            kernel = w[place[-3] if w.ndim == 4 else place[0]]
            kernel = kernel[:, ::-1, ::-1] if name == "convolve2d" else kernel
            part = part[place[0]] if x.ndim == 4 else part
            sums = (part * kernel).sum() + (named["b"][place[1]] if "b" in named else 0)
        assert sums == pytest.approx(value[place], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "mistake", "says"),
    [
        ("correlate1d", "flips_filters", "this window gives, with the kernel turned round."),
        ("correlate1d", "repeats_the_ends", "this window gives, with the border as padding."),
        ("correlate2d", "flips_kernel", "this window gives, with the kernel turned by 180 degrees"),
        ("correlate2d", "mirrors_kernel", "with the kernel turned from left to right."),
        ("convolve2d", "does_not_flip", "with the kernel as it is, not turned."),
        ("convolve2d", "flips_rows_only", "with the kernel turned upside down alone."),
        ("convolve2d", "flips_columns_only", "with the kernel turned from left to right alone."),
        ("max_pool2d_forward", "pads_with_zeros", "this window gives, with padding of 0."),
        ("correlate1d", "averages_products", None),
        ("correlate2d", "adds_the_kernel", None),
        ("conv2d_forward", "adds_the_first_bias", None),
        ("conv2d_forward", "pads_in_front_only", None),  # it begins outside of what is drawn
        ("max_pool2d_forward", "begins_at_zero", None),
    ],
)
def test_how_else_it_was_read(name, mistake, says):
    """Is a turned kernel named, other padding too, and nothing where no window explains it?"""
    shown, _ = opened(name, find(name).mistakes[mistake].function)
    assert shown.window.startswith("The first wrong number, ")
    assert ("Yours is" in shown.window) is (says is not None)
    assert says is None or says in shown.window


def sets(*calls):
    return find("correlate2d").cases_of([case(f"call {i}", *c) for i, c in enumerate(calls)])


def test_what_may_be_chance_is_not_said():
    """Where a turned kernel and a moved window explain a number alike, do other cases decide?"""
    alike = np.array([[4.0, 0.0, 0.0, 4.0]]), np.array([[0.0, 1.0]])  # turned, or one pixel earlier
    other = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 3.0]])
    turns = find("correlate2d").mistakes["flips_kernel"].function

    def moves(x, w):
        return find("correlate2d").model(np.pad(x, ((0, 0), (1, 0)))[:, :-1], w)

    np.testing.assert_array_equal(turns(*alike), moves(*alike))
    assert "Yours is" not in opened("correlate2d", turns, sets(alike))[0].window
    decided, _ = opened("correlate2d", turns, sets(alike, other))
    assert decided.number == 1
    assert "this window gives, with the kernel turned round" in decided.window
    # The moved window begins outside of the input.
    assert "Yours is" not in opened("correlate2d", moves, sets(alike, other))[0].window


@pytest.mark.parametrize(
    "returned",
    [None, 3, "text", [[1, 2]], np.zeros(()), np.zeros((1, 3)), np.array([["a", "b"]]), (1, 2)],
)
def test_what_is_no_such_result_has_no_window(returned):
    """Is nothing said of results of other types and shapes?"""
    shown, _ = opened("correlate2d", lambda x, w: returned)
    assert (shown.window, shown.window_picture, shown.window_sketch) == ("", "", "")


def test_numbers_that_are_none():
    """Are NaN and infinities wrong numbers like others, without a warning?"""
    for value in (np.nan, np.inf, -np.inf):
        shown, _ = opened("correlate2d", lambda x, w, value=value: np.array([[4.0, value]]))
        assert "row 0, column 1, comes from rows 0 to 1 and columns 1 to 2" in shown.window
        assert "Yours" not in shown.window


def test_rounding_is_no_matter_of_windows():
    """Is nothing drawn where digits alone are lost?"""
    shown, _ = opened("correlate1d", find("correlate1d").mistakes["works_in_float32"].function)
    assert shown.says
    assert shown.window == ""


def test_hidden_cases_show_none():
    """Do numbers of hidden inputs stay hidden?"""
    cases = drawn_cases(find("correlate2d"), "a secret")
    shown, _ = opened("correlate2d", find("correlate2d").mistakes["flips_kernel"].function, cases)
    assert shown.picture or shown.says
    assert (shown.window, shown.window_picture, shown.window_sketch) == ("", "", "")


@pytest.mark.parametrize(("size", "drawn"), [(16, True), (17, False)])
def test_a_large_input_is_told_in_words_alone(size, drawn):
    """Is it small on the page, of well-formed SVG, in lines that a screen holds?"""
    x = np.arange(size * size, dtype=float).reshape(size, size) ** 2
    cases = sets((x, np.array([[1.0, 2.0, 4.0]])))
    turned = find("correlate2d").mistakes["flips_kernel"].function
    shown, _ = opened("correlate2d", turned, cases)
    assert "this window gives" in shown.window
    assert bool(shown.window_picture) is drawn
    assert len(shown.picture) + len(shown.window_picture) < 20_000
    if drawn:
        root = ElementTree.fromstring(shown.window_picture)
        assert root.get("aria-label") == shown.window
        assert len(root.findall(".//{*}rect")) == 1
        assert all(len(line) <= 88 for line in shown.window_sketch.splitlines())


def test_the_sketch_marks_the_cells_of_both_windows():
    """Are there as many cells in brackets as the windows have, and as many in both?"""
    shown, _ = opened("correlate1d", find("correlate1d").mistakes["pads_the_end"].function)
    line = shown.window_sketch.splitlines()[0]
    assert [len(re.findall(rf"\{a}[^\]\)}}]*\{b}", line)) for a, b in ("[]", "()", "{}")] == [
        2,
        2,
        3,
    ]
    report = grade(
        frozen_cases("correlate1d"), find("correlate1d").mistakes["pads_the_end"].function
    )
    assert report.opened.window_picture in report.to_html()
    assert "Dashed: what you read." in report.to_html()
    assert "comes from samples 0 to 4 of the padded" in " ".join(str(report).split())
