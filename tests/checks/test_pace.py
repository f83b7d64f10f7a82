"""Is a right answer that takes very long told so, by a bound that holds, and no other?"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from course_utils.checks import CheckFailed, check, pace
from course_utils.checks.book_link import FASTER, link
from course_utils.checks.cases import Timing
from course_utils.checks.check import GRADING, frozen_cases
from course_utils.checks.report import Report, Row
from course_utils.exercises.catalog import exercise_names, find, topics

BOOK = Path(__file__).parents[2] / "book"
TIMED = [name for slug in topics() for name in exercise_names(slug) if find(name).timed]
CALL = Timing({"x": (2, 3), "w": (4,)}, {"stride": 2}, scale=2.0)


@pytest.fixture
def ticks(monkeypatch):
    """Count time in ticks: each look at the clock is one, and the small calculation takes one."""
    clock = [0.0]

    def look():
        clock[0] += 1
        return clock[0]

    monkeypatch.setattr(pace, "_clock", look)
    return clock


@pytest.mark.parametrize(
    ("took", "bound"),
    [(1, 0), (99, 0), (100, 20), (249, 20), (250, 50), (999, 100), (5000, 1000), (10**9, 1000)],
)
def test_the_bound_leaves_room_for_an_error(ticks, took, bound):
    """With a reference of two units, is what is said two and a half times below what was found?"""

    def function(x, w, *, stride):
        ticks[0] += took - 1

    says = pace.remark(CALL, function)
    assert says == (
        f"With `x` (2, 3) and `w` (4,) it takes more than {bound} times as long as a function that "
        "works on whole arrays. That costs no points."
        if bound
        else ""
    )
    assert took / 2 >= 2.5 * bound


def test_a_busy_first_unit_does_not_count(monkeypatch):
    """Is the shorter of two small calculations, before and after the answer, the unit?"""
    units = iter([3.0, 1.0, 1.0, 3.0])
    monkeypatch.setattr(pace, "_unit", lambda: next(units))
    monkeypatch.setattr(pace, "_seconds", lambda timing, function: 400.0)
    assert pace.measured(CALL, None) == pace.measured(CALL, None) == 200


def test_the_scale_is_the_median_in_two_digits(monkeypatch):
    """Do a few rounds on a busy machine change nothing?"""
    times = iter([99.0, *[50.0, 2.345, 7.0] * 4, *[70.0, 80.0, 90.0] * 3])
    monkeypatch.setattr(pace, "_seconds", lambda timing, function: next(times))
    monkeypatch.setattr(pace, "_unit", lambda: 1.0)
    assert pace.with_scale(CALL, None) == replace(CALL, scale=2.3)


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, "endless"])
def test_what_does_not_come_back_is_not_told(monkeypatch, fault):
    """Is nothing said of an answer that cannot do the larger call, and is Ctrl+C heard?"""
    monkeypatch.setattr(pace, "SECONDS", 0.05)

    def function(x, w, *, stride):
        while fault == "endless":
            pass
        raise fault

    if fault is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            pace.remark(CALL, function)
    else:
        assert pace.remark(CALL, function) == ""


def test_what_it_prints_is_not_shown(capsys):
    """Does the larger call leave no trace, and get the arrays that are named?"""
    seen = []

    def function(x, w, *, stride):
        print("x")
        seen.append((x, w, stride))
        x[:] = 0

    pace.remark(CALL, function)
    assert capsys.readouterr().out == ""
    x, w, stride = seen[0]
    assert (x.shape, w.tolist(), stride) == ((2, 3), [-3, -2, -1, 0], 2)


def slow(x, w, *, stride=1, pad=0):
    """Correlate with a loop over every tap of every window."""
    padded = [*[0] * pad, *x, *[0] * pad]
    out = []
    for kernel in w:
        starts = range(0, len(padded) - len(kernel) + 1, stride)
        out.append([sum(padded[s + k] * kernel[k] for k in range(len(kernel))) for s in starts])
    return np.array(out, np.result_type(x, w))


def test_the_desk_tells_it_of_a_right_answer(capsys, monkeypatch):
    """Is a loop that takes some two hundred times as long told so, and where to read on?"""
    monkeypatch.setattr("course_utils.checks.book_link.where", lambda address: "../../book/")
    assert check("correlate1d", slow) is None
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("✓ Right: correlate1d, all 8 cases, 3 of 3 points With `x` (2000,) and")
    assert re.search(r"it takes more than (20|50|100|200|500) times as long as", text)
    assert f"{FASTER}: ../../book/convnet/forward-and-im2col.html#how-much-faster-and-why" in text


def test_it_is_told_of_no_other(capsys, monkeypatch):
    """Is nothing timed of a wrong answer, nor while it is graded; and is a quick one only right?"""
    assert check("correlate1d", find("correlate1d").right["gathers_with_indices"]) is None
    assert "times as long" not in capsys.readouterr().out
    monkeypatch.setattr(pace, "measured", lambda timing, function: pytest.fail("it was timed"))
    with pytest.raises(CheckFailed):
        check("correlate1d", find("correlate1d").mistakes["flips_filters"].function)
    monkeypatch.setenv(GRADING, "autograde")
    assert check("correlate1d", slow) == 3
    assert "times as long" not in capsys.readouterr().out


def test_the_page_has_a_link():
    """Does HTML lead to the section, where there is a book?"""
    rows = (Row(1, "a case", "x", "0", True),)
    report = Report("correlate1d", 3, 3, rows, pace="It takes `long`.", see="a/b.html#c")
    assert "<code>long</code>" in report.to_html()
    assert "<a " not in report.to_html()
    assert '<a href="../b/a/b.html#c">' in replace(report, book="../b/").to_html()


@pytest.mark.parametrize("name", TIMED)
def test_what_is_timed(name):
    """Can every right answer do it, is the section in the book, and the scale about that of now?"""
    exercise, timing = find(name), frozen_cases(name).timing
    assert replace(timing, scale=0.0) == exercise.timed
    given = pace.arrays(timing)
    right = exercise.reference_or_model(*given, **timing.options)
    np.testing.assert_allclose(exercise.model(*given, **timing.options), right, rtol=1e-9)
    if timing.see:
        assert link("b/", timing.see)
        page, section = timing.see.split(".html#")
        titles = re.findall(r"^## (.+)$", (BOOK / f"{page}.md").read_text("utf-8"), re.MULTILINE)
        assert section in ["-".join(re.findall("[a-z0-9]+", title.lower())) for title in titles]
    assert 1 / 6 < pace.with_scale(timing, exercise.reference_or_model).scale / timing.scale < 6
